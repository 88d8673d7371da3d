"""What a platform's failure means, and what is left of a page where an order can't be read. Pure.

Each adapter brings a table: which of its codes and words mean which kind of `ApiError`. Where tables of codes are not
public, words are what SDKs and forums quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple, TypeVar

import msgspec

from stockwatch.channels.orders import Order
from stockwatch.channels.wire import ApiError, Ask, Kind, Unusable, decoded

_T = TypeVar("_T")


class Means(NamedTuple):
    """One row of a table: what these codes, or what is said in these words, mean."""

    kind: Kind
    codes: Collection[int] = ()
    words: str = ""
    """A pattern that is searched for in what was said, in lower case; "": none."""


def kind_of(table: Iterable[Means], code: int, said: str = "") -> Kind:
    """By the first row that fits; what no row knows is refused."""
    said = said.lower()
    for row in table:
        if code in row.codes or (row.words and re.search(row.words, said, re.DOTALL)):
            return row.kind
    return "refused"


def check_status(ask: Ask, status: int) -> None:
    """Raises ApiError for an HTTP status that stands in place of the platform's own words."""
    if status == 429:
        raise ApiError("limited", f"{ask.method}: HTTP 429")
    if status >= 500:
        raise ApiError("broken", f"{ask.method}: HTTP {status}")


def orders_of(
    rows: Iterable[msgspec.Raw] | None, decode: Callable[[bytes], _T], read: Callable[[_T], Order], what: str
) -> tuple[tuple[Order, ...], tuple[Unusable, ...]]:
    """A page's orders, and the rows of it that are another shop's or can't be read."""
    orders, unusable = list[Order](), list[Unusable]()
    for raw in rows or ():
        row = bytes(raw)
        try:
            orders.append(read(decoded(decode, row, what)))
        except ApiError as error:
            unusable.append(Unusable(row, str(error)))
    return tuple(orders), tuple(unusable)
