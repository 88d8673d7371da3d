"""What interrupts a person: once for one thing, again when nobody answers, and not for what can wait."""

from functools import partial
from itertools import pairwise

from stockwatch.alerts import AlertEvent, OpenAlert, Words
from stockwatch.alerts.attention import AGAIN_TIMES, AGAIN_US, Attention, Figures, Sizes
from stockwatch.alerts.crowd import MANY
from stockwatch.alerts.facts import Closing, Terms
from stockwatch.alerts.tiers import CRITICAL, THRESHOLD, TIER_NAMES
from stockwatch.demand.outlook import Forecast

S = 1_000_000
T0 = 1_700_000_000 * S
TERMS = Terms(600, 900, 0, None, "卫衣")
SOON = Forecast(360, 480, 720)
LATER = Forecast(5 * 3600, 8 * 3600, None)


def event(tier="CRITICAL", *, at=0, sku="A", kind="raised", eta=SOON, by=None, left=134, held=0, cause=""):
    return AlertEvent(
        kind=kind,
        id=f"{sku}:2",
        alert=f"{sku}:1",
        sku=sku,
        at_us=T0 + at * S,
        tier=tier,
        reason=Words("", ""),
        available=left,
        sellable=left,
        velocity_per_min=1.0,
        safety_line=0,
        eta_s=eta,
        cause=cause,
        by=by,
        left=left,
        held=held,
    )


def hear(attention, told, listing=None, terms=TERMS):
    return attention.heard(told, listing or told.sku, f"卫衣 {told.sku}", terms)


def now(left=50, eta=SOON):
    return Figures("卫衣 A", left, 0, eta, None)


def opened(told, by=None):
    tier = TIER_NAMES.index(told.tier)
    return OpenAlert(told.alert, told.sku, tier, told.at_us, told.at_us, by, told.reason)


def test_what_calls_says_in_how_many_minutes_and_what_is_left():
    call = hear(Attention(), event())
    assert call.text.zh == "卫衣 A 约 8 分(6–12)售罄,剩 134 件"
    assert call.text.en == "卫衣 A: gone in about 8 min (6–12), 134 left"
    assert (call.number, call.tier, call.listing) == (1, CRITICAL, "A")
    far = hear(Attention(), event("TREND", eta=Forecast(3180, 10_000, None)))
    assert far.text.zh == "卫衣 A 最快 53 分售罄,剩 134 件"
    assert hear(Attention(), event(left=0)).text.zh == "卫衣 A 没货了"
    wave = hear(Attention(), event("THRESHOLD", left=50, held=30))
    assert wave.text.zh == "卫衣 A 约 8 分(6–12)售罄,剩 50 件(未放 30)"
    assert wave.text.en == "卫衣 A: gone in about 8 min (6–12), 50 left (30 held back)"


def test_a_trend_calls_only_when_its_pessimistic_sell_out_is_near():
    attention = Attention()
    assert hear(attention, event("TREND", eta=LATER)) is None
    assert hear(attention, event("TREND", sku="B", eta=Forecast(600 + 3601, 9000, None))) is None
    assert hear(attention, event("TREND", sku="C", eta=Forecast(600 + 3600, 9000, None))).listing == "C"


def test_sizes_of_one_link_call_once():
    attention = Attention()
    assert hear(attention, event("THRESHOLD", sku="M"), "卫衣") is not None
    assert hear(attention, event("THRESHOLD", sku="L", at=40), "卫衣") is None
    assert hear(attention, event("CRITICAL", sku="XL", at=50), "卫衣") is not None, "a higher tier is news"
    assert hear(attention, event("THRESHOLD", sku="S", at=200), "卫衣") is not None, (
        "and so is one much later"
    )
    assert hear(attention, event("THRESHOLD", sku="裤", at=201), "裤") is not None, (
        "another link is another thing"
    )


def test_traffic_that_comes_in_is_said_once_for_all():
    attention = Attention()
    calls = [hear(attention, event("TREND", sku=f"S{n}", at=5 * n, eta=LATER)) for n in range(MANY)]
    assert calls[:-1] == [None] * (MANY - 1)
    assert calls[-1].listing is None
    assert calls[-1].text.zh == f"流量进来了:2 分钟内 {MANY} 个链接起量"
    more = [hear(attention, event("TREND", sku=f"T{n}", at=60 + 5 * n)) for n in range(10)]
    assert more == [None] * 10
    assert hear(attention, event("THRESHOLD", sku="T1", at=120)) is not None, "stock is another matter"


