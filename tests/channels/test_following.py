"""A feed that follows its platform through lost pushes, outages, restarts, clocks that differ and limits."""

from __future__ import annotations

import asyncio
import time

import pytest
from rehearsal import rehearsal

from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware

PLATFORMS = ("douyin", "kuaishou", "taobao")
WARES = [Ware("HOODIE-M", "卫衣 M", 100_000), Ware("SOCK", "袜子", 100_000)]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_no_push_names_is_found_within_five_seconds(platform: str):
    async with rehearsal([platform], WARES, Faults(lost=1.0, latency_s=0.05, list_lag_s=0.5)) as world:
        booth = world.lab.booths[platform]
        placed: dict[int, float] = {}
        for _ in range(8):
            order = booth.buyers.buy(int(time.time() * 1000))
            assert order is not None
            placed[order.id] = time.time()
            await asyncio.sleep(0.3)
        await world.until(lambda: world.booked() == world.expected(), 15)
        for order_id, at in placed.items():
            seen = min(
                when for (_, key), when in world.sink.seen.items() if key.split("/")[0] == str(order_id)
            )
            assert seen - at <= 5.0


@pytest.mark.parametrize("platform", ["douyin"])
async def test_an_outage_costs_nothing_but_its_time_and_is_marked(platform: str):
    async with rehearsal([platform], WARES, Faults(latency_s=0.01, list_lag_s=0.2), every_s=0.5) as world:
        booth = world.lab.booths[platform]
        world.rate(40)
        await asyncio.sleep(1)
        booth.out_until = time.monotonic() + 7
        await world.until(lambda: world.sink.statuses[platform].state == "down", 7)
        assert world.sink.statuses[platform].note.en
        await asyncio.sleep(6)
        world.rate(0)
        await world.settle()
        assert world.sink.statuses[platform].state == "live"
        ((channel, since, until),) = world.sink.gaps
        assert channel == platform
        assert since is not None
        assert 4 < (until - since) / 1e6 < 20


async def test_a_restart_goes_on_where_everything_had_been_handed_over():
    async with rehearsal(
        ["douyin"], WARES, Faults(latency_s=0, list_lag_s=0.2), every_s=0.3, push=False
    ) as world:
        feed, booth = world.feeds["douyin"], world.lab.booths["douyin"]
        world.rate(40)
        await asyncio.sleep(2)
        for task in [task for task in world.tasks if "PlatformFeed.run" in repr(task)]:
            task.cancel()
        cursor = world.sink.cursors["douyin"]
        await asyncio.sleep(2)
        world.rate(0)
        await world.until(lambda: world.lab.is_quiet, 30)
        again = world.again("douyin")
        world.tasks.append(asyncio.create_task(again.run(world.sink, cursor)))
        await world.until(lambda: world.booked() == world.expected(), 15)
        assert world.sink.gaps[-1][:2] == ("douyin", None), "how long it was away only the hub knows"
        assert (booth.face.door.forged, feed.older, again.older) == (0, 0, 0)


@pytest.mark.parametrize("skew_s", [-660.0])
async def test_a_platform_whose_clock_is_eleven_minutes_off_is_asked_by_its_own(skew_s: float):
    async with rehearsal(
        ["taobao"], WARES, Faults(skew_s=skew_s, latency_s=0, list_lag_s=0.2), every_s=0.3
    ) as world:
        world.rate(20)
        await asyncio.sleep(2)
        world.rate(0)
        await world.settle()
        assert abs(world.feeds["taobao"].client.skew_us / 1e6 - skew_s) < 3
        assert world.orders() > 20


@pytest.mark.parametrize("platform", ["taobao"])
async def test_a_limit_is_kept_once_it_is_known_and_polling_carries_the_rest(platform: str):
    faults = Faults(per_second=8, latency_s=0, list_lag_s=0.2)
    async with rehearsal([platform], WARES, faults, every_s=0.5, rate=40) as world:
        world.rate(40)
        await asyncio.sleep(3)
        world.rate(0)
        await world.settle(60)
        door = world.lab.booths[platform].face.door
        asked, limited = sum(door.asked.values()), sum(door.limited.values())
        assert limited < 0.15 * asked, (door.asked, door.limited)


async def test_orders_from_before_the_room_are_none_of_it():
    async with rehearsal(
        ["kuaishou"], WARES, Faults(latency_s=0, list_lag_s=0), every_s=0.3, push=False
    ) as world:
        shop = world.lab.booths["kuaishou"].face.shop
        now = int(time.time() * 1000)
        old = shop.place([(shop.goods[0], 5)], now - 3_600_000)
        assert old is not None
        shop.pay(old, now)
        new = shop.place([(shop.goods[0], 1)], now)
        assert new is not None
        await world.until(lambda: world.sink.books.stock("HOODIE-M").reserved == 1, 5)
        assert world.sink.books.stock("HOODIE-M").sold == 0
        assert world.feeds["kuaishou"].older >= 1


async def test_all_three_sell_the_same_units_and_the_books_hold():
    wares = [Ware("HOODIE-M", "卫衣 M", 60), Ware("SOCK", "袜子", 60)]
    faults = Faults(duplicated=0.1, lost=0.1, latency_s=0.02, list_lag_s=0.3)
    async with rehearsal(PLATFORMS, wares, faults, every_s=0.5) as world:
        for booth in world.lab.booths.values():
            booth.buyers.refunds = 0.0  # what was short and is refunded leaves no trace in the sums
        world.rate(20)
        await asyncio.sleep(5)
        world.rate(0)
        await world.until(lambda: world.lab.is_quiet, 30)
        books = world.sink.books

        def taken(sku: str) -> int:
            stock = books.stock(sku)
            return stock.reserved + stock.sold + stock.quarantined + stock.shortfall

        def wanted(sku: str) -> int:
            figures = world.expected()[sku]
            return figures.reserved + figures.sold + figures.returned

        await world.until(
            lambda: all(taken(w.sku) == wanted(w.sku) for w in wares) and world.pending == 0, 20
        )
        assert any(books.stock(ware.sku).shortfall > 0 for ware in wares), (
            "three platforms oversold the same units"
        )
        books.check()
