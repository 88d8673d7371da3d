"""Dialogs: what a person types is what comes back, keyboard only, with an input method on, nothing done by accident."""

import msgspec
import pytest
from dialog_stage import (
    HOSTILE,
    HOSTILE_SHOWN,
    NOW,
    SIZES,
    ZONE,
    Stage,
    at,
    proposal,
    restocks,
    sku,
    substitutes,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.widgets import Static

from stockwatch.console import themes
from stockwatch.console.dialogs import (
    CountChoice,
    CountDialog,
    FollowDialog,
    QuitDialog,
    ReleaseChoice,
    ReleaseDialog,
    RestockChoice,
    RestockDialog,
    RestockUpdate,
    SubstituteChoice,
    SubstituteDialog,
    ThemeDialog,
    WhoDialog,
)
from stockwatch.console.dialogs.count import count_effect, instant_of
from stockwatch.console.dialogs.entry import digits
from stockwatch.console.words import words
from stockwatch.room.view import Eta, RestockProposal, SubstituteProposal, Text

ZH, EN = words("zh"), words("en")
SIZE = (80, 24)


def restock(words_=ZH, given=None, **more):
    return RestockDialog(words_, given or proposal(), zone=ZONE, now=NOW, **more)


async def after(screen, *keys):
    """The stage after these keys: what was returned, what was asked for, what stands on the screen."""
    app = Stage(screen)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        app.seen = app.text()
    return app


# --- restock ----------------------------------------------------------------------------------------------------------


async def test_one_enter_sends_the_best_proposal():
    app = await after(restock(), "enter")
    assert app.result == RestockChoice("HM", "周边仓", 200, 600, "asked")


async def test_the_effect_is_shown_before_anything_is_sent():
    app = await after(restock())
    assert "效果:紧急 → 无,约售罄 22:08 → 22:40" in app.seen
    assert "打电话确认:王姐" in app.seen
    assert app.result == "nothing yet"


async def test_the_best_option_is_in_front_wherever_it_stands():
    turned = msgspec.structs.replace(proposal(), options=tuple(reversed(proposal().options)))
    app = await after(restock(given=turned), "enter")
    assert app.result.source == "周边仓"


@pytest.mark.parametrize("keys", [("down",), ("f2",)])
async def test_another_source_brings_its_own_quantity(keys):
    app = await after(restock(), *keys, "enter")
    assert app.result == RestockChoice("HM", "厂家直发 一个特别特别长的来源", 500, 7200, "asked")


async def test_a_typed_quantity_replaces_the_proposed_one_and_is_worked_out():
    app = await after(restock(), "8", "0", "enter")
    assert app.result.quantity == 80
    assert app.wanted[-1] == ("restock", "HM", 80)


async def test_a_typed_quantity_stays_when_the_source_changes():
    app = await after(restock(), "8", "0", "down", "enter")
    assert (app.result.source, app.result.quantity) == ("厂家直发 一个特别特别长的来源", 80)


async def test_full_width_digits_are_digits():
    app = await after(restock(), "１", "２", "０", "enter")
    assert app.result.quantity == 120


async def test_letters_and_ideographs_are_not_a_quantity():
    app = await after(restock(), "x", "件", "⑤", "²", "enter")
    assert app.result.quantity in (5, 2, 52, 200)
    assert isinstance(app.result.quantity, int)


@pytest.mark.parametrize("typed", ["0", "9999999999"])
async def test_an_impossible_quantity_is_refused_with_the_reason(typed):
    app = await after(restock(EN), *typed, "enter")
    assert app.result == "nothing yet"
    assert "whole number from 1 to 2147483647" in app.seen


async def test_an_emptied_quantity_is_refused():
    app = await after(restock(), "delete", "enter")
    assert app.result == "nothing yet"
    assert "数量要是 1 到" in app.seen


async def test_tab_says_that_they_have_promised():
    app = await after(restock(), "tab", "enter")
    assert app.result.state == "confirmed"
    app = await after(restock(), "tab", "tab", "enter")
    assert app.result.state == "asked"


async def test_escape_sends_nothing():
    assert (await after(restock(), "8", "escape")).result is None


async def test_an_answer_for_the_typed_quantity_is_shown():
    app = Stage(restock())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("8", "0")
        await pilot.pause()
        assert "正在重新计算" in app.text()
        app.screen.show_proposal(proposal(80))
        await pilot.pause()
        assert "紧急 → 阈值,约售罄 22:08 → 22:16" in app.text()
        assert "80" in app.text()


async def test_an_answer_about_another_sku_is_left_aside():
    app = Stage(restock())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        before = app.text()
        app.screen.show_proposal(proposal(80, sku="OTHER", title="别的"))
        await pilot.pause()
        assert app.text() == before


async def test_an_older_answer_does_not_take_the_typed_quantity_away():
    app = Stage(restock())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("8", "0")
        app.screen.show_proposal(proposal(8))
        await pilot.press("enter")
        await pilot.pause()
    assert app.result.quantity == 80


async def test_f7_goes_to_the_next_size_and_asks_for_its_proposal():
    app = Stage(restock(sizes=SIZES))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("8", "f7")
        await pilot.pause()
        assert app.wanted[-1] == ("restock", "HL", None)
        assert "正在重新计算" in app.text()
        assert "没有设置补货来源" not in app.text()
        app.screen.show_proposal(proposal(60, sku="HL", title="联名款卫衣 黑 L"))
        await pilot.pause()
        assert "补货 联名款卫衣 黑 L" in app.text()
        await pilot.press("enter")
        await pilot.pause()
    assert app.result == RestockChoice("HL", "周边仓", 60, 600, "asked")


async def test_without_a_source_it_says_where_to_add_one():
    bare = RestockProposal(sku="a", title="t", tier=1, available=3, velocity=0.0, eta=Eta())
    app = await after(restock(given=bare))
    assert "[[sku.restock]]" in app.seen
    assert (await after(restock(given=bare), "down", "7", "enter")).result is None


# --- following up -----------------------------------------------------------------------------------------------------


def follow(words_=ZH):
    return FollowDialog(words_, restocks(), zone=ZONE)


async def test_only_open_restocks_are_listed():
    app = await after(follow())
    assert "联名款卫衣 ← 周边仓 200 件" in app.seen
    assert "基础款卫衣 ← 厂家 500 件" in app.seen
    assert "已到仓" not in app.seen.replace("到仓收货", "")


@pytest.mark.parametrize(("key", "state"), [("f2", "confirmed"), ("f3", "shipped"), ("f5", "received")])
async def test_a_key_marks_what_came_of_it(key, state):
    assert (await after(follow(), key)).result == RestockUpdate("r1", state, None)


async def test_what_arrived_can_differ_from_what_was_asked():
    assert (await after(follow(), "down", "３", "0", "f5")).result == RestockUpdate("r2", "received", 30)


async def test_refused_wants_the_key_twice():
    app = await after(follow(), "f4")
    assert app.result == "nothing yet"
    assert "再按一次 F4" in app.seen
    assert (await after(follow(), "f4", "f4")).result == RestockUpdate("r1", "refused", None)
    assert (await after(follow(), "f4", "down", "f4")).result == "nothing yet"


async def test_a_confirmed_restock_cannot_be_confirmed_again():
    assert (await after(follow(), "down", "f2")).result == "nothing yet"


async def test_what_the_webhook_brought_stands_below_the_list_escaped():
    told = Text("webhook 已确认:\x1b[2J七点发", "webhook confirmed")
    rows = (msgspec.structs.replace(restocks()[0], told=told), *restocks()[1:])
    app = await after(FollowDialog(ZH, rows, zone=ZONE))
    assert "webhook 已确认:␛[2J七点发" in app.seen
    app = await after(FollowDialog(ZH, rows, zone=ZONE), "down")
    assert "webhook" not in app.seen


async def test_enter_alone_marks_nothing():
    assert (await after(follow(), "enter")).result == "nothing yet"


async def test_zero_units_did_not_arrive():
    app = await after(follow(), "0", "f5")
    assert app.result == "nothing yet"
    assert "数量要是" in app.seen


async def test_nothing_to_follow():
    app = await after(FollowDialog(EN, (), zone=ZONE), "f2", "f4", "down")
    assert "No restock is waiting." in app.seen
    assert app.result == "nothing yet"


# --- substitute -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "to", "listing"),
    [((), "BASIC", "L5"), (("down",), "GREY", "L9"), (("f2",), "GREY", "L9"), (("2",), "GREY", "L9"),
     (("２",), "GREY", "L9"), (("down", "up"), "BASIC", "L5"), (("9",), "BASIC", "L5")],
)  # fmt: skip
async def test_the_chosen_substitute_comes_back(keys, to, listing):
    app = await after(SubstituteDialog(ZH, substitutes()), *keys, "enter")
    assert app.result == SubstituteChoice("HM", to, listing)


