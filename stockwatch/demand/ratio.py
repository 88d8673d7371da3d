"""The article's rule for TREND: the last five minutes sold at least twice the five before.

`RatioRule`: orders in event time, ten minutes of feed, eight orders, and it asks for evidence on top: the rule alone
fires some forty times in six hours on a SKU that sells one order a minute. Pure; whole seconds; orders, not units.
"""

from __future__ import annotations

from math import log

from stockwatch.demand.coverage import ChannelCoverage, Span, join, overlap
from stockwatch.demand.series import HISTORY, V300, V600, V1800, Series
from stockwatch.demand.surge import FEED_S, Surge

HALF_S = 300
MIN_ORDERS = 8
RATIO = 2
CLUSTERING_MAX = 4.0
"""More clustering than this is not believed, or one odd minute would hide a surge."""
_BIN_S = 150

EVIDENCE_6H = 7.0
"""Evidence for no more than one false TREND a SKU in six hours of steady sales, and a margin for clustered
orders.

Measured on simulated sales, false ones in six hours: Poisson under 0.1 from 0.02 to 2 orders/s; self-exciting orders,
where each brings half another within a minute, about two; where each brings 0.8 within 20 s, four to six.
"""


class RatioRule:
    """Five minutes against the five before, with evidence.

    The evidence is a log-likelihood ratio (nats): how much better "the last five minutes have a higher
    rate" explains the orders than "one rate all along", against a baseline of up to 25 minutes before. It
    must reach `evidence`. Where a gap, a silence, a channel's late start or a stretch without stock touches
    the windows, orders and exposure of those seconds are left out per channel; a channel with less than
    half of either five minutes covered, or seen for less than ten minutes, doesn't count; TREND is withheld
    when none is left.
    """

    def __init__(self, false_alarm_hours: float) -> None:
        """Alarms thin out exponentially with evidence, so that the hours enter by their logarithm."""
        self.evidence = max(2.0, EVIDENCE_6H + log(false_alarm_hours / 6.0))

    def can_wait(self, series: Series, channels: dict[str, ChannelCoverage], now: int) -> bool:
        """Never: see `SurgeDetector.can_wait`."""
        return False

    def catch_up(self, series: Series, channels: dict[str, ChannelCoverage]) -> None:
        """Nothing ever waits."""

    def look(self, series: Series, channels: dict[str, ChannelCoverage], now: int) -> Surge:
        series.news.clear()
        sums = series.order_sums
        recent = sums[V300]
        before = sums[V600] - recent
        if recent < MIN_ORDERS:
            return Surge(False, recent, before, None)
        if recent < RATIO * before:
            # Without new orders the ratio rises only when so many leave the ten minutes.
            return Surge(False, recent, before, series.until_leaving(V600, before - recent // RATIO))
        mark = series.mark
        start = min((channel.first for channel in channels.values()), default=mark)
        if mark - start < FEED_S:
            return Surge(False, recent, before, FEED_S - (mark - start))
        closed = series.closed(mark)
        since = mark - HISTORY
        plain = not (closed and overlap(closed, since, mark))
        holes: dict[str, list[Span]] = {}
        latest = start
        for name, channel in channels.items():
            latest = max(latest, channel.first)
            spans = channel.uncovered(now)
            if spans and overlap(spans, since, mark):
                plain = False
            holes[name] = spans
        if plain and mark - latest >= FEED_S:
            base_s = min(HISTORY, mark - latest) - HALF_S
            score = _evidence(recent, sums[V1800] - recent, HALF_S / base_s)
            on = self._proven(score, series, mark - HALF_S - base_s, [])
        else:
            on = self._covered(series, channels, holes, closed)
        return Surge(on, recent, before, 5 if on else 1)

    def _proven(self, score: float, series: Series, since: int, blank: list[Span]) -> bool:
        """Is the evidence enough, also for orders that come in clusters?"""
        return score >= self.evidence and score >= self.evidence * _clustering(series, since, blank)

    def _covered(
        self,
        series: Series,
        channels: dict[str, ChannelCoverage],
        holes: dict[str, list[Span]],
        closed: list[Span],
    ) -> bool:
        """The rule on covered seconds only, channel by channel."""
        mark = series.mark
        edges = (mark - HALF_S, mark - 2 * HALF_S, mark - HISTORY)
        tally = series.tally()
        blank: dict[str, list[Span]] = {}
        for name, channel in channels.items():
            spans = list(holes[name])
            for span in closed:
                join(spans, span)
            join(spans, (min(edges[2], channel.first), channel.first))
            blank[name] = spans
        recent = base = 0
        before = expected = 0.0
        smallest = 1.0
        for name, channel in channels.items():
            if mark - channel.first < FEED_S:
                continue
            recent_s = HALF_S - overlap(blank[name], edges[0], mark)
            before_s = HALF_S - overlap(blank[name], edges[1], edges[0])
            if 2 * recent_s < HALF_S or 2 * before_s < HALF_S:
                continue
            base_s = before_s + (edges[1] - edges[2]) - overlap(blank[name], edges[2], edges[1])
            last = tally.outside(name, blank[name], edges[0], mark)
            previous = tally.outside(name, blank[name], edges[1], edges[0])
            older = tally.outside(name, blank[name], edges[2], edges[1])
            recent += last
            base += previous + older
            before += previous * recent_s / before_s
            expected += (previous + older) * recent_s / base_s
            smallest = min(smallest, recent_s / base_s)
        if recent < MIN_ORDERS or recent < RATIO * before:
            return False
        holed: list[Span] = []
        for spans in blank.values():
            for span in spans:
                join(holed, span)
        score = _evidence(recent, base, expected / base if base else smallest)
        return self._proven(score, series, edges[2], holed)


def _evidence(recent: int, base: int, ratio: float) -> float:
    """Nats for "`recent` has a higher rate" against "one rate", `recent` covering `ratio` times the
    exposure of `base`."""
    total = recent + base
    expected = total * ratio / (1.0 + ratio)
    if recent <= expected:
        return 0.0
    score = recent * log(recent / expected)
    if base:
        score += base * log(base / (total - expected))
    return score


def _clustering(series: Series, since: int, blank: list[Span]) -> float:
    """Variance over mean of the orders a minute before the last five, 1 (chance alone) to CLUSTERING_MAX.

    The variance comes from differences of neighbouring minutes, so that a slow change or an earlier surge
    isn't taken for clustering. Minutes that touch `blank` are left out.
    """
    until = series.mark - HALF_S
    bins = (until - since) // _BIN_S
    since = until - bins * _BIN_S
    tally = series.tally()
    counts = [tally.count(since + n * _BIN_S, since + (n + 1) * _BIN_S) for n in range(bins)]
    whole = [not overlap(blank, since + n * _BIN_S, since + (n + 1) * _BIN_S) for n in range(bins)]
    pairs = [(counts[n], counts[n + 1]) for n in range(bins - 1) if whole[n] and whole[n + 1]]
    total = sum(first + second for first, second in pairs)
    if not total:
        return 1.0
    spread = sum((first - second) ** 2 for first, second in pairs)
    return min(CLUSTERING_MAX, max(1.0, spread / total))
