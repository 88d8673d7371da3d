"""Several figures changed by one request: each is answered for by itself, and changed once or not at all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from rehearsal import Rehearsal, rehearsal

from stockwatch.channels.batches import change_several
from stockwatch.channels.douyin.adapter import Douyin
from stockwatch.channels.stock import Changed
from stockwatch.channels.wire import ApiError, Ask, Wanted
from stockwatch.lab.face import Reply, Request
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware
from stockwatch.lab.shop import Shop

QUIET = Faults(latency_s=0, list_lag_s=0)
WARES = [Ware("A", "卫衣 黑 M", 20), Ware("B", "袜子", 5), Ware("C", "帽子", 9)]
MANY = "sku/syncStockBatchMultiProducts"
WHOLE = "sku/syncStockBatch"


def shop_of(world: Rehearsal, platform: str = "douyin") -> Shop:
    return world.lab.booths[platform].face.shop


def wanted(shop: Shop, *deltas: int) -> list[Wanted]:
    return [
        Wanted(str(good.product), str(good.sku), delta)
        for good, delta in zip(shop.goods, deltas, strict=False)
    ]


def figures(shop: Shop) -> list[int]:
    return [good.stock for good in shop.goods]


def one_product(shop: Shop) -> None:
    for good in shop.goods:
        good.product = shop.goods[0].product


def watch(
    world: Rehearsal, path: str, meddle: Callable[[int, Callable[[], Reply]], Reply] | None = None
) -> list[bytes]:
    """The bodies of requests to that path; `meddle` is given which one it is, from 0, and what carries it out."""
    face, asked = world.lab.booths["douyin"].face, list[bytes]()
    handle = face.handle

    def handles(request: Request, now_ms: int) -> Reply:
        if request.path.strip("/") != path:
            return handle(request, now_ms)
        asked.append(request.body)
        go_on = lambda: handle(request, now_ms)  # noqa: E731
        return go_on() if meddle is None else meddle(len(asked) - 1, go_on)

    face.handle = handles  # type: ignore[method-assign]
    return asked


def sold(shop: Shop, which: int, units: int) -> None:
    shop.place([(shop.goods[which], units)], int(time.time() * 1000))


async def test_one_request_and_each_is_answered_for():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop, asked = shop_of(world), watch(world, MANY)
        several = [*wanted(shop, 7, -9, -2), Wanted("1", "1", 3)]
        more, less, exact, none = await change_several(world.feeds["douyin"].client, several, "c1")
        assert (more, less, exact) == (Changed(20, 27, 7), Changed(5, 0, -5), Changed(9, 7, -2))
        assert isinstance(none, ApiError)
        assert none.kind == "refused"
        assert figures(shop) == [27, 0, 7]
        assert len(asked) == 1
        told = json.loads(asked[0])
        assert told["incremental"] is True
        assert told["idempotent_id"]
        assert [item["stock_num"] for item in told["items"]] == [7, -5, -2]


async def test_what_has_nothing_left_is_not_told():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop, asked = shop_of(world), watch(world, MANY)
        shop.goods[1].stock = 0
        assert await change_several(world.feeds["douyin"].client, wanted(shop, 0, -4)[1:], "c1") == (
            Changed(0, 0, 0),
        )
        assert asked == []


async def test_no_more_go_in_one_request_than_it_takes():
    wares = [Ware(f"SKU-{n}", f"商品 {n}", n) for n in range(1, 121)]
    async with rehearsal(["douyin"], wares, QUIET, push=False, every_s=30) as world:
        shop, asked = shop_of(world), watch(world, MANY)
        came = await change_several(world.feeds["douyin"].client, wanted(shop, *[2] * 120), "c1")
        assert [one.applied for one in came if isinstance(one, Changed)] == [2] * 120
        assert figures(shop) == [ware.stock + 2 for ware in wares]
        assert [len(json.loads(body)["items"]) for body in asked] == [50, 50, 20]
        assert len({json.loads(body)["idempotent_id"] for body in asked}) == 3


async def test_one_that_sold_meanwhile_fails_no_other_and_is_made_of_what_is_left():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop = shop_of(world)

        def sells(nth: int, go_on: Callable[[], Reply]) -> Reply:
            sold(shop, 1, 3)
            return go_on()

        watch(world, MANY, sells)
        came = await change_several(world.feeds["douyin"].client, wanted(shop, 7, -4, -2), "c1")
        assert came == (Changed(20, 27, 7), Changed(2, 0, -2), Changed(9, 7, -2))
        assert figures(shop) == [27, 0, 7]


async def test_a_lost_answer_is_read_back_and_not_asked_for_again_where_all_of_it_is_seen():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop = shop_of(world)

        def loses(nth: int, go_on: Callable[[], Reply]) -> Reply:
            go_on()
            raise ConnectionResetError

        asked = watch(world, MANY, loses)
        came = await change_several(world.feeds["douyin"].client, wanted(shop, 7, -4, -2), "c1")
        assert came == (Changed(20, 27, 7), Changed(5, 1, -4), Changed(9, 7, -2))
        assert len(asked) == 1


async def test_one_lost_before_it_was_made_is_sent_again_under_the_same_name():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop = shop_of(world)

        def loses(nth: int, go_on: Callable[[], Reply]) -> Reply:
            if nth == 0:
                raise ConnectionResetError
            return go_on()

        asked = watch(world, MANY, loses)
        came = await change_several(world.feeds["douyin"].client, wanted(shop, 7, -4, -2), "c1")
        assert came == (Changed(20, 27, 7), Changed(5, 1, -4), Changed(9, 7, -2))
        assert len(asked) == 2
        assert asked[0] == asked[1]


async def test_one_made_amid_sales_whose_answer_is_lost_is_told_by_its_figures():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop = shop_of(world)

        def loses(nth: int, go_on: Callable[[], Reply]) -> Reply:
            if nth:
                return go_on()
            sold(shop, 1, 3)
            go_on()
            sold(shop, 0, 2)
            raise ConnectionResetError

        asked = watch(world, MANY, loses)
        came = await change_several(world.feeds["douyin"].client, wanted(shop, 7, -4, -2), "c1")
        assert asked[1:] == asked[:1], "sent again once, and the platform knows its name"
        assert figures(shop) == [25, 2, 7], "nothing was made twice"
        more, failed, exact = came
        assert more == Changed(20, 25, 7, sure=False)
        assert failed == Changed(5, 2, -4, sure=False), (
            "a sale of about as much looks the same, and it says so"
        )
        assert exact == Changed(9, 7, -2)


async def test_one_that_can_not_be_read_back_is_not_told_as_none():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop = shop_of(world)

        def breaks(nth: int, go_on: Callable[[], Reply]) -> Reply:
            answer = go_on()
            watch(world, "sku/stockNum", lambda nth, go_on: Reply(400, b"{}"))
            return answer

        watch(world, MANY, breaks)
        came = await change_several(world.feeds["douyin"].client, wanted(shop, 7), "c1")
        assert [one.kind for one in came if isinstance(one, ApiError)] == ["unknown"]


async def test_a_name_that_was_used_changes_nothing_again():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop, client = shop_of(world), world.feeds["douyin"].client
        await change_several(client, wanted(shop, 7, 2), "c1")
        again = await change_several(client, wanted(shop, 7), "c1")
        assert [one.kind for one in again if isinstance(one, ApiError)] == ["spent"]
        assert figures(shop) == [27, 7, 9]


async def test_all_or_none():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop, client = shop_of(world), world.feeds["douyin"].client
        with pytest.raises(ApiError, match="one product"):
            await change_several(client, wanted(shop, 7, -4), "c0", whole=True)
        one_product(shop)
        asked = watch(world, WHOLE, lambda nth, go_on: (nth == 1 and sold(shop, 1, 1)) or go_on())
        assert await change_several(client, wanted(shop, 7, -2), "c1", whole=True) == (
            Changed(20, 27, 7),
            Changed(5, 3, -2),
        )
        sold_out = await change_several(client, wanted(shop, 7, -3), "c2", whole=True)
        assert [one.kind for one in sold_out if isinstance(one, ApiError)] == ["refused"] * 2
        assert len(asked) == 2
        short = await change_several(client, wanted(shop, 7, -30), "c3", whole=True)
        assert [one.kind for one in short if isinstance(one, ApiError)] == ["refused"] * 2
        assert len(asked) == 2, "less is there than was to be taken: nothing is tried"
        assert figures(shop) == [27, 2, 9]


async def test_all_or_none_is_made_once_though_its_answer_is_lost_amid_sales():
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop = shop_of(world)
        one_product(shop)

        def loses(nth: int, go_on: Callable[[], Reply]) -> Reply:
            answer = go_on()
            if nth:
                return answer
            sold(shop, 0, 2)
            raise ConnectionResetError

        asked = watch(world, WHOLE, loses)
        client = world.feeds["douyin"].client
        came = await change_several(client, wanted(shop, 7, -4), "c1", whole=True)
        assert came == (Changed(20, 25, 7), Changed(5, 1, -4))
        assert asked[1:] == asked[:1]


async def test_where_a_platform_has_no_such_request_one_after_another():
    async with rehearsal(["kuaishou"], WARES, QUIET, push=False, every_s=30) as world:
        shop, client = shop_of(world, "kuaishou"), world.feeds["kuaishou"].client
        came = await change_several(client, [*wanted(shop, 7, -9), Wanted("1", "1", 3)], "c1")
        assert came[:2] == (Changed(20, 27, 7), Changed(5, 0, -5))
        assert isinstance(came[2], ApiError)
        with pytest.raises(ApiError, match="all or none"):
            await change_several(client, wanted(shop, 7), "c2", whole=True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "库存不足"),
        ({"allow_partial_success": True, "idempotent_id": ""}, "idempotent_id"),
        ({"allow_partial_success": True, "items": []}, "1 to 50"),
        ({"allow_partial_success": True, "items": [{"sku_id": "1"}] * 51}, "1 to 50"),
    ],
)
async def test_what_the_look_alike_refuses_as_a_whole(change: dict[str, Any], says: str):
    async with rehearsal(["douyin"], WARES, QUIET, push=False, every_s=30) as world:
        shop = shop_of(world)
        items = [
            {"product_id": one.product, "sku_id": one.sku, "stock_num": one.delta}
            for one in wanted(shop, 7, -6)
        ]
        params = {"items": items, "incremental": True, "idempotent_id": "c1", **change}
        with pytest.raises(ApiError, match=says) as caught:
            await world.feeds["douyin"].client.ask(Ask(MANY.replace("/", "."), params), writes=True)
        assert caught.value.kind == "refused"
        assert figures(shop) == [20, 5, 9]


def test_what_is_not_answered_for_is_not_taken_for_done():
    results = [
        {"uniq_id": "1", "status_code": 0},
        {"uniq_id": "2", "status_code": 20000, "status_message": "系统错误"},
        {"uniq_id": "3", "status_code": 50002, "status_message": "库存不足"},
        {"uniq_id": "4"},
    ]
    several = [Wanted("5", str(sku), 1) for sku in range(5)]
    came = Douyin().came_of(json.dumps({"results": results}).encode(), several, whole=False)
    kinds = [one.kind if one else None for one in came]
    assert kinds == ["unknown", None, "unknown", "refused", "unknown"]
    with pytest.raises(ApiError):
        Douyin().came_of(b'{"results": 3}', several, whole=False)
