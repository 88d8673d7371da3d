"""Simulated orders of one SKU, a count a second, with a step in the rate where it is asked for.

Poisson: each order on its own. Self-exciting (A. G. Hawkes, Biometrika 58, 1971): each order brings 0.3 others, within
30 s on average; variance over mean 2. Cox: the logarithm of the rate wanders with a standard deviation of 0.35 and a
memory of 40 s (an Ornstein-Uhlenbeck process). All have the mean rate that is asked for. Seeded by their caller.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int16]
"""(seconds, streams)"""
KINDS = ("poisson", "hawkes", "cox")
_OFFSPRING, _BROOD_S = 0.3, 30.0
_SPREAD, _WANDER_S = 0.35, 40.0


def orders(
    kind: str,
    rate: float,
    streams: int,
    seconds: int,
    rng: np.random.Generator,
    *,
    change: int | None = None,
    step: float = 1.0,
) -> Counts:
    """`rate` orders a second, from second `change` on `step` times as many."""
    factor = np.ones(seconds)
    if change is not None:
        factor[change:] = step
    if kind == "poisson":
        return rng.poisson(rate * factor[:, None], (seconds, streams)).astype(np.int16)
    made = np.empty((seconds, streams), np.int16)
    if kind == "hawkes":
        fade = np.exp(-1 / _BROOD_S)
        excited = np.full(streams, rate * _OFFSPRING)
        for second in range(seconds):
            made[second] = rng.poisson(rate * (1 - _OFFSPRING) * factor[second] + excited)
            excited = fade * excited + _OFFSPRING * (1 - fade) * made[second]
        return made
    assert kind == "cox", kind
    fade = np.exp(-1 / _WANDER_S)
    level = rng.normal(0, _SPREAD, streams)
    for second in range(seconds):
        level = fade * level + _SPREAD * np.sqrt(1 - fade * fade) * rng.normal(size=streams)
        made[second] = rng.poisson(rate * factor[second] * np.exp(level - _SPREAD**2 / 2))
    return made


def wander(rng: np.random.Generator, spread: float, memory_s: float, seconds: int) -> NDArray[np.float64]:
    """An Ornstein-Uhlenbeck process by the second."""
    fade = np.exp(-1 / memory_s)
    level = float(rng.normal()) * spread
    path = []
    for push in (rng.normal(size=seconds) * spread * np.sqrt(1 - fade * fade)).tolist():
        level = fade * level + push
        path.append(level)
    return np.array(path)


def optimal(counts: Counts, rate: float, step: float) -> NDArray[np.float32]:
    """The CUSUM that knows rate and step: nothing is faster at the same false-alarm rate on Poisson orders (G. V.
    Moustakides, Annals of Statistics 14, 1986)."""
    score = np.zeros(counts.shape[1])
    scores = np.empty(counts.shape, np.float32)
    for second, count in enumerate(counts):
        score = np.maximum(0.0, score + count * np.log(step) - (step - 1) * rate)
        scores[second] = score
    return scores


def five_against_five(counts: Counts) -> NDArray[np.float32]:
    """The article's rule as a score: orders of the last five minutes over those of the five before, at least 8."""
    sums = np.cumsum(np.vstack([np.zeros((600, counts.shape[1])), counts]), axis=0)
    recent = sums[600:] - sums[300:-300]
    before = sums[300:-300] - sums[:-600]
    return np.where(recent >= 8, recent / np.maximum(before, 0.5), 0.0).astype(np.float32)
