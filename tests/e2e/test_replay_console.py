"""The Double-11 sample in the console, as an operator meets it: look, jump, unfold, restock, take, leave."""

from __future__ import annotations

import re

import pytest
from e2e_terminal import Terminal
from e2e_world import SAMPLES, World, lives, wait_until

SURGE = "2025-11-11T22:55:00+08:00"
FEED = SAMPLES / "double11.jsonl"


def surging(world: World, *more: str, **how: object) -> Terminal:
    """The sample from just after its surge began, when the hoodie's alert is open."""
    words = ("replay", FEED, "--from", SURGE, "--speed", "1", *more)
    return world.terminal(*words, **how)


def figures(line: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", line)]


def test_from_first_picture_to_the_way_out(world: World) -> None:
    console = surging(world, "--as", "小李", "--lang", "zh")
    console.wait_for("联名款卫衣")
    console.wait_for("回放 ×1")
    hoodie = console.row("联名款卫衣")
    assert "趋势" in hoodie
    assert 3 in figures(hoodie), "the link's number"
    for title in ("中筒袜三双装", "毛线帽", "长袖打底T恤", "基础款卫衣"):
        assert console.row(title)

    console.keys("4")
    console.wait_for(lambda _: "▸" in console.row("长袖打底T恤"))
    console.keys("3")
    console.wait_for(lambda _: "▸" in console.row("联名款卫衣"))

    console.keys("?")
    console.wait_for("认领这个链接的预警")
    console.keys("escape")
    console.wait_for("联名款卫衣")

    console.keys("a")
    console.wait_for("小李 认领")

    console.keys("r")
    console.wait_for("补货 联名款卫衣")
    console.wait_for("周边仓")
    console.wait_for("效果")
    console.keys("tab", "enter")  # they have promised it already
    console.wait_for("已完成")
    console.wait_for("+200")

    console.keys("q")
    console.wait_for("退出控制台")
    console.keys("escape")
    console.wait_gone("退出控制台")
    hub = world.hub_pid("double11")
    assert hub
    console.keys("q")
    console.wait_for("结束回放")
    console.keys("enter")
    assert console.exit_code() == 0
    assert console.restored()
    wait_until(lambda: not lives(hub), 5, "the replay ends with its console")


def test_a_proposal_is_sent_by_one_enter_and_stands_beside_its_link(world: World) -> None:
    console = surging(world, "--as", "小李", "--lang", "zh")
    console.wait_for("联名款卫衣")
    console.keys("r")
    console.wait_for("效果")
    console.keys("enter")
    console.wait_for("已完成")
    console.wait_for("已询")  # asked, on nobody's way yet
    assert "+200" not in console.row("联名款卫衣")
    console.keys("u")
    console.wait_for("补货跟进")
    console.keys("f2")
    console.wait_for("+200")


def test_who_acts_is_asked_once_and_written_beside_the_action(world: World) -> None:
    console = surging(world, "--lang", "zh")
    console.wait_for("谁在操作")
    console.keys("王芳", "enter")
    console.wait_gone("谁在操作")
    console.keys("3", "enter")
    console.keys("a")
    console.wait_for("王芳 认领")
    console.keys("p")
    console.wait_for("讲")
    assert "谁在操作" not in console.text()


def test_english_alike(world: World) -> None:
    console = surging(world, "--as", "Li", "--lang", "en")
    console.wait_for("REPLAY")
    console.wait_for("TREND")
    console.keys("?")
    console.wait_for("take (acknowledge)")
    console.keys("escape", "q")
    console.wait_for("Quit the console")


def test_figures_move_while_it_plays(world: World) -> None:
    console = world.terminal("replay", FEED, "--from", SURGE, "--speed", "60", "--as", "a", "--lang", "zh")
    console.wait_for("联名款卫衣")
    before = console.row("联名款卫衣")
    console.wait_for(lambda _: console.row("联名款卫衣") != before)
    console.keys("space")
    console.wait_for(lambda _: "暂停" in console.lines()[1])
    frozen, clock = console.row("联名款卫衣"), console.lines()[0]
    console.wait_for(lambda _: console.lines()[0] != clock)  # the room goes on
    assert console.row("联名款卫衣") == frozen
    console.keys("space")
    console.wait_for(lambda _: "暂停" not in console.lines()[1])
    console.wait_for(lambda _: console.row("联名款卫衣") != frozen)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 60)])
def test_sizes(world: World, size: tuple[int, int]) -> None:
    console = surging(world, "--as", "小李", "--lang", "zh", size=size)
    console.wait_for("联名款卫衣")
    console.wait_for("趋势")
    console.resize(100, 30)
    console.wait_for(lambda _: "可用" in console.text() and "q 退出" in console.text())
    console.resize(*size)
    console.wait_for("联名款卫衣")
    console.keys("?")
    console.wait_for("认领这个链接的预警")
    console.keys("escape", "r")
    console.wait_for("补货 联名款卫衣")


def test_no_colour(world: World) -> None:
    """Tiers are told by glyph and word too; and no colour is sent."""
    console = surging(world, "--as", "小李", "--lang", "zh", env={"NO_COLOR": "1"})
    console.wait_for("▴ 趋势")
    console.keys("?")
    console.wait_for("认领这个链接的预警")
    console.keys("escape", "r")
    console.wait_for("效果")
    console.keys("escape", "q")
    console.wait_for("退出控制台")
    for red, green, blue in re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", console.raw):
        assert red == green == blue, "a colour was sent"


def test_a_terminal_of_the_c_locale_gets_ascii_glyphs(world: World) -> None:
    console = surging(world, "--as", "Li", "--lang", "en", env={"LC_ALL": "C", "LANG": "C"})
    console.wait_for("TREND")
    for glyph in "▴⬥✖▸⣿│─":
        assert glyph not in console.text()
