"""Bringing an audit index up to its ledger: what it does not know is read from the journal.

A hub writes what it commits itself; this is for what others wrote (`ledger apply`), for an index that was deleted, and
for `ledger audit` where no hub runs. Reads the ledger only. Run as a program it fills the gaps of one ledger's index at
low priority, beside a hub that goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import apsw

from stockwatch.events import decode_all
from stockwatch.ledger.archive import connect
from stockwatch.ledger.balances import Books
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.index import Index
from stockwatch.ledger.replay import restored
from stockwatch.ledger.store import LedgerError
from stockwatch.ledger.trail import Movement, Trail
from stockwatch.ledger.unhurried import no_collections

_EVENTS_AT_ONCE = 20_000


def index_path(ledger: Path) -> Path:
    """Where a ledger's index is kept."""
    return ledger.with_name(ledger.name + ".index")


def open_index(ledger: LedgerFile) -> Index:
    """The index of a ledger: emptied where it was of another journal, begun anew where it is damaged (the damaged one
    is kept under `.broken`), in memory where none can be written. Raises LedgerError."""
    path = index_path(ledger.path)
    try:
        try:
            index = Index(path)
        except LedgerError as error:
            if not isinstance(error.__cause__, apsw.NotADBError | apsw.CorruptError):
                raise
            path.replace(path.with_name(path.name + ".broken"))
            index = Index(path)
        index.belong_to(ledger.head_at)
    except LedgerError:
        if os.access(ledger.path.parent, os.W_OK):
            raise
        index = Index()
    return index


def catch_up(ledger: LedgerFile, index: Index, told: Callable[[int, int], None] | None = None) -> None:
    """Let the index know the journal up to its end; `told` hears (events read, events to read). Raises LedgerCorrupt,
    LedgerError."""
    upto = ledger.last_seq
    for first, last in index.gaps(upto):
        with no_collections():
            _fill(ledger, index, first, last, told)


def _fill(
    ledger: LedgerFile, index: Index, first: int, last: int, told: Callable[[int, int], None] | None
) -> None:
    books = next(
        (books for one in ledger.snapshots() if one.seq < first and (books := restored(one)) is not None),
        Books(),
    )
    if ledger.has_closed_lines():
        connect(books, ledger)
    trail: Trail | None = None
    rows: list[Movement] = []
    begun, done = books.place, first - 1
    for run in ledger.columns_since(books.place):
        end = run.first_seq + len(run) - 1
        if trail is None and end >= first:
            # From here on rows count; those before `first` in the same run are known, and told again harmlessly.
            trail = Trail(books)
            books.follow = lambda applied, trail=trail: rows.extend(trail.take(applied))
        for event in decode_all(run.raws, run.received_us):
            books.apply(event)
        if end >= last:
            books.close()  # whatever is open at the journal's end was decided there
        if end < first or books.pending():
            continue
        if end >= last or end - done >= _EVENTS_AT_ONCE:
            index.add(rows, done + 1, end, ledger.head_at(end))
            rows.clear()
            done = end
            if told is not None:
                told(end - begun, last - begun)
        if end >= last:
            return


def main(argv: list[str]) -> int:
    """Fill the gaps of the index of the ledger at argv[1]."""
    os.nice(19)
    with LedgerFile(Path(argv[1]), read_only=True) as ledger:
        index = open_index(ledger)
        catch_up(ledger, index)
        index.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
