"""Platforms followed at speed: from a push to the books, what a lost push costs, the CPU of an order, limits kept, and
books that end equal to the shops' own.

The lab runs in a process of its own; this one is the receiver, the clients and the feeds, with books that apply each
event. CPU is this process's, the HTTP client and server in it included, and what is spent outside HTTP (verifying,
reading, telling facts) apart. A hub of its own tells when a push, or an order that no push names, shows in a console's
picture (`channels_screen`). Each platform, and then all at once, is also followed through an outage with tokens that
expire; `--full` makes that a minute, and 10,000 orders of each platform.
Asked for: p99 of push to books, and of push to picture, <= 1 s at 100 orders/s and 200 ms an answer; no more details
than pushes; what no push names found within 5 s; <= 1 ms CPU an order for the adapter itself. `--platform`, once for
each, measures others of a lab's platforms in place of the three that it holds by default.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path
from typing import Any

from bench import Report, arguments, percentile

sys.path.insert(0, str(Path(__file__).parent.parent / "channels"))

import channels_screen
from rehearsal import BookSink, details, free_port

from stockwatch.channels.facts import facts_of
from stockwatch.channels.known import Known
from stockwatch.channels.receiver import Receiver
from stockwatch.channels.serving import Listen, serve
from stockwatch.channels.wire import Nudge
from stockwatch.config import load_room
from stockwatch.hub.platforms import RoomFeeds
from stockwatch.lab.opening import ALL_PLATFORMS, PLATFORMS, Ware

ORDERS = 10_100
"""Of each platform, in a whole run: buyers come by chance."""
FAULTS = ("--lost", "0.05", "--duplicated", "0.02", "--late", "0.3", "--unpaid", "5")


class Run:
    """One stretch of one or more platforms."""

    def __init__(
        self,
        platforms: tuple[str, ...],
        rate: float,
        seconds: int,
        latency_s: float,
        *more: str,
        phases: str = "",
    ) -> None:
        self.platforms, self.rate, self.seconds, self.latency_s, self.more = (
            platforms,
            rate,
            seconds,
            latency_s,
            more,
        )
        self.phases = phases
        self.named: dict[tuple[str, str], float] = {}
        self.orders = 0
        self.cpu_s = 0.0
        self.books: dict[str, Any] = {}
        self.equal = False

    async def go(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_DATA_HOME"] = folder  # tokens are kept there
            answers, pushes = free_port(), free_port()
            words = [sys.executable, "-m", "stockwatch", "lab", folder, "--rate", str(self.rate), *FAULTS,
                     "--for", f"{self.seconds}s", "--latency", str(self.latency_s), *self.more,
                     "--listen", f"127.0.0.1:{answers}", "--push", f"127.0.0.1:{pushes}",
                     "--room", str(_many(Path(folder)))]  # fmt: skip
            for platform in self.platforms:
                words += ["--platform", platform]
            if self.phases:
                told = Path(folder) / "script.toml"
                told.write_text(self.phases, "utf-8")
                words += ["--script", str(told)]
            lab = await asyncio.create_subprocess_exec(
                *words,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                limit=1 << 26,  # its books are one line
            )
            try:
                await self._follow(Path(folder) / "lab.toml", lab)
            finally:
                lab.kill()
                await lab.wait()

    async def _follow(self, toml: Path, lab: asyncio.subprocess.Process) -> None:
        while not toml.exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
        text = toml.read_text("utf-8").replace("[[channel]]\n", "[[channel]]\nrate = 1000\n")
        toml.write_text(text, "utf-8")
        config = load_room(toml)
        self.sink = BookSink([Ware(sku.id, sku.title, sku.stock) for sku in config.skus])
        feeds = RoomFeeds(config, toml, books=self.sink.books, zone=UTC)
        for feed in feeds.platforms.values():
            self._watch(feed)
        assert config.push_listen is not None
        at = Listen("127.0.0.1", int(config.push_listen.rpartition(":")[2]))
        tasks = [
            asyncio.create_task(serve(Receiver(feeds.platforms, self.sink), at)),
            *(asyncio.create_task(feed.run(self.sink, None)) for feed in feeds.platforms.values()),
        ]
        began = time.process_time()
        assert lab.stdout is not None
        self.books = json.loads(await lab.stdout.readline())
        until = time.monotonic() + 30
        while self._figures() != self._wanted() and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        self.equal = self._figures() == self._wanted()
        self.cpu_s = time.process_time() - began
        self.orders = sum(shop["orders"] for shop in self.books["platforms"].values())
        self.feeds = feeds.platforms
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _watch(self, feed: Any) -> None:
        """Remember when an order was first named by a push."""
        nudge = feed.nudge

        def named(nudges: tuple[Nudge, ...], *heard: Any) -> None:
            for one in nudges:
                self.named.setdefault((feed.channel, one.order), time.time())
            nudge(nudges, *heard)

        feed.nudge = named

    def _figures(self) -> dict[str, tuple[int, int, int]]:
        books = self.sink.books
        return {
            sku: (books.stock(sku).reserved, books.stock(sku).sold, books.stock(sku).quarantined)
            for sku in self.books["skus"]
        }

    def _wanted(self) -> dict[str, tuple[int, int, int]]:
        return {
            sku: (row["reserved"], row["sold"], row["returned"]) for sku, row in self.books["skus"].items()
        }

    def details_a_push(self) -> float:
        """Details that the platform was asked for, for each push that it delivered."""
        (feed,) = self.feeds.values()
        shop = self.books["platforms"][feed.channel]
        return float(shop["asked"].get(feed.client.adapter.detail("1").method, 0) / max(1, shop["pushed"]))

    def delays(self) -> list[float]:
        """Seconds from an order's first push to the books; 0 where polling was first."""
        booked: dict[tuple[str, str], float] = {}
        for (source, key), at in self.sink.seen.items():
            order = (source, key.split("/")[0])
            booked[order] = min(at, booked.get(order, at))
        return sorted(max(0.0, booked[order] - at) for order, at in self.named.items() if order in booked)