async def test_what_changes_and_what_the_host_says_is_shown():
    app = await after(SubstituteDialog(ZH, substitutes()))
    assert "讲解切到 5 号" in app.seen
    assert "可卖 412 · 3.2 件/分" in app.seen
    assert "话术: 3号断了,看5号,同版型,现货412件。" in app.seen


async def test_nothing_to_switch_to():
    empty = SubstituteProposal(sku="HM", title="x")
    assert "Nothing that could stand in" in (await after(SubstituteDialog(EN, empty))).seen
    assert (await after(SubstituteDialog(EN, empty), "enter")).result is None


async def test_the_selection_stays_on_its_candidate_when_the_answer_is_renewed():
    app = Stage(SubstituteDialog(ZH, substitutes()))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("down")
        turned = msgspec.structs.replace(substitutes(), candidates=tuple(reversed(substitutes().candidates)))
        app.screen.show_proposal(turned)
        await pilot.press("enter")
        await pilot.pause()
    assert app.result.to == "GREY"


async def test_another_size_has_its_own_substitutes():
    app = Stage(SubstituteDialog(ZH, substitutes(), sizes=SIZES))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("f6")
        await pilot.pause()
        assert app.wanted == [("substitute", "GX", None)]
        assert "没有现在能卖的替代品" not in app.text()
        app.screen.show_proposal(substitutes("联名款卫衣 灰 XL", "GX"))
        await pilot.press("enter")
        await pilot.pause()
    assert app.result == SubstituteChoice("GX", "BASIC", "L5")


