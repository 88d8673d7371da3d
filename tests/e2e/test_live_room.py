"""A live room: a channel that sends, a hub that outlives its consoles, and what a restart brings back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from e2e_kills import cursor_of, kill_under_load
from e2e_server import ASKED, PLENTY, RACED, ChannelServer, Orders, event, room_toml
from e2e_terminal import Terminal, cpu_seconds
from e2e_world import SAMPLES, World, free_port, lives, wait_until


@pytest.fixture
def channel() -> Iterator[ChannelServer]:
    with ChannelServer() as server:
        yield server


def placed(
    order: str, qty: int, sku: str = RACED, kind: str = "order.placed", **more: object
) -> dict[str, object]:
    return event(f"{order}-{kind}", kind, sku, order=order, line=1, qty=qty, **more)


def settled(world: World, channel: ChannelServer) -> None:
    """Everything the channel has sent is durable."""
    made = channel.add()
    file = world.folder / "live.db"
    wait_until(lambda: file.exists() and cursor_of(file) == made, 10, "the hub has everything")


def has(console: Terminal, title: str, figure: str) -> None:
    console.wait_for(lambda _: f" {figure} " in f"{console.row(title)} ")


def test_two_processes_make_a_live_room(world: World) -> None:
    """`feed serve` on one side, `run` on the other, and the commands around them."""
    port = free_port()
    feed = SAMPLES / "double11.jsonl"
    served = world.start("feed", "serve", feed, "--ws", f"127.0.0.1:{port}", "--speed", "240")
    settings = (
        (SAMPLES / "double11.toml").read_text().replace("replay:double11.jsonl", f"ws://127.0.0.1:{port}/")
    )
    room = world.write("room.toml", settings)
    world.done("config", "check", room)
    wait_until(lambda: "serving" in world.said(served), 10)

    console = world.terminal("run", room, "--as", "小李", "--lang", "zh")
    console.wait_for("直播")
    console.wait_for("联名款卫衣")
    before = console.row("联名款卫衣")
    console.wait_for(lambda _: console.row("联名款卫衣") != before)

    hubs = world.hubs()
    assert [(hub["room"], hub["mode"]) for hub in hubs] == [("double11", "LIVE")]
    assert "double11" in world.done("ps").decode()
    second = world.terminal("attach", "double11", "--as", "王芳", "--lang", "zh", "--read-only")
    second.wait_for("只读")
    second.wait_for("联名款卫衣")

    console.keys("q")
    console.wait_for("离开,直播间继续运行")
    console.keys("enter")
    assert console.exit_code() == 0
    assert console.restored()
    assert lives(hubs[0]["pid"]), "the room goes on without its console"

    world.done("stop", "double11")
    assert not lives(hubs[0]["pid"])
    assert world.hubs() == []
    assert second.exit_code() == 0
    assert "直播间已停止" in second.text()
    ledger = world.folder / "data" / "stockwatch" / "ledgers" / "double11.db"
    assert world.cli("ledger", "verify", ledger).returncode == 0


def test_a_second_hub_on_the_same_ledger_is_refused(world: World, channel: ChannelServer) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    world.done("run", room, "--detach")
    again = world.cli("hub", room)
    assert again.returncode == 3
    said = again.stderr.decode()
    assert "live.db" in said
    assert "Traceback" not in said
    other = world.write("other.toml", room_toml(channel.url, id="other"))
    assert world.cli("hub", other).returncode == 3
    joined = world.cli("run", room, "--detach")
    assert joined.returncode == 0
    assert "already" in joined.stderr.decode()
    assert len(world.hubs()) == 1


def test_a_killed_hub_goes_on_where_it_was(world: World, channel: ChannelServer) -> None:
    """Balances, velocity, the alert and who took it, the restock and the feed's cursor."""
    room = world.write("live.toml", room_toml(channel.url))
    console = world.terminal("run", room, "--as", "小李", "--lang", "zh")
    console.wait_for("商品 RACED")
    channel.add(*(placed(f"a{n}", 3) for n in range(45)))  # 135 of 150
    channel.add(*(placed(f"b{n}", 1, ASKED, "order.requested") for n in range(30)))
    has(console, "商品 RACED", "15")
    console.wait_for(lambda _: "紧急" in console.row("商品 RACED"))
    console.keys("n")
    console.wait_for(lambda _: "▸" in console.row("商品 RACED"))
    console.keys("a")
    console.wait_for("小李 认领")
    console.keys("r")
    console.wait_for("补货 商品 RACED")
    console.keys("tab", "enter")
    console.wait_for("+100")
    settled(world, channel)
    before = world.ledger("live.db")
    shown = console.row("商品 RACED")

    world.kill_hub("live")
    console.wait_for("与后台断开")
    assert "滞后" in console.lines()[0]
    assert console.row("商品 RACED"), "the last picture stays"

    channel.add(placed("late", 2))  # while nobody listens
    world.done("run", room, "--detach")
    console.wait_for(lambda _: "断开" not in console.lines()[0])
    has(console, "商品 RACED", "13")
    after = console.row("商品 RACED")
    assert "+100" in after
    assert "紧急" in after
    assert "小李" in console.text()
    assert rate_of(after) >= rate_of(shown), "the velocity is remembered"
    settled(world, channel)
    ledger = world.ledger("live.db")
    assert ledger[RACED]["available"] == before[RACED]["available"] - 2
    assert ledger[RACED]["in_transit"] == 100
    assert ledger[ASKED] == before[ASKED]
    assert int(channel.subscriptions[-1]) >= 75, "it asked for what it had missed only"
    assert console.process.poll() is None

    console.keys("q")
    console.wait_for("退出控制台")
    console.keys("2", "enter")
    assert console.exit_code() == 0
    assert world.cli("ledger", "verify", "live.db").returncode == 0


