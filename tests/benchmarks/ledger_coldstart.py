"""How long a writer needs to be ready on a ledger that holds much: stopped in good order, and killed."""

from __future__ import annotations

import sys
import time

from bench import Report, arguments
from e2e_world import World
from ledger_load import Apply, events, room

from stockwatch.ledger.writer import SNAPSHOT_EVERY

CHUNK = 250_000


def main() -> int:
    args = arguments(__doc__, events=0)
    report = Report()
    size = args.events or (5_000_000 if args.full else 500_000)
    with World() as world:
        settings = room(world)
        seconds = {}
        with Apply(world, "cold.db", settings) as writer:
            for chunk in range(size // CHUNK):
                writer.run(events(CHUNK, seed=chunk, tag=f"{chunk:03d}"), 1e9)
        for how in ("stopped", "killed"):
            began = time.monotonic()
            writer = Apply(world, "cold.db", settings)
            with writer:
                seconds[how] = time.monotonic() - began
                if how == "stopped":
                    # What comes next is in no snapshot yet when the writer is killed.
                    writer.run(events(min(size // 5, SNAPSHOT_EVERY * 9 // 10), seed=991, tag="991"), 1e9)
                    writer.kill()
        beside = f"{size} events, about {size * 22 // 100} lines open" + (
            "" if args.full else "; --full: 5 M events"
        )
        report.at_most("ready after a stop in good order", seconds["stopped"], 15, "s", beside)
        report.at_most("ready after kill -9", seconds["killed"], 15, "s", beside)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
