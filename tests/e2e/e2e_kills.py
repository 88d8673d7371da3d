"""Kills a hub with kill -9 again and again under a stream of orders, then compares ledger and channel's book.

Used by the test-suite (a few kills) and by the benchmark (twenty).
"""

from __future__ import annotations

import random
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from e2e_server import ChannelServer, Orders, Pump, room_toml
from e2e_world import World, lives, wait_until


@dataclass
class Account:
    """What came of it."""

    kills: int
    events: int
    rate: float
    resumed: int
    """Subscriptions that went on from a cursor."""
    lost_work: int
    """Kills after which the channel had to send events again (they were not durable)."""
    ledger: dict[str, dict[str, int]]
    book: dict[str, dict[str, int]]
    verify_code: int
    verify_said: str
    seconds: float


def kill_under_load(world: World, kills: int, rate: float, seed: int) -> Account:
    """`kills` times kill -9 at a random moment, at `rate` events a second throughout."""
    rng = random.Random(seed)
    orders = Orders(seed)
    began = time.monotonic()
    with ChannelServer() as server:
        room = world.write("live.toml", room_toml(server.url))
        world.done("run", room, "--detach")
        pump = Pump(orders, server, rate)
        try:
            for _ in range(kills):
                time.sleep(rng.uniform(0.15, 1.0))
                world.kill_hub("live")
                world.done("run", room, "--detach", timeout=60)
            time.sleep(0.5)
        finally:
            pump.stop()
        seconds = time.monotonic() - began
        made = server.add()
        file = world.folder / "live.db"
        wait_until(lambda: cursor_of(file) == made, 30, "the hub has everything")
        wait_until(lambda: time.time() > orders.last_lapse + 1.5, 10)
        world.done("stop", "live")
        wait_until(lambda: not any(lives(pid) for pid in world.processes()), 5, "nothing is left running")
        subscriptions = [int(after or 0) for after in server.subscriptions]
    shown = world.ledger(file)
    verified = world.cli("ledger", "verify", file)
    return Account(
        kills=kills,
        events=orders.events,
        rate=orders.events / seconds,
        resumed=sum(after > 0 for after in subscriptions),
        lost_work=sum(after < made for after in subscriptions[1:]),
        ledger=shown,
        book=orders.book(),
        verify_code=verified.returncode,
        verify_said=(verified.stdout + verified.stderr).decode("utf-8", "replace"),
        seconds=seconds,
    )


def cursor_of(file: Any) -> int:
    """How far the hub has durably come, from its ledger's own table."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5) as database:
        rows = database.execute("SELECT value FROM cursor").fetchall()
    return int(rows[0][0]) if rows else 0
