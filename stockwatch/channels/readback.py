"""A platform's own figures, read back while its orders are followed: how an overwrite by others is seen.

One request after another, at a gentle pace and only while neither polling nor details wait for their turn. A figure is
told once polling has handed over all orders up to the moment it was read at, so that what was sold before stands before
it in the journal. Most readings are what the orders lead to expect; those are shown and not told.

Reads and never changes. What goes wrong here concerns no order: it is logged, tried again later, and shown nowhere
else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from stockwatch.channels import stock
from stockwatch.channels.orders import Order, Part
from stockwatch.channels.wire import ApiError, Pool, Stepped, Stocked
from stockwatch.events import encode, format_time
from stockwatch.printable import printable
from stockwatch.room.figures import Seen, Told

if TYPE_CHECKING:
    from stockwatch.channels.feed import PlatformFeed

log = logging.getLogger("stockwatch.channels")

_S = 1_000_000
LEAST_S = 0.5
"""Between two requests, however many goods there are."""
_SLOW_US = 3 * _S
"""An answer that took longer does not say when its figure was so."""
_HELD_S = 60.0
"""For so long a figure waits until polling has come to it."""
_BUSY_S = 5.0
"""For so long a request gives way to polling and details."""
_REFUSED_S = 600.0
"""Until goods whose figure the platform won't tell are asked for again."""
_FIND_S = 600.0
"""Until it is looked again which goods there are, where there are none yet."""

See = Callable[[Seen], Told]


class Place(NamedTuple):
    """One of a platform's goods that is one unit of a SKU of ours."""

    product: str
    number: str
    sku: str
    listing: str
    """What tells it from others of the same SKU on the channel; "" where there are none."""


class _Held(NamedTuple):
    place: Place
    pool: Pool
    qty: int
    at_us: int
    until: float
    """Of the loop's time."""


class ReadBack:
    """Of one channel. `run` goes on until it is cancelled."""

    def __init__(self, see: See, *, source: str, zone: tzinfo, every_s: float = 30.0) -> None:
        """`see`: whether a reading is worth an event, and what was expected. `every_s`: seconds between two readings of
        one figure, at least."""
        self.readings = self.told = 0
        self._see = see
        self._source = source
        self._zone = zone
        self._every_s = every_s
        self._held: deque[_Held] = deque()
        self._unbooked: dict[tuple[Place, Pool], int] = {}
        """Since the last event of each."""
        self._stepped: set[Place] = set()
        """Those with a figure of pool `presale` apart."""
        self._next: dict[Place, float] = {}

    def older(self, order: Order, skus: Callable[[Part], Iterable[str]]) -> None:
        """An order that is none of the room's has changed: its goods may have moved."""
        for line in order.lines:
            for part in line.parts or (line.goods,):
                moved = set(skus(part))
                for place in self._next:
                    if place.sku in moved:
                        apart = line.presale and place in self._stepped
                        figure: tuple[Place, Pool] = place, "presale" if apart else "spot"
                        self._unbooked[figure] = self._unbooked.get(figure, 0) + line.qty * part.qty

    async def run(self, feed: PlatformFeed) -> None:
        """Until cancelled; only what the feed's sink raises comes out."""
        if not isinstance(feed.client.adapter, Stocked):
            return
        places: list[Place] = []
        while not places:
            places = await self._find(feed)
            if not places:
                await asyncio.sleep(_FIND_S)
        self._next = dict.fromkeys(places, 0.0)
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            await self._hand_over(feed)
            place = min(self._next, key=self._next.__getitem__)
            if self._next[place] <= began and feed.is_live:
                await self._give_way(feed)
                self._next[place] = clock() + await self._read(feed, place)
            pause = max(LEAST_S, self._every_s / len(places) / 2)
            await asyncio.sleep(min(pause, 1.0))

    async def _find(self, feed: PlatformFeed) -> list[Place]:
        """All goods that are one unit of one SKU: by the room's map, else by what the shop offers."""
        numbers = feed.goods.numbered()
        if not numbers:
            try:
                offered = (await stock.survey(feed.client)).goods
            except ApiError as error:
                log.info("%s: its goods could not be listed: %s", feed.channel, error)
                return []
            numbers = [
                (one.product, one.sku, sku)
                for one in offered
                if (sku := feed.goods.sku_of(Part(one.product, one.sku, one.outer))) is not None
            ]
        several: dict[str, int] = {}
        for _, _, sku in numbers:
            several[sku] = several.get(sku, 0) + 1
        return [Place(*one, f"{one[0]}/{one[1]}" if several[one[2]] > 1 else "") for one in numbers]

    async def _give_way(self, feed: PlatformFeed) -> None:
        until = asyncio.get_running_loop().time() + _BUSY_S
        while feed.is_busy and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.2)

    async def _read(self, feed: PlatformFeed, place: Place) -> float:
        """Read one figure; seconds until it is read again."""
        client, clock = feed.client, asyncio.get_running_loop().time
        adapter = client.adapter
        assert isinstance(adapter, Stocked)
        asked_us = client.platform_us()
        try:
            ask = adapter.stock(place.product, place.number)
            answer = await client.ask(ask, tries=1, waits=False)
            units: dict[Pool, int | None] = {"spot": adapter.stock_in(answer, place.number)}
            if isinstance(adapter, Stepped):
                units["presale"] = adapter.step_in(answer, place.number)
                if units["presale"] is not None:
                    self._stepped.add(place)
        except ApiError as error:
            lasts = error.kind in ("refused", "denied")
            (log.info if lasts else log.debug)(
                "%s: the figure of %s could not be read: %s", feed.channel, printable(place.sku, 80), error
            )
            return _REFUSED_S if lasts else self._every_s
        answered_us = client.platform_us()
        if answered_us - asked_us <= _SLOW_US:
            self.readings += 1
            at_us, until = (asked_us + answered_us) // 2, clock() + _HELD_S
            self._held.extend(
                _Held(place, pool, max(0, qty), at_us, until)
                for pool, qty in units.items()
                if qty is not None
            )
        return self._every_s

    async def _hand_over(self, feed: PlatformFeed) -> None:
        """Tell what polling has come to."""
        now = asyncio.get_running_loop().time()
        while self._held:
            place, pool, qty, at_us, until = self._held[0]
            if not feed.has_told(at_us):
                if now < until:
                    return
                self._held.popleft()
                continue
            self._held.popleft()
            unbooked = self._unbooked.get((place, pool), 0)
            told = self._see(Seen(feed.channel, place.sku, place.listing, qty, at_us, unbooked, pool))
            if told.worth:
                self.told += 1
                self._unbooked.pop((place, pool), None)
                await feed.tell_figure(self._event(feed, place, pool, qty, at_us, told.expected, unbooked))

    def _event(
        self,
        feed: PlatformFeed,
        place: Place,
        pool: Pool,
        qty: int,
        at_us: int,
        expected: int | None,
        unbooked: int,
    ) -> bytes:
        data: dict[str, object] = {"channel": feed.channel}
        if place.listing:
            data["listing"] = place.listing
        step = "" if pool == "spot" else pool
        if step:
            data["pool"] = step
        data |= {"qty": qty, "as_of": format_time(at_us, self._zone)}
        if expected is not None:
            data["expected"] = expected
        if unbooked:
            data["unbooked"] = unbooked
        return encode(
            type="channel.stock",
            source=self._source,
            id=":".join(filter(None, ("stock", place.sku, place.listing, step, str(at_us)))),
            time=format_time(feed.client.platform_us(), self._zone),
            subject=place.sku,
            data=data,
        )
