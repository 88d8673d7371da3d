"""The sequential detector: what it learns, what it says, and that only orders and time decide."""

from __future__ import annotations

import pickle
import random
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.demand import Demand, detector
from stockwatch.demand.watch import GOES_ON_MAX_S, MIN_ORDERS, Watch

S = 1_000_000
T0 = 1_700_000_000
NEVER = float("inf")


def counts(rng: random.Random, rate: float, seconds: int, since: int = 1) -> list[tuple[int, int]]:
    """(second, orders) of the seconds with orders."""
    made: dict[int, int] = {}
    at = float(since)
    while (at := at + rng.expovariate(rate)) < since + seconds:
        made[int(at)] = made.get(int(at), 0) + 1
    return sorted(made.items())


def fed(stream: list[tuple[int, int]], threshold: float = NEVER, watch: Watch | None = None) -> Watch:
    if watch is None:
        watch = Watch(0)
        watch.add_channel("c", 0.0)
    for second, orders in stream:
        watch.step(second, [(0, orders, True)], None, threshold)
    return watch


@pytest.mark.parametrize("rate", [0.02, 0.2, 2.0])
def test_it_learns_what_is_usual(rate):
    watch = fed(counts(random.Random(1), rate, 4 * 3600))
    assert watch.usual == pytest.approx(rate, rel=0.2)


@pytest.mark.parametrize("clustered", [False, True])
def test_it_learns_how_clustered_orders_are(clustered):
    rng = random.Random(2)
    stream = counts(rng, 0.1, 6 * 3600)
    if clustered:
        together: dict[int, int] = {}
        for second, orders in stream:
            for _ in range(4 * orders):
                at = second + rng.randrange(40)
                together[at] = together.get(at, 0) + 1
        stream = sorted(together.items())
    dispersion = fed(stream)._clustering._dispersion
    assert dispersion[0] == 1.0
    if clustered:
        assert 2.0 < dispersion[-1] < 4.5
        assert dispersion[1] < dispersion[2] < dispersion[3]
    else:
        assert max(dispersion) < 1.25


def test_the_score_is_the_logarithm_of_the_time_between_such_scores():
    """Of steady sales: how often a score for ten minutes comes."""
    rng, rings, streams, hours = random.Random(3), 0, 40, 3
    for _ in range(streams):
        watch = fed(counts(rng, 0.3, 3600))
        quiet_since = watch.at
        for second, orders in counts(rng, 0.3, hours * 3600, since=watch.at + 1):
            watch.step(second, [(0, orders, True)], None, NEVER)
            if watch.score > log(1800.0) + 1.2 and second - quiet_since > 300:
                rings += 1
                quiet_since = second
    assert 0.5 < rings / (streams * hours * 2) < 2.0


def test_a_surge_tells_when_it_began_and_ends_when_it_is_over():
    rng = random.Random(4)
    threshold = log(60 * 3600.0) + 1.2
    watch = fed(counts(rng, 0.2, 7200), threshold)
    assert watch.since is None
    fed(counts(rng, 1.0, 400, since=7200), threshold, watch)
    assert watch.since is not None
    assert 7000 <= watch.since <= 7260
    assert watch.usual == pytest.approx(0.2, rel=0.2), "a surge is not usual"
    assert watch.surge_orders > MIN_ORDERS
    fed(counts(rng, 0.2, 900, since=7600), threshold, watch)
    assert watch.since is None
    assert watch.usual == pytest.approx(0.2, rel=0.25), "nor is it learned from when it is over"
    fed(counts(rng, 1.0, 200, since=8500), threshold, watch)
    assert watch.since is not None, "the next one is seen as well"


def test_what_lasts_is_the_new_usual():
    rng = random.Random(5)
    threshold = log(60 * 3600.0) + 1.2
    watch = fed(counts(rng, 0.2, 7200), threshold)
    fed(counts(rng, 0.8, GOES_ON_MAX_S + 300, since=7200), threshold, watch)
    assert watch.since is None
    assert watch.usual == pytest.approx(0.8, rel=0.2)


def test_few_orders_are_a_coincidence():
    watch = Watch(0)
    watch.add_channel("c", 0.0)
    for second in range(20_000, 20_000 + MIN_ORDERS - 1):
        assert not watch.step(second, [(0, 1, True)], None, 5.0)
    assert watch.score > 5.0
    assert watch.step(20_010, [(0, 1, True)], None, 5.0)


streams = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 30)), min_size=1, max_size=120)


@given(streams, st.integers(0, 119), st.floats(3, 15))
@settings(max_examples=150, deadline=None)
def test_a_saved_one_goes_on_as_if_nothing_had_been(gaps, cut, threshold):
    second, stream = 0, []
    for gap, orders in gaps:
        second += gap
        stream.append((second, orders))
    whole = fed(stream, threshold)
    half = pickle.loads(pickle.dumps(fed(stream[:cut], threshold)))
    fed(stream[cut:], threshold, half)
    for name in Watch.__slots__:
        if name != "_clustering":
            assert getattr(half, name) == getattr(whole, name), name
    assert half._clustering.dispersion == whole._clustering.dispersion


@given(streams)
@settings(max_examples=150, deadline=None)
def test_seconds_that_nobody_covered_change_nothing(gaps):
    """Stretching the pauses by seconds in which the feed was down is as if they had not been."""
    plain, torn = Watch(0), Watch(0)
    for watch in (plain, torn):
        watch.add_channel("c", 0.0)
    at = stretched = 0
    for gap, orders in gaps:
        at += gap
        stretched += gap + 1000
        plain.step(at, [(0, orders, True)], None, NEVER)
        torn.step(stretched, [(0, orders, True)], [gap - 1.0], NEVER)
    # What fades does so by the clock, four hours of it: only a part of the difference.
    assert torn.usual == pytest.approx(plain.usual, rel=0.6, abs=0.02)
    assert torn.score >= 0.0


@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.sampled_from("ab"), st.integers(0, 90)), min_size=1, max_size=150
    ),
    st.lists(st.integers(1, 30), min_size=1, max_size=20),
)
@settings(max_examples=100, deadline=None)
def test_who_looks_how_often_changes_no_finding(orders, pauses):
    """Orders, some of them late; one detector looks every second, the other when it pleases."""
    rule = detector("sequential", 1.0)
    busy, lazy = Demand(), Demand()
    arrivals: dict[int, list[tuple[str, int]]] = {}
    for second, channel, late in orders:
        arrivals.setdefault(second + late, []).append((channel, second))
    look = 0
    for now in range(3200):
        for demand in (busy, lazy):
            demand.tell(T0 + now)
            for channel, second in arrivals.get(now, []):
                demand.take("A", channel, (T0 + second) * S, 1)
        seen = [busy]
        if now >= look:
            seen.append(lazy)
            look = now + pauses[now % len(pauses)]
        for demand in seen:
            series = demand.at("A", (T0 + now) * S)
            if series is not None:
                demand.surge(series, rule, (T0 + now) * S)
    ends = [demand.at("A", (T0 + 3300) * S) for demand in (busy, lazy)]
    for demand, series in zip((busy, lazy), ends, strict=True):
        demand.surge(series, rule, (T0 + 3300) * S)
    assert ends[0].watch.since == ends[1].watch.since
    assert ends[0].watch.score == pytest.approx(ends[1].watch.score, abs=1e-6)
    assert ends[0].watch.usual == pytest.approx(ends[1].watch.usual)
