"""A snapshot shortens a start and changes nothing: a bad one is passed over, whatever is wrong with it."""

from __future__ import annotations

import itertools
import os
import sqlite3

import pytest
from ledger_making import raw

from stockwatch.ledger import keeper, snapshot
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.keeper import Keeper
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.snapshot import BadSnapshot, Snapshot
from stockwatch.ledger.state import frames
from stockwatch.ledger.verify import verify
from stockwatch.ledger.writer import Writer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "shop.db"


def clock():
    ticks = itertools.count(1_762_862_400_000_000, 1000)
    return lambda: next(ticks)


def filled(path, orders=30):
    """A ledger with one snapshot in the middle of what it holds."""
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        writer.process([raw("stock.counted", document="opening", qty=orders - 5)])
        writer.process([raw("order.placed", order=f"o{n}", qty=1, id=f"p{n}") for n in range(orders)])
        ledger.keep_snapshot(ledger.last_seq, frames(writer.books))
        writer.process([raw("order.paid", order=f"o{n}", id=f"q{n}") for n in range(0, orders, 2)])
        return writer.books


def state(books):
    return list(frames(books))


def test_books_from_a_snapshot_are_the_books_that_were(path, monkeypatch):
    was = filled(path)
    read = []
    columns_since = LedgerFile.columns_since
    monkeypatch.setattr(
        LedgerFile, "columns_since", lambda self, seq: read.append(seq) or columns_since(self, seq)
    )
    with LedgerFile(path, read_only=True) as ledger:
        books = rebuild(ledger)
        assert verify(ledger).findings == ()
    assert state(books) == state(was)
    assert read[0] == 31, "what the snapshot holds is not read again"


@pytest.mark.parametrize("at", [0, 10, 30, 60, 200, 500, -40, -1])
def test_a_damaged_snapshot_is_passed_over(path, at):
    was = filled(path)
    (file,) = snapshot.paths(path)
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)
    with pytest.raises(BadSnapshot):
        Snapshot(file)
    with LedgerFile(path, read_only=True) as ledger:
        assert state(rebuild(ledger)) == state(was)


@pytest.mark.parametrize("length", [0, 5, 22, 100, -33, -1])
def test_half_a_snapshot_is_passed_over(path, length):
    was = filled(path)
    (file,) = snapshot.paths(path)
    file.write_bytes(file.read_bytes()[:length])
    with LedgerFile(path, read_only=True) as ledger:
        assert state(rebuild(ledger)) == state(was)


def test_a_snapshot_of_another_journal_is_passed_over(path, tmp_path):
    filled(path)
    other = tmp_path / "other.db"
    was = filled(other, orders=31)
    (file,) = snapshot.paths(path)
    (own,) = snapshot.paths(other)
    own.unlink()
    file.rename(other.with_name(f"other.db.snap.{Snapshot(file).seq}"))
    with LedgerFile(other, read_only=True) as ledger:
        assert list(ledger.snapshots()) == []
        assert state(rebuild(ledger)) == state(was)


def test_a_sound_snapshot_of_another_truth_is_found_by_the_audit(path):
    filled(path)
    (file,) = snapshot.paths(path)
    told = Snapshot(file)
    forged = list(told.frames())
    cells = next(frame for frame in forged if frame[0] == "cells")
    cells[1][0] = [value + 1 if type(value) is int and value else value for value in cells[1][0]]
    snapshot.write(path, told.seq, told.head, forged)
    with LedgerFile(path, read_only=True) as ledger:
        (finding,) = verify(ledger).findings
    assert finding.seq == told.seq
    assert "its cells are not" in finding.what


def test_an_audit_beside_a_writer_passes_over_a_snapshot_that_is_replaced_meanwhile(path, monkeypatch):
    filled(path)
    snapshots = LedgerFile.snapshots

    def replaced(self):
        found = list(snapshots(self))
        for one in found:
            one.path.unlink()
        return iter(found)

    monkeypatch.setattr(LedgerFile, "snapshots", replaced)
    with LedgerFile(path, read_only=True) as ledger:
        assert verify(ledger).findings == ()


def test_what_a_killed_writer_never_finished_goes_with_the_next_snapshot(path):
    filled(path)
    left = path.with_name(path.name + ".snap.7.part")
    stranger = path.with_name("other.db.snap.7.part")
    for one in (left, stranger):
        one.write_bytes(b"half of it")
    with LedgerFile(path) as ledger:
        ledger.keep_snapshot(ledger.last_seq, frames(rebuild(ledger)))
    assert not left.exists()
    assert stranger.exists()
    left.write_bytes(b"half of it")
    snapshot.remove_all(path)
    assert not left.exists()


