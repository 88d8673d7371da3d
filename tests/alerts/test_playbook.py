"""What alerts say: their numbers, their honesty, and what hostile templates and titles can't do."""

from datetime import UTC, timedelta, timezone

import pytest

from stockwatch.alerts.playbook import advice, fill, honest
from stockwatch.alerts.reasons import clock_text, reason, resolved_reason
from stockwatch.alerts.tiers import CRITICAL, NONE, THRESHOLD, TREND, Assessment, Pace
from stockwatch.config import Playbook, Plays
from stockwatch.demand import Forecast

S = 1_000_000
SHANGHAI = timezone(timedelta(hours=8))
NOW = 1762870500 * S  # 2025-11-11 22:15 in Shanghai


def what(**figures):
    base = {
        "tier": TREND, "cause": "surge", "available": 200, "held": 0, "sellable": 198, "safety_line": 80,
        "per_min": 9.2, "direction": 1, "recent": 46, "before": 15, "eta": Forecast(1260, 1560, 2220),
        "lead_s": 3000, "arrival_us": None, "coming": 0, "taken": 300, "floor": 0, "releasable": 200,
    }  # fmt: skip
    return Assessment(**(base | figures))


def test_a_trend_explains_itself_in_one_sentence_with_its_numbers():
    words = reason(what(), NOW, SHANGHAI)
    assert words.zh == "近 5 分钟 46 单,前 5 分钟 15 单(×3.1);按此 22:41 售罄(22:36–22:52),补货最快 23:05 到"
    assert words.en == (
        "46 orders in the last 5 min, 15 in the 5 before (×3.1); "
        "at this pace sold out at 22:41 (22:36–22:52), a restock by 23:05 at the earliest"
    )


@pytest.mark.parametrize(
    ("figures", "zh", "en"),
    [
        ({"before": 0}, "前 5 分钟 0 单;", "0 in the 5 before;"),
        ({"recent": 1}, "近 5 分钟 1 单", "1 order in the last 5 min"),
        (
            {"recent": 98, "before": 131, "late_s": 175},
            "近 5 分钟 98 单(有渠道晚到 2 分钟,没到齐),前 5 分钟 131 单;",
            "98 orders in the last 5 min (not all in: a channel is 2 min late), 131 in the 5 before;",
        ),
        (
            {"pace": Pace(46, 133, 15.2)},
            "近 2分13秒 46 单,平时 15 单(×3.0);",
            "46 orders in the last 2 min 13 s, 15 as usual (×3.0);",
        ),
        (
            {"pace": Pace(6, 9, 0.24)},
            "近 9秒 6 单,平时 0.2 单(×25.0)",
            "6 orders in the last 9 s, 0.2 as usual",
        ),
        (
            {"pace": Pace(6, 120, 0.01)},
            "近 2分 6 单,平时几乎没有;",
            "6 orders in the last 2 min, next to none as usual;",
        ),
        (
            {"cause": "sellout", "pace": Pace(46, 60, 9.9)},
            "可用 200 件,近 1分 46 单,平时 9.9 单",
            "200 available, 46",
        ),
        (
            {"cause": "gone", "available": 0, "lead_s": None},
            "已售罄:可卖 0 件,已拍 300 件;没有补货来源",
            "sold out: 0 left",
        ),
        ({"cause": "line", "floor": 80}, "剩 200 件,已到人工安全线 80 件", "hand-set safety line 80"),
        ({"cause": "line", "held": 30}, "剩 230 件(未放 30),已到安全线 80 件", "230 left (30 held back)"),
        ({"cause": "sold"}, "已拍 300 件,到达起量线;近 5 分钟 46 单", "300 taken, the trend line is reached"),
        ({"cause": "sellout"}, "可用 200 件,近 5 分钟 46 单", "200 available, 46 orders"),
        ({"eta": Forecast(None, None, None)}, "按此 24 小时内不会售罄", "not sold out within 24 h"),
        (
            {"eta": Forecast(60, 7200, None)},
            "次日 00:15 售罄(22:16–24 小时后)",
            "00:15 (+1 d) (22:16–after 24 h)",
        ),
        (
            {"arrival_us": NOW + 600 * S, "coming": 200, "arrival_qty": 200},
            "在途 200 件 22:25 到",
            "200 on their way by 22:25",
        ),
        (
            {"arrival_us": NOW + 600 * S, "coming": 200, "arrival_qty": 80},
            "在途 200 件,其中 80 件 22:25 到",
            "200 on their way, 80 of them by 22:25",
        ),
        (
            {"overdue": 60, "overdue_us": NOW - 120 * S},
            "补货 60 件已过点(22:13)未到,再补最快 23:05 到",
            "60 overdue since 22:13, another restock by 23:05",
        ),
        (
            {"overdue": 60, "overdue_us": NOW - 86400 * S, "lead_s": None},
            "(昨日 22:15)未到",
            "since 22:15 (-1 d)",
        ),
        (
            {"cause": "line", "available": 40, "soon": 30},
            "剩 40 件,加上来得及到的 30 件,仍不高于安全线 80 件",
            "40 left, with 30 due in time still not above the safety line 80",
        ),
        (
            {"cause": "line", "available": 5, "promised": 60, "shortfall": 4},
            "剩 61 件(含在途先卖 60,已扣缺口 4)",
            "61 left (60 of them still on their way, 4 owed taken off)",
        ),
        (
            {"cause": "line", "available": 0, "held": 9, "shortfall": 4},
            "剩 9 件(未放 9,缺口 4 未补)",
            "9 held back, 4 owed",
        ),
        ({"cause": "gone", "available": 0, "taken": 0}, "一件没卖", "none taken"),
        ({"eta": Forecast(60, None, None)}, "最早 22:16 售罄,多半在 24 小时后", "at 22:16 at the earliest"),
    ],
)
def test_each_cause_has_its_words(figures, zh, en):
    words = reason(what(**figures), NOW, SHANGHAI)
    assert zh in words.zh
    assert en in words.en


