"""Kuaishou's orders as `open.order.detail` and `open.order.cursor.list` give them, made into snapshots. Pure.

Status 10 unpaid, 30 paid, 40 shipped, 50 received, 70 done, 80 failed; a cancelled order is 80 too, and one that was
paid before is a refund. One order is one line. Instants are milliseconds since the epoch.
"""

from __future__ import annotations

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.orders import Line, Order, Part
from stockwatch.channels.wire import ApiError, Count, Id, Keys, id_text

_UNPAID, _SHIPPED, _FAILED = 10, 40, 80
_MS = 1000
_REFUNDED = 30


class Base(msgspec.Struct, rename="camel"):
    oid: Id
    status: int
    create_time: int
    seller_id: Id = ""
    update_time: int = 0
    pay_time: int = 0
    send_time: int = 0
    refund_time: int = 0
    expire_time: int = 0
    live_stream_id: Id = ""
    pre_sale: int = 0


class Item(msgspec.Struct, rename="camel"):
    num: Count
    item_id: Id = ""
    sku_id: Id = ""
    goods_code: str = ""
    """The merchant's code of the SKU."""
    rel_sku_id: Id = ""
    order_item_id: Id = ""
    gift: bool = False


class Refund(msgspec.Struct, rename="camel"):
    refund_id: Id = ""
    refund_status: int = 0


class Detail(msgspec.Struct, rename="camel"):
    order_base_info: Base
    order_item_info: Item
    order_refund_list: list[Refund] | None = None


def order_of(detail: Detail, keys: Keys) -> Order:
    """Raises ApiError: refused for another shop's order."""
    base, item = detail.order_base_info, detail.order_item_info
    if keys.shop and base.seller_id != "" and str(base.seller_id) != keys.shop:
        raise ApiError("refused", phrases.OTHER_SHOP)
    refunded = any(refund.refund_status == _REFUNDED for refund in detail.order_refund_list or ())
    refunded = refunded or (base.status == _FAILED and base.pay_time > 0)
    paid_ms = base.pay_time or (base.update_time if _UNPAID < base.status < _FAILED else 0)
    shipped = _SHIPPED <= base.status < _FAILED or base.send_time > 0
    order = id_text(base.oid)
    line = Line(
        id=order,
        goods=Part(str(item.item_id), str(item.sku_id), item.goods_code or str(item.rel_sku_id)),
        qty=item.num,
        gift=item.gift,
        paid_us=paid_ms * _MS if paid_ms > 0 else None,
        shipped=item.num if shipped else 0,
        shipped_us=base.send_time * _MS,
        cancelled=base.status == _FAILED and not refunded,
        refunded=refunded,
        closed_us=(base.refund_time or base.update_time) * _MS,
        room=str(base.live_stream_id) if base.live_stream_id else "",
        presale=base.pre_sale == 1,
    )
    return Order(
        id=order,
        created_us=base.create_time * _MS,
        updated_us=(base.update_time or base.create_time) * _MS,
        lines=(line,),
        expires_us=base.expire_time * _MS if base.expire_time > 0 else None,
    )
