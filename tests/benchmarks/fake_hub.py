"""A hub that shows what it is told to: a picture of many links, and deltas of it, to the real console."""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
import time

import msgspec
from e2e_world import World
from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed

from stockwatch import __version__
from stockwatch.room import intents
from stockwatch.room.view import AlertRow, Delta, Eta, FeedRow, Header, LinkRow, RoomView, SkuRow, Text

NOW = 1_762_876_800
CHANNELS = ("taobao", "douyin", "kuaishou")


def row(n: int, rng: random.Random) -> LinkRow:
    """One link with figures at random."""
    left = rng.randrange(0, 3000)
    sold = rng.randrange(0, 2000)
    tier = (0, 0, 0, 0, 0, 0, 0, 1, 2, 3)[n % 10]
    velocity = round(rng.random() * 30, 1)
    title = f"羊毛混纺长款大衣 第{n}款"
    size = SkuRow(
        sku=f"SKU-{n}", title=title, label="黑 M", tier=tier, sellable=left, available=left, sold=sold
    )
    return LinkRow(
        listing=f"L{n}", slot=n, title=title, tier=tier, alert="open" if tier else "", sellable=left, available=left,
        reserved=rng.randrange(0, 60), sold=sold, velocity=velocity, direction=rng.choice((-1, 0, 1)),
        eta=Eta(NOW + 600, NOW + 1200 + n, NOW + 2400), spark=tuple(rng.randrange(0, 9) for _ in range(30)),
        channels=tuple((channel, rng.randrange(0, 900)) for channel in CHANNELS), sizes=(size,),
    )  # fmt: skip


def picture(links: int, seed: int) -> RoomView:
    """A room of that many links with alerts."""
    rng = random.Random(seed)
    rows = tuple(row(n, rng) for n in range(1, links + 1))
    alerts = tuple(
        AlertRow(id=f"{link.listing}:1", sku=f"SKU-{link.slot}", listing=link.listing, title=link.title, tier=link.tier,
                 state="open", raised=NOW - 300, changed=NOW - 200, reason=Text("近 5 分钟 30 单", "30 in 5 min"))
        for link in rows if link.tier
    )  # fmt: skip
    feeds = tuple(
        FeedRow(channel=channel, title=channel, state="live", lag_s=0.4, events=10) for channel in CHANNELS
    )
    header = Header(
        room="fake", name="双11 专场", mode="LIVE", timezone="Asia/Shanghai", clock=NOW // 60 * 60
    )
    return RoomView(header=header, links=rows, alerts=alerts, feeds=feeds)


class FakeHub:
    """Serves a picture in `world` from a thread; `hertz` times a second a `share` of its rows changes."""

    def __init__(
        self, world: World, links: int, *, hertz: float = 0.0, share: float = 0.2, seed: int = 1
    ) -> None:
        self._view = picture(links, seed)
        self._hertz, self._share = hertz, share
        self._rng = random.Random(seed)
        self.deltas = 0
        folder = world.runtime / "stockwatch"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._socket = folder / "00000000000000aa.sock"
        record = {
            "pid": os.getpid(), "room": "fake", "name": "fake", "ledger": str(world.folder / "none.db"),
            "started": int(time.time()), "version": __version__, "mode": "LIVE", "socket": str(self._socket),
        }  # fmt: skip
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), name="fake hub", daemon=True).start()
        assert self._ready.wait(10)
        self._socket.with_suffix(".json").write_text(json.dumps(record))

    async def _serve(self) -> None:
        async with unix_serve(self._client, str(self._socket), compression=None):
            self._ready.set()
            await asyncio.get_running_loop().create_future()

    async def _client(self, connection: ServerConnection) -> None:
        encode = msgspec.json.Encoder().encode
        try:
            await connection.recv()
            await connection.send(encode(intents.Welcome(version=__version__)).decode())
            await connection.send(encode(intents.Snapshot(view=self._view)).decode())
            if not self._hertz:
                await connection.wait_closed()
            due = time.monotonic()
            while self._hertz:
                due += 1 / self._hertz
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                changed = self._rng.sample(self._view.links, round(len(self._view.links) * self._share))
                rows = tuple(self._changed(link) for link in changed)
                await connection.send(encode(intents.Change(delta=Delta(links=rows))).decode())
                self.deltas += 1
        except ConnectionClosed:
            pass

    def _changed(self, link: LinkRow) -> LinkRow:
        """The same link a moment later: units sold, another velocity; its tier stays."""
        rng, less = self._rng, self._rng.randrange(1, 4)
        left = link.available - less if link.available > less else 3000
        new = msgspec.structs.replace(
            link, available=left, sellable=left, sold=link.sold + less, velocity=round(rng.random() * 30, 1),
            direction=rng.choice((-1, 0, 1)), spark=(*link.spark[1:], rng.randrange(0, 9)),
        )  # fmt: skip
        self._view = msgspec.structs.replace(
            self._view, links=tuple(new if row.listing == new.listing else row for row in self._view.links)
        )
        return new