@pytest.mark.parametrize("tier", [TREND, THRESHOLD, CRITICAL])
def test_an_end_is_explained_too(tier):
    words = resolved_reason(tier, what(), NOW, UTC)
    assert words.zh != words.en
    assert ("46" if tier == TREND else "剩 200 件") in words.zh


@pytest.mark.parametrize(
    ("tier", "figures", "zh", "en"),
    [
        (THRESHOLD, {}, "剩 200 件;稳定高于安全线 80 件", "200 left; steadily above the safety line 80"),
        (
            THRESHOLD,
            {"available": 239, "soon": 200, "safety_line": 319},
            "剩 239 件;加上来得及到的 200 件,稳定高于安全线 319 件",
            "239 left; with 200 due in time steadily above the safety line 319",
        ),
        (
            THRESHOLD,
            {"safety_line": 0, "recent": 0},
            "剩 200 件;近 5 分钟 0 单,安全线已降到 0 件",
            "200 left; 0 orders in the last 5 min, the safety line has fallen to 0",
        ),
        (CRITICAL, {"lead_s": 1200}, "售罄(22:36–22:52),来得及补货", "a restock can come in time"),
        (CRITICAL, {"lead_s": 1260}, "售罄(22:36–22:52)", "(22:36–22:52)"),
        (CRITICAL, {"lead_s": None}, "15 分钟内不像会售罄", "not likely within 15 min"),
        (CRITICAL, {"lead_s": 3 * 86400, "eta": Forecast(None, None, None)}, "内不会售罄", "within 24 h"),
    ],
)
def test_an_end_claims_only_what_its_numbers_bear_out(tier, figures, zh, en):
    words = resolved_reason(tier, what(**figures), NOW, SHANGHAI)
    assert zh in words.zh
    assert en in words.en
    if figures.get("lead_s", 0) in (1260, 3 * 86400):
        assert "补货" not in words.zh
        assert "restock" not in words.en


def test_clock_times_are_the_rooms():
    assert clock_text(NOW, 0, SHANGHAI).zh == "22:15"
    assert clock_text(NOW, 0, UTC).zh == "14:15"
    assert clock_text(NOW, 2 * 86400, UTC).en == "14:15 (+2 d)"


