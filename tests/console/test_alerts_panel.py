"""The alerts panel: grouped by link, most urgent first, nothing lost in little room, nothing from outside obeyed."""

from datetime import UTC

import msgspec
import pytest
from dialog_stage import HOSTILE, HOSTILE_SHOWN, NOW, SLOTS, Stage, alert_rows

from stockwatch.console.alerts_panel import AlertsPanel, AlertsPicture, grouped, panel_lines
from stockwatch.console.escape import cells
from stockwatch.console.words import words
from stockwatch.room.view import ActionRow, Text


def picture(rows=None, focus=None, minute=NOW, deeds=()):
    rows = alert_rows() if rows is None else rows
    slots = tuple((row.listing, SLOTS.get(row.listing)) for row in rows)
    return AlertsPicture(tuple(rows), slots, minute, focus, tuple(deeds))


def told(shown, width=60, height=20, language="zh", ascii=False):
    made = panel_lines(shown, width, height, words(language), ascii=ascii)
    return ["".join(text for text, _ in line).rstrip() for line in made]


def test_links_stand_by_urgency_with_their_alerts_together():
    assert [(group.listing, [row.tier for row in group.alerts]) for group in grouped(alert_rows())] == [
        ("L3", [3, 2]), ("L12", [1]), ("L5", [2]), ("L14", [2]),
    ]  # fmt: skip


def test_the_newer_of_equals_comes_first():
    older, newer = alert_rows()[0], msgspec.structs.replace(alert_rows()[0], listing="new", changed=NOW)
    assert [group.listing for group in grouped([older, newer])] == ["new", "L12"]


def test_each_link_tells_tier_number_reason_state_and_age():
    text = told(picture())
    assert text[0].startswith("✖ 紧急   3号 联名款卫衣")
    assert text[0].endswith("待认领 8分")
    assert "黑 M 剩23件" in text[1]
    assert any("下一步: 1.通知周边仓调货  2.准备5号承接" in line for line in text)
    assert any("话术: M码剩23件" in line for line in text)
    assert any(line.startswith("❖ 阈值   5号") and line.endswith("小李 认领 1时06") for line in text)
    assert any(line.startswith("❖ 阈值   法式衬衫") and line.endswith("已处理 20分") for line in text)


def test_the_selected_link_is_the_one_told_in_full():
    rows = [msgspec.structs.replace(row, steps=(Text("步骤" + row.sku, "step"),)) for row in alert_rows()]
    assert [line for line in told(picture(rows, "L5")) if "步骤" in line] == ["  下一步: 1.步骤B"]


def test_a_resolved_alert_gives_no_advice():
    rows = [msgspec.structs.replace(row, state="resolved") for row in alert_rows()]
    assert not [line for line in told(picture(rows)) if "下一步" in line]


def test_english_and_ascii():
    text = told(picture(), language="en", ascii=True)
    assert text[0].startswith("! CRIT   #3 ")
    assert all(char.isascii() or "\u4e00" <= char <= "\u9fff" for line in text for char in line)


def test_in_little_room_every_link_keeps_its_first_line():
    text = told(picture(), height=6)
    assert len(text) == 6
    assert [line[0] for line in text if not line.startswith(" ")] == ["✖", "▴", "❖", "❖"]


def test_what_does_not_fit_is_counted():
    rows = [msgspec.structs.replace(alert_rows()[0], listing=f"L{n}") for n in range(30)]
    text = told(picture(rows), height=10)
    assert text[-1] == "…还有 22 条"
    assert len(text) == 10


@pytest.mark.parametrize("width", [1, 5, 12, 20, 40, 80, 120])
@pytest.mark.parametrize("height", [1, 2, 5, 40])
def test_no_line_is_wider_than_the_panel(width, height):
    for language in ("zh", "en"):
        shown = picture(deeds=[("20:41", "小李 3号 M 补货询货 +200 周边仓")])
        made = panel_lines(shown, width, height, words(language), ascii=False)
        assert len(made) <= height
        assert all(cells("".join(text for text, _ in line)) <= width for line in made)


def test_no_alerts_is_said():
    assert told(picture([])) == ["没有预警"]


def test_outside_text_is_shown_as_text():
    row = msgspec.structs.replace(
        alert_rows()[1], title=HOSTILE, by=HOSTILE, reason=Text(HOSTILE, HOSTILE), steps=(Text(HOSTILE, HOSTILE),),
        say=Text(HOSTILE, HOSTILE), state="acknowledged",
    )  # fmt: skip
    text = "".join(line.strip() for line in told(picture([row]), width=200))
    assert text.count(HOSTILE_SHOWN) >= 4
    assert "\x1b" not in text


