"""Backups are ledgers, also when they are made while the room is live; the journal alone gives back everything."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading

import pytest
from ledger_making import raw

from stockwatch.ledger import snapshot, upkeep
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.store import LedgerBusy, LedgerCorrupt, LedgerError
from stockwatch.ledger.upkeep import backup, rebuild_all
from stockwatch.ledger.verify import verify
from stockwatch.ledger.writer import Writer


def clock():
    ticks = itertools.count(1_762_862_400_000_000, 1000)
    return lambda: next(ticks)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "shop.db"
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        writer.process([raw("stock.counted", document="opening", qty=20), b"garbage"])
        writer.process([raw("order.placed", order=f"o{n}", qty=1) for n in range(30)])
    return path


def test_a_copy_is_a_ledger_with_all_that_was_committed(path, tmp_path):
    copied = backup(path, tmp_path / "copy.db")
    assert copied.seq == 31
    with LedgerFile(tmp_path / "copy.db") as copy, LedgerFile(path, read_only=True) as original:
        assert verify(copy).findings == ()
        assert list(copy.records()) == list(original.records())
        assert copy.dead_count() == 1
        writer = Writer(copy, clock())
        assert writer.books.balances() == rebuild(original).balances()


def test_a_copy_made_while_the_ledger_is_written_is_a_sound_prefix(path, tmp_path):
    stop = threading.Event()
    copies = []

    def copy() -> None:
        while not stop.is_set() or not copies:
            copies.append(backup(path, tmp_path / f"copy{len(copies)}.db"))

    thread = threading.Thread(target=copy)
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        thread.start()
        for n in range(150):
            writer.process([raw("order.paid", order=f"o{n}", qty=1), raw("stock.received", qty=1)])
        stop.set()
        thread.join()
        everything = list(ledger.records())
    for copied in copies:
        with LedgerFile(tmp_path / f"{copied.path}", read_only=True) as ledger:
            assert verify(ledger).findings == ()
            assert list(ledger.records()) == everything[: copied.seq]


def test_a_backup_never_writes_over_anything(path, tmp_path):
    (tmp_path / "taken.db").write_bytes(b"mine")
    with pytest.raises(LedgerError, match="exists already"):
        backup(path, tmp_path / "taken.db")
    assert (tmp_path / "taken.db").read_bytes() == b"mine"
    with pytest.raises(LedgerError, match="no folder"):
        backup(path, tmp_path / "nowhere" / "copy.db")
    with pytest.raises(LedgerError, match="no such ledger"):
        backup(tmp_path / "none.db", tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))


def test_a_backup_that_fails_leaves_nothing(path, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(upkeep, "_sync", full)
    with pytest.raises(LedgerError, match="No space left"):
        backup(path, tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))


def test_the_journal_alone_gives_back_everything(path):
    with LedgerFile(path, read_only=True) as ledger:
        right = ledger.stock()
    database = sqlite3.connect(path)
    database.executescript(
        "UPDATE stock SET available = 7; INSERT INTO stock VALUES ('X','main','spot',1,0,0,0,0,0,0,0)"
    )
    database.close()
    with LedgerFile(path) as ledger, pytest.raises(LedgerCorrupt, match="stock row"):
        Writer(ledger, clock())
    rebuilt = rebuild_all(path)
    assert (rebuilt.events, rebuilt.rows, rebuilt.mended) == (31, 1, 2)
    with LedgerFile(path) as ledger:
        assert ledger.stock() == right
        assert verify(ledger).findings == ()
        assert [found.seq for found in ledger.snapshots()] == [31]
        Writer(ledger, clock())


def test_a_journal_that_does_not_add_up_is_not_rebuilt_and_a_missing_one_not_made(path, tmp_path):
    with pytest.raises(LedgerError, match="no such ledger"):
        rebuild_all(tmp_path / "none.db")
    assert not list(tmp_path.glob("none*"))
    with LedgerFile(path), pytest.raises(LedgerBusy):
        rebuild_all(path)
    database = sqlite3.connect(path)
    database.executescript(
        "DROP TRIGGER batch_is_never_changed; UPDATE batch SET outcomes = 'n' WHERE first_seq = 1;"
    )
    database.close()
    before = path.read_bytes()
    with pytest.raises(LedgerCorrupt):
        rebuild_all(path)
    assert snapshot.paths(path) == []
    assert len(path.read_bytes()) == len(before)


def test_backup_and_rebuild_from_the_command_line(path, tmp_path, capsys):
    from stockwatch.cli import main

    assert main(["ledger", "backup", str(path), str(tmp_path / "copy.db"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seq"] == 31
    assert main(["ledger", "rebuild", str(tmp_path / "copy.db")]) == 0
    assert capsys.readouterr().out == "31 events; 1 stock rows, 0 of them mended\n"
    assert main(["ledger", "backup", str(path), str(tmp_path / "copy.db")]) == 2
    assert "exists already" in capsys.readouterr().err
