"""What hands do on the board: unfold, type with an input method on, filter, switch product, count, and who did what."""

from __future__ import annotations

import asyncio
import csv
import io
import json

import msgspec
import pytest
from e2e_server import RACED, ChannelServer, event, room_toml
from e2e_terminal import Terminal
from e2e_world import SAMPLES, World, wait_until
from websockets.asyncio.client import unix_connect

SURGE = "2025-11-11T22:55:00+08:00"


def double11(world: World, **how: object) -> Terminal:
    console = world.terminal(
        "replay", SAMPLES / "double11.jsonl", "--from", SURGE, "--as", "小李", "--lang", "zh", **how
    )
    console.wait_for("联名款卫衣")
    return console


def test_sizes_unfold_with_enter(world: World) -> None:
    console = world.terminal(
        "replay", SAMPLES / "apparel.jsonl", "--speed", "max", "--as", "a", "--lang", "zh", size=(200, 60)
    )
    console.wait_for("回放结束", 15)
    broken = console.wait_for(lambda _: "断" in console.text() and "剩" in console.text())
    assert broken
    console.keys("/", "断货王不存在的词")
    console.wait_for("没有符合")
    console.keys("escape")
    console.wait_for(lambda _: any(" 断" in line[:60] for line in console.lines()[2:]))
    row = next(line for line in console.lines()[2:] if " 断" in line[:60])
    number = next(word for word in row.split() if word.isdigit())
    console.keys(*number, "enter")
    console.wait_for(lambda _: any(f" {number} " in line and "▸" in line for line in console.lines()[2:]))
    folded = len([line for line in console.lines() if line[:60].strip()])
    at = next(n for n, line in enumerate(console.lines()) if "▸" in line[:2])
    console.keys("enter")
    console.wait_for(lambda _: all("黑 " in line[:40] for line in console.lines()[at + 1 : at + 4]))
    console.keys("enter")
    console.wait_for(lambda _: len([line for line in console.lines() if line[:60].strip()]) == folded)


def test_with_an_input_method_on(world: World) -> None:
    """Full-width characters, as a Chinese IME sends them, and function keys."""
    console = double11(world)
    console.keys("５")
    console.wait_for(lambda _: "▸" in console.row("基础款卫衣"))
    console.keys("？")
    console.wait_for("认领这个链接的预警")
    console.keys("escape", "／")
    console.wait_for("筛选:")
    console.keys("毛线", "enter")
    console.wait_gone("长袖打底T恤")
    assert console.row("毛线帽")
    console.keys("3", "enter")  # a number that the filter hides: the person asked for it
    console.wait_for(lambda _: "▸" in console.row("联名款卫衣"))
    console.keys("f2")
    console.wait_for("小李 认领")
    console.keys("f3")
    console.wait_for("补货 联名款卫衣")


def test_a_substitute_is_presented_and_recorded(world: World) -> None:
    console = double11(world)
    console.keys("3", "enter", "s")
    console.wait_for("换品:联名款卫衣")
    console.wait_for("基础款卫衣")
    console.keys("enter")
    console.wait_for("已完成")
    console.wait_for(lambda _: " 讲" in console.row("基础款卫衣"))


@pytest.fixture
def channel() -> ChannelServer:
    with ChannelServer() as server:
        yield server


def test_a_count_needs_a_reason_and_is_written_down(world: World, channel: ChannelServer) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    console = world.terminal("run", room, "--as", "王芳", "--lang", "zh")
    console.wait_for("商品 RACED")
    channel.add(event("o1", "order.placed", RACED, order="o1", line=1, qty=30))
    console.wait_for(lambda _: " 120 " in console.row("商品 RACED"))
    console.keys("/", "RACED", "enter")
    console.wait_gone("商品 PLENTY")
    console.keys("c")
    console.wait_for("盘点 商品 RACED")
    console.keys("1", "4", "0", "enter")  # on hand, of which 30 are locked
    console.wait_quiet(0.3)
    console.keys("enter")
    console.wait_for("请写原因")
    console.keys("少了十件", "enter")
    console.wait_for(lambda _: "已完成" in console.text() or "再按一次" in console.text())
    if "再按一次" in console.text():
        console.keys("enter")
    console.wait_for(lambda _: " 110 " in console.row("商品 RACED"))
    console.keys("q")
    console.wait_for("退出控制台")
    console.keys("2", "enter")
    assert console.exit_code() == 0
    assert world.ledger("live.db")[RACED]["on_hand"] == 140
    actions = world.done("ledger", "export", "live.db", "--actions").decode()
    assert "王芳" in actions
    movements = list(csv.reader(io.StringIO(world.done("ledger", "export", "live.db").decode())))
    assert any(RACED in row for row in movements)


def test_a_read_only_console_changes_nothing(world: World, channel: ChannelServer) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    console = world.terminal("run", room, "--read-only", "--lang", "zh")
    console.wait_for("商品 RACED")
    assert "谁在操作" not in console.text()
    for key in "arspcwu":
        console.keys(key)
    console.wait_for("只读,不能操作")
    console.keys("q")
    assert console.exit_code() == 0
    assert len(world.hubs()) == 1


def test_a_console_of_another_version_is_told_so(world: World, channel: ChannelServer) -> None:
    world.done("run", world.write("live.toml", room_toml(channel.url)), "--detach")

    async def visit() -> dict[str, object]:
        async with unix_connect(world.hubs()[0]["socket"], "ws://localhost/") as socket:
            await socket.send(json.dumps({"type": "hello", "version": "9.9.9", "protocol": 1}))
            reply: dict[str, object] = msgspec.json.decode(await socket.recv())
            return reply

    reply = asyncio.run(visit())
    assert reply["type"] == "refused"
    assert "9.9.9" in reply["reason"]["en"]
    assert "9.9.9" in reply["reason"]["zh"]


def test_a_room_that_plays_a_recording_goes_on_after_a_kill(world: World) -> None:
    """`run` with a `replay:` feed plays it once; a restarted hub goes on from its cursor."""
    lines = (SAMPLES / "double11.jsonl").read_text().splitlines()[:40]
    start = json.loads(lines[0])["received"]
    world.write(
        "short.jsonl", "\n".join(line.replace(json.loads(line)["received"], start) for line in lines) + "\n"
    )
    settings = (SAMPLES / "double11.toml").read_text().replace("replay:double11.jsonl", "replay:short.jsonl")
    room = world.write(
        "room.toml", settings.replace("[[channel]]", '[ledger]\npath = "room.db"\n\n[[channel]]', 1)
    )
    world.done("run", room, "--detach")
    shows = lambda: json.loads(world.done("ledger", "show", "room.db", "--json"))  # noqa: E731
    wait_until(lambda: shows()["seq"] >= len(lines), 10, "it was played")
    before = shows()
    world.kill_hub("double11")
    world.done("run", room, "--detach")
    wait_until(lambda: shows()["seq"] >= before["seq"], 5)
    assert shows()["skus"] == before["skus"]
    world.done("stop")
    assert world.cli("ledger", "verify", "room.db").returncode == 0
