"""A look-alike of Taobao: its gateway, and its message channel as frames. Pure."""

from __future__ import annotations

import gzip
import hmac
import json
from typing import Any
from urllib.parse import parse_qs

from stockwatch.channels.taobao import tmc
from stockwatch.channels.taobao.orders import instant, written
from stockwatch.channels.taobao.signing import sign
from stockwatch.channels.wire import Keys
from stockwatch.lab.face import Door, Push, Reply, Request, reply
from stockwatch.lab.outbox import Outbox
from stockwatch.lab.shop import Bought, Good, Order, Shop

_STATUS = {
    "unpaid": "WAIT_BUYER_PAY", "paid": "WAIT_SELLER_SEND_GOODS", "shipped": "WAIT_BUYER_CONFIRM_GOODS",
    "done": "TRADE_FINISHED", "cancelled": "TRADE_CLOSED_BY_TAOBAO", "refunded": "TRADE_CLOSED",
}  # fmt: skip
_TOPICS = {
    "placed": "taobao_trade_TradeCreate", "paid": "taobao_trade_TradeBuyerPay",
    "shipped": "taobao_trade_TradeSellerShip", "cancelled": "taobao_trade_TradeClose",
    "refunded": "taobao_refund_RefundSuccess",
}  # fmt: skip
TOKEN = "lab-tmc-token"
"""Of a conversation over the message channel."""
_FIRST_MESSAGE = 650_000_000_000_000_000
_MOST_QUANTITIES = 20
"""SKUs of one quantity update."""
_CLOCK_MS = 600_000
_S = 1_000_000


