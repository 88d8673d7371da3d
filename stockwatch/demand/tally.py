"""Orders of one SKU summed up by second, so that the count of any span costs two bisections.

Owns cumulative counts per channel and over all channels of the seconds before `until`; it is fed from the
series' entries up to a mark, and told of late ones, which make it read anew from there. Whole seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from stockwatch.demand.coverage import Span


class _Sums:
    """`sums[n]`: orders in the seconds before `seconds[n]`; `total`: in all of them."""

    __slots__ = ("seconds", "sums", "total")

    def __init__(self) -> None:
        self.seconds: list[int] = []
        self.sums: list[int] = []
        self.total = 0

    def before(self, second: int) -> int:
        index = bisect_left(self.seconds, second)
        return self.sums[index] if index < len(self.sums) else self.total

    def add(self, second: int, orders: int) -> None:
        if not self.seconds or self.seconds[-1] != second:
            self.seconds.append(second)
            self.sums.append(self.total)
        self.total += orders

    def cut(self, second: int) -> None:
        index = bisect_left(self.seconds, second)
        if index < len(self.seconds):
            self.total = self.sums[index]
            del self.seconds[index:], self.sums[index:]

    def prune(self, second: int) -> None:
        index = bisect_left(self.seconds, second)
        del self.seconds[:index], self.sums[:index]


class Tally:
    """Counts of spans. Entries must be read in order: `read` is given those from `until` on."""

    __slots__ = ("_all", "_channels", "until")

    def __init__(self) -> None:
        self.until = -(1 << 62)
        """Seconds before it are in the sums."""
        self._all = _Sums()
        self._channels: dict[str, _Sums] = {}

    def read(self, second: int, channel: str, orders: int) -> None:
        """One entry, at or after `until` and not before the last one read."""
        self._all.add(second, orders)
        sums = self._channels.get(channel)
        if sums is None:
            sums = self._channels[channel] = _Sums()
        sums.add(second, orders)

    def late(self, second: int) -> None:
        """The entries of `second` have changed: they and all later ones will be read again."""
        if second < self.until:
            self.until = second
            self._all.cut(second)
            for sums in self._channels.values():
                sums.cut(second)

    def prune(self, second: int) -> None:
        """What came before `second` will not be asked for again."""
        self._all.prune(second)
        for sums in self._channels.values():
            sums.prune(second)

    def count(self, since: int, until: int) -> int:
        """Orders of all channels with since <= second < until."""
        return self._all.before(until) - self._all.before(since)

    def count_of(self, channel: str, since: int, until: int) -> int:
        """The same of one channel."""
        sums = self._channels.get(channel)
        return 0 if sums is None else sums.before(until) - sums.before(since)

    def outside(self, channel: str, blank: Sequence[Span], since: int, until: int) -> int:
        """Orders of a channel with since <= second < until that lie in none of the spans (sorted, disjoint)."""
        sums = self._channels.get(channel)
        if sums is None:
            return 0
        total = sums.before(until) - sums.before(since)
        for first, last in blank:
            if first >= until:
                break
            if last > since:
                total -= sums.before(min(last, until)) - sums.before(max(first, since))
        return total
