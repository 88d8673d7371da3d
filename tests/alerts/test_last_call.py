"""The last call before a restock source closes: in time to order, told why, and only where goods would run out."""

import random
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.alerts import Arrival, Desk, Facts
from stockwatch.alerts.lines import furthest, safety_line
from stockwatch.config import RestockSource, RoomConfig, Sku
from stockwatch.demand import Demand, Outlook

S = 1_000_000
SHANGHAI = timezone(timedelta(hours=8))
REACTION_S = 15 * 60


def second(text):
    return int(datetime.fromisoformat(f"2025-11-11T{text}:00+08:00").timestamp())


def source(name="周边仓", lead_time=600, **more):
    return RestockSource(source=name, quantity=500, lead_time=lead_time, **more)


DAY = source(hours="10:00-18:00")


class Shop:
    """One SKU that sells at a rate of chance, asked as the room asks: after orders, and when it is due."""

    def __init__(self, *sources, stock, begins="15:00", rate=0.1, seed=5):
        self.demand = Demand()
        sku = Sku(id="A", title="卫衣", restock=sources)
        self.desk = Desk(RoomConfig(id="r", name="r", skus=(sku,)), self.demand, SHANGHAI)
        self.now, self.due = second(begins), None
        self.stock, self.sold, self.rate = stock, 0, rate
        self.rng = random.Random(seed)
        self.arrivals = ()
        self.rang = []

    def until(self, text):
        for now in range(self.now, second(text)):
            ordered = self.rng.random() < self.rate
            if ordered:
                self.demand.take("A", "c", now * S, 1)
                self.sold += 1
            elif self.due is None or self.due > now * S:
                continue
            facts = Facts(available=self.stock - self.sold, sold=self.sold, arrivals=self.arrivals)
            found, self.due = self.desk.evaluate("A", now * S, facts)
            self.rang += found
        self.now = second(text)
        return [(event.kind, event.tier, clock(event.at_us)) for event in self.rang]


def clock(at_us):
    return f"{datetime.fromtimestamp(at_us // S, SHANGHAI):%H:%M}"


def test_it_calls_the_reaction_time_and_five_minutes_before_the_closing_and_says_why():
    """3 h of sales are left at 17:40: plenty for ten minutes of way, nothing for tomorrow morning."""
    shop = Shop(DAY, stock=2000)
    assert shop.until("17:40") == []
    assert shop.until("17:41") == [("raised", "THRESHOLD", "17:40")]
    reason = shop.rang[0].reason
    assert reason.zh.startswith("最后补货机会:周边仓 18:00 截单,之后最快 次日 10:10 到;可用 ")
    assert reason.en.startswith(
        "last call: 周边仓 takes orders until 18:00, after that by 10:10 (+1 d) at the earliest; "
    )
    assert reason.zh.endswith("补货最快 17:50 到")


def test_it_becomes_critical_while_a_decision_still_makes_it():
    shop = Shop(DAY, stock=1500)
    assert shop.until("18:00")[-2:] == [("raised", "THRESHOLD", "17:40"), ("escalated", "CRITICAL", "17:55")]
    assert shop.rang[-1].reason.zh.startswith("最后补货机会:周边仓 18:00 截单")


def test_a_restock_that_is_on_its_way_ends_it_and_it_stays_ended():
    shop = Shop(DAY, stock=2000)
    shop.until("17:42")
    shop.arrivals = (Arrival(10_000, second("17:52") * S, counts=False, ordered_us=second("17:42") * S),)
    assert [what[:2] for what in shop.until("17:50")] == [("raised", "THRESHOLD"), ("resolved", "THRESHOLD")]
    shop.stock += 10_000
    shop.arrivals = ()
    assert len(shop.until("18:30")) == 2


def test_what_lasts_as_far_as_a_rate_can_be_told_gets_no_call():
    assert Shop(DAY, stock=9000).until("18:30") == []


def test_what_does_not_sell_gets_no_call():
    assert Shop(DAY, stock=5, rate=0.0002).until("18:30") == []


def test_another_source_that_stays_open_makes_the_closing_no_matter():
    shop = Shop(DAY, source("总仓", 1200), stock=2000)
    assert shop.until("18:30") == []


