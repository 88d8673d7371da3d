"""What the latest orders of a SKU say about those to come: one rate while nothing changes, several courses while it
does.

One rate comes from the longest stretch that tells one story: 5, 10 or 30 minutes, then all that the watch has learned.
A longer one is taken as long as the part it adds agrees with the part already in (two standard deviations of orders,
with the clustering that was measured): steady sales are measured long, a change is followed within five minutes.

Where orders have begun to come faster, nobody can know at once whether that stays: since a surge began, or in the last
minutes where they outran all that came before and no surge was called yet. Each course of `fates` is weighed by how
likely it makes the counts since the change, with an allowance for clustering, times how often it has been met. Measured
on streams with steps, ramps, flashes and pulse trains: `tests/benchmarks/foresight_forecast.py`, `foresight_lines.py`.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from stockwatch.demand import presenting
from stockwatch.demand.courses import shares, weighed
from stockwatch.demand.coverage import SILENCE_MIN_S, ChannelCoverage
from stockwatch.demand.fates import PRESENTED_BEFORE_S, Fates, was_presented
from stockwatch.demand.outlook import DRIFT, MIN_SHAPE, NOTHING, Course, Outlook
from stockwatch.demand.series import HISTORY, V300, WINDOWS, Series
from stockwatch.demand.sight import KNOWN_PART, Sight, sight
from stockwatch.demand.surge import WATERMARK_S
from stockwatch.demand.watch import Watch

_MIN_EXPOSURE_S = 60
_KNOWN_S = 1800.0
"""What the watch has learned counts from so many seconds on."""
_COURSE_DRIFT = 0.04
_REACH = 12.0
"""A change is counted on for so many times as long as it has lasted."""
_CHOSEN = 4.0
"""Orders by which a change looks larger than it is, since its beginning was chosen to fit."""
_BIN_S = 20
_BINS = 12
_LEAST_PART = 0.05
"""Of a bin's orders that could be seen, at least: orders that come while a thing is gone are wanted all the same."""
_SETTLED_S = 400.0
"""From this age on clustering counts in full against the shape of a change."""


def estimate(
    series: Series,
    channels: Mapping[str, ChannelCoverage],
    feed_first: int,
    fates: Fates,
    *,
    censored: bool = True,
) -> Outlook:
    """The outlook at the series' mark.

    `channels`: of the room, with what their feeds have covered; `fates`: what became of the room's surges. Seconds in
    which nothing could be sold are no exposure (unless `censored` is false), nor are those before the feed began, nor
    what a feed has not covered, which is left out with its orders.
    """
    order_sums = series.order_sums
    mark, watch = series.mark, series.watch
    now = mark + WATERMARK_S
    age = max(mark - feed_first, least_s(series))
    since = None if watch is None else watch.since
    if series.showing is not None and since is None:
        prompted = presenting.prompted(series)
        if prompted is not None:
            return prompted
    seen: Sight | None = None
    closed = censored and (series.shut or series.shut_since is not None)
    torn = closed
    for channel in channels.values():
        torn = torn or channel.gaps or now - channel.seen >= SILENCE_MIN_S
    if torn:
        first = mark - min(HISTORY, age)
        first = first if since is None else min(first, since)
        seen = sight(series, channels, now, first, censored=bool(closed))
    blind = seen is not None and any(feed.blank for feed in seen.feeds)
    if order_sums[-1] == 0 and not blind:
        return NOTHING
    if watch is not None and since is not None and mark - since >= 2 and series.count:
        presented = was_presented(since, series.presented)
        return _changing(series, watch, since, fates.met(series.fates, presented=presented), seen)
    clustering = 1.0 if watch is None else watch.dispersion_ahead()
    stretches: list[tuple[float, float, float]] = []
    for window in range(V300, len(WINDOWS)):
        length = min(WINDOWS[window], age)
        total, sold = float(order_sums[window]), float(series.unit_sums[window])
        open_s = float(length)
        if seen is not None:
            open_s = seen.seconds(mark - length, mark)
            if blind:
                covered = seen.orders(mark - length, mark)
                total, sold = covered, sold * covered / total if total else 0.0
                if open_s < KNOWN_PART * length:
                    continue
        stretches.append((total, sold, open_s))
    if watch is not None:
        known, seconds = watch.known
        if seconds > _KNOWN_S or series.taught is not None:
            stretches.append((known, known * series.total / series.count, seconds))
    orders = units = exposure = 0.0
    rose = False
    for total, sold, open_s in stretches:
        if open_s < _MIN_EXPOSURE_S:
            continue
        if exposure:
            added = open_s - exposure
            if added < 30:
                continue
            share = exposure / open_s
            spread = 2.0 * sqrt(clustering * total * share * (1.0 - share)) + 0.5
            more = orders - total * share
            if abs(more) > spread:
                rose = more > 0
                break
        orders, units, exposure = total, sold, open_s
    if not orders or not exposure:
        return NOTHING
    if rose and seen is None and watch is not None and watch.known[1] > _KNOWN_S:
        since = mark - round(exposure)
        # A presentation within the stretch explains what rose just as one shortly before it does.
        shown = series.presented
        presented = shown is not None and shown >= since - PRESENTED_BEFORE_S
        return _changing(series, watch, since, fates.met(series.fates, presented=presented))
    lumps = max(1.0, series.squares / series.total)
    clustering = 1.0 if watch is None else watch.dispersion_in_total()
    drift = 0.0 if exposure > HISTORY else DRIFT
    shape = max(MIN_SHAPE, 1.0 / (lumps * clustering / units + drift))
    return Outlook(units / exposure, round(orders), shape, lumps * clustering, min(round(exposure), HISTORY))


