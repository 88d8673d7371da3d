"""Counts of spans equal a naive count, whatever comes late, and a look reads only what is new."""

import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stockwatch.demand import Demand, detector
from stockwatch.demand.coverage import join
from stockwatch.demand.series import HISTORY, Series
from stockwatch.demand.tally import Tally

START = 1_700_000_000
S = 1_000_000

spans = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 400)), max_size=4)


@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.sampled_from("ab"), st.integers(-200, 700), st.booleans()),
        max_size=60,
    ),
    spans,
    st.integers(0, 3000),
    st.integers(0, 600),
)
@example(
    [(0, "a", 1, True), (1, "a", -1, False), (0, "a", 1, False)], [], 0, 1
)  # the mark went back and forth unseen
@settings(max_examples=150, deadline=None)
def test_spans_equal_a_naive_count(orders, holes, since, length):
    series, mark = Series(), START
    series.advance(mark)
    blank = []
    for first, size in holes:
        join(blank, (START + first, START + first + size))
    first, last = START + since, START + since + length
    for second, channel, move, look in orders:
        series.add(START + second, channel, 1)
        mark += move
        series.advance(mark)
        if look:
            series.tally()
    tally = series.tally()
    kept = range(series._head)
    assert tally.count(first, last) == sum(
        series.orders[n] for n in kept if first <= series.seconds[n] < last
    )
    for channel in "ab":
        assert tally.outside(channel, blank, first, last) == sum(
            series.orders[n]
            for n in kept
            if series.channels[n] == channel
            and first <= series.seconds[n] < last
            and not any(since <= series.seconds[n] < until for since, until in blank)
        )


def test_pruning_keeps_what_windows_still_reach():
    series = Series()
    for second in range(6000):
        series.add(START + second, "ab"[second % 2], 1)
        series.advance(START + second)
        if second % 7 == 0:
            series.tally()
    tally = series.tally()
    assert tally.count(series.mark - HISTORY, series.mark) == HISTORY
    assert tally.outside("a", [], series.mark - HISTORY, series.mark) == HISTORY // 2
    assert len(tally._all.seconds) < HISTORY + 600


def test_a_surge_beside_a_gap_is_not_counted_from_scratch_at_every_look(monkeypatch):
    read = []
    plain = Tally.read
    monkeypatch.setattr(Tally, "read", lambda *entry: (read.append(1), plain(*entry)))
    rng, rule, demand = random.Random(1), detector("ratio", 6), Demand()
    total = 0
    for now in range(2800):
        for _ in range(2 if now < 2500 else 8):
            total += 1
            demand.take("A", rng.choice("abc"), (START + now - (rng.random() < 0.01) * 20) * S, 1)
        if now == 1500:
            demand.gap("a", (START + 1300) * S, (START + 1500) * S)
        series = demand.at("A", (START + now) * S)
        demand.surge(series, rule, (START + now) * S)
    assert 0 < len(read) < 2 * total
