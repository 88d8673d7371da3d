"""Whether eight consoles that poll the stock rows delay the answers: windows with and without them, in turn."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import apsw
from bench import Report, arguments, median, percentile
from e2e_world import World
from ledger_load import Apply, events, room

READERS = 8
RATE = 5_000


def poll(ledger: Path) -> None:
    """One reader: looks every 20 ms whether anything has changed, and reads the rows when it has."""
    database = apsw.Connection(
        f"file:{ledger}?mode=ro", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    database.set_busy_timeout(5000)
    version = None
    while True:
        time.sleep(0.02)
        if (now := database.pragma("data_version")) != version:
            version = now
            database.execute(
                "SELECT sku, available, reserved, sold FROM stock WHERE sku < 'SKU-0060'"
            ).fetchall()


def main() -> int:
    args = arguments(__doc__)
    report = Report()
    rounds, seconds = (10, 5) if args.full else (5, 2)
    with World() as world:
        settings = room(world)
        made = events(RATE * seconds * rounds * 2 + RATE)
        ratios, told = [], []
        with Apply(world, "a.db", settings) as writer:
            writer.run(made[:RATE], RATE)
            at = RATE
            for _ in range(rounds):
                late = []
                for readers in (0, READERS):
                    pids = []
                    for _ in range(readers):
                        pid = os.fork()
                        if not pid:
                            poll(writer.ledger)
                        pids.append(pid)
                    time.sleep(0.2)
                    run = writer.run(made[at : at + RATE * seconds], RATE)
                    at += RATE * seconds
                    for pid in pids:
                        os.kill(pid, signal.SIGKILL)
                        os.waitpid(pid, 0)
                    late.append(percentile(run.late, 0.99))
                ratios.append(late[1] / late[0])
                told.append(f"{late[0] * 1e3:.1f}/{late[1] * 1e3:.1f}")
        beside = f"p99 ms without/with, window by window: {' '.join(told)}"
        report.at_most(f"p99 with {READERS} readers at {RATE}/s", median(ratios), 1.10, "x", beside)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
