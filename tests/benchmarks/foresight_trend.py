"""How soon TREND sees a step in the orders of a SKU, and how often it sees one that isn't there.

For each kind of stream and rate: the threshold that gives one false alarm in six hours, for the detector, the optimal
CUSUM that knows rate and step, and the article's rule; then the median delay of each over fresh streams in which the
rate steps up after three hours. The detector learns everything from the stream itself. Then the alarms that the
product's own threshold gives, the same for all, against the rate that was asked for. Seeds other than those it was
tuned on.

Orders, so that compound streams (several units an order) are the Poisson ones. Medians are means of the quantiles from
0.47 to 0.53.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from math import exp, log
from multiprocessing import Pool

import numpy as np
from bench import Report, arguments
from order_streams import KINDS, Counts, five_against_five, optimal, orders

from stockwatch.demand.sequential import SequentialRule
from stockwatch.demand.watch import Watch

RATES = (2.0, 0.2, 0.02)
STEPS = (2.0, 3.0, 5.0)
HOUR = 3600
WARM = HOUR
HOURS = 6
CHANGE = 3 * HOUR
NEVER = 2 * HOUR
SLOW_S = 20
"""Cells whose optimum takes at least this long are compared by ratio, the others by seconds."""


@dataclass
class Cell:
    kind: str
    rate: float
    delays: list[tuple[float, float, float]]
    """(ours, optimal, the article's) by step, seconds."""
    alarms: float
    """At the product's threshold, in six hours."""


def scores(counts: np.ndarray) -> list[tuple[int, float]]:
    """(second, score) at each second with orders, with nothing counted as a surge."""
    watch, found = Watch(0), []
    watch.add_channel("c", 0.0)
    for second in np.flatnonzero(counts):
        watch.step(int(second) + 1, [(0, int(counts[second]), True)], None, float("inf"))
        found.append((int(second), watch.score))
    return found


def alarms(counts: np.ndarray, rule: SequentialRule) -> int:
    """How often it begins to ring after the first hour, as the product does."""
    watch, rings = Watch(0), 0
    watch.add_channel("c", 0.0)
    for second in np.flatnonzero(counts):
        was = watch.since
        watch.step(int(second) + 1, [(0, int(counts[second]), True)], None, rule.threshold(watch.usual))
        rings += second >= WARM and was is None and watch.since is not None
    return rings


def median(delays: list[float]) -> float:
    return float(np.mean(np.quantile(delays, [0.47, 0.5, 0.53]))) if delays else float(NEVER)


def first(scores: np.ndarray, height: float) -> float:
    """Median delay of a score after the change, of the streams that did not ring before."""
    quiet = scores[WARM:CHANGE].max(0) < height
    rings = scores[CHANGE:, quiet] >= height
    return median(list(np.where(rings.any(0), rings.argmax(0) + 1.0, NEVER)))


def height(scores: np.ndarray) -> float:
    """The threshold that is reached once in six hours: by all but exp(-1) of the streams."""
    return float(np.quantile(scores[WARM:].max(0), exp(-1)))


def ours(counts: Counts, height: float) -> float:
    delays = []
    for stream in counts.T:
        above = [second for second, score in scores(stream) if second >= WARM and score >= height]
        if not above or above[0] >= CHANGE:
            delays.append(above[0] - CHANGE + 1.0 if above else float(NEVER))
    return median(delays)


def cell(job: tuple[str, float, int, int]) -> Cell:
    kind, rate, streams, seed = job
    rng = np.random.default_rng(seed)
    null = orders(kind, rate, streams, WARM + HOURS * HOUR, rng)
    peaks = [max((s for t, s in scores(one) if t >= WARM), default=0.0) for one in null.T]
    mine = float(np.quantile(peaks, exp(-1)))
    article = height(five_against_five(null))
    delays = []
    for step in STEPS:
        best = height(optimal(null, rate, step))
        fresh = orders(kind, rate, streams, CHANGE + HOUR, rng, change=CHANGE, step=step)
        delays.append(
            (
                ours(fresh, mine),
                first(optimal(fresh, rate, step), best),
                first(five_against_five(fresh), article),
            )
        )
    rule = SequentialRule(HOURS)
    return Cell(kind, rate, delays, sum(alarms(one, rule) for one in null.T) / streams)


def geometric(ratios: list[float]) -> float:
    return exp(sum(log(ratio) for ratio in ratios) / len(ratios))


def main() -> int:
    args = arguments(__doc__, streams=0, seed=5_000)
    report = Report()
    streams = args.streams or (200 if args.full else 80)
    jobs = [
        (kind, rate, streams, args.seed + 10 * n + m)
        for m, rate in enumerate(RATES)
        for n, kind in enumerate(KINDS)
    ]
    with Pool(os.cpu_count()) as pool:
        cells = pool.map(cell, jobs, chunksize=1)
    for one in cells:
        told = ", ".join(
            f"x{step:.0f} {mine:.0f} s against {best:.0f} and {article:.0f}"
            for step, (mine, best, article) in zip(STEPS, one.delays, strict=True)
        )
        print(f"      {one.kind} {one.rate}/s: {told}; {one.alarms:.2f} false alarms in {HOURS} h")
    beside = f"{streams} streams a cell" + ("" if args.full else "; --full: 200")
    sooner = []
    for kind in KINDS:
        delays = [delay for one in cells if one.kind == kind for delay in one.delays]
        slow = [mine / best for mine, best, _ in delays if best >= SLOW_S]
        quick = [mine - best for mine, best, _ in delays if best < SLOW_S]
        sooner += [article / mine for mine, _, article in delays]
        target = 1.15 if kind == "poisson" else 1.25
        report.at_most(f"delay against the optimum, {kind}", geometric(slow), target, "x", beside)
        report.at_most(f"delay beyond a quick optimum, {kind}", max(quick), 4, "s", beside)
        mean = sum(one.alarms for one in cells if one.kind == kind) / len(RATES)
        worst = max(
            (one.alarms for one in cells if one.kind == kind), key=lambda alarms: abs(log(alarms + 1e-9))
        )
        report.holds(
            f"false alarms within 30 % of what was asked, {kind}",
            0.7 <= worst <= 1.3,
            f"{mean:.2f} of 1 in {HOURS} h on average over rates, the worst {worst:.2f}",
        )
    report.at_least("sooner than the article's rule", geometric(sooner), 5, "x", beside)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
