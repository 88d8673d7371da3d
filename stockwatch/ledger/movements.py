"""What each journaled event moved: rows for people and spreadsheets, and the recorded feed to play again.

Reads only; replays the journal to know what each event did to the figures.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stockwatch.events import Event, decode, format_time
from stockwatch.ledger.balances import Books
from stockwatch.ledger.expiry import fell_due
from stockwatch.ledger.figures import Stock
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.opening import is_own

BUCKETS = ("available", "held", "reserved", "sold", "shipped", "quarantined", "shortfall")


class Movement(msgspec.Struct, frozen=True):
    """One event and one SKU that it moved. Buckets hold the change in units."""

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
    available: int = 0
    held: int = 0
    reserved: int = 0
    sold: int = 0
    shipped: int = 0
    quarantined: int = 0
    shortfall: int = 0


def movements(ledger: LedgerFile) -> Iterator[Movement]:
    """Every event that is about a SKU's stock, in order, one row for each SKU that it moved."""
    books = Books()
    before: dict[str, Stock] = {}
    stamps: dict[int, int] = {}
    for record in ledger.records():
        stamps[record.seq] = record.received_us
        for applied in books.apply(decode(record.raw, record.received_us)):
            event, place = applied.event, applied.place
            if not isinstance(event, Event) or place is None:
                continue
            received = stamps.pop(place)
            if not event.type.startswith(("order.", "stock.")):
                continue
            for sku in applied.touched or (event.subject,):
                change = {}
                if sku is not None and applied.touched:
                    now, was = books.stock(sku), before.get(sku, Stock())
                    before[sku] = now
                    change = {name: getattr(now, name) - getattr(was, name) for name in BUCKETS}
                yield _movement(event, place, received, applied.outcome, sku, change)


def _movement(
    event: Event, place: int, received: int, outcome: str, sku: str | None, change: dict[str, int]
) -> Movement:
    data = event.data
    by, reason = data.get("by"), data.get("reason")
    return Movement(
        seq=place,
        received=format_time(received),
        time=event.time,
        source=event.source,
        id=event.id,
        type=event.type,
        outcome=outcome,
        sku=sku,
        order=data.get("order"),
        line=data.get("line", 1) if "order" in data else None,
        document=data.get("document"),
        by=by if isinstance(by, str) else None,
        reason=reason if isinstance(reason, str) else None,
        **change,
    )


def recorded_feed(ledger: LedgerFile, *, actions_only: bool = False) -> Iterator[bytes]:
    """The events as received, each with the attribute `received`, so that a replay decides as the hub did.

    Left out is what a replay books for itself: opening stock, the channels, expiries that fell due.
    `actions_only`: just action.* and alert.acknowledged.
    """
    for record in ledger.records():
        event = decode(record.raw)
        if not isinstance(event, Event) or is_own(event.source, event.type) or fell_due(event):
            continue
        if actions_only and not (event.type.startswith("action.") or event.type == "alert.acknowledged"):
            continue
        yield stamped(record.raw, record.received_us)


def stamped(raw: bytes, received_us: int) -> bytes:
    """The message with `received` put in last, where it counts over one that is there already."""
    body = raw.rstrip()
    assert body.endswith(b"}"), "an event is a JSON object"
    body = body[:-1].rstrip()
    stamp = format_time_us(received_us)
    return body + (b"" if body.endswith(b"{") else b",") + f'"received":"{stamp}"'.encode() + b"}"


def format_time_us(instant_us: int) -> str:
    """RFC 3339 in UTC to the microsecond: stamps must come back as they were."""
    whole = format_time(instant_us)[:19]
    return f"{whole}.{instant_us % 1_000_000:06d}+00:00"
