"""The life of alerts, as an operator meets it."""

import random
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.alerts import CRITICAL, THRESHOLD, TIER_NAMES, TREND, Arrival, Desk, Facts
from stockwatch.config import AlertSettings, RestockSource, RoomConfig, Sku
from stockwatch.demand import Demand

S = 1_000_000
T0 = 1_700_000_000


def room(**sku):
    sku = {"id": "A", "title": "卫衣", "stock": 500, "lead_time": 600} | sku
    return RoomConfig(id="r", name="r", skus=(Sku(**sku),))


class Stream:
    """A room with one SKU, driven second by second as the pipeline does: events, then the tick if it is due."""

    def __init__(self, stock=500, **sku):
        self.demand = Demand()
        self.desk = Desk(room(stock=stock, **sku), self.demand)
        self.stock, self.sold, self.held = stock, 0, 0
        self.arrivals = ()
        self.now = 0
        self.due = 0
        self.events = []
        self.looks = 0
        self.demand.alive("c", T0 * S)

    def facts(self):
        return Facts(
            available=max(0, self.stock - self.sold),
            held=self.held,
            sold=min(self.sold, self.stock),
            shortfall=max(0, self.sold - self.stock),
            arrivals=self.arrivals,
        )

    def second(self, orders=0, touched=False):
        for _ in range(orders):
            self.demand.take("A", "c", (T0 + self.now) * S, 1)
            self.sold += 1
        self.now += 1
        now_us = (T0 + self.now) * S
        if self.now % 15 == 0:
            self.demand.alive("c", now_us)
        if orders or touched or (self.due is not None and self.due <= now_us):
            found, self.due = self.desk.evaluate("A", now_us, self.facts())
            assert self.due is None or self.due > now_us
            self.looks += 1
            self.events += found
            return found
        return ()

    def sell(self, rng, rate, seconds):
        for _ in range(seconds):
            count, left = 0, rng.expovariate(1.0)
            while left < rate:
                count += 1
                left += rng.expovariate(1.0)
            self.second(count)

    def story(self):
        return [(event.kind, event.tier) for event in self.events]


def check_grammar(events, sku="A"):
    """One open alert, raised - escalated upward - resolved, ids counting from 1."""
    open_id, level = None, 0
    for n, event in enumerate(events, 1):
        assert event.id == f"{sku}:{n}"
        rank = TIER_NAMES.index(event.tier)
        if event.kind == "raised":
            assert open_id is None
            open_id, level = event.id, rank
        elif event.kind == "escalated":
            assert open_id is not None
            assert rank > level
            level = rank
        else:
            assert open_id is not None
            assert rank == level
        assert event.alert == open_id
        if event.kind == "resolved":
            open_id = None


def test_a_quiet_sku_costs_nothing():
    stream = Stream()
    assert stream.second(touched=True) == ()
    assert stream.due is None
    stream.second(1)
    stream.sell(random.Random(1), 0, 1200)
    assert stream.due is None, "one order, long ago: nothing to look at"
    assert stream.looks < 40


