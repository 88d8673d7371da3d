"""What each event moved, cell by cell, as rows for people and spreadsheets: the audit trail of a SKU.

A `Trail` follows books: it is told of every event at the moment it is decided, members of an atomic group included, and
remembers how the cells stood before. One row for each cell that an event moved; an event about a SKU that moved nothing
has one row without changes. Pure.
"""

from __future__ import annotations

import msgspec

from stockwatch.events import Event, format_time, parse_time
from stockwatch.ledger.balances import RESOLVED, Books
from stockwatch.ledger.cells import Cell
from stockwatch.ledger.figures import Applied

BUCKETS = ("available", "held", "reserved", "sold", "shipped", "quarantined", "shortfall")
_Key = tuple[str, str, str]
_Units = tuple[int, int, int, int, int, int, int]
_NONE: _Units = (0, 0, 0, 0, 0, 0, 0)


class Movement(msgspec.Struct, frozen=True):
    """One event and one cell that it moved. Buckets hold the change in units."""

    seq: int
    received: str
    time: str
    source: str
    id: str
    type: str
    outcome: str
    sku: str | None
    order: str | None
    line: int | None
    document: str | None
    by: str | None
    reason: str | None
    """As told, else why the outcome is what it is."""
    available: int = 0
    held: int = 0
    reserved: int = 0
    sold: int = 0
    shipped: int = 0
    quarantined: int = 0
    shortfall: int = 0
    in_transit: int = 0
    """Of the SKU; with its place in `main` and `spot`."""
    location: str = "main"
    pool: str = "spot"
    left: int = 0
    """Available in the cell afterwards."""
    on_hand: int = 0
    """In the cell afterwards."""

    @property
    def received_us(self) -> int:
        """`received` in microseconds since the epoch."""
        instant = parse_time(self.received)
        assert instant is not None, "it was formatted here"
        return instant

    @property
    def moved(self) -> bool:
        """Whether any figure changed."""
        return any(getattr(self, name) for name in BUCKETS) or self.in_transit != 0


class Trail:
    """Follows books from where they stand."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._before: dict[_Key, _Units] = {cell.key: _units(cell) for cell in books.cells()}
        self._in_transit = {sku: books.in_transit(sku) for sku in books.skus()}

    def take(self, applied: Applied) -> list[Movement]:
        """The rows of an event that has just been decided."""
        event = applied.event
        if not isinstance(event, Event) or applied.place is None:
            return []
        if not event.type.startswith(("order.", "stock.")) and event.type != RESOLVED:
            return []
        rows = [row for sku in applied.touched for row in self._moved(applied, event, sku)]
        if rows:
            return rows
        sku = event.subject or (applied.touched[0] if applied.touched else None)
        cell = next(iter(self._books.cells_of(sku)), None) if sku else None
        return [_movement(applied, event, sku, cell, _NONE, 0)]

    def _moved(self, applied: Applied, event: Event, sku: str) -> list[Movement]:
        rows = []
        now_in_transit = self._books.in_transit(sku)
        in_transit = now_in_transit - self._in_transit.get(sku, 0)
        self._in_transit[sku] = now_in_transit
        for cell in self._books.cells_of(sku):
            before, now = self._before.get(cell.key, _NONE), _units(cell)
            usual = cell.location == "main" and cell.pool == "spot"
            if now != before or (usual and in_transit):
                self._before[cell.key] = now
                change = tuple([after - was for after, was in zip(now, before, strict=True)])
                rows.append(_movement(applied, event, sku, cell, change, in_transit if usual else 0))
                in_transit = 0 if usual else in_transit
        if in_transit:
            rows.append(_movement(applied, event, sku, None, _NONE, in_transit))
        return rows


def _units(cell: Cell) -> _Units:
    return (
        cell.available, cell.held, cell.reserved, cell.sold, cell.shipped, cell.quarantined, cell.shortfall
    )  # fmt: skip


def _movement(
    applied: Applied,
    event: Event,
    sku: str | None,
    cell: Cell | None,
    change: tuple[int, ...],
    in_transit: int,
) -> Movement:
    data = event.data
    by, reason, document = data.get("by"), data.get("reason"), data.get("document")
    if event.type == RESOLVED:
        reason = data.get("note")
    assert applied.place is not None, "only journaled events leave a trail"
    return Movement(
        applied.place,
        format_time(event.clock_us),
        event.time,
        event.source,
        event.id,
        event.type,
        applied.outcome,
        sku,
        None if event.line is None else event.line.order,
        None if event.line is None else event.line.number,
        document if isinstance(document, str) else None,
        by if isinstance(by, str) else None,
        reason if isinstance(reason, str) and reason else applied.reason,
        **dict(zip(BUCKETS, change, strict=True)),
        in_transit=in_transit,
        location="main" if cell is None else cell.location,
        pool="spot" if cell is None else cell.pool,
        left=0 if cell is None else cell.available,
        on_hand=0 if cell is None else cell.on_hand,
    )
