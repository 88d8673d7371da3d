"""How well the forecast of a sell-out is calibrated, and how far off its middle is, beside three usual forecasts.

Three hours of orders, then the question when a number of units will be gone that would last 8 to 90 minutes at the rate
the scenario ends with; the number is drawn before the future is. Per scenario: how often the sell-out lies between P10
and P90 (asked for is 75 to 85 %), the median error of P50, and that of the last five minutes' rate, of an exponential
average over 15 minutes, and of damped Holt smoothing by the minute.
"""

from __future__ import annotations

import os
import sys
from math import exp, log
from multiprocessing import Pool
from typing import NamedTuple

import numpy as np
from bench import Report, arguments
from order_streams import wander

from stockwatch.demand import Demand, detector
from stockwatch.demand.outlook import HORIZON_S

SCENARIOS = ("poisson", "compound", "cox", "step 3 min ago", "step 15 min ago", "ramp", "flash", "train")
RULE = detector("sequential", 60.0)
SECOND_US = 1_000_000
EPOCH = 1_700_000_000
NOW = 3 * 3600
LAST = NOW + 6 * 3600
LASTS = {"step 3 min ago": 3.0, "step 15 min ago": 3.0, "ramp": 2.0, "train": 1.6}
"""How much faster than its usual rate a scenario sells from now on."""


class Told(NamedTuple):
    seconds: float
    """Until it was really sold out."""
    low: float
    middle: float
    high: float
    peers: tuple[float, float, float]


def rates(scenario: str, base: float, rng: np.random.Generator) -> np.ndarray:
    """Orders a second."""
    t = np.arange(LAST)
    rate = np.full(LAST, base)
    if scenario not in ("poisson", "compound"):
        rate = rate * np.exp(wander(rng, 0.3, 300.0, LAST) - 0.045)
    if scenario.startswith("step"):
        rate = rate * np.where(t >= NOW - (180 if "3 min" in scenario else 900), 3.0, 1.0)
    elif scenario == "ramp":
        rate = rate * np.where(t < NOW - 1800, 1.0, np.minimum(6.0, 4.0 ** ((t - (NOW - 1800)) / 3600)))
    elif scenario == "flash":
        since = t - (NOW - 300)
        rate = rate * (1 + 7 * np.exp(-np.maximum(0, since) / 240) * (since >= 0))
    elif scenario == "train":
        rate = rate * np.where((t + rng.integers(0, 1200)) % 1200 < 240, 4.0, 1.0)
    return rate


def one(job: tuple[str, int]) -> Told | None:
    scenario, seed = job
    rng = np.random.default_rng(seed)
    base = float(rng.choice([0.05, 0.1, 0.2, 0.5]))
    counts = rng.poisson(rates(scenario, base, rng))
    lasting_s = exp(rng.uniform(log(480), log(5400)))
    left = max(3, int(base * 1.5 * lasting_s * LASTS.get(scenario, 1.0)))
    seconds = np.repeat(np.arange(LAST), counts)
    lumps = [1, 1, 1, 1, 2, 3] if scenario != "poisson" else [1]
    units = rng.choice(lumps, size=len(seconds))
    known = int(np.searchsorted(seconds, NOW))
    sold = np.cumsum(units[known:])
    if sold[-1] < left:
        return None
    demand = Demand()
    for second, qty in zip(seconds[:known].tolist(), units[:known].tolist(), strict=True):
        demand.take("A", "c", (EPOCH + second) * SECOND_US, qty)
        at_us = (EPOCH + second + 4) * SECOND_US
        series = demand.at("A", at_us)
        assert series is not None
        demand.surge(series, RULE, at_us)
    now_us = (EPOCH + NOW) * SECOND_US
    series = demand.at("A", now_us)
    assert series is not None
    demand.surge(series, RULE, now_us)
    found = [HORIZON_S if at is None else at for at in demand.forecast("A", now_us, left)]
    minutes = np.bincount(seconds[:known] // 60, weights=units[:known], minlength=NOW // 60) / 60
    return Told(float(seconds[known + int(np.searchsorted(sold, left))] - NOW), *found, peers(minutes, left))


def peers(minutes: np.ndarray, left: int) -> tuple[float, float, float]:
    """Seconds by the last five minutes, an exponential average, and Holt (0.3, 0.1, damped by 0.9)."""
    average = 0.0
    level, trend = float(minutes[0]), 0.0
    for rate in minutes.tolist():
        average += (rate - average) * (1 - exp(-60 / 900))
        before = level
        level = 0.3 * rate + 0.7 * (level + 0.9 * trend)
        trend = 0.1 * (level - before) + 0.81 * trend
    naive = float(minutes[-5:].mean())
    return tuple(min(HORIZON_S, left / max(rate, 1e-6)) for rate in (naive, average, level + 9 * trend))  # type: ignore[return-value]


def main() -> int:
    args = arguments(__doc__, streams=0, seed=90_000)
    report = Report()
    streams = args.streams or (600 if args.full else 120)
    jobs = [
        (scenario, args.seed + 10_000 * n + m) for n, scenario in enumerate(SCENARIOS) for m in range(streams)
    ]
    with Pool(os.cpu_count()) as pool:
        told = pool.map(one, jobs, chunksize=20)
    for n, scenario in enumerate(SCENARIOS):
        kept = [one for one in told[n * streams : (n + 1) * streams] if one is not None]
        inside = sum(one.low <= one.seconds <= one.high for one in kept) / len(kept)
        early = sum(one.seconds < one.low for one in kept) / len(kept)
        report.holds(
            f"the 80 % band covers 75 to 85 %, {scenario}",
            0.75 <= inside <= 0.85,
            f"{inside:.0%}, sooner than it {early:.0%}; {len(kept)} streams",
        )
        mine = float(np.median([abs(one.middle - one.seconds) for one in kept])) / 60
        others = [float(np.median([abs(one.peers[k] - one.seconds) for one in kept])) / 60 for k in range(3)]
        names = ", ".join(
            f"{name} {error:.1f}"
            for name, error in zip(("last five", "average", "Holt"), others, strict=True)
        )
        report.at_most(f"median error, {scenario}", mine, min(others), "min", names)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
