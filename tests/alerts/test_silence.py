"""A feed that falls silent: nothing rings or ends for want of what it doesn't say, nor by what catches up after it."""

import random

import pytest

from stockwatch.alerts import Desk, Facts
from stockwatch.config import RoomConfig, Sku
from stockwatch.demand import Demand

S = 1_000_000
T0 = 1_700_000_000
BUSY = tuple(f"other{n}" for n in range(5))


class Room:
    """A SKU among others on a feed without heartbeats, looked at as the room does; what is not told is caught up."""

    def __init__(self, stock, rate=0.1, seed=4, channels=("c",)):
        self.demand = Demand()
        self.desk = Desk(
            RoomConfig(id="r", name="r", skus=(Sku(id="A", title="t", lead_time=600),)), self.demand
        )
        self.rng = random.Random(seed)
        self.stock, self.rate, self.channels = stock, rate, channels
        self.sold = self.now = 0
        self.due = None
        self.late = []
        self.rang = []

    def play(self, seconds, silent=(), rate=None):
        for _ in range(seconds):
            at = T0 + self.now
            for channel in self.channels:
                for sku in (*BUSY, *("A",) * (self.rng.random() < (rate or self.rate))):
                    if sku != "A" and self.rng.random() > 0.1:
                        continue
                    if channel in silent:
                        self.late.append((sku, channel, at))
                    else:
                        self.take(sku, channel, at)
            self.tick()
        return self.story()

    def take(self, sku, channel, at):
        self.demand.take(sku, channel, at * S, 1)
        if sku == "A":
            self.sold += 1
            self.due = 0

    def tick(self):
        self.now += 1
        now_us = (T0 + self.now) * S
        self.demand.tell(T0 + self.now)
        if self.due is not None and self.due <= now_us:
            found, self.due = self.desk.evaluate("A", now_us, self.facts())
            self.rang += found

    def catch_up(self, *, times, over=1):
        """All that was not told comes now, within so many seconds."""
        late, self.late = self.late, []
        share = -(-len(late) // over)
        for n in range(over):
            for sku, channel, at in late[n * share : (n + 1) * share]:
                self.take(sku, channel, at if times else T0 + self.now)
            self.tick()

    def facts(self):
        return Facts(available=max(0, self.stock - self.sold), sold=self.sold)

    def what(self):
        return self.desk.assess("A", (T0 + self.now) * S, self.facts())

    def story(self):
        return [(event.kind, event.tier) for event in self.rang]


@pytest.mark.parametrize("minutes", [4, 10, 28, 45, 120])
def test_a_forecast_rests_on_what_was_covered_however_long_the_silence(minutes):
    room = Room(stock=100_000)
    room.play(2400)
    before = room.what()
    room.play(60 * minutes, silent=("c",))
    what = room.what()
    assert before.silent_s is None
    assert 60 * minutes - 10 <= what.silent_s <= 60 * minutes + 10
    assert what.eta == before.eta == (None, None, None)
    room.stock = room.sold + 300
    before_p50 = 300 / room.rate
    assert room.what().eta.p50_s == pytest.approx(before_p50, rel=0.25)


@pytest.mark.parametrize(("left", "tier"), [(150, "THRESHOLD"), (60, "CRITICAL")])
def test_an_alert_that_holds_is_not_silenced_and_says_what_it_rests_on(left, tier):
    room = Room(stock=100_000)
    room.play(2400)
    room.stock, room.due = room.sold + left, 0
    story = room.play(5)
    assert story == [("raised", tier)]
    assert room.play(3 * 3600, silent=("c",)) == story
    room.stock = room.sold + 5000
    room.due = 0
    assert room.play(400, silent=("c",)) == [*story, ("resolved", tier)], "goods that come do end it"


def test_the_sentence_says_how_old_its_forecast_is():
    room = Room(stock=100_000)
    room.play(2400)
    room.play(12 * 60, silent=("c",))
    room.stock = room.sold + 60
    room.due = 0
    room.tick()
    assert [event.tier for event in room.rang] == ["CRITICAL"]
    assert "(断流 12 分钟,按断流前的销量)" in room.rang[0].reason.zh
    assert "(feed silent for 12 min: by the sales before it)" in room.rang[0].reason.en


@pytest.mark.parametrize("times", [True, False])
@pytest.mark.parametrize("minutes", [3, 10, 30])
@pytest.mark.parametrize("over", [1, 40])
def test_what_catches_up_raises_nothing_by_itself(times, minutes, over):
    for seed in range(2):
        room = Room(stock=1000, seed=seed)
        room.play(3600)
        room.play(60 * minutes, silent=("c",))
        room.stock = room.sold + 260 + sum(sku == "A" for sku, _, _ in room.late)
        room.due = 0
        room.catch_up(times=times, over=over)
        room.play(60)
        assert room.story() == [], "260 are above the line of 6 a minute"
        assert room.what().silent_s is None


def test_what_is_gone_when_it_has_caught_up_rings():
    room = Room(stock=600)
    room.play(3600)
    assert room.play(1500, silent=("c",)) == []
    room.catch_up(times=True)
    assert [tier for _, tier in room.story()] in (["THRESHOLD"], ["CRITICAL"])


def test_of_two_feeds_the_one_that_talks_goes_on_and_counts_for_its_part():
    room = Room(stock=100_000, channels=("c", "d"))
    room.play(2400)
    rate = room.demand.outlook("A", (T0 + room.now) * S).rate
    assert rate == pytest.approx(0.2, rel=0.2)
    room.play(600, silent=("d",))
    assert room.demand.outlook("A", (T0 + room.now) * S).rate == pytest.approx(rate, rel=0.2)
    assert room.what().silent_s is not None


def test_a_silence_that_chance_explains_is_none():
    room = Room(stock=500, rate=0.02)
    room.demand = room.desk._demand = Demand()
    for second in range(0, 3600, 120):
        room.demand.take("A", "c", (T0 + second) * S, 1)
    room.now = 3600 + 400
    assert room.what().silent_s is None
