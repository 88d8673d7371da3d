"""Step stock (阶梯库存): what a platform sells as pre-sale is a figure of its own, and never taken for what is here."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest
from rehearsal import Rehearsal, rehearsal
from test_readback import RoomSink

from stockwatch.channels import readback
from stockwatch.channels.batches import change_several
from stockwatch.channels.douyin.adapter import Douyin
from stockwatch.channels.stock import Changed, change, read, survey
from stockwatch.channels.wire import ApiError, Ask, Keys, Wanted
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware

QUIET = Faults(latency_s=0, list_lag_s=0)
WARES = [Ware("A", "卫衣 黑 M", 20, 100), Ware("B", "袜子", 5)]
SHOP = Douyin()


def goods(world: Rehearsal) -> list[Any]:
    return world.lab.booths["douyin"].face.shop.goods


def place(world: Rehearsal, nth: int) -> tuple[str, str]:
    return str(goods(world)[nth].product), str(goods(world)[nth].sku)


def now() -> int:
    return int(time.time() * 1000)


def told(**members: Any) -> bytes:
    return json.dumps({"stock_num": 3, **members}).encode()


def test_what_a_platform_says_of_step_stock():
    assert SHOP.step_in(told(sku_type=10, step_stock_num=7), "1") == 7
    assert SHOP.step_in(told(sku_type=10, step_stock_num=0), "1") == 0
    assert SHOP.step_in(told(sku_type=0, step_stock_num=0), "1") is None, "a plain SKU has none"
    assert SHOP.step_in(told(sku_type=None, step_stock_num=None), "1") is None
    assert SHOP.stock_in(told(sku_type=10, step_stock_num=7, prehold_step_stock_num=2), "1") == 3


@pytest.mark.parametrize(("kind", "presale"), [(0, False), (1, True), (2, True)])
def test_which_orders_are_of_pre_sale(kind: int, presale: bool):
    line = {"order_id": "2", "order_status": 1, "item_num": 1, "pre_sale_type": kind}
    detail = {"shop_order_detail": {"order_id": "1", "create_time": 1, "sku_order_list": [line]}}
    (read_line,) = SHOP.order(json.dumps(detail).encode(), Keys()).lines
    assert read_line.presale is presale


async def test_a_change_sets_one_figure_and_leaves_the_other():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        client, at = world.feeds["douyin"].client, place(world, 0)
        assert (await read(client, *at), await read(client, *at, "presale")) == (20, 100)
        # One name: both are made all the same.
        assert await change(client, *at, -5, "c1", "presale") == Changed(100, 95, -5)
        assert await change(client, *at, -5, "c1") == Changed(20, 15, -5)
        assert await change(client, *at, -500, "c2", "presale") == Changed(95, 0, -95)
        assert (goods(world)[0].stock, goods(world)[0].step) == (15, 0)
        with pytest.raises(ApiError, match="no step stock"):
            await change(client, *place(world, 1), 5, "c3", "presale")
        assert (goods(world)[1].stock, goods(world)[1].step) == (5, None)


async def test_a_request_for_several_names_the_figure_of_each():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        client, step, plain = world.feeds["douyin"].client, place(world, 0), place(world, 1)
        several = [
            Wanted(*step, -5, "presale"),
            Wanted(*step, 3),
            Wanted(*plain, 2),
            Wanted(*plain, 2, "presale"),
        ]
        *made, none = await change_several(client, several, "c1")
        assert made == [Changed(100, 95, -5), Changed(20, 23, 3), Changed(5, 7, 2)]
        assert isinstance(none, ApiError)
        goods(world)[1].product = goods(world)[0].product
        whole = [Wanted(*step, 5, "presale"), Wanted(*step, -3), Wanted(step[0], plain[1], -2)]
        assert await change_several(client, whole, "c2", whole=True) == (
            Changed(95, 100, 5),
            Changed(23, 20, -3),
            Changed(7, 5, -2),
        )
        assert [(good.stock, good.step) for good in goods(world)] == [(20, 100), (5, None)]


async def test_the_look_alike_refuses_a_stepped_sku_that_is_told_as_a_plain_one():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        product, sku = place(world, 0)
        params = {
            "product_id": product, "incremental": True, "idempotent_id": "c1",
            "sku_sync_list": [{"sku_id": sku, "sku_type": 0, "stock_num": 1}],
        }  # fmt: skip
        with pytest.raises(ApiError, match="sku_type"):
            await world.feeds["douyin"].client.ask(Ask("sku.syncStockBatch", params), writes=True)


def test_what_is_kept_by_warehouse_is_not_told_as_plain():
    with pytest.raises(ApiError, match="warehouse"):
        SHOP.several([Wanted("1", "2", 1)], "c", [told(sku_type=1)], whole=True)


async def test_what_is_offered_says_both_figures():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        listed = (await survey(world.feeds["douyin"].client)).goods
        assert [(one.outer, one.stock, one.step) for one in listed] == [("A", 20, 100), ("B", 5, None)]


async def test_what_is_sold_past_stock_is_booked_as_pre_sale():
    async with rehearsal(["douyin"], WARES, QUIET, every_s=0.2) as world:
        shop = world.lab.booths["douyin"].face.shop
        for _ in range(4):
            order = shop.place([(goods(world)[0], 8)], now())
            assert order is not None
            assert shop.pay(order, now())
        gone = shop.place([(goods(world)[0], 8)], now())
        assert gone is not None
        shop.cancel(gone, now())
        assert (goods(world)[0].stock, goods(world)[0].step) == (4, 84)
        await world.until(lambda: world.sink.books.stock("A").sold == 16, 5)
        await world.settle(5)
        assert world.sink.books.stock("A").available == 4
        presale = world.sink.books.stock_in("A", "presale")
        assert (presale.sold, presale.reserved, presale.shortfall) == (0, 0, 16), "nobody counted any for it"
        assert shop.figures()["A"].sold == 16
        assert shop.figures(presale=True)["A"].sold == 16


async def test_each_figure_is_read_back_and_compared_with_its_own_orders(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(readback, "LEAST_S", 0.1)
    sink = RoomSink()
    wares = [Ware("A", "卫衣 黑 M", 20, 100), Ware("B", "袜子", 20)]
    async with rehearsal(
        ["douyin"], wares, QUIET, sink=sink, read_back=sink.read_back, every_s=0.2, look_back_s=0.4, push=False,
    ) as world:  # fmt: skip
        shop = world.lab.booths["douyin"].face.shop
        await sink.followed(world)
        await world.until(lambda: len(sink.room.figures._figures) == 3, 5)
        for _ in range(3):
            shop.place([(goods(world)[0], 25)], now())
        await world.until(lambda: sink.books.stock_in("A", "presale").shortfall == 75, 5)
        goods(world)[0].step = 600
        await world.until(sink.alerts, 8)
        (row,) = sink.alerts()
        assert "douyin 预售 被外部改" in row.reason.zh
        assert "→600" in row.reason.zh
        figures = [one["data"] for one in sink.figures() if one["subject"] == "A"]
        assert {one.get("pool") for one in figures} == {None, "presale"}
        assert {one["qty"] for one in figures if "pool" not in one} == {20}
        data = msgspec.json.decode(
            next(raw for raw in sink.room.drain().said if b"alert.overwritten" in raw)
        )["data"]
        assert (data["pool"], data["to"]) == ("presale", 600)
