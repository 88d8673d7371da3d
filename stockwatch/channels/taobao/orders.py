"""Taobao's trades as `trade.fullinfo.get` and `trades.sold.increment.get` give them, made into snapshots. Pure.

A line closed before payment is TRADE_CLOSED_BY_TAOBAO, after it TRADE_CLOSED. Times are written "yyyy-MM-dd HH:mm:ss"
and mean UTC+8.

A line whose refund succeeded while it was not closed was refunded in part, or of money only: `refund.get` says how many
units. They never left if the refund was over before the line was consigned.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.orders import Line, Order, Part, Returned
from stockwatch.channels.wire import ApiError, Count, Id, Keys, id_text

ZONE = timezone(timedelta(hours=8))
_FORMAT = "%Y-%m-%d %H:%M:%S"
_UNPAID = frozenset(("TRADE_NO_CREATE_PAY", "WAIT_BUYER_PAY", "PAY_PENDING", "WAIT_PRE_AUTH_CONFIRM"))
_SHIPPED = frozenset(("WAIT_BUYER_CONFIRM_GOODS", "TRADE_BUYER_SIGNED", "TRADE_FINISHED"))
_NOT_RECEIVED = "BUYER_NOT_RECEIVED"
_HOLDS = {1: True, 2: False}
_CANCELLED, _CLOSED = "TRADE_CLOSED_BY_TAOBAO", "TRADE_CLOSED"


class SubOrder(msgspec.Struct):
    oid: Id
    num: Count
    status: str
    num_iid: Id = ""
    sku_id: Id = ""
    outer_iid: str = ""
    outer_sku_id: str = ""
    refund_status: str = "NO_REFUND"
    refund_id: Id = ""
    consign_time: str = ""
    end_time: str = ""
    is_gift: bool = False
    sub_stock: int = 0


class Refund(msgspec.Struct):
    """As `taobao.refund.get` gives it."""

    refund_id: Id
    status: str = ""
    num: int | str = 0
    modified: str = ""
    good_status: str = ""


class SubOrders(msgspec.Struct):
    order: list[SubOrder] = []


class Trade(msgspec.Struct):
    tid: Id
    created: str
    seller_nick: str = ""
    modified: str = ""
    status: str = ""
    pay_time: str = ""
    end_time: str = ""
    timeout_action_time: str = ""
    step_trade_status: str = ""
    live_room_id: Id = ""
    orders: SubOrders = msgspec.field(default_factory=SubOrders)


def instant(text: str) -> int:
    """Microseconds since the epoch; 0 for "". Raises ApiError."""
    if not text:
        return 0
    try:
        moment = datetime.strptime(text, _FORMAT).replace(tzinfo=ZONE)
    except ValueError:
        raise ApiError("broken", phrases.NO_TIME) from None
    return int(moment.timestamp()) * 1_000_000


def written(us: int) -> str:
    """An instant as TOP writes it, the second it lies in."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).astimezone(ZONE).strftime(_FORMAT)


def order_of(trade: Trade, keys: Keys) -> Order:
    """Raises ApiError: refused for another shop's trade."""
    if keys.shop and trade.seller_nick and trade.seller_nick != keys.shop:
        raise ApiError("refused", phrases.OTHER_SHOP)
    if not trade.orders.order:
        raise ApiError("broken", phrases.NO_LINES)
    created = instant(trade.created)
    unpaid = trade.status in _UNPAID
    return Order(
        id=id_text(trade.tid),
        created_us=created,
        updated_us=instant(trade.modified) or created,
        lines=tuple(_line(sub, trade) for sub in trade.orders.order),
        expires_us=(instant(trade.timeout_action_time) or None) if unpaid else None,
    )


def _line(sub: SubOrder, trade: Trade) -> Line:
    paid = instant(trade.pay_time)
    refunded = sub.status == _CLOSED or (sub.refund_status == "SUCCESS" and sub.num == 1)
    partly = sub.refund_status == "SUCCESS" and not refunded
    cancelled = sub.status == _CANCELLED and not refunded
    if not paid and sub.status not in _UNPAID and not cancelled:
        paid = instant(trade.modified) or instant(trade.created)
    consigned = instant(sub.consign_time)
    return Line(
        id=id_text(sub.oid),
        goods=Part(str(sub.num_iid), str(sub.sku_id), sub.outer_sku_id or sub.outer_iid),
        qty=sub.num,
        gift=sub.is_gift,
        paid_us=paid if paid and not cancelled else None,
        shipped=sub.num if sub.status in _SHIPPED or consigned else 0,
        shipped_us=consigned,
        cancelled=cancelled,
        refunded=refunded,
        closed_us=instant(sub.end_time) or instant(trade.end_time) or instant(trade.modified),
        room=str(trade.live_room_id) if trade.live_room_id else "",
        presale=bool(trade.step_trade_status),
        unsaid=id_text(sub.refund_id) if partly and sub.refund_id else "",
        holds=_HOLDS.get(sub.sub_stock),
    )


def returned_of(refund: Refund, line: Line) -> tuple[Returned, ...]:
    """What it says of its line. Raises ApiError."""
    units = int(refund.num) if str(refund.num).isdigit() else 0
    if refund.status != "SUCCESS" or units <= 0:
        return ()
    over = instant(refund.modified)
    kept = (
        refund.good_status in ("", _NOT_RECEIVED)
        and over > 0
        and (not line.shipped_us or over < line.shipped_us)
    )
    return (Returned(id_text(refund.refund_id), units, kept, over),)
