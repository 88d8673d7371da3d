"""The closed forms agree with simulation, and with each other."""

import random

import pytest

from stockwatch.demand.outlook import Outlook, chance_sold, demand_quantile, left_after, time_to_sell

Z = {0.1: -1.2815515655446004, 0.5: 0.0, 0.9: 1.2815515655446004}


@pytest.mark.parametrize("units", [1, 3, 20, 200])
@pytest.mark.parametrize("shape", [1.0, 4.0, 12.0])
def test_quantiles_agree_with_simulation(units, shape):
    rng = random.Random(7)
    outlook = Outlook(0.4, 50, shape, 1.0)
    times = sorted(rng.gammavariate(units, 1.0) / rng.gammavariate(shape, 0.4 / shape) for _ in range(8000))
    for p, z in Z.items():
        at = time_to_sell(outlook, units, z)
        below = sum(time <= at for time in times) / len(times)
        assert below == pytest.approx(p, abs=0.03)
        assert chance_sold(outlook, units, at) == pytest.approx(p, abs=1e-6)


def test_demand_quantile_agrees_with_the_time_to_sell_it():
    outlook = Outlook(0.2, 100, 8.0, 1.5)
    units = demand_quantile(outlook, 1500, Z[0.9])
    assert chance_sold(outlook, round(units), 1500) == pytest.approx(0.1, abs=0.02)


def test_chance_falls_with_units_and_rises_with_time():
    outlook = Outlook(0.1, 30, 6.0, 1.0)
    by_units = [chance_sold(outlook, units, 600) for units in range(200)]
    by_time = [chance_sold(outlook, 60, seconds) for seconds in range(0, 3600, 60)]
    assert by_units == sorted(by_units, reverse=True)
    assert by_time == sorted(by_time)
    assert by_units[0] == 1.0
    assert by_time[0] == 0.0


def test_what_is_left_ahead_is_gone_when_the_forecast_says_it_is():
    outlook = Outlook(0.2, 100, 8.0, 1.5)
    for n, p in enumerate((0.1, 0.5, 0.9)):
        at = time_to_sell(outlook, 300, Z[p])
        assert left_after(outlook, 300, at * 1.02)[n] == 0
        assert left_after(outlook, 300, at * 0.98)[n] > 0


def test_what_arrives_counts_from_then_on():
    outlook = Outlook(0.2, 100, 50.0, 1.0)
    before, after = (
        left_after(outlook, 300, 599, [[(600, 200)]]),
        left_after(outlook, 300, 600, [[(600, 200)]]),
    )
    assert [late - soon for late, soon in zip(after, before, strict=True)] == [200] * 3
    assert list(before) == sorted(before)
