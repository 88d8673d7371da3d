"""Eight feeds of one room after the last ten units: ten requests are met, nobody is promised what is not there."""

from __future__ import annotations

import json

from e2e_server import event
from e2e_world import World, free_port, wait_until

RACERS, UNITS, EACH = 8, 10, 5
ROOM = """
[room]
id = "race"
name = "race"
[ledger]
path = "race.db"
[[sku]]
id = "LAST"
title = "最后十件"
stock = 10
"""


def asks(racer: int) -> list[dict[str, object]]:
    return [
        event(
            f"{racer}-{n}",
            "order.requested",
            "LAST",
            channel=f"shop/{racer}",
            order=f"{racer}-{n}",
            line=1,
            qty=1,
        )
        for n in range(EACH)
    ]


def outcome_of_all(world: World) -> list[str]:
    rows = world.cli("ledger", "export", "race.db", "--json").stdout.splitlines()
    return [row["outcome"] for row in map(json.loads, rows) if row["type"] == "order.requested"]


def ends_well(world: World) -> None:
    outcomes = outcome_of_all(world)
    assert (outcomes.count("accepted"), outcomes.count("rejected")) == (UNITS, RACERS * EACH - UNITS)
    figures = world.ledger("race.db")["LAST"]
    assert (figures["available"], figures["reserved"], figures["shortfall"], figures["oversold"]) == (
        0,
        UNITS,
        0,
        0,
    )
    assert world.cli("ledger", "verify", "race.db").returncode == 0


def test_eight_feeds_of_one_room(world: World) -> None:
    """Each platform believes that it owns the same last units."""
    channels = ""
    for racer in range(RACERS):
        port = free_port()
        feed = world.write(f"{racer}.jsonl", "".join(json.dumps(one) + "\n" for one in asks(racer)))
        served = world.start("feed", "serve", feed, "--ws", f"127.0.0.1:{port}", "--speed", "1000")
        channels += (
            f'[[channel]]\nid = "c{racer}"\nsource = "shop/{racer}"\nfeed = "ws://127.0.0.1:{port}/"\n'
        )
        wait_until(lambda served=served: "serving" in world.said(served), 20)
    room = world.write("race.toml", ROOM + channels)
    world.done("run", room, "--detach")
    file = world.folder / "race.db"
    wait_until(
        lambda: file.exists() and len(outcome_of_all(world)) == RACERS * EACH, 30, "everyone was answered"
    )
    world.done("stop", "race")
    ends_well(world)
