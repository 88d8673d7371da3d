"""TikTok Shop's orders as version 202309 gives them, listed or asked for by id, made into snapshots. Pure.

A line item is one unit. Its `display_status`, or the order's `status` where it has none: UNPAID, ON_HOLD (paid, the
buyer may still withdraw), AWAITING_SHIPMENT, PARTIALLY_SHIPPING, AWAITING_COLLECTION (packed, still in the house),
IN_TRANSIT, DELIVERED, COMPLETED, CANCELLED. Instants are seconds since the epoch.

Uncertain, as no page of the platform was at hand: PARTIALLY_SHIPPING, of whose lines only those have left that say so
themselves; that `collection_time` of a cancelled order means that the carrier had it; `quantity` (1 if missing);
`room_id`. The platform's order does not show returns after delivery: they are counted when they arrive. Whether stock
is taken at placement is left to the channel's setting.
"""

from __future__ import annotations

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.orders import Line, Order, Part
from stockwatch.channels.wire import ApiError, Count, Id, Keys, id_text

_UNPAID, _CANCELLED = "UNPAID", "CANCELLED"
_GONE = frozenset(("IN_TRANSIT", "DELIVERED", "COMPLETED"))
_CARRIED = frozenset(("FULFILLING", "COMPLETED"))
"""States of a package that the carrier has, or had."""
_PRESALE = "PRE_ORDER"
_S = 1_000_000


class Combined(msgspec.Struct):
    product_id: Id = ""
    sku_id: Id = ""
    seller_sku: str | None = None
    sku_count: int = 1


class Item(msgspec.Struct):
    id: Id
    product_id: Id = ""
    sku_id: Id = ""
    seller_sku: str | None = None
    display_status: str | None = None
    package_status: str | None = None
    quantity: Count | None = None
    is_gift: bool | None = None
    sku_type: str | None = None
    rts_time: int | None = None
    room_id: Id | None = None
    combined_listing_skus: list[Combined] | None = None


class ShopOrder(msgspec.Struct):
    id: Id
    status: str
    create_time: int
    line_items: list[Item]
    shop_id: Id = ""
    update_time: int = 0
    paid_time: int | None = None
    cancel_time: int | None = None
    rts_time: int | None = None
    collection_time: int | None = None
    is_cod: bool | None = None
    order_type: str | None = None


def order_of(whole: ShopOrder, keys: Keys) -> Order:
    """Raises ApiError: refused for another shop's order."""
    if keys.shop and whole.shop_id != "" and str(whole.shop_id) != keys.shop:
        raise ApiError("refused", phrases.OTHER_SHOP)
    return Order(
        id=id_text(whole.id),
        created_us=whole.create_time * _S,
        updated_us=(whole.update_time or whole.create_time) * _S,
        lines=tuple(_line(item, whole) for item in whole.line_items),
    )


def _line(item: Item, whole: ShopOrder) -> Line:
    status = _CANCELLED if whole.status == _CANCELLED else item.display_status or whole.status
    paid_s = whole.paid_time or 0
    if paid_s <= 0 and (whole.is_cod or status not in (_UNPAID, _CANCELLED)):
        paid_s = whole.create_time  # paid on delivery (is_cod), or not said: the order stands
    left = status in _GONE or item.package_status in _CARRIED
    left = left or (whole.status == _CANCELLED and (whole.collection_time or 0) > 0)
    qty = 1 if item.quantity is None else item.quantity
    return Line(
        id=id_text(item.id),
        goods=Part(str(item.product_id), str(item.sku_id), item.seller_sku or ""),
        qty=qty,
        parts=tuple(
            Part(str(part.product_id), str(part.sku_id), part.seller_sku or "", max(1, part.sku_count))
            for part in item.combined_listing_skus or ()
        ),
        gift=bool(item.is_gift),
        paid_us=paid_s * _S if paid_s > 0 else None,
        shipped=max(0, qty) if left else 0,
        shipped_us=(whole.collection_time or item.rts_time or whole.rts_time or 0) * _S if left else 0,
        cancelled=status == _CANCELLED and paid_s <= 0,
        refunded=status == _CANCELLED and paid_s > 0,
        closed_us=(whole.cancel_time or whole.update_time) * _S,
        room=str(item.room_id or ""),
        presale=_PRESALE in (whole.order_type, item.sku_type),
    )
