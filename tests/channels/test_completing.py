"""What orders leave unsaid: how many units of a line were refunded, and when a product's stock is taken."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from rehearsal import rehearsal

from stockwatch.channels.memory import Remembered
from stockwatch.lab.face import Reply
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware

WARES = [Ware("HOODIE-M", "卫衣 M", 1000), Ware("SOCK", "袜子", 1000)]
CALM = Faults(latency_s=0, list_lag_s=0, late_s=0.01, duplicated=0)
DETAIL = {"douyin": "product.detail", "taobao": "taobao.item.seller.get"}


def now() -> int:
    return int(time.time() * 1000)


@pytest.mark.parametrize("platform", ["douyin", "taobao", "wechat"])
async def test_one_unit_of_a_line_is_refunded(platform: str):
    async with rehearsal([platform], WARES, CALM, every_s=0.2) as world:
        shop = world.lab.booths[platform].face.shop
        before, after = (shop.place([(shop.goods[0], 3)], now()) for _ in range(2))
        assert before is not None
        assert after is not None
        for order in (before, after):
            shop.pay(order, now())
        shop.refund(before, before.lines[0], now(), 1)
        shop.ship(after, now())
        await world.settle(5)
        shop.refund(after, after.lines[0], now() + 1000, 1)
        await world.settle(5)
        stock = world.sink.books.stock("HOODIE-M")
        assert stock.sold == 4
        kept = 0 if platform == "wechat" else 1
        assert (stock.quarantined, stock.available) == (2 - kept, 994 + kept), (
            "only what never left is on the shelf"
        )
        assert not world.sink.outcomes["conflict"]


@pytest.mark.parametrize("for_good", [False, True])
async def test_an_after_sale_that_cannot_be_read_is_read_later_or_said(for_good: bool, monkeypatch: Any):
    monkeypatch.setattr("stockwatch.channels.feed._AGAIN_S", 0.3)
    async with rehearsal(["douyin"], WARES, CALM, every_s=0.2) as world:
        face = world.lab.booths["douyin"].face
        shop, working, asked = face.shop, face._after_sales, list[Any]()
        wrong = {"code": 30001, "sub_code": "isv.no-permission", "msg": "no"}
        broken = {"code": 20000, "sub_code": "isp.busy", "msg": "busy"}

        def failing(params: Any) -> Reply:
            asked.append(params)
            return Reply(200, json.dumps(wrong if for_good else broken).encode())

        face._after_sales = failing
        order = shop.place([(shop.goods[0], 3)], now())
        assert order is not None
        shop.pay(order, now())
        shop.refund(order, order.lines[0], now(), 1)
        await world.until(lambda: world.sink.books.stock("HOODIE-M").sold == 3 and asked, 5)
        await world.until(lambda: "refunds unread" in world.sink.statuses["douyin"].note.en, 5)
        assert world.sink.statuses["douyin"].state == "live", "orders are told all the same"
        face._after_sales = working
        if for_good:
            assert len(asked) < 4
        else:
            await world.settle(5)
            await world.until(lambda: not world.sink.statuses["douyin"].note.en, 5)


@pytest.mark.parametrize("platform", ["douyin", "taobao"])
async def test_a_product_whose_stock_is_taken_at_payment_holds_nothing_before(platform: str):
    async with rehearsal([platform], WARES, CALM, every_s=0.2, at_payment=["SOCK"]) as world:
        face = world.lab.booths[platform].face
        for _ in range(5):
            order = face.shop.place([(good, 2) for good in face.shop.goods], now())
        assert order is not None
        await world.until(lambda: world.sink.books.stock("HOODIE-M").reserved == 10, 5)
        assert world.sink.books.stock("SOCK").reserved == 0
        face.shop.pay(order, now())
        await world.until(lambda: world.sink.books.stock("SOCK").sold == 2, 5)
        await world.settle(5)
        assert face.door.asked[DETAIL[platform]] == 2, "once a product"
        assert not world.sink.statuses[platform].note.en


async def test_a_product_that_is_slow_to_say_holds_no_order_up_for_long():
    async with rehearsal(["douyin"], WARES, CALM, every_s=0.2) as world:
        feed, shop = world.feeds["douyin"], world.lab.booths["douyin"].face.shop
        await world.until(lambda: len(feed._completer._known) == len(WARES), 5)
        feed._completer._known = Remembered(10)  # as if it had not been asked at the start
        asking = feed.client.ask

        async def slow(ask: Any, **more: Any) -> bytes:
            if ask.method == "product.detail":
                await asyncio.sleep(60)
            return await asking(ask, **more)

        feed.client.ask = slow  # type: ignore[method-assign]
        began = time.monotonic()
        for units in (1, 2):
            shop.place([(shop.goods[0], 1)], now())
            await world.until(lambda least=units: world.sink.books.stock("HOODIE-M").reserved >= least, 4)
        assert time.monotonic() - began < 3.0
        await world.until(lambda: "deduct as set" in world.sink.statuses["douyin"].note.en, 3)
