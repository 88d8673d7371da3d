"""The hub's writer: in order, durable before it is answered, nothing dropped, poisoned by a refused commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from stockwatch.hub import core
from stockwatch.hub.core import Hub
from stockwatch.hub.journal import rebuild
from stockwatch.hub.ledgerfile import LedgerJournal
from stockwatch.hub.trail import RoomTrail
from stockwatch.ledger.balances import Books
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.verify import verify
from stockwatch.room import intents
from stockwatch.room.clock import SECOND_US
from stockwatch.room.pipeline import Entry, Pipeline
from stockwatch.room.room import Room, on
from stockwatch.room.said import summary
from tests.hub.one_room import hub_with
from tests.room.build import START, config, event, placed

NOW = int(START.timestamp()) * SECOND_US


class Wall:
    """A wall clock that stands where it is put."""

    def __init__(self) -> None:
        self.us = NOW

    def __call__(self) -> int:
        return self.us


class Memory:
    """A journal that keeps what it is given, or refuses."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.commits = 0
        self.cursors: dict[str, str] = {}
        self.full = False

        self.trail = RoomTrail(None, "none is kept")

    async def message(self, seq: int) -> bytes:
        return b""

    def append(self, entries: Sequence[Entry], cursors: dict[str, str], pipeline: Pipeline) -> None:
        if self.full:
            raise OSError("disk full")
        self.commits += 1
        self.entries.extend(entries)
        self.cursors |= cursors

    def close(self) -> None:
        return


def live(journal: Memory | LedgerJournal, wall: Wall) -> Hub:
    room = on(Pipeline(Books(), trusted_clock=True), config())
    room.pipeline.keep_alerts = True
    hub = hub_with(room, journal, now_us=wall)
    room.pipeline.open(hub.stamp())
    hub.commit()
    return hub


async def test_frames_are_stamped_in_order_and_committed_together_with_their_cursor():
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)
    journal.entries.clear()
    await hub.hosted[0].put("douyin", [placed(0, "H-M", f"o{n}") for n in range(5)], "c5")
    await hub.hosted[0].put("douyin", [placed(0, "H-M", "late")], "c6")
    commits = journal.commits
    hub.work()
    assert journal.commits == commits + 1
    assert journal.cursors == {"test/douyin": "c6"}
    stamps = [entry.received_us for entry in journal.entries]
    assert stamps == sorted(set(stamps))
    assert len(stamps) == 6


async def test_a_tick_comes_after_everything_received_before_it():
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)
    await hub.hosted[0].put("douyin", [placed(0, "SOCK", "all", qty=30)], None)
    wall.us += 3 * SECOND_US
    await hub.hosted[0].put("own", [event("stock.received", 3, "SOCK", document="in", qty=5)], None)
    hub.work()
    alerts = [e.applied.event for e in journal.entries if e.applied.event.type == "alert.raised"]
    assert [alert.data["available"] for alert in alerts] == [0], "the ticks between saw the sell-out"


async def test_an_intent_is_answered_when_it_is_durable_and_only_once():
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)
    intent = intents.Release(id="w1", by="小林", sku="H-M", quantity=-5)
    asked = asyncio.create_task(hub.hosted[0].ask(intent))
    await asyncio.sleep(0)
    assert not asked.done()
    hub.work()
    answer = await asked
    assert answer.ok
    assert [e.applied.event.type for e in journal.entries[-2:]] == ["action.release", "stock.held"]
    assert await hub.hosted[0].ask(intent) == answer
    assert hub.hosted[0].room.books.stock("H-M").held == 5


async def test_a_refused_commit_answers_nobody_and_ends_the_hub():
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)
    running = asyncio.create_task(hub.run())
    journal.full = True
    asked = asyncio.create_task(hub.hosted[0].ask(intents.Note(id="n", by="x", text="hello")))
    with pytest.raises(OSError, match="disk full"):
        await running
    assert not asked.done()
    asked.cancel()


async def test_a_feed_waits_while_the_inbox_is_full_and_loses_nothing(monkeypatch):
    monkeypatch.setattr(core, "INBOX", 4)
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)

    async def bring() -> None:
        for n in range(20):
            await hub.hosted[0].put("douyin", [placed(0, "SOCK", f"o{n}")], str(n))

    bringing = asyncio.create_task(bring())
    await asyncio.sleep(0.01)
    assert not bringing.done()
    running = asyncio.create_task(hub.run())
    await asyncio.wait_for(bringing, 5)
    for _ in range(10):
        await asyncio.sleep(0)
    running.cancel()
    assert hub.hosted[0].room.books.stock("SOCK").available == 10


