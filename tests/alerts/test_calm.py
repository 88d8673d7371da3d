"""SKUs far above their line aren't looked at for every event; that must change no decision."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.alerts import Terms
from stockwatch.alerts.lines import safety_line
from stockwatch.alerts.looks import calm_above
from stockwatch.demand import Demand
from stockwatch.demand.surge import WATERMARK_S
from stockwatch.drills import load
from stockwatch.ledger.balances import Books
from stockwatch.ledger.opening import channels_in
from stockwatch.room.pipeline import Pipeline
from stockwatch.room.room import Room

LOADS = {
    "plenty": replace(load.CHAOS, skus=30, stock=3000, hot_stock=3000, surge=15.0, seconds=1500.0, lag=2.0),
    "middling": replace(load.CHAOS, skus=30, stock=150, hot_stock=900, seconds=1500.0, lag=3.0),
    "scarce": replace(load.CHAOS, seconds=1300.0),
}


class Calm(Room):
    waited = 0

    def _calm(self, sku, tick):
        calm = super()._calm(sku, tick)
        self.waited += calm
        return calm


class Nervous(Room):
    """Looks at every SKU at every tick that follows one of its events."""

    def _calm(self, sku, tick):
        return False


class Watched(Calm):
    """Somebody reads figures all the time."""

    def follow(self, applied, received_us, *, ours):
        super().follow(applied, received_us, ours=ours)
        for sku in sorted(applied.touched)[:2]:
            self.desk.assess(sku, self.now_us, self.facts(sku))


def alone_as(kind, config):
    pipeline = Pipeline(Books(channels_in(config)))
    room = kind(config, pipeline, zone_of=ZoneInfo)
    pipeline.add(room)
    return room


def played(room, lines):
    for line in lines:
        room.pipeline.take(line)
    room.pipeline.finish()
    told = {}
    for raw in room.drain().said:
        event = msgspec.json.decode(raw)
        told.setdefault(event["subject"], []).append(
            (event["type"], event["data"]["tier"], datetime.fromisoformat(event["time"]))
        )
    return told


@pytest.mark.parametrize("name", LOADS)
@pytest.mark.parametrize("seed", [0, 1])
def test_waiting_changes_no_alert_and_delays_none_beyond_the_watermark(name, seed):
    lines, config = list(load.chaos(seed, LOADS[name])), load.room(LOADS[name])
    calm, nervous = alone_as(Calm, config), alone_as(Nervous, config)
    told, expected = played(calm, lines), played(nervous, lines)
    assert calm.waited > 100, "the case is about waiting"
    assert expected
    assert told.keys() == expected.keys()
    for sku, alerts in told.items():
        assert [alert[:2] for alert in alerts] == [alert[:2] for alert in expected[sku]], sku
        for (*_, at), (*_, should) in zip(alerts, expected[sku], strict=True):
            assert timedelta() <= at - should <= timedelta(seconds=WATERMARK_S + 1), sku


def test_who_reads_figures_changes_no_decision():
    lines, config = list(load.chaos(2, LOADS["middling"])), load.room(LOADS["middling"])
    assert played(alone_as(Watched, config), lines) == played(alone_as(Calm, config), lines)


@given(
    st.lists(st.tuples(st.integers(0, 2400), st.sampled_from([1, 1, 2, 30])), min_size=1, max_size=40),
    st.sampled_from([None, 60, 600, 7200, 86400]),
    st.integers(0, 400),
)
@settings(max_examples=150, deadline=None)
def test_no_line_rises_above_what_a_waiting_sku_has_before_another_order_counts(orders, lead_s, later):
    demand, terms = Demand(), Terms(lead_s, 900, 0, None, "t")
    demand.alive("c", 1_700_000_000_000_000)
    for second, units in sorted(orders):
        demand.take("A", "c", (1_700_000_000 + second) * 1_000_000, units)
    now = 1_700_000_000 + max(orders)[0] + 1 + WATERMARK_S
    bound = calm_above(demand, terms, demand.at("A", now * 1_000_000))
    for at in range(now, now + later + 1, 7):
        assert safety_line(terms, demand.outlook("A", at * 1_000_000)) <= bound
