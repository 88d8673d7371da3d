"""A look-alike of Douyin 抖店. Pure."""

from __future__ import annotations

import hmac
import json
from typing import Any
from urllib.parse import parse_qs

from stockwatch.channels.douyin.signing import sign, sign_comments, sign_push
from stockwatch.channels.wire import Keys
from stockwatch.lab.douyin_stock import Figures, ok, stock_of, wrong
from stockwatch.lab.face import Door, Push, Reply, Request
from stockwatch.lab.shop import Bought, Order, Shop

_STATUS = {"unpaid": 1, "paid": 2, "shipped": 3, "done": 5, "cancelled": 4, "refunded": 4}
_TAGS = {"placed": "100", "paid": "101", "shipped": "102", "cancelled": "106", "refunded": "206"}
_CLOCK_S = 600
_SAID = (
    ("小鱼", "卫衣还有 M 吗"), ("阿May", "1号链接怎么没了😭"), ("用户8812", "补货补货"), ("momo", "袜子起球吗"),
    ("K", "蹲一个 L"), ("坏\u202e人", "\x1b[2J\x1b]0;owned\x07看这里\n{sellable} %s"), ("李老师", "什么时候发货"),
)  # fmt: skip


class DouyinFace:
    """See `stockwatch.lab.face.Face`."""

    name = "douyin"

    def __init__(self, shop: Shop, door: Door) -> None:
        self.shop = shop
        self.door = door
        self._figures = Figures(shop)

    def handle(self, request: Request, now_ms: int) -> Reply:
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        method, keys = query.get("method", ""), self.door.keys
        signed = sign(keys, method, request.body.decode(), query.get("timestamp", ""))
        if request.path.strip("/") != method.replace(".", "/"):
            return wrong(20001, "isv.parameter-invalid", "the path is not the method's")
        if query.get("app_key") != keys.app_key or not hmac.compare_digest(query.get("sign", ""), signed):
            self.door.forged += 1
            return wrong(11, "isv.invalid-sign", "sign check failed")
        if abs(int(query["timestamp"]) - now_ms // 1000) > _CLOCK_S:
            return wrong(40003, "isv.invalid-timestamp", "timestamp expired")
        if self.door.too_many(method, now_ms):
            return wrong(70000, "isp.top-call-limited", "call limited")
        params = json.loads(request.body)
        if method == "token.refresh":
            return self._renew(params, now_ms)
        if not self.door.takes(query.get("access_token", ""), now_ms):
            return wrong(30002, "isv.access-token-expired", "access_token is expired")
        match method:
            case "order.searchList":
                return self._list(params, now_ms)
            case "order.orderDetail":
                order = self.shop.orders.get(int(params["shop_order_id"]))
                return (
                    wrong(50002, "isv.order-not-found", "no such order")
                    if order is None
                    else ok({"shop_order_detail": self._order(order)})
                )
            case "afterSale.List":
                return self._after_sales(params)
            case "product.detail":
                return self._detail(params)
            case "product.listV2":
                return self._products(params)
            case "sku.list":
                return self._skus(params)
            case _:
                return self._figures.handle(method, params)

    def push(self, what: str, order: int, now_ms: int, number: int) -> Push | None:
        data = {
            "p_id": order, "s_ids": [line.id for line in self.shop.orders[order].lines],
            "shop_id": int(self.door.keys.shop), "order_status": 1, "update_time": now_ms // 1000, "biz": 2,
        }  # fmt: skip
        tag = _TAGS[what]
        message = {
            "tag": tag,
            "msg_id": f"{order}::{tag}:{number}",
            "data": json.dumps(data, separators=(",", ":")),
        }
        body = json.dumps([message], separators=(",", ":")).encode()
        keys = self.door.keys
        headers = {
            "app-id": keys.app_key,
            "event-sign": sign_push(keys, body),
            "content-type": "application/json",
        }
        return Push(headers, body)

    def comment(self, room: int, number: int, now_ms: int) -> Push:
        """The push of what a viewer writes, now and then with what no terminal must obey."""
        user, text = _SAID[number % len(_SAID)]
        item = {
            "msg_id": f"{7_300_000_000_000_000_000 + number}", "sec_openid": f"_000{number % 977}", "content": text,
            "avatar_url": "https://p3.example.com/a.jpeg", "nickname": user, "timestamp": now_ms,
        }  # fmt: skip
        body = json.dumps([item], ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "x-nonce-str": f"{number:08x}", "x-timestamp": str(now_ms), "x-roomid": str(room),
            "x-msg-type": "live_comment", "content-type": "application/json",
        }  # fmt: skip
        return Push(
            {**headers, "x-signature": sign_comments(headers, body, self.door.keys.comments_secret)}, body
        )

    def _renew(self, params: dict[str, Any], now_ms: int) -> Reply:
        tokens = self.door.renew(str(params.get("refresh_token", "")), now_ms)
        if tokens is None:
            return wrong(30005, "isv.refresh-token-invalid", "refresh_token is invalid")
        return ok({"access_token": tokens[0], "refresh_token": tokens[1], "expires_in": 604800})

    def _list(self, params: dict[str, Any], now_ms: int) -> Reply:
        seen_ms = now_ms - int(self.door.faults.list_lag_s * 1000)
        until = min(params["update_time_end"] * 1000 + 999, seen_ms)
        found = self.shop.updated(params["update_time_start"] * 1000, until)
        at = params["page"] * params["size"]
        page = found[at : at + params["size"]]
        listed = [self._order(order) for order in page]
        return ok({"page": params["page"], "size": len(page), "total": len(found), "shop_order_list": listed})

    def _order(self, order: Order) -> dict[str, Any]:
        return {
            "shop_id": int(self.door.keys.shop), "order_id": str(order.id), "order_status": self._whole(order),
            "create_time": order.created_ms // 1000, "update_time": order.updated_ms // 1000,
            "pay_time": order.paid_ms // 1000,
            "order_expire_time": (order.expires_ms - order.created_ms) // 1000,
            "sku_order_list": [self._line(order, line) for line in order.lines],
        }  # fmt: skip

    def _whole(self, order: Order) -> int:
        return min(_STATUS[line.status] for line in order.lines)

    def _line(self, order: Order, line: Bought) -> dict[str, Any]:
        shipped = line.shipped_ms > 0
        return {
            "order_id": str(line.id), "parent_order_id": str(order.id), "order_status": _STATUS[line.status],
            "main_status": (22 if shipped else 21) if line.status == "refunded" else _STATUS[line.status],
            "item_num": line.qty, "product_id": line.good.product, "product_id_str": str(line.good.product),
            "sku_id": line.good.sku, "code": line.good.outer, "create_time": order.created_ms // 1000,
            "update_time": order.updated_ms // 1000, "pay_time": order.paid_ms // 1000,
            "ship_time": line.shipped_ms // 1000, "finish_time": line.closed_ms // 1000,
            "pre_sale_type": 2 if line.presale else 0, "room_id": order.room, "room_id_str": str(order.room or ""),
            "after_sale_info": {"refund_status": 3 if line.status == "refunded" or line.parts else 0},
        }  # fmt: skip

    def _after_sales(self, params: dict[str, Any]) -> Reply:
        """Those of one order; of refunds of whole lines it keeps none."""
        order = self.shop.orders.get(int(params["order_id"]))
        sales = [
            {
                "aftersale_info": {
                    "aftersale_id": str(part.id), "aftersale_type": 2 if part.kept else 0, "refund_status": 3,
                    "update_time": part.at_ms // 1000, "aftersale_num": part.qty,
                },
                "order_info": {
                    "shop_order_id": str(order.id),
                    "related_order_info": [
                        {"sku_order_id": str(line.id), "item_num": line.qty, "aftersale_item_num": part.qty}
                    ],
                },
            }
            for line in (order.lines if order is not None else ())
            for part in line.parts
            if order is not None
        ]  # fmt: skip
        return ok({"items": sales, "total": len(sales), "page": 0, "size": len(sales)})

    def _detail(self, params: dict[str, Any]) -> Reply:
        good = next(
            (good for good in self.shop.goods if str(good.product) == str(params["product_id"])), None
        )
        if good is None:
            return wrong(50002, "isv.product-not-found", "no such product")
        return ok(
            {"product_id": good.product, "name": good.title, "reduce_type": 2 if good.at_payment else 1}
        )

    def _products(self, params: dict[str, Any]) -> Reply:
        products = sorted({(good.product, good.title) for good in self.shop.goods})
        at = (params["page"] - 1) * params["size"]
        page = [
            {"product_id": product, "product_id_str": str(product), "name": title}
            for product, title in products[at : at + params["size"]]
        ]
        return ok({"data": page, "total": len(products)})

    def _skus(self, params: dict[str, Any]) -> Reply:
        skus = [good for good in self.shop.goods if str(good.product) == str(params["product_id"])]
        return ok([{"id": good.sku, "code": good.outer, **stock_of(good)} for good in skus])


def lab_keys() -> Keys:
    """Credentials that open this face and nothing else."""
    return Keys(
        app_key="7000000000000000001", app_secret="lab-douyin-secret", access_token="lab-douyin-token",
        refresh_token="lab-douyin-refresh", comments_secret="lab-douyin-comments", shop="77001",
    )  # fmt: skip
