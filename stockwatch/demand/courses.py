"""Which course a surge takes, from its counts since it began: Bayes' rule over the courses of `fates`. Pure.

The likelihood is Poisson, with the same allowance for clustering for all. What stays and what ends make the same counts
until it has ended; they differ in how likely it is to have lasted so long (exponential), which tells nothing of a surge
but its age and is no matter of clustering.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from stockwatch.demand.fates import COURSES, Kind
from stockwatch.demand.outlook import fading


def weighed(
    counts: Sequence[int],
    edges: Sequence[int],
    usual: float,
    sure: float,
    clustering: float,
    met: Sequence[float],
    seen: Sequence[float] | None = None,
) -> list[tuple[float, float, Kind]]:
    """(weight, extra orders a second at the last edge, course) of a surge that goes on.

    `counts`: orders between each two `edges`, seconds since the surge began; `usual`: orders a second; `sure`: the part
    of the excess that is not owed to its having been noticed; `seen`: the part of the orders between each two edges
    that could be made and were told of, None: all.
    """
    span, total = edges[-1], sum(counts)
    seen = [1.0] * len(counts) if seen is None else seen
    expected = usual * sum(part * (edges[n + 1] - edges[n]) for n, part in enumerate(seen))
    found: list[tuple[float, float]] = []
    for kind, often in zip(COURSES, met, strict=True):
        shape = None if kind.name == "ends" else kind.fading
        reached = [fading(edge, shape) for edge in edges]
        lasted = sum(part * (reached[n + 1] - reached[n]) for n, part in enumerate(seen))
        extra = max(sure * (total - expected) / lasted, 0.05 * usual)
        likely = log(max(often, 1e-9)) + _likely(counts, edges, reached, usual, extra, seen) / clustering
        if kind.name == "ends" and kind.tau_s is not None:
            likely -= span / kind.tau_s
        found.append((likely, extra if shape is None else extra * exp(-span / shape)))
    weights = _shares([likely for likely, _ in found])
    return [(weight, extra, kind) for weight, (_, extra), kind in zip(weights, found, COURSES, strict=True)]


def shares(
    counts: Sequence[int], edges: Sequence[int], usual: float, clustering: float, met: Sequence[float]
) -> list[float]:
    """The share of each course in a surge that is over: as `weighed`, but what ends has ended at the edge that fits
    best, as likely as it is to last just so long."""
    span, total = edges[-1], sum(counts)
    until, best = span, float("-inf")
    orders = 0
    for n, count in enumerate(counts):
        orders += count
        reached = [min(edge, edges[n + 1]) for edge in edges]
        extra = max((orders - usual * edges[n + 1]) / edges[n + 1], 0.05 * usual)
        fit = _likely(counts, edges, reached, usual, extra) / clustering
        if fit > best:
            until, best = edges[n + 1], fit
    found = []
    for kind, often in zip(COURSES, met, strict=True):
        likely = log(max(often, 1e-9))
        if kind.name == "ends" and kind.tau_s is not None:
            likely += best - until / kind.tau_s + log((edges[1] - edges[0]) / kind.tau_s)
        else:
            reached_ = [fading(edge, kind.fading) for edge in edges]
            extra = max((total - usual * span) / reached_[-1], 0.05 * usual)
            likely += _likely(counts, edges, reached_, usual, extra) / clustering
        found.append(likely)
    return _shares(found)


def _likely(
    counts: Sequence[int],
    edges: Sequence[int],
    reached: Sequence[float],
    usual: float,
    extra: float,
    seen: Sequence[float] | None = None,
) -> float:
    """Log-likelihood of counts but for what is the same for all; `reached`: the extra's integral at each edge."""
    likely = 0.0
    for n, count in enumerate(counts):
        mean = usual * (edges[n + 1] - edges[n]) + extra * (reached[n + 1] - reached[n])
        if seen is not None:
            mean *= seen[n]
        likely += count * log(mean) - mean
    return likely


def _shares(likely: Sequence[float]) -> list[float]:
    top = max(likely)
    weights = [exp(one - top) for one in likely]
    whole = sum(weights)
    return [weight / whole for weight in weights]
