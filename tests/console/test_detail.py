"""The detail pane and its chart: at every size, in every marker, with hostile names and without data."""

import re
import subprocess
import sys

import msgspec
import pytest
from dialog_stage import HOSTILE, HOSTILE_SHOWN, NOW, ZONE, Stage, at, chart_detail, link_row, restocks

from stockwatch.console.chart import ChartCache, chart_lines
from stockwatch.console.detail import DetailPane, DetailPicture, detail_lines
from stockwatch.console.escape import cells
from stockwatch.console.formats import clock_time
from stockwatch.console.words import words
from stockwatch.room.view import Ahead, Detail, Mark, PlatformRow, Taught, Text


def picture(**changes):
    values = {
        "link": link_row(), "detail": chart_detail(), "restocks": restocks(),
        "channels": (("douyin", "抖音"),), "zone": ZONE,
    }  # fmt: skip
    return DetailPicture(**{**values, **changes})


def told(shown, width=60, height=30, language="zh", marker="braille"):
    made = detail_lines(shown, width, height, words(language), marker)
    return ["".join(text for text, _ in line).rstrip() for line in made]


def drawn(detail, width=60, height=20, language="zh", marker="braille"):
    return [
        "".join(t for t, _ in line)
        for line in chart_lines(detail, width, height, ZONE, words(language), marker)
    ]


def test_figures_stand_by_size_with_a_total():
    text = told(picture())
    assert text[0] == "3号 联名款卫衣 加绒 ✖ 紧急"
    assert text[1].split() == ["规格", "可卖", "可用", "锁单", "已售", "在途", "缺货", "未放"]
    assert text[3].split() == ["✖", "黑", "M", "20", "23", "41", "300", "200", "0", "50"]
    assert text[6].split() == ["合计", "120", "138", "164", "1200", "200", "3", "150"]
    assert text[7] == "各渠道下单: 抖音 120 · taobao 88 · kuaishou 40"
    assert text[8].split() == ["补货", "已询", "周边仓", "+200", "预计", "22:10", "小李"]
    assert "已收" in text[9]


def test_a_wide_pane_has_every_figure():
    assert told(picture(), width=100)[1].split()[-1] == "待检"


def test_figures_that_are_zero_everywhere_make_room():
    calm = msgspec.structs.replace(link_row(), sizes=(msgspec.structs.replace(link_row().sizes[0], held=0),))
    assert told(picture(link=calm), width=100)[1].split() == ["规格", "可卖", "可用", "锁单", "已售", "在途"]


def test_a_single_size_has_no_total():
    assert not any("合计" in line for line in told(picture(link=link_row(sizes=link_row().sizes[:1]))))


def test_more_sizes_than_lines_are_counted():
    sizes = tuple(
        msgspec.structs.replace(link_row().sizes[0], sku=f"S{n}", label=f"码{n}") for n in range(30)
    )
    text = told(picture(link=link_row(sizes=sizes)), height=24)
    assert any(line.startswith("…还有") for line in text)
    assert any("合计" in line for line in text)
    assert any("━" in line for line in text)


def test_a_bundle_names_its_parts():
    bundle = link_row(parts=(("HM", 1, "item"), ("SOCK", 2, "gift")))
    assert any(line == "组合: HM×1 · SOCK×2(赠品)" for line in told(picture(link=bundle)))


def test_without_a_selection_or_a_chart_it_says_so():
    assert told(picture(link=None)) == ["没有选中的链接"]
    assert told(picture(detail=None))[-1] == "正在取走势…"
    assert told(picture(detail=chart_detail(listing="L9")))[-1] == "正在取走势…"
    assert told(picture(detail=Detail(listing="L3")))[-1] == "还没有走势数据"


@pytest.mark.parametrize("width", [1, 10, 24, 40, 60, 90, 120, 200])
@pytest.mark.parametrize("height", [1, 3, 8, 12, 16, 24, 40])
@pytest.mark.parametrize(("language", "marker"), [("zh", "braille"), ("en", "ascii"), ("en", "block")])
def test_it_fits_every_size(width, height, language, marker):
    made = detail_lines(picture(), width, height, words(language), marker)
    assert 1 <= len(made) <= height
    for line in made:
        assert cells("".join(text for text, _ in line)) <= width
        assert all("\x1b" not in text and "\n" not in text for text, _ in line)


def test_a_tall_chart_is_two_with_their_times_in_line():
    text = drawn(chart_detail(), height=24)
    assert sum("┌" in line for line in text) == 2
    starts = {line.index("│") for line in text if "│" in line[:8]}
    assert len(starts) == 1


def test_a_low_chart_has_both_in_one():
    text = drawn(chart_detail(), height=10)
    assert sum("┌" in line for line in text) == 1


def test_times_are_round_and_in_the_rooms_zone():
    text = " ".join(drawn(chart_detail(), height=20))
    assert "21:20" in text
    assert "13:20" not in text


