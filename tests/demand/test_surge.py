"""TREND's rule: what it must see, and what it must not be fooled by. Simulated streams are seeded."""

import random

import pytest

from stockwatch.demand import Demand, detector

S = 1_000_000
T0 = 1_700_000_000
RULES = {"sequential": detector("sequential", 60.0), "ratio": detector("ratio", 6.0)}


@pytest.fixture(params=RULES)
def rule(request):
    """Each detector: what must not fool one must not fool the other."""
    return RULES[request.param]


def poisson(rng, rate, since, until):
    at = since
    while (at := at + rng.expovariate(rate)) < until:
        yield int(at)


def surges(rule, demand, orders, until, *, sku="A", since=0, tick=1):
    """Seconds (of event time, orders arrive on time) at which the rule says surge. `orders`: (second, channel)."""
    waiting = sorted(orders)
    seen, at = [], 0
    for now in range(since, until, tick):
        while at < len(waiting) and waiting[at][0] < now:
            demand.take(sku, waiting[at][1], (T0 + waiting[at][0]) * S, 1)
            at += 1
        if look(rule, demand, now, sku).on:
            seen.append(now)
    return seen


def look(rule, demand, now, sku="A"):
    series = demand.at(sku, (T0 + now) * S)
    if series is None:
        return type("Quiet", (), {"on": False})()
    return demand.surge(series, rule, (T0 + now) * S)


def episodes(seconds, calm=600):
    return sum(1 for n, at in enumerate(seconds) if n == 0 or at - seconds[n - 1] > calm)


@pytest.mark.parametrize(("rate", "streams"), [(0.02, 8), (0.2, 4), (2.0, 1)])
def test_steady_sales_ring_less_than_once_in_six_hours(rule, rate, streams):
    false = 0
    for seed in range(streams):
        rng = random.Random(seed)
        orders = [(second, "c") for second in poisson(rng, rate, 0, 6 * 3600)]
        false += episodes(surges(rule, Demand(), orders, 6 * 3600, tick=3))
    assert false <= streams


@pytest.mark.parametrize(("rate", "within"), [(0.05, 600), (0.2, 300), (2.0, 240)])
def test_a_step_to_three_times_is_seen(rule, rate, within):
    for seed in range(4):
        rng = random.Random(seed)
        orders = [(s, "c") for s in poisson(rng, rate, 0, 3600)]
        orders += [(s, "c") for s in poisson(rng, 3 * rate, 3600, 3600 + within)]
        found = surges(rule, Demand(), orders, 3600 + within)
        assert any(3600 < at <= 3600 + within for at in found), f"seed {seed}"


def test_the_letter_of_the_articles_rule_holds_whenever_it_rings():
    rule = RULES["ratio"]
    rng = random.Random(3)
    orders = sorted((s, "c") for s in [*poisson(rng, 0.1, 0, 2000), *poisson(rng, 0.6, 2000, 2600)])
    for now in surges(rule, Demand(), orders, 2600):
        mark = now - 3
        recent = sum(mark - 300 <= s < mark for s, _ in orders)
        before = sum(mark - 600 <= s < mark - 300 for s, _ in orders)
        assert recent >= 8
        assert recent >= 2 * before


def test_demand_out_of_nothing_is_a_surge_once_the_feed_is_ten_minutes_old(rule):
    demand = Demand()
    demand.alive("c", T0 * S)
    for second in range(0, 1200, 10):
        demand.alive("c", (T0 + second) * S)
    found = surges(rule, demand, [(s, "c") for s in range(1200, 1300, 5)], 1310, since=1200)
    assert found
    assert found[0] < 1290


def test_a_feed_younger_than_ten_minutes_rings_nothing(rule):
    rng = random.Random(1)
    orders = [(s, "c") for s in [*poisson(rng, 0.02, 0, 300), *poisson(rng, 1.0, 300, 590)]]
    assert surges(rule, Demand(), [(0, "c"), *orders], 600) == []


def test_a_channel_that_joins_late_is_no_surge(rule):
    rng = random.Random(2)
    orders = [(s, "a") for s in poisson(rng, 0.05, 0, 4200)] + [
        (s, "b") for s in poisson(rng, 0.3, 3000, 4200)
    ]
    assert surges(rule, Demand(), orders, 4200) == []


def test_orders_not_units_make_a_surge(rule):
    demand = Demand()
    demand.alive("c", T0 * S)
    for second in range(0, 1200, 100):
        demand.take("A", "c", (T0 + second) * S, 1)
    for second in range(1200, 1300, 50):
        demand.take("A", "c", (T0 + second) * S, 500)
    assert not look(rule, demand, 1310).on


def stream_with_gap(rng, rate=0.5):
    return list(poisson(rng, rate, 0, 5400))


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("healed", ["lost", "half", "whole"])
@pytest.mark.parametrize("live_first", [True, False])
@pytest.mark.parametrize("gap", [(3000, 3360), (2400, 3700)])
def test_a_gap_and_its_catch_up_ring_nothing(rule, declared, healed, live_first, gap):
    """One channel falls silent for a while; its orders come later with true times, in part, or never."""
    for seed in range(2):
        rng = random.Random(seed)
        demand = Demand()
        other = [(s, s, "b") for s in poisson(rng, 0.3, 0, 5400)]
        arrivals = list(other)
        for s in stream_with_gap(rng):
            if not gap[0] <= s < gap[1]:
                arrivals.append((s, s, "a"))
            elif healed == "whole" or (healed == "half" and rng.random() < 0.5):
                arrivals.append((gap[1] + (90 if live_first else 2), s, "a"))
        arrivals.sort()
        at, told = 0, False
        for now in range(600, 5400):
            while at < len(arrivals) and arrivals[at][0] < now:
                demand.take("A", arrivals[at][2], (T0 + arrivals[at][1]) * S, 1)
                at += 1
            if declared and not told and now > gap[1]:
                demand.gap("a", (T0 + gap[0]) * S, (T0 + gap[1]) * S)
                told = True
            assert not look(rule, demand, now).on, f"seed {seed}, second {now}"


