"""Douyin's orders as `order.searchList` and `order.orderDetail` give them, made into snapshots. Pure.

order_status: 1 unpaid, 105 paid, 2 being prepared, 101 partly shipped, 3 shipped, 4 closed, 5 done. Closed after it was
paid is a refund; so is main_status 21, 22 or 39, or refund_status 3, of a line. order_expire_time is seconds to live,
from creation. Instants are seconds since the epoch. pre_sale_type of a line: 0 is of what is here, 1 pre-sale, 2 of the
step stock (阶梯发货), which is pre-sale too; other orders of the same SKU are of what is here.

A line of several units whose refund_status is 3 while its order goes on was refunded in part: how many units is in its
after-sales, which `afterSale.List` gives by order. Of their types 0 is goods sent back, 1 money only though the goods
have left, 2 money only and the goods never left; any other (an exchange, a price that was protected) moves no unit.
"""

from __future__ import annotations

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.orders import Line, Order, Part, Returned
from stockwatch.channels.wire import ApiError, Count, Id, Keys, id_text

_UNPAID, _PARTLY, _SHIPPED, _CLOSED, _DONE = 1, 101, 3, 4, 5
_REFUNDED_MAIN = frozenset((21, 22, 39))
_REFUNDED = 3
_REFUNDS, _NEVER_LEFT = frozenset((0, 1, 2)), 2
_PRESALE = frozenset((1, 2))
_S = 1_000_000
_HOLDS = {1: True, 2: False}


class AfterSale(msgspec.Struct):
    refund_status: int = 0


class AboutLine(msgspec.Struct):
    sku_order_id: Id = ""
    aftersale_item_num: int = 0


class AboutOrder(msgspec.Struct):
    related_order_info: list[AboutLine] = []


class AboutSale(msgspec.Struct):
    aftersale_id: Id
    aftersale_type: int = -1
    refund_status: int = 0
    update_time: int = 0


class Sale(msgspec.Struct):
    """An after-sale (售后单) as `afterSale.List` gives it."""

    aftersale_info: AboutSale
    order_info: AboutOrder = msgspec.field(default_factory=AboutOrder)


class Bundled(msgspec.Struct):
    product_id: Id = ""
    sku_id: Id = ""
    code: str = ""
    item_num: int = 1


class SkuOrder(msgspec.Struct):
    order_id: Id
    order_status: int
    item_num: Count
    product_id: Id = ""
    product_id_str: str = ""
    sku_id: Id = ""
    code: str = ""
    out_sku_id: Id | None = None
    main_status: int = 0
    create_time: int = 0
    pay_time: int = 0
    ship_time: int = 0
    finish_time: int = 0
    update_time: int = 0
    shipped_num: int | None = None
    room_id: Id | None = None
    room_id_str: str = ""
    author_id: Id | None = None
    given_product_type: str = ""
    pre_sale_type: int = 0
    bundle_sku_info: list[Bundled] | None = None
    after_sale_info: AfterSale | None = None
    reduce_type: int = 0


class ShopOrder(msgspec.Struct):
    order_id: Id
    create_time: int
    shop_id: Id = ""
    order_status: int = 0
    update_time: int = 0
    pay_time: int = 0
    order_expire_time: int = 0
    sku_order_list: list[SkuOrder] = []


def order_of(shop_order: ShopOrder, keys: Keys) -> Order:
    """Raises ApiError: refused for another shop's order."""
    if keys.shop and shop_order.shop_id != "" and str(shop_order.shop_id) != keys.shop:
        raise ApiError("refused", phrases.OTHER_SHOP)
    if not shop_order.sku_order_list:
        raise ApiError("broken", phrases.NO_LINES)
    created = shop_order.create_time * _S
    return Order(
        id=id_text(shop_order.order_id),
        created_us=created,
        updated_us=(shop_order.update_time or shop_order.create_time) * _S,
        lines=tuple(_line(sku, shop_order) for sku in shop_order.sku_order_list),
        expires_us=created + shop_order.order_expire_time * _S if shop_order.order_expire_time > 0 else None,
    )


def _line(sku: SkuOrder, whole: ShopOrder) -> Line:
    status = sku.order_status
    paid_s = sku.pay_time or (whole.pay_time if status != _UNPAID else 0)
    after_sale = sku.after_sale_info
    refunded = sku.main_status in _REFUNDED_MAIN or (status == _CLOSED and paid_s > 0)
    partly = after_sale is not None and after_sale.refund_status == _REFUNDED and not refunded
    if partly and sku.item_num == 1:
        refunded, partly = True, False
    shipped = 0
    if sku.shipped_num is not None:
        shipped = min(sku.shipped_num, sku.item_num)
    elif status in (_SHIPPED, _DONE) or sku.ship_time > 0:
        shipped = sku.item_num
    return Line(
        id=id_text(sku.order_id),
        goods=Part(
            sku.product_id_str or str(sku.product_id), str(sku.sku_id), sku.code or str(sku.out_sku_id or "")
        ),
        qty=sku.item_num,
        parts=parts_of(sku.bundle_sku_info),
        gift=sku.given_product_type == "FREE",
        paid_us=paid_s * _S if paid_s > 0 else None,
        shipped=shipped,
        shipped_us=sku.ship_time * _S,
        cancelled=status == _CLOSED and not refunded,
        refunded=refunded,
        closed_us=(sku.finish_time or sku.update_time or whole.update_time) * _S,
        room=sku.room_id_str or _positive(sku.room_id),
        author=_positive(sku.author_id),
        presale=sku.pre_sale_type in _PRESALE,
        unsaid=id_text(whole.order_id) if partly else "",
        holds=_HOLDS.get(sku.reduce_type),
    )


def parts_of(bundle: list[Bundled] | None) -> tuple[Part, ...]:
    """What a bundle is made of."""
    return tuple(
        Part(str(part.product_id), str(part.sku_id), part.code, max(1, part.item_num))
        for part in bundle or ()
    )


def returned_of(sales: list[Sale], line: Line) -> tuple[Returned, ...]:
    """What was refunded of a line. Raises ApiError."""
    return tuple(
        Returned(
            id_text(about.aftersale_id), related.aftersale_item_num, about.aftersale_type == _NEVER_LEFT,
            about.update_time * _S,
        )
        for about, order in ((sale.aftersale_info, sale.order_info) for sale in sales)
        if about.refund_status == _REFUNDED and about.aftersale_type in _REFUNDS
        for related in order.related_order_info
        if str(related.sku_order_id) == line.id and related.aftersale_item_num > 0
    )  # fmt: skip


def _positive(value: int | str | None) -> str:
    return "" if value in (None, 0, "0", "") else str(value)
