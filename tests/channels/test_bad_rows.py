"""One row of a list that can't be read costs itself: it is set aside, and all others are followed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from rehearsal import rehearsal

from stockwatch.channels.douyin import Douyin
from stockwatch.channels.kuaishou import Kuaishou
from stockwatch.channels.orders import Order
from stockwatch.channels.shopify import Shopify
from stockwatch.channels.taobao import Taobao
from stockwatch.channels.tiktok import TikTok
from stockwatch.channels.wechat import WeChat
from stockwatch.channels.wire import ApiError, Ask, Keys, Nudge
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware

T = 1_790_000_000
KEYS = Keys(app_key="k", app_secret="s")
DOUYIN = {
    "order_id": "1", "create_time": T, "update_time": T, "order_status": 1,
    "sku_order_list": [{"order_id": "1", "order_status": 1, "item_num": 1, "product_id": 5, "sku_id": 6}],
}  # fmt: skip
KUAISHOU = {
    "orderBaseInfo": {"oid": 1, "status": 10, "createTime": T * 1000},
    "orderItemInfo": {"num": 1, "itemId": 5, "skuId": 6},
}
TAOBAO = {
    "tid": 1, "created": "2026-09-21 22:13:20", "status": "WAIT_BUYER_PAY",
    "orders": {"order": [{"oid": 1, "num": 1, "status": "WAIT_BUYER_PAY", "num_iid": 5, "sku_id": 6}]},
}  # fmt: skip
TIKTOK = {
    "id": "1",
    "status": "UNPAID",
    "create_time": T,
    "line_items": [{"id": "1", "product_id": "5", "sku_id": "6"}],
}
SHOPIFY = {
    "id": 1, "created_at": "2026-09-21T22:13:20+08:00", "updated_at": "2026-09-21T22:13:20+08:00",
    "line_items": [{"id": 1, "quantity": 1, "product_id": 5, "variant_id": 6}],
}  # fmt: skip
LISTS: dict[str, tuple[Any, dict[str, Any], Any, tuple[Any, ...], tuple[Any, ...]]] = {
    # A row, how an answer wraps rows, a member that may be null, and one that must not be.
    "douyin": (Douyin(), DOUYIN, lambda rows: {"shop_order_list": rows},
               ("sku_order_list", 0, "code"), ("sku_order_list", 0, "item_num")),
    "kuaishou": (Kuaishou(), KUAISHOU, lambda rows: {"orderList": rows, "cursor": None},
                 ("orderItemInfo", "goodsCode"), ("orderItemInfo", "num")),
    "taobao": (Taobao(), TAOBAO, lambda rows: {"trades": {"trade": rows}},
               ("orders", "order", 0, "outer_sku_id"), ("orders", "order", 0, "num")),
    "tiktok": (TikTok(), TIKTOK, lambda rows: {"orders": rows}, ("update_time",), ("line_items", 0, "id")),
    "shopify": (Shopify(), SHOPIFY, lambda rows: {"orders": rows}, ("refunds",), ("line_items", 0, "quantity")),
}  # fmt: skip


def with_null(row: dict[str, Any], where: tuple[Any, ...]) -> dict[str, Any]:
    return with_value(row, where, None)


def with_value(row: dict[str, Any], where: tuple[Any, ...], value: int | str | None) -> dict[str, Any]:
    found: Any = (made := copy.deepcopy(row))
    for step in where[:-1]:
        found = found[step]
    found[where[-1]] = value
    return made


@pytest.mark.parametrize("platform", LISTS)
def test_a_row_that_cant_be_read_costs_itself(platform: str):
    adapter, row, wrapped, _, needed = LISTS[platform]
    rows = [row, with_null(row, needed), "no row", None, row]
    page = adapter.page(
        json.dumps(wrapped(rows)).encode(), KEYS, adapter.poll(T * 10**6, (T + 9) * 10**6, None)
    )
    assert [order.id for order in page.orders] == ["1", "1"]
    assert [json.loads(bad.row) for bad in page.unusable] == rows[1:4]
    assert "$" in page.unusable[0].why, "it is said where it is wrong"


@pytest.mark.parametrize("platform", LISTS)
def test_what_is_null_is_what_is_missing(platform: str):
    adapter, row, wrapped, spare, _ = LISTS[platform]
    ask = adapter.poll(T * 10**6, (T + 9) * 10**6, None)
    page = adapter.page(json.dumps(wrapped([row, with_null(row, spare)])).encode(), KEYS, ask)
    first, second = page.orders
    assert first == second
    assert not page.unusable


UNITS = {
    "douyin": ("sku_order_list", 0, "item_num"), "kuaishou": ("orderItemInfo", "num"),
    "taobao": ("orders", "order", 0, "num"), "tiktok": ("line_items", 0, "quantity"),
    "shopify": ("line_items", 0, "quantity"),
}  # fmt: skip


@pytest.mark.parametrize("platform", sorted(set(UNITS) - {"tiktok"}))  # a line of TikTok's is one unit
def test_a_number_in_quotes_is_that_number(platform: str):
    adapter, row, wrapped, *_ = LISTS[platform]
    ask = adapter.poll(T * 10**6, (T + 9) * 10**6, None)
    rows = [
        with_value(row, UNITS[platform], units) for units in (3, "3", "3e0", "three", "9007199254740993.0")
    ]
    page = adapter.page(json.dumps(wrapped(rows)).encode(), KEYS, ask)
    first, second = page.orders
    assert first == second
    assert first.lines[0].qty == 3
    assert len(page.unusable) == 3, "what would pass through a float is none, nor is a word"


@pytest.mark.parametrize("units", [-3, 2**31, 10**20])
@pytest.mark.parametrize("platform", LISTS)
def test_so_many_units_as_no_line_has_are_set_aside(platform: str, units: int):
    adapter, row, wrapped, _, _ = LISTS[platform]
    rows = [row, with_value(row, UNITS[platform], units)]
    ask = adapter.poll(T * 10**6, (T + 9) * 10**6, None)
    page = adapter.page(json.dumps(wrapped(rows)).encode(), KEYS, ask)
    assert (len(page.orders), len(page.unusable)) == (1, 1)


def test_wechat_names_the_others():
    adapter = WeChat()
    body = b'{"order_id_list":["7",null,"\\u001b[31m",8],"has_more":false}'
    page = adapter.page(body, KEYS, adapter.poll(0, 10**6, None))
    assert (page.names, len(page.unusable)) == (("7", "8"), 2)


@pytest.mark.parametrize("adapter", [Douyin(), Shopify()])
def test_a_time_beyond_what_was_asked_for_passes_over_no_order(adapter: Any):
    """A full page whose last row claims to be of a far future: the next page goes on from the others."""
    ask = adapter.poll(T * 10**6, (T + 9) * 10**6, None)
    if isinstance(adapter, Douyin):
        rows = [{**DOUYIN, "update_time": T + 3}] * 99 + [{**DOUYIN, "update_time": T + 10**6}]
        more = adapter.page(json.dumps({"shop_order_list": rows}).encode(), KEYS, ask).more
        assert more == f"{T + 3}:0"
    else:
        rows = [{**SHOPIFY, "updated_at": "2026-09-21T22:13:23+08:00"}] * 249
        rows += [{**SHOPIFY, "updated_at": "2096-09-21T22:13:20+08:00"}]
        assert adapter.page(json.dumps({"orders": rows}).encode(), KEYS, ask).more == str(T + 3)


@pytest.mark.parametrize(
    ("adapter", "row"), [(Douyin(), {**DOUYIN, "sku_order_list": None}), (Taobao(), {**TAOBAO, "orders": {}})]
)
def test_an_order_without_lines_is_not_taken_for_read(adapter: Any, row: dict[str, Any]):
    wrapped = {"shop_order_list": [row]} if isinstance(adapter, Douyin) else {"trades": {"trade": [row]}}
    page = adapter.page(json.dumps(wrapped).encode(), KEYS, adapter.poll(T * 10**6, (T + 9) * 10**6, None))
    assert ([len(page.orders), len(page.unusable)]) == [0, 1]


async def test_polling_goes_on_past_a_row_that_cant_be_read():
    wares = [Ware("A", "a", 1000)]
    async with rehearsal(
        ["douyin"], wares, Faults(latency_s=0, list_lag_s=0), push=False, every_s=0.3
    ) as world:
        feed, adapter = world.feeds["douyin"], world.feeds["douyin"].client.adapter
        plain = adapter.page

        def spoiled(answer: bytes, keys: Keys, ask: Ask) -> Any:
            found = json.loads(answer)
            found.setdefault("shop_order_list", []).insert(
                0, {"order_id": "4781320682406083640", "create_time": T}
            )
            return plain(json.dumps(found).encode(), keys, ask)

        adapter.page = spoiled  # type: ignore[method-assign]
        world.rate(20)
        await world.until(lambda: len(world.sink.seen) > 9 and feed.is_live, 8)
        world.rate(0)
        await world.settle()
        assert feed.unusable == 1, "counted once, however often lists come by it"
        ((channel, _, why),) = [one for one in world.sink.aside if b"4781320682406083640" in one[1]]
        assert channel == "douyin"
        assert "an order without lines" in why


async def test_a_named_order_that_cant_be_read_is_set_aside_and_not_asked_for_again(monkeypatch):
    monkeypatch.setattr("stockwatch.channels.feed._AGAIN_S", 0.1)
    wares = [Ware("A", "a", 1000)]
    async with rehearsal(
        ["douyin"], wares, Faults(latency_s=0, list_lag_s=0), push=False, every_s=30
    ) as world:
        feed, shop = world.feeds["douyin"], world.lab.booths["douyin"].face.shop

        def unreadable(answer: bytes, keys: Keys) -> Order:
            raise ApiError("broken", "order.orderDetail: not what it must be")

        feed.client.adapter.order = unreadable  # type: ignore[method-assign]
        order = shop.place([(shop.goods[0], 1)], T * 1000)
        assert order is not None
        feed.nudge([Nudge(str(order.id), "m", None)])
        await world.until(lambda: bool(world.sink.aside), 5)
        assert (feed.pending, feed.unusable) == (0, 1)
