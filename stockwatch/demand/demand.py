"""Demand of a whole room: what was taken of every SKU, how fast, and when it will be gone.

Owns one `Series` for each SKU that ever had an order, and what each channel's feed has covered. Everything
comes in with events: microseconds at the doors (`_us`), whole seconds inside. No clock, no I/O, no
randomness: the same calls give the same answers. Each order counts once, in the second of its own `time`,
late or not; orders decide surges, units decide velocity and forecasts. Cancellations and refunds change
stock, never demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stockwatch.demand import outlook as outlooks
from stockwatch.demand import presenting, sizes
from stockwatch.demand.coverage import CATCH_UP_S, ChannelCoverage
from stockwatch.demand.estimate import estimate, fate, least_s
from stockwatch.demand.fates import Fates, was_presented
from stockwatch.demand.lessons import (
    NONE,
    SKUS_MAX,
    Lessons,
    SkuLessons,
    fastest,
    not_sold,
    one_more,
    shares_of,
    surges_of,
)
from stockwatch.demand.outlook import Forecast, Outlook
from stockwatch.demand.series import V180, V300, V600, V1800, WINDOWS, Series
from stockwatch.demand.surge import WATERMARK_S, Surge, SurgeDetector
from stockwatch.demand.watch import Watch

SECOND_US = 1_000_000
VELOCITY_S = 180
"""Velocity is units over the last three minutes, up to the watermark."""
_KEPT = 0.95
"""Of a watch's memory, at least, while a series waits (`sequential.WAIT_S`)."""
AHEAD_S = 600
"""A time further ahead of the clock than this says nothing about the clock."""


class Velocity(NamedTuple):
    per_min: float
    """Units a minute, rounded to 0.1."""
    direction: int
    """1 speeding up, -1 slowing, 0 steady: the last three minutes against the seven before, beyond chance."""


STILL = Velocity(0.0, 0)


