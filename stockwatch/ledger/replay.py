"""The books from what a store holds: a snapshot where there is a good one, and the journal after it.

Reads only. Every outcome is decided anew and compared with the one that was answered then. What was answered under
earlier rules may come to something else today: the figures are then those of today, the answer stays what it was.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator

from stockwatch.events import decode_all
from stockwatch.ledger.archive import connect
from stockwatch.ledger.balances import Books
from stockwatch.ledger.figures import Applied, Outcome, Stock
from stockwatch.ledger.snapshot import BadSnapshot, Snapshot
from stockwatch.ledger.state import BadState, books_of
from stockwatch.ledger.store import LedgerCorrupt, StockRows, Store
from stockwatch.ledger.unhurried import no_collections

log = logging.getLogger(__name__)


def rebuild(store: Store) -> Books:
    """The books as they were left. Raises LedgerCorrupt."""
    with no_collections():
        books = snapshot_books(store) or Books()
        if store.has_closed_lines():
            connect(books, store)
        stock_seq, rows = store.stock()
        for _ in replay(store, books):
            if books.place == stock_seq > store.settled_seq:
                compare_rows(books, rows)
    return books


def replay(store: Store, books: Books, otherwise: Callable[[int], None] | None = None) -> Iterator[None]:
    """Let books go on to the end of the journal, a run of records at a step. `otherwise` is told the seq of each event
    that was answered otherwise under earlier rules.

    An event is journaled once its outcome is known; so a group that is open at the end was closed there, by an event
    that itself was not journaled any more. Raises LedgerCorrupt where an outcome is not the one that the journal holds,
    and was decided under the rules of today.
    """
    settled = store.settled_seq

    def differs(applied: Applied, told: Outcome) -> None:
        seq = applied.place
        assert seq is not None
        if seq > settled:
            raise LedgerCorrupt(
                f"seq {seq}: the journal says {told}, replay says {applied.outcome} ({applied.reason})", seq
            )
        books.answered(applied, told)
        if otherwise is not None:
            otherwise(seq)

    expected: deque[Outcome] = deque()
    for run in store.columns_since(books.place):
        expected += run.outcomes
        for place, event in enumerate(decode_all(run.raws, run.received_us), run.first_seq):
            for applied in books.apply(event):
                if applied.place is None:
                    raise LedgerCorrupt(f"seq {place}: not a valid event: {applied.reason}", place)
                if applied.outcome != (told := expected.popleft()):
                    differs(applied, told)
        yield
    for applied in books.close():
        if applied.outcome != (told := expected.popleft()):
            differs(applied, told)


def snapshot_books(store: Store) -> Books | None:
    """The books of the newest good snapshot, None where there is none."""
    for snapshot in store.snapshots():
        books = restored(snapshot)
        if books is not None:
            return books
    return None


def restored(snapshot: Snapshot) -> Books | None:
    """The books that a snapshot holds; None, with a warning in the log, where it can't be read."""
    try:
        books = books_of(snapshot.frames())
    except (BadSnapshot, BadState, OSError) as error:
        log.warning("%s is passed over: %s", snapshot.path, error)
        return None
    return books if books.place == snapshot.seq else None


def compare_rows(books: Books, rows: StockRows) -> None:
    """Raise LedgerCorrupt unless the stock rows are those of the books."""
    replayed, nothing = books.balances(), Stock()
    for key in sorted(replayed.keys() | rows.keys()):
        here, there = replayed.get(key, nothing), rows.get(key, nothing)
        if here != there:
            names = [name for name in Stock.__struct_fields__ if getattr(here, name) != getattr(there, name)]
            told = ", ".join(f"{name} {getattr(there, name)} not {getattr(here, name)}" for name in names)
            raise LedgerCorrupt(f"the stock row of {' / '.join(key)} has {told}", books.place)
