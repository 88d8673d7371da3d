"""What the store promises: durable batches in order, one writer, nothing changed unnoticed, clear refusals."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import apsw
import pytest
from ledger_making import raw

from stockwatch.config import Channel, RoomConfig, Sku
from stockwatch.ledger import file as file_module
from stockwatch.ledger.figures import Stock
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.movements import movements, recorded_feed
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.store import (
    DeadLetter,
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFailed,
    Record,
    Records,
)
from stockwatch.ledger.upkeep import rebuild_all
from stockwatch.ledger.verify import verify
from stockwatch.ledger.writer import Writer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "room.db"


def record(seq: int, text: bytes = b"{}", outcome="accepted") -> Record:
    return Record(seq, 1000 + seq, text, outcome)


def counter():
    ticks = iter(range(1_762_862_403_000_000, 2**62))
    return lambda: next(ticks)


def filled(path, batch: int = 3) -> None:
    """A ledger with 12 events of all sorts."""
    events = [
        raw("stock.counted", document="opening", qty=5, id="c"),
        raw("order.placed", order="o", qty=2, id="1"),
        raw("order.placed", order="o", qty=2, id="1"),
        raw("order.placed", order="o", qty=3, id="1"),
        raw("order.requested", order="r", qty=9, id="2"),
        raw("order.requested", order="g1", qty=1, id="3", atomic="g"),
        raw("order.requested", order="g2", qty=1, id="4", atomic="g"),
        raw("note.added", None, id="5", text="outside"),
        raw("order.placed", order="s", qty=7, id="6"),
        raw("order.shipped", order="o", id="7"),
        raw("stock.received", document="d", qty=1, id="8"),
        raw("alert.acknowledged", id="9", alert="A:1", by="w"),
        b"{broken",
    ]
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        for start in range(0, len(events), batch):
            writer.process(events[start : start + batch])
        writer.close_groups()


def test_what_was_appended_comes_back_byte_for_byte_in_order(path):
    records = [
        record(1, '{"a":"双 "}'.encode()),
        record(2, b'{ "b" : 1 }', "noop"),
        record(3, b"{}", "conflict"),
    ]
    with LedgerFile(path) as ledger:
        ledger.append(Records.of(records[:2]), stock={}, cursors={"douyin": "7"}, committed_us=5)
        ledger.append(Records.of(records[2:]), stock=None, cursors={"taobao": "x"}, committed_us=6)
        assert list(ledger.records()) == records
    with LedgerFile(path, read_only=True) as ledger:
        assert list(ledger.records()) == records
        assert list(ledger.read_since(1)) == records[1:]
        assert list(ledger.read_since(3)) == []
        assert (ledger.last_seq, ledger.cursors()) == (3, {"douyin": "7", "taobao": "x"})


def test_stock_rows_come_back_with_the_seq_that_they_stand_for(path):
    row = Stock(available=1, held=2, reserved=3, sold=5, shipped=4, quarantined=6, shortfall=7, oversold=8)
    with LedgerFile(path) as ledger:
        ledger.append(Records.of([record(1)]), stock={("A", "main", "spot"): row}, committed_us=5)
        ledger.append(Records.of([record(2)]), stock=None, committed_us=5)
        assert ledger.stock() == (1, {("A", "main", "spot"): row})


def test_a_gap_in_the_sequence_is_refused(path):
    with LedgerFile(path) as ledger, pytest.raises(ValueError, match="go on from 0"):
        ledger.append(Records.of([record(2)]), stock=None, committed_us=5)


def test_a_message_with_line_ends_stays_one_event(path):
    with LedgerFile(path) as ledger:
        ledger.append(Records.of([record(1, b'{\r\n"a":1\n}'), record(2)]), stock=None, committed_us=5)
        first, second = ledger.records()
    assert json.loads(first.raw) == {"a": 1}
    assert second.raw == b"{}"


def test_a_stranger_reads_the_events_with_the_sqlite_of_python(path):
    filled(path)
    found = sqlite3.connect(path).execute("SELECT events FROM batch ORDER BY first_seq").fetchall()
    lines = [json.loads(line) for (events,) in found for line in events.split("\n")]
    assert [line["id"] for line in lines] == ["c", "1", "1", "1", "2", "3", "4", "5", "6", "7", "8", "9"]


def test_one_writer_at_a_time_and_readers_beside_it(path):
    with LedgerFile(path) as ledger:
        with pytest.raises(LedgerBusy, match=f"process {os.getpid()} writes") as refused:
            LedgerFile(path)
        assert refused.value.pid == os.getpid()
        ledger.append(Records.of([record(1)]), stock=None, committed_us=5)
        with LedgerFile(path, read_only=True) as reader:
            assert [r.seq for r in reader.records()] == [1]
    LedgerFile(path).close()


def test_a_child_that_still_has_the_lock_file_open_keeps_nobody_out(path):
    """One is forked for each snapshot; a writer that opens its ledger anew must not find it taken by that."""
    ledger = LedgerFile(path)
    begin, end = os.pipe()
    child = os.fork()
    if not child:
        os.close(end)
        os.read(begin, 1)
        os._exit(0)
    try:
        ledger.close()
        LedgerFile(path).close()
    finally:
        os.close(end)
        os.close(begin)
        os.waitpid(child, 0)


def test_a_writer_whose_epoch_is_over_can_not_write(path):
    with LedgerFile(path) as ledger:
        other = apsw.Connection(str(path))
        other.execute("UPDATE meta SET value = value + 1 WHERE key = 'epoch'")
        other.close()
        with pytest.raises(LedgerFailed, match="another writer has taken over"):
            ledger.append(Records.of([record(1)]), stock=None, committed_us=5)
        with pytest.raises(LedgerFailed, match="another writer has taken over"):
            ledger.append(Records.of([record(1)]), stock=None, committed_us=5)


def test_a_failed_commit_writes_nothing_and_poisons_the_writer(path, monkeypatch):
    ledger = LedgerFile(path)
    ledger.append(Records.of([record(1)]), stock=None, committed_us=5)
    bad_row = {("A", "main", "spot"): Stock(available=-1)}
    with pytest.raises(LedgerFailed, match="nothing of it was acknowledged"):
        ledger.append(Records.of([record(2)]), stock=bad_row, committed_us=5)
    with pytest.raises(LedgerFailed):
        ledger.append(Records.of([record(2)]), stock=None, committed_us=5)
    with pytest.raises(LedgerFailed):
        ledger.set_aside([DeadLetter(1, "invalid", "x", None, None, b"x")])
    ledger.close()
    with LedgerFile(path) as again:
        assert [r.seq for r in again.records()] == [1]


def test_commits_are_flushed_and_the_file_is_a_wal(path):
    with LedgerFile(path) as ledger:
        assert ledger._db.pragma("synchronous") == 2
        assert ledger._db.pragma("journal_mode") == "wal"


def test_the_wal_is_folded_in_while_the_writer_runs(path, monkeypatch):
    monkeypatch.setattr(file_module, "_CHECKPOINT_PAGES", 1)
    with LedgerFile(path) as ledger:
        for seq in range(1, 30):
            ledger.append(Records.of([record(seq, b'"' + b"x" * 5000 + b'"')]), stock=None, committed_us=5)
        assert (path.stat().st_size) > 29 * 5000
        assert [r.seq for r in ledger.records()] == list(range(1, 30))


def test_dead_letters_are_lines_of_json_appended_for_ever(path):
    for reason in ("first", "second"):
        with LedgerFile(path) as ledger:
            ledger.set_aside(
                [
                    DeadLetter(0, "invalid", reason, None, "i", b"\xff\n"),
                    DeadLetter(0, "conflict", "", "s", "i", b"{}"),
                ]
            )
            path.with_name("room.db.dead.jsonl").open("ab").write(b'{"cut')
    found = path.with_name("room.db.dead.jsonl").read_bytes().split(b"\n")
    assert json.loads(found[0])["raw_base64"] == "/wo="
    assert json.loads(found[1])["raw"] == "{}"
    assert json.loads(found[3])["reason"] == "second"


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(path, read_only):
    path.write_bytes(b"not a database, but a letter of some length to whom it may concern" * 20)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is not a ledger"):
        LedgerFile(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
def test_the_database_of_another_program_is_refused(path, read_only):
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE batch (x)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="another program"):
        LedgerFile(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_format_is_refused(path, read_only):
    filled(path)
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(LedgerError, match=r"newer stockwatch.*upgrade"):
        LedgerFile(path, read_only=read_only)


def test_missing_folders_folders_and_missing_files_are_named(tmp_path):
    with pytest.raises(LedgerError, match="there is no folder"):
        LedgerFile(tmp_path / "nowhere" / "x.db")
    with pytest.raises(LedgerError, match="is a folder"):
        LedgerFile(tmp_path)
    with pytest.raises(LedgerError, match="no such ledger"):
        LedgerFile(tmp_path / "x.db", read_only=True)
    (tmp_path / "letter.txt").write_text("to whom it may concern", encoding="utf-8")
    with pytest.raises(LedgerError, match="is not a ledger"):
        LedgerFile(tmp_path / "letter.txt")
    os.mkfifo(tmp_path / "pipe")
    for read_only in (False, True):
        with pytest.raises(LedgerError, match=r"is not a file|no such ledger"):
            LedgerFile(tmp_path / "pipe", read_only=read_only)
    left = sorted(entry.name for entry in tmp_path.iterdir())
    assert left == ["letter.txt", "pipe"], "a refusal leaves nothing behind"


@pytest.mark.parametrize("name", [".", "..", "/", ""])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_name_that_is_no_file_name_is_refused(name, read_only):
    with pytest.raises(LedgerError, match=r"is a folder|no such ledger"):
        LedgerFile(Path(name), read_only=read_only)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused_to_a_writer_and_open_to_a_reader(path):
    filled(path)
    path.parent.chmod(0o555)
    try:
        with pytest.raises(LedgerError, match="can't be"):
            LedgerFile(path)
        with LedgerFile(path, read_only=True) as ledger:
            assert ledger.last_seq == 12
    finally:
        path.parent.chmod(0o755)


# --- audit --------------------------------------------------------------------------------------------


def tamper(path, *statements: str) -> None:
    other = sqlite3.connect(path)
    for name in ("batch_is_never_changed", "batch_is_never_deleted"):
        other.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert other.execute(statement).rowcount > 0, statement
    other.commit()
    other.close()


def audit(path):
    with LedgerFile(path, read_only=True) as ledger:
        return verify(ledger)


def test_a_sound_ledger_adds_up(path):
    filled(path)
    assert audit(path).findings == ()
    assert audit(path).events == 12


def test_the_journal_can_not_be_changed_by_accident(path):
    filled(path)
    other = sqlite3.connect(path)
    for statement in ("UPDATE batch SET n = n", "DELETE FROM batch"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
    other.close()


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("""UPDATE batch SET events = replace(events, '"qty":7', '"qty":6') WHERE first_seq = 6""", 6),
        ("UPDATE batch SET outcomes = replace(outcomes, 's', 'a') WHERE first_seq = 6", 6),
        ("UPDATE batch SET received_us = replace(received_us, '1762', '1763') WHERE first_seq = 4", 4),
        ("UPDATE batch SET committed_us = committed_us + 1 WHERE first_seq = 1", 1),
        ("DELETE FROM batch WHERE first_seq = 4", 4),
        ("DELETE FROM batch WHERE first_seq = 1", 1),
        ("UPDATE stock SET available = available + 1", 12),
        ("DELETE FROM stock", 12),
        ("INSERT INTO stock VALUES ('GHOST','main','spot',1,0,0,0,0,0,0,0)", 12),
        ("DELETE FROM batch WHERE first_seq = (SELECT max(first_seq) FROM batch)", None),
    ],
)
def test_every_tampering_is_found_and_its_first_seq_named(path, statement, seq):
    filled(path)
    tamper(path, statement)
    (finding,) = audit(path).findings
    if seq is None:
        seq = finding.seq
        assert seq < 12
    assert finding.seq == seq, finding


@pytest.mark.parametrize("left", ["batch_is_never_changed", "batch_is_never_deleted"])
def test_a_journal_that_nothing_guards_any_more_is_found_and_rebuild_guards_it_again(path, left):
    filled(path)
    for name in {"batch_is_never_changed", "batch_is_never_deleted"} - {left}:
        other = sqlite3.connect(path)
        other.executescript(f"DROP TRIGGER {name}")
        other.close()
        (finding,) = audit(path).findings
        assert name in finding.what
        assert "ledger rebuild" in finding.what
    rebuild_all(path)
    assert audit(path).findings == ()
    test_the_journal_can_not_be_changed_by_accident(path.with_name("another.db"))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(path).execute("DELETE FROM batch")


@pytest.mark.parametrize("table", ["meta", "batch", "stock", "cursor", "line"])
def test_a_table_that_is_gone_is_said_in_words(path, table):
    filled(path)
    other = sqlite3.connect(path)
    other.executescript(f"DROP TABLE {table}")
    other.close()
    for read_only in (True, False):
        with pytest.raises(LedgerCorrupt, match=f"room.db: the table '{table}' is missing; restore a backup"):
            LedgerFile(path, read_only=read_only)


def test_an_outcome_forged_with_a_fitting_chain_is_found_by_replay(path):
    filled(path, batch=100)
    with LedgerFile(path, read_only=True) as ledger:
        records = list(ledger.records())
    forged = path.with_name("forged.db")
    with LedgerFile(forged) as ledger:
        records[8] = Record(9, records[8].received_us, records[8].raw, "accepted")
        ledger.append(Records.of(records), stock=None, committed_us=1)
    (finding,) = audit(forged).findings
    assert (finding.seq, "replay says short" in finding.what) == (9, True)
    with LedgerFile(forged) as ledger, pytest.raises(LedgerCorrupt):
        rebuild(ledger)


def test_books_read_back_are_the_books_that_were(path):
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        writer.process(
            [raw("stock.counted", document="opening", qty=5), raw("order.placed", order="o", qty=2)]
        )
        before = writer.books.balances()
    with LedgerFile(path) as ledger:
        again = Writer(ledger, counter())
        assert again.books.balances() == before == ledger.stock()[1]
        assert again.process([raw("order.paid", order="o")])[0].seq == 3


def test_a_group_that_the_end_of_input_closed_reads_back_closed(path):
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        writer.process([raw("stock.counted", document="opening", qty=3)])
        assert writer.process([raw("order.requested", order="1", qty=2, atomic="g")]) == []
        assert ledger.last_seq == 1, "what has no answer is not in the journal"
        assert [a.outcome for a in writer.close_groups()] == ["accepted"]
        (late,) = writer.process([raw("order.requested", order="2", qty=2, atomic="g", atomic_of=1)])
        assert late.outcome == "rejected", "the group before is closed: this is another"
    assert audit(path).findings == ()


def test_movements_tell_what_each_event_moved(path):
    filled(path)
    with LedgerFile(path, read_only=True) as ledger:
        rows = list(movements(ledger))
        feed = list(recorded_feed(ledger))
        people = list(recorded_feed(ledger, actions_only=True))
    assert sum(row.available for row in rows) == 0
    assert [(row.seq, row.reserved, row.shortfall) for row in rows if row.id == "6"] == [(9, 1, 6)]
    assert len(feed) == 12, "all that came, duplicates and conflicts included"
    assert json.loads(feed[0])["received"].startswith("2025-11-11T12:00:03.0000")
    assert [json.loads(line)["id"] for line in people] == ["9"]


def killed(ledger: LedgerFile) -> None:
    """The process is gone: nothing is folded in, nothing said."""
    ledger._db.close()
    ledger._lock.release()


def test_rows_that_a_killed_writer_left_behind_are_brought_up_to_date_by_the_next(path):
    ledger = LedgerFile(path)
    writer = Writer(ledger, counter())
    writer.process([raw("stock.counted", sku, document="opening", qty=9) for sku in "AB"])
    writer.process([raw("order.placed", "A", order="o", qty=4)], more=True)
    assert ledger.stock_seq < ledger.last_seq, "under load rows may stay behind"
    killed(ledger)
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        writer.process([raw("order.placed", "B", order="p", qty=1)])
        assert ledger.stock()[1] == writer.books.balances()
    assert audit(path).findings == ()


def half_told(path) -> LedgerFile:
    """A ledger whose writer died between a group's outcomes and the outcome of the event that closed it."""
    ledger = LedgerFile(path)
    writer = Writer(ledger, counter())
    writer.process([raw("stock.counted", document="opening", qty=9)])
    known = writer.process(
        [
            raw("order.requested", order="g1", qty=1, atomic="g"),
            raw("order.placed", order="other", qty=1, source="payshop"),
            raw("order.requested", order="h1", qty=1, atomic="h"),
        ]
    )
    assert [one.outcome for one in known] == ["accepted", "accepted"], (
        "h is open, and so its own outcome waits"
    )
    return ledger


