"""Books and store joined: what comes in is applied, made durable, then answered.

Owns the order of those steps. The hub runs a loop of its own with the same parts; `ledger apply` uses this
one. Reads no clock: `now_us` is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from stockwatch.config import RoomConfig
from stockwatch.events import Event, Invalid, decode, decode_all, encode, format_time, from_outside
from stockwatch.ledger.archive import closed, connect
from stockwatch.ledger.balances import CLOSED, OWN_SOURCE, Books
from stockwatch.ledger.figures import Applied, Stock
from stockwatch.ledger.keeper import Keeper
from stockwatch.ledger.opening import configured_events, opening_events
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.state import frames
from stockwatch.ledger.store import DeadLetter, Key, Records, Store

Message = bytes | Invalid
SNAPSHOT_EVERY = 400_000
"""Events: a writer killed just before its next snapshot reads back so many, in some seconds."""
SNAPSHOT_IDLE = 100_000
"""The same where no more input waits."""
_AT_HAND = 128
LOOKS = 2000
"""Lines looked at by a commit, for those that may leave memory."""
ROWS_EVERY = 8
"""Commits, at most, between two that bring the stock rows up to date while messages keep coming: rows are a
projection, and one SKU that sells a thousand times in a second needs one row."""


def stock_rows(books: Books, skus: Iterable[str]) -> dict[Key, Stock]:
    """Rows of the cells of these SKUs."""
    rows: dict[Key, Stock] = {}
    for sku in skus:
        rows.update(books.rows(sku))
    return rows


def stale_rows(store: Store, books: Books) -> set[str]:
    """SKUs whose rows may be older than the journal, of which the books are: a writer before stopped before it had
    brought them up to date."""
    return set(books.skus()) if store.stock_seq < store.last_seq else set()


class Book:
    """What one commit has to keep of the outcomes that it makes known."""

    def __init__(self, first_seq: int, known: Sequence[Applied], received_us: Sequence[int]) -> None:
        """The outcomes in their order, and the stamps of their events."""
        outcomes = [one.outcome for one in known]
        self.letters: list[DeadLetter] = []
        if "invalid" in outcomes or "conflict" in outcomes:
            self.letters = [
                _letter(one, us) for one, us in zip(known, received_us, strict=True) if _dead(one)
            ]
            kept = [(one, us) for one, us in zip(known, received_us, strict=True) if one.place is not None]
            known, received_us = [one for one, _ in kept], [us for _, us in kept]
            outcomes = [one.outcome for one in known]
        raws = [one.event.raw for one in known]
        self.records = Records(first_seq, raws, list(received_us), outcomes)
        self.touched: set[str] = set().union(*[one.touched for one in known])
        """SKUs whose rows are to be written anew."""


def _dead(applied: Applied) -> bool:
    return applied.outcome in ("invalid", "conflict")


def _letter(applied: Applied, received_us: int) -> DeadLetter:
    event = applied.event
    return DeadLetter(received_us, applied.outcome, applied.reason or "", event.source, event.id, event.raw)


def _decoded(messages: Sequence[Message]) -> Iterator[Event | Invalid]:
    """A few at a time, so that they are still at hand (in the processor's cache) when they are applied."""
    for start in range(0, len(messages), _AT_HAND):
        yield from decode_all(messages[start : start + _AT_HAND])


class Writer:
    """Applies batches to one ledger."""

    def __init__(self, store: Store, now_us: Callable[[], int]) -> None:
        """Reads the journal back. Raises LedgerCorrupt."""
        self.store = store
        self.books = rebuild(store)
        self._keeper = Keeper(store, SNAPSHOT_EVERY, idle=SNAPSHOT_IDLE)
        self._now_us = now_us
        self._stamps: list[int] = []
        """Stamps of events whose outcome is not out yet, in order."""
        self._stamp = 0
        self._dirty = stale_rows(store, self.books)
        self._behind = 0
        """Commits since the stock rows were written."""
        if self.books.unmarked_end:
            self._mark_end()

    def open_room(self, config: RoomConfig) -> None:
        """Book the room's channels and the opening stock of SKUs that are new to the ledger."""
        time = format_time(self._now_us())
        for make in (configured_events, opening_events):
            self._take([decode(raw) for raw in make(config, self.books, time)], ours=True)

    def process(self, messages: Sequence[Message], *, more: bool = False) -> list[Applied]:
        """Apply and commit; returns the outcomes now known, durable, in the order of their events.

        `more`: further messages wait already. The stock rows may then stay behind the journal for a few commits.
        Raises LedgerFailed: then nothing of these messages may be answered, and this writer is of no more
        use.
        """
        return self._take(_decoded(messages), more=more)

    def _take(
        self, events: Iterable[Event | Invalid], *, ours: bool = False, more: bool = False
    ) -> list[Applied]:
        """`ours`: events of the ledger itself, which alone may speak under its source."""
        known: list[Applied] = []
        apply, stamps = self.books.apply, self._stamps
        stamp = self._next_stamp()
        for event in events:
            if event.source == OWN_SOURCE and not ours:
                event = from_outside(event)  # noqa: PLW2901
            if type(event) is not Event:
                stamps.append(stamp)
                stamp += 1
            elif (received_us := event.received_us) is None:
                event.received_us = stamp
                stamps.append(stamp)
                stamp += 1
            else:
                stamps.append(received_us)
            known += apply(event)
        self._stamp = stamp - 1
        return self._keep(known, more=more)

    def close_groups(self) -> list[Applied]:
        """End of input: decide what is still open, and bring the stock rows up to date. The end is journaled, so that
        a replay decides the same."""
        if not self.books.open_groups():
            if self._behind:
                self._commit(Records(self.store.last_seq + 1, [], [], []), rows_too=True)
            return []
        return self._mark_end()

    def _mark_end(self) -> list[Applied]:
        """Journal that what was open is closed from here on; the outcomes that become known by it."""
        now = self._next_stamp()
        raw = encode(
            type=CLOSED,
            source=OWN_SOURCE,
            id=f"closed:{self.books.place + 1}",
            time=format_time(now),
            data={},
        )
        event = decode(raw, now)
        self._stamps.append(now)
        known = self._keep(list(self.books.apply(event)))
        return [applied for applied in known if applied.event is not event]

    def _next_stamp(self) -> int:
        self._stamp = max(self._now_us(), self._stamp + 1)
        return self._stamp

    def _keep(self, known: list[Applied], *, more: bool = False) -> list[Applied]:
        """Make outcomes durable, with the events that they are of."""
        if not known:
            return known
        book = Book(self.store.last_seq + 1, known, self._stamps[: len(known)])
        del self._stamps[: len(known)]
        self._dirty |= book.touched
        if book.letters:
            self.store.set_aside(book.letters)
        if not len(book.records):
            return known
        self._commit(book.records, rows_too=not (more and self._behind < ROWS_EVERY))
        if not self._behind:
            self._keeper.committed(self.books.place, lambda: frames(self.books), idle=not more)
        return known

    def _commit(self, records: Records, *, rows_too: bool) -> None:
        books = self.books
        rows = stock_rows(books, self._dirty) if rows_too and not books.pending() else None
        over = [] if rows is None else books.over(LOOKS)
        self.store.append(records, stock=rows, lines=closed(over), committed_us=self._next_stamp())
        if over:
            books.leave(over)
            connect(books, self.store)
        self._behind += 1
        if rows is not None:
            self._dirty.clear()
            self._behind = 0

    def finish(self) -> None:
        """The input has ended in good order: the next writer starts from here."""
        assert not self.books.pending(), "close_groups comes first"
        self._keeper.close(self.books.place, lambda: frames(self.books))
