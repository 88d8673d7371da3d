"""What was taken of one SKU, by event second, with running sums over a few trailing windows.

Owns the recent seconds (orders and units, one entry a second and channel) and the minutes of the whole
stream. Whole seconds in, counts out; never reads a clock. A window of `w` seconds at mark `m` is [m - w,
m): the mark is the watermark, before which every second counts as complete. Moving the mark forward costs
what crosses an edge, not the length of the windows; moving it back rebuilds the sums.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from msgspec import structs

from stockwatch.demand.coverage import KEEP_S, Span, by_minute, join
from stockwatch.demand.fates import Fates
from stockwatch.demand.lessons import Presenting, SkuLessons, shares_of, surges_of
from stockwatch.demand.tally import Tally
from stockwatch.demand.watch import Watch

WINDOWS = (180, 300, 600, 1800)
"""Seconds of the trailing windows that are summed, ascending."""
V180, V300, V600, V1800 = range(4)
HISTORY = WINDOWS[-1]
MAX_MINUTES = 3 * 24 * 60
"""Minutes kept for the chart, so that a feed with absurd times can't grow without end."""
_TAUGHT_ORDERS = 10
"""Orders that what earlier streams taught of an order's size counts as."""
_PRUNE_AT = 512
_WALK = 16


class Series:
    """One SKU's demand. Entries are sorted by second; entries of one second differ in their channel."""

    __slots__ = (
        "_edge",
        "_head",
        "_shut_minutes",
        "_tally",
        "channels",
        "count",
        "fates",
        "fresh",
        "mark",
        "minutes",
        "news",
        "order_sums",
        "orders",
        "presented",
        "seconds",
        "showing",
        "shown",
        "shut",
        "shut_since",
        "spare",
        "spare_until",
        "squares",
        "taught",
        "total",
        "unit_sums",
        "units",
        "waiting",
        "watch",
    )

    def __init__(self) -> None:
        self.seconds: list[int] = []
        self.orders: list[int] = []
        self.units: list[int] = []
        self.channels: list[str] = []
        self.minutes: dict[int, int] = {}
        self.mark = -(1 << 62)
        """Seconds before it are in the sums."""
        self.fresh: int | None = None
        """The earliest second of the orders since somebody set it to None: the decider's note, not the reader's."""
        self._head = 0
        """First entry at or after the mark."""
        self._edge = [0] * len(WINDOWS)
        """First entry of each window."""
        self.order_sums = [0] * len(WINDOWS)
        self.unit_sums = [0] * len(WINDOWS)
        self._tally: Tally | None = None
        """Made when first asked for: most SKUs never need it."""
        self.shut: list[Span] = []
        """Spans in which nothing could be sold: what was not bought then says nothing about demand."""
        self._shut_minutes: dict[int, int] = {}
        """Seconds of each minute of the whole stream in which nothing could be sold, up to `shut_since`."""
        self.shut_since: int | None = None
        """Since when nothing can be sold, None while something can."""
        self.fates: Fates | None = None
        """Of its own surges, once one has ended."""
        self.watch: Watch | None = None
        """What the sequential detector remembers, once it has looked."""
        self.presented: int | None = None
        """Second in which its link was last begun to be presented."""
        self.showing: int | None = None
        """Since when its link is presented; None while it isn't."""
        self.shown: Presenting = Presenting()
        """What was sold while it was, in this stream."""
        self.taught: SkuLessons | None = None
        """What earlier streams taught of it."""
        self.news: list[tuple[int, int, str]] = []
        """Orders that no detector has weighed yet, as they came: (second from which on it counts, its own second,
        channel)."""
        self.spare: int | None = None
        """Orders among the news that may come to count, up to second `spare_until`, without a look of the detector;
        None: not known, as the watch has moved on."""
        self.spare_until = 0
        self.waiting: int | None = None
        """News that count before this second have waited for the detector, while every feed talked."""
        self.count = 0
        """Orders over the whole stream."""
        self.total = 0
        """Units over the whole stream."""
        self.squares = 0
        """Sum of (units of an order)^2 over the whole stream: how lumpy the orders are."""

    def add(self, second: int, channel: str, units: int) -> None:
        """One order. Older than the kept history: only its minute learns of it."""
        self.count += 1
        self.total += units
        self.squares += units * units
        minute = second - second % 60
        minutes = self.minutes
        if minute in minutes:
            minutes[minute] += units
        else:
            minutes[minute] = units
            if len(minutes) > MAX_MINUTES:
                del minutes[min(minutes)]
        if self.fresh is None or second < self.fresh:
            self.fresh = second
        seconds = self.seconds
        if not seconds or second > seconds[-1]:
            index = len(seconds)
        else:
            if second < self.mark - HISTORY:
                return
            index = bisect_right(seconds, second)
            probe = index - 1
            while probe >= 0 and seconds[probe] == second:
                if self.channels[probe] == channel:
                    self.orders[probe] += 1
                    self.units[probe] += units
                    if second < self.mark:
                        self._count_late(second, 1, units)
                        if self._tally is not None:
                            self._tally.late(second)
                    return
                probe -= 1
        if index == len(seconds):
            seconds.append(second)
            self.orders.append(1)
            self.units.append(units)
            self.channels.append(channel)
        else:
            seconds.insert(index, second)
            self.orders.insert(index, 1)
            self.units.insert(index, units)
            self.channels.insert(index, channel)
        if second < self.mark:
            self._head += 1
            edge = self._edge
            for window, length in enumerate(WINDOWS):
                if second < self.mark - length:
                    edge[window] += 1
            self._count_late(second, 1, units)
            if self._tally is not None:
                self._tally.late(second)

    def _count_late(self, second: int, orders: int, units: int) -> None:
        for window, length in enumerate(WINDOWS):
            if second >= self.mark - length:
                self.order_sums[window] += orders
                self.unit_sums[window] += units

    def advance(self, mark: int) -> None:
        """Move the windows so that they end at `mark`."""
        if mark == self.mark:
            return
        seconds = self.seconds
        orders = self.orders
        units = self.units
        order_sums = self.order_sums
        unit_sums = self.unit_sums
        edge = self._edge
        if mark < self.mark:
            self._head = 0
            for window in range(len(WINDOWS)):
                edge[window] = order_sums[window] = unit_sums[window] = 0
            if self._tally is not None:
                self._tally.late(mark)
        self.mark = mark
        head = self._head
        count = len(seconds)
        if head < count and seconds[head] < mark:
            new_orders = new_units = 0
            while head < count and seconds[head] < mark:
                new_orders += orders[head]
                new_units += units[head]
                head += 1
            self._head = head
            order_sums[V180] += new_orders
            order_sums[V300] += new_orders
            order_sums[V600] += new_orders
            order_sums[V1800] += new_orders
            unit_sums[V180] += new_units
            unit_sums[V300] += new_units
            unit_sums[V600] += new_units
            unit_sums[V1800] += new_units
        for window in range(len(WINDOWS)):
            first = edge[window]
            since = mark - WINDOWS[window]
            if first < head and seconds[first] < since:
                while first < head and seconds[first] < since:
                    order_sums[window] -= orders[first]
                    unit_sums[window] -= units[first]
                    first += 1
                edge[window] = first
        if edge[-1] > _PRUNE_AT:
            self._prune(edge[-1])

    def until_leaving(self, window: int, orders: int) -> int:
        """Seconds until so many of a window's orders (at least 1, at most those in it) have left it; sooner where they
        lie in more than `_WALK` entries."""
        index = self._edge[window]
        last = index + _WALK
        while (orders := orders - self.orders[index]) > 0 and index < last:
            index += 1
        return self.seconds[index] + WINDOWS[window] + 1 - self.mark

    def _prune(self, gone: int) -> None:
        del self.seconds[:gone], self.orders[:gone], self.units[:gone], self.channels[:gone]
        self._head -= gone
        self._edge = [first - gone for first in self._edge]
        if self._tally is not None:
            self._tally.prune(self.mark - HISTORY)

    @property
    def pending(self) -> int:
        """Orders at or after the mark: not in any window yet."""
        return sum(self.orders[self._head :])

    @property
    def pending_units(self) -> int:
        """Units of the same."""
        return sum(self.units[self._head :])

    def next_from(self, second: int) -> int | None:
        """The first second at or after that one, which is not before the mark, that has an order."""
        index = bisect_left(self.seconds, second, self._head)
        return self.seconds[index] if index < len(self.seconds) else None

    @property
    def next_second(self) -> int | None:
        """The first second at or after the mark that has an order."""
        return self.seconds[self._head] if self._head < len(self.seconds) else None

    def close(self, second: int) -> None:
        """From now on nothing can be sold (an empty wave, sold out)."""
        if self.shut_since is None:
            self.shut_since = second

    def open(self, second: int) -> None:
        """Something can be sold again."""
        if self.shut_since is not None:
            join(self.shut, (self.shut_since, second))
            by_minute(self._shut_minutes, max(self.shut_since, second - MAX_MINUTES * 60), second)
            self.shut_since = None
            while self.shut and self.shut[0][1] < second - KEEP_S:
                del self.shut[0]

    def begin(self, taught: SkuLessons | None) -> None:
        """A stream begins, of which earlier ones have taught this; what was sold in them stays on the chart."""
        self.taught, self.watch, self.fates, self.showing, self.shown = taught, None, None, None, Presenting()
        self.news.clear()
        self.spare = self.waiting = None
        if taught is None:
            return
        self.count = _TAUGHT_ORDERS
        self.total = round(_TAUGHT_ORDERS * taught.units_per_order)
        self.squares = round(_TAUGHT_ORDERS * max(taught.units_squared_per_order, taught.units_per_order))
        if taught.surges or taught.surges_presented:
            self.fates = Fates()
            self.fates.begin_with(shares_of(taught.surges), shares_of(taught.surges_presented))

    def teaches(self) -> SkuLessons | None:
        """What this stream has taught of it, as one stream's lessons; None where that is next to nothing."""
        stream = None if self.watch is None else self.watch.teaches()
        if stream is None:
            return None
        fates = Fates() if self.fates is None else self.fates
        return structs.replace(
            stream,
            units_per_order=self.total / self.count,
            units_squared_per_order=self.squares / self.count,
            surges=surges_of(fates.shares),
            surges_presented=surges_of(fates.shares_presented),
            presented=self.shown,
        )

    def show(self, second: int) -> None:
        """The host begins to present its link."""
        self.presented = self.showing = second

    def hide(self, second: int) -> None:
        """The host does so no more."""
        since = self.showing
        self.showing = None
        if since is None or second <= since:
            return
        since = max(since, second - HISTORY)
        first, last = bisect_left(self.seconds, since), bisect_left(self.seconds, second)
        shown = self.shown
        self.shown = Presenting(
            shown.times + 1.0, shown.orders + sum(self.orders[first:last]), shown.seconds + second - since
        )

    @property
    def expected(self) -> bool:
        """Whether its link is presented, and earlier streams have taught what that does."""
        return self.showing is not None and self.taught is not None and self.taught.presented.times > 0.0

    def closed_minutes(self, now: int) -> dict[int, int]:
        """Seconds of each minute of the whole stream up to `now` in which nothing could be sold."""
        minutes = self._shut_minutes
        if self.shut_since is not None:
            minutes = dict(minutes)
            by_minute(minutes, max(self.shut_since, now - MAX_MINUTES * 60), now)
        return minutes

    def closed(self, now: int) -> list[Span]:
        """Spans up to `now` in which nothing could be sold, sorted and disjoint."""
        if self.shut_since is None:
            return self.shut
        spans = list(self.shut)
        join(spans, (self.shut_since, now))
        return spans

    def tally(self) -> Tally:
        """Orders before the mark, to be counted by span and channel."""
        tally = self._tally
        if tally is None:
            tally = self._tally = Tally()
        if tally.until < self.mark:
            for index in range(bisect_left(self.seconds, tally.until), self._head):
                tally.read(self.seconds[index], self.channels[index], self.orders[index])
            tally.until = self.mark
        return tally