def test_a_journal_that_ends_behind_a_closed_group_is_sound_while_its_writer_lives(path):
    ledger = half_told(path)
    assert audit(path).findings == ()
    with LedgerFile(path, read_only=True) as reader:
        assert rebuild(reader).stock("A").reserved == 2
        assert [row.reserved for row in movements(reader)] == [0, 1, 1]
    killed(ledger)


def test_a_journal_that_ends_behind_a_closed_group_is_gone_on_with(path):
    killed(half_told(path))
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        # The same group again, under a new id: it is another group by now, and stays so when the journal is read.
        (late,) = writer.process([raw("order.requested", order="g2", qty=8, atomic="g", atomic_of=1)])
        assert late.outcome == "rejected"
        writer.process([raw("order.placed", order="last", qty=1)])
        figures = writer.books.balances()
    assert audit(path).findings == ()
    with LedgerFile(path, read_only=True) as reader:
        assert rebuild(reader).balances() == figures


def test_a_journal_that_ends_behind_a_closed_group_can_be_rebuilt(path):
    killed(half_told(path))
    rebuild_all(path)
    with LedgerFile(path) as ledger:
        Writer(ledger, counter()).process([raw("order.placed", order="last", qty=1)])
    assert audit(path).findings == ()


def test_what_a_commit_holds_of_a_group_follows_from_that_commit_alone(path):
    """Another source's open group stands between the members: none is answered before all that decided them is."""
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        writer.process([raw("stock.counted", document="opening", qty=9)])
        known = writer.process(
            [
                raw("order.requested", order="g1", qty=1, atomic="g", id="g1"),
                raw("order.requested", order="w1", qty=1, atomic="w", source="payshop", id="w1"),
                raw("order.placed", order="takes", qty=8, source="own", id="takes"),
                raw("order.requested", order="g2", qty=1, atomic="g", atomic_of=3, id="g2"),
                raw("order.placed", order="n", qty=1, id="n"),
            ]
        )
        assert known == [], "g1 is refused for what came behind w1, which is open"
        assert audit(path).findings == ()
        outcomes = {one.event.id: one.outcome for one in writer.close_groups()}
    assert outcomes == {
        "g1": "rejected",
        "w1": "rejected",
        "takes": "accepted",
        "g2": "rejected",
        "n": "accepted",
    }
    assert audit(path).findings == ()