def test_the_articles_evening():
    """Flat for two hours, a surge, the line, a restock, the sell-out."""
    rng = random.Random(1111)
    stream = Stream(stock=500, safety_line=50)
    stream.sell(rng, 0.008, 2 * 3600 + 2400)
    assert stream.story() == []
    surge = stream.now
    stream.sell(rng, 0.12, 1500)
    assert stream.story()[0] == ("raised", "TREND")
    assert (stream.events[0].at_us // S - T0) - surge < 600
    stream.sell(rng, 0.12, 3600)
    assert TIER_NAMES.index(stream.events[-1].tier) == CRITICAL
    thresholds = [e for e in stream.events if e.tier == "THRESHOLD" and e.kind != "resolved"]
    assert thresholds[0].available >= 100
    check_grammar(stream.events)


def test_the_first_orders_of_a_feed_are_no_reason_to_warn_of_seventy_units():
    for orders in (2, 3, 4):
        stream = Stream(stock=74, lead_time=5400)
        for _ in range(orders):
            stream.second(1)
            stream.sell(random.Random(1), 0, 20)
        stream.sell(random.Random(1), 0, 600)
        assert stream.story() == []


def test_without_a_surge_the_taken_line_raises_trend_once():
    stream = Stream(stock=5000, trend_sold=100)
    rng = random.Random(4)
    stream.sell(rng, 0.05, 2400)
    while stream.sold < 100:
        stream.second(1 if stream.now % 20 == 0 else 0)
    assert stream.story() == [("raised", "TREND")]
    assert "100" in stream.events[0].reason.zh
    assert "起量线" in stream.events[0].reason.zh
    stream.sell(rng, 0.05, 650)
    assert stream.story() == [("raised", "TREND"), ("resolved", "TREND")]
    stream.sell(rng, 0.05, 7200)
    assert stream.story() == [("raised", "TREND"), ("resolved", "TREND")], "once per SKU"


def test_a_jump_over_a_tier_says_the_highest_only():
    stream = Stream(stock=100, safety_line=50)
    stream.second(touched=True)
    stream.stock = 0
    stream.sold = 0
    found = stream.second(touched=True)
    assert [(e.kind, e.tier) for e in found] == [("raised", "CRITICAL")]
    assert found[0].eta_s == (0, 0, 0)
    assert found[0].sellable == 0


def test_a_sku_that_never_had_stock_says_nothing():
    stream = Stream(stock=0)
    stream.second(touched=True)
    stream.sell(random.Random(1), 0, 3600)
    assert stream.story() == []


def test_an_empty_wave_is_no_sell_out_and_its_release_no_surge():
    stream = Stream(stock=5000)
    rng = random.Random(9)
    stream.held = 5000
    stream.stock = 0
    for _ in range(6):  # waves of 40, emptied in a minute, every 15 minutes
        stream.stock = stream.sold + 40
        stream.held -= 40
        stream.second(touched=True)
        stream.sell(rng, 40 / 60, 3)
        while stream.sold < stream.stock:
            stream.second(1 if rng.random() < 0.66 else 0)
        stream.sell(rng, 0, 840)
    assert all(tier != "CRITICAL" for _, tier in stream.story())
    assert stream.story() == []


def test_a_flash_that_decays_raises_no_critical_with_enough_stock():
    for seed in range(5):
        rng = random.Random(seed)
        stream = Stream(stock=3000)
        stream.sell(rng, 0.1, 1800)
        for minute in range(8):
            stream.sell(rng, 0.1 + 2.0 * 0.5**minute, 60)
        stream.sell(rng, 0.1, 1800)
        assert all(tier != "CRITICAL" for _, tier in stream.story())


def test_noise_around_the_line_does_not_flap():
    rng = random.Random(2)
    stream = Stream(stock=500, safety_line=50)
    stream.second(touched=True)
    for _ in range(4000):
        stream.stock = 50 + rng.choice([-2, -1, 0, 1, 2, 3])  # locks come and go
        stream.second(touched=True)
    assert stream.story() == [("raised", "THRESHOLD")]


def test_units_that_trickle_back_do_not_end_a_sell_out():
    stream = Stream(stock=100)
    stream.second(touched=True)
    for n in range(3000):
        stream.stock = 1 if n % 50 < 25 else 0
        stream.second(touched=True)
    assert stream.story() == [("raised", "CRITICAL")]


def test_an_alert_ends_only_clear_of_the_hand_set_line():
    stream = Stream(stock=50, safety_line=50)
    stream.second(touched=True)
    stream.stock = 60
    for _ in range(900):
        stream.second()
    assert stream.story() == [("raised", "THRESHOLD")]
    stream.stock = 61
    for _ in range(320):
        stream.second()
    assert stream.story() == [("raised", "THRESHOLD"), ("resolved", "THRESHOLD")]


def test_one_or_two_units_back_are_not_the_end_of_a_sell_out():
    stream = Stream(stock=100)
    stream.second(touched=True)
    for stock, seconds, events in ((0, 5, 1), (2, 600, 1), (3, 140, 2)):
        stream.stock = stock
        for _ in range(seconds):
            stream.second(touched=True)
        assert len(stream.events) == events


def test_a_surge_that_was_already_told_raises_nothing_when_a_higher_alert_ends():
    stream = Stream(stock=10_000, safety_line=50)
    rng = random.Random(21)
    stream.sell(rng, 0.1, 1800)
    stream.stock = stream.sold + 40
    stream.second(touched=True)
    assert stream.desk.alert("A").tier >= THRESHOLD
    for minute in range(9):  # sales go on accelerating all the while
        stream.stock = stream.sold + (200 if minute < 5 else 10**6)
        stream.sell(rng, 0.2 * 1.5**minute, 60)
    assert stream.events[-1].kind == "resolved"
    recent, before = stream.demand.recent("A", (T0 + stream.now) * S)
    assert recent > 2 * before, "the surge is still on"
    assert all(tier != "TREND" for _, tier in stream.story())


def test_a_restock_that_arrives_resolves_after_the_hold_time():
    stream = Stream(stock=40, safety_line=50)
    stream.second(touched=True)
    assert stream.story() == [("raised", "THRESHOLD")]
    stream.stock = 300
    stream.second(touched=True)
    for _ in range(290):
        stream.second()
    assert len(stream.events) == 1
    for _ in range(30):
        stream.second()
    assert stream.story() == [("raised", "THRESHOLD"), ("resolved", "THRESHOLD")]
    assert "300" in stream.events[-1].reason.zh


def test_a_critical_that_eases_goes_on_as_threshold_in_the_same_hands():
    stream = Stream(stock=60, safety_line=80)
    stream.second(touched=True)
    stream.stock = 0
    stream.second(touched=True)
    assert stream.story() == [("raised", "THRESHOLD"), ("escalated", "CRITICAL")]
    stream.desk.acknowledge("A:1", "小林", (T0 + stream.now) * S)
    stream.stock = 60
    for _ in range(140):
        stream.second(touched=True)
    assert stream.story()[2:] == [("resolved", "CRITICAL"), ("raised", "THRESHOLD")]
    assert stream.events[2].at_us == stream.events[3].at_us
    assert stream.events[3].by == "小林"
    assert stream.desk.alert("A").by == "小林"
    check_grammar(stream.events)


def test_an_acknowledged_alert_stays_quiet_until_it_escalates():
    stream = Stream(stock=500, safety_line=50)
    stream.second(touched=True)
    stream.stock = 45
    stream.second(touched=True)
    taken = stream.desk.acknowledge("A", "阿明", (T0 + stream.now) * S)
    assert (taken.id, taken.by, taken.tier) == ("A:1", "阿明", THRESHOLD)
    for n in range(1200):
        stream.stock = 45 - n // 60
        assert stream.second(touched=True) == ()
    assert stream.desk.alert("A").by == "阿明"
    assert stream.desk.acknowledge("A", "别人", (T0 + stream.now) * S).by == "阿明"
    stream.stock = 0
    assert [e.kind for e in stream.second(touched=True)] == ["escalated"]
    assert stream.desk.alert("A").by is None, "it rings again"
    assert stream.desk.acknowledge("A:1", "别人", (T0 + stream.now) * S).by == "别人"


@pytest.mark.parametrize("which", ["A", "A:1", "B", "A:7", "", "::", "B:1"])
def test_there_is_nothing_to_acknowledge(which):
    stream = Stream()
    stream.second(touched=True)
    assert stream.desk.acknowledge(which, "x", T0 * S) is None


def test_a_sku_whose_name_looks_like_an_alert_id():
    desk = Desk(RoomConfig(id="r", name="r"), Demand())
    events, _ = desk.evaluate("A:1", T0 * S, Facts(available=0, sold=1))
    assert events[0].id == "A:1:1"
    assert desk.acknowledge("A:1:1", "x", T0 * S).sku == "A:1"
    assert desk.acknowledge("A:1", "x", T0 * S).id == "A:1:1"


def test_an_overdue_restock_is_noticed_without_an_event():
    stream = Stream(stock=120, safety_line=130)
    stream.arrivals = (Arrival(500, (T0 + 400) * S, counts=False),)
    stream.second(touched=True)
    assert stream.desk.alert("A") is None
    assert stream.due == (T0 + 400) * S
    for _ in range(515):
        stream.second()
    assert stream.desk.alert("A") is None, "two minutes late is not gone yet"
    assert stream.due == (T0 + 520) * S
    for _ in range(5):
        stream.second()
    assert stream.desk.alert("A").tier == THRESHOLD
    assert "补货 500 件已过点" in stream.events[0].reason.zh
    assert "500 overdue since" in stream.events[0].reason.en


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["sell", "burst", "wait", "restock", "hold", "release", "count", "ack", "gap"]),
            st.integers(1, 60),
        ),
        max_size=60,
    ),
    st.integers(0, 300),
    st.sampled_from([None, 20]),
    st.sampled_from([0, 15]),
)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_the_grammar_of_alerts_holds_and_replaying_gives_the_same(
    steps, stock, trend_sold, floor
):
    def play():
        stream = Stream(stock=stock, trend_sold=trend_sold, safety_line=floor or None)
        stream.second(touched=True)
        for what, much in steps:
            if what == "sell":
                for n in range(much):
                    stream.second(1 if n % 5 == 0 else 0)
            elif what == "burst":
                stream.second(much)
            elif what == "wait":
                for _ in range(much * 10):
                    stream.second()
            elif what == "restock":
                stream.stock += much * 5
                stream.second(touched=True)
            elif what == "hold":
                taken = min(much, max(0, stream.stock - stream.sold))
                stream.stock -= taken
                stream.held += taken
                stream.second(touched=True)
            elif what == "release":
                stream.stock += stream.held
                stream.held = 0
                stream.second(touched=True)
            elif what == "count":
                stream.stock = stream.sold + much
                stream.second(touched=True)
            elif what == "gap":
                stream.demand.gap("c", (T0 + stream.now - much) * S, None)
            else:
                stream.desk.acknowledge("A", "x", (T0 + stream.now) * S)
            opened = stream.desk.open_alerts()
            assert len(opened) <= 1
            assert (stream.desk.alert("A") is not None) == bool(opened)
        return stream.events

    first = play()
    check_grammar(first)
    assert play() == first


