"""How soon a loss shows: a killed hub on the console, and a lost terminal in the console's own end.

Also where SIGHUP is ignored, as nohup and some wrappers leave it: the console must not be left behind spinning.
"""

from __future__ import annotations

import sys
import time

from bench import Report, arguments, median
from e2e_server import ChannelServer, room_toml
from e2e_world import World, lives, wait_until

DEADLINE_S = 2.0


def main() -> int:
    args = arguments(__doc__)
    report = Report()
    rounds = 7 if args.full else 3
    noticed, back = [], []
    with World() as world, ChannelServer() as server:
        room = world.write("live.toml", room_toml(server.url))
        console = world.terminal("run", room, "--as", "a", "--lang", "zh")
        console.wait_for("商品 RACED")
        for _ in range(rounds):
            killed = time.monotonic()
            world.kill_hub("live")
            console.wait_for("与后台断开", 20)
            noticed.append(time.monotonic() - killed)
            world.done("run", room, "--detach")
            started = time.monotonic()
            console.wait_for(lambda _: "断开" not in console.lines()[0], 20)
            back.append(time.monotonic() - started)
        for name, ignored in (("SIGHUP as usual", False), ("SIGHUP ignored", True)):
            gone = []
            for _ in range(rounds):
                lost = world.terminal("attach", "live", "--as", "a", "--lang", "zh", ignore_hup=ignored)
                lost.wait_for("商品 RACED")
                lost.hang_up()
                began = time.monotonic()
                wait_until(lambda pid=lost.process.pid: not lives(pid), 20, "the console ends")
                gone.append(time.monotonic() - began)
            report.at_most(
                f"terminal lost, {name}", max(gone), DEADLINE_S, "s", f"median {median(gone):.2f} s"
            )
    report.at_most("killed hub shown", max(noticed), DEADLINE_S, "s", f"median {median(noticed):.2f} s")
    report.at_most(
        "attached again", max(back), DEADLINE_S, "s", f"median {median(back):.2f} s after the hub answers"
    )
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