def test_the_ends_of_time_stop_no_sentence():
    """A restock that is due in the year 9999 is one hostile event."""
    ages = 9000 * 365 * 86400
    assert clock_text(NOW, ages, SHANGHAI).zh.endswith("天后 07:59")
    assert "天前" in clock_text(NOW, -ages, SHANGHAI).zh
    assert clock_text(NOW + ages * S, 86400, SHANGHAI).zh


@pytest.mark.parametrize("tier", [TREND, THRESHOLD, CRITICAL])
@pytest.mark.parametrize("substitute", [None, "5号 基础款"])
def test_every_tier_has_steps_and_a_talk_track_in_both_languages(tier, substitute):
    plan = advice(tier, what(), Playbook(), "联名卫衣", substitute)
    assert plan.say.zh
    assert plan.say.en
    assert plan.steps
    for text in (*plan.steps, plan.say):
        assert "{" not in text.zh + text.en
        assert "未设" not in text.zh + text.en, "no step about a substitute that doesn't exist"
    assert any("5号 基础款" in step.zh for step in plan.steps) == (substitute is not None)
    assert "联名卫衣" in plan.say.zh


def test_no_tier_has_nothing_to_say():
    plan = advice(NONE, what(), Playbook(), "x", None)
    assert plan.steps == ()
    assert plan.say.zh == ""


def test_sold_out_is_not_talked_around():
    plan = advice(CRITICAL, what(sellable=0, available=0, releasable=0), Playbook(), "联名卫衣", None)
    assert "没了" in plan.say.zh


def test_the_rooms_own_words_win():
    own = Playbook(
        threshold=Plays(say="最后 {sellable} 件,手慢无", steps=("通知仓库 {taken}", "准备{substitute}"))
    )
    plan = advice(THRESHOLD, what(sellable=30, available=30, releasable=30), own, "t", "白色")
    assert plan.say.zh == "最后 30 件,手慢无"
    assert [step.zh for step in plan.steps] == ["通知仓库 300", "准备白色"]


@pytest.mark.parametrize(
    ("template", "sellable", "releasable", "said"),
    [
        ("最后 {sellable} 件,手慢无", 30, 30, "最后 30 件,手慢无"),
        ("最后 {sellable} 件,手慢无", 30, 31, "现有 30 件,手慢无"),
        ("仅剩{可卖}件", 12, 200, "现有12件"),
        ("只剩下 {sellable} 件", 12, 12, "只剩下 12 件"),
        ("最后30件,手慢无", 98, 98, "现有30件,手慢无"),
        ("最后30件,手慢无", 30, 30, "最后30件,手慢无"),
        ("最后一波", 10, 300, "现在一波"),
        ("only {sellable} left", 5, 500, "5 left"),
        ("the last {sellable}!", 5, 5, "the last 5!"),
        ("plastic blast only{sellable}", 5, 5, "plastic blast only5"),
    ],
)
def test_scarcity_is_said_only_when_it_is_true(template, sellable, releasable, said):
    figures = {"sellable": str(sellable), "可卖": str(sellable)}
    assert honest(template, figures, sellable, releasable) == said


def test_a_title_with_a_word_of_scarcity_is_left_alone():
    own = Playbook(trend=Plays(say="{title} 现在 {sellable}"))
    plan = advice(TREND, what(), own, "最后的卫衣 only", None)
    assert plan.say.zh == "最后的卫衣 only 现在 198"


@pytest.mark.parametrize(
    "template",
    [
        "{title.__class__}",
        "{0}",
        "{}",
        "{title!r}",
        "{sellable:>999999}",
        "%s %(title)s",
        "{{title}}x",
        "{unknown}",
    ],
)
def test_templates_are_no_format_strings(template):
    said = fill(template, {"title": "T", "sellable": "5"})
    assert said == template.replace("{{title}}", "{T}")


def test_values_are_not_filled_again():
    own = Playbook(trend=Plays(say="{title}"))
    assert advice(TREND, what(), own, "{sellable} {title}", None).say.zh == "{sellable} {title}"