def test_marks_and_the_safety_line_are_drawn_and_named():
    made = chart_lines(chart_detail(), 100, 20, ZONE, words("zh"))
    tones = {tone for line in made for text, tone in line if text.strip()}
    assert {
        "chart-remaining",
        "chart-velocity",
        "chart-safety",
        "chart-axis",
        "tier:1",
        "tier:2",
        "tier:3",
        "key",
    } <= tones
    text = drawn(chart_detail(), width=100)
    assert "安全线 69" in text[0]
    assert text[-1].rstrip() == "✖ 21:55 紧急  + 21:48 补货  ❖ 21:38 阈值  ▴ 21:22 趋势  @ 21:15 讲解"


def test_ascii_is_ascii():
    assert all(
        char.isascii() for line in drawn(chart_detail(), language="en", marker="ascii") for char in line
    )
    assert all(line.isascii() for line in told(picture(link=link_row(title="x", sizes=()), restocks=(), channels=()),
                                              language="en", marker="ascii"))  # fmt: skip


@pytest.mark.parametrize("minutes", [0, 1, 2, 3, 360, 2000])
def test_any_length_of_history(minutes):
    assert drawn(chart_detail(minutes), height=20)


def test_extreme_values_and_uneven_columns():
    odd = Detail(
        listing="L3", minutes=tuple(at(n) for n in range(5)), remaining=(2**31 - 1, 0, -5, 7),
        velocity=(0, 0, 0, 10**6),
        safety_line=10**6, marks=(Mark(at(-100), "gap", Text("", "")), Mark(at(99), "gap", Text("", ""))),
    )  # fmt: skip
    text = drawn(odd, width=80)
    assert any("2000000000" in line for line in text)
    assert all(cells(line) <= 80 for line in text)


def test_a_flat_line_of_nothing():
    flat = Detail(listing="L3", minutes=tuple(at(n) for n in range(9)), remaining=(0,) * 9, velocity=(0,) * 9)
    assert any("0┤" in line for line in drawn(flat))


def test_outside_text_is_shown_as_text():
    sizes = (msgspec.structs.replace(link_row().sizes[0], label=HOSTILE),)
    rows = (
        msgspec.structs.replace(
            restocks()[0], sku="HS", source=HOSTILE, by=HOSTILE, told=Text(HOSTILE, HOSTILE)
        ),
    )
    shown = picture(
        link=link_row(title=HOSTILE, sizes=sizes, channels=((HOSTILE, 3),), parts=((HOSTILE, 1, "item"),)),
        restocks=rows, channels=(),
    )  # fmt: skip
    text = "\n".join(told(shown, width=300))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count(HOSTILE_SHOWN) >= 6


async def test_it_draws_again_only_when_what_it_shows_changes():
    pane = DetailPane(words("zh"))
    app = Stage(pane)
    async with app.run_test(size=(60, 30)) as pilot:
        count = []
        original = pane.render
        pane.render = lambda: (count.append(1), original())[1]

        def show(**changes):
            pane.show(link_row(**changes), chart_detail(), restocks=restocks(), channels={}, zone=ZONE)

        show()
        await pilot.pause()
        first = len(count)
        show()
        show(spark=(1, 2, 3), velocity=9.9, presenting=NOW)
        await pilot.pause()
        assert len(count) == first
        show(tier=1)
        await pilot.pause()
        assert len(count) > first


def test_a_chart_is_drawn_again_only_when_a_dot_would_move():
    cache, base = ChartCache(), chart_detail()

    def draw(detail, width=60):
        return cache.lines(detail, width, 20, ZONE, words("zh"))

    def sold(units):
        return msgspec.structs.replace(base, remaining=(*base.remaining[:-1], base.remaining[-1] - units))

    assert draw(base) == chart_lines(base, 60, 20, ZONE, words("zh"))
    for units in range(5):
        draw(sold(units))
    assert cache.drawn <= 2
    before = cache.drawn
    assert draw(sold(100)) == chart_lines(sold(100), 60, 20, ZONE, words("zh"))
    assert cache.drawn == before + 1
    draw(sold(100), width=61)
    draw(msgspec.structs.replace(sold(100), marks=()), width=61)
    assert cache.drawn == before + 3


def test_plotext_is_not_imported_before_the_first_chart():
    code = (
        "import sys, stockwatch.console.detail, stockwatch.console.alerts_panel, stockwatch.console.dialogs\n"
        "assert 'plotext' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("size", "language", "marker"),
    [((60, 30), "zh", "braille"), ((100, 16), "en", "block"), ((60, 24), "en", "ascii")],
)
def test_snapshot_detail(snap_compare, size, language, marker):
    pane = DetailPane(words(language), marker=marker)

    async def fill(pilot):
        pane.show(link_row(), chart_detail(), restocks=restocks(), channels={"douyin": "抖音"}, zone=ZONE)
        await pilot.pause()

    assert snap_compare(Stage(pane), terminal_size=size, run_before=fill)


def foreseen(detail, *left, step=300):
    """The same with a forecast: (low, middle, high) every so many seconds."""
    last = detail.minutes[-1]
    ahead = tuple(Ahead(last + step * n, *one) for n, one in enumerate(left, 1))
    return msgspec.structs.replace(detail, ahead=ahead)