def test_one_link_that_flaps_is_no_traffic():
    attention = Attention()
    assert [hear(attention, event("TREND", at=n, eta=LATER)) for n in range(2 * MANY)] == [None] * 2 * MANY


def test_a_source_that_closes_calls_once_for_all_its_links():
    attention = Attention()
    closing = TERMS._replace(closing=Closing("总仓\x1b[2J", 900, 43_200, 46_800))
    other = TERMS._replace(closing=Closing("华北仓", 900, 43_200, 46_800))

    def last_call(number, at=0, tier="THRESHOLD", terms=closing):
        return event(tier, sku=f"S{number}", at=at, cause="last_call"), None, terms

    calls = [hear(attention, *last_call(n)) for n in range(30)]
    assert [call.listing for call in calls[:MANY]] == ["S0", "S1", "S2", "S3", None]
    assert calls[MANY - 1].text.zh == f"总仓\\x1b[2J 15 分后截单:{MANY} 个链接要在那之前补"
    assert calls[MANY:] == [None] * (30 - MANY)
    for second in range(0, 1200, 10):
        assert attention.look(opened(event("THRESHOLD", sku="S9")), "S9", T0 + second * S, now) is None
    assert hear(attention, *last_call(40, at=60, terms=other)).listing == "S40", (
        "another source's is another matter"
    )
    assert hear(attention, *last_call(41, at=60, tier="CRITICAL")).listing == "S41", "and so is the next tier"
    assert hear(attention, event("CRITICAL", sku="S10", at=70, cause="sellout"), None, closing) is not None