def rate_of(row: str) -> float:
    """The first figure with a decimal: units a minute."""
    return next((float(word) for word in row.split() if "." in word), 0.0)


@pytest.mark.parametrize("how", ["hang up", "hang up, ignored", "kill -9"])
def test_the_room_outlives_its_console(world: World, channel: ChannelServer, how: str) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    console = world.terminal("run", room, "--as", "小李", "--lang", "zh", ignore_hup="ignored" in how)
    console.wait_for("商品 RACED")
    hub = world.hub_pid("live")
    if how == "kill -9":
        console.process.kill()
    else:
        console.hang_up()
    wait_until(lambda: not lives(console.process.pid), 10, "the console ends with its terminal")
    used = cpu_seconds(hub)
    channel.add(placed("a1", 40))
    settled(world, channel)
    assert world.hub_pid("live") == hub
    assert cpu_seconds(hub) - used < 1.0, "nothing spins"
    assert set(world.processes()) == {hub}

    again = world.terminal("attach", "--as", "小李", "--lang", "zh")
    has(again, "商品 RACED", "110")
    channel.add(placed("a2", 10))
    has(again, "商品 RACED", "100")


def test_a_replay_ends_with_its_terminal(world: World) -> None:
    console = world.terminal(
        "replay", SAMPLES / "double11.jsonl", "--speed", "1", "--as", "a", ignore_hup=True
    )
    console.wait_for("联名款卫衣")
    hub = world.hub_pid("double11")
    console.hang_up()
    wait_until(lambda: not lives(console.process.pid), 10)
    wait_until(lambda: not lives(hub), 10, "its hub ends too")


def test_stopped_from_elsewhere_it_says_so_and_gives_the_terminal_back(
    world: World, channel: ChannelServer
) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    console = world.terminal("run", room, "--as", "小李", "--lang", "zh")
    console.wait_for("商品 RACED")
    world.done("stop")
    assert console.exit_code() == 0
    assert console.restored()
    assert "直播间已停止" in console.text()


