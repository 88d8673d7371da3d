"""Feeds for benchmarks and tests: as much of everything as asked for, from a seed, streamed.

`feed` is a steady room: orders at random over many SKUs, most of them paid, some closed, with duplicates,
disorder and expiries. `chaos` is a room where everything goes wrong at once: too little stock, surges,
shortfalls, late and repeated events; made to raise many alerts. Both are streams of lines in order of
receipt; nothing is planned to fit the stock. Uses random deviates of the maths library: the same seed gives
the same bytes on one machine and version.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from stockwatch.config import Channel, RestockSource, RoomConfig, Sku
from stockwatch.drills.rooms import room_toml
from stockwatch.drills.simulator import MINUTE, SECOND
from stockwatch.events import encode

START = datetime(2025, 6, 18, 20, 0, tzinfo=timezone(timedelta(hours=8)))
SOURCES = (("taobao", "taobao/shop-1"), ("douyin", "douyin/room-1"), ("kuaishou", "kuaishou/room-1"))


@dataclass(frozen=True)
class Load:
    """How a load feed is made. Shares are of orders or, for `duplicates`, of events."""

    skus: int = 200
    rate: float = 20.0
    """Events a second, duplicates included, in the long run."""
    seconds: float = 600.0
    requests: float = 0.3
    """The rest are facts."""
    unpaid: float = 0.15
    """Half of these are cancelled, half only expire."""
    duplicates: float = 0.02
    lag: float = 2.0
    """Seconds from an event to its receipt, on average: events overtake each other."""
    timeout: float = 120.0
    """Seconds until an unpaid order expires."""
    surge: float = 1.0
    """Factor on the hottest tenth of SKUs during every second five minutes."""
    stock: int = 1_000_000
    """Opening stock of each SKU; `hot_stock` for the hottest tenth."""
    hot_stock: int | None = None
    restock_every: float | None = None
    """Seconds between restocks of 30 units that land for some SKU."""
    stamp: bool = True
    """Whether events carry `received`."""


def feed(
    seed: int, *, skus: int = 200, rate: float = 20.0, seconds: float = 600.0, **settings: Any
) -> Iterator[bytes]:
    """Lines without line ends of a steady room; further `settings` as in `Load`."""
    return lines(seed, Load(skus=skus, rate=rate, seconds=seconds, **settings))


CHAOS = Load(
    skus=60,
    rate=4.0,
    seconds=2400.0,
    unpaid=0.3,
    duplicates=0.05,
    lag=6.0,
    surge=9.0,
    stock=30,
    hot_stock=2000,
    restock_every=90.0,
)
"""Scarce goods, surges, slow feeds: within these 40 minutes most SKUs run out; the hot ones surge and last."""


def chaos(seed: int, load: Load = CHAOS) -> Iterator[bytes]:
    """Lines of a room in which many SKUs surge and run out; restocks land for some of them."""
    return lines(seed, load)


def room(load: Load, id: str = "load") -> RoomConfig:
    """The settings that go with a load feed."""
    hot = load.stock if load.hot_stock is None else load.hot_stock
    return RoomConfig(
        id=id,
        name=f"load {load.skus} SKUs",
        timezone="Asia/Shanghai",
        language="en",
        channels=tuple(Channel(id=channel, source=source) for channel, source in SOURCES),
        skus=tuple(
            Sku(
                id=_sku(number),
                title=f"商品 {number}",
                stock=hot if number < _hot(load) else load.stock,
                restock=(RestockSource(source="仓库", quantity=100, lead_time=600),) if number % 2 else (),
            )
            for number in range(load.skus)
        ),
    )


def room_text(load: Load, id: str = "load") -> str:
    """The same as a room.toml."""
    return room_toml(room(load, id))


def lines(seed: int, load: Load) -> Iterator[bytes]:
    """The feed that `load` describes. Holds only what has happened and is not yet received."""
    assert load.skus > 0
    assert load.rate > 0
    rng = random.Random(seed)
    pending: list[tuple[int, int, int, dict[str, Any]]] = []
    order = itertools.count()

    def push(at: int, event: dict[str, Any]) -> None:
        received = at + int(rng.expovariate(1 / load.lag) * 1000) if load.lag else at
        heapq.heappush(pending, (received, next(order), at, event))
        if rng.random() < load.duplicates:
            heapq.heappush(pending, (received + rng.randint(1, 20_000), next(order), at, event))

    if load.restock_every is not None:
        for landing, event in _restocks(rng, load):
            push(landing, event)
    now, last, number = 0.0, -1, 0
    orders_per_ms = load.rate / 1000 / (2 * (1 + load.duplicates))
    while True:
        now += rng.expovariate(orders_per_ms)
        done = now >= load.seconds * 1000
        while pending and (done or pending[0][0] <= now):
            received, _, at, event = heapq.heappop(pending)
            last = max(received, last + 1)
            yield encode(**event, time=_stamp(at), received=_stamp(last) if load.stamp else None)
        if done:
            return
        number += 1
        for at, event in _order(rng, load, int(now), number):
            push(at, event)


def _order(rng: random.Random, load: Load, at: int, number: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """All events of one order."""
    sku = _sku(_choose(rng, load, at))
    channel = rng.randrange(len(SOURCES))
    source = SOURCES[channel][1]
    order = f"{channel}{number:09d}"
    qty = 1 + (rng.random() < 0.1)
    asks = rng.random() < load.requests
    due = at + int(load.timeout * SECOND)

    def event(kind: str, what: int, **data: Any) -> dict[str, Any]:
        base = {"order": order, "line": 1}
        return {
            "type": kind,
            "source": source,
            "id": f"{order}-{what}",
            "subject": sku,
            "data": {**base, **data},
        }

    yield at, event("order.requested" if asks else "order.placed", 1, qty=qty, expires=_stamp(due))
    fate = rng.random()
    if fate >= load.unpaid:
        yield at + rng.randint(3, int(min(load.timeout, 90))) * SECOND, event("order.paid", 2)
        if fate > 0.98:
            yield due + rng.randint(1, 5) * MINUTE, event("order.refunded", 3, restock=fate > 0.99)
    elif fate < load.unpaid / 2:
        yield at + rng.randint(5, int(load.timeout)) * SECOND, event("order.cancelled", 2)


def _restocks(rng: random.Random, load: Load) -> Iterator[tuple[int, dict[str, Any]]]:
    """Deliveries, told by the warehouse."""
    assert load.restock_every is not None
    for number in range(1, int(load.seconds / load.restock_every)):
        data = {"document": f"GR-{number}", "qty": 30}
        event = {"type": "stock.received", "source": "warehouse", "id": f"gr-{number}", "data": data}
        yield int(number * load.restock_every * SECOND), {**event, "subject": _sku(rng.randrange(load.skus))}


def _choose(rng: random.Random, load: Load, at: int) -> int:
    """A SKU: all alike in calm minutes, the hottest tenth `surge` times likelier in the others."""
    hot = _hot(load)
    surging = load.surge != 1.0 and at // (5 * MINUTE) % 2 == 1
    weight = hot * (load.surge if surging else 1.0)
    if rng.random() * (weight + load.skus - hot) < weight:
        return rng.randrange(hot)
    return rng.randrange(hot, load.skus) if hot < load.skus else rng.randrange(load.skus)


def _hot(load: Load) -> int:
    return max(1, load.skus // 10)


def _sku(number: int) -> str:
    return f"SKU-{number:04d}"


def _stamp(at: int) -> str:
    return (START + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")
