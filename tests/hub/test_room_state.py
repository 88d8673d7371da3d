"""A hub that starts from a snapshot is the hub that would have read its whole journal."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from stockwatch.config import RoomConfig
from stockwatch.drills.load import chaos
from stockwatch.events import Event, decode
from stockwatch.hub import ledgerfile
from stockwatch.hub.ledgerfile import LedgerJournal
from stockwatch.ledger import keeper, snapshot
from stockwatch.ledger.balances import Books
from stockwatch.ledger.decision import Decision
from stockwatch.ledger.figures import Stock
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.orders import Orders
from stockwatch.ledger.verify import verify
from stockwatch.room.picture import Picture
from stockwatch.room.pipeline import Pipeline
from stockwatch.room.room import Room, alone, on
from stockwatch.room.state import BadRoom, restore, room_frame
from tests.room.build import config

LINES = 2500


def making(settings: RoomConfig) -> Callable[[Books], Room]:
    def make(books: Books) -> Room:
        room = on(Pipeline(books, trusted_clock=True), settings)
        room.pipeline.keep_alerts = True
        return room

    return make


def picture(room: Room) -> bytes:
    """All that a console is shown, and when the room will look again."""
    return msgspec.json.encode(
        [Picture(room).whole(), room.pipeline.next_tick(), room.pipeline.outcomes, room.pipeline.events]
    )


def played(path: Path, room: Room, lines: list[bytes], journal: LedgerJournal) -> None:
    for number, line in enumerate(lines, 1):
        event = decode(line)
        assert isinstance(event, Event)
        room.pipeline.take(line, event.clock_us)
        if number % 50 == 0:
            journal.append(room.pipeline.drain(), {}, room.pipeline)
    journal.append(room.pipeline.drain(), {}, room.pipeline)


@pytest.fixture
def chaotic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[bytes]]:
    """A ledger whose hub was killed some time after a snapshot, and what comes next."""
    monkeypatch.setattr(ledgerfile, "SNAPSHOT_EVERY", 900)
    monkeypatch.setattr(keeper, "_WORTH_IT", 10)
    lines = list(islice(chaos(4), LINES))
    path = tmp_path / "room.db"
    journal = LedgerJournal(path, lambda: 0)
    room = making(config())(Books())
    event = decode(lines[0])
    room.pipeline.open(event.clock_us)
    played(path, room, lines[: LINES // 2], journal)
    journal.close()
    for _ in range(200):
        if snapshot.paths(path):
            break
        keeper.os.wait()
    return path, lines[LINES // 2 :]


def test_a_room_that_was_read_from_a_file_and_has_a_time_zone_remembers_too(tmp_path):
    settings = config(path=tmp_path / "room.toml", ledger_path=tmp_path / "room.db")
    frame = room_frame(alone(settings, zone_of=ZoneInfo))
    again = alone(settings, zone_of=ZoneInfo)
    restore(again, [frame])
    assert again.zone == ZoneInfo("Asia/Shanghai")
    assert again.log.config is settings


def test_a_room_goes_on_from_a_snapshot_as_from_its_journal(chaotic):
    path, rest = chaotic
    journal = LedgerJournal(path, lambda: 0)
    quick = journal.recall(making(config()))
    assert quick.books.place > 900
    for file in snapshot.paths(path):
        file.unlink()
    slow = journal.recall(making(config()))
    assert picture(quick) == picture(slow)
    for line in rest:
        event = decode(line)
        for room in (quick, slow):
            room.pipeline.take(line, event.clock_us)
        assert quick.drain().said == slow.drain().said
        entries, others = quick.pipeline.drain(), slow.pipeline.drain()
        assert [entry.raw for entry in entries] == [entry.raw for entry in others]
    assert picture(quick) == picture(slow)
    assert quick.log.taken_by
    assert any(b"alert." in entry for entry in (record.raw for record in journal.records()))
    journal.close()


def test_a_room_that_was_away_goes_on_from_the_snapshot_that_knows_it(chaotic, monkeypatch):
    path, rest = chaotic
    night = config(id="night")
    for settings, lines in ((night, rest[:300]), (config(), rest[300:])):
        journal = LedgerJournal(path, lambda: 0)
        played(path, room := journal.recall(making(settings)), lines, journal)
        monkeypatch.setattr(keeper, "_WORTH_IT", 1)
        journal.finish(room.pipeline)
        journal.close()
    journal = LedgerJournal(path, lambda: 0)
    read = []

    def counting(records, *_):
        for one in records:
            read.append(one)
            yield one

    monkeypatch.setattr(ledgerfile, "told", counting)
    quick = journal.recall(making(night))
    assert 0 < len(read) < len(rest), "what came while it was away, and no more"
    for file in snapshot.paths(path):
        file.unlink()
    assert picture(quick) == picture(journal.recall(making(night)))
    journal.close()


def test_other_settings_read_the_whole_journal(chaotic, caplog):
    path, _ = chaotic
    caplog.set_level("INFO")
    journal = LedgerJournal(path, lambda: 0)
    other = config()
    other = msgspec.structs.replace(other, name="another evening")
    room = journal.recall(making(other))
    journal.close()
    assert "0 events from a snapshot" in caplog.text
    assert room.books.place > 1000


def test_a_memory_that_calls_anything_is_refused():
    room = making(config())(Books())
    frame = room_frame(room)

    class Evil:
        def __reduce__(self):
            return (print, ("gotcha",))

    for bad in (
        pickle.dumps([Evil()]),
        b"",
        pickle.dumps([1]),
        b"cstockwatch.hub.spawn\nos.system\n(S'true'\ntR.",
    ):
        with pytest.raises(BadRoom):
            restore(making(config())(Books()), [[*frame[:3], bad]])
    restore(making(config())(Books()), [frame])


def test_a_hub_settles_a_ledger_that_an_earlier_version_decided_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lines = tmp_path / "room.db", list(islice(chaos(4), 600))
    decide = Orders.decide

    def refuses(self: Orders, event: Event, seq: int, refusal: str | None = None) -> Decision:
        if event.type == "order.placed" and seq % 7 == 0:
            return "rejected", "an earlier rule", (), ()
        return decide(self, event, seq, refusal)

    with monkeypatch.context() as earlier:
        earlier.setattr(Orders, "decide", refuses)
        journal = LedgerJournal(path, lambda: 0)
        room = making(config())(Books())
        first = decode(lines[0])
        assert isinstance(first, Event)
        room.pipeline.open(first.clock_us)
        played(path, room, lines, journal)
        journal.close()
    shell = sqlite3.connect(path)
    with shell:
        shell.execute("UPDATE meta SET value = 0 WHERE key = 'rules'")
    shell.close()

    journal = LedgerJournal(path, lambda: 0)
    again = journal.recall(making(config()))
    assert again.books.balances() != room.books.balances()
    journal.append(again.pipeline.drain(), {}, again.pipeline)
    journal.close()
    with LedgerFile(path, read_only=True) as file:
        audit = verify(file)
        refused = [record for record in file.records() if record.outcome == "rejected"]
        assert audit.findings == ()
        assert 0 < audit.otherwise <= len(refused)
        assert file.stock()[1] == {key: row for key, row in again.books.balances().items() if row != Stock()}
