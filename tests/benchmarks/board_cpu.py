"""What the board costs in a busy room: 200 links, a fifth of them changing four times a second, 120 x 40."""

from __future__ import annotations

import sys
import time

from bench import Report, arguments, median
from e2e_world import World
from fake_hub import FakeHub


def main() -> int:
    args = arguments(__doc__, links=200, hertz=4)
    report = Report()
    shares, bytes_a_second = [], []
    with World() as world:
        hub = FakeHub(world, args.links, hertz=args.hertz)
        console = world.terminal("attach", "fake", "--as", "a", "--lang", "zh")
        console.wait_for("羊毛")
        time.sleep(2)
        for _ in range(5 if args.full else 3):
            sent, used, deltas, began = console.received, console.cpu_seconds(), hub.deltas, time.monotonic()
            time.sleep(8)
            took = time.monotonic() - began
            shares.append((console.cpu_seconds() - used) / took * 100)
            bytes_a_second.append((console.received - sent) / took)
            rate = (hub.deltas - deltas) / took
    beside = (
        f"{median(bytes_a_second):,.0f} bytes/s, {rate:.1f} deltas/s, {min(shares):.1f}-{max(shares):.1f} %"
    )
    report.at_most("board CPU", median(shares), 3.0, "% of a core", beside)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
