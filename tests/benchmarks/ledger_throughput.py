"""How many events a second the ledger makes durable, at what cost, and how soon it acknowledges.

2,000 SKUs, a fifth of the orders on one of them, mixed types, 2 % of deliveries twice. Latency counts from the instant
at which an event is due; beside it, in the same seconds, what an fdatasync takes on this disk. The hot case has every
order on one SKU.
"""

from __future__ import annotations

import subprocess
import sys
import time

from bench import Report, arguments, median, percentile
from e2e_world import World
from ledger_load import Apply, Probe, Run, events, room

CALIBRATION = """
import time
began = time.process_time()
n = 0
for i in range(10**7):
    n += i
print(time.process_time() - began)
"""


def main() -> int:
    args = arguments(__doc__)
    report = Report()
    rounds, size = (5, 1_000_000) if args.full else (3, 300_000)
    with World() as world:
        settings = room(world)
        spread = events(size)
        hot = events(size, hot=1.0)
        runs: dict[str, list[Run]] = {"spread": [], "hot": []}
        loops = []
        for n in range(rounds):
            for name, made in (("spread", spread), ("hot", hot)):
                with Apply(world, f"{name}-{n}.db", settings) as writer:
                    runs[name].append(writer.run(made, 1e9))
            loops.append(
                float(
                    subprocess.run(
                        [sys.executable, "-c", CALIBRATION], capture_output=True, check=True
                    ).stdout
                )
            )
        cpu = median([run.cpu_us() for run in runs["spread"]])
        beside = (
            f"median of {rounds}, {size} events; 10 M turns of a bare loop: {median(loops):.2f} s CPU here"
        )
        report.at_least(
            "durable events", median([run.rate() for run in runs["spread"]]), 100_000, "/s", beside
        )
        report.at_most("cpu", cpu, 9.0, "us/event", beside)
        ratio = median([a.cpu / b.cpu for a, b in zip(runs["spread"], runs["hot"], strict=True)])
        report.at_least("one hot SKU against spread", ratio, 0.95, "x", "CPU, run beside run")
        for rate, target in ((1_000, 8), (10_000, 15), (50_000, 90)):
            seconds = 10 if args.full else 4
            ratios, told = [], []
            for n in range(rounds):
                with Apply(world, f"late-{rate}-{n}.db", settings) as writer:
                    writer.run(spread[:2000], 2000)
                    with Probe(world.folder) as probe:
                        run = writer.run(spread[: rate * seconds], rate)
                        time.sleep(0.05)
                ours, disk = percentile(run.late, 0.99), percentile(probe.late, 0.99)
                ratios.append(ours / disk)
                told.append(f"{ours * 1e3:.1f}/{disk * 1e3:.1f}")
            beside = f"p99 ms of answer/fdatasync, run by run: {' '.join(told)}"
            report.at_most(f"acknowledged at {rate}/s", median(ratios), target, "x fdatasync p99", beside)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
