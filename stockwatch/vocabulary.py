"""What the `data` of each event type must hold. Callers use `stockwatch.events`; this is its table.

Owns the members that we know, their types and ranges, and which of them an event can't do without: those
that a figure or a decision needs (orders, stock, leases, listings). Chat, room, feed, note, action and most
alert members may be missing, yet must be right where present. Types and members that we do not know pass.
Pure; never raises.

Integers are digits only: floats, strings, booleans and null are refused. An optional member that is no
integer may be null, which means absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from stockwatch.instants import parse_time

MAX_FIGURE: Final = 2**31 - 1
_MAX_ID: Final = 256
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Rule = tuple[Callable[[Any], bool], str]
"""Whether a value will do, and what was expected."""


def is_id(value: Any) -> bool:
    """A string of 1-256 characters without control characters."""
    return (
        type(value) is str
        and 0 < len(value) <= _MAX_ID
        and (value.isprintable() or _CONTROL.search(value) is None)
    )


def _is_time(value: Any) -> bool:
    return type(value) is str and parse_time(value) is not None


def _from(least: int) -> Rule:
    return (lambda value: type(value) is int and least <= value <= MAX_FIGURE), f"an integer >= {least}"


def _is_item(value: Any) -> bool:
    return (
        type(value) is dict
        and is_id(value.get("sku"))
        and type(value.get("qty")) is int
        and 1 <= value["qty"] <= MAX_FIGURE
        and type(value.get("role", "")) in (str, type(None))
    )


ID: Final[Rule] = (is_id, "a string of 1-256 characters without control characters")
_TIME: Final[Rule] = (_is_time, "an RFC 3339 time with an offset")
_TEXT: Final[Rule] = (lambda value: type(value) is str, "a string")
_BOOL: Final[Rule] = (lambda value: type(value) is bool, "true or false")
_QTY = _from(1)
_COUNT = _from(0)
_INTEGER: Final[Rule] = (lambda value: type(value) is int, "an integer")
_SIGNED: Final[Rule] = (
    lambda value: type(value) is int and value != 0 and -MAX_FIGURE <= value <= MAX_FIGURE,
    "an integer other than 0",
)
_ITEMS: Final[Rule] = (
    lambda value: type(value) is list and bool(value) and all(map(_is_item, value)),
    "a list of {sku, qty >= 1, role}",
)
_ATOMIC: Final[Rule] = (
    lambda value: type(value) is bool or is_id(value),
    "a group's id (1-256 characters without control characters)",
)
_STATE: Final[Rule] = (
    lambda value: value in ("asked", "confirmed", "shipped", "refused"),
    "asked, confirmed, shipped or refused",
)
_INTEGER_RULES = (_QTY, _COUNT, _INTEGER, _SIGNED)

_WHERE = {"location": ID, "pool": ID}
_LINE = {"order": ID, "line": _COUNT, "qty": _QTY, **_WHERE}
_PLACED = {
    **_LINE,
    "expires": _TIME,
    "atomic": _ATOMIC,
    "atomic_of": _QTY,
    "holds": _BOOL,
    "listing": ID,
    "items": _ITEMS,
    "amount": _INTEGER,
    "ship_by": _TIME,
}
_DOCUMENT = {"document": ID, "by": _TEXT, "reason": _TEXT, **_WHERE}
_LISTED = {"listing": ID, "channel": ID, "by": _TEXT}
_ALERT = {"alert": ID, "by": _TEXT}

_MEMBERS: dict[str, dict[str, Rule]] = {
    "order.requested": _PLACED,
    "order.placed": _PLACED,
    "order.paid": _LINE,
    "order.shipped": _LINE,
    "order.cancelled": _LINE,
    "order.expired": _LINE,
    "order.refunded": {**_LINE, "restock": _BOOL},
    "order.changed": {**_LINE, "to": ID},
    "stock.ordered": {**_DOCUMENT, "qty": _QTY, "source": ID, "due": _TIME, "state": _STATE},
    "stock.received": {**_DOCUMENT, "qty": _COUNT, "restock": ID, "damaged": _COUNT, "final": _BOOL},
    "stock.counted": {**_DOCUMENT, "qty": _COUNT, "as_of": _TIME},
    "stock.adjusted": {**_DOCUMENT, "qty": _SIGNED, "as_of": _TIME},
    "stock.inspected": {**_DOCUMENT, "ok": _COUNT, "written_off": _COUNT},
    "stock.held": {**_DOCUMENT, "qty": _QTY},
    "stock.unheld": {**_DOCUMENT, "qty": _QTY},
    "channel.stock": {
        "channel": ID,
        "listing": ID,
        "pool": ID,
        "qty": _COUNT,
        "as_of": _TIME,
        "expected": _COUNT,
        "unbooked": _COUNT,
    },
    "lease.granted": {"channel": ID, "listing": ID, "qty": _COUNT},
    "lease.returned": {"channel": ID, "listing": ID, "qty": _COUNT},
    "product.listed": _LISTED,
    "product.pinned": _LISTED,
    "product.unpinned": _LISTED,
    "chat.message": {"user": _TEXT, "text": _TEXT},
    "room.viewers": {"count": _COUNT},
    "note.added": {"text": _TEXT, "due": _TIME},
    "shift.changed": {"from": _TEXT, "to": _TEXT},
    "room.learned": {},
    "feed.gap": {"since": _TIME, "until": _TIME},
    "alert.raised": _ALERT,
    "alert.escalated": _ALERT,
    "alert.acknowledged": _ALERT,
    "alert.resolved": _ALERT,
}
_NEEDED: dict[str, frozenset[str]] = {
    type_: frozenset(names.split())
    for type_, names in {
        "order.requested": "order qty",
        "order.placed": "order qty",
        "order.paid": "order",
        "order.shipped": "order",
        "order.cancelled": "order",
        "order.expired": "order",
        "order.refunded": "order",
        "order.changed": "order to",
        "stock.ordered": "document qty source due",
        "stock.received": "document qty",
        "stock.counted": "document qty reason by",
        "stock.adjusted": "document qty reason by",
        "stock.inspected": "document ok written_off",
        "stock.held": "document qty by",
        "stock.unheld": "document qty by",
        "channel.stock": "channel qty as_of",
        "lease.granted": "channel qty",
        "lease.returned": "channel qty",
        "product.listed": "listing channel",
        "product.pinned": "listing channel",
        "product.unpinned": "listing channel",
        "alert.acknowledged": "alert",
    }.items()
}
_NEEDS_SUBJECT = frozenset(type_ for type_ in _MEMBERS if type_.startswith("stock.")) | {"order.changed"}
_NOTHING_NEEDED: frozenset[str] = frozenset()
_LEAST: dict[str, dict[str, int]] = {
    type_: {name: 1 if rule is _QTY else 0 for name, rule in rules.items() if rule in (_QTY, _COUNT)}
    for type_, rules in _MEMBERS.items()
}
"""Of each type, the members that are integers from 0 or 1: judged in place, as they are in nearly all events."""
_TOGETHER = frozenset(["order.placed", "order.requested", "stock.received"])


def known_types() -> tuple[str, ...]:
    """Every event type whose members are known, in the documented order."""
    return tuple(_MEMBERS)


def members_of(type_: str) -> dict[str, tuple[str, bool]]:
    """Of a known type: member of `data` -> (what it must be, in English; whether the event needs it)."""
    needed = _NEEDED.get(type_, _NOTHING_NEEDED)
    return {name: (rule[1], name in needed) for name, rule in _MEMBERS.get(type_, {}).items()}


def wrong_with(type_: str, subject: str | None, data: dict[str, Any]) -> str | None:
    """What is wrong with an event of this type, naming the member, or None."""
    rules = _MEMBERS.get(type_)
    if rules is None:
        return None
    least = _LEAST[type_]
    for name, value in data.items():
        if type(value) is int and name in least and least[name] <= value <= MAX_FIGURE:
            continue
        rule = rules.get(name)
        if rule is not None and not rule[0](value):
            if (
                value is None
                and rule not in _INTEGER_RULES
                and name not in _NEEDED.get(type_, _NOTHING_NEEDED)
            ):
                continue
            return f"data.{name}: expected {rule[1]}, got {_shown(value)}"
    needed = _NEEDED.get(type_)
    if needed is not None and not needed <= data.keys():
        missing = min(needed - data.keys(), key=list(rules).index)
        return f"data.{missing}: is missing; expected {rules[missing][1]}"
    if subject is None:
        if type_ in _NEEDS_SUBJECT:
            return "subject: is missing; expected the SKU"
        if type_ in ("order.placed", "order.requested") and not data.get("items"):
            return "subject: is missing; expected the SKU, or data.items"
    return _wrong_together(type_, data) if type_ in _TOGETHER else None


def _wrong_together(type_: str, data: dict[str, Any]) -> str | None:
    """What single members can't show."""
    if "items" in data and data["items"] and type_ in ("order.placed", "order.requested"):
        units = sum(item["qty"] for item in data["items"])
        if units * data["qty"] > MAX_FIGURE:
            return f"data.items: more than {MAX_FIGURE} units in all"
    elif type_ == "stock.received":
        damaged = data.get("damaged", 0)
        if damaged > data["qty"]:
            return f"data.damaged: expected at most data.qty ({data['qty']}), got {damaged}"
        if data["qty"] == 0 and data.get("final") is not True:
            return "data.qty: expected an integer >= 1 (0 only with final), got 0"
    return None


def _shown(value: Any) -> str:
    """A value from outside, short and without anything a terminal would act on."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
