"""A shortfall, from the message that brought it to the person who settles it, in a real terminal."""

from __future__ import annotations

import json

from e2e_server import PLENTY, ChannelServer, event, room_toml
from e2e_world import World


def test_a_payment_without_its_order_is_looked_into_and_resolved(world: World) -> None:
    with ChannelServer() as channel:
        room = world.write("live.toml", room_toml(channel.url))
        channel.add(
            event("m1", "order.placed", PLENTY, order="known-1", line=1, qty=2),
            event("m2", "order.paid", None, order="ghost-7", line=1),
        )
        console = world.terminal("run", room, "--as", "小李", "--lang", "zh", size=(110, 30))
        console.wait_for("异常 1")
        console.keys("e")
        console.wait_for("异常单 1 条待处理")
        console.wait_for("ghost-7")
        console.keys("enter")
        console.wait_for('"id": "m2"')
        console.keys("escape")
        console.wait_for("无主")
        console.keys("f2")
        console.wait_for("怎么处理的")
        console.keys("已退款 q h", "enter")
        console.wait_for("没有异常")
        console.keys("escape")
        console.wait_for(lambda _: "异常 1" not in console.text() and "商品" in console.text())

        console.keys("h")
        console.wait_for("库存流水")
        console.keys("a")
        console.wait_for("全部商品")
        console.keys("/", "known-1", "enter")
        console.wait_for(lambda _: "known-1" in console.text() and "锁单+2" in console.text())
        console.keys("/", "已退款", "enter")
        console.wait_for(lambda _: "小李" in console.text() and "处理" in console.text())
        console.keys("escape", "q", "down", "enter")
        console.exit_code()
    for hub in world.hubs():
        world.done("stop", hub["room"])
    told = world.cli("ledger", "audit", "live.db", "--json", "--search", "已退款")
    (row,) = [json.loads(line) for line in told.stdout.splitlines()]
    assert (row["type"], row["by"], row["reason"]) == ("action.resolved", "小李", "已退款 q h")
    assert world.cli("ledger", "exceptions", "live.db").stdout.count(b"\n") == 1
    assert world.cli("ledger", "verify", "live.db").returncode == 0
