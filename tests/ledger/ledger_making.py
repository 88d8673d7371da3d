"""Events for the ledger's tests, and short ways to apply them."""

from __future__ import annotations

import itertools
from typing import Any

from stockwatch.events import Event, decode, encode
from stockwatch.ledger.balances import Books
from stockwatch.ledger.figures import Applied

_ids = itertools.count(1)


def raw(
    type_: str, subject: str | None = "A", *, source: str = "shop", id: str | None = None, **data: Any
) -> bytes:
    """One event, with an id of its own unless given; `time_` is its time, `from_` the member `source` of its data."""
    time = data.pop("time_", "2025-11-11T20:00:03+08:00")
    if "from_" in data:
        data["source"] = data.pop("from_")
    if type_.startswith(("stock.",)):
        data = {"document": f"doc-{next(_ids)}", "reason": "test", "by": "tester"} | data
    return encode(
        type=type_, source=source, id=id or f"e{next(_ids)}", time=time, subject=subject, data=data
    )  # fmt: skip


def event(type_: str, subject: str | None = "A", **data: Any) -> Event:
    made = decode(raw(type_, subject, **data))
    assert isinstance(made, Event), made.reason
    return made


def books_with(stock: int, *skus: str, **channels: Any) -> Books:
    """Books with `stock` of each SKU (A when none is named)."""
    books = Books({source: (source, deduct) for source, deduct in channels.items()})
    for sku in skus or ("A",):
        books.apply(event("stock.counted", sku, document="opening", qty=stock))
    return books


def apply(books: Books, *events: Event | bytes) -> list[Applied]:
    """All outcomes; every equation is checked after every event."""
    out: list[Applied] = []
    for one in events:
        out += books.apply(decode(one) if isinstance(one, bytes) else one)
        books.check()
    return out


def outcomes(books: Books, *events: Event | bytes) -> list[str]:
    return [applied.outcome for applied in apply(books, *events)]


def figures(books: Books, sku: str = "A") -> dict[str, int]:
    """The figures that are not 0."""
    stock = books.stock(sku)
    names = [*stock.__struct_fields__, "on_hand"]
    return {name: getattr(stock, name) for name in names if getattr(stock, name)}
