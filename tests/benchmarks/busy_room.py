"""A busy live room for benchmarks: 200 SKUs, orders at a rate, and a marked link whose figure can be followed."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import Any

from e2e_server import SOURCE, ChannelServer, event

MARK = "MARKER"
MARKED_STOCK = 9999


def room_toml(url: str, skus: int = 200) -> str:
    """The marked link is number 1."""
    goods = [f'[[sku]]\nid = "{MARK}"\ntitle = "{MARK}"\nstock = {MARKED_STOCK}\n']
    goods += [f'[[sku]]\nid = "S{n}"\ntitle = "商品 {n}"\nstock = 500000\n' for n in range(skus - 1)]
    goods.append(
        f'[[listing]]\nid = "L1"\ntitle = "{MARK}"\nslot = 1\nitems = [{{ sku = "{MARK}", qty = 1 }}]\n'
    )
    return (
        '[room]\nid = "busy"\nname = "忙"\ntimezone = "Asia/Shanghai"\nlanguage = "zh"\n\n'
        '[ledger]\npath = "busy.db"\n\n'
        f'[[channel]]\nid = "shop"\nsource = "{SOURCE}"\nfeed = "{url}"\n\n' + "\n".join(goods)
    )


@dataclass
class Mark:
    """One order of the marked link."""

    cursor: int
    available: int
    """What the link's figure must have come down to."""


class BusyChannel:
    """Orders over all SKUs at `rate` events a second from a thread, with a marked one every `every` seconds."""

    def __init__(
        self, server: ChannelServer, rate: float, every: float, seed: int = 1, skus: int = 200
    ) -> None:
        self._server, self._rate, self._every, self._skus = server, rate, every, skus
        self._rng = random.Random(seed)
        self._count = 0
        self._unpaid: list[tuple[str, str]] = []
        self.marks: list[Mark] = []
        self.made = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="busy", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join(10)

    def _run(self) -> None:
        began = time.monotonic()
        next_mark = began + 1.0
        while not self._ending.is_set():
            now = time.monotonic()
            due = int((now - began) * self._rate) - self.made
            if due > 0:
                self._server.add(*(self._event() for _ in range(due)))
                self.made += due
            if now >= next_mark:
                next_mark = now + self._every * self._rng.uniform(0.7, 1.3)
                self.made += 1
                cursor = self._server.add(self._order(MARK))
                self.marks.append(Mark(cursor, MARKED_STOCK - len(self.marks) - 1))
            self._ending.wait(0.005)

    def _event(self) -> dict[str, Any]:
        if self._unpaid and self._rng.random() < 0.5:
            order, sku = self._unpaid.pop(self._rng.randrange(len(self._unpaid)))
            return event(f"{order}-2", "order.paid", sku, order=order, line=1)
        sku = f"S{self._rng.randrange(self._skus - 1)}"
        made = self._order(sku)
        self._unpaid.append((made["data"]["order"], sku))
        return made

    def _order(self, sku: str) -> dict[str, Any]:
        self._count += 1
        order = f"o{self._count}"
        return event(f"{order}-1", "order.placed", sku, order=order, line=1, qty=1)
