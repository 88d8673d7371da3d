"""How far orders will scatter about one rate, from how they have scattered."""

from __future__ import annotations

import random
from itertools import accumulate
from math import exp, sqrt
from statistics import median

import pytest

from stockwatch.demand.clustering import LONG_S, Clustering

RATE = 0.5
HOURS = 4


def learned(seed: int, faster, begins: int = 1_700_000_123) -> Clustering:
    """`faster(second, rng)` multiplies the rate."""
    rng = random.Random(seed)
    clustering = Clustering()
    for second in range(HOURS * 3600):
        rate = RATE * faster(second, rng)
        if count := sum(rng.random() < rate / 4 for _ in range(4)):
            clustering.take(begins + second, count, RATE)
    return clustering


def steady(second: int, rng: random.Random) -> float:
    return 1.0


class Wander:
    """exp of an Ornstein-Uhlenbeck process of 300 s and 0.3."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self, second: int, rng: random.Random) -> float:
        keep = exp(-1 / 300)
        self.at = keep * self.at + 0.3 * sqrt(1 - keep * keep) * rng.gauss(0, 1)
        return exp(self.at - 0.045)


def pulses(second: int, rng: random.Random) -> float:
    return 3.0 if second % 1200 < 240 else 0.5


def test_steady_sales_are_not_believed_to_wander():
    assert median(learned(seed, steady).in_total(RATE) for seed in range(9)) < 2.0


def test_a_rate_that_wanders_is_allowed_for_as_far_as_it_will_in_the_long_run():
    found = [learned(seed, Wander()) for seed in range(15)]
    # 29 in an endless stream. Four hours tell less than that, and what few bins say is believed by halves.
    assert 7 < median(one.in_total(RATE) for one in found) < 40
    assert median(one.in_total(RATE) / one.ahead(RATE) for one in found) > 1.3


def test_pulses_that_even_out_within_twenty_minutes_are_not_carried_on_for_ever():
    found = [learned(seed, pulses) for seed in range(9)]
    carried_on = [one._carried_on(RATE, 6.0, 4.0) for one in found]
    assert all(one.in_total(RATE) < 0.7 * guess for one, guess in zip(found, carried_on, strict=True))


@pytest.mark.parametrize("begins", [0, 700, 1214])
def test_a_long_bin_that_was_not_whole_tells_nothing(begins: int):
    seconds = 3 * LONG_S
    clustering = Clustering()
    for second in range(begins, begins + seconds):
        clustering.take(second, 1, 1.0)
    whole = [
        at
        for at in accumulate([LONG_S] * 3, initial=LONG_S)
        if begins < at and at + LONG_S < begins + seconds
    ]
    assert clustering._long.spread == 0.0, "bins of equal counts"
    assert clustering._long.mean == pytest.approx(LONG_S * (len(whole) - 1), rel=0.1)
    clustering.tear()
    for second in range(begins + seconds + 600, begins + 2 * seconds + 600):
        clustering.take(second, 1, 1.0)
    assert clustering._long.spread == 0.0
