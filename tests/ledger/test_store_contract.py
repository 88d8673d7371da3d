"""What a ledger's writer relies on: every store has to pass this. A further store is one more entry of `STORES`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from memory_store import MemoryDisk, MemoryStore

from stockwatch.ledger.figures import OUTCOMES, Stock
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.store import ClosedLine, DeadLetter, LedgerBusy, LedgerFailed, Record, Records, Store

Opens = Callable[[], Any]
"""Opens the same ledger again: what a new process would."""


def embedded(folder: Path) -> Opens:
    return lambda: LedgerFile(folder / "room.db")


def in_memory(folder: Path) -> Opens:
    disk = MemoryDisk()
    return lambda: MemoryStore(disk)


STORES = {"embedded": embedded, "in memory": in_memory}


@pytest.fixture(params=list(STORES))
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Opens:
    return STORES[request.param](tmp_path)


def run(first: int, *raws: bytes, outcome: Any = "accepted") -> Records:
    return Records.of([Record(seq, 1000 + seq, raw, outcome) for seq, raw in enumerate(raws, first)])


def append(store: Store, records: Records, stock: Any = None, **more: Any) -> None:
    store.append(records, stock=stock, committed_us=7, **more)


def again(store: Any, opens: Opens) -> Any:
    store.close()
    return opens()


def test_records_come_back_in_order_byte_for_byte(opens: Opens):
    raws = [f'{{"n":{n},"t":"é中\\u0000 '.encode() + bytes([0x7F]) + b'"}' for n in range(len(OUTCOMES))]
    records = Records.of([Record(n + 1, 5 * n, raw, OUTCOMES[n]) for n, raw in enumerate(raws)])
    store = opens()
    append(store, records)
    append(store, run(len(raws) + 1, b"{}", b"[]"))
    store = again(store, opens)
    assert store.last_seq == len(raws) + 2
    found = list(store.read_since(0))
    assert [(one.seq, one.raw) for one in found] == list(enumerate([*raws, b"{}", b"[]"], 1))
    assert [one.outcome for one in found[: len(raws)]] == list(OUTCOMES)
    assert [one.received_us for one in found[: len(raws)]] == [5 * n for n in range(len(raws))]
    store.close()


@pytest.mark.parametrize("since", range(8))
def test_reading_goes_on_after_any_seq_by_rows_and_by_columns(opens: Opens, since: int):
    store = opens()
    append(store, run(1, b"1", b"2", b"3"))
    append(store, run(4, b"4"))
    append(store, run(5, b"5", b"6"))
    rows = [(one.seq, one.raw) for one in store.read_since(since)]
    assert rows == [(n, str(n).encode()) for n in range(since + 1, 7)]
    columns = [
        (part.first_seq + at, raw) for part in store.columns_since(since) for at, raw in enumerate(part.raws)
    ]
    assert columns == rows
    store.close()


def test_a_gap_in_the_seqs_is_refused_and_changes_nothing(opens: Opens):
    store = opens()
    append(store, run(1, b"1"))
    for first in (1, 3, 0):
        with pytest.raises(ValueError, match="must go on from 1"):
            append(store, run(first, b"x"))
    append(store, run(2, b"2"))
    assert [one.raw for one in store.read_since(0)] == [b"1", b"2"]
    store.close()


def test_rows_and_cursors_are_those_of_the_last_commit_that_had_any(opens: Opens):
    key, other = ("A", "main", "spot"), ("B", "north", "presale")
    store = opens()
    append(store, run(1, b"1"), {key: Stock(available=3), other: Stock(held=1)}, cursors={"douyin": "7"})
    append(store, run(2, b"2"), None)
    assert store.stock() == (1, {key: Stock(available=3), other: Stock(held=1)})
    append(store, run(3, b"3"), {key: Stock(available=2, sold=1, shipped=1)}, cursors={"own": "c"})
    store = again(store, opens)
    assert store.stock_seq == 3
    assert store.stock() == (3, {key: Stock(available=2, sold=1, shipped=1), other: Stock(held=1)})
    assert store.cursors() == {"douyin": "7", "own": "c"}
    append(store, Records(4, [], [], []), {}, cursors={"own": "d"})
    assert store.cursors() == {"douyin": "7", "own": "d"}
    assert store.last_seq == 3
    store.close()


def test_lines_that_left_memory_are_found_as_they_were_before_a_seq(opens: Opens):
    store = opens()
    assert not store.has_closed_lines()
    append(store, run(1, b"1", b"2"), {}, lines=[ClosedLine("s", "o", 1, b"first")])
    append(
        store, run(3, b"3"), {}, lines=[ClosedLine("s", "o", 1, b"then"), ClosedLine("s", "o", 2, b"other")]
    )
    store = again(store, opens)
    assert store.has_closed_lines()
    assert store.closed_line("s", "o", 1, 2) is None
    assert store.closed_line("s", "o", 1, 3) == b"first"
    assert store.closed_line("s", "o", 1, 4) == b"then"
    assert store.closed_line("s", "o", 2, 99) == b"other"
    assert store.closed_line("t", "o", 1, 99) is None
    store.close()


def test_what_is_set_aside_is_counted_over_restarts(opens: Opens):
    store = opens()
    store.set_aside(
        [
            DeadLetter(1, "invalid", "not JSON", None, None, b"\xff{"),
            DeadLetter(2, "conflict", "x", "s", "i", b"{}"),
        ]
    )
    store.set_aside([])
    store = again(store, opens)
    assert store.dead_count() == 2
    store.close()


def test_snapshots_come_newest_first_and_only_those_of_this_journal(opens: Opens):
    store = opens()
    assert list(store.snapshots()) == []
    for seq in (1, 2, 3):
        append(store, run(seq, str(seq).encode()))
        store.keep_snapshot(seq, [["books", seq], ["more", [1, b"x", "中"]]])
    with pytest.raises(AssertionError, match="durable"):
        store.keep_snapshot(9, [])
    store = again(store, opens)
    found = list(store.snapshots())
    assert [one.seq for one in found] == [3, 2], "two are kept"
    assert list(found[0].frames()) == [["books", 3], ["more", [1, b"x", "中"]]]
    store.close()


def test_a_writer_whose_epoch_is_over_writes_nothing(opens: Opens):
    first = opens()
    append(first, run(1, b"1"))
    try:
        second = opens()
    except LedgerBusy:
        first.close()  # a store that keeps a second one out while the first lives: then its epoch must still move on
        second = opens()
        assert second.epoch > first.epoch
        second.close()
        return
    assert second.epoch > first.epoch
    with pytest.raises(LedgerFailed, match="another writer"):
        append(first, run(2, b"lost"))
    with pytest.raises(LedgerFailed):
        append(first, run(2, b"lost again"))
    append(second, run(2, b"2"))
    assert [one.raw for one in second.read_since(0)] == [b"1", b"2"]


def test_a_fenced_embedded_writer_writes_nothing(tmp_path: Path):
    """The lock keeps others out; where it fails (a network share), the epoch fences."""
    store = LedgerFile(tmp_path / "room.db")
    append(store, run(1, b"1"))
    store._db.execute("UPDATE meta SET value = value + 1 WHERE key = 'epoch'")
    with pytest.raises(LedgerFailed, match="another writer"):
        append(store, run(2, b"lost"))
    store.close()
    with LedgerFile(tmp_path / "room.db") as after:
        assert [one.raw for one in after.read_since(0)] == [b"1"]
        assert after.epoch == 3


def test_an_empty_ledger_is_empty(opens: Opens):
    store = opens()
    assert (store.last_seq, store.stock(), store.cursors(), store.dead_count()) == (0, (0, {}), {}, 0)
    assert list(store.read_since(0)) == list(store.columns_since(0)) == []
    assert store.closed_line("s", "o", 1, 9) is None
    store.close()
