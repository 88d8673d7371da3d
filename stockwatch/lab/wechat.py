"""A look-alike of WeChat 微信小店 (视频号小店). Pure.

What it can't be known to do as the platform does: how many goods a page may hold, and what code an unknown SKU brings.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from stockwatch.channels.wechat.signing import encrypt, signature
from stockwatch.channels.wire import Keys, exact_json
from stockwatch.lab.face import Door, Push, Reply, Request, reply
from stockwatch.lab.shop import Bought, Good, Order, Shop

_EVENTS = {
    "placed": "channels_ec_order_new", "paid": "channels_ec_order_pay", "shipped": "channels_ec_order_deliver",
    "cancelled": "channels_ec_order_cancel", "refunded": "channels_ec_aftersale_update",
}  # fmt: skip
_MAX_PAGE, _MAX_GOODS_PAGE = 100, 30
_WEEK_S = 7 * 24 * 3600
_ON_SALE = 5
_INSUFFICIENT, _ZERO, _NO_SUCH = 10020219, 10020218, 10020051
_DIFF_TYPES = (1, 2, 3)


class WeChatFace:
    """See `stockwatch.lab.face.Face`. Requests carry a token and are not signed; pushes are sealed."""

    name = "wechat"

    def __init__(self, shop: Shop, door: Door) -> None:
        self.shop = shop
        self.door = door

    def handle(self, request: Request, now_ms: int) -> Reply:
        method = request.path.strip("/")
        params = json.loads(request.body)
        if method == "cgi-bin/stable_token":
            return self._token(params, now_ms)
        if self.door.too_many(method, now_ms):
            return _wrong(45011, "api minute-quota reach limit, must slower, retry next minute")
        if not self.door.takes(dict(parse_qsl(request.query)).get("access_token", ""), now_ms):
            return _wrong(42001, "access_token expired")
        match method:
            case "channels/ec/order/list/get":
                return self._list(params, now_ms)
            case "channels/ec/order/get":
                order = self.shop.orders.get(int(params["order_id"]))
                return _wrong(_NO_SUCH, "no such order") if order is None else _ok(order=_order(order))
            case "channels/ec/product/stock/get":
                good = self._good(params)
                return _wrong(_NO_SUCH, "no such sku") if good is None else _ok(data=_stock(good))
            case "channels/ec/product/stock/update":
                return self._change(params)
            case "channels/ec/product/list/get":
                return self._products(params)
            case "channels/ec/product/get":
                return self._product(params)
            case _:
                return _wrong(48001, "api unauthorized")

    def push(self, what: str, order: int, now_ms: int, number: int) -> Push | None:
        """Sealed and signed as the platform's secure mode does; its random bytes are the push's own."""
        keys, at_s = self.door.keys, now_ms // 1000
        named = "finder_shop_aftersale_status_update" if what == "refunded" else "order_info"
        event: dict[str, Any] = {
            "ToUserName": keys.shop, "FromUserName": "lab", "CreateTime": at_s, "MsgType": "event",
            "Event": _EVENTS[what], named: {"order_id": order},
        }  # fmt: skip
        random = hashlib.sha256(f"lab {number}".encode()).digest()[:16]
        sealed = encrypt(exact_json(event).encode(), keys, random)
        query = {"timestamp": str(at_s), "nonce": str(number)}
        query["signature"] = signature(keys.push_token, *query.values())
        query["msg_signature"] = signature(keys.push_token, str(at_s), str(number), sealed)
        body = exact_json({"ToUserName": keys.shop, "Encrypt": sealed}).encode()
        return Push({"content-type": "application/json"}, body, urlencode(query))

    def _token(self, params: dict[str, Any], now_ms: int) -> Reply:
        keys = self.door.keys
        if params.get("appid") != keys.app_key:
            return _wrong(40013, "invalid appid")
        if not hmac.compare_digest(str(params.get("secret", "")), keys.app_secret):
            self.door.forged += 1
            return _wrong(40125, "invalid appsecret")
        return _ok(access_token=self.door.issue(now_ms), expires_in=int(self.door.faults.token_s) or 7200)

    def _list(self, params: dict[str, Any], now_ms: int) -> Reply:
        """Names only. The key is the last order that was given, with its time."""
        between = params["update_time_range"]
        if not 0 <= between["end_time"] - between["start_time"] <= _WEEK_S:
            return _wrong(10020096, "the time range is larger than 7 days")
        if not 0 < params["page_size"] <= _MAX_PAGE:
            return _wrong(10020097, "page_size is too large")
        seen_ms = now_ms - int(self.door.faults.list_lag_s * 1000)
        found = self.shop.updated(between["start_time"] * 1000, min(between["end_time"] * 1000, seen_ms))
        if params.get("next_key"):
            at, _, last = params["next_key"].partition("_")
            found = [order for order in found if (order.updated_ms, order.id) > (int(at), int(last))]
        page = found[: params["page_size"]]
        more = len(found) > len(page)
        key = f"{page[-1].updated_ms}_{page[-1].id}" if page else ""
        return _ok(order_id_list=[str(order.id) for order in page], next_key=key, has_more=more)

    def _good(self, params: dict[str, Any]) -> Good | None:
        wanted = int(params["product_id"]), int(params["sku_id"])
        return next((good for good in self.shop.goods if (good.product, good.sku) == wanted), None)

    def _change(self, params: dict[str, Any]) -> Reply:
        """1 adds, 2 takes, 3 sets; what would go below zero is refused, and nothing is idempotent."""
        good, count, how = self._good(params), int(params["num"]), int(params["diff_type"])
        if good is None or how not in _DIFF_TYPES or count < 0:
            return _wrong(_NO_SUCH, "no such sku, or no such change")
        if count == 0 and how != 3:
            return _wrong(_ZERO, "the difference is zero")
        after = (good.stock + count, good.stock - count, count)[how - 1]
        if after < 0:
            return _wrong(_INSUFFICIENT, "stock is not enough")
        good.stock = after
        return _ok()

    def _products(self, params: dict[str, Any]) -> Reply:
        if not 0 < params["page_size"] <= _MAX_GOODS_PAGE:
            return _wrong(10020097, "page_size is too large")
        goods = self.shop.goods if params.get("status", _ON_SALE) == _ON_SALE else []
        at = int(params.get("next_key") or 0)
        page = goods[at : at + params["page_size"]]
        end = at + len(page)
        ids = [good.product for good in page]
        return _ok(product_ids=ids, next_key=str(end) if end < len(goods) else "", total_num=len(goods))

    def _product(self, params: dict[str, Any]) -> Reply:
        goods = [good for good in self.shop.goods if good.product == int(params["product_id"])]
        if not goods:
            return _wrong(_NO_SUCH, "no such product")
        skus = [
            {
                "sku_id": str(good.sku), "stock_num": good.stock, "sku_code": good.outer,
                "sku_attrs": [{"attr_key": "规格", "attr_value": good.title.rpartition(" ")[2]}],
            }
            for good in goods
        ]  # fmt: skip
        return _ok(product={"product_id": str(goods[0].product), "title": goods[0].title, "skus": skus})


def _stock(good: Good) -> dict[str, Any]:
    return {
        "normal_stock_num": good.stock, "limited_discount_stock_num": 0, "warehouse_stocks": [],
        "total_stock_num": good.stock,
    }  # fmt: skip


def _status(order: Order) -> int:
    states = {line.status for line in order.lines}
    if states == {"refunded"}:
        return 200
    if states <= {"cancelled", "refunded"}:
        return 250
    if "unpaid" in states:
        return 10
    return 20 if "paid" in states else 30


def _order(order: Order) -> dict[str, Any]:
    """Ids are numbers in it, as the platform writes them."""
    parcels = [
        {
            "delivery_time": line.shipped_ms // 1000,
            "product_infos": [
                {"product_id": str(line.good.product), "sku_id": str(line.good.sku), "product_cnt": line.left}
            ],
        }
        for line in order.lines
        if line.shipped_ms
    ]
    shipped_ms = max(line.shipped_ms for line in order.lines)
    return {
        "order_id": order.id, "status": _status(order), "create_time": order.created_ms // 1000,
        "update_time": order.updated_ms // 1000,
        "order_detail": {
            "product_infos": [_line(line) for line in order.lines],
            "pay_info": {"pay_time": order.paid_ms // 1000} if order.paid_ms else {},
            "delivery_info": {"delivery_product_info": parcels, "ship_done_time": shipped_ms // 1000},
            "ext_info": {"finder_id": "sphLab", "live_id": str(order.room or "")},
        },
    }  # fmt: skip


def _line(line: Bought) -> dict[str, Any]:
    return {
        "product_id": str(line.good.product), "sku_id": str(line.good.sku), "sku_cnt": line.qty,
        "sku_code": line.good.outer, "product_unique_id": str(line.id), "is_free_gift": 0,
        "finish_aftersale_sku_cnt": line.qty if line.status == "refunded" else line.qty - line.left,
    }  # fmt: skip


def _ok(**fields: Any) -> Reply:
    return reply({"errcode": 0, "errmsg": "ok", **fields})


def _wrong(code: int, said: str) -> Reply:
    return reply({"errcode": code, "errmsg": said})


def lab_keys() -> Keys:
    """Credentials that open this face and nothing else."""
    return Keys(
        app_key="wx1ab0000000000004", app_secret="lab-wechat-secret", access_token="lab-wechat-token",
        push_token="lab-wechat-push", shop="gh_lab000004",
        message_secret=base64.b64encode(b"lab-wechat-message-secret-32-byt").decode().rstrip("="),
    )  # fmt: skip
