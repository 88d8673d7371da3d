"""The rule table of the tiers, the lines under it, and that more stock never makes it worse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.alerts import CRITICAL, NONE, THRESHOLD, Arrival, Facts, Terms
from stockwatch.alerts.lines import (
    HANDS_S,
    LEAD_MAX_S,
    clear_line,
    deadline,
    furthest,
    horizon,
    safety_line,
    sellable,
)
from stockwatch.alerts.tiers import eta, judge, preview
from stockwatch.demand import Outlook
from tests.outlooks import outlooks

S = 1_000_000
NOW = 1_700_000_000 * S
STILL = Outlook(0.0, 0, 0.5, 1.0)
BRISK = Outlook(0.1, 60, 9.0, 1.0)  # 6 a minute
TERMS = Terms(600, 900, 0, None, "t")


def tier(facts, rate=STILL, terms=TERMS, had=False):
    return judge(facts, terms, rate, NOW, had_stock=had, wide=True).tier


def arrival(qty, minutes, counts=False):
    return Arrival(qty, NOW + minutes * 60 * S, counts)


TABLE = [
    # never sold, nothing configured
    (Facts(available=0), STILL, TERMS, NONE),
    # never sold, low stock: only a hand-set line speaks
    (Facts(available=1), STILL, TERMS, NONE),
    (Facts(available=50), STILL, TERMS._replace(floor=50), THRESHOLD),
    (Facts(available=51), STILL, TERMS._replace(floor=50), NONE),
    # gone
    (Facts(available=0, sold=10), STILL, TERMS, CRITICAL),
    (Facts(available=0, reserved=1), STILL, TERMS, CRITICAL),
    (Facts(available=0, shortfall=2), STILL, TERMS, CRITICAL),
    (Facts(available=0, quarantined=3), STILL, TERMS, CRITICAL),
    # an empty wave is not a sell-out
    (Facts(available=0, held=500, sold=50), BRISK, TERMS, NONE),
    (Facts(available=0, held=20, sold=50), BRISK, TERMS, THRESHOLD),
    (Facts(available=5, held=1, sold=50), BRISK, TERMS, THRESHOLD),
    # sell-out in 5 min against a restock in 10
    (Facts(available=30, sold=50), BRISK, TERMS, CRITICAL),
    # sell-out in ~20 min: a restock can come, but not with time to react
    (Facts(available=120, sold=50), BRISK, TERMS, THRESHOLD),
    (Facts(available=900, sold=50), BRISK, TERMS, NONE),
    # no source: within 15 minutes
    (Facts(available=60, sold=50), BRISK, TERMS._replace(lead_s=None), CRITICAL),
    (Facts(available=180, sold=50), BRISK, TERMS._replace(lead_s=None), THRESHOLD),
    (Facts(available=900, sold=50), BRISK, TERMS._replace(lead_s=None), NONE),
    # longer lead time: higher line
    (Facts(available=300, sold=50), BRISK, TERMS, NONE),
    (Facts(available=300, sold=50), BRISK, TERMS._replace(lead_s=5400), CRITICAL),
    # confirmed units that come in time
    (Facts(available=30, sold=50, arrivals=(arrival(500, 2),)), BRISK, TERMS, NONE),
    (Facts(available=30, sold=50, arrivals=(arrival(500, 8),)), BRISK, TERMS, CRITICAL),
    (Facts(available=120, sold=50, arrivals=(arrival(500, 12),)), BRISK, TERMS, NONE),
    (Facts(available=120, sold=50, arrivals=(arrival(500, 90),)), BRISK, TERMS, THRESHOLD),
    (Facts(available=120, sold=50, arrivals=(arrival(500, -3),)), BRISK, TERMS, THRESHOLD),
    # overdue for a minute, it may come any moment; but not in time for what sells out in that grace
    (Facts(available=120, sold=50, arrivals=(arrival(500, -1),)), BRISK, TERMS, NONE),
    (Facts(available=5, sold=50, arrivals=(arrival(500, -1),)), BRISK, TERMS, CRITICAL),
    (Facts(available=0, sold=50, arrivals=(arrival(500, 60, counts=True),)), BRISK, TERMS, NONE),
    # sold ahead on a promise that was not kept
    (Facts(available=0, sold=50, arrivals=(arrival(500, -1, counts=True),)), BRISK, TERMS, NONE),
    (Facts(available=0, sold=50, arrivals=(arrival(500, -3, counts=True),)), BRISK, TERMS, CRITICAL),
    # what covers a shortfall can't be sold
    (Facts(available=0, shortfall=500, arrivals=(arrival(500, 60, counts=True),)), BRISK, TERMS, CRITICAL),
    # three orders are no velocity for CRITICAL
    (Facts(available=3, sold=3), Outlook(0.01, 3, 2.0, 1.0), TERMS, THRESHOLD),
    # a few orders warn of a few units, not of many; a hand-set line needs no orders
    (Facts(available=8, sold=2), Outlook(2 / 300, 2, 1.7, 1.0), TERMS, THRESHOLD),
    (Facts(available=9, sold=2), Outlook(2 / 300, 2, 1.7, 1.0), TERMS, NONE),
    (Facts(available=9, sold=2), Outlook(2 / 300, 2, 1.7, 1.0), TERMS._replace(floor=9), THRESHOLD),
    (Facts(available=1, sold=1), Outlook(1 / 300, 1, 0.9, 1.0), TERMS, NONE),
]


@pytest.mark.parametrize(("facts", "rate", "terms", "expected"), TABLE)
def test_rule_table(facts, rate, terms, expected):
    assert tier(facts, rate, terms) == expected


@pytest.mark.parametrize(
    ("promised_in_min", "grace_min"), [(None, 2), (0, 2), (10, 2), (40, 4), (100, 10), (3 * 1440, 10)]
)
def test_an_overdue_restock_counts_a_tenth_of_its_time_longer(promised_in_min, grace_min):
    ordered = None if promised_in_min is None else NOW - promised_in_min * 60 * S
    late = Arrival(500, NOW, False, ordered)
    for after, counted in ((0, True), (grace_min * 60 - 1, True), (grace_min * 60, False)):
        facts = Facts(available=120, sold=50, arrivals=(late,))
        verdict = judge(facts, TERMS, BRISK, NOW + after * S, had_stock=True, wide=False)
        assert (verdict.tier == NONE) is counted
        assert (eta(facts, BRISK, NOW + after * S).p50_s > 1300) is counted
    assert sellable(Facts(available=10, arrivals=(late._replace(counts=True),)), BRISK) == 510


def test_stock_written_off_is_gone_though_nothing_was_sold():
    assert tier(Facts(available=0), had=True) == CRITICAL


rates = outlooks(st.floats(0.0005, 5), st.integers(0, 500))
stocks = st.builds(
    Facts,
    available=st.integers(0, 400),
    held=st.integers(0, 60),
    sold=st.integers(0, 50),
    shortfall=st.just(0),
    arrivals=st.lists(
        st.builds(
            lambda qty, minutes, counts, earlier, slips: arrival(qty, minutes, counts)._replace(
                soonest_us=NOW + (minutes - earlier) * 60 * S, ordered_us=NOW - 1800 * S, slips=slips
            ),
            st.integers(1, 300),
            st.integers(-5, 120),
            st.booleans(),
            st.sampled_from([0, 0, 10, 60]),
            st.sampled_from([(), (), (-0.3, 0.0, 0.4)]),
        ),
        max_size=3,
    ).map(tuple),
    lag_s=st.floats(0, 30),
)
all_terms = st.builds(
    Terms,
    st.one_of(st.none(), st.integers(60, 300_000)),
    st.just(900),
    st.integers(0, 80),
    st.none(),
    st.just("t"),
)


@given(stocks, rates, all_terms, st.integers(1, 200))
@settings(max_examples=300, deadline=None)
def test_more_stock_never_raises_the_tier(facts, rate, terms, more):
    richer = Facts(
        available=facts.available + more,
        held=facts.held,
        sold=facts.sold,
        arrivals=facts.arrivals,
        lag_s=facts.lag_s,
    )
    poorer_verdict = judge(facts, terms, rate, NOW, had_stock=True, wide=True)
    richer_verdict = judge(richer, terms, rate, NOW, had_stock=True, wide=True)
    assert richer_verdict.tier <= poorer_verdict.tier
    assert richer_verdict.loose <= poorer_verdict.loose


@given(stocks, rates, all_terms)
@settings(max_examples=300, deadline=None)
def test_the_wider_lines_are_wider_and_figures_stay_in_bounds(facts, rate, terms):
    narrow = judge(facts, terms, rate, NOW, had_stock=True, wide=False)
    wide = judge(facts, terms, rate, NOW, had_stock=True, wide=True)
    assert wide.tier == narrow.tier <= wide.loose
    assert clear_line(terms, rate) >= safety_line(terms, rate) >= terms.floor
    assert 0 <= sellable(facts, rate) <= facts.free <= facts.available + facts.promised
    low, middle, high = eta(facts, rate, NOW)
    known = [at for at in (low, middle, high) if at is not None]
    assert known == sorted(known)
    assert high is None or (low is not None and middle is not None)


@given(stocks, rates, all_terms, st.integers(1, 500), st.integers(1, 300), st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_restock_never_makes_the_preview_worse(facts, rate, terms, qty, minutes, counts):
    now = judge(facts, terms, rate, NOW, had_stock=True, wide=False)
    before = eta(facts, rate, NOW)
    after_tier, after = preview(facts, terms, rate, NOW, arrival(qty, minutes, counts), had_stock=True)
    assert after_tier <= now.tier
    if after.p50_s is not None:
        assert before.p50_s is not None
        # An arrival is one more point between which the quantile is interpolated: 1 % either way.
        assert after.p50_s >= before.p50_s - 1 - before.p50_s // 100


def test_a_longer_lead_time_gives_a_higher_line_up_to_a_stream():
    by_lead = [safety_line(TERMS._replace(lead_s=lead_s), BRISK) for lead_s in (60, 600, 3600, LEAD_MAX_S)]
    assert by_lead == sorted(set(by_lead))
    factory = TERMS._replace(lead_s=10 * 86400)
    assert deadline(factory, BRISK) == LEAD_MAX_S + HANDS_S
    assert horizon(factory, BRISK) == furthest(factory) == LEAD_MAX_S + 900 + HANDS_S


def test_a_burst_of_five_minutes_is_not_extrapolated_over_days():
    burst = Outlook(10 / 300, 10, 5.5, 1.0, 300)
    steady = Outlook(60 / 1800, 60, 10.0, 1.0, 1800)
    for lead_s in (86400, 3 * 86400):
        far = TERMS._replace(lead_s=lead_s)
        assert deadline(far, burst) == 3600 + HANDS_S
        assert tier(Facts(available=417, sold=80), burst, far) == NONE
        assert tier(Facts(available=417, sold=80), steady, far) == CRITICAL
        assert tier(Facts(available=100, sold=80), burst, far) == CRITICAL, "within the hour"
    assert deadline(TERMS, burst) == 600 + HANDS_S


def test_sellable_subtracts_what_channels_may_have_sold_unseen():
    assert sellable(Facts(available=100, lag_s=0), BRISK) == 100
    late = sellable(Facts(available=100, lag_s=60), BRISK)
    assert 100 - 20 < late < 100 - 6
    assert sellable(Facts(available=3, lag_s=3600), BRISK) == 0
    assert sellable(Facts(available=100, lag_s=3600), STILL) == 100
    assert (
        sellable(Facts(available=10, arrivals=(arrival(200, 30, counts=True), arrival(50, 9))), STILL) == 210
    )