def test_what_people_did_takes_only_the_room_that_alerts_leave():
    deeds = [(f"20:4{9 - n}", f"小李 做了 {n}") for n in range(3)]
    alone = told(picture(deeds=deeds), height=40)
    alerts = len(told(picture(), height=40))
    assert alone[alerts:] == ["", "最近操作", "20:49 小李 做了 0", "20:48 小李 做了 1", "20:47 小李 做了 2"]
    assert told(picture(deeds=deeds), height=alerts + 3)[alerts:] == ["", "最近操作", "20:49 小李 做了 0"]
    assert told(picture(deeds=deeds), height=alerts + 2) == told(picture(), height=alerts + 2)


async def test_what_people_did_is_told_newest_first_and_obeys_nothing_in_it():
    panel = AlertsPanel(words("zh"))
    app = Stage(panel)
    async with app.run_test(size=(100, 20)) as pilot:
        done = [
            ActionRow(at=NOW - 60, by="小李", what=Text("3号 M 认领", "#3 M acknowledged")),
            ActionRow(at=NOW, by=HOSTILE, what=Text("3号 M 补货询货 +200", "")),
        ]
        panel.show([], now=NOW, slots=SLOTS, zone=UTC, actions=done)
        await pilot.pause()
        text = app.text()
        assert text.index(f"{HOSTILE_SHOWN} 3号 M 补货询货 +200") < text.index("小李 3号 M 认领")
        assert "\x1b" not in text


async def test_it_draws_again_only_when_what_it_shows_changes():
    panel = AlertsPanel(words("zh"))
    app = Stage(panel)
    async with app.run_test(size=(60, 20)) as pilot:
        drawn = []
        original = panel.render
        panel.render = lambda: (drawn.append(1), original())[1]
        panel.show(alert_rows(), now=NOW, slots=SLOTS, zone=UTC)
        await pilot.pause()
        first = len(drawn)
        assert first >= 1
        for second in range(1, 60):
            panel.show(alert_rows(), now=NOW + second, slots=SLOTS, zone=UTC)
        await pilot.pause()
        assert len(drawn) == first
        panel.show(alert_rows(), now=NOW + 60, slots=SLOTS, zone=UTC)
        await pilot.pause()
        assert len(drawn) > first
        assert "待认领 9分" in app.text()


async def test_markup_in_a_reason_is_not_markup():
    panel = AlertsPanel(words("en"))
    app = Stage(panel)
    async with app.run_test(size=(100, 20)) as pilot:
        panel.show(
            [msgspec.structs.replace(alert_rows()[1], reason=Text("", HOSTILE))],
            now=NOW,
            slots=SLOTS,
            zone=UTC,
        )
        await pilot.pause()
        assert HOSTILE_SHOWN in app.text()


@pytest.mark.parametrize(("theme", "language", "ascii"), [("dark", "zh", False), ("mono", "en", True)])
def test_snapshot_alerts_in_each_tier(snap_compare, theme, language, ascii):
    panel = AlertsPanel(words(language), ascii=ascii)

    async def fill(pilot):
        panel.show(alert_rows(), now=NOW, slots=SLOTS, zone=UTC, focus="L3")
        await pilot.pause()

    assert snap_compare(Stage(panel, theme), terminal_size=(60, 16), run_before=fill)


def overwritten(**changes):
    said = Text("3号 M 抖店 被外部改 20→500(20:13:05)", "#3 M Douyin changed from outside 20→500 (20:13:05)")
    row = msgspec.structs.replace(
        alert_rows()[1], id="stock:douyin:M:1", tier=3, kind="overwrite", reason=said, say=None,
        steps=(Text("问 ERP", "ask the ERP"),), state="open", by=None,
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


@pytest.mark.parametrize("height", [3, 20])
@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh", "✖ 3号 M 抖店 被外部改 20→500(20:13:05)"),
        ("en", "✖ #3 M Douyin changed from outside 20→500 (20:13:05)"),
    ],
)
def test_a_changed_figure_is_one_red_line_of_its_own_beside_the_links_other_alerts(language, line, height):
    rows = [*alert_rows(), overwritten(changed=NOW)]
    lines = panel_lines(picture(rows), 70, height, words(language), ascii=False)
    (found,) = [pieces for pieces in lines if "".join(text for text, _ in pieces).rstrip() == line]
    assert {colour for text, colour in found if text.strip()} == {"tier:3"}


def test_a_changed_figure_that_was_taken_says_by_whom_and_is_quiet():
    lines = panel_lines(
        picture([overwritten(state="acknowledged", by="小林")]), 70, 9, words("zh"), ascii=False
    )
    assert "".join(text for text, _ in lines[0]).rstrip().endswith("(20:13:05) 小林 认领")
    assert "tier:3" not in {colour for _, colour in lines[0]}


def test_a_changed_figure_says_what_to_do_and_obeys_nothing_from_outside():
    text = told(picture([overwritten()], overwritten().listing))
    assert any("下一步: 1.问 ERP" in line for line in text)
    hostile = overwritten(reason=Text(HOSTILE, HOSTILE), title=HOSTILE)
    assert "\x1b" not in "".join(told(picture([hostile])))