def test_reading_figures_changes_no_decision():
    quiet, watched = Stream(stock=150, safety_line=20), Stream(stock=150, safety_line=20)
    for seed_stream in (quiet, watched):
        rng = random.Random(12)
        for _ in range(2400):
            seed_stream.second(1 if rng.random() < 0.06 else 0)
            if seed_stream is watched:
                watched.desk.assess("A", (T0 + watched.now) * S, watched.facts())
                now = (T0 + watched.now) * S
                watched.desk.preview("A", now, watched.facts(), Arrival(50, now + 300 * S, counts=True))
    assert watched.events == quiet.events
    assert quiet.events


def test_the_preview_shows_what_a_restock_would_change():
    stream = Stream(stock=500)
    stream.sell(random.Random(5), 0.1, 1800)
    stream.stock = stream.sold + 30
    stream.second(touched=True)
    assert stream.desk.alert("A").tier == CRITICAL
    now = (T0 + stream.now) * S
    tier, eta = stream.desk.preview("A", now, stream.facts(), Arrival(600, now + 600 * S, counts=True))
    assert tier == 0
    assert eta.p50_s > 5000
    tier, eta = stream.desk.preview("A", now, stream.facts(), Arrival(600, now + 3600 * S, counts=False))
    assert tier == CRITICAL
    assert eta.p50_s < 600