def test_the_two_newest_are_kept_and_what_was_never_finished_is_no_snapshot(path):
    filled(path)
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        for n in range(4):
            writer.process([raw("order.placed", order=f"x{n}", qty=1)])
            ledger.keep_snapshot(ledger.last_seq, frames(writer.books))
        path.with_name("shop.db.snap.99.part").write_bytes(b"half")
        assert [Snapshot(file).seq for file in snapshot.paths(path)] == [ledger.last_seq, ledger.last_seq - 1]


def test_the_newest_of_each_of_a_few_labels_is_kept_too(path):
    filled(path)
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        kept = {}
        for n, labels in enumerate((["a"], ["a", "b"], ["c"], [], ["c"], [])):
            writer.process([raw("order.placed", order=f"x{n}", qty=1)])
            ledger.keep_snapshot(ledger.last_seq, frames(writer.books), labels)
            kept[n] = ledger.last_seq
        assert [one.seq for one in ledger.snapshots()] == [kept[5], kept[4], kept[1]]
        assert [one.labels for one in ledger.snapshots()] == [[], ["c"], ["a", "b"]]
        for n in range(6):
            writer.process([raw("order.placed", order=f"y{n}", qty=1)])
            ledger.keep_snapshot(ledger.last_seq, frames(writer.books), [f"room {n}"])
        assert [one.labels for one in ledger.snapshots()] == [[f"room {n}"] for n in (5, 4, 3, 2, 1, 0)], (
            "no more than six files"
        )


def test_a_room_that_no_snapshot_knows_gets_one_soon(path, monkeypatch):
    monkeypatch.setattr(keeper, "_WORTH_IT", 1)
    filled(path)
    with LedgerFile(path) as ledger:
        state = frames(rebuild(ledger))
        ledger.keep_snapshot(ledger.last_seq, state, ["day"])
        keeping = keeper.Keeper(ledger, 20)
        keeping.close(ledger.last_seq, lambda: [["x"]], ["day"])
        assert list(next(ledger.snapshots()).frames()) != [["x"]], "nothing new to keep"
        keeping.committed(ledger.last_seq, lambda: [["x"]], ["day", "night"])
        keeping.close(ledger.last_seq, lambda: [["y"]], ["day", "night"])
        assert next(ledger.snapshots()).labels == ["day", "night"]


def test_a_full_disk_while_one_is_written_leaves_the_others_and_nothing_else(path):
    filled(path)
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        writer.process([raw("order.placed", order="y", qty=1)])

        def full():
            yield ["books"]
            raise OSError(28, "No space left on device")

        with pytest.raises(OSError, match="No space"):
            ledger.keep_snapshot(ledger.last_seq, full())
        assert len(list(path.parent.glob("*.snap.*"))) == 1
        assert [a.outcome for a in writer.process([raw("order.placed", order="z", qty=1)])] == ["short"]


def test_the_writer_goes_on_while_a_child_writes_and_the_child_holds_nothing(path, monkeypatch):
    monkeypatch.setattr(keeper, "_WORTH_IT", 1)
    reader, writing = os.pipe()
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        writer._keeper = Keeper(ledger, 10)
        writer.process([raw("stock.counted", document="opening", qty=100)])
        writer.process([raw("order.placed", order=f"o{n}", qty=1) for n in range(20)])
        child = writer._keeper._child
        assert child is not None
        writer.process([raw("order.placed", order="later", qty=1)])
        os.close(writing)
        assert os.read(reader, 1) == b"", "the child has let go of the pipe"
        writer.finish()
        seqs = [Snapshot(file).seq for file in snapshot.paths(path)]
    os.close(reader)
    assert seqs == [22, 21]


def test_a_child_that_fails_is_told_of_and_the_writer_goes_on(path, monkeypatch, caplog):
    def broken(*_):
        raise OSError(28, "No space left on device")

    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        writer._keeper = Keeper(ledger, 5)
        monkeypatch.setattr(ledger, "keep_snapshot", broken)
        writer.process([raw("order.placed", order=f"o{n}", qty=1) for n in range(6)])
        writer.finish()
        assert "could not be written" in caplog.text
        assert [a.seq for a in writer.process([raw("order.placed", order="on", qty=1)])] == [7]
    assert snapshot.paths(path) == []


def test_a_journal_whose_end_was_cut_off_is_given_away_by_its_snapshot(path):
    """The chain alone can't tell: what is left of it is whole."""
    filled(path)
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        ledger.keep_snapshot(ledger.last_seq, frames(writer.books))
        last = ledger.last_seq
    database = sqlite3.connect(path)
    database.executescript(
        "DROP TRIGGER batch_is_never_deleted; DELETE FROM batch WHERE first_seq = (SELECT max(first_seq) FROM batch);"
        "UPDATE meta SET value = 31 WHERE key = 'stock_seq';"
    )
    database.close()
    with LedgerFile(path, read_only=True) as ledger:
        (finding,) = verify(ledger).findings
    assert f"at seq {last} of a journal that is not this one" in finding.what
