"""A platform's figure that somebody else changed is told apart from sales, also in the busiest minute."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from stockwatch.alerts.overwrites import (
    EDGE_US,
    GRACE_US,
    KEPT_S,
    SECOND_US,
    Figure,
    Moves,
    Reading,
    Slack,
)

BEGIN = 1_790_000_000 * SECOND_US
EVERY = 30


def at(second: float) -> int:
    return BEGIN + int(second * SECOND_US)


def test_what_was_sold_explains_a_fall_and_what_was_cancelled_a_rise():
    figure, moves = Figure(), Moves()
    assert figure.take(Reading(100, at(0)), moves, Slack()).kind == "first"
    moves.sold(at(10), 7, certain=True)
    assert figure.take(Reading(93, at(30)), moves, Slack()).kind == "explained"
    moves.came_back(at(40), 2, certain=True)
    assert figure.take(Reading(95, at(60)), moves, Slack()).kind == "explained"


def test_an_overwrite_upward_is_seen_at_the_first_reading_and_told_from_what_it_should_have_been():
    figure, moves = Figure(), Moves()
    figure.take(Reading(23, at(0)), moves, Slack())
    moves.sold(at(10), 3, certain=True)
    verdict = figure.take(Reading(500, at(30)), moves, Slack(back=15))
    assert verdict.change is not None
    assert (verdict.change.was, verdict.change.now) == (20, 500)
    assert (verdict.change.since_us, verdict.change.at_us) == (at(0), at(30))
    assert figure.take(Reading(500, at(60)), moves, Slack()).kind == "explained", "told once"


def test_a_rise_that_orders_may_give_back_waits_and_is_told_when_none_did():
    figure, moves = Figure(), Moves()
    figure.take(Reading(20, at(0)), moves, Slack())
    assert figure.take(Reading(30, at(30)), moves, Slack(back=12)).kind == "waits"
    assert figure.take(Reading(30, at(60)), moves, Slack(back=12)).kind == "waits"
    assert figure.take(Reading(30, at(30 + 75)), moves, Slack(back=12)).kind == "changed"


def test_a_fall_waits_for_the_channels_lag_and_is_dropped_when_its_sales_are_told():
    figure, moves = Figure(), Moves()
    figure.take(Reading(20, at(0)), moves, Slack())
    assert figure.take(Reading(15, at(30)), moves, Slack()).kind == "waits"
    moves.sold(at(20), 5, certain=True)
    assert figure.take(Reading(15, at(60)), moves, Slack()).kind == "explained"
    assert figure.take(Reading(0, at(90)), moves, Slack(lag_us=60 * SECOND_US)).kind == "waits"
    assert figure.take(Reading(0, at(190)), moves, Slack(lag_us=60 * SECOND_US)).kind == "waits"
    verdict = figure.take(Reading(0, at(230)), moves, Slack(lag_us=60 * SECOND_US))
    assert verdict.change is not None
    assert (verdict.change.was, verdict.change.now, verdict.change.at_us) == (15, 0, at(90))


def test_orders_nobody_here_books_and_numbers_that_share_a_sku_explain_either_way():
    figure, moves = Figure(), Moves()
    figure.take(Reading(20, at(0)), moves, Slack())
    assert figure.take(Reading(22, at(30)), moves, Slack(either=2)).kind == "explained"
    moves.sold(at(40), 4, certain=True)
    assert figure.take(Reading(22, at(60)), moves, Slack(shared=True)).kind == "explained"
    moves.sold(at(70), 4, certain=True)
    assert figure.take(Reading(18, at(90)), moves, Slack(shared=True)).kind == "explained"


def test_readings_out_of_order_change_nothing_and_old_ones_are_not_compared():
    figure, moves = Figure(), Moves()
    figure.take(Reading(20, at(60)), moves, Slack())
    assert figure.take(Reading(900, at(30)), moves, Slack()).kind == "old"
    assert figure.take(Reading(20, at(90)), moves, Slack()).kind == "explained"
    assert figure.take(Reading(900, at(91 + KEPT_S)), moves, Slack()).kind == "first"


def test_what_moved_is_kept_no_longer_than_readings_are_compared():
    moves = Moves()
    for second in range(3 * KEPT_S):
        moves.sold(at(second), 1, certain=True)
    assert len(moves._by_second) <= 2 * KEPT_S
    end = 3 * KEPT_S
    assert sum(moves.between(at(end - KEPT_S), at(end))) >= KEPT_S


class Platform:
    """Sells, takes back, is read a little beside its clock; what happened is told late, and in any order."""

    def __init__(self, seed: int, rate: float, late: float) -> None:
        self.draw = random.Random(seed)
        self.rate, self.late = rate, late
        self.now = 0
        self.stock: list[tuple[float, int]] = [(-100.0, 100_000)]
        """(when, change)"""
        self.untold: list[tuple[float, float, int]] = []
        """(told when, happened when, change)"""
        self.unpaid = 0
        self.may_return = 0
        """Of all that was sold, unpaid or told to nobody yet."""
        self.moves = Moves()

    def live(self, seconds: int) -> None:
        for _ in range(seconds):
            for _ in range(int(self.rate + self.draw.random())):
                units = self.draw.choice((1, 1, 1, 2, 3))
                self.unpaid += units
                self.may_return += units
                self._happens(-units)
            if self.unpaid and self.draw.random() < 0.3:
                back = self.draw.randint(1, min(self.unpaid, 20))
                self.unpaid -= back
                self._happens(back)
            self.now += 1

    def _happens(self, change: int) -> None:
        when = self.now + self.draw.random()
        self.stock.append((when, change))
        self.untold.append((when + self.draw.random() * self.late, when, change))

    def read(self) -> tuple[Reading, Slack]:
        """The figure as of up to 1.5 s before or after the instant that it says."""
        told = [one for one in self.untold if one[0] <= self.now]
        self.untold = [one for one in self.untold if one[0] > self.now]
        for _, when, change in told:
            if change < 0:
                self.moves.sold(at(int(when)), -change, certain=True)
            else:
                self.moves.came_back(at(int(when)), change, certain=True)
                self.may_return -= change
        off = self.draw.uniform(-1.5, 0)
        qty = sum(change for when, change in self.stock if when <= self.now + off)
        return Reading(qty, at(self.now - self.draw.uniform(0, 1))), Slack(back=self.may_return)


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3, 3.0, 40.0]), st.sampled_from([0.5, 8.0, 60.0]))
def test_no_order_however_late_is_taken_for_a_change_from_outside(seed: int, rate: float, late: float):
    platform, figure = Platform(seed, rate, late), Figure()
    for _ in range(14):
        platform.live(EVERY)
        reading, slack = platform.read()
        assert figure.take(reading, platform.moves, slack).kind != "changed"


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3, 3.0]), st.sampled_from([0.5, 8.0]))
def test_every_rise_beyond_what_can_come_back_is_told_at_once(seed: int, rate: float, late: float):
    platform, figure = Platform(seed, rate, late), Figure()
    for _ in range(5):
        platform.live(EVERY)
        figure.take(*_with(platform))
    platform.stock.append((platform.now, 10_000))
    platform.live(EVERY)
    assert figure.take(*_with(platform)).kind == "changed"


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3, 3.0]), st.sampled_from([0.5, 8.0, 60.0]))
def test_every_fall_beyond_what_is_uncertain_is_told_once_late_orders_are_in(
    seed: int, rate: float, late: float
):
    platform, figure = Platform(seed, rate, late), Figure()
    for _ in range(5):
        platform.live(EVERY)
        figure.take(*_with(platform))
    fall = 600 + int(rate * 3 * 4 * EDGE_US // SECOND_US)
    platform.stock.append((platform.now, -fall))
    kinds = []
    for _ in range(2 + GRACE_US // SECOND_US // EVERY + 1):
        platform.live(EVERY)
        kinds.append(figure.take(*_with(platform)).kind)
    assert kinds.count("changed") == 1
    assert kinds[0] == "waits"


def _with(platform: Platform) -> tuple[Reading, Moves, Slack]:
    reading, slack = platform.read()
    return reading, platform.moves, slack