class TaobaoFace:
    """See `stockwatch.lab.face.Face`."""

    name = "taobao"

    def __init__(self, shop: Shop, door: Door) -> None:
        self.shop = shop
        self.door = door
        self.outbox = Outbox(door.faults)

    def handle(self, request: Request, now_ms: int) -> Reply:
        fields = {
            name: values[0]
            for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()
        }
        method, keys = fields.get("method", ""), self.door.keys
        signed = sign(fields, keys.app_secret, fields.get("sign_method", "md5"))  # type: ignore[arg-type]
        if fields.get("app_key") != keys.app_key:
            return _wrong(29, "Invalid app Key", "isv.appkey-not-exists")
        if not hmac.compare_digest(fields.get("sign", ""), signed):
            self.door.forged += 1
            return _wrong(25, "Invalid signature", "isv.invalid-signature")
        if abs(instant(fields["timestamp"]) // 1000 - now_ms) > _CLOCK_MS:
            return _wrong(31, "Invalid timestamp", "isv.invalid-timestamp")
        if self.door.too_many(method, now_ms):
            said = "This ban will last for 1 more seconds"
            return _wrong(7, "App Call Limited", "accesscontrol.limited-by-api-access-count", said)
        if method == "taobao.top.auth.token.refresh":
            return self._renew(fields, now_ms)
        if not self.door.takes(fields.get("session", ""), now_ms):
            return _wrong(27, "Invalid session", "sessionkey-not-generated-by-server")
        match method:
            case "taobao.trades.sold.increment.get":
                return self._list(fields, now_ms)
            case "taobao.trade.fullinfo.get":
                order = self.shop.orders.get(int(fields["tid"]))
                if order is None:
                    return _wrong(15, "Remote service error", "isv.trade-not-exist", "no such trade")
                return _ok("trade_fullinfo_get", {"trade": self._trade(order)})
            case "taobao.refund.get":
                return self._refund(fields["refund_id"])
            case "taobao.item.seller.get":
                good = next(
                    (good for good in self.shop.goods if str(good.product) == fields["num_iid"]), None
                )
                if good is None:
                    return _wrong(15, "Remote service error", "isv.item-not-exist", "no such item")
                item = {"num_iid": good.product, "sub_stock": 2 if good.at_payment else 1}
                return _ok("item_seller_get", {"item": item})
            case "taobao.tmc.messages.consume":
                return self._consume(fields, now_ms)
            case "taobao.tmc.messages.confirm":
                return self._confirm(fields)
            case "taobao.skus.quantity.update":
                return self._quantity(fields)
            case "taobao.item.sku.get":
                return self._sku(fields)
            case "taobao.items.onsale.get":
                return self._items(fields)
            case "taobao.item.skus.get":
                found = [good for good in self.shop.goods if str(good.product) == fields["num_iids"]]
                return _ok("item_skus_get", {"skus": {"sku": [_sku_of(good) for good in found]}})
            case _:
                return _wrong(22, "Invalid method", "isv.invalid-method")

    def push(self, what: str, order: int, now_ms: int, number: int) -> Push | None:
        return None  # its messages come over TMC

    def frame(self, what: str, order: int, now_ms: int, number: int, token: str) -> bytes:
        """The message about a change; every other one is gzipped."""
        text = json.dumps(
            {"tid": order, "oid": self.shop.orders[order].lines[0].id, "seller_nick": self.door.keys.shop,
             "buyer_nick": "b***", "type": "guarantee_trade"}
        )  # fmt: skip
        content = {
            "__kind": tmc.byte(tmc.DATA), "id": tmc.int64(_FIRST_MESSAGE + number), "topic": _TOPICS[what],
            "publisher": "4272", "userid": tmc.int64(3600000001), "nick": self.door.keys.shop,
            "time": tmc.date(now_ms), "outtime": tmc.date(now_ms), "dataid": str(number),
            "content": gzip.compress(text.encode(), mtime=0) if number % 2 else text,
        }  # fmt: skip
        return tmc.encode(tmc.Frame(tmc.SEND, content, token))

    def number_of(self, message: int) -> int:
        return message - _FIRST_MESSAGE

    def _consume(self, fields: dict[str, str], now_ms: int) -> Reply:
        quantity = int(fields.get("quantity", "100"))
        if not 10 <= quantity <= 200:
            return _wrong(41, "Invalid Arguments:quantity", "isv.invalid-parameter")
        found = [_consumed(tmc.decode(frame)) for frame in self.outbox.hand_out(quantity, now_ms)]
        return _ok("tmc_messages_consume", {"messages": {"tmc_message": found}} if found else {})

    def _confirm(self, fields: dict[str, str]) -> Reply:
        ids = fields["s_message_ids"].split(",")
        if len(ids) > 200:
            return _wrong(41, "Invalid Arguments:s_message_ids", "isv.invalid-parameter")
        for message in ids:
            self.outbox.confirm(self.number_of(int(message)))
        return _ok("tmc_messages_confirm", {"is_success": True})

    def greeted(self, frame: tmc.Frame) -> str | None:
        """The token for whoever connects rightly; None for anyone else."""
        keys, content = self.door.keys, dict(frame.content)
        signed = {name: str(content.get(name, "")) for name in ("app_key", "group_name", "timestamp")}
        wanted = sign(signed, keys.app_secret, "md5")
        right = frame.kind == tmc.CONNECT and signed["app_key"] == keys.app_key
        if not right or not hmac.compare_digest(str(content.get("sign", "")), wanted):
            self.door.forged += 1
            return None
        return TOKEN

    def _renew(self, fields: dict[str, str], now_ms: int) -> Reply:
        tokens = self.door.renew(fields.get("refresh_token", ""), now_ms)
        if tokens is None:
            return _wrong(15, "Remote service error", "isv.invalid-refresh-token", "refresh_token is invalid")
        result = json.dumps({"access_token": tokens[0], "refresh_token": tokens[1], "expires_in": 86400})
        return _ok("top_auth_token_refresh", {"token_result": result})

    def _list(self, fields: dict[str, str], now_ms: int) -> Reply:
        seen_ms = now_ms - int(self.door.faults.list_lag_s * 1000)
        since, until = (
            instant(fields["start_modified"]) // 1000,
            instant(fields["end_modified"]) // 1000 + 999,
        )
        found = self.shop.updated(since, min(until, seen_ms))
        size = int(fields["page_size"])
        at = (int(fields["page_no"]) - 1) * size
        page = found[at : at + size]
        inner = {
            "trades": {"trade": [self._trade(order) for order in page]},
            "has_next": len(found) > at + size,
        }
        return _ok("trades_sold_increment_get", inner)

    def _trade(self, order: Order) -> dict[str, Any]:
        return {
            "tid": order.id, "seller_nick": self.door.keys.shop, "created": written(order.created_ms * 1000),
            "modified": written(order.updated_ms * 1000), "status": _STATUS[order.lines[0].status],
            "pay_time": written(order.paid_ms * 1000) if order.paid_ms else "",
            "timeout_action_time": written(order.expires_ms * 1000), "live_room_id": order.room,
            "orders": {"order": [self._line(line) for line in order.lines]},
        }  # fmt: skip

    def _line(self, line: Bought) -> dict[str, Any]:
        return {
            "oid": line.id, "num": line.qty, "status": _STATUS[line.status], "num_iid": line.good.product,
            "sku_id": str(line.good.sku), "outer_sku_id": line.good.outer,
            "refund_status": "SUCCESS" if line.status == "refunded" or line.parts else "NO_REFUND",
            "refund_id": line.parts[-1].id if line.parts else "",
            "consign_time": written(line.shipped_ms * 1000) if line.shipped_ms else "",
            "end_time": written(line.closed_ms * 1000) if line.closed_ms else "",
        }  # fmt: skip

    def _refund(self, refund: str) -> Reply:
        for order in self.shop.orders.values():
            for line in order.lines:
                for part in line.parts:
                    if str(part.id) == refund:
                        about = {
                            "refund_id": part.id, "status": "SUCCESS", "num": part.qty,
                            "modified": written(part.at_ms * 1000),
                            "good_status": "BUYER_NOT_RECEIVED" if part.kept else "BUYER_RETURNED_GOODS",
                        }  # fmt: skip
                        return _ok("refund_get", {"refund": about})
        return _wrong(15, "Remote service error", "isv.refund-not-exist", "no such refund")

    def _quantity(self, fields: dict[str, str]) -> Reply:
        """A figure unless it is said to be a delta. Deltas stop at 0 and say nothing of it; a figure below zero is
        refused. All of a request is carried out, or none of it."""
        delta = fields.get("type", "1") == "2"
        pairs = [pair.partition(":") for pair in fields["skuid_quantities"].split(";")]
        if len(pairs) > _MOST_QUANTITIES:
            return _wrong(41, "Invalid Arguments:skuid_quantities", "isv.invalid-parameter")
        wanted = list[tuple[Good, int]]()
        for sku, _, count in pairs:
            good = next(
                (
                    one
                    for one in self.shop.goods
                    if (str(one.sku), str(one.product)) == (sku, fields["num_iid"])
                ),
                None,
            )
            if good is None:
                return _wrong(15, "Remote service error", "isv.sku-not-exist", "no such sku")
            if not delta and int(count) < 0:
                return _wrong(41, "Invalid Arguments:quantity", "isv.invalid-parameter")
            wanted.append((good, int(count)))
        for good, units in wanted:
            good.stock = max(0, good.stock + units) if delta else units
        return _ok("skus_quantity_update", {"item": {"num_iid": fields["num_iid"]}})

    def _sku(self, fields: dict[str, str]) -> Reply:
        good = next((good for good in self.shop.goods if str(good.sku) == fields["sku_id"]), None)
        if good is None:
            return _wrong(15, "Remote service error", "isv.sku-not-exist", "no such sku")
        return _ok("item_sku_get", {"sku": _sku_of(good)})

    def _items(self, fields: dict[str, str]) -> Reply:
        size = int(fields["page_size"])
        at = (int(fields["page_no"]) - 1) * size
        items = [{"num_iid": good.product, "title": good.title} for good in self.shop.goods[at : at + size]]
        return _ok("items_onsale_get", {"items": {"item": items}, "total_results": len(self.shop.goods)})


def _consumed(frame: tmc.Frame) -> dict[str, Any]:
    """A message as the gateway hands it out."""
    held = frame.content
    content = held["content"]
    return {
        "id": held["id"], "topic": held["topic"], "pub_app_key": held["publisher"],
        "pub_time": written(held["time"] * 1000), "user_id": held["userid"], "user_nick": held["nick"],
        "content": gzip.decompress(content).decode() if isinstance(content, bytes) else content,
    }  # fmt: skip


def _sku_of(good: Good) -> dict[str, Any]:
    return {"sku_id": good.sku, "outer_id": good.outer, "quantity": good.stock, "properties_name": ""}


def _ok(name: str, inner: dict[str, Any]) -> Reply:
    return reply({f"{name}_response": {**inner, "request_id": "lab"}})


def _wrong(code: int, msg: str, sub_code: str, sub_msg: str = "") -> Reply:
    return reply(
        {
            "error_response": {
                "code": code,
                "msg": msg,
                "sub_code": sub_code,
                "sub_msg": sub_msg,
                "request_id": "lab",
            }
        }
    )


def lab_keys() -> Keys:
    """Credentials that open this face and nothing else."""
    return Keys(
        app_key="70000003", app_secret="lab-taobao-secret", access_token="lab-taobao-session",
        refresh_token="lab-taobao-refresh", shop="lab_seller",
    )  # fmt: skip
