"""How fast a headless replay goes: a feed of 20 events a second over 200 SKUs, through the whole pipeline, flat out.

The whole process counts, its start included. Beside it: a loop that only decodes the same lines.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench import Report, arguments, cpu_of_children, median
from e2e_world import World, stockwatch

from stockwatch.drills import load

DECODE = """
import sys
from stockwatch.events import decode
with open(sys.argv[1], "rb") as file:
    for line in file:
        decode(line.rstrip(b"\\n"))
"""


def timed(command: list[str], world: World) -> tuple[float, float]:
    """(wall seconds, CPU seconds) of a command that must succeed."""
    cpu, began = cpu_of_children(), time.monotonic()
    subprocess.run(command, env=world.env, cwd=world.folder, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began, cpu_of_children() - cpu


def main() -> int:
    args = arguments(__doc__)
    settings = load.Load(skus=200, rate=20.0, seconds=6000.0 if args.full else 3000.0)
    report = Report()
    with World() as world:
        feed = world.folder / "load.jsonl"
        with feed.open("wb") as file:
            count = sum(1 for line in load.lines(1, settings) if file.write(line + b"\n"))
        room = world.write("load.toml", load.room_text(settings))
        replay = [
            *stockwatch(),
            "replay",
            str(feed),
            "--room",
            str(room),
            "--speed",
            "max",
            "--headless",
            "--json",
        ]
        decode = [sys.executable, "-c", DECODE, str(feed)]
        runs: list[tuple[float, float]] = []
        bare: list[tuple[float, float]] = []
        for _ in range(5 if args.full else 3):
            runs.append(timed(replay, world))
            bare.append(timed(decode, world))
        wall, cpu = median([run[0] for run in runs]), median([run[1] for run in runs])
        alone = median([run[1] for run in bare])
        size = Path(feed).stat().st_size / count
    beside = f"{count} events of {size:.0f} bytes, {cpu / alone:.1f} x a bare decode loop at {count / alone:,.0f}/s"
    report.at_least("replay_cpu", count / cpu, 30_000, "events a CPU second", beside)
    report.at_least("replay_wall", count / wall, 30_000, "events/s", f"median of {len(runs)} whole processes")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
