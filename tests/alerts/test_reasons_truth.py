"""Every sentence of an alert is true of the figures it came from, whatever they are."""

import re
from datetime import UTC

from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.alerts import CRITICAL, NONE, THRESHOLD, TREND, Arrival, Facts, Terms
from stockwatch.alerts.facts import believed
from stockwatch.alerts.lines import horizon
from stockwatch.alerts.reasons import reason, resolved_reason
from stockwatch.alerts.tiers import assess, judge
from tests.outlooks import outlooks

S = 1_000_000
NOW = 1_700_000_000 * S

arrivals = st.lists(
    st.builds(
        lambda qty, minutes, counts, told, earlier, slips: Arrival(
            qty,
            NOW + minutes * 60 * S,
            counts,
            None if told is None else NOW - told * 60 * S,
            NOW + (minutes - earlier) * 60 * S,
            slips,
        ),
        st.integers(1, 300),
        st.integers(-15, 120),
        st.booleans(),
        st.none() | st.integers(16, 3000),
        st.sampled_from([0, 0, 20, 90]),
        st.sampled_from([(), (), (-0.2, 0.1, 0.5)]),
    ),
    max_size=3,
).map(tuple)
facts_of = st.builds(
    Facts,
    available=st.integers(0, 300),
    held=st.sampled_from([0, 0, 5, 60]),
    reserved=st.integers(0, 50),
    sold=st.integers(0, 400),
    shortfall=st.sampled_from([0, 0, 1, 40]),
    arrivals=arrivals,
)
rates = outlooks(st.sampled_from([0.0, 0.001, 0.01, 0.1, 1.0]), st.integers(0, 200))


def settings_of(lead_s, soonest, reaction_s, floor):
    return Terms(lead_s, reaction_s, floor, None, "t", None if lead_s is None else round(lead_s * soonest))


terms_of = st.builds(
    settings_of,
    st.sampled_from([None, 60, 600, 7200, 3 * 86400]),
    st.sampled_from([1, 1, 0.5]),
    st.sampled_from([0, 900]),
    st.sampled_from([0, 0, 20, 80]),
)
everything = (facts_of, rates, terms_of, st.integers(0, 40), st.integers(0, 40))


def number(pattern, text):
    found = re.search(pattern, text)
    return None if found is None else int(found[1])


def figures(facts, rate, terms, recent, before):
    verdict = judge(facts, terms, rate, NOW, had_stock=True, wide=True)
    return verdict, assess(facts, terms, rate, NOW, had_stock=True, recent=(recent, before), verdict=verdict)


def check_left(words, facts):
    real = believed(facts, NOW)
    left = number(r"剩 (\d+) 件", words.zh)
    if left is not None:
        assert left == real.free + real.held == number(r"(\d+) left", words.en)
        if real.available + real.promised >= real.shortfall:
            parts = (
                real.available
                + (number(r"先卖 (\d+)", words.zh) or 0)
                + (number(r"未放 (\d+)", words.zh) or 0)
            )
            assert left == parts - (number(r"已扣缺口 (\d+)", words.zh) or 0)
        else:
            assert number(r"缺口 (\d+) 未补", words.zh) == real.shortfall - real.available - real.promised
    return left


def check_supply(words, facts, terms):
    overdue = sum(item.qty for item in facts.arrivals if item.due_us <= NOW)
    assert (number(r"补货 (\d+) 件已过点", words.zh) or 0) == overdue
    assert (number(r"(\d+) overdue", words.en) or 0) == overdue
    to_come = [item for item in facts.arrivals if item.due_us > NOW and not item.counts]
    assert (number(r"在途 (\d+) 件(?!有)", words.zh) or 0) == sum(item.qty for item in to_come)
    if to_come:
        first = min(item.due_us for item in to_come)
        qty = number(r"其中 (\d+) 件", words.zh) or number(r"在途 (\d+) 件(?!有)", words.zh)
        assert qty == sum(item.qty for item in to_come if item.due_us == first)
    assert ("没有补货来源" in words.zh) == ("no restock source" in words.en)
    if "没有补货来源" in words.zh:
        assert terms.lead_s is None
        assert not overdue
        assert not to_come