def test_a_channel_that_goes_away_is_marked_and_comes_back(world: World) -> None:
    with ChannelServer() as first:
        port = first.port
        room = world.write("live.toml", room_toml(first.url))
        console = world.terminal("run", room, "--as", "小李", "--lang", "zh")
        console.wait_for("商品 RACED")
        sent = placed("a1", 40)
        first.add(sent)
        has(console, "商品 RACED", "110")
    console.wait_for(lambda _: "断流" in console.lines()[1])
    with ChannelServer(port) as second:
        second.add(sent, placed("a2", 10))
        has(console, "商品 RACED", "100")
        assert second.subscriptions[-1] == "1", "it goes on after its cursor"
        console.wait_for(lambda _: "断流" not in console.lines()[1])


def test_kills_under_load_lose_nothing(world: World) -> None:
    """A few of the twenty that the benchmark does."""
    account = kill_under_load(world, kills=3, rate=1000, seed=7)
    assert account.ledger == account.book
    assert account.verify_code == 0, account.verify_said
    assert account.resumed >= 3


def test_a_stopped_hub_has_closed_its_ledger(world: World, channel: ChannelServer) -> None:
    orders = Orders(3)
    room = world.write("live.toml", room_toml(channel.url))
    world.done("run", room, "--detach")
    channel.add(*orders.next(500))
    settled(world, channel)
    world.done("stop", "live")
    assert world.cli("ledger", "verify", "live.db").returncode == 0
    shown = world.ledger("live.db")
    assert shown[PLENTY] == orders.book()[PLENTY]
    assert shown[RACED] == orders.book()[RACED]


def test_ctrl_c_asks_before_it_leaves(world: World, channel: ChannelServer) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    console = world.terminal("run", room, "--as", "小李", "--lang", "zh")
    console.wait_for("商品 RACED")
    console.send(b"\x03")
    console.wait_for("退出控制台")
    console.keys("escape")
    os.kill(console.process.pid, signal.SIGWINCH)
    console.wait_for("商品 RACED")
    assert console.process.poll() is None


def test_a_room_started_twice_at_the_same_moment_is_one_room(world: World, channel: ChannelServer) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    started = [world.start("run", room, "--detach") for _ in range(3)]
    codes = [process.wait(20) for process in started]
    assert codes == [0, 0, 0], [world.said(process) for process in started]
    assert len(world.hubs()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_console_told_to_end_gives_the_terminal_back(
    world: World, channel: ChannelServer, number: int
) -> None:
    room = world.write("live.toml", room_toml(channel.url))
    console = world.terminal("run", room, "--as", "a", "--lang", "zh")
    console.wait_for("商品 RACED")
    console.process.send_signal(number)
    assert console.exit_code() == 130
    assert console.restored()
    assert len(world.hubs()) == 1, "the room goes on"


def test_what_was_asked_of_a_hanging_hub_is_done_once_by_the_next(
    world: World, channel: ChannelServer
) -> None:
    """An acknowledgement that got no answer is asked again under its id when the line is back."""
    room = world.write("live.toml", room_toml(channel.url))
    console = world.terminal("run", room, "--as", "小李", "--lang", "zh")
    console.wait_for("商品 RACED")
    channel.add(*(placed(f"a{n}", 3) for n in range(47)))
    console.wait_for(lambda _: "紧急" in console.row("商品 RACED"))
    console.keys("n")
    console.wait_for(lambda _: "▸" in console.row("商品 RACED"))
    os.kill(world.hub_pid("live"), signal.SIGSTOP)
    console.keys("a")
    console.wait_for("还没有回应")
    world.kill_hub("live")
    world.done("run", room, "--detach")
    console.wait_for("小李 认领")
    world.done("stop")
    taken = [
        line
        for line in world.done("ledger", "export", "live.db", "--actions").decode().splitlines()
        if "小李" in line
    ]
    assert len(taken) == 1, taken
