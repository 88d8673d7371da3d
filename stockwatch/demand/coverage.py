"""Which seconds each channel's feed has really covered, and which seconds a SKU could be bought in.

A second is *covered* for a channel only when its feed ran live through it. Not covered are: everything
before the channel was first seen; gaps that a feed declares; and silences too long to be chance, declared
or not. A gap stays uncovered even when a catch-up brings its orders later: nobody can tell whether the
catch-up was complete, so its seconds and its orders are left out of every comparison of rates, on both
sides. Whole seconds everywhere.

A silence is improbable when the channel's own recent rate would have brought `SILENCE_ORDERS` orders in it:
for Poisson arrivals exp(-14), about one in a million. The rate is the smaller of two exponential averages
(memory 60 s and 600 s), so that the calm after a burst isn't taken for a broken feed.
"""

from __future__ import annotations

from math import exp

SILENCE_ORDERS = 14.0
SILENCE_MIN_S = 20
_SHORT_S = 60.0
_LONG_S = 600.0
CATCH_UP_S = 60
"""Seconds after a gap in which a feed without true timestamps may catch up."""
_SLOT_S = 20
_SLOTS = 15
"""How late orders are is what half of the last so many stretches with orders had at the least and at the most: a
catch-up of two minutes, or one that brings many orders at once, is no habit."""
KEEP_S = 3600
"""Gaps that ended longer ago than this are forgotten: no window reaches them."""

Span = tuple[int, int]
"""[since, until) in whole seconds."""


def join(spans: list[Span], span: Span) -> None:
    """Add a span to a sorted list of disjoint ones, in place."""
    since, until = span
    if until <= since:
        return
    kept: list[Span] = []
    for other in spans:
        if other[1] < since or other[0] > until:
            kept.append(other)
        else:
            since, until = min(since, other[0]), max(until, other[1])
    kept.append((since, until))
    kept.sort()
    spans[:] = kept


def overlap(spans: list[Span], since: int, until: int) -> int:
    """Seconds of [since, until) that lie in the spans (sorted, disjoint)."""
    total = 0
    for first, last in spans:
        if first >= until:
            break
        if last > since:
            total += min(last, until) - max(first, since)
    return total


def by_minute(minutes: dict[int, int], since: int, until: int) -> None:
    """Add the seconds of [since, until) to those of their minutes (by epoch second)."""
    while since < until:
        minute = since - since % 60
        end = min(until, minute + 60)
        minutes[minute] = minutes.get(minute, 0) + end - since
        since = end


class ChannelCoverage:
    """What one channel's feed has covered."""

    __slots__ = (
        "_count",
        "_late",
        "_long",
        "_second",
        "_short",
        "_slot",
        "first",
        "gaps",
        "late_s",
        "latest_s",
        "seen",
    )

    def __init__(self, first: int) -> None:
        self.first = first
        """Its first second with anything in it."""
        self.seen = first
        """The clock when it last said anything."""
        self.gaps: list[Span] = []
        self._second = first
        self._count = 0
        self._short = 0.0
        self._long = 0.0
        self.late_s = self.latest_s = 0
        """By how much its orders usually come late, at the least and at the most; 0 until that is known."""
        self._slot = 0
        self._late: list[tuple[int, int]] = []
        """The same of each stretch of `_SLOT_S` with orders, the last one's at the end."""

    def rate(self) -> float:
        """Orders a second, on the low side."""
        return min((self._short + self._count) / _SHORT_S, (self._long + self._count) / _LONG_S)

    def hear(self, arrival: int, orders: int) -> None:
        """Something came at `arrival` (the clock); `orders` of it were orders."""
        silence = arrival - self.seen
        if silence >= SILENCE_MIN_S and self.rate() * silence >= SILENCE_ORDERS:
            self.miss((self.seen + 1, arrival))
        if silence > 0:
            self.seen = arrival
        if arrival > self._second:
            passed = arrival - self._second
            self._short = (self._short + self._count) * exp(-passed / _SHORT_S)
            self._long = (self._long + self._count) * exp(-passed / _LONG_S)
            self._second = arrival
            self._count = orders
        else:
            self._count += orders

    def came(self, arrival: int, late: int) -> None:
        """An order came so many seconds late."""
        slot = arrival // _SLOT_S
        if slot == self._slot:
            least, most = self._late[-1]
            if not least <= late <= most:
                self._late[-1] = min(least, late), max(most, late)
            return
        self._slot = slot
        if len(self._late) == _SLOTS:
            self.late_s = sorted(least for least, _ in self._late)[_SLOTS // 2]
            self.latest_s = sorted(most for _, most in self._late)[_SLOTS // 2]
            del self._late[0]
        self._late.append((late, late))

    def miss(self, span: Span) -> None:
        join(self.gaps, span)
        while self.gaps and self.gaps[0][1] < self.seen - KEEP_S:
            del self.gaps[0]

    def silent_since(self, now: int) -> int | None:
        """Since when it has said nothing, where that is too long to be chance."""
        silence = now - self.seen
        return self.seen if silence >= SILENCE_MIN_S and self.rate() * silence >= SILENCE_ORDERS else None

    def uncovered(self, now: int) -> list[Span]:
        """Its gaps, with the silence that goes on now where it is too long to be chance."""
        since = self.silent_since(now)
        if since is None:
            return self.gaps
        spans = list(self.gaps)
        join(spans, (since + 1, now))
        return spans

    def blank(self, now: int) -> list[Span]:
        """The same, the longer ones with the time in which it may catch up: what is heard then tells no rate."""
        if not self.gaps and now - self.seen < SILENCE_MIN_S:
            return self.gaps
        uncovered = self.uncovered(now)
        if not uncovered:
            return uncovered
        spans: list[Span] = []
        for since, until in uncovered:
            join(spans, (since, until + CATCH_UP_S if until - since >= SILENCE_MIN_S else until))
        return spans
