"""What a forecast within a surge makes of time in which nothing could be sold."""

import random

import pytest

from stockwatch.demand import Demand, detector

S = 1_000_000
T0 = 1_700_000_040
RULE = detector("sequential", 60.0)


def surge(shut=(), seed=3, lasts=600):
    """An hour at 0.05 a second, then 0.5; `shut`: seconds of the surge in which there is nothing to sell."""
    demand, rng = Demand(), random.Random(seed)
    for second in range(3600 + lasts):
        at = (T0 + second) * S
        into = second - 3600
        if shut and into == shut[0]:
            demand.close("A", at)
        if shut and into == shut[1]:
            demand.open("A", at)
        open_now = not (shut and shut[0] <= into < shut[1])
        if rng.random() < (0.5 if into >= 0 else 0.05) and open_now:
            demand.take("A", "c", at, 1)
        if second % 20 == 0:
            demand.alive("c", at)
        demand.tell(T0 + second)
        series = demand.at("A", at)
        if series is not None:
            demand.surge(series, RULE, at)
    assert series.watch.since is not None, "the case is about a surge that goes on"
    return demand.estimate(series), demand.estimate(series, censored=False)


@pytest.mark.parametrize("shut", [(120, 180), (300, 420), (480, 540)])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_time_without_stock_is_no_calm(shut, seed):
    whole, _ = surge(seed=seed)
    holed, naive = surge(shut, seed=seed)
    assert holed.courses
    assert holed.rate == pytest.approx(whole.rate, rel=0.25)
    assert abs(holed.rate - whole.rate) <= abs(naive.rate - whole.rate) + 0.02


def test_orders_that_come_while_nothing_is_there_do_not_break_it():
    demand = Demand()
    for second in range(0, 1800, 40):
        demand.take("A", "c", (T0 + second) * S, 1)
        demand.surge(demand.at("A", (T0 + second) * S), RULE, (T0 + second) * S)
    for second in range(1800, 2000):
        if second == 1920:
            demand.close("A", (T0 + second) * S)
        demand.take("A", "c", (T0 + second) * S, 1)
        series = demand.at("A", (T0 + second) * S)
        demand.surge(series, RULE, (T0 + second) * S)
    assert series.watch.since is not None
    assert demand.estimate(series).rate > 0.5


@pytest.mark.parametrize("shown", [3500, 3620, 3690])
def test_a_presentation_within_the_stretch_explains_what_rose(shown):
    def outlook(shown):
        """An hour at 0.05 orders a second, then two minutes at 0.33 that no surge was called for."""
        demand = Demand()
        for second in range(3800):
            at = (T0 + second) * S
            if second == shown:
                demand.present(("A",), at)
            if second % 20 == 0:
                demand.alive("c", at)
            if second % (20 if second < 3680 else 3) == 0:
                demand.take("A", "c", at, 1)
            demand.tell(T0 + second)
            series = demand.at("A", at)
            if second < 3600:
                demand.surge(series, RULE, at)
        assert series.watch.since is None
        return demand.estimate(series)

    prompted, unprompted = outlook(shown), outlook(None)
    assert unprompted.courses
    assert prompted.courses[0].weight < 0.7 * unprompted.courses[0].weight, "it is less likely to stay"
