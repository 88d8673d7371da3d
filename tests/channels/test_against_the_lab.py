"""Whatever a platform does to its pushes and answers, the books end as the platform's own."""

from __future__ import annotations

import pytest
from rehearsal import rehearsal

from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware

PLATFORMS = ("douyin", "kuaishou", "taobao")
WARES = [
    Ware("HOODIE-M", "卫衣 M", 100_000),
    Ware("HOODIE-L", "卫衣 L", 100_000),
    Ware("SOCK", "袜子", 100_000),
]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_the_books_end_equal_to_the_platforms_own(platform: str):
    faults = Faults(
        duplicated=0.2, lost=0.1, late_s=0.3, latency_s=0.01, token_s=2.0, failing=0.02, list_lag_s=0.3
    )
    async with rehearsal([platform], WARES, faults, every_s=0.5) as world:
        world.rate(100)
        await world.until(lambda: world.orders() >= 250, 30)
        world.rate(0)
        await world.settle()
        booth, feed = world.lab.booths[platform], world.feeds[platform]
        assert booth.face.door.refreshed >= 1, "tokens expired under way"
        assert feed.pushes > 250
        assert booth.lost > 0
        assert set(world.sink.outcomes) <= {"accepted", "noop", "duplicate"}, world.sink.outcomes
        assert not feed.unmapped
        world.sink.books.check()
