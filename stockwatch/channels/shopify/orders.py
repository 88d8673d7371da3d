"""Shopify's orders as the Admin REST API gives them, made into snapshots. Pure.

Stock is committed when an order is placed, and given back when it is cancelled or a line is taken out of it. Paid is
what `financial_status` calls paid, partially_refunded or refunded; an authorized or a partly paid order is held. When
it was paid is not in the order: its `processed_at` stands for that. A cancelled order that was paid is a refund.

Units of a line that were refunded go by the refund's own number of them; `restock_type` "cancel" says that they never
left. Units that were only taken out of an order count once all of them are. Shipped is what fulfilments hold that were
not cancelled and did not fail. A line without a variant (an amount typed in at the till) has no numbers; its code may
still say what it is. Gift cards concern no stock.

Instants are written in RFC 3339 with an offset.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.orders import Line, Order, Part, Returned
from stockwatch.channels.wire import ApiError, Count, Id, Keys, id_text

CUSTOM = "custom"
"""The product of a line that has none."""
_PAID = frozenset(("paid", "partially_refunded", "refunded"))
_CANCEL = "cancel"
_NOT_SENT = frozenset(("cancelled", "error", "failure"))


class Item(msgspec.Struct):
    id: Id
    quantity: Count
    product_id: Id | None = None
    variant_id: Id | None = None
    sku: str | None = None
    current_quantity: int | None = None
    fulfillment_status: str | None = None
    gift_card: bool | None = None


class Sent(msgspec.Struct):
    id: Id
    quantity: int = 0


class Fulfillment(msgspec.Struct):
    status: str | None = None
    created_at: str | None = None
    line_items: list[Sent] | None = None


class Back(msgspec.Struct):
    line_item_id: Id
    id: Id = ""
    quantity: int = 0
    restock_type: str | None = None


class Refund(msgspec.Struct):
    created_at: str | None = None
    refund_line_items: list[Back] | None = None


class ShopOrder(msgspec.Struct):
    id: Id
    created_at: str
    line_items: list[Item]
    updated_at: str | None = None
    processed_at: str | None = None
    cancelled_at: str | None = None
    financial_status: str | None = None
    fulfillments: list[Fulfillment] | None = None
    refunds: list[Refund] | None = None


FIELDS = ",".join(ShopOrder.__struct_fields__)
"""All that is asked for: no buyer's name or address comes this way."""


def instant(text: str | None) -> int:
    """Microseconds since the epoch; 0 for none. Raises ApiError."""
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or moment.year < 1970:
            raise ValueError("no offset, or before there were shops")
        return int(moment.timestamp()) * 1_000_000
    except (ValueError, OverflowError):
        raise ApiError("broken", phrases.NO_TIME) from None


def order_of(whole: ShopOrder, keys: Keys) -> Order:
    """Raises ApiError. An order names no shop: the address that is asked is the shop's own."""
    created = instant(whole.created_at)
    return Order(
        id=id_text(whole.id),
        created_us=created,
        updated_us=instant(whole.updated_at) or created,
        lines=tuple(_line(item, whole) for item in whole.line_items if not item.gift_card),
        holds=True,
    )


def _line(item: Item, whole: ShopOrder) -> Line:
    line = id_text(item.id)
    paid = whole.financial_status in _PAID
    sent, sent_us = _sent(line, whole)
    if not sent and item.fulfillment_status == "fulfilled":
        sent = item.quantity
    back, back_us = _returned(line, whole)
    if item.current_quantity is not None:
        back = max(back, item.quantity - item.current_quantity)
    cancelled_us = instant(whole.cancelled_at)
    closed = cancelled_us > 0 or 0 < item.quantity <= back
    product = CUSTOM if item.product_id in (None, "", 0) else str(item.product_id)
    return Line(
        id=line,
        goods=Part(product, str(item.variant_id or ""), item.sku or ""),
        qty=item.quantity,
        paid_us=(instant(whole.processed_at) or instant(whole.created_at)) if paid else None,
        shipped=max(0, min(sent, item.quantity)),
        shipped_us=sent_us,
        cancelled=closed and not paid,
        refunded=closed and paid,
        closed_us=cancelled_us or back_us or instant(whole.updated_at),
        returned=() if closed or not paid else tuple(_refunds(line, whole)),
    )


def _sent(line: str, whole: ShopOrder) -> tuple[int, int]:
    """(units of the line that have left, when the last of them did)."""
    units, last_us = 0, 0
    for fulfillment in whole.fulfillments or ():
        if fulfillment.status in _NOT_SENT:
            continue
        here = sum(max(0, sent.quantity) for sent in fulfillment.line_items or () if str(sent.id) == line)
        if here:
            units, last_us = units + here, max(last_us, instant(fulfillment.created_at))
    return units, last_us


def _refunds(line: str, whole: ShopOrder) -> Iterator[Returned]:
    for refund in whole.refunds or ():
        for back in refund.refund_line_items or ():
            if str(back.line_item_id) == line and back.id and back.quantity > 0:
                kept = back.restock_type == _CANCEL
                yield Returned(id_text(back.id), back.quantity, kept, instant(refund.created_at))


def _returned(line: str, whole: ShopOrder) -> tuple[int, int]:
    """(units of the line that were refunded, when the last of them were)."""
    units, last_us = 0, 0
    for refund in whole.refunds or ():
        here = sum(
            max(0, back.quantity) for back in refund.refund_line_items or () if str(back.line_item_id) == line
        )
        if here:
            units, last_us = units + here, max(last_us, instant(refund.created_at))
    return units, last_us