def test_the_fastest_source_sets_the_lead_time():
    sources = (
        RestockSource(source="厂家", quantity=500, lead_time=7200),
        RestockSource(source="周边仓", quantity=200, lead_time=600),
    )
    desk = Desk(room(lead_time=None, restock=sources), Demand())
    assert desk.terms("A", T0 * S).lead_s == 600
    assert desk.terms("unknown", T0 * S).lead_s is None


def test_trend_is_one_per_surge():
    stream = Stream(stock=100_000)
    rng = random.Random(7)
    stream.sell(rng, 0.1, 1800)
    stream.sell(rng, 0.6, 2400)
    stream.sell(rng, 0.1, 3600)
    assert stream.story() == [("raised", "TREND"), ("resolved", "TREND")]
    stream.sell(rng, 0.6, 900)
    assert stream.story()[2:] == [("raised", "TREND")]
    assert TIER_NAMES.index(stream.events[-1].tier) == TREND


def test_settings_reach_the_detector():
    def rings(**settings) -> list[int]:
        desk = Desk(RoomConfig(id="r", name="r", alerts=AlertSettings(**settings)), demand := Demand())
        rng = random.Random(5)
        for second in range(5400):
            for _ in range(rng.random() < (0.1 if second < 5000 else 0.25)):
                demand.take("A", "c", (T0 + second) * S, 1)
            events, _ = desk.evaluate("A", (T0 + second) * S, Facts(available=100_000))
            if events:
                return [second]
        return []

    assert rings(trend_false_alarm_hours=1) < rings(trend_false_alarm_hours=100)
    assert rings(trend_false_alarm_hours=1) != rings(trend_false_alarm_hours=1, trend_rule="ratio")