async def test_what_a_feed_sets_aside_and_its_gaps_are_kept():
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)
    await hub.hosted[0].set_aside("douyin", b"\x00\x01", "a binary frame")
    await hub.hosted[0].gap("douyin", NOW - SECOND_US, NOW)
    hub.work()
    kinds = [(e.applied.outcome, getattr(e.applied.event, "type", None)) for e in journal.entries[-2:]]
    assert kinds == [("invalid", None), ("accepted", "feed.gap")]


async def test_a_group_that_nobody_finishes_is_decided_after_its_time():
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)
    raw = event(
        "order.requested", 0, "SOCK", channel="own/1", order="g", line=1, qty=1, atomic="g", atomic_of=2
    )
    await hub.hosted[0].put("own", [raw, placed(0, "H-M", "a")], None)
    hub.work()
    assert hub.hosted[0].room.pipeline.outcomes["accepted"] == 0
    wall.us += (core.GROUP_S + 1) * SECOND_US
    hub.work()
    assert hub.hosted[0].room.pipeline.outcomes["rejected"] == 1
    assert hub.hosted[0].room.books.stock("H-M").reserved == 1


async def test_a_restarted_hub_is_where_it_was(tmp_path: Path):
    wall = Wall()
    journal = LedgerJournal(tmp_path / "room.db", wall)
    hub = live(journal, wall)
    for second in range(40):
        await hub.hosted[0].put(
            "douyin", [placed(second, "SOCK", f"o{second}", expires="2025-11-11T12:00:30Z")], str(second)
        )
        wall.us = NOW + second * SECOND_US
        hub.work()
    asking = asyncio.create_task(hub.hosted[0].ask(intents.Acknowledge(id="a", by="阿宁", listing="SOCK")))
    restock = intents.AskRestock(
        id="r", by="阿宁", sku="H-M", source="周边仓", quantity=50, lead_time=600, state="confirmed"
    )
    ordering = asyncio.create_task(hub.hosted[0].ask(restock))
    await asyncio.sleep(0)
    hub.work()
    assert (await asking).ok
    assert (await ordering).ok
    before = state(hub.hosted[0].room)
    journal.close()

    reopened = LedgerJournal(tmp_path / "room.db", wall)
    room = on(Pipeline(Books(), trusted_clock=True), config())
    assert rebuild(reopened.records(), room.pipeline) > 40
    room.pipeline.open(wall.us)
    assert reopened.cursors() == {"test/douyin": "39"}
    assert state(room) == before
    reopened.close()
    with LedgerFile(tmp_path / "room.db", read_only=True) as file:
        assert verify(file).findings == ()


def state(room: Room) -> dict:
    """What must survive: balances, velocity, alerts and who took them, restocks."""
    return {
        "figures": summary(room)["skus"],
        "velocity": {sku: room.demand.velocity(sku, room.now_us) for sku in room.catalog.of_sku},
        "alerts": room.desk.open_alerts(),
        "restocks": room.books.restocks(),
        "minutes": {sku: room.demand.minutes(sku) for sku in room.catalog.of_sku},
    }


async def test_an_intent_behind_an_open_group_is_answered_once_its_events_are_durable():
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)
    half = event(
        "order.requested", 0, "SOCK", channel="own/1", order="g", line=1, qty=1, atomic="g", atomic_of=2
    )
    await hub.hosted[0].put("own", [half], None)
    intent = intents.Release(id="w1", by="小林", sku="H-M", quantity=-5)
    asked = [asyncio.create_task(hub.hosted[0].ask(intent)), asyncio.create_task(hub.hosted[0].ask(intent))]
    await asyncio.sleep(0)
    hub.work()
    await asyncio.sleep(0)
    assert not any(task.done() for task in asked), "nothing is durable yet"
    wall.us += (core.GROUP_S + 1) * SECOND_US
    hub.work()
    first, again = [await task for task in asked]
    assert first.ok
    assert first == again
    held = [e for e in journal.entries if getattr(e.applied.event, "type", "") == "stock.held"]
    assert len(held) == 1
    assert hub.hosted[0].room.books.stock("H-M").held == 5