def test_a_gap_of_all_channels_rings_nothing(rule):
    rng = random.Random(5)
    demand = Demand()
    orders = [(s, "a") for s in poisson(rng, 0.5, 0, 5400) if not 3000 <= s < 3400]
    assert surges(rule, demand, [o for o in orders if o[0] < 3410], 3410) == []
    demand.gap(None, (T0 + 3000) * S, (T0 + 3400) * S)
    assert surges(rule, demand, [o for o in orders if o[0] >= 3410], 5400, since=3410) == []


def test_a_surge_after_a_gap_is_still_seen(rule):
    rng = random.Random(6)
    demand = Demand()
    orders = [(s, "a") for s in poisson(rng, 0.2, 0, 4000) if not 3000 <= s < 3100]
    orders += [(s, "a") for s in poisson(rng, 1.0, 4000, 4300)]
    early = surges(rule, demand, [o for o in orders if o[0] < 3100], 3100)
    demand.gap("a", (T0 + 3000) * S, (T0 + 3100) * S)
    found = surges(rule, demand, [o for o in orders if o[0] >= 3100], 4300, since=3100)
    assert early == []
    assert found
    assert 4000 < found[0] < 4240


def test_a_heartbeat_keeps_a_silence_from_being_a_gap():
    quiet, beating = Demand(), Demand()
    for demand in (quiet, beating):
        for second in range(1000):
            demand.take("A", "c", (T0 + second) * S, 1)
    for second in range(1000, 1200, 5):
        beating.alive("c", (T0 + second) * S)
    for demand in (quiet, beating):
        demand.take("A", "c", (T0 + 1200) * S, 1)
    assert quiet._channels["c"].gaps == [(T0 + 1000, T0 + 1200)]
    assert beating._channels["c"].gaps == []


def test_demand_that_comes_back_with_the_stock_is_no_surge(rule):
    """Sold out for 25 minutes, then a wave is released: the same rate as before."""
    rng = random.Random(8)
    demand = Demand()
    orders = [(s, "c") for s in poisson(rng, 0.5, 0, 5400) if not 2000 <= s < 3500]
    for now in range(600, 5400):
        while orders and orders[0][0] < now:
            demand.take("A", "c", (T0 + orders.pop(0)[0]) * S, 1)
        if now % 5 == 0:
            demand.alive("c", (T0 + now) * S)
        if now == 2000:
            demand.close("A", (T0 + now) * S)
        if now == 3500:
            demand.open("A", (T0 + now) * S)
        assert not look(rule, demand, now).on, now


def test_stricter_hours_ask_for_more_evidence():
    assert detector("ratio", 60).evidence > detector("ratio", 6).evidence > detector("ratio", 0.5).evidence


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match=r"trend_rule.*'magic'.*ratio"):
        detector("magic", 6)


@pytest.mark.parametrize(("clustered", "rings"), [(False, True), (True, False)])
def test_the_same_jump_proves_less_where_orders_come_in_clusters(rule, clustered, rings):
    demand = Demand()
    demand.alive("c", T0 * S)
    orders = [(s, "c") for s in range(0, 2100, 30)]
    if clustered:
        orders = [(s - s % 300 + s % 7, "c") for s, _ in orders]
    orders += [(2100 + 10 * n, "c") for n in range(30)]
    assert any(at > 2100 for at in surges(rule, demand, orders, 2404)) is rings


def late_surges(orders, until):
    """Seconds at which the sequential rule says surge; `orders`: (when it comes, when it was taken)."""
    rule, demand, seen, at = RULES["sequential"], Demand(), [], 0
    waiting = sorted(orders)
    for now in range(until):
        demand.tell(T0 + now)
        while at < len(waiting) and waiting[at][0] < now:
            demand.take("A", "c", (T0 + waiting[at][1]) * S, 1)
            at += 1
        if look(rule, demand, now).on:
            seen.append(now)
    return seen


@pytest.mark.parametrize(("soonest", "latest"), [(120, 180), (60, 300)])
def test_a_channel_whose_orders_always_come_minutes_late_is_watched_like_any_other(soonest, latest):
    rng = random.Random(1)
    late = [(at + rng.randint(soonest, latest), at) for at in poisson(rng, 0.3, 0, 5400)]
    assert not late_surges(late, 3600)
    late += [(at + rng.randint(soonest, latest), at) for at in poisson(rng, 0.6, 3600, 5400)]
    seen = late_surges(late, 5400)
    assert 3600 + soonest <= seen[0] <= 3600 + latest + 60


def test_orders_that_come_late_once_are_no_surge():
    """Of the past hour every third came with another feed and is told within two minutes now."""
    rng = random.Random(1)
    orders = [(at, at) for at in poisson(rng, 0.2, 0, 5400)]
    orders += [(3600 + at // 30, at) for at in poisson(rng, 0.1, 0, 3600)]
    assert not late_surges(orders, 5400)
