"""The sequential rule for TREND: every order is weighed as it counts, by the SKU's `Watch`.

Told the false-alarm rate in hours, it asks the watch's score for the logarithm of that time. Seconds that a channel's
feed has not covered, and those in which nothing could be sold, are left out with their orders; so is the first minute
after a gap, in which a feed without true timestamps may catch up. An order counts at the watermark; a late one when it
comes (orders delayed at random are as random as before). By more than a minute late it is only learned from, for it
tells of another time; unless its channel's orders always come so late. Pure; whole seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from math import log

from stockwatch.demand.coverage import SILENCE_MIN_S, ChannelCoverage, Span, join, overlap
from stockwatch.demand.series import V300, V600, Series
from stockwatch.demand.surge import FEED_S, WATERMARK_S, Surge
from stockwatch.demand.watch import Watch

FEED_TAUGHT_S = 180
"""As FEED_S, of a channel whose rate earlier streams have taught."""
LATE_S = 60
"""An order that is later tells of another time."""
WAIT_S = 600
"""So long may orders that can't make a surge wait to be weighed."""
_SHIFT = ((0.02, 1.0), (0.2, 1.2), (2.0, 0.95))
"""(orders a second, nats): what the score needs on top of the logarithm of the time, so that one false alarm comes in
six hours. Measured on Poisson, self-exciting and log-normally modulated orders; between them by the logarithm."""
_SHIFT_RATES = [rate for rate, _ in _SHIFT]
_SHIFT_WIDTHS = [log(high / low) for (low, _), (high, _) in pairwise(_SHIFT)]


