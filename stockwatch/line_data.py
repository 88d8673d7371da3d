"""What an order event tells about its line, typed: the members of `data` that the ledger reads.

Callers use `stockwatch.events`. The types here say what `stockwatch.vocabulary` says, so that msgspec checks them
while it decodes; what does not fit them is decoded again by the vocabulary, which knows the reason. Pure.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from stockwatch.vocabulary import MAX_FIGURE, members_of

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Qty = Annotated[int, msgspec.Meta(ge=1, le=MAX_FIGURE)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_FIGURE)]
LINE_TYPES = frozenset(
    ["order.placed", "order.requested", "order.paid", "order.shipped", "order.cancelled", "order.expired",
     "order.refunded", "order.changed"]
)  # fmt: skip
"""The types that tell something about an order line."""


class Item(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    """One component of an order line."""

    qty: Qty
    role: str | UnsetType = UNSET
    sku: Id


class LineData(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    """The members that we know; UNSET is absent.

    They stand by code point, so that a line that was decoded straight into this encodes to the bytes that its
    parsed object encodes to in canonical form.
    """

    amount: int | UnsetType = UNSET
    atomic: bool | Id | UnsetType = UNSET
    atomic_of: Qty | UnsetType = UNSET
    buyer: str | UnsetType = UNSET
    expires: str | UnsetType = UNSET
    holds: bool | UnsetType = UNSET
    items: list[Item] | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    line: Count | UnsetType = UNSET
    listing: Id | UnsetType = UNSET
    location: Id | UnsetType = UNSET
    order: Id
    pool: Id | UnsetType = UNSET
    qty: Qty | UnsetType = UNSET
    restock: bool | UnsetType = UNSET
    ship_by: str | UnsetType = UNSET
    to: Id | UnsetType = UNSET
    via: str | UnsetType = UNSET

    @property
    def number(self) -> int:
        """Of the line within its order."""
        return 1 if self.line is UNSET else self.line

    @property
    def units(self) -> int | None:
        """`qty`, None where it means the whole line."""
        return None if self.qty is UNSET else self.qty


_READ = {
    type_: tuple(name for name in members_of(type_) if name != "items" and name in LineData.__struct_fields__)
    for type_ in LINE_TYPES
}


def line_data_of(type_: str, data: dict[str, Any]) -> LineData:
    """From an object that the vocabulary has found right for the type: null is absent, and so are members that it does
    not know there."""
    line = LineData(order=data["order"])
    for name in _READ[type_]:
        value = data.get(name)
        if value is not None:
            setattr(line, name, value)
    if "items" not in members_of(type_):
        return line
    items = data.get("items")
    if items:
        line.items = [
            Item(
                qty=item["qty"], sku=item["sku"], role=item["role"] if item.get("role") is not None else UNSET
            )
            for item in items
        ]
    return line
