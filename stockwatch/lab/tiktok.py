"""A look-alike of TikTok Shop, version 202309. Pure.

A line item is one unit, as there. What is sold lies in two warehouses, and orders take from the first that has any: so
a figure is the sum, and a change names warehouses. What the platform's orders do not show, returns after delivery, does
not happen here. What its codes are for a wrong signature or a stale clock is not known; its words are near.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from stockwatch.channels.tiktok.signing import sign, sign_push
from stockwatch.channels.wire import Keys, exact_json
from stockwatch.lab.face import Door, Push, Reply, Request, reply
from stockwatch.lab.shop import Good, Order, Shop

_STATUS = {
    "unpaid": "UNPAID", "paid": "AWAITING_SHIPMENT", "shipped": "IN_TRANSIT", "done": "COMPLETED",
    "cancelled": "CANCELLED", "refunded": "CANCELLED",
}  # fmt: skip
_ORDER_STATUS, _CANCELLATION = 1, 11
_CLOCK_MS = 300_000
_MAX_PAGE, _MAX_IDS, _MAX_SKUS = 100, 50, 600
_UNITS = 10
"""More than a line has units, so that their ids stay apart."""
_FRONT, _BACK = "7000000000000000001", "7000000000000000002"


class TikTokFace:
    """See `stockwatch.lab.face.Face`."""

    name = "tiktok"

    def __init__(self, shop: Shop, door: Door) -> None:
        self.shop = shop
        self.door = door
        self._back = {good.sku: good.stock // 4 for good in shop.goods}
        """SKU -> units of its stock that lie in the back."""

    def handle(self, request: Request, now_ms: int) -> Reply:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        keys, method = self.door.keys, request.path.strip("/")
        if method == "api/v2/token/refresh":
            return self._renew(query, now_ms)
        signed = sign(keys.app_secret, request.path, query, request.body)
        if query.get("app_key") != keys.app_key or not hmac.compare_digest(query.get("sign", ""), signed):
            self.door.forged += 1
            return _wrong(106001, "The signature is invalid")
        if abs(int(query["timestamp"]) * 1000 - now_ms) > _CLOCK_MS:
            return _wrong(36009004, "The timestamp is expired")
        if self.door.too_many(_limited_as(method), now_ms):
            return _wrong(36009002, "Too many requests")
        if not self.door.takes(request.headers.get("x-tts-access-token", ""), now_ms):
            return _wrong(105002, "Expired credentials: the access token has expired")
        if query.get("shop_cipher") != keys.shop_cipher:
            return _wrong(106011, "The shop cipher is invalid")
        body = json.loads(request.body) if request.body else {}
        match method.split("/"):
            case ["order", "202309", "orders", "search"]:
                return self._search(query, body, now_ms)
            case ["order", "202309", "orders"]:
                return self._details(query["ids"].split(","))
            case ["product", "202309", "inventory", "search"]:
                return self._inventory(body)
            case ["product", "202309", "products", "search"]:
                return self._goods(query, body)
            case ["product", "202309", "products", product, "inventory", "update"]:
                return self._change(product, body)
            case _:
                return _wrong(36009009, "Invalid path")

    def push(self, what: str, order: int, now_ms: int, number: int) -> Push | None:
        found = self.shop.orders.get(order)
        data: dict[str, Any] = {"order_id": str(order), "update_time": now_ms // 1000}
        if what != "refunded":
            status = _STATUS["unpaid"] if found is None else _status(found)
            data |= {"order_status": status, "is_on_hold_order": False}
        body = exact_json({
            "type": _CANCELLATION if what == "refunded" else _ORDER_STATUS, "tts_notification_id": f"{number}",
            "shop_id": self.door.keys.shop, "timestamp": now_ms // 1000, "data": data,
        }).encode()  # fmt: skip
        headers = {"content-type": "application/json", "authorization": sign_push(self.door.keys, body)}
        return Push(headers, body)

    def _renew(self, query: Mapping[str, str], now_ms: int) -> Reply:
        keys = self.door.keys
        known = query.get("app_key") == keys.app_key and query.get("app_secret") == keys.app_secret
        tokens = self.door.renew(query.get("refresh_token", ""), now_ms) if known else None
        if tokens is None:
            return _wrong(36004004, "The refresh token is invalid")
        ends_s = now_ms // 1000 + int(self.door.faults.token_s or 604_800)
        return _ok({
            "access_token": tokens[0], "refresh_token": tokens[1], "access_token_expire_in": ends_s,
            "seller_name": "lab",
        })  # fmt: skip

    def _search(self, query: Mapping[str, str], body: Mapping[str, int], now_ms: int) -> Reply:
        """The token is the last order that was given, with its time."""
        size = int(query["page_size"])
        if not 0 < size <= _MAX_PAGE:
            return _wrong(36009003, "page_size must be between 1 and 100")
        seen_ms = now_ms - int(self.door.faults.list_lag_s * 1000)
        until_ms = min(body["update_time_lt"] * 1000 - 1, seen_ms)
        found = self.shop.updated(body["update_time_ge"] * 1000, until_ms)
        if query.get("page_token"):
            at, _, last = query["page_token"].partition("_")
            found = [order for order in found if (order.updated_ms, order.id) > (int(at), int(last))]
        page = found[:size]
        token = f"{page[-1].updated_ms}_{page[-1].id}" if len(found) > len(page) else ""
        return _ok({
            "orders": [self._order(order) for order in page], "next_page_token": token, "total_count": len(found),
        })  # fmt: skip

    def _details(self, ids: list[str]) -> Reply:
        if len(ids) > _MAX_IDS:
            return _wrong(36009003, "too many ids")
        found = [self.shop.orders[int(one)] for one in ids if int(one) in self.shop.orders]
        return _ok({"orders": [self._order(order) for order in found]})

    def _order(self, order: Order) -> dict[str, Any]:
        closed_ms = max(line.closed_ms for line in order.lines)
        status = _status(order)
        return {
            "id": str(order.id), "status": status, "create_time": order.created_ms // 1000,
            "update_time": order.updated_ms // 1000, "paid_time": order.paid_ms // 1000 or None,
            "cancel_time": closed_ms // 1000 if status == "CANCELLED" else None,
            "rts_time": max(line.shipped_ms for line in order.lines) // 1000 or None, "is_cod": False,
            "line_items": [
                {
                    "id": str(line.id * _UNITS + unit), "product_id": str(line.good.product),
                    "sku_id": str(line.good.sku), "seller_sku": line.good.outer,
                    "display_status": _STATUS[line.status],
                    "package_status": "FULFILLING" if line.shipped_ms else "TO_FULFILL", "is_gift": False,
                    "rts_time": line.shipped_ms // 1000 or None,
                }
                for line in order.lines
                for unit in range(line.qty)
            ],
        }  # fmt: skip

    def _committed(self, good: Good) -> int:
        return sum(
            line.qty
            for order in self.shop.orders.values()
            for line in order.lines
            if line.good is good and line.status in ("unpaid", "paid")
        )

    def _kept(self, good: Good) -> dict[str, int]:
        """Warehouse -> units."""
        back = min(self._back[good.sku], good.stock)
        return {_FRONT: good.stock - back, _BACK: back}

    def _inventory(self, body: Mapping[str, Any]) -> Reply:
        wanted = set(body.get("sku_ids") or ())
        if not 0 < len(wanted) <= _MAX_SKUS:
            return _wrong(36009003, "sku_ids must hold 1 to 600")
        products = [
            {
                "product_id": str(good.product),
                "skus": [
                    {
                        "id": str(good.sku), "seller_sku": good.outer, "total_available_quantity": good.stock,
                        "total_committed_quantity": self._committed(good),
                        "warehouse_inventory": [
                            {"warehouse_id": name, "available_quantity": units, "committed_quantity": 0}
                            for name, units in self._kept(good).items()
                        ],
                    }
                ],
            }
            for good in self.shop.goods
            if str(good.sku) in wanted
        ]  # fmt: skip
        return _ok({"inventory": products})

    def _change(self, product: str, body: Mapping[str, Any]) -> Reply:
        """Sets the warehouses that are named, whatever was sold meanwhile; a wrong SKU is told beside success."""
        errors = []
        for one in body["skus"]:
            good = next((good for good in self.shop.goods if str(good.sku) == one["id"]), None)
            figures = {kept["warehouse_id"]: int(kept["quantity"]) for kept in one["inventory"]}
            wrong = good is None or str(good.product) != product
            if wrong or set(figures) - {_FRONT, _BACK} or min(figures.values()) < 0:
                errors.append({"code": 12052901, "message": "no such sku, warehouse or quantity"})
            elif good is not None:
                kept = self._kept(good) | figures
                self._back[good.sku], good.stock = kept[_BACK], sum(kept.values())
        return _ok({"errors": errors})

    def _goods(self, query: Mapping[str, str], body: Mapping[str, Any]) -> Reply:
        size, at = int(query["page_size"]), int(query.get("page_token") or 0)
        if not 0 < size <= _MAX_PAGE:
            return _wrong(36009003, "page_size must be between 1 and 100")
        goods = self.shop.goods if body.get("status", "ALL") in ("ALL", "ACTIVATE") else []
        page = goods[at : at + size]
        end = at + len(page)
        products = [
            {
                "id": str(good.product), "title": good.title, "status": "ACTIVATE",
                "skus": [
                    {
                        "id": str(good.sku), "seller_sku": good.outer,
                        "inventory": [
                            {"warehouse_id": name, "quantity": units} for name, units in self._kept(good).items()
                        ],
                    }
                ],
            }
            for good in page
        ]  # fmt: skip
        return _ok({"products": products, "next_page_token": str(end) if end < len(goods) else ""})


def _limited_as(method: str) -> str:
    """Limits are an endpoint's, not a product's."""
    return "/".join(":id" if part.isdecimal() and len(part) > 6 else part for part in method.split("/"))


def _status(order: Order) -> str:
    states = {line.status for line in order.lines}
    for state in ("unpaid", "paid", "shipped"):
        if state in states:
            return _STATUS[state]
    return "CANCELLED"


def _ok(data: Any) -> Reply:
    return reply({"code": 0, "message": "Success", "request_id": "lab", "data": data})


def _wrong(code: int, said: str) -> Reply:
    return reply({"code": code, "message": said, "request_id": "lab", "data": None})


def lab_keys() -> Keys:
    """Credentials that open this face and nothing else."""
    return Keys(
        app_key="6lab000005", app_secret="lab-tiktok-secret", access_token="lab-tiktok-token",
        refresh_token="lab-tiktok-refresh", shop="7490000000000000005", shop_cipher="GCP_lab_tiktok",
    )  # fmt: skip