# --- count ------------------------------------------------------------------------------------------------------------


def counting(words_=ZH, rows=None, **more):
    return CountDialog(words_, rows or [sku(), sku("HL", "黑 L", available=9)], zone=ZONE, now=NOW, **more)


async def test_a_count_needs_figure_and_reason():
    assert (await after(counting(), "enter")).result == "nothing yet"
    app = await after(counting(), *"310", "enter", "enter")
    assert app.result == "nothing yet"
    assert "请写原因" in app.seen
    app = await after(counting(), *"310", "enter", "错", "放", "enter")
    assert app.result == CountChoice("HM", 310, "错放", None)


async def test_blanks_are_no_reason():
    assert (await after(counting(), *"310", "enter", "space", "space", "enter")).result == "nothing yet"


async def test_the_difference_and_what_it_does_is_shown():
    app = await after(counting(), *"310")
    assert "相差 -6 件:实物 316 → 310,可用 23 → 17" in app.seen
    assert "与账面一致" in (await after(counting(), *"316")).seen


async def test_a_count_that_leaves_orders_short_wants_enter_twice():
    keys = (*"230", "enter", *"lost", "enter")
    app = await after(counting(EN), *keys)
    assert app.result == "nothing yet"
    assert "newest 13 locked units" in " ".join(app.seen.split())
    assert (await after(counting(EN), *keys, "enter")).result == CountChoice("HM", 230, "lost", None)


async def test_as_of_is_a_time_of_the_room():
    keys = (*"310", "enter", "x", "tab", *"21：30", "enter")
    assert (await after(counting(), *keys)).result == CountChoice("HM", 310, "x", at(-30))


@pytest.mark.parametrize("typed", ["2300", "25:00", "9", "12:", "0959"])
async def test_a_time_that_cannot_be_meant_is_refused(typed):
    app = await after(counting(), *"310", "enter", "x", "tab", *typed, "enter")
    assert app.result == "nothing yet"
    assert "时间要写成" in app.seen


async def test_another_size_starts_afresh():
    app = await after(counting(), *"310", "f7")
    assert "盘点 联名款卫衣 黑 L" in app.seen
    app = await after(counting(), *"310", "f7", *"305", "enter", "x", "enter")
    assert app.result == CountChoice("HL", 305, "x", None)


