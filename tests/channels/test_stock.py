"""A platform's figure is changed once or not at all, whatever becomes of the answer and whoever buys meanwhile."""

from __future__ import annotations

import time
from functools import partial

import pytest
from rehearsal import Rehearsal, rehearsal

from stockwatch.channels.stock import change, read, survey
from stockwatch.channels.wire import ApiError
from stockwatch.lab.douyin_stock import wrong
from stockwatch.lab.face import Reply, Request
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware

PLATFORMS = ("douyin", "kuaishou", "taobao", "wechat", "tiktok", "shopify")
WARES = [Ware("A", "卫衣 黑 M", 20), Ware("B", "袜子", 5)]
QUIET = Faults(latency_s=0, list_lag_s=0)


def writes(request: Request) -> bool:
    """Whether it changes a figure, on any platform."""
    asked = f"{request.path} {request.query} {request.body.decode()}"
    words = ("stock.update", "syncStock", "quantity.update", "stock/update", "mutation", "inventory/update")
    return any(word in asked for word in words)


def good(world: Rehearsal, platform: str) -> tuple[str, str]:
    first = world.lab.booths[platform].face.shop.goods[0]
    return str(first.product), str(first.sku)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_more_less_and_no_less_than_there_is(platform: str):
    async with rehearsal([platform], WARES, QUIET, push=False, every_s=30) as world:
        client = world.feeds[platform].client
        at = good(world, platform)
        assert await read(client, *at) == 20
        assert (await change(client, *at, 7, "c1"))[:3] == (20, 27, 7)
        assert (await change(client, *at, -5, "c2"))[:3] == (27, 22, -5)
        assert (await change(client, *at, -90, "c3"))[:3] == (22, 0, -22), (
            "what is not there is not hidden as taken"
        )
        assert (await change(client, *at, -1, "c4"))[:3] == (0, 0, 0)
        assert world.lab.booths[platform].face.shop.goods[0].stock == 0
        with pytest.raises(ApiError):
            await change(client, at[0], "1", 1, "c5")


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_change_whose_answer_is_lost_is_made_once(platform: str):
    async with rehearsal([platform], WARES, QUIET, push=False, every_s=30) as world:
        client, booth = world.feeds[platform].client, world.lab.booths[platform]
        at = good(world, platform)
        handle, lost = booth.face.handle, []

        def loses(request, now_ms):  # type: ignore[no-untyped-def]
            answer = handle(request, now_ms)
            if not lost and writes(request):
                lost.append(request)
                raise ConnectionResetError
            return answer

        booth.face.handle = loses  # type: ignore[method-assign]
        changed = await change(client, *at, 7, "c1")
        assert lost, "the answer was lost"
        assert (changed.applied, changed.after, changed.sure) == (7, 27, True)
        assert booth.face.shop.goods[0].stock == 27


@pytest.mark.parametrize("platform", ["douyin", "kuaishou", "wechat", "shopify"])
async def test_what_sells_meanwhile_is_not_taken_twice(platform: str):
    async with rehearsal([platform], WARES, QUIET, push=False, every_s=30) as world:
        client, shop = world.feeds[platform].client, world.lab.booths[platform].face.shop
        handle, sold = world.lab.booths[platform].face.handle, []

        def sells(request, now_ms):  # type: ignore[no-untyped-def]
            if writes(request) and not sold:
                sold.append(shop.place([(shop.goods[0], 15)], int(time.time() * 1000)))
            return handle(request, now_ms)

        world.lab.booths[platform].face.handle = sells  # type: ignore[method-assign]
        changed = await change(client, *good(world, platform), -10, "c1")
        assert (changed.before, changed.after, changed.applied) == (5, 0, -5)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_change_that_can_not_be_read_back_is_not_told_as_none(platform: str):
    async with rehearsal([platform], WARES, QUIET, push=False, every_s=30) as world:
        client, booth = world.feeds[platform].client, world.lab.booths[platform]
        handle, made = booth.face.handle, []

        def ends(request, now_ms):  # type: ignore[no-untyped-def]
            if made:
                return Reply(400, b"{}")
            answer = handle(request, now_ms)
            made.extend([request] if writes(request) else [])
            return answer

        booth.face.handle = ends  # type: ignore[method-assign]
        client.ask = partial(client.ask, tries=1)  # type: ignore[method-assign]
        with pytest.raises(ApiError) as caught:
            await change(client, *good(world, platform), 7, "c1")
        assert caught.value.kind == "unknown"
        assert booth.face.shop.goods[0].stock == 27