def bottom_of(detail):
    """The line of the units' chart that stands for nothing left."""
    rows = drawn(detail, height=30, marker="ascii")
    return next(row for row in rows if row.lstrip().startswith("0"))


def test_the_forecast_goes_on_from_what_is_left_to_nothing():
    detail = chart_detail()
    sells_out = foreseen(detail, (60, 90, 110), (0, 40, 90), (0, 0, 60), (0, 0, 20))
    assert "*" not in bottom_of(detail), "units are left"
    assert "*" in bottom_of(sells_out)
    assert "*" not in bottom_of(foreseen(detail, (180, 190, 200), (170, 180, 190)))
    assert max(cells(row) for row in drawn(sells_out)) <= 60


def test_the_clock_goes_on_over_the_forecast():
    detail = chart_detail()
    later = {word for row in drawn(foreseen(detail, (60, 90, 110), step=3600)) for word in row.split()}
    now = {word for row in drawn(detail) for word in row.split()}
    last = clock_time(detail.minutes[-1], ZONE)
    assert max(word for word in now if re.fullmatch(r"\d\d:\d\d", word)) <= last
    assert max(word for word in later if re.fullmatch(r"\d\d:\d\d", word)) > last


def test_a_forecast_that_moves_by_less_than_a_dot_is_not_drawn_again():
    cache = ChartCache()
    detail = chart_detail()
    for middle in (90, 90, 200):
        cache.lines(foreseen(detail, (0, middle, 300)), 60, 20, ZONE, words("zh"))
    assert cache.drawn == 2


def test_the_axis_holds_what_will_arrive():
    detail = chart_detail()
    assert not any("2000" in row for row in drawn(detail))
    assert any("2000" in row for row in drawn(foreseen(detail, (900, 1500, 1900))))


def test_what_each_platform_says_is_told_with_its_age_and_red_where_somebody_else_changed_it():
    rows = (
        PlatformRow(sku="A", channel="douyin", qty=480, age=40, overwritten=True),
        PlatformRow(sku="B", channel="douyin", qty=20, age=10),
        PlatformRow(sku="A", channel=HOSTILE, qty=7, age=120),
    )
    shown = picture(detail=msgspec.structs.replace(chart_detail(), platforms=rows))
    assert any(
        line.startswith("平台库存: 抖音 500 40秒前  ") and "7 2分前" in line
        for line in told(shown, width=120)
    )
    lines = detail_lines(shown, 60, 30, words("en"), "ascii")
    (line,) = [one for one in lines if one and one[0][0].startswith("Platforms' stock")]
    assert ("抖音 500", "tier:3") in line
    assert "\x1b" not in "".join(text for text, _ in line)


def test_what_a_platform_has_for_pre_sale_is_not_added_to_what_is_here():
    rows = (
        PlatformRow(sku="A", channel="douyin", qty=480, age=40),
        PlatformRow(sku="A", channel="douyin", qty=100, age=40, pool=Text("预售", "pre-sale")),
    )
    shown = picture(detail=msgspec.structs.replace(chart_detail(), platforms=rows))
    assert any(
        line.startswith("平台库存: 抖音 480 40秒前  抖音 预售 100 40秒前") for line in told(shown, width=120)
    )


def test_a_link_whose_platforms_were_not_read_says_nothing_of_them():
    assert not any("平台库存" in line for line in told(picture()))


def test_what_earlier_streams_taught_is_told():
    known = Taught(streams=3.0, usual_per_hour=180.4, presented_per_min=61.2)
    shown = picture(detail=msgspec.structs.replace(chart_detail(), taught=known))
    assert any("以前 3 场:平时每小时 180 单,讲解时每分钟 61 单" in line for line in told(shown, width=120))
    unpresented = msgspec.structs.replace(known, presented_per_min=0.0)
    shown = picture(detail=msgspec.structs.replace(chart_detail(), taught=unpresented))
    lines = detail_lines(shown, 80, 30, words("en"), "ascii")
    told_ = ["".join(text for text, _ in line) for line in lines]
    assert any(line.endswith("3 streams before: 180 orders an hour as usual") for line in told_)


@pytest.mark.parametrize(
    ("language", "names"), [("zh", ("安全线", "最快补货")), ("en", ("safety line", "fastest restock"))]
)
def test_a_narrow_chart_names_its_lines_and_when_the_surge_began(language, names):
    """Beside the board on 160 columns: 40 are left for it."""
    marks = (Mark(chart_detail().minutes[5], "surge", Text("", "")), *chart_detail().marks[-2:])
    detail = msgspec.structs.replace(chart_detail(), marks=marks, lead_time=600)
    text = drawn(detail, width=40, height=20, language=language)
    assert len(text) <= 20
    for name in names:
        assert name.lower() in " ".join(text[:3]).lower()
    assert ("起量" if language == "zh" else "surge") in " ".join(text[-2:])
