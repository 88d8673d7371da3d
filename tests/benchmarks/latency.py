"""How soon an order is on the screen: from the moment the channel sends it to the bytes at the terminal.

A real hub and a real console, 1,000 events a second over a WebSocket, 200 SKUs. Orders of a marked link come ten times
a second; its figure on the screen, piece by piece as the terminal got them, says when each had arrived.
"""

from __future__ import annotations

import re
import sys
import time

import pyte
from bench import Report, arguments, percentile
from busy_room import MARK, BusyChannel, Mark, room_toml
from e2e_server import ChannelServer
from e2e_terminal import PRIVATE, UNFINISHED, Terminal, cpu_seconds
from e2e_world import World

FIGURE = re.compile(r"(?<![\d:.])\d{4}(?![\d:.])")


def arrivals(console: Terminal, marks: list[Mark]) -> list[float | None]:
    """When the marked figure first was down to each mark's, by the terminal's own clock; None: never."""
    screen = pyte.Screen(*console.size)
    stream = pyte.ByteStream(screen)
    left_over = b""
    found: list[float | None] = []
    for at, piece in console.pieces:
        data = left_over + piece
        cut = UNFINISHED.search(data)
        data, left_over = (data[: cut.start()], data[cut.start() :]) if cut else (data, b"")
        screen.dirty.clear()
        stream.feed(PRIVATE.sub(b"", data))
        for y in screen.dirty:
            if y >= console.size[1]:
                continue
            cells = screen.buffer[y]
            row = "".join(cells[x].data for x in range(80))
            if MARK not in row[:40]:
                continue
            figures = FIGURE.findall(row)
            while figures and len(found) < len(marks) and int(max(figures)) <= marks[len(found)].available:
                found.append(at)
    return found + [None] * (len(marks) - len(found))


def main() -> int:
    args = arguments(__doc__, rate=1000, seconds=0)
    report = Report()
    with World() as world, ChannelServer() as server:
        room = world.write("busy.toml", room_toml(server.url))
        console = world.terminal("run", room, "--as", "a", "--lang", "zh", size=(120, 40))
        console.wait_for("MARKER")
        console.keys("1", "enter")
        hub = world.hub_pid("busy")
        busy = BusyChannel(server, args.rate, 0.1)
        time.sleep(2)
        used, hub_used, made, began = console.cpu_seconds(), cpu_seconds(hub), busy.made, time.monotonic()
        time.sleep(args.seconds or (90 if args.full else 30))
        took = time.monotonic() - began
        cpu, hub_cpu = console.cpu_seconds() - used, cpu_seconds(hub) - hub_used
        rate = (busy.made - made) / took
        busy.stop()
        time.sleep(1)
        came = arrivals(console, busy.marks)
        late = [
            at - server.sent_at[mark.cursor]
            for at, mark in zip(came, busy.marks, strict=True)
            if at is not None
        ]
        lost = came.count(None)
    ms = [seconds * 1000 for seconds in late]
    if not ms:
        report.holds(
            "latency: the marked figure is followed",
            False,
            f"{lost} of {len(came)} marks never came\n{console.text()}",
        )
        return report.end()
    beside = (
        f"p50 {percentile(ms, 0.5):.0f}, p90 {percentile(ms, 0.9):.0f}, max {max(ms):.0f} ms over {len(ms)} orders at "
        f"{rate:,.0f} events/s; hub {hub_cpu / took * 100:.0f} %, console {cpu / took * 100:.0f} % of a core"
    )
    report.at_most("latency p99", percentile(ms, 0.99), 150, "ms", beside)
    report.at_most("latency: orders never shown", lost, 0, "orders")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
