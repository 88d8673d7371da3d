"""What the sequential detector remembers of one SKU: when its orders began to come faster, and whether they still do.

Three CUSUMs (E. S. Page, Biometrika 41, 1954) run side by side, for 2, 3 and 5 times the usual rate; each is the
log-likelihood ratio, in nats, of "faster since its start" against "as usual", which is optimal for Poisson orders when
the rate and the step are known. What is not known is learned as the stream goes:

- The usual rate: orders over covered seconds with a memory of four hours, channel by channel. A surge is not usual:
  while one goes on nothing is learned, and when it has gone on for half an hour it is the new usual.
- How clustered orders are (`clustering`): a statistic is divided by the dispersion at the age of its excursion, and
  dispersion above 1 weighs more for larger steps, since the tails of clustered counts are heavier than those of a
  Gaussian of the same variance (large deviations give 1.6, 2.2, 3.1 for a log-normal rate and 1.3, 1.6, 2.0 for
  self-exciting orders; what lies between keeps the false alarms of both apart least).
- How high excursions go when nothing happens: their peaks above 2 nats are exponential; slope and frequency are
  estimated by censored maximum likelihood and counting, so that the score is the logarithm of the seconds in which
  chance alone brings one such peak. That makes one threshold right for all SKUs.

Where earlier streams have taught something of a SKU (`lessons`), that stands in for what is believed beforehand.
Counts orders, not units: lumps of units blur a change. Whole seconds; pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, exp, log

from stockwatch.demand.clustering import MEMORY_S, Clustering
from stockwatch.demand.lessons import SkuLessons

STEPS = (2.0, 3.0, 5.0)
_JUMP = tuple(log(step) for step in STEPS)
_DRIFT = tuple(step - 1.0 for step in STEPS)
_TAIL = (1.5, 1.92, 2.5)
"""How much dispersion above 1 counts, by step."""

_FADE = exp(-1.0 / MEMORY_S)
PRIOR_ORDERS, PRIOR_S = 0.25, 15.0
"""Of a channel: what is believed of a rate before anything is known. Weak."""

_OVER = 2.0
"""Nats above which peaks are taken for exponential."""
_PRIOR_PEAKS = 10.0
_PRIOR_COUNTS = 5.0
_PEAKS_AN_ORDER = 0.12
"""Peaks over `_OVER` that an order brings, believed beforehand."""
_CENSORED = 5.0
"""An excess over this many mean ones is not looked at more closely: a surge is no noise."""
_SLOPE_MAX = 1.2
_SPARE_ENOUGH = 4
"""Nobody looks for more orders that can't make a surge."""
_UNSURE = 0.5
"""Weight of the usual rate's own uncertainty."""

_MIN_TAUGHT_ORDERS, _MIN_TAUGHT_S = 10.0, 900.0
"""Less of a stream teaches nothing."""

MIN_ORDERS = 5
"""Orders that a surge needs: fewer are a coincidence, whatever their score."""
GOES_ON_MAX_S = 1800
"""A surge that has gone on for so long is the new usual rate."""
_TAUGHT_PEAKS = 10.0
"""Peaks that what earlier streams taught of chance counts as, at most."""
_BACK = 1.15
"""A surge is over when orders come no faster than so many times the usual rate."""
_BACK_ORDERS, _BACK_MIN_S, _BACK_MAX_S = 12.0, 90.0, 600.0
"""That is judged with a memory of so many usual orders, within these bounds of seconds. Clustering does not lengthen
it: pulses would run into one another, while a surge that is declared over too soon is found again."""


