"""What one event tells about an order line: checked against what is known, then added to the line's sums.

Moves no stock: `learn` changes the facts, `Line.settle` draws the consequence. A refusal changes nothing.
Pure.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from stockwatch.events import Event, LineData
from stockwatch.ledger.figures import Deduct
from stockwatch.ledger.lines import Change, Items, Line


class Refusal(msgspec.Struct, frozen=True):
    """Why an event contradicts what is known."""

    reason: str


NONE = Refusal("")


def as_items(subject: str | None, told: LineData) -> Items:
    """What an order of one unit of the line consists of: each SKU once, by code point."""
    if told.items is UNSET:
        return ((subject or "", 1),)
    units: dict[str, int] = {}
    for item in told.items:
        units[item.sku] = units.get(item.sku, 0) + item.qty
    return tuple(sorted(units.items()))


def _gifts(told: LineData) -> tuple[str, ...]:
    """SKUs that stand among the items as gifts only."""
    if told.items is UNSET:
        return ()
    sold = {item.sku for item in told.items if item.role != "gift"}
    return tuple(sorted({item.sku for item in told.items} - sold))


def learn(line: Line, event: Event, deduct: Deduct) -> Refusal:
    """Add an event to its line; NONE, or why it is in conflict. `deduct` is the channel's."""
    told = event.line
    assert told is not None, "only events about order lines are learned"
    if event.type in ("order.placed", "order.requested"):
        return _learn_order(line, event, told, deduct)
    if event.type == "order.changed":
        # What it changes may itself be what an earlier change, still on its way, has made of the line.
        _changed(line, event, told)
        return NONE
    subject = event.subject
    if subject is not None:
        if line.rank == 0:
            line.subject = subject
            line.names = (subject, *(name for name in line.names if name != subject))
            line.items, line.rank = ((subject, 1),), 1
        elif subject not in line.names:
            return _other_sku(line, subject)
    _learn_where(line, event, told)
    _COUNT[event.type](line, event, told)
    return NONE


def _learn_order(line: Line, event: Event, told: LineData, deduct: Deduct) -> Refusal:
    subject, qty = event.subject, told.units
    assert qty is not None, "decoding checks that orders have a qty"
    if line.size is not None and line.size != qty:
        return Refusal(f"the line has {line.size} units, this says {qty}")
    items = as_items(subject, told)
    named = told.items is not UNSET
    if line.rank == 3 and named and items != line.items:
        return Refusal("the line consists of other items")
    if line.rank and not (named and line.rank == 3):
        skus = {subject, *(sku for sku, _ in items)} if named else {subject}
        if skus.isdisjoint(line.names):
            return _other_sku(line, subject or items[0][0])
    line.size = qty
    rank = 3 if named else 2
    if rank > line.rank:
        names = [subject] if subject is not None else []
        names += [sku for sku, _ in items if sku not in names]
        line.items, line.rank = items, rank
        line.gifts = _gifts(told)
        line.subject = subject
        line.names = tuple(names) + tuple(name for name in line.names if name not in names)
    elif subject is not None and subject not in line.names:
        # What a bundle goes by, told after what is in it.
        line.subject, line.names = line.subject or subject, (*line.names, subject)
    _learn_where(line, event, told)
    expires_us = event.expires_us
    if expires_us is not None and (line.expires_us is None or expires_us > line.expires_us):
        line.expires_us = expires_us
    if event.type == "order.requested":
        line.holds = True
    else:
        line.fact = True
        if deduct == "place" if told.holds is UNSET else told.holds:
            line.holds = True
    return NONE


def _other_sku(line: Line, subject: str) -> Refusal:
    return Refusal(f"the line is of {', '.join(line.names)}, this says {subject}")


def _learn_where(line: Line, event: Event, told: LineData) -> None:
    """Where units come from may be told by any fact, in any order of arrival: the usual place is what nobody has to
    tell, so another one stands against it. Where two are told, a platform's order has the last word, then a request.
    """
    if told.pool is UNSET and told.location is UNSET:
        return
    decides = event.type == "order.placed" or (event.type == "order.requested" and not line.fact)
    location, pool = line.where
    if told.location is not UNSET and told.location != "main" and (decides or location == "main"):
        location = told.location
    if told.pool is not UNSET and told.pool != "spot" and (decides or pool == "spot"):
        pool = told.pool
    line.where = (location, pool)


def _paid(line: Line, event: Event, told: LineData) -> None:
    if told.qty is UNSET:
        line.whole_paid = True
    else:
        line.paid += told.qty
        line.paid_size = max(line.paid_size, told.qty)


def _shipped(line: Line, event: Event, told: LineData) -> None:
    if told.qty is UNSET:
        line.whole_shipped = line.whole_paid = True
    else:
        line.shipped += told.qty
        line.paid_size = max(line.paid_size, told.qty)


def _cancelled(line: Line, event: Event, told: LineData) -> None:
    if told.qty is UNSET:
        line.whole_cancelled = True
    else:
        line.cancelled += told.qty


def _expired(line: Line, event: Event, told: LineData) -> None:
    line.expired = True


def _refunded(line: Line, event: Event, told: LineData) -> None:
    restock = told.restock is True
    if told.qty is UNSET:
        line.whole_refunded = True
        line.whole_restocked |= restock
    else:
        line.refunded += told.qty
        line.restocked += told.qty if restock else 0


def _changed(line: Line, event: Event, told: LineData) -> None:
    to = told.to
    assert to is not UNSET, "decoding checks that a change names its SKU"
    of = event.subject or ""
    line.changes = (*line.changes, Change(event.time_us, event.id, of, to, told.units))
    line.names += tuple([name for name in dict.fromkeys((of, to)) if name not in line.names])


_COUNT = {
    "order.paid": _paid,
    "order.shipped": _shipped,
    "order.cancelled": _cancelled,
    "order.expired": _expired,
    "order.refunded": _refunded,
}