async def test_nothing_is_added_where_something_was_to_be_taken_from_less_than_none():
    async with rehearsal(["wechat"], WARES, QUIET, push=False, every_s=30) as world:
        world.lab.booths["wechat"].face.shop.goods[0].stock = -3
        changed = await change(world.feeds["wechat"].client, *good(world, "wechat"), -5, "c1")
        assert (changed.before, changed.after, changed.applied) == (-3, -3, 0)


async def test_tiktok_undoes_a_sale_that_comes_between_and_the_change_says_that_it_may_have():
    async with rehearsal(["tiktok"], WARES, QUIET, push=False, every_s=30) as world:
        client, booth = world.feeds["tiktok"].client, world.lab.booths["tiktok"]
        shop, handle, sold = booth.face.shop, booth.face.handle, []

        def sells(request, now_ms):  # type: ignore[no-untyped-def]
            if writes(request) and not sold:
                sold.append(shop.place([(shop.goods[0], 3)], int(time.time() * 1000)))
            return handle(request, now_ms)

        booth.face.handle = sells  # type: ignore[method-assign]
        at = good(world, "tiktok")
        changed = await change(client, *at, -7, "c1")
        assert (changed.before, changed.after, changed.applied, changed.sure) == (20, 13, -7, False)
        assert shop.goods[0].stock == 13, "three of them are sold already"
        assert (await change(client, *at, -2, "c2")).sure, "nothing sold meanwhile"


@pytest.mark.parametrize("platform", ["douyin", "shopify"])
async def test_a_change_that_got_lost_before_it_was_made_is_made_of_what_is_left(platform: str):
    async with rehearsal([platform], WARES, QUIET, push=False, every_s=30) as world:
        client, booth = world.feeds[platform].client, world.lab.booths[platform]
        shop, handle, lost = booth.face.shop, booth.face.handle, []

        def loses(request, now_ms):  # type: ignore[no-untyped-def]
            if lost or not writes(request):
                return handle(request, now_ms)
            lost.append(shop.place([(shop.goods[0], 15)], int(time.time() * 1000)))
            raise ConnectionResetError

        booth.face.handle = loses  # type: ignore[method-assign]
        changed = await change(client, *good(world, platform), -10, "c1")
        assert (changed.before, changed.after, changed.applied, changed.sure) == (5, 0, -5, True)


@pytest.mark.parametrize("delta", [7, -7])
async def test_a_change_whose_name_is_refused_as_used_was_made(delta: int):
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        client, booth = world.feeds["douyin"].client, world.lab.booths["douyin"]
        shop, handle, told = booth.face.shop, booth.face.handle, []

        def once(request, now_ms):  # type: ignore[no-untyped-def]
            if not writes(request):
                return handle(request, now_ms)
            told.append(request.body)
            if len(told) > 1:
                return wrong(50002, "isv.business-failed:-20002", "Token已被使用")
            handle(request, now_ms)
            shop.place([(shop.goods[0], 3)], int(time.time() * 1000))
            raise ConnectionResetError

        booth.face.handle = once  # type: ignore[method-assign]
        changed = await change(client, *good(world, "douyin"), delta, "c1")
        assert changed == (20, 17 + delta, delta, True)
        assert told == told[:1] * 2


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("delta", [7, -7])
async def test_shopify_makes_a_change_once_though_its_answer_is_lost_amid_sales(
    carried_out: bool, delta: int
):
    async with rehearsal(["shopify"], WARES, QUIET, push=False, every_s=30) as world:
        client, booth = world.feeds["shopify"].client, world.lab.booths["shopify"]
        shop, handle, lost = booth.face.shop, booth.face.handle, []

        def loses(request, now_ms):  # type: ignore[no-untyped-def]
            if lost or not writes(request):
                return handle(request, now_ms)
            lost.append(request)
            if carried_out:
                handle(request, now_ms)
            shop.place([(shop.goods[0], 3)], int(time.time() * 1000))
            raise ConnectionResetError

        booth.face.handle = loses  # type: ignore[method-assign]
        changed = await change(client, *good(world, "shopify"), delta, "c1")
        assert (changed.applied, changed.after, changed.sure) == (delta, 17 + delta, True)
        assert shop.goods[0].stock == 17 + delta


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_all_that_a_shop_offers_is_listed(platform: str):
    wares = [Ware(f"SKU-{n}", f"商品 {n}", n) for n in range(1, 131)]
    async with rehearsal([platform], wares, QUIET, push=False, every_s=30) as world:
        listed = (await survey(world.feeds[platform].client)).goods
        assert {(one.outer, one.stock) for one in listed} == {(ware.sku, ware.stock) for ware in wares}
        assert {(one.product, one.sku) for one in listed} == {
            (str(g.product), str(g.sku)) for g in world.lab.booths[platform].face.shop.goods
        }
        assert all(one.title for one in listed)
