"""Goods on their way count as far as they are likely to be in time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.alerts import CRITICAL, NONE, THRESHOLD, Arrival, Desk, Facts, Punctuality, Terms
from stockwatch.alerts.arriving import by, scenarios
from stockwatch.alerts.tiers import ahead, eta, judge
from stockwatch.config import RoomConfig, Sku
from stockwatch.demand import Demand, Outlook
from tests.outlooks import outlooks

S = 1_000_000
NOW = 1_700_000_000 * S
M = 60 * S
TERMS = Terms(600, 900, 0, None, "t")
BRISK = Outlook(0.1, 60, 9.0, 1.0)

ranges = st.builds(
    lambda qty, due, wide, ordered, slips: Arrival(
        qty, NOW + due * M, False, NOW - ordered * M, NOW + (due - wide) * M, tuple(slips)
    ),
    st.integers(1, 300),
    st.integers(-2, 120),
    st.integers(0, 90),
    st.integers(3, 120),
    st.lists(st.floats(-0.9, 3.0), max_size=5),
)
lists = st.lists(ranges, max_size=3)
rates = outlooks(st.floats(0.001, 2), st.integers(0, 300))


def later(item, by_s):
    return item._replace(due_us=item.due_us + by_s * S, soonest_us=item.soonest_us + by_s * S)


def point(item):
    return item._replace(soonest_us=item.due_us, slips=())


@given(lists, st.integers(0, 7200), st.integers(0, 7200))
@settings(max_examples=100, deadline=None)
def test_the_chance_grows_with_time_is_certain_at_last_and_adds_up(arrivals, after_s, more_s):
    for item in arrivals:
        at = NOW + after_s * S
        assert 0.0 <= item.chance_by(at, NOW) <= item.chance_by(at + more_s * S, NOW) <= 1.0
        assert item.chance_by(max(item.given_up_us, NOW), NOW) == 1.0 or item.given_up_us <= NOW
    parts = by(arrivals, NOW + after_s * S, NOW)
    assert abs(sum(chance for chance, _ in parts) - 1.0) < 1e-9
    units = [qty for _, qty in parts]
    assert units == sorted(units, reverse=True)
    mean = sum(item.qty * item.chance_by(NOW + after_s * S, NOW) for item in arrivals)
    assert abs(sum(chance * qty for chance, qty in parts) - mean) < 1e-6


@given(lists, rates, st.integers(1, 300), st.integers(1, 5400), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_later_goods_never_lower_the_tier_nor_put_the_sell_out_off(arrivals, rate, left, by_s, floor):
    known = [item for item in arrivals if item.due_us > NOW and not item.slips]
    slower = [later(item, by_s) for item in known]
    terms = TERMS._replace(floor=floor)
    now, then = (Facts(available=left, sold=9, arrivals=tuple(some)) for some in (known, slower))
    before, after = (judge(facts, terms, rate, NOW, had_stock=True, wide=True) for facts in (now, then))
    assert after.tier >= before.tier
    assert after.loose >= before.loose
    for soon, late in zip(eta(now, rate, NOW), eta(then, rate, NOW), strict=True):
        assert late is None or soon is None or late <= soon * 1.003 + 1
        assert not (late is None and soon is not None)
    at = [300, 1800, 3600]
    for soon, late in zip(ahead(now, rate, NOW, at), ahead(then, rate, NOW, at), strict=True):
        assert all(after <= before for before, after in zip(soon, late, strict=True))


@given(lists, rates, st.integers(1, 300))
@settings(max_examples=100, deadline=None)
def test_a_range_of_one_point_is_that_moment(arrivals, rate, left):
    """And one of a second decides as it: nothing jumps where a range begins."""
    exact = tuple(point(item) for item in arrivals)
    narrow = tuple(item._replace(soonest_us=item.due_us - S) for item in exact)
    plain = tuple(item._replace(soonest_us=None) for item in exact)
    facts = [Facts(available=left, sold=9, arrivals=some) for some in (plain, exact, narrow)]
    verdicts = [judge(one, TERMS, rate, NOW, had_stock=True, wide=True) for one in facts]
    etas = [eta(one, rate, NOW) for one in facts]
    assert verdicts[0] == verdicts[1]
    assert etas[0] == etas[1]
    for known, close in zip(etas[0], etas[2], strict=True):
        assert (known is None and close is None) or abs(known - close) <= 0.005 * known + 2


@given(lists, rates, st.integers(1, 200))
@settings(max_examples=80, deadline=None)
def test_what_may_come_sooner_is_no_worse_than_what_comes_at_the_end(arrivals, rate, left):
    ranged = tuple(item._replace(slips=()) for item in arrivals)
    last = tuple(point(item) for item in ranged)
    found = [
        judge(Facts(available=left, sold=9, arrivals=some), TERMS, rate, NOW, had_stock=True, wide=True).tier
        for some in (ranged, last)
    ]
    assert found[0] <= found[1]


def critical(*slips, minutes=4, wide=0):
    due = NOW + minutes * M
    item = Arrival(500, due, False, NOW - 26 * M, due - wide * M, slips)
    facts = Facts(available=50, sold=50, arrivals=(item,))
    return judge(facts, TERMS, BRISK, NOW, had_stock=True, wide=False)


def test_a_source_that_is_late_every_time_is_not_waited_for():
    assert critical().tier == NONE, "50 left at 6 a minute last the 4 minutes"
    assert critical(0.0, -0.1, 0.02).tier == NONE, "its record bears the promise out"
    assert critical(0.5, 0.4, 0.6, 0.5, 0.5).tier == CRITICAL, "half of 30 min later each time"


def test_a_restock_that_may_come_early_is_worth_something():
    assert critical(minutes=12).tier == CRITICAL
    assert critical(minutes=12, wide=12).tier == NONE


def test_threshold_rings_where_units_may_miss_the_time_that_the_line_looks_ahead():
    """The line looks 30 min ahead; 120 units last 20. What comes between 15 and 45 min from now is a toss-up."""
    item = Arrival(500, NOW + 45 * M, False, NOW - M, NOW + 15 * M)
    facts = Facts(available=120, sold=50, arrivals=(item,))
    verdict = judge(facts, TERMS, BRISK, NOW, had_stock=True, wide=True)
    assert (verdict.tier, verdict.cause) == (THRESHOLD, "late")
    sooner = Facts(available=120, sold=50, arrivals=(item._replace(due_us=NOW + 32 * M),))
    assert judge(sooner, TERMS, BRISK, NOW, had_stock=True, wide=True).tier == NONE


def test_what_has_not_come_yet_is_ruled_out_as_time_passes():
    item = Arrival(500, NOW + 30 * M, False, NOW, NOW + 10 * M)
    assert item.chance_by(NOW + 20 * M, NOW) == 0.5
    assert item.chance_by(NOW + 20 * M, NOW + 15 * M) == 1 / 3
    known = item._replace(slips=(0.0, 0.5, 1.0))
    assert known.given_up_us == NOW + 62 * M
    assert known.chance_by(NOW + 46 * M, NOW + 31 * M) == 1 / 3, "one of the two later ones, and patience"
    assert scenarios([item], NOW + 31 * M) == [[(2 * 60.0, 500)]]


def test_an_alert_rings_by_itself_when_goods_fail_to_come():
    """Six minutes late is what this source usually is; once they have passed, only its worst case is left."""
    demand = Demand()
    desk = Desk(RoomConfig(id="r", name="r", skus=(Sku(id="A", title="t", lead_time=600),)), demand)
    began = NOW // S
    for second in range(began, began + 1800, 10):
        demand.take("A", "c", second * S, 1)
    now = NOW + 1800 * S
    usually = Arrival(900, now + 10 * M, False, now - 20 * M, slips=(0.2,) * 7 + (2.0,))
    facts = Facts(available=150, sold=180, arrivals=(usually,))
    events, due = desk.evaluate("A", now, facts)
    assert events == ()
    while not events and due is not None:
        for second in range(now // S, due // S, 10):  # what is sold is made up for: only time passes
            demand.take("A", "c", second * S, 1)
        now = due
        events, due = desk.evaluate("A", now, facts)
    assert events[0].tier == "THRESHOLD"
    assert NOW + (30 + 16) * M <= events[0].at_us <= NOW + (30 + 16) * M + 10 * S


def test_the_reason_says_how_likely_goods_are_too_late():
    demand = Demand()
    desk = Desk(RoomConfig(id="r", name="r", skus=(Sku(id="A", title="t", lead_time=600),)), demand)
    for second in range(NOW // S - 1800, NOW // S, 10):
        demand.take("A", "c", second * S, 1)
    item = Arrival(500, NOW + 45 * M, False, NOW - M, NOW + 15 * M)
    events, _ = desk.evaluate("A", NOW, Facts(available=120, sold=180, arrivals=(item,)))
    assert events[0].reason.zh.startswith("剩 120 件,在途 500 件有 50% 可能赶不上:补货期内卖完的可能 ")
    assert events[0].reason.en.startswith(
        "120 left, 500 on their way come too late with a chance of 50 %: sold out within a restock's time with "
    )


def test_what_became_of_promises_is_kept_by_source():
    record = Punctuality()
    for n, late in enumerate((0, 6, 12)):
        assert record.slips("仓") == ()
        record.received("仓", "A", f"d{n}", NOW, NOW + 60 * M, NOW + (60 + late) * M)
        record.received("仓", "A", f"d{n}", NOW, NOW + 60 * M, NOW + 600 * M)  # told again
    record.received("仓", "A", "late entry", NOW, NOW, NOW + M)  # promised for when it was asked
    assert record.slips("仓") == (0.0, 0.1, 0.2)
    for n in range(40):
        record.received("仓", "A", f"m{n}", NOW, NOW + 60 * M, NOW + 6000 * M)
    assert record.slips("仓") == (3.0,) * 12
    assert record.slips("另一个") == ()
