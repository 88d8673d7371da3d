"""A look-alike of Shopify: orders by REST, figures and goods by GraphQL, webhooks. Pure.

Of GraphQL it knows three operations by their root field, and gives all of their fields whatever is selected. All that
is sold lies at one place. Tokens do not expire.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from stockwatch.channels.shopify.adapter import VERSION
from stockwatch.channels.shopify.signing import sign_push
from stockwatch.channels.wire import Keys, exact_json
from stockwatch.lab.face import Door, Push, Reply, Request, reply
from stockwatch.lab.shop import Bought, Good, Order, Shop

_TOPICS = {
    "placed": "orders/create", "paid": "orders/paid", "shipped": "orders/fulfilled",
    "cancelled": "orders/cancelled", "refunded": "refunds/create",
}  # fmt: skip
_ROOT = re.compile(r"\b(productVariants|productVariant|inventoryAdjustQuantities)\s*\(")
_KEYED = re.compile(r"@idempotent\(\s*key:\s*\$(\w+)\s*\)")
_MAX_PAGE = 250
_PLACE = "gid://shopify/Location/1"


class ShopifyFace:
    """See `stockwatch.lab.face.Face`."""

    name = "shopify"

    def __init__(self, shop: Shop, door: Door) -> None:
        self.shop = shop
        self.door = door
        self._told: dict[str, tuple[Any, dict[str, Any]]] = {}
        """Key of a change -> what it asked, and what it was answered."""

    def handle(self, request: Request, now_ms: int) -> Reply:
        token = request.headers.get("x-shopify-access-token", "")
        if not hmac.compare_digest(token, self.door.keys.access_token):
            self.door.forged += 1
            return reply({"errors": "[API] Invalid API key or access token"}, 401)
        root, _, method = request.path.strip("/").partition(f"admin/api/{VERSION}/")
        if root or not method:
            return reply({"errors": "Not Found"}, 404)
        if self.door.too_many(method, now_ms):
            said = {"errors": "Exceeded 2 calls per second for api client."}
            return Reply(429, exact_json(said).encode(), {"retry-after": "2.0"})
        if method == "graphql.json" and request.verb == "POST":
            return self._graphql(json.loads(request.body))
        params = dict(parse_qsl(request.query))
        if method == "orders.json":
            return self._list(params, now_ms)
        named = re.fullmatch(r"orders/(\d+)\.json", method)
        order = self.shop.orders.get(int(named[1])) if named else None
        if order is None:
            return reply({"errors": "Not Found"}, 404)
        return reply({"order": _picked(_order(order), params)})

    def push(self, what: str, order: int, now_ms: int, number: int) -> Push | None:
        topic = _TOPICS[what]
        told: dict[str, Any] = {"id": order, "updated_at": _written(now_ms)}
        if what == "refunded":
            told = {"id": order + 1, "order_id": order, "created_at": _written(now_ms)}
        body = exact_json(told).encode()
        headers = {
            "content-type": "application/json", "x-shopify-topic": topic, "x-shopify-api-version": VERSION,
            "x-shopify-shop-domain": self.door.keys.shop, "x-shopify-webhook-id": f"w{number}",
            "x-shopify-hmac-sha256": sign_push(self.door.keys, body),
        }  # fmt: skip
        return Push(headers, body)

    def _list(self, params: Mapping[str, str], now_ms: int) -> Reply:
        """By update time, or with since_id by id."""
        limit = int(params.get("limit", "50"))
        if not 0 < limit <= _MAX_PAGE:
            return reply({"errors": {"limit": "must be between 1 and 250"}}, 400)
        seen_ms = now_ms - int(self.door.faults.list_lag_s * 1000)
        since, until = _ms(params["updated_at_min"]), min(_ms(params["updated_at_max"]), seen_ms)
        found = self.shop.updated(since, until)
        if "since_id" in params:
            found = sorted(
                (order for order in found if order.id > int(params["since_id"])), key=lambda one: one.id
            )
        return reply({"orders": [_picked(_order(order), params) for order in found[:limit]]})

    def _graphql(self, asked: Mapping[str, Any]) -> Reply:
        root = _ROOT.search(asked["query"])
        given = asked.get("variables") or {}
        if root is None:
            return _failed("undefinedField", "Field doesn't exist on type 'QueryRoot'")
        if root[1] == "productVariants":
            return self._goods(given)
        if root[1] == "productVariant":
            return self._figure(given)
        key = _KEYED.search(asked["query"])
        if key is None or not given.get(key[1]):
            return _failed("BAD_REQUEST", "The @idempotent directive is required for this mutation")
        return self._adjust(given["input"], given[key[1]])

    def _goods(self, given: Mapping[str, Any]) -> Reply:
        at = int(given.get("after") or 0)
        page = self.shop.goods[at : at + given["first"]]
        nodes = [
            {
                "id": f"gid://shopify/ProductVariant/{good.sku}", "title": "Default Title", "sku": good.outer,
                "inventoryQuantity": good.stock, "inventoryItem": {"tracked": True},
                "product": {
                    "id": f"gid://shopify/Product/{good.product}", "title": good.title, "status": "ACTIVE",
                },
            }
            for good in page
        ]  # fmt: skip
        end = at + len(page)
        info = {"hasNextPage": end < len(self.shop.goods), "endCursor": str(end) if page else None}
        return reply({"data": {"productVariants": {"nodes": nodes, "pageInfo": info}}})

    def _figure(self, given: Mapping[str, Any]) -> Reply:
        number = str(given["id"]).removeprefix("gid://shopify/ProductVariant/")
        good = next((good for good in self.shop.goods if str(good.sku) == number), None)
        if good is None:
            return reply({"data": {"productVariant": None}})
        level = {
            "location": {"id": _PLACE, "isActive": True, "fulfillsOnlineOrders": True},
            "quantities": [{"name": "available", "quantity": good.stock}],
        }
        levels = {"nodes": [level], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        item = {"id": _item(good), "tracked": True, "inventoryLevels": levels}
        return reply({"data": {"productVariant": {"inventoryItem": item}}})

    def _adjust(self, given: dict[str, Any], key: str) -> Reply:
        """All changes or none. A figure may go below zero; a key counts once, and only for what it was first told."""
        if key in self._told:
            first, answered = self._told[key]
            if first != given:
                return _wrong("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "The key was used with other parameters")
            return reply(answered)
        goods = {_item(good): good for good in self.shop.goods}
        for one in given["changes"]:
            if "changeFromQuantity" not in one:
                return _failed("INVALID_VARIABLE", "changeFromQuantity: Expected value to not be omitted")
            if one["inventoryItemId"] not in goods or one["locationId"] != _PLACE:
                return _wrong("ITEM_NOT_STOCKED_AT_LOCATION", "The item is not stocked at the location")
            if one["changeFromQuantity"] not in (None, goods[one["inventoryItemId"]].stock):
                return _wrong("CHANGE_FROM_QUANTITY_STALE", "The value does not match the persisted one")
        for one in given["changes"]:
            goods[one["inventoryItemId"]].stock += one["delta"]
        group = {"id": f"gid://shopify/InventoryAdjustmentGroup/{len(self._told) + 1}"}
        answer = _adjusted({"inventoryAdjustmentGroup": group, "userErrors": []})
        self._told[key] = (given, answer)
        return reply(answer)


def _item(good: Good) -> str:
    return f"gid://shopify/InventoryItem/{good.sku + 5_000_000}"


def _adjusted(payload: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"inventoryAdjustQuantities": payload}}


def _wrong(code: str, said: str) -> Reply:
    error = {"field": ["input"], "message": said, "code": code}
    return reply(_adjusted({"inventoryAdjustmentGroup": None, "userErrors": [error]}))


def _failed(code: str, said: str) -> Reply:
    return reply({"errors": [{"message": said, "extensions": {"code": code}}]})


def _picked(order: dict[str, Any], params: Mapping[str, str]) -> dict[str, Any]:
    fields = params.get("fields")
    return {name: order[name] for name in fields.split(",") if name in order} if fields else order


def _financial(order: Order) -> str:
    states = {line.status for line in order.lines}
    if "cancelled" in states:
        return "voided"
    if "unpaid" in states:
        return "pending"
    if states == {"refunded"}:
        return "refunded"
    return "partially_refunded" if "refunded" in states else "paid"


def _order(order: Order) -> dict[str, Any]:
    closed_ms = max((line.closed_ms for line in order.lines if line.status == "cancelled"), default=0)
    return {
        "id": order.id, "created_at": _written(order.created_ms), "updated_at": _written(order.updated_ms),
        "processed_at": _written(order.paid_ms or order.created_ms),
        "cancelled_at": _written(closed_ms) if closed_ms else None, "financial_status": _financial(order),
        "line_items": [_line(line) for line in order.lines],
        "fulfillments": [
            {
                "status": "success", "created_at": _written(line.shipped_ms),
                "line_items": [{"id": line.id, "quantity": line.qty}],
            }
            for line in order.lines
            if line.shipped_ms
        ],
        "refunds": [
            {
                "created_at": _written(line.closed_ms),
                "refund_line_items": [{"line_item_id": line.id, "quantity": line.qty}],
            }
            for line in order.lines
            if line.status == "refunded"
        ],
    }  # fmt: skip


def _line(line: Bought) -> dict[str, Any]:
    return {
        "id": line.id, "quantity": line.qty, "product_id": line.good.product, "variant_id": line.good.sku,
        "sku": line.good.outer, "current_quantity": 0 if line.status == "refunded" else line.qty,
        "fulfillment_status": "fulfilled" if line.shipped_ms else None, "gift_card": False,
    }  # fmt: skip


def _written(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat(timespec="seconds")


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def lab_keys() -> Keys:
    """Credentials that open this face and nothing else."""
    return Keys(
        app_key="lab-shopify-key", app_secret="lab-shopify-secret", access_token="shpat_lab_shopify_token",
        shop="stockwatch-lab.myshopify.com",
    )  # fmt: skip