async def test_an_intent_that_the_ledger_refuses_is_not_called_done():
    journal, wall = Memory(), Wall()
    hub = live(journal, wall)
    taken = event("stock.held", 0, "H-M", channel="erp", document="w1", qty=3, by="erp")
    await hub.hosted[0].put("own", [taken], None)
    asked = asyncio.create_task(
        hub.hosted[0].ask(intents.Release(id="w1", by="小林", sku="H-M", quantity=-5))
    )
    await asyncio.sleep(0)
    hub.work()
    answer = await asked
    assert not answer.ok
    assert "conflict" in answer.message.en
    assert hub.hosted[0].room.books.stock("H-M").held == 3


async def test_a_restarted_hub_keeps_the_zone_of_its_feed(tmp_path: Path):
    wall = Wall()
    journal = LedgerJournal(tmp_path / "room.db", wall)
    room = on(Pipeline(Books(), trusted_clock=True), config(timezone=None))
    hub = hub_with(room, journal, now_us=wall)
    room.pipeline.open(hub.stamp())
    raw = placed(0, "SOCK", "a").replace(b"+00:00", b"+08:00")
    await hub.hosted[0].gap("douyin", None, NOW)
    await hub.hosted[0].put("douyin", [raw], None)
    hub.work()
    journal.close()

    reopened = LedgerJournal(tmp_path / "room.db", wall)
    again = on(Pipeline(Books(), trusted_clock=True), config(timezone=None))
    rebuild(reopened.records(), again.pipeline)
    reopened.close()
    assert str(again.zone) == str(room.zone) == "UTC+08:00"


async def test_what_was_set_aside_is_still_counted_after_a_restart(tmp_path: Path):
    wall = Wall()
    journal = LedgerJournal(tmp_path / "room.db", wall)
    hub = live(journal, wall)
    other = placed(0, "SOCK", "o", qty=2)
    await hub.hosted[0].put("douyin", [placed(0, "SOCK", "o"), other, b"{", b"[]"], "1")
    hub.work()
    assert (
        hub.hosted[0].room.pipeline.outcomes["conflict"],
        hub.hosted[0].room.pipeline.outcomes["invalid"],
    ) == (1, 2)
    journal.close()

    reopened = LedgerJournal(tmp_path / "room.db", wall)
    room = on(Pipeline(Books(), trusted_clock=True), config())
    rebuild(reopened.records(), room.pipeline)
    room.pipeline.recall_set_aside(reopened.dead_count())
    assert (room.pipeline.outcomes["conflict"], room.pipeline.outcomes["invalid"]) == (1, 2)
    assert sum(room.pipeline.outcomes.values()) == room.pipeline.events
    reopened.close()


async def test_a_hub_killed_behind_a_closed_group_goes_on_and_its_journal_stays_sound(tmp_path: Path):
    """The event that closed the group waits for its own group when the hub is killed: it is not in the journal."""
    wall, path = Wall(), tmp_path / "room.db"
    journal = LedgerJournal(path, wall)
    hub = live(journal, wall)
    asked = {"channel": "own/1", "line": 1, "qty": 1}
    await hub.hosted[0].put(
        "own", [event("order.requested", 0, "SOCK", order="g", atomic="g", **asked)], None
    )
    await hub.hosted[0].put(
        "own", [event("order.requested", 0, "SOCK", order="h", atomic="h", **asked)], None
    )
    hub.work()
    assert hub.hosted[0].room.pipeline.outcomes["accepted"] == 1
    journal._file._db.close()
    journal._file._lock.release()

    journal = LedgerJournal(path, wall)
    room = journal.recall(lambda books: on(Pipeline(books, trusted_clock=True), config()))
    assert room.books.unmarked_end
    hub = hub_with(room, journal, now_us=wall)
    room.pipeline.mark_end(hub.stamp())
    room.pipeline.open(hub.stamp())
    hub.commit()
    again = event("order.requested", 1, "SOCK", order="g2", atomic="g", atomic_of=2, **asked)
    await hub.hosted[0].put("own", [again, placed(2, "SOCK", "z")], None)
    hub.work()
    wall.us += 10 * SECOND_US
    hub.work()
    hub.work()
    assert (
        hub.hosted[0].room.pipeline.outcomes["rejected"] + hub.hosted[0].room.pipeline.outcomes["accepted"]
        >= 2
    )
    reserved = hub.hosted[0].room.books.stock("SOCK").reserved
    journal.close()
    with LedgerFile(path, read_only=True) as file:
        assert verify(file).findings == ()
    reopened = LedgerJournal(path, wall)
    assert (
        reopened.recall(lambda books: on(Pipeline(books, trusted_clock=True), config()))
        .books.stock("SOCK")
        .reserved
        == reserved
    )
    reopened.close()
