"""A link's demand by size, where sizes are gone for part of the stream."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.demand import Demand

S = 1_000_000
T0 = 1_700_000_040
SIZES = ("S", "M", "L", "XL")
TRUE = (0.1, 0.45, 0.3, 0.15)


def stream(gone, seconds=7200, pace=lambda second: 0.2, seed=1):
    """Sizes are asked for by `TRUE`; `gone`: size -> (since, until) without any."""
    demand, rng = Demand(), random.Random(seed)
    taken = dict.fromkeys(SIZES, 0)
    shut = set()
    for second in range(seconds):
        at = (T0 + second) * S
        for size, (since, until) in gone.items():
            if since <= second < until and size not in shut:
                shut.add(size)
                demand.close(size, at)
            elif second == until:
                shut.discard(size)
                demand.open(size, at)
        if rng.random() < pace(second):
            size = rng.choices(SIZES, TRUE)[0]
            if size not in shut:
                taken[size] += 1
                demand.take(size, "c", at, 1)
    return demand.size_shares(SIZES, (T0 + seconds) * S), [
        taken[size] / sum(taken.values()) for size in SIZES
    ]


def test_while_all_are_there_it_is_what_was_taken():
    found, naive = stream({})
    assert found == pytest.approx(naive, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_a_main_size_that_was_gone_early_keeps_its_part(seed):
    """Also where the rush came only when it was gone."""
    found, naive = stream({"M": (1800, 7200)}, pace=lambda at: 0.1 if at < 1800 else 0.4, seed=seed)
    assert naive[1] < 0.12
    assert found == pytest.approx(TRUE, abs=0.1)


def test_one_that_came_back_is_seen_in_both_of_its_times():
    found, _ = stream({"M": (600, 3000), "L": (4000, 9000)})
    assert found == pytest.approx(TRUE, abs=0.07)


def test_of_a_day_it_forgets_no_gap():
    """Spans in which nothing could be sold are kept an hour for the rates; here the whole stream counts."""
    found, _ = stream({"M": (900, 6300)}, seconds=4 * 3600)
    assert found == pytest.approx(TRUE, abs=0.05)


def test_one_that_never_was_there_has_none_and_a_link_without_orders_neither():
    demand = Demand()
    assert demand.size_shares(SIZES, T0 * S) == [0.0] * 4
    demand.close("S", (T0 - 60) * S)
    for second in range(0, 600, 10):
        demand.take("M", "c", (T0 + second) * S, 1)
        demand.take("L", "c", (T0 + second) * S, 3)
    none, middle, large, unknown = demand.size_shares(SIZES, (T0 + 600) * S)
    assert none == 0.0
    assert large == pytest.approx(3 * middle, rel=0.05)
    assert unknown < 0.02


def test_two_orders_in_its_only_minute_do_not_make_a_main_size():
    demand = Demand()
    for second in range(0, 3600, 20):
        demand.take("M", "c", (T0 + second) * S, 1)
    demand.take("S", "c", T0 * S, 1)
    demand.take("S", "c", (T0 + 2) * S, 1)
    demand.close("S", (T0 + 3) * S)
    assert demand.size_shares(("S", "M"), (T0 + 3600) * S)[0] < 0.5


@given(
    st.lists(
        st.tuples(st.sampled_from(SIZES), st.sampled_from(["take", "close", "open"]), st.integers(0, 4000)),
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_they_are_shares(steps):
    demand = Demand()
    for size, what, second in sorted(steps, key=lambda step: step[2]):
        at = (T0 + second) * S
        if what == "take":
            demand.take(size, "c", at, 1 + second % 3)
        else:
            getattr(demand, what)(size, at)
    found = demand.size_shares(SIZES, (T0 + 4000) * S)
    assert all(0.0 <= one <= 1.0 for one in found)
    assert sum(found) == pytest.approx(1.0 if any(what == "take" for _, what, _ in steps) else 0.0)