def soon(facts, terms, rate):
    """Units that surely come in time, and those that perhaps do."""
    until = NOW + horizon(terms, rate) * S
    chances = [(i.chance_by(until, NOW), i.qty) for i in believed(facts, NOW).arrivals if not i.counts]
    return sum(qty for p, qty in chances if p == 1.0), sum(qty for p, qty in chances if 0.0 < p < 1.0)


@given(*everything)
@settings(max_examples=200, deadline=None)
def test_a_reason_is_true(facts, rate, terms, recent, before):
    verdict, what = figures(facts, rate, terms, recent, before)
    words = reason(what, NOW, UTC)
    left = check_left(words, facts)
    check_supply(words, facts, terms)
    if verdict.cause == "line":
        named = number(r"加上来得及到的 (\d+) 件", words.zh) or 0
        assert named == soon(facts, terms, rate)[0] == (number(r"with (\d+) due in time", words.en) or 0)
        line = number(r"安全线 (\d+) 件", words.zh)
        assert line == verdict.line == number(r"safety line (\d+)", words.en)
        assert left + named <= line
        assert ("人工" in words.zh) == (line == terms.floor)
    if verdict.cause == "late":
        sure, perhaps = soon(facts, terms, rate)
        assert (number(r"来得及到的 (\d+) 件", words.zh) or 0) == sure
        assert (
            number(r"在途 (\d+) 件有", words.zh)
            == perhaps
            == number(r"(\d+) on their way come too", words.en)
        )
        assert number(r"卖完的可能 (\d+)%", words.zh) >= 25
        assert left + sure <= verdict.line < left + sure + perhaps
    if verdict.cause == "gone":
        assert left is None
        assert what.sellable == 0
        assert ("sold out" in words.en) == (facts.taken > 0)
    if "24 小时内不会售罄" in words.zh:
        assert what.eta.p10_s is None


@given(*everything)
@settings(max_examples=200, deadline=None)
def test_an_end_is_told_truly(facts, rate, terms, recent, before):
    verdict, what = figures(facts, rate, terms, recent, before)
    if verdict.loose == NONE:
        words = resolved_reason(THRESHOLD, what, NOW, UTC)
        left = check_left(words, facts)
        line = number(r"高于安全线 (\d+) 件", words.zh)
        if "多半来得及" in words.zh:
            assert number(r"在途 (\d+) 件多半", words.zh) == soon(facts, terms, rate)[1] > 0
            assert number(r"(\d+) on their way are likely", words.en) == soon(facts, terms, rate)[1]
            assert number(r"只剩 (\d+)%", words.zh) <= 25
        elif line is None:
            assert verdict.line == 0
            assert "fallen to 0" in words.en
        else:
            named = number(r"加上来得及到的 (\d+) 件", words.zh) or 0
            assert line == verdict.line == number(r"above the safety line (\d+)", words.en)
            assert named in (0, soon(facts, terms, rate)[0])
            assert left + named > line
    if verdict.loose < CRITICAL:
        words = resolved_reason(CRITICAL, what, NOW, UTC)
        assert check_left(words, facts) > 0
        if "来得及补货" in words.zh:
            assert terms.lead_s is not None
            assert terms.lead_s <= 86400 if what.eta.p10_s is None else what.eta.p10_s > terms.lead_s
        if "15 分钟" in words.zh:
            assert terms.lead_s is None
            assert what.eta.p10_s is None or what.eta.p10_s > 900
    calm = resolved_reason(TREND, what, NOW, UTC)
    assert [int(n) for n in re.findall(r"(\d+) 单", calm.zh)] == [recent, before]
