"""What the latest orders of a SKU say about those to come: one rate while nothing changes, several courses while it
does.

One rate comes from the longest stretch that tells one story: 5, 10 or 30 minutes, then all that the watch has learned.
A longer one is taken as long as the part it adds agrees with the part already in (two standard deviations of orders,
with the clustering that was measured): steady sales are measured long, a change is followed within five minutes.

Where orders have begun to come faster, nobody can know at once whether that stays. Each course (it stays, fades with
one of several half-lives, grows on) is weighed by how likely it makes the counts since the change, Poisson with the
same allowance for clustering, times how often it is met. Measured on streams
with steps, ramps, flashes and pulse trains: `tests/benchmarks/foresight_forecast.py`. Pure.
"""

from __future__ import annotations

from math import exp, log, sqrt

from stockwatch.demand.coverage import overlap
from stockwatch.demand.outlook import DRIFT, MIN_SHAPE, NOTHING, Course, Outlook, fading
from stockwatch.demand.series import HISTORY, V300, WINDOWS, Series
from stockwatch.demand.watch import Watch

_MIN_EXPOSURE_S = 60
_KNOWN_S = 1800.0
"""What the watch has learned counts from so many seconds on."""
_TAUS: tuple[tuple[float | None, float], ...] = (
    (None, 0.52), (1200.0, 0.09), (600.0, 0.11), (300.0, 0.11), (150.0, 0.10), (-3600.0, 0.04), (-1500.0, 0.03),
)  # fmt: skip
"""(seconds of a course's extra, how often it is met)."""
_COURSE_DRIFT = 0.04
_REACH = 12.0
"""A change is counted on for so many times as long as it has lasted."""
_CHOSEN = 4.0
"""Orders by which a change looks larger than it is, since its beginning was chosen to fit."""
_BIN_S = 20
_BINS = 12
_SETTLED_S = 400.0
"""From this age on clustering counts in full against the shape of a change."""


def estimate(series: Series, feed_first: int, *, censored: bool = True) -> Outlook:
    """The outlook at the series' mark. Seconds in which nothing could be sold are no exposure (unless `censored` is
    false), nor are those before the feed began."""
    order_sums = series.order_sums
    if order_sums[-1] == 0:
        return NOTHING
    watch = series.watch
    if watch is not None and watch.since is not None and series.mark - watch.since >= 2:
        return _changing(series, watch, watch.since)
    mark = series.mark
    age = max(mark - feed_first, WINDOWS[V300])
    spans = series.closed(mark) if censored and (series.shut or series.shut_since is not None) else None
    clustering = 1.0 if watch is None else watch.dispersion_ahead()
    stretches: list[tuple[float, float, float]] = []
    for window in range(V300, len(WINDOWS)):
        length = min(WINDOWS[window], age)
        shut_s = 0 if spans is None else overlap(spans, mark - length, mark)
        stretches.append((order_sums[window], series.unit_sums[window], length - shut_s))
    if watch is not None:
        known, seconds = watch.known
        if seconds > _KNOWN_S:
            stretches.append((known, known * series.total / series.count, seconds))
    orders = units = exposure = 0.0
    for total, sold, open_s in stretches:
        if open_s < _MIN_EXPOSURE_S:
            continue
        if exposure:
            added = open_s - exposure
            if added < 30:
                continue
            share = exposure / open_s
            spread = 2.0 * sqrt(clustering * total * share * (1.0 - share)) + 0.5
            if abs(orders - total * share) > spread:
                break
        orders, units, exposure = total, sold, open_s
    if not orders or not exposure:
        return NOTHING
    lumps = max(1.0, series.squares / series.total)
    drift = 0.0 if exposure > HISTORY else DRIFT
    shape = max(MIN_SHAPE, 1.0 / (lumps * clustering / units + drift))
    return Outlook(units / exposure, round(orders), shape, lumps * clustering, min(round(exposure), HISTORY))


def _changing(series: Series, watch: Watch, since: int) -> Outlook:
    """While orders come faster than usual, since then."""
    span = series.mark - since
    usual = max(watch.usual, 1e-6)
    tally = series.tally()
    bins = min(_BINS, max(2, span // _BIN_S))
    edges = [span * n // bins for n in range(bins + 1)]
    counts = [tally.count(since + edges[n], since + edges[n + 1]) for n in range(bins)]
    total = sum(counts)
    an_order = series.total / series.count
    lumps = max(1.0, series.squares / series.total)
    ahead = watch.dispersion_ahead()
    faster = max(1.0, total / span / usual)
    # The variance of a rate that wanders grows with its square.
    clustering = max(1.0, 1.0 + (ahead - 1.0) * faster * min(1.0, span / _SETTLED_S) * 0.5)
    shape = max(MIN_SHAPE, 1.0 / (lumps * clustering / max(1.0, total * an_order) + _COURSE_DRIFT))
    sure = total / (total + _CHOSEN)
    found: list[tuple[float, float, float | None]] = []
    for tau, prior in _TAUS:
        reached = [fading(edge, tau) for edge in edges]
        extra = max(sure * (total - usual * span) / reached[-1], 0.05 * usual)
        likely = log(prior)
        for n, count in enumerate(counts):
            mean = usual * (edges[n + 1] - edges[n]) + extra * (reached[n + 1] - reached[n])
            likely += (count * log(mean) - mean) / clustering
        found.append((likely, extra if tau is None else extra * exp(-span / tau), tau))
    top = max(likely for likely, _, _ in found)
    weights = [exp(likely - top) for likely, _, _ in found]
    courses = []
    for weight, (_, extra, tau) in zip(weights, found, strict=True):
        one = Course(
            weight / sum(weights), usual * an_order, extra * an_order, tau, shape, lumps, _REACH * span
        )
        more = max(1.0, one.mean(900.0) / (900.0 * one.usual))
        courses.append(one._replace(lumps=lumps * (1.0 + (ahead - 1.0) * more)))
    rate = sum(course.weight * (course.usual + course.extra) for course in courses)
    return Outlook(rate, total, shape, lumps, HISTORY, tuple(courses))
