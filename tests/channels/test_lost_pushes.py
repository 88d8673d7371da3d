"""What no push names is found by polling while a hundred orders a second come in: by a clock that jumps."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from typing import Any

import httpx
import pytest
import virtual_time
from rehearsal import BookSink

from stockwatch.channels.client import Client
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.open import ADAPTERS
from stockwatch.channels.wire import Nudge
from stockwatch.config import RoomConfig, Sku
from stockwatch.lab.face import Request
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import ALL_PLATFORMS, Ware, booth_of, keys_of
from stockwatch.lab.world import Booth

S = 1_000_000
BEGAN_US = 1_790_000_000 * S
WARES = [Ware("A", "a", 1_000_000), Ware("B", "b", 1_000_000)]
RATE, LATENCY_S = 100, 0.2
LOST_EACH = 20


def now_us() -> int:
    return BEGAN_US + int(asyncio.get_running_loop().time() * S)


class Busy:
    """A platform whose buyers never rest, as its API and its pushes show it. Of every so many orders all pushes are
    lost."""

    def __init__(self, platform: str, rate: float) -> None:
        faults = Faults(latency_s=LATENCY_S, per_second=rate)
        self.platform = platform
        self.booth: Booth = booth_of(platform, WARES, faults, 1, unpaid_s=3600.0)
        self.sink = BookSink(WARES)
        self.placed: dict[str, int] = {}
        """Order that no push names -> when it was placed."""
        self.found: dict[str, int] = {}
        config = RoomConfig(
            id="r", name="r", skus=tuple(Sku(id=ware.sku, title=ware.title) for ware in WARES)
        )
        goods = self.booth.face.shop.goods
        numbers = [Numbered(platform, str(good.product), str(good.sku), good.outer) for good in goods]
        transport = httpx.MockTransport(self.answer)
        client = Client(ADAPTERS[platform](), keys_of(platform), transport=transport, now=now_us, rate=rate)
        self.feed = PlatformFeed(
            platform, client, Goods(config, platform, numbers), source=platform, now=now_us, since_us=BEGAN_US
        )
        tell = self.feed._tell

        async def told(orders: Any, cursor: str | None) -> None:
            await tell(orders, cursor)
            for order in orders:
                self.found.setdefault(order.id, now_us())

        self.feed._tell = told  # type: ignore[method-assign]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(LATENCY_S)
        at_ms = now_us() // 1000
        query = request.url.query.decode()
        asked = Request(request.method, request.url.path, query, dict(request.headers), request.content)
        reply = self.booth.face.handle(asked, at_ms)
        headers = {**reply.headers, "date": formatdate(at_ms / 1000, usegmt=True)}
        return httpx.Response(reply.status, content=reply.body, headers=headers)

    async def trade(self, seconds: float) -> None:
        shop, loop = self.booth.face.shop, asyncio.get_running_loop()
        lost = set[int]()
        for _ in range(int(seconds * RATE)):
            at_ms = now_us() // 1000
            order = self.booth.buyers.buy(at_ms)
            assert order is not None
            if len(shop.orders) % LOST_EACH == 0:
                lost.add(order.id)
                self.placed[str(order.id)] = now_us()
            self.booth.buyers.live(at_ms)
            for changed_ms, what, name in shop.announced:
                if name not in lost:
                    nudge = Nudge(str(name), f"{name} {what}", changed_ms * 1000)
                    loop.call_later(0.3, self.feed.nudge, (nudge,))
            shop.announced.clear()
            await asyncio.sleep(1 / RATE)

    async def follow(self, seconds: float) -> None:
        following = asyncio.create_task(self.feed.run(self.sink, None))
        await self.trade(seconds)
        rest = asyncio.create_task(self.trade(6.0))
        counted = dict(self.placed)
        await rest
        self.placed = counted
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    def waited(self) -> list[float]:
        """Seconds until each lost one was told; those that were not, as if they never will be."""
        end = float("inf")
        return sorted((self.found.get(order, end) - at) / S for order, at in self.placed.items())


@pytest.mark.parametrize("platform", ALL_PLATFORMS)
def test_a_lost_push_costs_five_seconds_at_most_while_the_room_is_busy(platform: str) -> None:
    busy = Busy(platform, rate=500.0)
    virtual_time.run(busy.follow(12.0))
    assert len(busy.placed) == 60
    assert busy.waited()[-1] <= 5.0
    assert not busy.booth.face.door.limited


def test_lists_read_beside_each_other_keep_to_the_limit() -> None:
    busy = Busy("taobao", rate=20.0)
    busy.feed.nudge = lambda _: None  # type: ignore[method-assign]
    virtual_time.run(busy.follow(5.0))
    assert busy.waited()[-1] <= 5.0
    assert not busy.booth.face.door.limited
