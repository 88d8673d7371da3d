"""The adapters against the lab, over real sockets, into the real books: what a test or a benchmark sets up."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from functools import partial
from typing import Any

import httpx

from stockwatch.channels.client import Client
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.known import Known
from stockwatch.channels.open import ADAPTERS, taobao_messages
from stockwatch.channels.readback import ReadBack
from stockwatch.channels.receiver import Receiver
from stockwatch.channels.serving import Listen, serve
from stockwatch.channels.wire import Adapter, Keys
from stockwatch.config import RoomConfig, Sku
from stockwatch.events import Event, decode, encode
from stockwatch.feeds.base import FeedStatus
from stockwatch.lab.face import Request
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware, booth_of, keys_of
from stockwatch.lab.shop import Figures
from stockwatch.lab.world import Lab
from stockwatch.ledger.balances import Books

ZONE = timezone(timedelta(hours=8))


class BookSink:
    """A sink that books what it is handed, and remembers when."""

    def __init__(self, wares: Sequence[Ware]) -> None:
        self.books = Books()
        self.outcomes: Counter[str] = Counter()
        self.aside: list[tuple[str, bytes, str]] = []
        self.gaps: list[tuple[str, int | None, int]] = []
        self.statuses: dict[str, FeedStatus] = {}
        self.cursors: dict[str, str] = {}
        self.frames: list[bytes] = []
        self.seen: dict[tuple[str, str], float] = {}
        """(source, order) -> when it was first booked as placed."""
        for ware in wares:
            data = {"document": "opening", "qty": ware.stock, "reason": "opening", "by": "test"}
            raw = encode(
                type="stock.counted", source="test", id=f"open:{ware.sku}", time="2026-01-01T00:00:00Z",
                subject=ware.sku, data=data,
            )  # fmt: skip
            self.book(raw)

    def book(self, raw: bytes) -> None:
        event = decode(raw)
        assert isinstance(event, Event), event
        for applied in self.books.apply(event):
            self.outcomes[applied.outcome] += 1
        if event.type == "order.placed":
            self.seen.setdefault((event.source, event.data["order"]), time.time())

    async def put(self, channel: str, frames: Sequence[bytes], cursor: str | None) -> None:
        for frame in frames:
            self.book(frame)
        self.frames += frames
        if cursor is not None:
            self.cursors[channel] = cursor
        await asyncio.sleep(0)

    async def set_aside(self, channel: str, raw: bytes, reason: str) -> None:
        self.aside.append((channel, raw, reason))

    async def gap(self, channel: str, since_us: int | None, until_us: int) -> None:
        self.gaps.append((channel, since_us, until_us))

    def status(self, channel: str, status: FeedStatus) -> None:
        self.statuses[channel] = status


@dataclass
class Rehearsal:
    """A lab with its feeds."""

    lab: Lab
    sink: BookSink
    feeds: dict[str, PlatformFeed]
    receiver: Receiver
    wares: Sequence[Ware]
    push_port: int = 0
    lab_port: int = 0
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    make: Callable[[str], PlatformFeed] = field(kw_only=True)

    def again(self, platform: str) -> PlatformFeed:
        """The platform's feed as another run makes it."""
        return self.make(platform)

    def expected(self) -> dict[str, Figures]:
        """What the shops' own books come to, all together."""
        total = {ware.sku: Figures() for ware in self.wares}
        for booth in self.lab.booths.values():
            for sku, figures in booth.face.shop.figures().items():
                for name, value in vars(figures).items():
                    setattr(total[sku], name, getattr(total[sku], name) + value)
        return total

    def booked(self) -> dict[str, Figures]:
        found = {}
        for ware in self.wares:
            stock = self.sink.books.stock(ware.sku)
            found[ware.sku] = Figures(
                reserved=stock.reserved, sold=stock.sold, returned=stock.quarantined,
                shipped=stock.shipped + stock.quarantined,
            )  # fmt: skip
        return found

    def rate(self, orders_per_second: float) -> None:
        for booth in self.lab.booths.values():
            booth.rate = orders_per_second

    def orders(self) -> int:
        return sum(len(booth.face.shop.orders) for booth in self.lab.booths.values())

    async def until(self, holds: Any, within_s: float) -> None:
        until = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < until, "it did not come to that"
            await asyncio.sleep(0.05)

    async def settle(self, within_s: float = 30.0) -> None:
        """Until the shop is at rest and everything is told."""
        try:
            await self.until(lambda: self.lab.is_quiet, 60.0)
            await self.until(lambda: self.booked() == self.expected() and self.pending == 0, within_s)
        except AssertionError:
            raise AssertionError(self.difference()) from None

    def difference(self) -> str:
        """Lines that stand otherwise in the books than in the shops', and what the feeds say."""
        said = [
            f"{self.sink.outcomes} pending {self.pending} {self.sink.statuses} aside {self.sink.aside[:3]}"
        ]
        said += [
            f"{name}: {booth.buyers.waits} to happen, {len(booth.outbox.waiting)} waiting, "
            f"{booth.undelivered} undelivered"
            for name, booth in self.lab.booths.items()
        ]
        said.append(f"{len(self.lab._due)} due, {len(self.lab._sending)} on their way, {self.tasks[-1]!r}")
        booked, expected = self.booked(), self.expected()
        for sku, figures in expected.items():
            if booked[sku] != figures:
                said.append(f"{sku}: booked {booked[sku]}, the shops' {figures}")
        return "\n".join(said)

    @property
    def pending(self) -> int:
        return sum(feed.pending for feed in self.feeds.values())


