"""Atomic requests: a group of requests that is met as a whole or not at all, and the queue of outcomes
behind it.

A group is open from its first member to the next event outside it from the same source, the end of input, or
`atomic_of` members. `Books` decides it. Pure.
"""

from __future__ import annotations

import msgspec

from stockwatch.events import Event, Invalid
from stockwatch.ledger.figures import Applied


class Slot(msgspec.Struct, eq=False):
    """The place of one event in the queue of outcomes."""

    event: Event | Invalid
    place: int
    applied: Applied | None = None
    until: int = 0
    """Of a group's: the last place booked when it was decided."""


class Group(msgspec.Struct, eq=False):
    """An open group."""

    id: str
    source: str
    members: list[Slot] = []
    repeats: list[tuple[Slot, str]] = []
    """Deliveries that repeat a member, with its id."""
    expects: int = 0
    """Members told by `atomic_of`, 0 when not told."""


def group_of(event: Event) -> str | None:
    """The group that an event belongs to: the value of `atomic`, or its order where that is true."""
    told = event.line
    if told is None or event.type != "order.requested":
        return None
    if told.atomic is True:
        return f"\x1f{told.order}"
    return told.atomic if isinstance(told.atomic, str) else None