SHANGHAI = timezone(timedelta(hours=8))


def at(text):
    return int(datetime.fromisoformat(f"2025-11-11T{text}+08:00").timestamp()) * S


def warehouse(**source):
    sources = (RestockSource(**{"source": "周边仓", "quantity": 200, "lead_time": 600} | source),)
    return Desk(room(lead_time=None, restock=sources), Demand(), SHANGHAI)


def test_a_source_that_is_closed_comes_only_after_it_opens():
    desk = warehouse(hours="09:00-23:00")
    assert desk.terms("A", at("22:59:59")).lead_s == 600
    assert desk.terms("A", at("23:00:00")).lead_s == 10 * 3600 + 600
    assert desk.terms("A", at("08:59:59")).lead_s == 1 + 600
    past_midnight = warehouse(hours="18:00-02:00")
    assert past_midnight.terms("A", at("01:59:59")).lead_s == 600
    assert past_midnight.terms("A", at("02:00:00")).lead_s == 16 * 3600 + 600


def test_the_next_best_source_stands_in_for_a_closed_one():
    sources = (
        RestockSource(source="周边仓", quantity=200, lead_time=600, hours="09:00-23:00"),
        RestockSource(source="总仓", quantity=200, lead_time=3600),
    )
    desk = Desk(room(lead_time=None, restock=sources), Demand(), SHANGHAI)
    assert desk.terms("A", at("22:00:00")).lead_s == 600
    assert desk.terms("A", at("23:30:00")).lead_s == 3600


def test_alerts_count_on_the_latest_and_the_sentence_names_both():
    desk = warehouse(latest=1500)
    terms = desk.terms("A", at("22:00:00"))
    assert (terms.soonest_s, terms.lead_s) == (600, 1500)
    events, _ = desk.evaluate("A", at("22:00:00"), Facts(available=0, sold=5))
    assert events[0].reason.zh.endswith("补货最快 22:10 到(最迟 22:25)")
    assert events[0].reason.en.endswith("a restock by 22:10 at the earliest (22:25 at the latest)")


def test_before_the_warehouse_shuts_a_stock_that_lasts_only_until_its_goods_rings():
    """Nothing happens but that the clock strikes: an event of its own, which must not wait for an order."""
    begins = at("21:00:00") // S
    stream = Stream.__new__(Stream)
    sources = (RestockSource(source="周边仓", quantity=500, lead_time=600, hours="09:00-23:00"),)
    stream.demand = Demand()
    stream.desk = Desk(room(lead_time=None, restock=sources, stock=20_000), stream.demand, SHANGHAI)
    rng = random.Random(3)
    sold, due, rang = 0, None, []
    for second in range(begins, begins + 2 * 3600 + 120):
        now_us = second * S
        if 5 < (second - begins) % 300 < 290 and rng.random() < 0.5:
            stream.demand.take("A", "c", now_us, 1)
            sold += 1
        elif due is None or due > now_us:
            continue
        found, due = stream.desk.evaluate("A", now_us, Facts(available=8000 - sold, sold=sold))
        rang += [(event.kind, event.tier, now_us) for event in found]
    assert rang == [
        ("raised", "THRESHOLD", at("22:40:00")),
        ("escalated", "CRITICAL", at("22:55:00")),
    ]