def test_a_slower_source_that_stays_open_is_what_comes_after():
    shop = Shop(DAY, source("总仓", 3 * 3600, latest=4 * 3600), stock=2500)
    shop.until("18:01")
    assert shop.rang[0].reason.zh.startswith("最后补货机会:周边仓 18:00 截单,之后最快 21:00 到(最迟 22:00);")
    assert "by 21:00 at the earliest (22:00 at the latest)" in shop.rang[0].reason.en


def test_of_two_that_close_the_one_is_named_whose_closing_costs_most():
    shop = Shop(source(hours="10:00-17:50"), source("总仓", 1800, hours="10:00-17:58"), stock=2000)
    shop.until("17:45")
    assert "总仓 17:58 截单" in shop.rang[0].reason.zh


def test_what_is_under_its_line_anyway_says_so_and_names_the_closing_too():
    shop = Shop(DAY, stock=1100)
    shop.until("17:59")
    first = shop.rang[0]
    assert first.tier == "THRESHOLD"
    assert "截单" not in first.reason.zh, "it was low long before"
    words = Shop(DAY, stock=150, begins="17:00").desk
    demand = words._demand
    for at in range(second("17:00"), second("17:45"), 10):
        demand.take("A", "c", at * S, 1)
    events, _ = words.evaluate("A", second("17:45") * S, Facts(available=60, sold=270))
    assert events[0].tier == "CRITICAL"
    assert "可用 60 件" in events[0].reason.zh.split(";")[0]
    assert "最后补货机会:周边仓 18:00 截单" in events[0].reason.zh


def test_a_name_from_outside_cannot_act_on_a_terminal():
    shop = Shop(source("仓\x1b[31m", hours="10:00-18:00"), stock=2000)
    shop.until("17:41")
    assert "\x1b" not in shop.rang[0].reason.zh + shop.rang[0].reason.en
    assert "\\x1b" in shop.rang[0].reason.zh


def test_a_break_shorter_than_the_reaction_time_is_no_last_call():
    shop = Shop(source(hours="12:10-12:00"), stock=2000, begins="11:00")
    assert shop.until("12:30") == []


HOURS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda h: h[0] != h[1] % 1440)
SOURCES = st.lists(
    st.tuples(st.none() | HOURS, st.integers(1, 300), st.integers(0, 300)), min_size=1, max_size=3
)


def made(drawn):
    return tuple(
        source(
            f"s{n}",
            60 * lead,
            latest=60 * (lead + more),
            hours=None
            if hours is None
            else f"{hours[0] // 60:02}:{hours[0] % 60:02}-{hours[1] // 60:02}:{hours[1] % 60:02}",
        )
        for n, (hours, lead, more) in enumerate(drawn)
    )


@given(SOURCES, st.integers(0, 86_399))
@settings(max_examples=60, deadline=None)
def test_between_the_looks_no_line_looks_further_ahead_and_the_call_is_true(drawn, begins):
    desk = Desk(
        RoomConfig(id="r", name="r", skus=(Sku(id="A", title="t", restock=made(drawn)),)), Demand(), SHANGHAI
    )
    midnight = second("00:00")
    outlook = Outlook(0.1, 180, 10.0, 1.0, 1800)
    sku = desk._skus["A"]
    looked, turns_us = desk.terms("A", (midnight + begins) * S), desk._turns_us("A", (midnight + begins) * S)
    for at in range(begins, begins + 4000, 41):
        now_us = (midnight + at) * S
        if turns_us is not None and now_us >= turns_us:
            looked, turns_us = desk.terms("A", now_us), desk._turns_us("A", now_us)
        terms = desk.terms("A", now_us)
        assert furthest(terms) <= furthest(looked)
        assert safety_line(terms, outlook) <= safety_line(looked, outlook)
        if turns_us is None:
            assert terms == looked
        if terms.closing is not None:
            left = terms.closing.in_s
            assert 0 < left <= REACTION_S + 300
            before, after = sku.fastest_restock(at + left - 1), sku.fastest_restock(at + left)
            assert after[1] + 1 > before[1] + 300
            assert terms.closing.surely_s == left + after[1]
            assert terms.lead_reacted_s >= terms.closing.surely_s - (REACTION_S + 300)


@pytest.mark.parametrize("hours", [None, "00:00-24:00"])
def test_what_never_closes_has_no_last_call(hours):
    desk = Shop(source(hours=hours), stock=1).desk
    assert all(desk.terms("A", (second("00:00") + at) * S).closing is None for at in range(0, 86_400, 300))
