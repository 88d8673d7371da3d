"""Where there is no screen to draw on, and where what is shown means harm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from e2e_server import ChannelServer, event, room_toml
from e2e_world import SAMPLES, World

HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]卖完[/bold red] \u202e{title} %s $(id)\x9b31m"
"""Clears a screen, names a window, is markup, turns text round, and asks to be formatted."""


@pytest.fixture
def channel() -> Iterator[ChannelServer]:
    with ChannelServer() as server:
        yield server


def test_without_a_terminal_the_picture_is_printed_once(world: World, channel: ChannelServer) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    shown = world.done("run", room, "--lang", "zh").decode()
    assert "直播一号" in shown
    assert "商品 RACED" in shown
    assert "\x1b" not in shown
    assert "商品 RACED" in world.done("attach", "live", "--lang", "zh").decode()
    english = world.done("attach", "live", "--lang", "en").decode()
    assert "Sell" in english
    assert len(world.hubs()) == 1, "the room runs on"


def test_a_replay_without_a_terminal_prints_once_and_leaves_nothing_running(world: World) -> None:
    shown = world.done(
        "replay", SAMPLES / "double11.jsonl", "--speed", "600", "--lang", "zh", timeout=45
    ).decode()
    assert "联名款卫衣" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_only_print(world: World, channel: ChannelServer, term: str) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    terminal = world.terminal("run", room, "--lang", "zh", env={"TERM": term})
    assert terminal.exit_code() == 0
    assert "商品 RACED" in terminal.text()
    assert b"\x1b[" not in terminal.raw


def test_the_c_locale_prints_ascii_glyphs(world: World, channel: ChannelServer) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    shown = world.done("run", room, "--lang", "en", env={"LC_ALL": "C", "LANG": "C"})
    text = shown.decode("utf-8")
    assert "RACED" in text
    assert not re.search("[▴⬥✖▸⣿│─·]", text)


def hostile_room(channel: ChannelServer) -> str:
    text = room_toml(channel.url, name="直播一号")
    escaped = json.dumps(HOSTILE)[1:-1]
    return text.replace("直播一号", escaped).replace("商品 RACED", escaped)


def test_hostile_titles_and_ids_are_shown_as_text(world: World, channel: ChannelServer) -> None:
    room = world.write("live.toml", hostile_room(channel))
    world.done("config", "check", room)
    console = world.terminal("run", room, "--as", "小李", "--lang", "zh")
    console.wait_for("[bold red]卖完")
    channel.add(
        event("h1", "order.placed", "[red]SKU[/red]", order="[link=x]o[/link]", line=1, qty=2),
        event("h2", "chat.message", None, user=HOSTILE, text=HOSTILE),
        event("h3", "stock.ordered", "RACED", document="[b]d[/b]", qty=5, source=HOSTILE,
              due="2030-01-01T00:00:00+08:00"),
        event("h4", "stock.ordered", "RACED", document="[b]d%s", qty=5, source="[b]{仓}[/b]%s", by="[i]{x}",
              due="2030-01-01T00:00:00+08:00"),
        *(event(f"[/]{n}", "order.placed", "RACED", order=f"o-[/]%s{{{n}}}", line=1, qty=3) for n in range(47)),
    )  # fmt: skip
    console.wait_for("[red]SKU")
    console.wait_for(lambda _: "紧急" in console.row("owned"))
    console.keys("r")
    console.wait_for("仓库")
    console.keys("escape", "s")
    console.keys("escape", "c")
    console.keys("escape", "u")
    console.wait_for("[i]{x}")
    console.keys("escape", "n", "a")
    console.wait_for("小李 认领")
    raw = console.raw
    assert b"\x1b]0;" not in raw
    assert b"\x1b[2J" not in raw.split(b"\x1b[?1049h", 1)[1].split(b"\x1b[?1049l")[0]
    assert b"\xc2\x9b" not in raw
    assert "\u202e".encode() not in raw
    console.keys("q")
    console.wait_for("退出控制台")
    console.keys("enter")
    assert console.exit_code() == 0
    printed = world.done("attach", "live", "--lang", "zh") + world.done("ps")
    assert b"\x1b" not in printed
    assert "[bold red]卖完".encode() in printed
    assert b"\xc2\x9b" not in printed
    world.done("stop")
    exported = world.done("ledger", "export", "live.db")
    shown = world.done("ledger", "show", "live.db")
    assert b"\x1b" not in exported + shown
