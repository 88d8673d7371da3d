"""A ledger of every format that was ever released is read, and brought up to date by its first writer.

`format1.sql` is the dump of a ledger that the first version wrote.
"""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import apsw
import pytest
from ledger_making import raw

from stockwatch.ledger import schema
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.upkeep import settle
from stockwatch.ledger.verify import verify
from stockwatch.ledger.writer import Writer

FORMAT_1 = Path(__file__).with_name("format1.sql")


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.db"
    database = sqlite3.connect(path)
    database.executescript(FORMAT_1.read_text())
    database.close()
    return path


def version(path):
    database = sqlite3.connect(path)
    told = database.execute("PRAGMA user_version").fetchone()[0]
    database.close()
    return told


def test_a_reader_reads_the_first_format_and_leaves_it_as_it_is(old):
    with LedgerFile(old, read_only=True) as ledger:
        assert verify(ledger).findings == ()
        books = rebuild(ledger)
        assert not ledger.has_closed_lines()
    assert books.stock("卫衣").quarantined == 1
    assert books.stock("SOCK").in_transit == 30
    assert books.stock("SOCK").oversold == 1
    assert version(old) == 1


def test_the_first_writer_brings_it_up_to_date_and_goes_on(old):
    with LedgerFile(old, read_only=True) as ledger:
        before = list(ledger.records())
        was = rebuild(ledger).balances()
    ticks = itertools.count(1_762_862_500_000_000, 1000)
    with LedgerFile(old) as ledger:
        settle(ledger)
        writer = Writer(ledger, lambda: next(ticks))
        assert writer.books.balances() == was
        assert [a.outcome for a in writer.process([raw("order.paid", "卫衣", id="new", order="o3")])] == [
            "accepted"
        ]
        assert list(ledger.records())[:-1] == before
        assert verify(ledger).findings == ()
    assert version(old) == schema.VERSION
    with LedgerFile(old, read_only=True) as ledger:
        assert verify(ledger).findings == ()


def test_a_migration_that_fails_leaves_the_old_format(old, monkeypatch):
    monkeypatch.setitem(schema.MIGRATIONS, 1, schema.MIGRATIONS[1] + "CREATE TABLE meta (oops);")
    with pytest.raises(Exception, match="meta"):
        LedgerFile(old)
    assert version(old) == 1
    monkeypatch.undo()
    with LedgerFile(old) as ledger:
        assert verify(ledger).findings == ()


def test_a_new_ledger_has_the_tables_of_one_that_was_brought_up_to_date(old, tmp_path):
    def tables(path):
        database = apsw.Connection(str(path))
        return set(
            database.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
        )

    with LedgerFile(old), LedgerFile(tmp_path / "new.db"):
        assert tables(old) == tables(tmp_path / "new.db")