def _many(folder: Path) -> Path:
    """A room that opens with plenty, so that nothing is short."""
    path = folder / "plenty.toml"
    skus = "".join(f'[[sku]]\nid = "SKU-{n}"\ntitle = "商品 {n}"\nstock = 1000000\n' for n in range(20))
    path.write_text(f'[room]\nid = "plenty"\nname = "plenty"\n{skus}', "utf-8")
    return path


def adapter_cost(orders: int, platforms: tuple[str, ...]) -> float:
    """CPU ms an order for reading five snapshots of it and telling their facts, without HTTP: the worst platform."""
    worst = 0.0
    for platform in platforms:
        adapter, keys, goods, answers = details(platform, orders)
        known = Known(BookSink([]).books, platform).as_sku
        began = time.process_time()
        for raw in answers * 5:
            order = adapter.order(raw, keys)
            facts_of(order, channel=platform, source=platform, goods=goods, known=known, zone=UTC)
        worst = max(worst, (time.process_time() - began) / orders * 1000)
    return worst


def outage(platforms: tuple[str, ...], full: bool, report: Report) -> int:
    """The first of them is out for a while, and tokens expire; how many requests were beyond a platform's limit."""
    rate = 100 // len(platforms)
    out_s = 60 if full else 12
    seconds = max(20, (ORDERS // rate - out_s) // 2 + 1) if full else 12
    phases = script(seconds, out_s, platforms[0], rate)
    run = Run(platforms, 0, 0, 0.05, "--token-life", "10", "--limit", "1000", phases=phases)
    asyncio.run(run.go())
    each = min(shop["orders"] for shop in run.books["platforms"].values())
    about = f"{run.orders} orders, {each} or more of each, tokens of 10 s, {platforms[0]} out for {out_s} s"
    name = platforms[0] if len(platforms) == 1 else "all at once"
    report.holds(f"{name}: after an outage the books are the shops' own", run.equal, about)
    return sum(sum(shop["limited"].values()) for shop in run.books["platforms"].values())


def script(seconds: int, out_s: int, out: str, rate: int) -> str:
    """Before, during and after the outage of `out`; `rate` is each platform's orders a second."""
    phases = (f'for = "{seconds}s"', f'for = "{out_s}s"\nout = ["{out}"]', f'for = "{seconds}s"')
    return "\n".join(f"[[phase]]\n{phase}\nrate = {rate}" for phase in phases)


def main() -> int:
    args = arguments(__doc__, {"platform": ALL_PLATFORMS})
    platforms = tuple(dict.fromkeys(args.platform)) or PLATFORMS
    report, limited = Report(), 0
    for platform in platforms:
        run = Run((platform,), 100, 60 if args.full else 15, 0.2)
        asyncio.run(run.go())
        delays = run.delays()
        report.at_most(
            f"{platform}: push to books, p99, 100 orders/s, 200 ms an answer", percentile(delays, 0.99), 1.0, "s",
            f"p50 {percentile(delays, 0.5):.2f} s of {len(delays)}; "
            f"{run.cpu_s / run.orders * 1000:.2f} ms CPU an order with HTTP and books",
        )  # fmt: skip
        report.at_most(
            f"{platform}: details asked for each push",
            run.details_a_push(),
            1.0,
            "",
            "what polling is named counts too",
        )
        report.holds(
            f"{platform}: the books are the shop's own", run.equal, f"{run.orders} orders, 5 % of pushes lost"
        )
        screen, beside = channels_screen.measure(platform, args.full)
        report.at_most(
            f"{platform}: push sent to a console's picture, p99, 100 orders/s, 200 ms an answer",
            percentile(screen.pushed, 0.99),
            1.0,
            "s",
            beside,
        )
        report.at_most(
            f"{platform}: lost push found by polling, worst",
            screen.polled[-1],
            5.0,
            "s",
            f"p50 {percentile(screen.polled, 0.5):.2f} s of {len(screen.polled)}",
        )
        lost = sum(one == float("inf") for one in (*screen.pushed, *screen.polled))
        report.at_most(f"{platform}: orders never shown", lost, 0, "")
        limited += outage((platform,), args.full, report)
    report.at_most(
        "reading and telling five snapshots of an order", adapter_cost(300, platforms), 1.0, "ms CPU"
    )
    if len(platforms) > 1:
        limited += outage(platforms, args.full, report)
    report.at_most("requests beyond a platform's limit", limited, 0, "")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
