"""WeChat's orders as `channels/ec/order/get` gives them, made into snapshots. Pure.

status: 10 unpaid, 12 a gift not yet taken, 13 waiting for others to join, 20 paid, 21 partly shipped, 30 shipped,
100 done, 200 closed since all of it was refunded, 250 closed unpaid. Closed with a payment is a refund, as a gift that
was declined. Instants are seconds since the epoch.

Of a line `finish_aftersale_sku_cnt` units are refunded. Whether these had left the order does not say, so that a person
looks at them first; where all of them were, and none had left, they lie where they lay. Before shipment a buyer may
have the SKU changed (换款), so that a line is known by its `product_unique_id`, or where that is missing by the SKU it
was bought as. Stock is taken when an order is placed, and given back by the platform only for orders that were never
paid and gifts that were declined.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.orders import Line, Order, Part, units
from stockwatch.channels.wire import ApiError, Count, Id, Keys, id_text

_SHIPPED = frozenset((30, 100))
_PAID = frozenset((20, 21, *_SHIPPED))
_REFUNDED, _CLOSED = 200, 250
_APPROVED = 4
_FULL_PRESALE = 1
_S = 1_000_000


class ChangedSku(msgspec.Struct):
    preshipment_change_sku_state: int = 0
    old_sku_id: Id = ""


class Deliver(msgspec.Struct):
    stock_type: int = 0


class Product(msgspec.Struct):
    product_id: Id
    sku_id: Id
    sku_cnt: Count
    finish_aftersale_sku_cnt: int = 0
    sku_code: str | None = None
    out_sku_id: Id | None = None
    product_unique_id: Id | None = None
    is_free_gift: int | bool = 0
    sku_deliver_info: Deliver | None = None
    change_sku_info: ChangedSku | None = None


class Packed(msgspec.Struct):
    product_id: Id = ""
    sku_id: Id = ""
    product_cnt: int = 0


class Parcel(msgspec.Struct):
    delivery_time: int = 0
    product_infos: list[Packed] | None = None


class Delivery(msgspec.Struct):
    delivery_product_info: list[Parcel] | None = None
    ship_done_time: int = 0


class Payment(msgspec.Struct):
    pay_time: int = 0


class Extra(msgspec.Struct):
    finder_id: Id | None = None
    live_id: Id | None = None


class Detail(msgspec.Struct):
    product_infos: list[Product]
    pay_info: Payment | None = None
    delivery_info: Delivery | None = None
    ext_info: Extra | None = None


class ShopOrder(msgspec.Struct):
    order_id: Id
    status: int
    create_time: int
    order_detail: Detail
    update_time: int = 0


def order_of(whole: ShopOrder, keys: Keys) -> Order:
    """Raises ApiError. An order names no shop: the access token is the shop's own."""
    return Order(
        id=id_text(whole.order_id),
        created_us=whole.create_time * _S,
        updated_us=(whole.update_time or whole.create_time) * _S,
        lines=tuple(_lines(whole)),
        holds=True,
    )


def _lines(whole: ShopOrder) -> Iterator[Line]:
    detail, status = whole.order_detail, whole.status
    delivery, extra = detail.delivery_info or Delivery(), detail.ext_info or Extra()
    paid_s = detail.pay_info.pay_time if detail.pay_info is not None else 0
    if paid_s <= 0 and status in _PAID:
        paid_s = whole.create_time  # 先用后付 and draws: nothing is paid yet, and the order stands
    packed, shipped_s = _packed(delivery)
    used: set[str] = set()
    for product in detail.product_infos:
        goods = (str(product.product_id), str(product.sku_id))
        if packed is not None:
            # The same SKU may be in two lines, one of them a gift.
            shipped = min(packed.get(goods, 0), product.sku_cnt)
            packed[goods] = packed.get(goods, 0) - shipped
        else:
            shipped = product.sku_cnt if status in _SHIPPED else 0
        closed = status in (_REFUNDED, _CLOSED)
        refunded = status == _REFUNDED or (status == _CLOSED and paid_s > 0)
        refunded = refunded or 0 < product.sku_cnt <= product.finish_aftersale_sku_cnt
        yield Line(
            id=_line_id(product, used),
            goods=Part(*goods, product.sku_code or str(product.out_sku_id or "")),
            qty=product.sku_cnt,
            gift=bool(product.is_free_gift),
            paid_us=paid_s * _S if paid_s > 0 else None,
            shipped=max(0, shipped),
            shipped_us=shipped_s * _S,
            cancelled=closed and not refunded,
            refunded=refunded,
            closed_us=whole.update_time * _S,
            room=str(extra.live_id or ""),
            author=str(extra.finder_id or ""),
            returned=() if refunded else units(product.finish_aftersale_sku_cnt),
            presale=product.sku_deliver_info is not None
            and product.sku_deliver_info.stock_type == _FULL_PRESALE,
        )


def _packed(delivery: Delivery) -> tuple[dict[tuple[str, str], int] | None, int]:
    """Units that have left by (product, SKU), and when the last did. None: the parcels do not say what is in them."""
    units: dict[tuple[str, str], int] = {}
    last_s = delivery.ship_done_time
    for parcel in delivery.delivery_product_info or ():
        last_s = max(last_s, parcel.delivery_time)
        for packed in parcel.product_infos or ():
            goods = (str(packed.product_id), str(packed.sku_id))
            units[goods] = units.get(goods, 0) + max(0, packed.product_cnt)
    return units or None, last_s


def _line_id(product: Product, used: set[str]) -> str:
    """The same in every snapshot; told apart where two lines hold one SKU."""
    changed = product.change_sku_info
    if product.product_unique_id not in (None, "", 0):
        found = id_text(product.product_unique_id)
    elif changed is not None and changed.preshipment_change_sku_state == _APPROVED and changed.old_sku_id:
        found = id_text(changed.old_sku_id)
    else:
        found = id_text(product.sku_id) + (".gift" if product.is_free_gift else "")
    if found in used:
        raise ApiError("broken", phrases.TWO_LINES_ONE_ID)
    used.add(found)
    return found
