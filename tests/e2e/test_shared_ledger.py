"""Two rooms on one ledger, each with a console of its own: one hub, one set of figures, and each ends by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_server import ASKED, OPENING, PLENTY, RACED, ChannelServer, Orders, event, room_toml
from e2e_world import World, lives, wait_until

NIGHT = "shop/room-2"


@pytest.fixture
def channels() -> Iterator[tuple[ChannelServer, ChannelServer]]:
    with ChannelServer() as day, ChannelServer() as night:
        yield day, night


@pytest.fixture
def rooms(world: World, channels: tuple[ChannelServer, ChannelServer]) -> tuple[Path, Path]:
    """Their channels have one id, as those of two rooms that were made from one template do."""
    day, night = channels
    return (
        world.write("day.toml", room_toml(day.url, id="day", name="日场")),
        world.write("night.toml", room_toml(night.url, id="night", name="夜场", source=NIGHT)),
    )


def sold(order: str, sku: str, qty: int) -> dict[str, object]:
    return event(order, "order.placed", sku, channel=NIGHT, order=order, line=1, qty=qty)


def reserved(world: World, sku: str) -> int:
    file = world.folder / "live.db"
    return int(world.ledger(file)[sku]["reserved"]) if file.exists() else 0


def pids(world: World) -> dict[str, int]:
    return {hub["room"]: hub["pid"] for hub in world.hubs()}


def test_two_rooms_sell_the_same_last_units(world: World, channels, rooms) -> None:
    day, night = channels
    consoles = [world.terminal("run", room, "--as", "小李", "--lang", "zh") for room in rooms]
    for console in consoles:
        console.wait_for("商品 RACED")
    running = pids(world)
    assert set(running) == {"day", "night"}
    assert len(set(running.values())) == 1, "one writer"

    day.add(event("d1", "order.placed", RACED, order="d1", line=1, qty=100))
    night.add(sold("n1", RACED, 45))
    for console in consoles:
        console.wait_for(lambda _, console=console: " 5 " in f"{console.row('商品 RACED')} ")
        console.wait_for(lambda _, console=console: "阈值" in console.row("商品 RACED"))
    consoles[0].keys("n", "a")
    consoles[0].wait_for("小李 认领")
    assert "小李" not in consoles[1].row("商品 RACED"), "each room answers for its own alerts"

    world.done("stop", "day")
    assert consoles[0].exit_code() == 0
    assert "直播间已停止" in consoles[0].text()
    night.add(sold("n2", RACED, 3))
    consoles[1].wait_for(lambda _: " 2 " in f"{consoles[1].row('商品 RACED')} ")
    assert pids(world) == {"night": running["night"]}

    world.done("run", rooms[0], "--detach")  # and back again, while the other goes on
    assert pids(world) == running
    again = world.terminal("attach", "day", "--as", "王芳", "--lang", "zh")
    again.wait_for(lambda _: " 2 " in f"{again.row('商品 RACED')} ")
    assert "小李" in again.row("商品 RACED"), "who took the alert is remembered"

    world.done("stop", "night")
    world.done("stop", "day")
    wait_until(lambda: not lives(running["day"]), 5, "the hub ends with its last room")
    assert world.cli("ledger", "verify", "live.db").returncode == 0


def test_both_come_back_after_a_kill_in_whatever_order(world: World, channels, rooms) -> None:
    day, night = channels
    orders = Orders(seed=11)
    for room in rooms:
        world.done("run", room, "--detach")
    day.add(*orders.next(400))
    night.add(*(sold(f"n{n}", PLENTY, 2) for n in range(100)))
    wait_until(lambda: reserved(world, PLENTY) >= 200, 10, "the night's orders are booked")
    world.kill_hub("day")
    assert world.hubs() == []
    day.add(*orders.next(400))
    night.add(*(sold(f"m{n}", PLENTY, 1) for n in range(50)))

    racing = [world.start("run", room, "--detach") for room in reversed(rooms)]
    assert [process.wait(30) for process in racing] == [0, 0], [world.said(process) for process in racing]
    assert len(set(pids(world).values())) == 1
    book = orders.book()
    book[PLENTY]["available"] -= 250
    book[PLENTY]["reserved"] += 250
    wait_until(lambda: world.ledger("live.db")[PLENTY] == book[PLENTY], 15, "both channels went on")
    figures = world.ledger("live.db")
    assert {sku: figures[sku] for sku in (ASKED, RACED)} == {sku: book[sku] for sku in (ASKED, RACED)}
    assert [int(channel.subscriptions[-1]) > 0 for channel in channels] == [True, True], "after their cursors"
    for room in ("night", "day"):
        world.done("stop", room)
    assert world.cli("ledger", "verify", "live.db").returncode == 0


def test_a_room_that_cannot_join_is_told_why_and_the_others_go_on(world: World, channels, rooms) -> None:
    day, night = channels
    world.done("run", rooms[0], "--detach")
    before = pids(world)
    namesake = world.write("namesake.toml", room_toml(night.url, id="day", name="另一间", source=NIGHT))
    refused = world.cli("run", namesake, "--detach")
    said = refused.stderr.decode()
    assert refused.returncode != 0
    assert "day.toml" in said, said
    claimed = world.write("claimed.toml", room_toml(night.url, id="night", name="夜场"))
    world.done("run", claimed, "--detach")  # both listen to one channel: its events count once
    day.add(event("d1", "order.placed", RACED, order="d1", line=1, qty=7))
    night.add(event("d1", "order.placed", RACED, order="d1", line=1, qty=7))
    wait_until(lambda: reserved(world, RACED) > 0, 10)
    day.add(event("d2", "order.placed", RACED, order="d2", line=1, qty=1))
    wait_until(lambda: reserved(world, RACED) == 8, 10)
    assert world.ledger("live.db")[RACED]["available"] == OPENING[RACED] - 8
    assert pids(world)["day"] == before["day"]
    assert json.loads(world.done("ps", "--json"))