class SequentialRule:
    """One false TREND a SKU in so many hours of sales as usual."""

    def __init__(self, false_alarm_hours: float) -> None:
        self._rare = log(max(false_alarm_hours, 0.05) * 3600.0)
        self._least = self._rare + min(shift for _, shift in _SHIFT)
        """No threshold is lower."""

    def threshold(self, rate: float) -> float:
        """Of the watch's score, for a SKU that usually has `rate` orders a second."""
        return self._rare + _shift(rate)

    def can_wait(self, series: Series, channels: dict[str, ChannelCoverage], now: int) -> bool:
        """See `SurgeDetector.can_wait`; only while every feed talks and nothing comes much too late or
        by a channel that is new to the SKU."""
        watch, mark = series.watch, now - WATERMARK_S
        if watch is None or watch.since is not None or series.closed(mark):
            return False
        for channel in channels.values():
            if channel.gaps or now - channel.seen >= SILENCE_MIN_S:
                return False
        spare = series.spare
        if spare is None:
            spare = series.spare = watch.spare_orders(self._least, WAIT_S)
            series.spare_until = watch.at + WAIT_S
        if mark > series.spare_until:
            return False
        for counts, second, name in series.news:
            if counts < mark:
                spare -= 1
                if spare < 0 or counts - second > LATE_S or counts <= watch.at or name not in watch.channels:
                    return False
        series.waiting = mark
        return True

    def catch_up(self, series: Series, channels: dict[str, ChannelCoverage]) -> None:
        """See `SurgeDetector.catch_up`."""
        watch, before = series.watch, series.waiting
        series.waiting = None
        if watch is None or before is None:
            return
        self._weigh(watch, series, channels, before, {}, self._least)
        assert watch.since is None, "only what begins no surge may wait"

    def look(self, series: Series, channels: dict[str, ChannelCoverage], now: int) -> Surge:
        """See `SurgeDetector.look`."""
        mark = series.mark
        watch = series.watch
        if watch is None:
            start = min((channel.first for channel in channels.values()), default=mark)
            watch = series.watch = Watch(start - WATERMARK_S, series.taught)
        self._take_in(watch, series, channels, now)
        recent = series.order_sums[V300]
        before = series.order_sums[V600] - recent
        ripe = min([counts for counts, _, _ in series.news]) if series.news else None
        if watch.over_at is not None:
            ripe = watch.over_at if ripe is None else min(ripe, watch.over_at)
        look_s = None if ripe is None else max(1, ripe + 1 - mark)
        if watch.since is None:
            return Surge(False, recent, before, look_s)
        return Surge(True, recent, before, look_s, watch.since, watch.surge_orders, watch.usual)

    def _take_in(self, watch: Watch, series: Series, channels: dict[str, ChannelCoverage], now: int) -> None:
        """What has come to count since the last look."""
        self.catch_up(series, channels)
        over_at = watch.over_at
        if (over_at is not None and over_at < series.mark) or any(
            one[0] < series.mark for one in series.news
        ):
            self._weigh(watch, series, channels, series.mark, _blank(series, channels, now))

    def _weigh(
        self,
        watch: Watch,
        series: Series,
        channels: dict[str, ChannelCoverage],
        mark: int,
        blank: dict[str, list[Span]],
        threshold: float | None = None,
    ) -> None:
        """The news that count before second `mark`; `blank` as of `_blank`. `threshold`: where it is known that even
        that one is not reached."""
        series.spare = None
        entries: dict[int, list[tuple[int, str]]] = {}
        if series.news:
            later = []
            for one in series.news:
                at, second, name = one
                if at >= mark:
                    later.append(one)
                else:
                    entries.setdefault(max(at, watch.at + 1), []).append((second, name))
            series.news = later
        places = {name: n for n, name in enumerate(watch.channels)}
        for at in sorted(entries) if len(entries) > 1 else entries:
            if watch.since is not None:
                self._be_over(watch, at, blank)
            taken = []
            for second, name in entries[at]:
                holes = blank.get(name) if blank else None
                if holes and overlap(holes, second, second + 1):
                    continue
                channel = channels[name]
                first = channel.first
                place = places.get(name)
                if place is None:
                    place = places[name] = len(watch.channels)
                    ran = max(0, at - first)
                    if holes:
                        ran -= overlap(holes, first, at)
                    watch.add_channel(name, ran)
                warm = FEED_TAUGHT_S if watch.is_taught(name) else FEED_S
                counts = second - first >= warm and _in_time(channel, at - second)
                taken.append((place, 1, counts))
            if threshold is None:
                self._step(watch, at, taken, blank)
            else:
                watch.step(at, taken, None, threshold)
        if watch.since is not None:
            self._be_over(watch, mark, blank)

    def _be_over(self, watch: Watch, before: int, blank: dict[str, list[Span]]) -> None:
        """A surge that ends by itself before a second."""
        while (over_at := watch.over_at) is not None and over_at < before:
            self._step(watch, over_at, [], blank)

    def _step(
        self, watch: Watch, at: int, taken: list[tuple[int, int, bool]], blank: dict[str, list[Span]]
    ) -> None:
        covered = None
        if blank:
            last = watch.at + 1
            covered = [float(at - last - overlap(blank.get(name, []), last, at)) for name in watch.channels]
        watch.step(at, taken, covered, self.threshold(watch.usual))


def _in_time(channel: ChannelCoverage, late: int) -> bool:
    """Whether an order is about as late as all of its channel's are, or no later than any may be."""
    least, most = channel.late_s, channel.latest_s
    return late <= LATE_S or (least > LATE_S and least - LATE_S <= late <= most + LATE_S)


def _blank(series: Series, channels: dict[str, ChannelCoverage], now: int) -> dict[str, list[Span]]:
    """Per channel the seconds that tell nothing; empty when there are none anywhere."""
    closed = series.closed(series.mark)
    if not closed:
        for channel in channels.values():
            if channel.gaps or now - channel.seen >= SILENCE_MIN_S:
                break
        else:
            return {}
    blank: dict[str, list[Span]] = {}
    for name, channel in channels.items():
        gaps = channel.blank(now)
        if not gaps and not closed:
            continue
        spans = list(closed)
        for gap in gaps:
            join(spans, gap)
        blank[name] = spans
    return blank


def _shift(rate: float) -> float:
    """Nats by which the threshold is higher at a rate of orders."""
    n = bisect_left(_SHIFT_RATES, rate)
    if n == 0:
        return _SHIFT[0][1]
    if n == len(_SHIFT_RATES):
        return _SHIFT[-1][1]
    (low, below), (_, above) = _SHIFT[n - 1], _SHIFT[n]
    return below + (above - below) * log(rate / low) / _SHIFT_WIDTHS[n - 1]