@settings(max_examples=100)
@given(
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(0, 9),
    st.integers(0, 300),
)
def test_a_counts_effect_conserves_units(available, held, reserved, rest, shortfall, counted):
    on_hand = available + held + reserved + rest
    row = sku(available=available, held=held, reserved=reserved, on_hand=on_hand, shortfall=shortfall)
    effect = count_effect(row, counted)
    assert effect.difference == counted - row.on_hand
    assert effect.available_after >= 0
    assert 0 <= effect.short <= reserved
    if effect.difference < 0:
        taken = (available - effect.available_after) + effect.short
        assert taken <= -effect.difference
        assert effect.short == 0 or effect.available_after == 0
    else:
        assert effect.available_after - available == max(0, effect.difference - shortfall)


def test_a_time_before_midnight_is_yesterdays():
    midnight = at(120)
    assert instant_of(23 * 60 + 50, midnight + 600, ZONE) == midnight - 600
    assert instant_of(0, midnight, ZONE) == midnight
    assert instant_of(12 * 60, midnight + 600, ZONE) is None


# --- waves ------------------------------------------------------------------------------------------------------------


async def test_a_wave_needs_a_number_and_no_more_than_is_held():
    assert (await after(ReleaseDialog(ZH, [sku()]), "enter")).result == "nothing yet"
    app = await after(ReleaseDialog(ZH, [sku()]), *"51", "enter")
    assert app.result == "nothing yet"
    assert "最多 50 件" in app.seen
    app = await after(ReleaseDialog(ZH, [sku()]), *"５0")
    assert "未放 50 → 0,可用 23 → 73" in app.seen
    assert (await after(ReleaseDialog(ZH, [sku()]), *"50", "enter")).result == ReleaseChoice("HM", 50)


async def test_f2_holds_units_back():
    app = await after(ReleaseDialog(ZH, [sku()]), "f2", *"20", "enter")
    assert app.result == ReleaseChoice("HM", -20)


async def test_where_nothing_is_held_it_starts_with_holding():
    app = await after(ReleaseDialog(EN, [sku(held=0)]), "5", "tab", *"vip", "enter")
    assert app.result == ReleaseChoice("HM", -5, "vip")


# --- questions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replay", "keys", "result"),
    [(False, (), "leave"), (False, ("down",), "stop"), (False, ("3",), None), (False, ("２",), "stop"),
     (True, (), "stop"), (True, ("down",), "leave"), (True, ("up",), "stop"), (True, ("down", "down"), None)],
)  # fmt: skip
async def test_quitting_leaves_a_live_room_running_by_default(replay, keys, result):
    assert (await after(QuitDialog(ZH, "r", replay=replay), *keys, "enter")).result == result


async def test_a_digit_alone_stops_nothing():
    assert (await after(QuitDialog(ZH, "r"), "2")).result == "nothing yet"


async def test_a_theme_is_previewed_and_chosen():
    previews = []

    class Previewing(Stage):
        def on_theme_dialog_preview(self, event):
            previews.append(event.name)

    app = Previewing(ThemeDialog(EN, list(themes.SHIPPED), "light"))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
    assert (previews, app.result) == (["colour-blind"], "colour-blind")


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "result"),
    [(("enter",), "小李"), (("王", "姐", "enter"), "王姐"), (("space", "a", "space", "space", "b", "enter"), "a b"),
     (("escape",), None), (("delete", "enter"), "nothing yet"), (("a",) * 33 + ("enter",), "nothing yet")],
)  # fmt: skip
async def test_a_name_is_asked_for(keys, result):
    assert (await after(WhoDialog(ZH, "小李"), *keys)).result == result


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["１２３", "12 3", "a1b2c3", "１2件3", "①②③"])
def test_digits_of_any_input(text):
    assert digits(text) == "123"


async def test_pasted_escapes_are_shown_in_a_field():
    app = Stage(WhoDialog(ZH))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.screen.query_one("#name").insert_text_at_cursor("a\x1b[2J\u202e")
        await pilot.press("enter")
        await pilot.pause()
    assert app.result == "a␛[2J\\u202e"


