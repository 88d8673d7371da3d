"""A terminal that is not read for six seconds: intake must not notice, and the console must catch up at once."""

from __future__ import annotations

import sys
import time

from bench import Report, arguments
from busy_room import MARK, BusyChannel, room_toml
from e2e_kills import cursor_of
from e2e_server import ChannelServer
from e2e_world import World


def main() -> int:
    args = arguments(__doc__, rate=1000, stall=6)
    report = Report()
    with World() as world, ChannelServer() as server:
        room = world.write("busy.toml", room_toml(server.url))
        console = world.terminal("run", room, "--as", "a", "--lang", "zh", size=(200, 60))
        console.wait_for(MARK)
        console.keys("1", "enter")
        busy = BusyChannel(server, args.rate, 0.1)
        time.sleep(3)
        ledger = world.folder / "busy.db"
        console.stall()
        made, durable, began = busy.made, cursor_of(ledger), time.monotonic()
        behind = 0
        while time.monotonic() - began < args.stall:
            time.sleep(0.25)
            behind = max(behind, busy.made - cursor_of(ledger))
        share = (cursor_of(ledger) - durable) / (busy.made - made)
        latest = busy.marks[-1].available
        before = console.received
        console.resume()
        resumed = time.monotonic()

        def caught_up(_: str) -> bool:
            numbers = [int(word) for word in console.row(MARK).split() if word.isdigit() and len(word) == 4]
            return bool(numbers) and max(numbers) <= latest

        console.wait_for(caught_up, 10)
        recovered = time.monotonic() - resumed
        sent = console.received - before
        console.keys("?")
        asked = time.monotonic()
        console.wait_for("认领这个链接的预警", 10)
        answered = time.monotonic() - asked
        busy.stop()
    report.at_least(
        "intake during the stall", share, 0.95, "of what was sent", f"at most {behind} events behind"
    )
    report.at_most("picture after the stall", recovered, 1.0, "s", f"{sent:,} bytes until then")
    report.at_most("key after the stall", answered, 0.5, "s")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