def least_s(series: Series) -> int:
    """Seconds that the orders of a feed which has just begun are spread over at least: without earlier streams' word
    on what is usual, the first minutes are no rate."""
    return _MIN_EXPOSURE_S if series.taught is not None else WINDOWS[V300]


def fate(
    series: Series, watch: Watch, since: int, until: int, usual: float, met: Sequence[float]
) -> list[float]:
    """The share of each course in a surge of [since, until] that is over; `usual`: orders a second before it."""
    usual = max(usual, 1e-6)
    edges, counts = _binned(series, since, until + 1)
    clustering = _clustering(watch, sum(counts) / edges[-1] / usual, edges[-1])
    return shares(counts, edges, usual, clustering, met)


def _binned(series: Series, since: int, until: int) -> tuple[list[int], list[int]]:
    """(edges in seconds from `since`, orders between them)."""
    span = max(2, until - since)
    bins = min(_BINS, max(2, span // _BIN_S))
    edges = [span * n // bins for n in range(bins + 1)]
    tally = series.tally()
    return edges, [tally.count(since + edges[n], since + edges[n + 1]) for n in range(bins)]


def _clustering(watch: Watch, faster: float, span: int) -> float:
    """Variance over mean of counts in a surge. The variance of a rate that wanders grows with its square."""
    ahead = watch.dispersion_ahead()
    return max(1.0, 1.0 + (ahead - 1.0) * max(1.0, faster) * min(1.0, span / _SETTLED_S))


def _changing(
    series: Series, watch: Watch, since: int, met: Sequence[float], seen: Sight | None = None
) -> Outlook:
    """While orders come faster than usual, since then."""
    usual = max(watch.usual, 1e-6)
    edges, counts = _binned(series, since, series.mark)
    parts = None
    span = open_s = float(edges[-1])
    if seen is not None:
        bins = [(since + edges[n], since + edges[n + 1]) for n in range(len(counts))]
        parts = [max(_LEAST_PART, seen.seconds(*one) / (one[1] - one[0])) for one in bins]
        counts = [seen.orders(*one) for one in bins]
        open_s = sum(part * (last - first) for part, (first, last) in zip(parts, bins, strict=True))
    total = sum(counts)
    an_order = series.total / series.count
    lumps = max(1.0, series.squares / series.total)
    ahead = watch.dispersion_ahead()
    clustering = _clustering(watch, total / open_s / usual, edges[-1])
    shape = max(MIN_SHAPE, 1.0 / (lumps * clustering / max(1.0, total * an_order) + _COURSE_DRIFT))
    courses = []
    for weight, extra, kind in weighed(
        counts, edges, usual, total / (total + _CHOSEN), clustering, met, parts
    ):
        one = Course(weight, usual * an_order, extra * an_order, kind.fading, shape, lumps, _REACH * span)
        more = max(1.0, one.mean(900.0) / (900.0 * one.usual))
        courses.append(one._replace(lumps=lumps * (1.0 + (ahead - 1.0) * more)))
    rate = sum(course.weight * (course.usual + course.extra) for course in courses)
    return Outlook(rate, total, shape, lumps, HISTORY, tuple(courses))
