"""Which seconds tell of a SKU's demand, where some don't: its channels' feeds were silent, or nothing could be sold.

A rate is orders over the seconds in which they would have been seen. Of several channels each counts by its part of
the SKU's orders. Seconds that a feed has not covered, and the minute after them in which it may catch up without true
timestamps, are left out with their orders; of seconds in which nothing could be sold the orders count, for what was
taken all the same was wanted. Whole seconds; pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from stockwatch.demand.coverage import ChannelCoverage, Span, join, overlap
from stockwatch.demand.series import HISTORY, Series

KNOWN_PART = 0.5
"""A stretch of which less was seen tells nothing by itself."""
_LEAST_S = 60


class _Feed(NamedTuple):
    name: str
    part: float
    """Of the SKU's orders that come by it."""
    blank: list[Span]
    """Seconds that its feed has not covered."""
    idle: list[Span]
    """The same and those in which nothing could be sold."""


class Sight(NamedTuple):
    """What was seen of one SKU."""

    series: Series
    feeds: tuple[_Feed, ...]

    def seconds(self, since: int, until: int) -> float:
        """Seconds of [since, until) that tell of demand."""
        unseen = sum(feed.part * overlap(feed.idle, since, until) for feed in self.feeds)
        return until - since - unseen

    def orders(self, since: int, until: int) -> int:
        """Orders of [since, until), before the series' mark, that were covered."""
        tally = self.series.tally()
        blank = sum(
            tally.count_of(feed.name, since, until) - tally.outside(feed.name, feed.blank, since, until)
            for feed in self.feeds
        )
        return tally.count(since, until) - blank


def sight(
    series: Series, channels: Mapping[str, ChannelCoverage], now: int, since: int, *, censored: bool
) -> Sight | None:
    """What was seen between `since` and the series' mark; None when all of it was. `censored`: leave out the seconds in
    which nothing could be sold."""
    mark = series.mark
    closed = series.closed(mark) if censored else []
    holes = {name: spans for name, channel in channels.items() if (spans := channel.blank(now))}
    if not any(overlap(spans, since, mark) for spans in (closed, *holes.values())):
        return None
    if not holes:
        return Sight(series, (_Feed("", 1.0, [], closed),))
    tally = series.tally()
    first = min(since, mark - HISTORY)
    rates: dict[str, float] = {}
    for name in channels:
        blank = holes.get(name, [])
        covered = mark - first - overlap(blank, first, mark)
        rates[name] = tally.outside(name, blank, first, mark) / max(covered, _LEAST_S)
    whole = sum(rates.values())
    if not whole:
        here = [name for name in channels if series.watch is None or name in series.watch.channels]
        rates, whole = dict.fromkeys(here, 1.0), float(len(here))
    feeds = []
    for name, rate in rates.items():
        blank = holes.get(name, [])
        idle = list(closed)
        for span in blank:
            join(idle, span)
        feeds.append(_Feed(name, rate / whole if whole else 0.0, blank, idle))
    return Sight(series, tuple(feeds))
