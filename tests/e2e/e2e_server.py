"""A channel of our own: a WebSocket server that honours cursors, and the book it keeps of what it has sold.

`Orders` makes a stream of events one after another and knows what each must come to; nothing of stockwatch's own
ledger is used. `ChannelServer` serves frames from a thread: a client says after which cursor it goes on, as often as it
likes; what it is sent again is the same bytes. Frames lie in a list for ever.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

SOURCE = "shop/room-1"


def stamp(seconds: float | None = None) -> str:
    """RFC 3339 of an epoch time, or of now."""
    at = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return at.isoformat(timespec="milliseconds")


def event(
    id: str, kind: str, sku: str | None, *, channel: str = SOURCE, at: float | None = None, **data: Any
) -> dict[str, Any]:
    """One event as its members."""
    made: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": channel,
        "type": kind,
        "time": stamp(at),
        "data": data,
    }
    if sku is not None:
        made["subject"] = sku
    return made


# --- the server ---------------------------------------------------------------------------------------------------


class ChannelServer:
    """Serves `add`ed events on a port of this machine, each with its place in the list as cursor."""

    def __init__(self, port: int = 0) -> None:
        self._frames: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._more: asyncio.Event
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self.port = port
        self.subscriptions: list[Any] = []
        """The cursor of each subscription, in order."""
        self.sent_at: dict[int, float] = {}
        """Monotonic time at which each frame first went out."""
        self._thread = threading.Thread(target=self._run, name="channel", daemon=True)
        self._thread.start()
        assert self._ready.wait(10), "the server is up"

    def __enter__(self) -> ChannelServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def add(self, *events: dict[str, Any]) -> int:
        """More to send; the cursor of the last."""
        for made in events:
            place = len(self._frames) + 1
            self._frames.append(
                json.dumps({**made, "cursor": str(place)}, ensure_ascii=False, separators=(",", ":"))
            )
        self._loop.call_soon_threadsafe(self._more.set)
        return len(self._frames)

    def close(self) -> None:
        """Stop serving."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._more, self._stop = asyncio.Event(), asyncio.Event()
        server: Server = await serve(
            self._client, "127.0.0.1", self.port, compression=None, close_timeout=0.2, ping_interval=None
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        await server.wait_closed()

    async def _client(self, connection: ServerConnection) -> None:
        try:
            asked = json.loads(await connection.recv())
            assert asked["type"] == "subscribe", asked
            self.subscriptions.append(asked["after"])
            have = int(asked["after"] or 0)
            gone = asyncio.ensure_future(connection.wait_closed())
            while not gone.done():
                while have < len(self._frames):
                    have += 1
                    self.sent_at.setdefault(have, time.monotonic())
                    await connection.send(self._frames[have - 1])
                self._more.clear()
                woken = asyncio.ensure_future(self._more.wait())
                await asyncio.wait({gone, woken}, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
        except (ConnectionClosed, OSError):
            pass


# --- the channel's own book -----------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """What one SKU has come to."""

    available: int
    reserved: int = 0
    sold: int = 0
    shipped: int = 0
    quarantined: int = 0
    shortfall: int = 0
    oversold: int = 0

    def figures(self) -> dict[str, int]:
        """As `ledger show` names them."""
        return {
            "on_hand": self.available + self.reserved + self.sold - self.shipped + self.quarantined,
            "available": self.available, "held": 0, "reserved": self.reserved, "sold": self.sold,
            "shipped": self.shipped, "quarantined": self.quarantined, "in_transit": 0, "shortfall": self.shortfall,
            "oversold": self.oversold,
        }  # fmt: skip


@dataclass
class Order:
    id: str
    sku: str
    qty: int
    paid: bool = False
    shipped: bool = False
    lapses: float | None = None
    """When it is released if nobody pays."""


PLENTY, ASKED, RACED, LAPSING = "PLENTY", "ASKED", "RACED", "LAPSING"
OPENING = {PLENTY: 1_000_000, ASKED: 800, RACED: 150, LAPSING: 1_000_000}


@dataclass
class Orders:
    """A seeded stream of events and what they must come to.

    PLENTY: facts through their whole life, some sent twice. ASKED: requests, more than there is, with cancellations.
    RACED: facts beyond the last unit, which fall short and never come back. LAPSING: requests that nobody pays.
    """

    seed: int
    shelves: dict[str, Shelf] = field(
        default_factory=lambda: {sku: Shelf(units) for sku, units in OPENING.items()}
    )
    made: int = 0
    events: int = 0

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._open: list[Order] = []
        self._lapsing: list[Order] = []
        self._last: dict[str, Any] | None = None
        self._stream = self._events()

    def next(self, count: int) -> list[dict[str, Any]]:
        """That many more events."""
        self.events += count
        return [next(self._stream) for _ in range(count)]

    def book(self) -> dict[str, dict[str, int]]:
        """The figures after everything that was made, once every unpaid LAPSING request has lapsed."""
        lapsing = self.shelves[LAPSING]
        units = sum(order.qty for order in self._lapsing)
        lapsed = Shelf(lapsing.available + units, lapsing.reserved - units, lapsing.sold)
        assert lapsed.reserved == 0
        return {sku: (lapsed if sku == LAPSING else shelf).figures() for sku, shelf in self.shelves.items()}

    @property
    def last_lapse(self) -> float:
        """Epoch seconds after which nothing of LAPSING is reserved any more."""
        return max((order.lapses or 0.0 for order in self._lapsing), default=0.0)

    def _events(self) -> Iterator[dict[str, Any]]:
        rng = self._rng
        while True:
            if self._last is not None and rng.random() < 0.03:
                yield self._last  # sent again: a duplicate, wherever the first one was booked
                continue
            if self._open and rng.random() < 0.5:
                made = self._go_on(self._open.pop(rng.randrange(len(self._open))))
            else:
                made = self._begin()
            self._last = made
            yield made

    def _event(self, order: Order, kind: str, what: str, **data: Any) -> dict[str, Any]:
        return event(f"{order.id}-{what}", kind, order.sku, order=order.id, line=1, **data)

    def _begin(self) -> dict[str, Any]:
        rng = self._rng
        self.made += 1
        sku = rng.choices((PLENTY, ASKED, RACED, LAPSING), (6, 2, 1, 1))[0]
        order = Order(f"o{self.made:07d}", sku, rng.randint(1, 3))
        shelf = self.shelves[sku]
        taken = min(order.qty, shelf.available)
        if sku == RACED:
            shelf.available -= taken
            shelf.reserved += taken
            shelf.shortfall += order.qty - taken
            shelf.oversold += order.qty - taken
            return self._event(order, "order.placed", "1", qty=order.qty)
        if sku == ASKED and taken < order.qty:
            return self._event(order, "order.requested", "1", qty=order.qty)  # rejected, moves nothing
        shelf.available -= order.qty
        shelf.reserved += order.qty
        if sku == LAPSING:
            order.lapses = time.time() + 3.0
            self._lapsing.append(order)
            return self._event(order, "order.requested", "1", qty=order.qty, expires=stamp(order.lapses))
        self._open.append(order)
        return self._event(order, "order.requested" if sku == ASKED else "order.placed", "1", qty=order.qty)

    def _go_on(self, order: Order) -> dict[str, Any]:
        rng, shelf = self._rng, self.shelves[order.sku]
        if order.shipped or (order.paid and rng.random() < 0.3):
            if order.paid and not order.shipped and rng.random() < 0.5:
                shelf.sold -= order.qty
                shelf.available += order.qty
                return self._event(order, "order.refunded", "4", restock=True)
            shelf.sold -= order.qty
            shelf.quarantined += order.qty
            if order.shipped:
                shelf.shipped -= order.qty
            return self._event(order, "order.refunded", "4")
        if order.paid:
            order.shipped = True
            shelf.shipped += order.qty
            return self._event(order, "order.shipped", "3")
        if rng.random() < 0.25:
            shelf.reserved -= order.qty
            shelf.available += order.qty
            return self._event(order, "order.cancelled", "2")
        order.paid = True
        shelf.reserved -= order.qty
        shelf.sold += order.qty
        self._open.append(order)
        return self._event(order, "order.paid", "2")


def room_toml(
    url: str, ledger: str = "live.db", id: str = "live", name: str = "直播一号", source: str = SOURCE
) -> str:
    """The room of these goods, on that feed."""
    goods = "".join(
        f'[[sku]]\nid = "{sku}"\ntitle = "商品 {sku}"\nstock = {units}\n'
        f'[[sku.restock]]\nsource = "仓库"\nquantity = 100\nlead_time = "10m"\n\n'
        for sku, units in OPENING.items()
    )
    return (
        f'[room]\nid = "{id}"\nname = "{name}"\ntimezone = "Asia/Shanghai"\nlanguage = "zh"\n\n'
        f'[ledger]\npath = "{ledger}"\n\n[[channel]]\nid = "shop"\nsource = "{source}"\nfeed = "{url}"\n\n{goods}'
    )


class Pump:
    """Makes events at a rate from a thread, until told to stop."""

    def __init__(
        self, orders: Orders, server: ChannelServer, rate: float, each: Callable[[], None] = lambda: None
    ) -> None:
        self._orders, self._server, self._rate, self._each = orders, server, rate, each
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pump", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        began, made = time.monotonic(), 0
        while not self._ending.is_set():
            due = int((time.monotonic() - began) * self._rate)
            if due > made:
                self._server.add(*self._orders.next(due - made))
                made = due
            self._each()
            self._ending.wait(0.01)

    def stop(self) -> None:
        """No more events."""
        self._ending.set()
        self._thread.join(10)
