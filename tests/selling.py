"""A room whose SKUs sell at a rate of their own, for tests of what is made of that."""

import random

from stockwatch.demand import Demand, detector
from stockwatch.demand.outlook import chance_sold

S = 1_000_000
T0 = 1_700_000_000
RULE = detector("sequential", 60.0)


class Room:
    """SKUs whose orders come at a rate of their own, second by second."""

    def __init__(self, seed=1):
        self.rng = random.Random(seed)
        self.demand = Demand()
        self.demand.alive("c", T0 * S)
        self.now = 0

    def sell(self, seconds, **rates):
        for _ in range(seconds):
            self.now += 1
            for sku, rate in rates.items():
                count = sum(self.rng.random() < rate / 4 for _ in range(4))
                for _ in range(count):
                    self.demand.take(sku, "c", (T0 + self.now) * S, 1)
                self.look(sku)

    def look(self, sku):
        now_us = (T0 + self.now + 1) * S
        series = self.demand.at(sku, now_us)
        return None if series is None else self.demand.surge(series, RULE, now_us)

    def chance(self, sku, units, seconds):
        return chance_sold(self.demand.outlook(sku, (T0 + self.now + 1) * S), units, seconds)


def pulses(room, sku, times):
    room.sell(1800, **{sku: 0.3})
    for _ in range(times):
        room.sell(200, **{sku: 2.0})
        room.sell(1000, **{sku: 0.3})