def a_room(name: str, source: str, deduct: str, **stock: int) -> RoomConfig:
    return RoomConfig(
        id=name,
        name=name,
        channels=(Channel(id=f"{name}-channel", source=source, deduct=deduct),),
        skus=tuple(Sku(id=sku, title=sku, stock=units) for sku, units in stock.items()),
    )


def test_several_rooms_sell_from_one_ledger(path):
    """Each room's channels keep their rule, what they share is opened once, and neither promises the other's units."""
    morning, night = a_room("am", "shop/am", "pay", A=5, B=1), a_room("pm", "shop/pm", "place", A=99, C=7)
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        writer.open_room(morning)
        writer.process([raw("order.placed", order="1", qty=2, source="shop/am")])
        assert writer.books.stock("A").reserved == 0, "held when it is paid"
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        writer.open_room(night)
        assert {sku: writer.books.stock(sku).available for sku in "ABC"} == {"A": 5, "B": 1, "C": 7}
        known = writer.process(
            [
                raw("order.placed", order="1", qty=3, source="shop/pm"),
                raw("order.paid", order="1", source="shop/am"),
                raw("order.requested", order="2", qty=1, source="shop/pm"),
            ]
        )
        assert [one.outcome for one in known] == ["accepted", "accepted", "rejected"]
        assert writer.books.channel_of("shop/am") == "am-channel"
        assert writer.books.channel_of("shop/pm") == "pm-channel"
    assert audit(path).findings == ()


def test_a_start_adds_nothing_to_a_journal_that_ended_well(path):
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, counter())
        writer.process([raw("stock.counted", document="opening", qty=3)])
        writer.process([raw("order.requested", order="1", qty=2, atomic="g")])
        writer.close_groups()
        ended = ledger.last_seq
    for _ in range(2):
        with LedgerFile(path) as ledger:
            Writer(ledger, counter())
            assert ledger.last_seq == ended
