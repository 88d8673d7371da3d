"""Running window sums equal what a naive count over all orders gives, whatever the order of arrival."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.demand.series import HISTORY, MAX_MINUTES, WINDOWS, Series

START = 1_700_000_000

steps = st.lists(
    st.tuples(
        st.integers(0, 5000),  # second of the order
        st.sampled_from("ab"),
        st.integers(1, 4),
        st.integers(0, 700),  # how far the mark moves then
    ),
    max_size=60,
)


@given(steps)
@settings(max_examples=120, deadline=None)
def test_windows_equal_a_naive_count(orders):
    series = Series()
    mark = START
    counted = []
    series.advance(mark)
    for second, channel, units, move in orders:
        if START + second >= mark - HISTORY:
            counted.append((START + second, units))
        series.add(START + second, channel, units)
        mark += move
        series.advance(mark)
        for window, length in enumerate(WINDOWS):
            inside = [units for at, units in counted if mark - length <= at < mark]
            assert series.order_sums[window] == len(inside)
            assert series.unit_sums[window] == sum(inside)
    assert series.seconds == sorted(series.seconds)
    assert sum(series.minutes.values()) == series.total == sum(units for _, _, units, _ in orders)


def test_moving_the_mark_back_rebuilds_the_sums():
    series = Series()
    for second in range(0, 900, 3):
        series.add(START + second, "a", 2)
    series.advance(START + 900)
    forward = list(series.order_sums)
    series.advance(START + 400)
    assert series.order_sums[1] == 100
    series.advance(START + 900)
    assert series.order_sums == forward


def test_old_seconds_are_forgotten_but_their_minutes_stay():
    series = Series()
    for second in range(6000):
        series.add(START + second, "a", 1)
        series.advance(START + second)
    assert len(series.seconds) < HISTORY + 600
    assert sum(series.minutes.values()) == 6000
    series.add(START, "a", 5)
    assert series.order_sums[-1] == HISTORY, "older than the kept history: no window learns of it"
    assert sum(series.minutes.values()) == 6005


def test_absurd_times_cannot_grow_the_minutes_without_end():
    series = Series()
    for minute in range(MAX_MINUTES + 500):
        series.add(minute * 60, "a", 1)
    assert len(series.minutes) == MAX_MINUTES