class Watch:
    """One SKU's; `step` it through the seconds that had orders."""

    __slots__ = (
        "_at", "_began", "_clustering", "_counted", "_counts", "_excess", "_heights", "_inside", "_open_s",
        "_orders", "_pace", "_passed_by", "_peaks", "_prior", "_sums", "_taught", "_usual", "channels", "ended",
        "exposure", "orders", "score", "since",
    )  # fmt: skip

    def __init__(self, at: int, taught: SkuLessons | None = None) -> None:
        """Nothing before second `at` has been seen of it in this stream; `taught`: what earlier ones have."""
        self.channels: list[str] = []
        self.orders: list[float] = []
        """Per channel, fading."""
        self.exposure: list[float] = []
        """Covered seconds per channel, fading."""
        self.score = 0.0
        """ln of the seconds in which chance alone brings one like it, at the last step."""
        self.since: int | None = None
        """When the surge that goes on began; None while there is none."""
        self.ended: list[tuple[int, int, float]] = []
        """Surges that are over and not yet learned from: first second, last second, orders a second before."""
        self._at = at - 1
        """The last second stepped to."""
        self._heights = [0.0, 0.0, 0.0]
        self._began = [0, 0, 0]
        """First second of each running excursion."""
        self._counted = [0, 0, 0]
        """Orders in it."""
        self._peaks = [0.0, 0.0, 0.0]
        self._counts = [0.0, 0.0, 0.0]
        """Peaks over `_OVER` so far."""
        self._inside = [0.0, 0.0, 0.0]
        """Those of them that were not censored."""
        self._excess = [0.0, 0.0, 0.0]
        self._open_s = 0.0
        """Seconds in which excursions could have begun."""
        self._clustering = Clustering()
        self._pace = 0.0
        """Orders of the surge with a memory of `_memory()` seconds."""
        self._passed_by = (0.0, 0.0, at)
        """Orders and seconds of surges that did not last, fading, as of a second."""
        self._usual = 0.0
        """Orders a second before the surge that goes on."""
        self._sums: list[list[float]] = []
        """[orders, seconds] per channel since the surge began."""
        self._orders = 0
        self._prior = 0.0
        """Of `orders`: what is believed without having been seen."""
        self._taught = taught
        if taught is not None:
            self._begin_with(taught)

    def _begin_with(self, taught: SkuLessons) -> None:
        """Clustering and chance as earlier streams had them."""
        self._clustering.begin_with(taught.clustering, taught.usual)
        most = max(taught.peaks, default=0.0)
        share = min(1.0, _TAUGHT_PEAKS / most) if most else 0.0
        for n, (peaks, height) in enumerate(zip(taught.peaks, taught.peak_height, strict=False)):
            self._counts[n] = self._inside[n] = peaks * share
            self._excess[n] = peaks * share * height
        self._open_s = taught.peak_hours * 3600.0 * share

    # --- what it knows ----------------------------------------------------------------------------

    @property
    def usual(self) -> float:
        """Orders a second as usual, on all channels together."""
        if self.since is not None:
            return self._usual
        rate = 0.0
        exposure = self.exposure
        for n, orders in enumerate(self.orders):
            rate += orders / exposure[n]
        return rate

    @property
    def known(self) -> tuple[float, float]:
        """Orders of the last hours, and the seconds in which they came: what the usual rate rests on and the surges
        that passed."""
        orders, seconds = self._passed_until(self._at)
        orders += max(0.0, sum(self.orders) - self._prior)
        return orders, seconds + (sum(self.exposure) / len(self.exposure) if self.exposure else 0.0)

    def _passed_until(self, second: int) -> tuple[float, float]:
        orders, seconds, at = self._passed_by
        fade = exp((at - second) / MEMORY_S)
        return orders * fade, seconds * fade

    def dispersion_ahead(self) -> float:
        """Variance over mean of the orders in a long while to come."""
        return self._clustering.ahead(self.usual)

    def dispersion_in_total(self) -> float:
        """The same of all that are to come at one usual rate, about which they wander."""
        return self._clustering.in_total(self.usual)

    @property
    def over_at(self) -> int | None:
        """The second by which the surge that goes on is over, if nothing more is ordered until then and all of it is
        covered: it must be stepped to. None while there is none."""
        if self.since is None:
            return None
        memory = self._memory()
        left = memory * log(max(1.0, self._pace / (_BACK * self._usual * memory)))
        last = max(self.since + GOES_ON_MAX_S, self._at + 1)
        return min(last, self._at + max(1, ceil(left)))

    def _memory(self) -> float:
        """Seconds over which it is judged whether the surge goes on."""
        return min(max(_BACK_ORDERS / self._usual, _BACK_MIN_S), _BACK_MAX_S)

    @property
    def surge_orders(self) -> int:
        """Orders since the surge began that goes on."""
        return self._orders

    @property
    def at(self) -> int:
        """The last second stepped to."""
        return self._at

    def add_channel(self, name: str, exposure: float) -> None:
        """One that was covered for so many seconds before the next step's, without an order of the SKU."""
        orders, seconds = PRIOR_ORDERS, PRIOR_S
        if (believed := self._believed(name)) is not None:
            orders, seconds = believed
        else:
            self._prior += orders
        self.channels.append(name)
        self.orders.append(orders)
        self.exposure.append(seconds + min(exposure, MEMORY_S))
        self._sums.append([0.0, 0.0])

    def _believed(self, channel: str) -> tuple[float, float] | None:
        """Orders of a channel and their seconds, that what earlier streams taught of its rate counts as."""
        taught = self._taught
        rate = None if taught is None else taught.usual_per_hour.get(channel)
        if taught is None or rate is None:
            return None
        orders = taught.weight * rate / (taught.usual * 3600.0)
        return orders, orders * 3600.0 / rate

    def is_taught(self, channel: str) -> bool:
        """Whether earlier streams have taught its rate on a channel."""
        return self._taught is not None and channel in self._taught.usual_per_hour

    def teaches(self) -> SkuLessons | None:
        """What it has learned, as one stream's lessons; None where that is next to nothing."""
        orders, seconds = self.known
        if orders < _MIN_TAUGHT_ORDERS or seconds < _MIN_TAUGHT_S or not self.usual:
            return None
        return SkuLessons(
            usual_per_hour={
                channel: 3600.0 * orders / seconds
                for channel, orders, seconds in zip(self.channels, self.orders, self.exposure, strict=True)
            },
            clustering=self._clustering.dispersion,
            peaks=tuple(self._inside),
            peak_height=tuple(
                excess / inside if inside else 0.0
                for excess, inside in zip(self._excess, self._inside, strict=True)
            ),
            peak_hours=self._open_s / 3600.0,
        )

    def spare_orders(self, score: float, seconds: float) -> int:
        """How many orders may come within so many seconds, all of them covered, before a surge can begin at a threshold
        of at least `score`: 0 while one goes on. A bound, whenever and by whichever of its channels they come.

        A surge needs MIN_ORDERS in an excursion. And no order lifts a CUSUM by more than its jump; no level is higher
        than its CUSUM, as clustering and doubt only lower it; no slope is steeper than `_SLOPE_MAX`; chance peaks only
        become more; and the usual rate falls no faster than by fading while nothing comes.
        """
        if self.since is not None or not self.orders:
            return 0
        begun = [
            counted if height else 0 for counted, height in zip(self._counted, self._heights, strict=True)
        ]
        spare = max(0, MIN_ORDERS - 1 - max(begun))
        if spare >= _SPARE_ENOUGH:
            return spare
        fade = exp(-seconds / MEMORY_S)
        rate = 0.0
        for n, orders in enumerate(self.orders):
            rate += orders * fade / (self.exposure[n] * fade + seconds)
        seldom = _PRIOR_COUNTS / (_PEAKS_AN_ORDER * rate) + self._open_s + seconds
        while spare < _SPARE_ENOUGH and self._score_at_most(spare + 1, seldom) < score:
            spare += 1
        return spare

    def _score_at_most(self, orders: int, seldom: float) -> float:
        """After so many more, where `seldom` seconds have at least brought one peak for each that is counted."""
        total = 0.0
        for n, height in enumerate(self._heights):
            above = max(0.0, height + orders * _JUMP[n] - _OVER)
            total += exp(min(700.0, _SLOPE_MAX * above)) * seldom / (_PRIOR_COUNTS + self._counts[n])
        return log(total)

    # --- what happens -----------------------------------------------------------------------------

    def step(
        self,
        second: int,
        taken: Iterable[tuple[int, int, bool]],
        covered: list[float] | None,
        threshold: float,
    ) -> bool:
        """To a later second, and what was ordered in it: (place of the channel, orders, whether they count).

        Orders that don't count are learned from, and no evidence. `covered`: seconds since the last step, up to this
        one and without it, for which each channel was covered; None: all. `threshold`: of the score. Returns whether a
        surge goes on.
        """
        passed = second - self._at
        assert passed > 0, "steps go on"
        self._at = second
        quiet = passed - 1.0
        orders, exposure = self.orders, self.exposure
        going_on = self.since is not None
        fade = exp(-quiet / MEMORY_S) if quiet else 1.0
        rate = drift = known = 0.0
        for n in range(len(orders)):
            seen = quiet if covered is None else covered[n]
            if not going_on:
                orders[n] *= fade
                exposure[n] = exposure[n] * fade + seen
            one = orders[n] / exposure[n]
            rate += one
            drift += one * seen
            known += orders[n]
            if going_on:
                self._sums[n][1] += seen + 1.0
            else:
                orders[n] *= _FADE
                exposure[n] = exposure[n] * _FADE + 1.0
        count = 0
        for place, number, counts in taken:
            if going_on:
                self._sums[place][0] += number
            else:
                orders[place] += number
            if counts:
                count += number
        if covered is not None and min(covered, default=quiet) < quiet:
            self._clustering.tear()
        self._clustering.take(second, count, rate)
        if going_on:
            return self._go_on(second, count, drift + rate)
        self._open_s += passed
        self._climb(second, count, rate, drift, known)
        if self.score >= threshold:
            best = max(range(len(STEPS)), key=self._heights.__getitem__)
            if self._counted[best] >= MIN_ORDERS:
                self._begin(best, rate)
                return True
        return False

    def _climb(self, second: int, count: int, rate: float, drift: float, known: float) -> None:
        """The CUSUMs, their peaks, and the score."""
        heights, began, counted, peaks = self._heights, self._began, self._counted, self._peaks
        total = 0.0
        dispersion, of_age = 1.0, 0
        for n in range(len(STEPS)):
            height = heights[n]
            if height:
                height -= _DRIFT[n] * drift
                if height <= 0.0:
                    self._ended(n)
                    height = 0.0
            if not height:
                began[n] = second
                counted[n] = 0
            height += count * _JUMP[n] - _DRIFT[n] * rate
            if height <= 0.0:
                if heights[n] and peaks[n]:
                    self._ended(n)
                heights[n] = 0.0
                continue
            heights[n] = height
            counted[n] += count
            age = second - began[n] + 1
            if age != of_age:
                dispersion, of_age = self._clustering.at(age), age
            # In nats that allow for clustering at its age, and for how little is known of the usual rate.
            level = height / (1.0 + (dispersion - 1.0) * _TAIL[n])
            level /= 1.0 + _UNSURE * rate * age / known
            peaks[n] = level if level > peaks[n] else peaks[n]
            if level > _OVER:
                slope = (_PRIOR_PEAKS + self._inside[n]) / (_PRIOR_PEAKS + self._excess[n])
                often = (_PRIOR_COUNTS + self._counts[n]) / (
                    _PRIOR_COUNTS / (_PEAKS_AN_ORDER * rate) + self._open_s
                )
                total += exp(min(700.0, min(slope, _SLOPE_MAX) * (level - _OVER))) / often
        self.score = log(total) if total else 0.0

    def _ended(self, n: int) -> None:
        """An excursion is over: its peak tells how high they go."""
        excess = self._peaks[n] - _OVER
        self._peaks[n] = 0.0
        if excess <= 0.0:
            return
        most = self._most(n)
        self._counts[n] += 1.0
        if excess < most:
            self._inside[n] += 1.0
            self._excess[n] += excess
        else:
            self._excess[n] += most

    def _most(self, n: int) -> float:
        """The excess from which on a peak is not looked at more closely."""
        return _CENSORED * (_PRIOR_PEAKS + self._excess[n]) / (_PRIOR_PEAKS + self._inside[n])

    def _passed(self) -> None:
        """A surge is over that did not last: chance, a flash, a batch. As an excursion it was too high to be
        measured."""
        for n in range(len(STEPS)):
            self._excess[n] += self._most(n)
            self._counts[n] += 1.0

    # --- a surge ----------------------------------------------------------------------------------

    def _begin(self, best: int, rate: float) -> None:
        self.since = self._began[best]
        self._orders = self._counted[best]
        self._usual = rate
        lasted = self._at - self.since + 1.0
        self._pace = self._orders / lasted * self._memory()
        whole = sum(self.orders)
        self._sums = [[self._orders * orders / whole, lasted] for orders in self.orders]
        self._rest()

    def _go_on(self, second: int, count: int, drift: float) -> bool:
        """Whether it still goes on."""
        assert self.since is not None
        self._orders += count
        memory = self._memory()
        covered = drift / self._usual
        self._pace = self._pace * exp(-covered / memory) + count
        back = self._pace <= _BACK * self._usual * memory * (1.0 + 1e-9)
        if not back and second - self.since < GOES_ON_MAX_S:
            return True
        if back:
            self._passed()
            orders, seconds = self._passed_until(second)
            self._passed_by = (orders + self._orders, seconds + second - self.since, second)
        else:
            for n, (orders, seconds) in enumerate(self._sums):
                self.orders[n] = PRIOR_ORDERS + orders
                self.exposure[n] = PRIOR_S + seconds
        self.ended.append((self.since, second, self._usual))
        self.since = None
        self._rest()
        return False

    def _rest(self) -> None:
        """Everything begins anew but what has been learned."""
        self._heights = [0.0, 0.0, 0.0]
        self._peaks = [0.0, 0.0, 0.0]
        self.score = 0.0