def hostile_screens():
    bad = msgspec.structs.replace(
        proposal(title=HOSTILE),
        options=(msgspec.structs.replace(proposal().options[0], contact=HOSTILE, source=HOSTILE),),
    )
    stand_in = msgspec.structs.replace(substitutes().candidates[0], title=HOSTILE, say=Text(HOSTILE, HOSTILE))
    return {
        "restock": restock(given=bad, sizes=(("HM", HOSTILE), ("x", HOSTILE))),
        "substitute": SubstituteDialog(
            EN, SubstituteProposal(sku="HM", title=HOSTILE, candidates=(stand_in,))
        ),
        "count": counting(rows=[sku(title=HOSTILE, label=HOSTILE)]),
        "release": ReleaseDialog(EN, [sku(title=HOSTILE)]),
        "follow": FollowDialog(
            EN, [msgspec.structs.replace(restocks()[0], title=HOSTILE, source="s", by=HOSTILE)], zone=ZONE
        ),
        "quit": QuitDialog(EN, HOSTILE),
        "who": WhoDialog(EN, HOSTILE[:20]),
    }


@pytest.mark.parametrize("name", list(hostile_screens()))
async def test_outside_text_is_shown_as_text(name):
    app = await after(hostile_screens()[name])
    assert HOSTILE_SHOWN[:8] in app.seen
    assert not any(char in app.seen for char in "\x1b\x07\u202e\u2028")
    assert app.result == "nothing yet"


SCREENS = {
    "restock": lambda w, ascii: restock(w, sizes=SIZES, ascii=ascii),
    "follow": lambda w, ascii: FollowDialog(w, restocks(), zone=ZONE, ascii=ascii),
    "substitute": lambda w, ascii: SubstituteDialog(w, substitutes(), sizes=SIZES, ascii=ascii),
    "count": lambda w, ascii: counting(w, ascii=ascii),
    "release": lambda w, ascii: ReleaseDialog(w, [sku(), sku("HL", "黑 L")], ascii=ascii),
    "quit": lambda w, ascii: QuitDialog(w, "双11 联名卫衣专场", ascii=ascii),
    "who": lambda w, ascii: WhoDialog(w, "小李", ascii=ascii),
    "theme": lambda w, ascii: ThemeDialog(w, list(themes.SHIPPED), "dark", ascii=ascii),
}
PRESSED = {"count": [*"230"], "release": [*"20"], "substitute": ["down"], "restock": []}


@pytest.mark.parametrize("name", list(SCREENS))
def test_snapshot_dialog_in_chinese(snap_compare, name):
    assert snap_compare(Stage(SCREENS[name](ZH, False)), terminal_size=SIZE, press=PRESSED.get(name, []))


@pytest.mark.parametrize(("name", "theme"), [("restock", "dark"), ("count", "mono"), ("quit", "light")])
def test_snapshot_dialog_in_english(snap_compare, name, theme):
    app = Stage(SCREENS[name](EN, theme == "mono"), theme)
    assert snap_compare(app, terminal_size=SIZE, press=PRESSED.get(name, []))


@pytest.mark.parametrize("name", list(SCREENS))
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_line_of_a_dialog_is_in_sight_at_80x24(name, language):
    app = Stage(SCREENS[name](words(language), True))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for key in PRESSED.get(name, []):
            await pilot.press(key)
        box = app.screen.query_one(".dialog")
        assert box.region.height <= 24
        assert box.virtual_size.height <= box.size.height
        text = app.text()
        assert all(
            char.isascii() or char.isalnum() or char in ",。:()、;?！“”" for char in text if char != "\n"
        ), text


@pytest.mark.parametrize("size", [(60, 20), (40, 12), (20, 6)])
async def test_small_terminals_do_not_break_a_dialog(size):
    for make in SCREENS.values():
        app = Stage(make(ZH, False))
        async with app.run_test(size=size) as pilot:
            await pilot.press("down", "7", "escape")
            await pilot.pause()
        assert app.result is None


@pytest.mark.parametrize("theme", themes.SHIPPED)
async def test_the_board_does_not_show_through_a_dialog(theme):
    app = Stage(Static("\n".join(["X" * 80] * 24), markup=False), theme)
    async with app.run_test(size=SIZE) as pilot:
        app.push_screen(counting())
        await pilot.pause()
        box = app.screen.query_one(".dialog").region
        lines = app.text().split("\n")
        for y in range(box.y, box.bottom):
            assert "X" not in lines[y].strip("X")
            assert lines[y].startswith("XX")
