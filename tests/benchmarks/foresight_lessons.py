"""What lessons of earlier streams are worth: how soon a step ×3 in the sixth minute of a stream is seen, and how often
chance alone rings in its first hour, with them and without; and that a step in the third hour is seen no later.

Usual rates of 0.05, 0.2 and 1 orders a second on average; from stream to stream each SKU's rate is off by a log-normal
factor (standard deviation 0.4). The lessons are those of three streams of three hours. Poisson, self-exciting and
log-normally modulated orders.
"""

from __future__ import annotations

import sys

import numpy as np
from bench import Report, arguments, median
from order_streams import KINDS, orders

from stockwatch.demand import Demand, detector
from stockwatch.demand.lessons import NONE, Lessons

S = 1_000_000
T0 = 1_700_000_000
HOURS = 60.0
RULE = detector("sequential", HOURS)
RATES = (0.05, 0.2, 1.0)
DIFFER = 0.4
STEP_AT = 300


def played(counts: np.ndarray, lessons: Lessons) -> tuple[Demand, list[int]]:
    """The stream, and the seconds in which a TREND began."""
    demand, rings, on = Demand(), [], False
    demand.begin(lessons)
    demand.alive("c", T0 * S)
    for second in range(len(counts)):
        if second % 60 == 0:
            demand.alive("c", (T0 + second) * S)
        for _ in range(int(counts[second])):
            demand.take("A", "c", (T0 + second) * S, 1)
        if not counts[second - 4 : second + 1].any() and not on:
            continue
        now_us = (T0 + second + 1) * S
        series = demand.at("A", now_us)
        if series is None:
            continue
        found = demand.surge(series, RULE, now_us).on
        if found and not on:
            rings.append(second)
        on = found
    return demand, rings


def stream(
    rng: np.random.Generator, kind: str, rate: float, seconds: int, step: float = 1.0, at: int | None = None
) -> np.ndarray:
    return orders(kind, rate, 1, seconds, rng, change=at, step=step)[:, 0]


def main() -> int:
    args = arguments(__doc__, seeds=8)
    report, seeds = Report(), args.seeds * (4 if args.full else 1)
    for rate in RATES:
        for kind in KINDS:
            false = {True: 0, False: 0}
            delays: dict[bool, list[float]] = {True: [], False: []}
            late: list[float] = []
            for seed in range(seeds):
                rng = np.random.default_rng([seed, round(rate * 1000), KINDS.index(kind), 77])
                lessons = NONE
                for _ in range(3):
                    off = rate * float(np.exp(rng.normal(0.0, DIFFER)))
                    lessons = played(stream(rng, kind, off, 3 * 3600), lessons)[0].lessons()
                off = rate * float(np.exp(rng.normal(0.0, DIFFER)))
                calm = stream(rng, kind, off, 3600)
                rising = stream(rng, kind, off, 3600, 3.0, STEP_AT)
                settled = stream(rng, kind, off, 3 * 3600, 3.0, 2 * 3600)
                for known in (True, False):
                    begun = lessons if known else NONE
                    false[known] += len(played(calm, begun)[1])
                    rings = [at for at in played(rising, begun)[1] if at >= STEP_AT]
                    delays[known].append(min(rings, default=3600) - STEP_AT)
                rings = [at for at in played(settled, lessons)[1] if at >= 2 * 3600]
                late.append(min(rings, default=3 * 3600) - 2 * 3600)
            name = f"{kind} {rate:g}/s"
            known, unknown = median(delays[True]), median(delays[False])
            report.at_most(
                f"{name}: median delay of x3 in minute six",
                known,
                0.8 * unknown,
                "s",
                f"without lessons {unknown:.0f} s; in the third hour {median(late):.0f} s",
            )
            report.at_most(
                f"{name}: false TREND in the first hour",
                false[True] / seeds,
                max(false[False] / seeds, 3.0 / HOURS),
                "a SKU",
                f"without lessons {false[False] / seeds:.2f}; asked 1 in {HOURS:g} h",
            )
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