def test_nobody_answers():
    for tier in (THRESHOLD, CRITICAL):
        attention, told = Attention(), event(TIER_NAMES[tier])
        hear(attention, told)
        calls = []
        for second in range(0, 3600, 10):
            call = attention.look(opened(told), "A", T0 + second * S, partial(now, 100 - second // 60))
            if call is not None:
                calls.append((second, call))
        waited = AGAIN_US[tier] // S
        assert [second for second, _ in calls] == [waited * n for n in range(1, AGAIN_TIMES[tier] + 1)]
        said = f"{waited // 60} 分钟没人认领:卫衣 A 约 8 分(6–12)售罄,剩 {100 - waited // 60} 件"
        assert calls[0][1].text.zh == said, "with the figures of now"


def test_what_is_taken_or_over_is_quiet():
    attention, told = Attention(), event()
    hear(attention, told)
    assert attention.look(opened(told, by="小王"), "A", T0 + 3600 * S, now) is None
    hear(attention, event(kind="resolved", at=3601))
    assert attention.look(opened(told), "A", T0 + 7200 * S, now) is None
    assert hear(attention, event("THRESHOLD", at=4000, by="小王")) is None, "whoever took it knows"


def test_an_escalation_calls_and_is_waited_for_anew():
    attention = Attention()
    hear(attention, event("THRESHOLD"))
    told = event("CRITICAL", kind="escalated", at=100)
    assert hear(attention, told).number == 2
    assert attention.look(opened(told), "A", T0 + 219 * S, now) is None
    assert attention.look(opened(told), "A", T0 + 220 * S, now).number == 3


def sizes(*labels, share, gone=False, every=False):
    return Sizes("卫衣", labels, share, gone, every)


def run_out(attention, at, told, tier="CRITICAL", left=9):
    return attention.heard(
        event(tier, at=at, sku=told.labels[-1], left=left), "卫衣", "卫衣 " + told.labels[-1], TERMS, told
    )


def test_a_link_whose_sizes_run_out_one_by_one_calls_as_the_share_grows_and_not_ten_times():
    attention = Attention()
    assert run_out(attention, 0, sizes("XS", share=0.05)) is None, "a side size is a badge"
    main = run_out(attention, 600, sizes("XS", "M", share=0.45))
    assert main.text.zh == "卫衣 告急:XS、M,占需求 45%"
    assert run_out(attention, 1200, sizes("XS", "M", "S", share=0.55)) is None
    more = run_out(attention, 1800, sizes("XS", "M", "S", "L", share=0.8), left=0)
    assert more.text.en == "卫衣: XS, M, S and 1 more about to be gone, 80 % of its demand"
    last = run_out(
        attention, 2400, sizes("XS", "M", "S", "L", "XL", share=1.0, gone=True, every=True), left=0
    )
    assert last.text.zh == "卫衣 各规格都没货了"


def test_the_main_size_calls_by_itself_with_its_minutes():
    call = run_out(Attention(), 0, sizes("M", share=0.4))
    assert call.text.zh == "卫衣 M 约 8 分(6–12)售罄,剩 9 件"


def test_sizes_that_came_back_and_go_again_are_news():
    attention = Attention()
    assert run_out(attention, 0, sizes("M", share=0.4)) is not None
    back = event(kind="resolved", at=1000, sku="M")
    attention.heard(back, "卫衣", "卫衣 M", TERMS, sizes(share=0.0))
    assert run_out(attention, 2000, sizes("M", share=0.4)) is not None


def test_each_tier_counts_its_own_share():
    attention = Attention()
    assert run_out(attention, 0, sizes("M", share=0.4), tier="THRESHOLD") is not None
    assert run_out(attention, 600, sizes("M", share=0.4)) is not None


def test_two_sizes_of_a_link_that_nobody_takes_call_again_as_one():
    attention = Attention()
    first, second = event(sku="M"), event(sku="L", at=70)
    hear(attention, first, "卫衣")
    hear(attention, second, "卫衣")
    calls = []
    for at in range(0, 900, 10):
        for told in (first, second):
            call = attention.look(opened(told), "卫衣", T0 + at * S, now)
            calls += [] if call is None else [at]
    assert all(later - sooner >= AGAIN_US[CRITICAL] // S for sooner, later in pairwise([70, *calls]))


def test_a_trend_says_nothing_of_a_link_that_has_just_called():
    attention = Attention()
    hear(attention, event("CRITICAL", sku="M"), "卫衣")
    assert hear(attention, event("TREND", sku="S", at=300), "卫衣") is None
    assert hear(attention, event("TREND", sku="L", at=901), "卫衣") is not None


def test_a_threshold_that_has_got_time_again_is_let_be():
    attention, told = Attention(), event("THRESHOLD")
    hear(attention, told)
    assert attention.look(opened(told), "A", T0 + 300 * S, partial(now, 50, LATER)) is None


def test_a_call_before_a_source_closes_says_so():
    """Gone in an hour and a quarter is urgent only because the warehouse closes in five minutes."""
    closing = TERMS._replace(closing=Closing("周边仓", 300, 40_000, 40_000))
    call = hear(Attention(), event(eta=Forecast(3840, 4500, 5280), cause="last_call"), terms=closing)
    assert call.text.zh == "卫衣 A 约 75 分(64–88)售罄,剩 134 件,周边仓 5 分后截单"
    assert (
        call.text.en == "卫衣 A: gone in about 75 min (64–88), 134 left, 周边仓 takes orders for 5 more min"
    )
    gone = hear(Attention(), event(left=0), terms=closing)
    assert gone.text.zh == "卫衣 A 没货了"


def test_a_lower_tier_does_not_call_again_once_its_link_has_called_at_a_higher_one():
    attention = Attention()
    low = event("THRESHOLD", sku="S")
    hear(attention, low, "卫衣")
    assert hear(attention, event("CRITICAL", sku="M", at=100), "卫衣") is not None
    assert attention.look(opened(low), "卫衣", T0 + 900 * S, now) is None


def test_many_links_that_nobody_takes_are_told_as_one():
    attention = Attention()
    told = [event(sku=f"S{n}", at=n) for n in range(12)]
    for one in told:
        assert hear(attention, one) is not None
    again = []
    for second in range(120, 420):
        for one in told:
            call = attention.look(opened(one), one.sku, T0 + second * S, now)
            again += [] if call is None else [call]
    assert [call.listing for call in again] == [*(one.sku for one in told[: MANY - 1]), None]
    assert again[-1].text.zh == f"2 分钟内 {MANY} 个告急的链接没人认领"
    assert again[-1].text.en == f"nobody has taken {MANY} links that are about to be gone"
