"""Books and store joined: what comes in is applied, made durable, then answered.

Owns the order of those steps. The hub runs a loop of its own with the same parts; `ledger apply` uses this
one. Reads no clock: `now_us` is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stockwatch.config import RoomConfig
from stockwatch.events import Event, Invalid, decode, encode, format_time, from_outside
from stockwatch.ledger.balances import CLOSED, OWN_SOURCE, Books
from stockwatch.ledger.figures import Applied, Stock
from stockwatch.ledger.opening import configured_events, opening_events
from stockwatch.ledger.store import DeadLetter, Key, LedgerCorrupt, Record, Store

Message = bytes | Invalid


def rebuild(store: Store) -> Books:
    """The books as the journal tells them. Raises LedgerCorrupt when an outcome comes out differently."""
    books = Books()
    expected = []
    for record in store.read_since(0):
        event = decode(record.raw, record.received_us)
        expected.append(record.outcome)
        for applied in books.apply(event):
            place = applied.place
            if place is None or applied.outcome != expected[place - 1]:
                told = expected[place - 1] if place else "none"
                raise LedgerCorrupt(
                    f"seq {place}: the journal says {told}, replay says {applied.outcome} ({applied.reason})",
                    place,
                )
    if books.pending():
        raise LedgerCorrupt(f"the journal ends within an atomic group (seq {books.place})", books.place)
    return books


def stock_rows(books: Books, skus: Iterable[str]) -> dict[Key, Stock]:
    """Rows of the cells of these SKUs."""
    rows: dict[Key, Stock] = {}
    for sku in skus:
        rows.update(books.rows(sku))
    return rows


class Writer:
    """Applies batches to one ledger."""

    def __init__(self, store: Store, now_us: Callable[[], int]) -> None:
        """Reads the journal back. Raises LedgerCorrupt."""
        self.store = store
        self.books = rebuild(store)
        self._now_us = now_us
        self._stamps: list[int] = []
        """Stamps of events whose outcome is not out yet, in order."""
        self._stamp = 0
        self._dirty: set[str] = set()

    def open_room(self, config: RoomConfig) -> None:
        """Book the room's channels and the opening stock of SKUs that are new to the ledger."""
        time = format_time(self._now_us())
        for make in (configured_events, opening_events):
            self._take([decode(raw) for raw in make(config, self.books, time)])

    def process(self, messages: Sequence[Message]) -> list[Applied]:
        """Apply and commit; returns the outcomes now known, durable, in the order of their events.

        Raises LedgerFailed: then nothing of these messages may be answered, and this writer is of no more
        use.
        """
        return self._take(
            [
                message if isinstance(message, Invalid) else from_outside(decode(message))
                for message in messages
            ]
        )

    def _take(self, events: Iterable[Event | Invalid]) -> list[Applied]:
        applied: list[Applied] = []
        for event in events:
            self._stamps.append(self._received(event))
            applied.extend(self.books.apply(event))
        return self._keep(applied)

    def close_groups(self) -> list[Applied]:
        """End of input: decide what is still open. The end is journaled, so that a replay decides the
        same."""
        if not self.books.open_groups():
            return []
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

    def _received(self, event: Event | Invalid) -> int:
        if isinstance(event, Event) and event.received_us is not None:
            return event.received_us
        return self._next_stamp()

    def _keep(self, applied: list[Applied]) -> list[Applied]:
        if not applied:
            return applied
        stamps = self._stamps[: len(applied)]
        del self._stamps[: len(applied)]
        records = []
        letters = []
        for one, stamp in zip(applied, stamps, strict=True):
            raw = one.event.raw
            self._dirty.update(one.touched)
            if one.place is not None:
                records.append(Record(one.place, stamp, raw, one.outcome))
            if one.outcome in ("conflict", "invalid"):
                event = one.event
                letters.append(DeadLetter(stamp, one.outcome, one.reason or "", event.source, event.id, raw))
        if letters:
            self.store.set_aside(letters)
        if records:
            rows = None if self.books.pending() else stock_rows(self.books, self._dirty)
            self.store.append(records, stock=rows, committed_us=self._next_stamp())
            if rows is not None:
                self._dirty.clear()
        return applied
