"""How clustered the orders of one SKU are: the variance over the mean of their counts, and how it grows with the length
of time they are counted over.

Counts at 15, 45, 135 and 405 s, with a memory of some hours; from differences of neighbours, so that slow changes don't
count. Between the scales it is taken by the logarithm of the time. Whole seconds; pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

MEMORY_S = 14400.0
"""What is learned of a stream fades to 1/e in so many seconds."""
SCALES = (15, 45, 135, 405)
"""Seconds of the bins whose counts tell how clustered orders are."""
_LOG_SCALES = (0.0, *(log(scale) for scale in SCALES))
_SCALE_FADE = tuple(exp(-scale / MEMORY_S) for scale in SCALES)
_AGE_FACTOR = 3.0
_PRIOR_BINS = 80.0
"""Bins without clustering that are believed beforehand."""
_OUTLIER = 8.0
"""A squared difference counts as at most this many times what is expected: a change is no clustering."""
_DISPERSION_MAX = 400.0
_TAUGHT_BINS = 40.0
"""Bins that what earlier streams taught counts as."""
_PRIOR_BINS_AHEAD = 12.0
_GROWS = 0.25
_DISPERSION_AHEAD_MAX = 400.0
LONG_S = 1215
"""Seconds of bins so long that few of them are seen in a stream: they only tell where clustering grows no further."""
_LONG_FADE = exp(-LONG_S / MEMORY_S)
_PRIOR_BINS_TOTAL = 6.0
_PRIOR_BINS_LONG = 4.0
_GROWS_ON = 4.0
"""How much further variance over mean grows beyond the longest bins than between the last two of SCALES, where a rate
wanders: differences of neighbours see but a part of what takes as long as they do. A rate whose logarithm is an
Ornstein-Uhlenbeck process of 300 s and 0.3 adds 2.7, 14 and 56 times its orders a second to that of 135 s, of 405 s and
in the long run."""


class _Bins:
    """Counts in bins of one length: mean and variance from differences of neighbours."""

    __slots__ = ("bin", "count", "last", "mean", "spread")

    def __init__(self) -> None:
        self.bin: int | None = None
        self.count = 0
        self.last: int | None = None
        """Orders in the bin before; None where it was not whole."""
        self.spread = 0.0
        self.mean = 0.0

    def take(self, bin_: int, orders: int, fade: float, limit: float) -> bool:
        """Whether a bin has been closed by it."""
        if self.bin is None:
            self.bin, self.count = bin_, orders
            return False
        passed = bin_ - self.bin
        if passed <= 0:
            self.count += orders
            return False
        last, count = self.last, self.count
        spread, mean = self.spread, self.mean
        if last is not None:
            square = 0.5 * (last - count) * (last - count)
            spread = spread * fade + (square if square < limit else limit)
            mean = mean * fade + 0.5 * (last + count)
        if passed > 1:
            square = 0.5 * count * count
            spread = spread * fade + (square if square < limit else limit)
            mean = mean * fade + 0.5 * count
            if passed > 2:
                left = fade ** (passed - 2)
                spread *= left
                mean *= left
            self.last = 0
        else:
            self.last = count
        self.spread, self.mean = spread, mean
        self.bin, self.count = bin_, orders
        return True

    def tear(self) -> None:
        """Not all of the time since was covered: the running bin and the one before tell nothing."""
        self.bin = self.last = None
        self.count = 0


class Clustering:
    """One SKU's."""

    __slots__ = ("_bins", "_dispersion", "_long")

    def __init__(self) -> None:
        self._bins = [_Bins() for _ in SCALES]
        self._long = _Bins()
        self._dispersion = [1.0] * (len(SCALES) + 1)

    def begin_with(self, dispersion: Sequence[float], usual: float) -> None:
        """As earlier streams had it, at SCALES; `usual`: orders a second."""
        for n, (scale, one) in enumerate(zip(SCALES, dispersion, strict=False)):
            bins = self._bins[n]
            bins.mean = _TAUGHT_BINS * max(usual * scale, 1.0)
            bins.spread = bins.mean * one
            self._dispersion[n + 1] = one

    @property
    def dispersion(self) -> tuple[float, ...]:
        """Variance over mean at SCALES."""
        return tuple(self._dispersion[1:])

    def take(self, second: int, count: int, rate: float) -> None:
        """Orders of a second, which never comes before the last one; `rate`: usual orders a second."""
        dispersion = self._dispersion
        closed = False
        for n, bins in enumerate(self._bins):
            scale = SCALES[n]
            bin_ = second // scale
            if bin_ == bins.bin:
                bins.count += count
                continue
            limit = dispersion[n + 1] * rate * scale
            limit = _OUTLIER * limit if limit > 1.0 else _OUTLIER
            closed |= bins.take(bin_, count, _SCALE_FADE[n], limit)
        if closed:
            before = 1.0
            for n, bins in enumerate(self._bins):
                weight = rate * SCALES[n]
                weight = _PRIOR_BINS * weight if weight > 1.0 else _PRIOR_BINS
                found = (bins.spread + weight * before) / (bins.mean + weight)
                dispersion[n + 1] = before = min(found, _DISPERSION_MAX) if found > 1.0 else 1.0
        long, bin_ = self._long, second // LONG_S
        if long.bin is None:
            long.bin = bin_ + 1  # the first one is not whole
        elif bin_ == long.bin:
            long.count += count
        elif bin_ > long.bin:
            long.take(bin_, count, _LONG_FADE, _OUTLIER * max(1.0, dispersion[-1] * rate * LONG_S))

    def tear(self) -> None:
        """Not all of the time since the last second was covered."""
        for bins in (*self._bins, self._long):
            bins.tear()

    def at(self, age: int) -> float:
        """Variance over mean of counts in an excursion of this age, seconds: that at three times the age."""
        dispersion = self._dispersion
        if dispersion[-1] == dispersion[1] == 1.0:
            return 1.0
        at = log(_AGE_FACTOR * age)
        for n in range(len(SCALES)):
            above = _LOG_SCALES[n + 1]
            if at < above:
                below = _LOG_SCALES[n]
                share = (at - below) / (above - below)
                return dispersion[n] + share * (dispersion[n + 1] - dispersion[n])
        return dispersion[-1]

    def ahead(self, usual: float) -> float:
        """Variance over mean of the orders in a while to come, at `usual` orders a second: that of the longest bins,
        carried on where it still grows with their length. Less cautious than what false alarms are held to."""
        return self._carried_on(usual, _PRIOR_BINS_AHEAD, 2.0)

    def in_total(self, usual: float) -> float:
        """The same of all the orders until something is sold out, as far as they wander about one rate: what a range of
        times has to allow for. Where twenty minutes are seen to even out what shorter ones don't, no more than that."""
        guess = self._carried_on(usual, _PRIOR_BINS_TOTAL, _GROWS_ON)
        weight = _PRIOR_BINS_LONG * max(usual * LONG_S, 1.0)
        seen = (self._long.spread + weight * guess) / (self._long.mean + weight)
        return max(1.0, min(guess, seen))

    def _carried_on(self, usual: float, prior_bins: float, further: float) -> float:
        found = [1.0, 1.0]
        for n in (-2, -1):
            bins = self._bins[n]
            weight = prior_bins * max(usual * SCALES[n], 1.0)
            found[n] = max(1.0, (bins.spread + weight) / (bins.mean + weight))
        grows = max(0.0, found[1] - found[0] - _GROWS)
        return min(found[1] + further * grows, _DISPERSION_AHEAD_MAX)
