"""From a platform's push to the figure in a console's picture: one platform at full rate, a real hub, a line to it.

The lab and the console's line are in this process, the hub is one of its own. Beside the buyers somebody buys one unit
of a thing that nobody else wants, each time of another; when the lab first sends the push about it, and when the
picture that the hub publishes holds one unit more of it as taken, are told by one clock. Of every fourth of these
orders all pushes are lost, so that polling has to find it: there the clock starts when it is placed. Painting is what
`latency.py` measures. How short of cores the machine was stands beside the figure.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench import percentile
from e2e_terminal import cpu_seconds
from e2e_world import World
from rehearsal import free_port

from stockwatch import __version__
from stockwatch.channels.serving import Listen, serve
from stockwatch.config import load_room
from stockwatch.console.link import HubLink
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware, booth_of, room_files, write
from stockwatch.lab.world import Lab, now_ms
from stockwatch.room.intents import Change, Snapshot
from stockwatch.room.view import LinkRow

PROBES = 40
EVERY_S = 0.25
LOST_EACH = 4
FAULTS = Faults(lost=0.05, duplicated=0.02, late_s=0.3, latency_s=0.2)
WARES = [Ware(f"SKU-{n}", f"商品 {n}", 1_000_000) for n in range(20)]
OF_PROBES = [Ware(f"PROBE-{n}", f"探针 {n}", 1_000_000) for n in range(PROBES)]


class Screen:
    """What a console was shown, and when."""

    def __init__(self) -> None:
        self.live = asyncio.Event()
        self.shown: dict[tuple[str, int], float] = {}
        """(SKU, units taken) -> when a picture first had that many."""
        self._units: dict[str, int] = {}

    async def watch(self, link: HubLink) -> None:
        async for event in link.events():
            if isinstance(event, Snapshot):
                self._take(event.view.links)
                feeds = event.view.feeds
            elif isinstance(event, Change):
                self._take(event.delta.links)
                feeds = event.delta.feeds or ()
            else:
                continue
            if any(feed.state == "live" for feed in feeds):
                self.live.set()

    def _take(self, links: tuple[LinkRow, ...]) -> None:
        now = time.monotonic()
        for link in links:
            for size in link.sizes:
                taken = size.reserved + size.sold
                for units in range(self._units.get(size.sku, 0) + 1, taken + 1):
                    self.shown[size.sku, units] = now
                self._units[size.sku] = max(taken, self._units.get(size.sku, 0))


class Delays(NamedTuple):
    """Seconds, in order; `inf` for what was never shown."""

    pushed: list[float]
    """From push to picture, of each probe whose push was sent."""
    polled: list[float]
    """From order to picture, of each probe that no push named."""
    cpu_ms: float
    """The hub's, for each order."""
    short: float
    """Share of the time in which something on this machine waited for a core; 0 where the system does not tell."""


async def delays(platform: str, rate: float, seconds: float) -> Delays:
    """What a live hub shows of one platform."""
    booth = booth_of(platform, [*WARES, *OF_PROBES], FAULTS, 1, unpaid_s=3600.0)
    booth.buyers.weights = [1.0] * len(WARES) + [0.0] * PROBES
    lab, shop = Lab({platform: booth}), booth.face.shop
    sent = _stamped(lab)
    answers, pushes = free_port(), free_port()
    screen, probes, placed = Screen(), dict[int, tuple[str, int]](), dict[int, float]()
    with World() as world:
        files = room_files(
            [*WARES, *OF_PROBES], f"127.0.0.1:{answers}", f"127.0.0.1:{pushes}", {platform: booth},
            time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        )  # fmt: skip
        files["lab.toml"] = files["lab.toml"].replace("[[channel]]\n", "[[channel]]\nrate = 1000\n")
        write(world.folder, files)
        load_room(world.folder / "lab.toml")
        booth.push_url = f"http://127.0.0.1:{pushes}/push/{platform}"
        tasks = [asyncio.create_task(serve(lab.app, Listen("127.0.0.1", answers), websockets=True))]
        try:
            await asyncio.to_thread(world.start, "hub", world.folder / "lab.toml")
            async with asyncio.timeout(30):
                while not (hubs := await asyncio.to_thread(world.hubs)):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.2)
            link = HubLink(str(hubs[0]["socket"]), version=__version__, by="bench")
            tasks.append(asyncio.create_task(screen.watch(link)))
            async with asyncio.timeout(30):
                await screen.live.wait()
            tasks.append(asyncio.create_task(lab.run()))
            booth.rate = rate
            began, waited = time.monotonic(), _waited_s()
            await asyncio.sleep(2)
            for nth in range(int(seconds / EVERY_S)):
                good = shop.goods[len(WARES) + nth % PROBES]
                order = shop.place([(good, 1)], now_ms())
                assert order is not None
                probes[order.id], placed[order.id] = (good.outer, nth // PROBES + 1), time.monotonic()
                if nth % LOST_EACH == 0:
                    shop.announced = [one for one in shop.announced if one[2] != order.id]
                await asyncio.sleep(EVERY_S)
            await asyncio.sleep(6)  # what is found by then was found at full rate
            short = (_waited_s() - waited) / (time.monotonic() - began)
            booth.rate = 0
            await asyncio.sleep(5)
            cpu_ms = cpu_seconds(world.hub_pid("lab")) / len(shop.orders) * 1000
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    pushed, polled = list[float](), list[float]()
    for order, unit in probes.items():
        at = screen.shown.get(unit, float("inf"))
        # Polling may be quicker than a push that is late.
        (pushed if order in sent else polled).append(max(0.0, at - sent.get(order, placed[order])))
    return Delays(sorted(pushed), sorted(polled), cpu_ms, short)


def _waited_s() -> float:
    """Since the machine started, as Linux counts it: docs.kernel.org/accounting/psi.html."""
    try:
        return int(Path("/proc/pressure/cpu").read_text("utf-8").split("total=")[1].split()[0]) / 1e6
    except OSError:
        return 0.0


def _stamped(lab: Lab) -> dict[int, float]:
    """Order -> when the lab first sent a push about it."""
    sent: dict[int, float] = {}
    deliver = lab._deliver

    def stamped(http: Any, now: float) -> None:
        for due in lab._due:
            if due[0] <= now:
                sent.setdefault(due[4], time.monotonic())
        deliver(http, now)

    lab._deliver = stamped  # type: ignore[method-assign]
    return sent


def measure(platform: str, full: bool) -> tuple[Delays, str]:
    """What was measured, and what to say beside it."""
    found = asyncio.run(delays(platform, 100, 60 if full else 15))
    p50, worst, of = percentile(found.pushed, 0.5), found.pushed[-1], len(found.pushed)
    beside = f"p50 {p50:.2f} s, max {worst:.2f} s of {of}; hub {found.cpu_ms:.1f} ms CPU an order"
    return found, f"{beside}; cores were short {found.short:.0%} of the time"
