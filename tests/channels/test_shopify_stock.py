"""Shopify's figures where a thing lies at several places, and answers that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stockwatch.channels.shopify import Shopify
from stockwatch.channels.wire import ApiError, Ask

SHOP = Shopify()


def place(number: int, available: int, **more: Any) -> dict[str, Any]:
    location = {"id": f"gid://shopify/Location/{number}", "isActive": True, "fulfillsOnlineOrders": True}
    quantities = [{"name": "available", "quantity": available}]
    return {"location": {**location, **more}, "quantities": quantities}


def reading(*levels: dict[str, Any], tracked: bool = True, more: bool = False) -> bytes:
    nodes = {"nodes": levels, "pageInfo": {"hasNextPage": more, "endCursor": None}}
    item = {"id": "gid://shopify/InventoryItem/7", "tracked": tracked, "inventoryLevels": nodes}
    return json.dumps({"productVariant": {"inventoryItem": item}}).encode()


def told(ask: Ask) -> dict[str, tuple[int, int]]:
    """Place -> (delta, what the figure is said to be)."""
    changes = ask.params["variables"]["input"]["changes"]
    return {one["locationId"][-1]: (one["delta"], one["changeFromQuantity"]) for one in changes}


def test_only_places_that_serve_online_orders_count():
    at = (place(1, 4), place(2, 9), place(3, 50, fulfillsOnlineOrders=False), place(4, 9, isActive=False))
    assert SHOP.stock_in(reading(*at), "1") == 13
    assert told(SHOP.change("1", "1", 5, "c", reading(*at))) == {"2": (5, 9)}
    assert told(SHOP.change("1", "1", -11, "c", reading(*at))) == {"2": (-9, 9), "1": (-2, 4)}


def test_what_was_oversold_at_one_place_is_not_taken_from_there():
    at = reading(place(1, -3), place(2, 9))
    assert SHOP.stock_in(at, "1") == 6
    assert told(SHOP.change("1", "1", -6, "c", at)) == {"2": (-6, 9)}
    assert SHOP.stock_in(reading(place(1, -3)), "1") == 0


def test_a_key_is_of_what_is_told():
    def key(delta: int, once: str, *levels: dict[str, Any]) -> str:
        return str(SHOP.change("1", "1", delta, once, reading(*levels)).params["variables"]["key"])

    assert key(1, "c", place(1, 4)) == key(1, "c", place(1, 4))
    assert len({key(1, "c", place(1, 4)), key(1, "d", place(1, 4)), key(1, "c", place(1, 5))}) == 3


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (reading(place(1, 4), tracked=False), "not tracked"),
        (reading(place(1, 4, fulfillsOnlineOrders=False)), "online orders"),
        (reading(place(1, 4), more=True), "more than 50"),
        (b'{"productVariant":null}', "no such variant"),
        (b'{"productVariant":{"inventoryItem":null}}', "productVariant"),
        (b"[]", "productVariant"),
    ],
)
def test_no_figure_is_made_up(answer: bytes, says: str):
    with pytest.raises(ApiError, match=says):
        SHOP.stock_in(answer, "1")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}, "limited"),
        ({"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}], "data": None}, "denied"),
        ({"errors": [{"message": "no"}]}, "refused"),
        (
            {"data": {"inventoryAdjustQuantities": {"userErrors": [{"message": "x", "code": "NEW"}]}}},
            "refused",
        ),
        (
            {"data": {"inventoryAdjustQuantities": {"userErrors": [{"code": "CHANGE_FROM_QUANTITY_STALE"}]}}},
            "moved",
        ),
        (
            {
                "data": {
                    "inventoryAdjustQuantities": {"userErrors": [{"code": "IDEMPOTENCY_CONCURRENT_REQUEST"}]}
                }
            },
            "broken",
        ),
        ({"errors": "[API] Invalid"}, "broken"),
    ],
)
def test_errors_that_come_as_success_are_told_apart(body: dict[str, Any], kind: str):
    with pytest.raises(ApiError) as caught:
        SHOP.answer(SHOP.stock("1", "1"), 200, json.dumps(body).encode())
    assert caught.value.kind == kind
    assert (caught.value.retry_after_s is not None) == (kind == "limited")


def test_goods_that_are_not_on_sale_are_left_out_and_the_last_page_ends():
    def variant(number: int, status: str, **more: Any) -> dict[str, Any]:
        product = {"id": f"gid://shopify/Product/{number}", "title": "Tee", "status": status}
        return {"id": f"gid://shopify/ProductVariant/{number}1", "title": "M", "product": product, **more}

    nodes = [
        variant(1, "ACTIVE", sku="A", inventoryQuantity=4, inventoryItem={"tracked": False}),
        variant(2, "DRAFT"),
    ]
    page = {"nodes": nodes, "pageInfo": {"hasNextPage": True, "endCursor": "e1"}}
    body = json.dumps({"productVariants": page}).encode()
    offer = SHOP.offer(body, SHOP.goods())
    assert [one[:6] for one in offer.goods] == [("1", "11", "Tee", "M", "A", None)]
    assert SHOP.offer(body, offer.more[0]).more == (), "the same cursor again is no next page"
