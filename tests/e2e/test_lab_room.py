"""The real room follows the lab's platforms over real sockets, and its ledger ends as their own books."""

from __future__ import annotations

import json
import socket
from typing import Any

from e2e_world import World, wait_until


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def test_a_room_and_the_lab_end_with_the_same_figures_though_the_hub_was_killed(world: World) -> None:
    answers, pushes = free_ports(2)
    lab = world.start(
        "lab", "labroom", "--for", "6s", "--rate", "8", "--unpaid", "3", "--haste", "8", "--lost", "0.1",
        "--duplicated", "0.1",
        "--listen", f"127.0.0.1:{answers}", "--push", f"127.0.0.1:{pushes}", heard=True,
    )  # fmt: skip
    toml = world.folder / "labroom" / "lab.toml"
    wait_until(toml.exists, 10, "the lab has written its room")
    world.done("run", toml, "--detach")
    wait_until(lambda: sum(row["sold"] for row in figures(world)) > 10, 20, "orders come in")
    world.kill_hub("lab")
    world.done("run", toml, "--detach")
    assert lab.stdout is not None
    books = json.loads(lab.stdout.readline())
    wanted = {sku: (row["reserved"], row["sold"], row["returned"]) for sku, row in books["skus"].items()}
    wait_until(lambda: booked(world) == wanted, 40, f"the ledger says {wanted}")
    assert sum(row[1] for row in wanted.values()) > 60
    assert all(platform["forged"] == 0 for platform in books["platforms"].values())
    assert all(platform["pushed"] > 0 for platform in books["platforms"].values())
    world.done("stop", "lab")
    world.done("ledger", "verify", "labroom/lab.db")


def figures(world: World) -> list[dict[str, Any]]:
    return list(world.ledger("labroom/lab.db").values())


def booked(world: World) -> dict[str, tuple[int, int, int]]:
    return {
        sku: (row["reserved"], row["sold"], row["quarantined"])
        for sku, row in world.ledger("labroom/lab.db").items()
    }
