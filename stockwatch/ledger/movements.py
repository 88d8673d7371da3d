"""A journal read anew: what each event moved, and the recorded feed to play again. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from stockwatch.events import Event, decode, format_time
from stockwatch.ledger.balances import Books
from stockwatch.ledger.expiry import fell_due
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.opening import is_own
from stockwatch.ledger.trail import Movement, Trail


def movements(ledger: LedgerFile) -> Iterator[Movement]:
    """Every event that is about a SKU's stock, in order, a row for each cell that it moved. Raises LedgerCorrupt."""
    books = Books()
    trail = Trail(books)
    rows: list[Movement] = []
    books.follow = lambda applied: rows.extend(trail.take(applied))
    for record in ledger.records():
        books.apply(decode(record.raw, record.received_us))
        if not books.pending():
            yield from sorted(rows, key=lambda row: row.seq)
            rows.clear()
    books.close()
    yield from sorted(rows, key=lambda row: row.seq)


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
