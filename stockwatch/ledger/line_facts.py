"""What one event tells about an order line: checked against what is known, then added to the line's sums.

Moves no stock: `learn` changes the facts, `Line.settle` draws the consequence. A refusal changes nothing.
Pure.
"""

from __future__ import annotations

import msgspec

from stockwatch.events import Event, parse_time
from stockwatch.ledger.figures import Deduct
from stockwatch.ledger.lines import Change, Items, Line


class Refusal(msgspec.Struct, frozen=True):
    """Why an event contradicts what is known."""

    reason: str


NONE = Refusal("")
_DEFAULT_WHERE = ("main", "spot")


def as_items(event: Event) -> Items:
    """What an order of one unit of the line consists of: each SKU once, by code point."""
    items = event.data.get("items")
    if not items:
        return ((event.subject or "", 1),)
    units: dict[str, int] = {}
    for item in items:
        units[item["sku"]] = units.get(item["sku"], 0) + item["qty"]
    return tuple(sorted(units.items()))


def learn(line: Line, event: Event, deduct: Deduct) -> Refusal:
    """Add an event to its line; NONE, or why it is in conflict. `deduct` is the channel's."""
    if event.type in ("order.placed", "order.requested"):
        return _learn_order(line, event, deduct)
    subject, data = event.subject, event.data
    if subject is not None:
        if line.rank == 0:
            line.subject, line.names = subject, (subject,)
            line.items, line.rank = ((subject, 1),), 1
            _learn_where(line, event)
        elif subject not in line.names:
            return _other_sku(line, subject)
    _COUNT[event.type](line, event, data.get("qty"))
    return NONE


def _learn_order(line: Line, event: Event, deduct: Deduct) -> Refusal:
    subject, data = event.subject, event.data
    qty = data["qty"]
    if line.size is not None and line.size != qty:
        return Refusal(f"the line has {line.size} units, this says {qty}")
    items = as_items(event)
    named = bool(data.get("items"))
    if line.rank == 3 and named and items != line.items:
        return Refusal("the line consists of other items")
    if line.rank and not (named and line.rank == 3):
        told = {subject, *(sku for sku, _ in items)} if named else {subject}
        if told.isdisjoint(line.names):
            return _other_sku(line, subject or items[0][0])
    line.size = qty
    rank = 3 if named else 2
    if rank > line.rank:
        names = [subject] if subject is not None else []
        names += [sku for sku, _ in items if sku not in names]
        line.items, line.rank = items, rank
        line.subject = subject
        line.names = tuple(names) + tuple(name for name in line.names if name not in names)
    _learn_where(line, event)
    expires = data.get("expires")
    if expires is not None:
        expires_us = parse_time(expires)
        assert expires_us is not None, "decoding checks times"
        if line.expires_us is None or expires_us > line.expires_us:
            line.expires_us = expires_us
    if event.type == "order.requested":
        line.holds = True
    else:
        line.fact = True
        holds = data.get("holds")
        if deduct == "place" if holds is None else holds:
            line.holds = True
    return NONE


def _other_sku(line: Line, subject: str) -> Refusal:
    return Refusal(f"the line is of {', '.join(line.names)}, this says {subject}")


def _learn_where(line: Line, event: Event) -> None:
    data = event.data
    if "pool" in data or "location" in data:
        line.where = (data.get("location") or "main", data.get("pool") or "spot")


def _paid(line: Line, event: Event, qty: int | None) -> None:
    if qty is None:
        line.whole_paid = True
    else:
        line.paid += qty
        line.paid_size = max(line.paid_size, qty)


def _shipped(line: Line, event: Event, qty: int | None) -> None:
    if qty is None:
        line.whole_shipped = line.whole_paid = True
    else:
        line.shipped += qty
        line.paid_size = max(line.paid_size, qty)


def _cancelled(line: Line, event: Event, qty: int | None) -> None:
    if qty is None:
        line.whole_cancelled = True
    else:
        line.cancelled += qty


def _expired(line: Line, event: Event, qty: int | None) -> None:
    line.expired = True


def _refunded(line: Line, event: Event, qty: int | None) -> None:
    restock = event.data.get("restock") is True
    if qty is None:
        line.whole_refunded = True
        line.whole_restocked |= restock
    else:
        line.refunded += qty
        line.restocked += qty if restock else 0


def _changed(line: Line, event: Event, qty: int | None) -> None:
    to = event.data["to"]
    change = Change(event.time_us, event.id, event.subject or "", to, qty)
    line.changes = (*line.changes, change)
    if to not in line.names:
        line.names = (*line.names, to)


_COUNT = {
    "order.paid": _paid,
    "order.shipped": _shipped,
    "order.cancelled": _cancelled,
    "order.expired": _expired,
    "order.refunded": _refunded,
    "order.changed": _changed,
}
