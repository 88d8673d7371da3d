"""The audit trail of a room: after the commit, over restarts, beside what others wrote; the room never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stockwatch.hub.core import Hub
from stockwatch.hub.journal import NoJournal
from stockwatch.hub.ledgerfile import LedgerJournal
from stockwatch.hub.looks import look
from stockwatch.ledger.balances import Books
from stockwatch.ledger.catchup import index_path
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.store import LedgerFailed
from stockwatch.ledger.verify import verify
from stockwatch.ledger.writer import Writer
from stockwatch.room import intents
from stockwatch.room.pipeline import Pipeline
from stockwatch.room.room import Room, alone, on
from tests.hub.one_room import hub_with
from tests.hub.test_core import NOW, Wall
from tests.hub.test_server import Served, hear_until, say, serving
from tests.room.build import config, event, placed


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async for one in serving(read_only=False):
        yield one


def opened(path: Path, wall: Wall) -> tuple[LedgerJournal, Hub]:
    journal = LedgerJournal(path, wall)

    def make(books: Books) -> Room:
        room = on(Pipeline(books, trusted_clock=True), config())
        room.pipeline.keep_alerts = True
        return room

    room = journal.recall(make)
    hub = hub_with(room, journal, now_us=wall)
    room.pipeline.open(hub.stamp())
    hub.commit()
    return journal, hub


async def trail_of(hub: Hub, sku: str | None = None, **more) -> intents.Movements:
    """What a console would be told, once the thread has written what it has."""
    for _ in range(500):
        found = await look(intents.Audit(id="a", sku=sku, **more), hub.hosted[0].room, hub.journal)
        if found.wrong.en or found.upto == found.seq:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"the trail stays at {found.upto} of {found.seq}")


async def happens(hub: Hub, *raws: bytes) -> None:
    await hub.hosted[0].put("douyin", raws, None)
    hub.work()


async def test_what_a_person_did_is_in_the_trail_with_name_and_reason(tmp_path: Path):
    journal, hub = opened(tmp_path / "room.db", Wall())
    await happens(hub, placed(0, "SOCK", "o1", qty=2))
    counting = asyncio.create_task(
        hub.hosted[0].ask(intents.Count(id="c", by="小林", sku="SOCK", quantity=25, reason="掉了三双"))
    )
    await asyncio.sleep(0)
    hub.work()
    assert (await counting).ok
    found = await trail_of(hub, "SOCK")
    assert [(row.type, row.changes, row.by, row.why.zh, row.left) for row in found.rows] == [
        ("stock.counted", (("available", -5),), "小林", "掉了三双", 23),
        ("order.placed", (("available", -2), ("reserved", 2)), "", "", 28),
        ("stock.counted", (("available", 30),), "stockwatch", "期初库存", 30),
    ]
    assert found.rows[0].title == "袜子"
    assert [row.order for row in (await trail_of(hub, None, search="o1")).rows] == ["o1"]
    journal.close()


async def test_it_goes_on_over_restarts_and_is_what_the_journal_says(tmp_path: Path):
    path, wall = tmp_path / "room.db", Wall()
    for start in range(3):
        journal, hub = opened(path, wall)
        for n in range(5):
            wall.us += 1_000_000
            await happens(hub, placed(n, "SOCK", f"o{start}-{n}"))
        journal.finish(hub.hosted[0].room.pipeline)
        journal.close()
    journal, hub = opened(path, wall)
    found = await trail_of(hub, "SOCK", limit=100)
    assert [row.order for row in found.rows if row.order] == [
        f"o{s}-{n}" for s in (2, 1, 0) for n in (4, 3, 2, 1, 0)
    ]
    assert found.missing == 0
    journal.close()
    with LedgerFile(path, read_only=True) as ledger:
        assert verify(ledger).findings == ()


async def test_a_killed_room_reads_the_rest_of_its_trail_from_the_journal(tmp_path: Path, monkeypatch):
    path, wall = tmp_path / "room.db", Wall()
    journal, hub = opened(path, wall)
    await trail_of(hub)
    monkeypatch.setattr(hub.journal.trail, "committed", lambda *_: None)  # killed before the thread wrote
    await happens(hub, placed(0, "SOCK", "o1"), placed(1, "SOCK", "o2"))
    journal.close()
    journal, hub = opened(path, wall)
    found = await trail_of(hub, "SOCK")
    assert [row.order for row in found.rows if row.order] == ["o2", "o1"]
    journal.close()


async def test_what_was_applied_beside_it_is_read_in_by_a_child(tmp_path: Path):
    path, wall = tmp_path / "room.db", Wall()
    journal, hub = opened(path, wall)
    await happens(hub, placed(0, "SOCK", "o1"))
    await trail_of(hub)
    journal.finish(hub.hosted[0].room.pipeline)
    journal.close()
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, lambda: NOW + 9_000_000)
        writer.process([placed(n, "SOCK", f"batch-{n}") for n in range(5)])
        writer.finish()
    journal, hub = opened(path, wall)
    journal.fill_gaps()
    await happens(hub, placed(20, "SOCK", "o2"))
    for _ in range(600):
        found = await trail_of(hub, "SOCK")
        if not found.missing:
            break
        await asyncio.sleep(0.05)
    orders = [row.order for row in found.rows if row.order]
    assert orders == ["o2", "batch-4", "batch-3", "batch-2", "batch-1", "batch-0", "o1"]
    journal.close()


async def test_a_trail_that_can_not_be_kept_says_so_and_the_room_goes_on(tmp_path: Path):
    path, wall = tmp_path / "room.db", Wall()
    index_path(path).mkdir()
    journal, hub = opened(path, wall)
    await happens(hub, placed(0, "SOCK", "o1"))
    assert hub.hosted[0].room.books.stock("SOCK").reserved == 1
    found = await trail_of(hub)
    assert found.rows == ()
    assert "delete this file" in found.wrong.en
    assert "流水" in found.wrong.zh
    journal.close()


async def test_a_trail_whose_disk_fails_on_the_way_says_so_and_the_room_goes_on(tmp_path: Path, monkeypatch):
    path, wall = tmp_path / "room.db", Wall()
    journal, hub = opened(path, wall)
    await trail_of(hub)

    def full(*_: object) -> None:
        raise LedgerFailed("no space left")

    monkeypatch.setattr(journal.trail._index, "add", full)
    await happens(hub, placed(0, "SOCK", "o1"))
    for n in range(50):
        await happens(hub, placed(n, "SOCK", f"p{n}"))
    found = await trail_of(hub)
    assert "no space left" in found.wrong.en
    assert hub.hosted[0].room.books.follow is None, "no rows are made that nobody writes"
    journal.close()


async def test_a_room_without_a_journal_has_its_trail_and_messages_in_memory():
    journal = NoJournal()
    room = alone(config())
    journal.trail.follow(room.books)
    hub = hub_with(room, journal, live=False)
    raw = placed(0, "SOCK", "o1", qty=2)
    await happens(hub, raw)
    found = await trail_of(hub, "SOCK")
    assert (found.rows[0].order, found.rows[0].changes) == ("o1", (("available", -2), ("reserved", 2)))
    assert await journal.message(found.rows[0].seq) == raw
    assert await journal.message(9999) == b""
    journal.close()


async def test_a_console_looks_at_exceptions_and_resolves_one(served: Served):
    await served.happens(placed(0, "SOCK", "big", qty=50))
    await served.happens(placed(0, "SOCK", "big2"), event("order.paid", 1, None, order="ghost", line=1))
    assert served.hub.hosted[0].room.books.exceptions_open() == 3
    async with served.console() as console:
        snapshot = await hear_until(console, intents.Snapshot)
        assert snapshot.view.header.exceptions == 3
        await say(console, intents.Exceptions(id="x"))
        listed = await hear_until(console, intents.WorkList)
        assert (listed.id, listed.total) == ("x", 3)
        ghost = listed.rows[0]
        assert (ghost.kind, ghost.order) == ("orphan", "ghost")
        assert ghost.what.zh.startswith("付了款")
        assert {row.what.zh for row in listed.rows[1:]} == {"SOCK 缺 20 件", "SOCK 缺 1 件"}
        await say(console, intents.Resolve(id="r", by="小林", exception=ghost.key, note="已退款"))
        assert (await hear_until(console, intents.Answer)).ok
        await say(console, intents.Resolve(id="r2", by="小林", exception=ghost.key, note="已退款"))
        again = await hear_until(console, intents.Answer)
        assert not again.ok
        await say(console, intents.Exceptions(id="y"))
        assert (await hear_until(console, intents.WorkList)).total == 2
    assert served.hub.hosted[0].room.log.actions[-1].what.zh == "处理异常 orphan(已退款)"


async def test_a_read_only_room_lets_look_and_not_resolve():
    async for served in serving(read_only=True):
        await served.happens(placed(0, "SOCK", "big", qty=50))
        async with served.console() as console:
            await say(console, intents.Exceptions(id="x"))
            (row,) = (await hear_until(console, intents.WorkList)).rows
            await say(console, intents.Resolve(id="r", by="x", exception=row.key))
            assert not (await hear_until(console, intents.Answer)).ok


async def test_a_message_is_shown_as_it_came(tmp_path: Path):
    journal, hub = opened(tmp_path / "room.db", Wall())
    raw = placed(0, "SOCK", "订单 [b]1[/b]")
    await happens(hub, raw)
    shown = await look(intents.Show(id="s", seq=hub.hosted[0].room.books.place), hub.hosted[0].room, journal)
    assert shown.text == raw.decode()
    for seq in (0, -1, 10**9):
        assert (await look(intents.Show(id="s", seq=seq), hub.hosted[0].room, journal)).text == ""
    journal.close()


async def test_what_the_screen_calls_an_event_finds_it(tmp_path: Path):
    journal, hub = opened(tmp_path / "room.db", Wall())
    await happens(hub, placed(0, "SOCK", "o1"))
    told = {"下单": ("order.placed",), "x": ("order.placed",) * 10_000}
    found = await trail_of(hub, None, search="下单", stands_for=told)
    assert [row.order for row in found.rows] == ["o1"]
    assert (await trail_of(hub, None, search="x", stands_for=told)).wrong.en == ""
    journal.close()


async def test_a_search_of_any_length_is_answered(tmp_path: Path):
    journal, hub = opened(tmp_path / "room.db", Wall())
    await happens(hub, placed(0, "SOCK", "o1"))
    assert (await trail_of(hub, None, search="x " * 5000)).wrong.en == ""
    assert (await trail_of(hub, None, limit=-5)).rows
    assert len((await trail_of(hub, None, limit=10**9)).rows) == 4
    journal.close()
