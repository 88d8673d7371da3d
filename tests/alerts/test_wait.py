"""Orders that can make no alert wait to be weighed; no byte of what a room says may change by that, whatever comes."""

from dataclasses import replace
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest

from stockwatch.alerts import Terms
from stockwatch.alerts.looks import WAIT_ORDERS, WAIT_UNITS, calm_above, wait_above
from stockwatch.demand import Demand
from stockwatch.demand.sequential import WAIT_S, SequentialRule
from stockwatch.demand.watch import Watch
from stockwatch.drills import load
from stockwatch.events import encode
from stockwatch.ledger.balances import Books
from stockwatch.ledger.opening import channels_in
from stockwatch.room.pipeline import Pipeline
from stockwatch.room.room import Room

SECOND_US = 1_000_000
EPOCH = 1_700_000_000
LOADS = {
    "plenty": replace(load.CHAOS, skus=30, stock=3000, hot_stock=3000, surge=15.0, seconds=1500.0, lag=2.0),
    "mixed": replace(load.CHAOS, skus=60, stock=4000, hot_stock=100, seconds=1200.0, lag=3.0),
    "steady": replace(load.CHAOS, skus=60, stock=9000, hot_stock=9000, surge=8.0, seconds=900.0),
}


class Waiting(Room):
    waited = 0

    def _waits(self, sku, tick):
        waits = super()._waits(sku, tick)
        self.waited += waits
        return waits


class Eager(Room):
    """Looks whenever a look is due."""

    def _waits(self, sku, tick):
        return False


class Watched(Waiting):
    """Somebody reads figures all the time."""

    heard = 0

    def follow(self, applied, received_us, *, ours):
        super().follow(applied, received_us, ours=ours)
        self.heard += 1
        for sku in applied.touched if self.heard % 4 == 0 else ():
            self.desk.assess(sku, self.now_us, self.facts(sku))


def played(kind, config, lines):
    """(the room, all it said, figures of all SKUs at the end, what the stream taught)"""
    pipeline = Pipeline(Books(channels_in(config)))
    room = kind(config, pipeline, zone_of=ZoneInfo)
    pipeline.add(room)
    for line in lines:
        pipeline.take(line)
    pipeline.finish()
    lessons = room.demand.lessons()
    figures = [room.desk.assess(sku, room.now_us, room.facts(sku)) for sku in sorted(room.skus)]
    return room, room.drain().said, figures, lessons, room.log.remaining


def torn(lines, seed):
    """The same feed with a channel that falls silent, one that tells of a gap, and one that catches up late."""
    rng = Random(seed)
    count = len(lines)
    silent, told = (int(count * share) for share in (rng.uniform(0.4, 0.8), rng.uniform(0.4, 0.8)))
    kept = []
    for n, line in enumerate(lines):
        if silent <= n < silent + count // 12 and b'"taobao/' in line:
            continue
        kept.append(line)
        if n == told:
            event = msgspec.json.decode(line)
            data = {"channel": "douyin", "reason": "lost"}
            gap = {"type": "feed.gap", "source": "douyin/room-1", "id": "gap-1", "time": event["time"]}
            kept.append(encode(**gap, received=event.get("received"), data=data))
    return kept


@pytest.mark.parametrize("name", LOADS)
@pytest.mark.parametrize("broken", [False, True])
def test_waiting_changes_nothing_that_is_said_shown_or_learned(name, broken):
    lines, config = list(load.chaos(3, LOADS[name])), load.room(LOADS[name])
    if broken:
        lines = torn(lines, 3)
    room, *told = played(Waiting, config, lines)
    _, *expected = played(Eager, config, lines)
    assert room.waited > 100, "the case is about waiting"
    assert told == expected


def test_who_reads_figures_changes_no_decision_of_what_waits():
    lines, config = list(load.chaos(4, LOADS["mixed"])), load.room(LOADS["mixed"])
    assert played(Watched, config, lines)[1:] == played(Eager, config, lines)[1:]


@pytest.mark.parametrize("rate", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("hours", [0.1, 6.0])
def test_no_surge_begins_with_orders_to_spare(rate, hours):
    rng = Random(8)
    rule, begun = SequentialRule(hours), 0
    for _ in range(12):
        watch, at = Watch(0), 0
        watch.add_channel("c", 0.0)
        spare, until, came = 0, 0, 0
        for n in range(250):
            faster = 12.0 if n % 60 > 45 else 1.0
            at += max(1, round(rng.expovariate(rate * faster)))
            orders = rng.choice([1, 1, 1, 2, 4])
            came += orders
            began = watch.step(at, [(0, orders, True)], None, rule.threshold(watch.usual))
            if began:
                assert came > spare or at > until
                begun += 1
            if began or came > spare or at > until:
                spare, until, came = watch.spare_orders(rule._least, WAIT_S), at + WAIT_S, 0
    assert begun > 5


@pytest.mark.parametrize("seed", range(12))
def test_no_line_comes_nearer_than_what_a_waiting_sku_has(seed):
    """Its bound, while it is left alone, is never under the one of somebody who looks at every order."""
    rng = Random(seed)
    terms = Terms(rng.choice([60, 600, 7200]), 900, 0, None, "t")
    left, looked, rule = Demand(), Demand(), SequentialRule(6.0)
    now, rate = EPOCH, rng.choice([0.02, 0.2])
    for demand in (left, looked):
        demand.alive("c", EPOCH * SECOND_US)
    bound, orders, units, until, held = None, 0, 0, 0, 0
    for _ in range(400):
        now += max(1, round(rng.expovariate(rate)))
        size = rng.choice([1, 1, 3, 9])
        for demand in (left, looked):
            demand.tell(now)
            demand.take("A", "c", now * SECOND_US, size)
        now += 4
        series = looked.at("A", now * SECOND_US)
        looked.surge(series, rule, now * SECOND_US)
        orders, units = orders + 1, units + size
        waiting = left.peek("A")
        if bound is None or orders > WAIT_ORDERS or units > WAIT_UNITS or now > until:
            left.surge(left.at("A", now * SECOND_US), rule, now * SECOND_US)
            bound, orders, units, until = wait_above(left, terms, waiting), 0, 0, now + WAIT_S
        elif (above := calm_above(looked, terms, series)) is not None:
            assert above <= bound
            held += 1
    assert held > 100


def test_what_a_reader_has_made_weighed_is_not_spared_twice():
    rule, demand, now = SequentialRule(6.0), Demand(), EPOCH
    demand.alive("c", now * SECOND_US)

    def order():
        demand.tell(now)
        demand.take("A", "c", now * SECOND_US, 1)

    for _ in range(60):
        now += 30
        order()
    now += 4
    series = demand.at("A", now * SECOND_US)
    assert not demand.surge(series, rule, now * SECOND_US).on
    waited = 0
    for _ in range(
        40
    ):  # a surge, of which somebody reads figures at every order: no look may come too late for it
        order()
        now += 4
        if not demand.can_wait(series, rule, now * SECOND_US):
            demand.at("A", now * SECOND_US)
            if demand.surge(series, rule, now * SECOND_US).on:
                break
        else:
            waited += 1
            demand.at("A", now * SECOND_US)
    assert waited
    assert series.watch.since is not None
