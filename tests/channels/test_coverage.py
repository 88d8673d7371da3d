"""When a feed is torn: for time that nobody covered, and for no other."""

from __future__ import annotations

import asyncio
import time

import pytest
from rehearsal import rehearsal

from stockwatch.channels.coverage import Coverage, Torn
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware

S = 1_000_000
WARES = [Ware("HOODIE-M", "卫衣 M", 100_000), Ware("SOCK", "袜子", 100_000)]


def test_answers_close_enough_tear_nothing_and_what_lies_between_others_is_told_once():
    coverage = Coverage(7 * S)
    assert [coverage.answered(at * S) for at in (0, 6, 12, 12)] == [None] * 4
    assert coverage.answered(20 * S) == Torn(12 * S, 20 * S)
    assert coverage.answered(20 * S) is None
    assert coverage.answered(15 * S) is None, "a clock that goes back tears nothing"
    assert coverage.answered(27 * S) == Torn(20 * S, 27 * S)


def test_what_lies_before_a_restart_is_the_hubs_to_know():
    coverage = Coverage(7 * S, resumed=True)
    assert coverage.answered(5 * S) == Torn(None, 5 * S)
    assert coverage.answered(6 * S) is None


@pytest.mark.parametrize("platform", ["douyin", "wechat"])
async def test_a_look_back_that_takes_long_is_no_gap_and_holds_up_nothing(platform: str):
    faults = Faults(lost=1.0, latency_s=0.25, list_lag_s=0)
    settings = {"every_s": 0.3, "sweep_s": 0.6, "sweep_back_s": 120.0, "gap_s": 0.6, "look_back_s": 2.0}
    async with rehearsal([platform], WARES, faults, push=False, **settings) as world:
        feed, shop = world.feeds[platform], world.lab.booths[platform].face.shop
        age_s = 60 if platform == "douyin" else 15
        feed._first_us -= age_s * S  # the room was there before
        now = int(time.time() * 1000)
        many = 320 if platform == "douyin" else 24
        for nth in range(many):
            assert shop.place([(shop.goods[0], 1)], now - age_s * 1000 + nth * 100) is not None
        taken: list[float] = []
        for _ in range(2):
            before = world.orders() - many
            order = shop.place([(shop.goods[1], 1)], int(time.time() * 1000))
            assert order is not None
            began = time.monotonic()
            await world.until(lambda least=before: world.sink.books.stock("SOCK").reserved > least, 3)
            taken.append(time.monotonic() - began)
        assert max(taken) < 2.0, "what is new is found as quickly as ever"
        await world.until(lambda: world.sink.books.stock("HOODIE-M").reserved == many, 15)
        assert world.sink.gaps == []


async def test_a_list_that_stays_away_tears_nothing_while_pushes_are_followed():
    faults = Faults(latency_s=0.01, late_s=0.05)
    async with rehearsal(["douyin"], WARES, faults, every_s=0.3, gap_s=0.4) as world:
        face = world.lab.booths["douyin"].face
        listing = face._list
        face._list = lambda params, now_ms: (_ for _ in ()).throw(ValueError("away"))
        world.rate(20)
        await world.until(lambda: world.sink.statuses["douyin"].state == "down", 5)
        await asyncio.sleep(1.0)
        assert world.sink.books.stock("SOCK").reserved > 0, "pushes were followed"
        assert world.sink.gaps == []
        face._list = listing
        world.rate(0)