class Demand:
    """All SKUs of a room. A SKU without orders has no state."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}
        self._channels: dict[str, ChannelCoverage] = {}
        self.fates = Fates()
        """What became of the surges of all SKUs."""
        self.taught: Lessons = NONE
        """What earlier streams have, as this one began."""
        self._showing: tuple[str, ...] = ()
        """SKUs that the host presents."""
        self._clock = -(1 << 62)
        """The decision clock as last seen, seconds."""
        self._first = 1 << 62
        """First second with anything in it, on any channel."""
        self._waits_for: SurgeDetector | None = None
        """Weighs what waits."""

    # --- what comes in ----------------------------------------------------------------------------

    def tell(self, now: int) -> None:
        """The decision clock, whole seconds. Told by its owner, so that what is heard doesn't depend on who asks."""
        self._clock = max(self._clock, now)

    def take(self, sku: str, channel: str, time_us: int, units: int) -> None:
        """One order of `units` of a SKU, taken at `time_us`."""
        second = time_us // SECOND_US
        arrival = self._hear(channel, second, 1)
        self._channels[channel].came(arrival, max(0, arrival - second))
        series = self._series.get(sku)
        if series is None:
            series = self._series[sku] = Series()
        series.add(second, channel, units)
        watermark = self._clock - WATERMARK_S
        series.news.append((second if second > watermark else watermark, second, channel))

    def knows(self, channel: str) -> bool:
        """Whether the channel's feed was ever heard of."""
        return channel in self._channels

    def alive(self, channel: str, time_us: int) -> None:
        """The channel's feed said something that isn't an order (a heartbeat, chat): its silence was no
        gap."""
        self._hear(channel, time_us // SECOND_US, 0)

    def gap(self, channel: str | None, since_us: int | None, until_us: int | None) -> None:
        """A feed tells that it missed [since, until); None: since its last word, until now. No channel: all
        of them."""
        for name, coverage in self._channels.items():
            if channel is None or name == channel:
                latest = max(self._clock, coverage.seen)
                since = coverage.seen + 1 if since_us is None else since_us // SECOND_US
                until = latest if until_us is None else min(-(-until_us // SECOND_US), latest + 60)
                coverage.miss((since, until))

    def present(self, skus: Iterable[str], time_us: int) -> None:
        """The host begins to present a link of these SKUs, and nothing else from now on."""
        second, skus = time_us // SECOND_US, tuple(skus)
        if skus == self._showing:
            for sku in skus:
                self._own(sku).presented = second  # told again: it goes on
            return
        for sku in self._showing:
            self._own(sku).hide(second)
        self._showing = skus
        for sku in skus:
            self._own(sku).show(second)

    def expects(self, sku: str) -> bool:
        """Whether it is presented, and earlier streams have taught what that does."""
        series = self._series.get(sku)
        return series is not None and series.expected

    def begin(self, lessons: Lessons) -> None:
        """A stream begins, with what earlier ones have taught. What was heard before tells nothing of it."""
        self.taught = lessons
        self._channels.clear()
        self._first = 1 << 62
        self._showing = ()
        self.fates.begin_with(shares_of(lessons.surges), shares_of(lessons.surges_presented))
        for series in self._series.values():
            series.begin(None)
        for sku, taught in lessons.skus.items():
            self._own(sku).begin(taught)

    def lessons(self) -> Lessons:
        """What is known with this stream, as far as it has come; `taught` itself where it has taught nothing."""
        taught = self.taught
        skus: dict[str, SkuLessons] = {}
        for sku, series in self._series.items():
            if series.waiting is not None:
                self._catch_up(series)
            if (stream := series.teaches()) is not None:
                skus[sku] = one_more(taught.skus.get(sku), stream)
        if not skus:
            return taught
        for sku, before in taught.skus.items():
            if sku not in skus and (still := not_sold(before)) is not None:
                skus[sku] = still
        return Lessons(
            streams=taught.streams + 1.0,
            surges=surges_of(self.fates.shares),
            surges_presented=surges_of(self.fates.shares_presented),
            skus=fastest(skus, SKUS_MAX),
        )

    @property
    def heard_us(self) -> int | None:
        """The clock when any channel last said anything, microseconds; None when none ever has."""
        seen = max((channel.seen for channel in self._channels.values()), default=None)
        return None if seen is None else seen * SECOND_US

    def close(self, sku: str, now_us: int) -> None:
        """Nothing of this SKU can be sold from now on: what isn't bought says nothing about demand."""
        self._own(sku).close(now_us // SECOND_US)

    def open(self, sku: str, now_us: int) -> None:
        """It can be sold again."""
        self._own(sku).open(now_us // SECOND_US)

    def _own(self, sku: str) -> Series:
        series = self._series.get(sku)
        if series is None:
            series = self._series[sku] = Series()
        return series

    def _hear(self, channel: str, second: int, orders: int) -> int:
        """Returns the clock at which it came."""
        clock = self._clock
        if second > clock:
            arrival = second if clock < 0 or second <= clock + AHEAD_S else clock
        else:
            arrival = clock
        coverage = self._channels.get(channel)
        if coverage is None:
            coverage = self._channels[channel] = ChannelCoverage(arrival)
            self._first = min(self._first, arrival)
        coverage.hear(arrival, orders)
        return arrival

    # --- what it says -----------------------------------------------------------------------------

    def at(self, sku: str, now_us: int) -> Series | None:
        """The SKU's series, its windows moved to the watermark of `now_us`; None when it never had an
        order."""
        now = now_us // SECOND_US
        self._clock = now if now > self._clock else self._clock
        series = self._series.get(sku)
        if series is not None:
            if series.waiting is not None:
                self._catch_up(series)
            series.advance(now - WATERMARK_S)
        return series

    def _catch_up(self, series: Series) -> None:
        assert self._waits_for is not None, "somebody has let it wait"
        self._waits_for.catch_up(series, self._channels)

    def peek(self, sku: str) -> Series | None:
        """The SKU's series as it was last looked at."""
        return self._series.get(sku)

    def can_wait(self, series: Series, detector: SurgeDetector, now_us: int) -> bool:
        """Whether orders that have come to count by now need not be weighed yet, nor windows be moved. Asked last:
        it is taken at its word."""
        self._waits_for = detector
        return series.showing is None and detector.can_wait(series, self._channels, now_us // SECOND_US)

    def fresh(self, sku: str) -> int | None:
        """When the earliest order counts that came since the SKU's series was last marked as looked at."""
        series = self._series.get(sku)
        if series is None or series.fresh is None:
            return None
        return (series.fresh + 1 + WATERMARK_S) * SECOND_US

    def fastest(self, series: Series) -> float:
        """Units a second in the busiest of the windows that `estimate` may rest on: until another order counts,
        no estimate is higher while nothing was ever out of stock."""
        fastest = self._busiest(series, 0)
        if series.showing is not None and (prompted := presenting.prompted(series)) is not None:
            fastest = max(fastest, prompted.rate)
        if series.watch is None or not series.count:
            return fastest
        usual = series.watch.usual * series.total / series.count
        return usual if usual > fastest else fastest

    def fastest_yet(self, series: Series, orders: int, units: int) -> float:
        """What `fastest` can be at most once all orders count that have come, and so many more of so many units, while
        the detector lets it wait: the windows stand still, so that none has left them, no feed is older, and next to
        nothing of the watch's memory has faded."""
        usual = 0.0
        if series.watch is not None and series.count:
            watch = series.watch
            shortest = _KEPT * min(watch.exposure, default=1.0)
            usual = watch.usual + (len(series.news) + orders) / shortest
            usual *= (series.total + units) / series.count
        return max(self._busiest(series, series.pending_units + units), usual)

    def _busiest(self, series: Series, more: int) -> float:
        """Units a second in the busiest window, with so many units more in each."""
        sums = series.unit_sums
        age, least = series.mark - self._first, least_s(series)
        age = age if age > least else least
        busiest = 0.0
        for window in (V300, V600, V1800):
            length = WINDOWS[window]
            rate = (sums[window] + more) / (length if length < age else age)
            busiest = rate if rate > busiest else busiest
        return busiest

    def surge(self, series: Series, detector: SurgeDetector, now_us: int) -> Surge:
        """What `detector` says about a series that `at` returned for the same instant."""
        found = detector.look(series, self._channels, now_us // SECOND_US)
        if series.watch is not None and series.watch.ended:
            self._learn(series, series.watch)
        return found

    def _learn(self, series: Series, watch: Watch) -> None:
        """What became of surges that are over."""
        if series.fates is None:
            series.fates = Fates()
        for since, until, usual in watch.ended:
            presented = was_presented(since, series.presented)
            met = self.fates.met(series.fates, presented=presented)
            shares = fate(series, watch, since, until, usual, met)
            series.fates.learn(shares, presented=presented)
            self.fates.learn(shares, presented=presented)
        watch.ended.clear()

    def estimate(self, series: Series, *, censored: bool = True) -> Outlook:
        """The rate of a series that `at` returned; see `estimate.estimate`."""
        return estimate(series, self._channels, self._first, self.fates, censored=censored)

    def late_s(self, series: Series) -> int:
        """By how many seconds orders usually come late, by the slowest channel that sells this SKU."""
        sells = () if series.watch is None else series.watch.channels
        return max((self._channels[name].latest_s for name in sells if name in self._channels), default=0)

    def silent_since(self, series: Series) -> int | None:
        """Since when a feed says nothing by which this SKU has sold, longer than chance explains; epoch seconds of its
        last word. None while all of them talk."""
        now = series.mark + WATERMARK_S
        since = [
            at
            for name, channel in self._channels.items()
            if (at := channel.silent_since(now)) is not None
            and (name in series.channels or (series.watch is not None and name in series.watch.channels))
        ]
        return min(since, default=None)

    def torn(self, now_us: int) -> bool:
        """Whether seconds are left out of what estimates rest on because a feed missed them, or does now."""
        now = now_us // SECOND_US
        return any(
            channel.silent_since(now) is not None
            or (channel.gaps and channel.gaps[-1][1] + CATCH_UP_S > now - WINDOWS[V1800])
            for channel in self._channels.values()
        )

    def velocity_of(self, series: Series) -> Velocity:
        """Units a minute of a series that `at` returned."""
        orders = series.order_sums
        if orders[V600] == 0:
            return STILL
        span = min(VELOCITY_S, max(60, series.mark - self._first))
        recent = orders[V180]
        older = orders[V600] - recent
        share = VELOCITY_S / 600
        expected = (recent + older) * share
        excess = recent - expected
        if excess * excess > 2.25 * (recent + older) * share * (1 - share) and abs(excess) >= 2:
            direction = 1 if excess > 0 else -1
        else:
            direction = 0
        return Velocity(round(series.unit_sums[V180] * 60 / span, 1), direction)

    def velocity(self, sku: str, now_us: int) -> Velocity:
        series = self.at(sku, now_us)
        return STILL if series is None else self.velocity_of(series)

    def outlook(self, sku: str, now_us: int) -> Outlook:
        """The rate of units with its uncertainty."""
        series = self.at(sku, now_us)
        return outlooks.NOTHING if series is None else self.estimate(series)

    def forecast(
        self, sku: str, now_us: int, units_left: int, arrivals: Iterable[tuple[int, int]] = ()
    ) -> Forecast:
        """Seconds until `units_left`, and the units that arrive before that, are sold out.

        `arrivals`: (units, due_us). p10 <= p50 <= p90; each None beyond 24 hours.
        """
        ahead = ((due_us - now_us, quantity) for quantity, due_us in arrivals if due_us > now_us)
        coming = sorted((after_us / SECOND_US, quantity) for after_us, quantity in ahead)
        return outlooks.forecast(self.outlook(sku, now_us), units_left, (coming,))

    def recent(self, sku: str, now_us: int) -> tuple[int, int]:
        """Orders in the last five minutes and in the five before, at the watermark."""
        series = self.at(sku, now_us)
        if series is None:
            return 0, 0
        return series.order_sums[V300], series.order_sums[V600] - series.order_sums[V300]

    def spark(self, sku: str, now_us: int, minutes: int = 30) -> tuple[int, ...]:
        """Units in each of the last `minutes` minutes of event time, oldest first, the running one last."""
        series = self._series.get(sku)
        if series is None:
            return (0,) * minutes
        now = now_us // SECOND_US
        this = now - now % 60
        counted = series.minutes
        return tuple(counted.get(this - 60 * back, 0) for back in range(minutes - 1, -1, -1))

    def size_shares(self, skus: Sequence[str], now_us: int) -> list[float]:
        """How the demand of a link is shared by its sizes; see `sizes.shares`."""
        return sizes.shares([self._series.get(sku) for sku in skus], now_us // SECOND_US)

    def minutes(self, sku: str) -> list[tuple[int, int]]:
        """(minute's epoch second, units) of the whole stream, ascending; minutes without orders are left
        out."""
        series = self._series.get(sku)
        return [] if series is None else sorted(series.minutes.items())