@asynccontextmanager
async def rehearsal(
    platforms: Sequence[str],
    wares: Sequence[Ware],
    faults: Faults,
    *,
    seed: int = 1,
    unpaid_s: float = 3.0,
    rate: float = 400.0,
    push: bool = True,
    messages: str | None = None,
    share: float = 1.0,
    at_payment: Sequence[str] = (),
    sink: BookSink | None = None,
    read_back: Callable[[str], ReadBack] | None = None,
    **feed: Any,
) -> AsyncIterator[Rehearsal]:
    """A running lab and the feeds that follow it."""
    booths = {
        name: booth_of(
            name, wares, faults, seed + 10 * nth, unpaid_s=unpaid_s, share=share, at_payment=at_payment
        )
        for nth, name in enumerate(platforms)
    }
    for booth in booths.values():
        booth.buyers.haste = 8.0
    lab = Lab(booths)
    sink = BookSink(wares) if sink is None else sink
    config = RoomConfig(
        id="lab", name="lab", skus=tuple(Sku(id=ware.sku, title=ware.title) for ware in wares)
    )
    spawn = asyncio.create_task
    at_lab: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = spawn(serve(lab.app, Listen("127.0.0.1", 0), at_lab.set_result, websockets=True))
    lab_port = await at_lab

    def make(name: str) -> PlatformFeed:
        client = Client(
            ADAPTERS[name](), keys_of(name), base_url=f"http://127.0.0.1:{lab_port}/{name}", rate=rate
        )
        goods = booths[name].face.shop.goods
        numbers = [Numbered(name, str(good.product), str(good.sku), good.outer) for good in goods]
        beside = None
        if name == "taobao" and push:
            beside = partial(taobao_messages, where=messages or f"ws://127.0.0.1:{lab_port}/taobao/tmc")
        return PlatformFeed(
            name, client, Goods(config, name, numbers), source=name, zone=ZONE, beside=beside,
            known=Known(sink.books, name).as_sku, read_back=None if read_back is None else read_back(name), **feed,
        )  # fmt: skip

    feeds = {name: make(name) for name in platforms}
    receiver = Receiver(feeds, sink)
    made = Rehearsal(lab, sink, feeds, receiver, wares, lab_port=lab_port, make=make)
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    made.tasks = [
        serving,
        spawn(serve(receiver, Listen("127.0.0.1", 0), ready.set_result)),
        *(spawn(one.run(sink, None)) for one in feeds.values()),
    ]
    made.push_port = await ready
    if push:
        for name, booth in booths.items():
            booth.push_url = f"http://127.0.0.1:{made.push_port}/push/{name}"
    try:
        await made.until(
            lambda: all(
                (s := sink.statuses.get(name)) is not None and s.state == "live" for name in platforms
            ),
            15,
        )
        made.tasks.append(spawn(lab.run()))
        yield made
    finally:
        for task in made.tasks:
            task.cancel()
        for outcome in await asyncio.gather(*made.tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def details(platform: str, orders: int) -> tuple[Adapter, Keys, Goods, list[bytes]]:
    """What a platform answers when it is asked for each of so many orders, in various states; and who reads that."""
    wares = [Ware(f"SKU-{n}", f"商品 {n}", 10_000) for n in range(20)]
    booth = booth_of(platform, wares, Faults(), 7)
    adapter, keys, now_ms = ADAPTERS[platform](), keys_of(platform), 1_790_000_000_000
    for nth in range(orders):
        booth.buyers.buy(now_ms + nth)
    booth.buyers.live(now_ms + 6000)
    answers = []
    for order in booth.face.shop.orders:
        ask = adapter.detail(str(order))
        call = adapter.call(ask, keys, now_ms * 1000)
        url = httpx.URL(call.path)
        headers = {name.lower(): value for name, value in call.headers.items()}
        asked = Request(call.verb, url.path, url.query.decode(), headers, call.body)
        reply = booth.face.handle(asked, now_ms)
        answers.append(adapter.answer(ask, reply.status, reply.body))
    config = RoomConfig(
        id="lab", name="lab", skus=tuple(Sku(id=ware.sku, title=ware.title) for ware in wares)
    )
    return adapter, keys, Goods(config, platform, ()), answers
