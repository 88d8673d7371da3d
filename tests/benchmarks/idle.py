"""What a console costs while nothing that it shows changes: bytes to the terminal and CPU.

Twice: a real hub with nothing to sell (the clock's minute is waited for), and a full picture of 200 links with alerts.
"""

from __future__ import annotations

import sys
import time

from bench import Report, arguments
from e2e_server import ChannelServer, room_toml
from e2e_terminal import Terminal, cpu_seconds
from e2e_world import World
from fake_hub import FakeHub


def watch(report: Report, name: str, console: Terminal, seconds: float, hub: int = 0) -> None:
    """Measure a console that has come to rest."""
    console.wait_quiet(1.0, 60)
    left = 60 - time.time() % 60
    if left < seconds + 4:
        time.sleep(left + 3)  # past the minute, when the clock changes
        console.wait_quiet(1.0, 20)
    sent, used, hub_used, began = (
        console.received,
        console.cpu_seconds(),
        cpu_seconds(hub) if hub else 0.0,
        time.monotonic(),
    )
    time.sleep(seconds)
    took = time.monotonic() - began
    beside = f"over {took:.0f} s"
    if hub:
        beside += f"; its hub {(cpu_seconds(hub) - hub_used) / took * 100:.2f} %"
    report.at_most(f"idle bytes, {name}", (console.received - sent) / took, 0, "bytes/s", beside)
    report.at_most(
        f"idle CPU, {name}", (console.cpu_seconds() - used) / took * 100, 0.5, "% of a core", beside
    )


def main() -> int:
    args = arguments(__doc__)
    seconds = 40.0 if args.full else 20.0
    report = Report()
    with World() as world, ChannelServer() as server:
        room = world.write("live.toml", room_toml(server.url))
        console = world.terminal("run", room, "--as", "a", "--lang", "zh")
        console.wait_for("商品")
        watch(report, "a calm room", console, seconds, world.hub_pid("live"))
    with World() as world:
        FakeHub(world, 200)
        console = world.terminal("attach", "fake", "--as", "a", "--lang", "zh")
        console.wait_for("羊毛")
        watch(report, "200 links with alerts", console, seconds)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
