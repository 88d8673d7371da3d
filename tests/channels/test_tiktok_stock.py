"""TikTok Shop's figures where a thing lies in several warehouses, and answers that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stockwatch.channels.tiktok import TikTok
from stockwatch.channels.wire import ApiError, Ask, Keys

SHOP = TikTok()


def reading(*warehouses: int, committed: int | None = 0, sku: str = "9", **more: Any) -> bytes:
    kept = [{"warehouse_id": str(nth), "available_quantity": units} for nth, units in enumerate(warehouses)]
    one = {"id": sku, "total_committed_quantity": committed, "warehouse_inventory": kept, **more}
    return json.dumps({"inventory": [{"product_id": "5", "skus": [one]}]}).encode()


def told(ask: Ask) -> dict[str, int]:
    """Warehouse -> what it is to hold."""
    (sku,) = ask.params["body"]["skus"]
    return {one["warehouse_id"]: one["quantity"] for one in sku["inventory"]}


def test_a_change_names_the_fullest_warehouses_and_what_they_are_to_hold():
    assert told(SHOP.change("5", "9", 3, "c", reading(4, 9))) == {"1": 12}
    assert told(SHOP.change("5", "9", -9, "c", reading(4, 9))) == {"1": 0}
    assert told(SHOP.change("5", "9", -11, "c", reading(4, 9))) == {"1": 0, "0": 2}


def test_the_path_names_the_product_and_the_limit_is_the_endpoints():
    ask = SHOP.change("5", "9", 3, "c", reading(4))
    call = SHOP.call(ask, Keys(app_key="k", app_secret="s"), 0)
    assert call.path.startswith("/product/202309/products/5/inventory/update?")
    assert ask.method == SHOP.change("6", "9", 3, "c", reading(4)).method
    with pytest.raises(ApiError):
        SHOP.change("5/../6", "9", 3, "c", reading(4))


def test_whether_sales_came_between_is_told_by_what_is_committed():
    assert not SHOP.undone(reading(4, committed=2), reading(9, committed=2), "9")
    assert SHOP.undone(reading(4, committed=2), reading(9, committed=3), "9")
    assert SHOP.undone(reading(4, committed=None), reading(9, committed=None), "9")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b'{"inventory":[]}', "refused"),
        (b"null", "broken"),
        (reading(4, sku="8"), "refused"),
        (reading(), "broken"),
    ],
)
def test_no_figure_is_made_up(answer: bytes, kind: str):
    with pytest.raises(ApiError) as caught:
        SHOP.stock_in(answer, "9")
    assert caught.value.kind == kind


def test_a_total_without_warehouses_can_be_read_but_not_changed():
    whole = reading(total_available_quantity=7)
    assert SHOP.stock_in(whole, "9") == 7
    with pytest.raises(ApiError, match="no warehouse"):
        SHOP.change("5", "9", 1, "c", whole)


@pytest.mark.parametrize("data", [None, {}, {"errors": []}, {"errors": None}])
def test_a_change_that_is_taken(data: object):
    body = json.dumps({"code": 0, "data": data}).encode()
    SHOP.answer(SHOP.change("5", "9", 1, "c", reading(4)), 200, body)


def test_a_refusal_beside_success_is_heard():
    body = json.dumps({"code": 0, "data": {"errors": [{"code": 12, "message": "no such sku"}]}}).encode()
    with pytest.raises(ApiError, match="12 no such sku"):
        SHOP.answer(SHOP.change("5", "9", 1, "c", reading(4)), 200, body)
