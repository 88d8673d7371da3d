"""What foresight costs: CPU of demand and alerts for 2,000 SKUs by the second, and memory a SKU.

Only SKUs that had orders or are due are looked at, as the room does; a quarter of them sell faster than the others, and
a tenth are so near their line that each order is judged. The ledger and the picture are not part of it.
"""

from __future__ import annotations

import sys
import time
import tracemalloc

import numpy as np
from bench import Report, arguments

from stockwatch.alerts import Desk, Facts
from stockwatch.config import RoomConfig, Sku
from stockwatch.demand import Demand

SECOND_US = 1_000_000
EPOCH = 1_700_000_000
SKUS = 2_000


class Room:
    """Demand and desk of many SKUs, driven second by second."""

    def __init__(self, skus: int) -> None:
        self.names = [f"SKU-{n}" for n in range(skus)]
        self.demand = Demand()
        config = tuple(Sku(id=name, title=name, stock=500, lead_time=600) for name in self.names)
        self.desk = Desk(RoomConfig(id="r", name="r", skus=config), self.demand)
        self.left = {name: 60 if n % 10 == 0 else 5_000 for n, name in enumerate(self.names)}
        self.sold = dict.fromkeys(self.names, 0)
        self.due: dict[str, int] = {}
        self.looks = 0
        self.demand.alive("c", EPOCH * SECOND_US)

    def second(self, second: int, orders: list[int]) -> None:
        now_us = (EPOCH + second) * SECOND_US
        self.demand.tell(EPOCH + second)
        dirty = set()
        for n in orders:
            name = self.names[n]
            self.demand.take(name, "c", now_us, 1)
            self.left[name] = max(20, self.left[name] - 1)
            self.sold[name] += 1
            dirty.add(name)
        if not orders:
            self.demand.alive("c", now_us)
        due = {name for name, at in self.due.items() if at <= now_us}
        for name in sorted(dirty - due):
            calm, again = self.desk.calm(name, now_us, self.left[name], 0, self.sold[name])
            if calm:
                dirty.discard(name)
                if again is not None:
                    self.due[name] = min(again, self.due.get(name, again))
        for name in sorted(dirty | due):
            waits, again = self.desk.wait(name, now_us, self.left[name], 0, self.sold[name])
            if not waits:
                self.looks += 1
                _, again = self.desk.evaluate(
                    name, now_us, Facts(available=self.left[name], sold=self.sold[name])
                )
            self.due.pop(name, None)
            if again is not None:
                self.due[name] = again


def main() -> int:
    args = arguments(__doc__, seed=5)
    report = Report()
    rng = np.random.default_rng(args.seed)
    weights = np.where(np.arange(SKUS) % 4 == 0, 6.0, 1.0)
    weights /= weights.sum()
    room = Room(SKUS)
    seconds = 3600 if args.full else 900
    drawn = [rng.choice(SKUS, size=rng.poisson(20), p=weights).tolist() for _ in range(1800 + seconds)]
    for second in range(1800):
        room.second(second, drawn[second])
    looks, began = room.looks, time.process_time()
    for second in range(1800, 1800 + seconds):
        room.second(second, drawn[second])
    busy = (time.process_time() - began) / seconds
    report.at_most(
        "CPU of a core, 2,000 SKUs, 20 orders a second", 100 * busy, 1.0, "%",
        f"{busy / 20 * 1e6:.0f} us an order, {(room.looks - looks) / seconds:.1f} SKUs looked at a second",
    )  # fmt: skip
    began = time.process_time()
    for second in range(1800 + seconds, 1800 + seconds + 300):
        room.second(second, [])
    report.at_most("CPU of a core, nothing sold", 100 * (time.process_time() - began) / 300, 1.0, "%")
    tracemalloc.start()
    few, hours = Room(100), 3
    before = tracemalloc.get_traced_memory()[0]
    for second in range(hours * 3600):
        few.second(second, rng.choice(100, size=rng.poisson(20)).tolist())
    a_sku = (tracemalloc.get_traced_memory()[0] - before) / 100 / 1000
    report.at_most("memory a SKU, 0.2 orders a second for 3 h", a_sku, 50, "KB")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
