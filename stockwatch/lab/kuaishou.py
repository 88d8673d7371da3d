"""A look-alike of Kuaishou 快手电商. Pure."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any
from urllib.parse import parse_qs

from stockwatch.channels.kuaishou.signing import encrypt, sign
from stockwatch.channels.wire import Keys, exact_json
from stockwatch.lab.face import Door, Push, Reply, Request, reply
from stockwatch.lab.shop import Order, Shop

_STATUS = {"unpaid": 10, "paid": 30, "shipped": 40, "done": 70, "cancelled": 80, "refunded": 80}
_EVENTS = {
    "placed": "kwaishop_order_addOrder", "paid": "kwaishop_order_paySuccess", "shipped": "kwaishop_order_delivering",
    "cancelled": "kwaishop_order_orderFail", "refunded": "kwaishop_aftersales_updateRefund",
}  # fmt: skip
_CLOCK_MS = 600_000


class KuaishouFace:
    """See `stockwatch.lab.face.Face`. An order is one line."""

    name = "kuaishou"

    def __init__(self, shop: Shop, door: Door) -> None:
        self.shop = shop
        self.door = door

    def handle(self, request: Request, now_ms: int) -> Reply:
        text = request.query if request.verb == "GET" else request.body.decode()
        fields = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
        if request.path.strip("/") == "oauth2/refresh_token":
            return self._renew(fields, now_ms)
        method, keys = fields.get("method", ""), self.door.keys
        if request.path.strip("/") != method.replace(".", "/"):
            return _wrong(21, "the path is not the method's")
        signed = sign({name: value for name, value in fields.items() if name != "sign"}, keys)
        if fields.get("appkey") != keys.app_key or not hmac.compare_digest(fields.get("sign", ""), signed):
            self.door.forged += 1
            return _wrong(22, "sign is wrong")
        if abs(int(fields["timestamp"]) - now_ms) > _CLOCK_MS:
            return _wrong(23, "timestamp is not valid")
        if self.door.too_many(method, now_ms):
            return _wrong(25, "request limit exceeded")
        if not self.door.takes(fields.get("access_token", ""), now_ms):
            return _wrong(28, "access_token is expired")
        params = json.loads(fields["param"])
        match method:
            case "open.order.cursor.list":
                return self._list(params, now_ms)
            case "open.order.detail":
                order = self.shop.orders.get(int(params["oid"]))
                return _wrong(100100, "no such order") if order is None else _ok(self._order(order))
            case "open.item.sku.stock.update":
                return self._change(params)
            case "open.item.get":
                return self._item(params)
            case "open.item.list.get":
                return self._items(params)
            case _:
                return _wrong(21, f"no method {method[:40]}")

    def push(self, what: str, order: int, now_ms: int, number: int) -> Push | None:
        keys = self.door.keys
        seller = int(keys.shop)
        info: dict[str, Any] = {"oid": order, "sellerId": seller, "status": 10, "updateTime": now_ms}
        if what == "refunded":
            info = {"orderId": order, "refundId": order + 1, "sellerId": seller, "updateTime": now_ms}
        envelope = {
            "eventId": f"e{number}", "msgId": f"m{number}", "bizId": order, "userId": seller, "openId": "lab",
            "appKey": keys.app_key, "event": _EVENTS[what], "info": exact_json(info), "status": 2,
            "createTime": now_ms, "updateTime": now_ms, "test": False,
        }  # fmt: skip
        return Push({"content-type": "text/plain"}, encrypt(exact_json(envelope).encode(), keys))

    def _renew(self, fields: dict[str, str], now_ms: int) -> Reply:
        keys = self.door.keys
        known = fields.get("app_id") == keys.app_key and fields.get("app_secret") == keys.app_secret
        tokens = self.door.renew(fields.get("refresh_token", ""), now_ms) if known else None
        if tokens is None:
            return reply({"result": 100200100, "error_msg": "refresh_token is invalid"})
        return reply(
            {"result": 1, "access_token": tokens[0], "refresh_token": tokens[1], "expires_in": 172800}
        )

    def _list(self, params: dict[str, Any], now_ms: int) -> Reply:
        """The cursor is the last order that was given, with its time."""
        seen_ms = now_ms - int(self.door.faults.list_lag_s * 1000)
        found = self.shop.updated(params["beginTime"], min(params["endTime"], seen_ms))
        if params["cursor"]:
            at, _, last = params["cursor"].partition("_")
            found = [order for order in found if (order.updated_ms, order.id) > (int(at), int(last))]
        page = found[: params["pageSize"]]
        more = len(found) > len(page)
        cursor = f"{page[-1].updated_ms}_{page[-1].id}" if more else "nomore"
        return _ok({"orderList": [self._order(order) for order in page], "cursor": cursor})

    def _order(self, order: Order) -> dict[str, Any]:
        (line,) = order.lines
        return {
            "orderBaseInfo": {
                "oid": order.id, "status": _STATUS[line.status], "createTime": order.created_ms,
                "updateTime": order.updated_ms, "payTime": order.paid_ms, "sendTime": line.shipped_ms,
                "refundTime": line.closed_ms if line.status == "refunded" else 0, "expireTime": order.expires_ms,
                "sellerId": int(self.door.keys.shop), "liveStreamId": order.room,
            },
            "orderItemInfo": {
                "num": line.qty, "itemId": line.good.product, "skuId": line.good.sku, "goodsCode": line.good.outer,
            },
            "orderRefundList": [],
        }  # fmt: skip

    def _change(self, params: dict[str, Any]) -> Reply:
        """Adds or takes; there is no setting and no idempotency."""
        good = next((good for good in self.shop.goods if good.sku == int(params["skuId"])), None)
        count = int(params["skuChangeStock"])
        if good is None or not 0 < count < 9_999_999:
            return _wrong(100100, "no such sku or no such count")
        after = good.stock + (count if int(params["changeType"]) == 1 else -count)
        if after < 0:
            return _wrong(100101, "stock is not enough")
        good.stock = after
        return _ok({})

    def _item(self, params: dict[str, Any]) -> Reply:
        goods = [good for good in self.shop.goods if good.product == int(params["kwaiItemId"])]
        skus = [{"kwaiSkuId": good.sku, "skuStock": good.stock, "skuNick": good.outer} for good in goods]
        return _ok({"kwaiItemId": params["kwaiItemId"], "skuList": skus})

    def _items(self, params: dict[str, Any]) -> Reply:
        at = (params["pageNumber"] - 1) * params["pageSize"]
        items = [
            {
                "kwaiItemId": good.product, "title": good.title,
                "skuList": [{"kwaiSkuId": good.sku, "skuStock": good.stock, "skuNick": good.outer}],
            }
            for good in self.shop.goods[at : at + params["pageSize"]]
        ]  # fmt: skip
        return _ok({"items": items})


def _ok(data: Any) -> Reply:
    return reply({"result": 1, "code": "1", "msg": "success", "error_msg": "SUCCESS", "data": data})


def _wrong(result: int, said: str) -> Reply:
    return reply(
        {"result": result, "code": str(result), "msg": said, "error_msg": said, "sub_code": "", "data": None}
    )


def lab_keys() -> Keys:
    """Credentials that open this face and nothing else."""
    return Keys(
        app_key="ks700000000000000002", app_secret="lab-kuaishou-secret", access_token="lab-kuaishou-token",
        refresh_token="lab-kuaishou-refresh", sign_secret="lab-kuaishou-sign",
        message_secret=base64.b64encode(b"lab-kuaishou-key").decode(), shop="21610001",
    )  # fmt: skip
