"""How fast a SKU sells, how sure that is, and when it is therefore sold out.

The rate of units is a gamma variable, units of one order come in lumps; the time to sell R units is then a
ratio of two gammas, an F variable times R / rate. Its distribution and its quantiles are computed by
Paulson's normal approximation of F (E. Paulson, Annals of Mathematical Statistics 13, 1942), the gamma
quantile by Wilson and Hilferty's (PNAS 17, 1931): closed forms, good to about a percentage point here, and
free of iteration. Pure arithmetic; seconds and units.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, inf, sqrt
from typing import NamedTuple

from stockwatch.demand.series import WINDOWS

HORIZON_S = 24 * 3600
"""A sell-out further away than this is not forecast."""
DRIFT = 1 / 12
"""Variance of the rate's logarithm beyond what counting explains: rates in a live room wander."""
MIN_SHAPE = 0.5
Z10, Z50, Z90 = -1.2815515655446004, 0.0, 1.2815515655446004
"""Normal quantiles at 10, 50 and 90 %."""


class Course(NamedTuple):
    """One way in which demand may go on: `usual`, and `extra` above it that stays, fades or grows."""

    weight: float
    """Its probability."""
    usual: float
    """Units a second."""
    extra: float
    """Units a second above it now."""
    tau_s: float | None
    """The extra falls to 1/e in so many seconds; None: it stays; negative: it grows by e in so many, once."""
    shape: float
    lumps: float
    reach_s: float
    """A line that asks for action does not count on the extra for longer than this."""

    def mean(self, seconds: float, reach_s: float = inf) -> float:
        """Units expected within `seconds`, the extra for no longer than `reach_s`."""
        tau, lasts = self.tau_s, min(seconds, reach_s)
        if tau is None or tau > 0.0:
            more = fading(lasts, tau)
        else:
            grows = min(lasts, -tau)
            more = fading(grows, tau) + (lasts - grows) * exp(-grows / tau)
        return self.usual * seconds + self.extra * more


def fading(seconds: float, tau_s: float | None) -> float:
    """The integral of exp(-t/tau) over so many seconds; of 1 without tau."""
    return seconds if tau_s is None else tau_s * (1.0 - exp(-seconds / tau_s))


class Outlook(NamedTuple):
    """What the latest orders say about the units to come."""

    rate: float
    """Units a second; 0.0 when nothing was sold lately."""
    orders: int
    """Orders it rests on."""
    shape: float
    """Of the gamma distribution of the rate: 1 / its relative variance."""
    lumps: float
    """Variance over mean of the units sold in a while at a known rate: 1 when every order is one unit."""
    seen_s: int = WINDOWS[-1]
    """Seconds of sales that it rests on."""
    courses: tuple[Course, ...] = ()
    """Where a change is under way: how it may go on, in place of one rate."""
    presented: float = 0.0
    """Orders a second that earlier streams had while the link was presented, where the outlook rests on it; or 0."""


NOTHING = Outlook(0.0, 0, MIN_SHAPE, 1.0)


class Forecast(NamedTuple):
    """Seconds until the sell-out, as a range; None: not within HORIZON_S."""

    p10_s: int | None
    p50_s: int | None
    p90_s: int | None


NEVER = Forecast(None, None, None)
Coming = Sequence[tuple[float, int]]
"""(seconds from now, units) of what arrives, ascending."""


def chance_sold(outlook: Outlook, units: int, seconds: float) -> float:
    """Probability that at least `units` more are sold within `seconds`; of a change that is under way only what may be
    counted on."""
    if units <= 0:
        return 1.0
    if outlook.rate <= 0.0 or seconds <= 0:
        return 0.0
    if outlook.courses:
        return _chance_over(outlook, units, seconds)
    return _chance(seconds * outlook.rate, outlook.shape, outlook.lumps, units)


def _chance(mean: float, shape: float, lumps: float, units: float) -> float:
    """That at least `units` are sold where `mean` are expected."""
    first = lumps / (9.0 * units)
    second = 1.0 / (9.0 * shape)
    ratio = (mean / units) ** (1.0 / 3.0)
    z = ((1.0 - second) * ratio - (1.0 - first)) / sqrt(second * ratio * ratio + first)
    return 0.5 * erfc(-z * 0.7071067811865476)


def time_to_sell(outlook: Outlook, units: int, z: float) -> float | None:
    """Seconds until `units` more are sold, the quantile at normal score `z`; None when nothing sells."""
    if units <= 0:
        return 0.0
    if outlook.rate <= 0.0:
        return None
    if outlook.courses:
        return _course_time(outlook, units, z)
    first = outlook.lumps / (9.0 * units)
    second = 1.0 / (9.0 * outlook.shape)
    square = z * z
    a = (1.0 - second) ** 2 - square * second
    b = (1.0 - first) * (1.0 - second)
    c = (1.0 - first) ** 2 - square * first
    root = sqrt(max(0.0, b * b - a * c))
    ratio = (b + root if z >= 0 else b - root) / a
    return units / outlook.rate * max(0.0, ratio) ** 3


def demand_quantile(outlook: Outlook, seconds: float, z: float) -> float:
    """Units sold within `seconds`, the quantile at normal score `z`."""
    mean = outlook.rate * seconds
    if mean <= 0.0:
        return 0.0
    if outlook.courses:
        return _course_demand(outlook, seconds, z)
    spread = 1.0 / 9.0 * (outlook.lumps / mean + 1.0 / outlook.shape)
    return float(mean * max(0.0, 1.0 - spread + z * sqrt(spread)) ** 3)


def _course_time(outlook: Outlook, units: int, z: float) -> float | None:
    """`time_to_sell` by bisection of the logarithm of time, to a thousandth; as long as a course lasts by itself."""
    outlook = unbounded(outlook)
    wanted = 0.5 * erfc(-z * 0.7071067811865476)
    low, high = 1.0, 2.0 * HORIZON_S
    if chance_sold(outlook, units, high) < wanted:
        return None
    while high > 1.001 * low:
        middle = sqrt(low * high)
        if chance_sold(outlook, units, middle) >= wanted:
            high = middle
        else:
            low = middle
    return high


def _course_demand(outlook: Outlook, seconds: float, z: float) -> float:
    """`demand_quantile` by bisection, to a thousandth or a hundredth of a unit."""
    wanted = 0.5 * erfc(z * 0.7071067811865476)
    high = 1.0
    while _chance_over(outlook, high, seconds) > wanted:
        high *= 2.0
    low = 0.0
    while high - low > max(0.01, 0.001 * high):
        middle = 0.5 * (low + high)
        if _chance_over(outlook, middle, seconds) > wanted:
            low = middle
        else:
            high = middle
    return high


def _chance_over(outlook: Outlook, units: float, seconds: float) -> float:
    return sum(
        course.weight * _chance(course.mean(seconds, course.reach_s), course.shape, course.lumps, units)
        for course in outlook.courses
    )


def unbounded(outlook: Outlook) -> Outlook:
    """As a forecast takes it: each course as long as it lasts by itself, not as long as a line may count on it."""
    return outlook._replace(courses=tuple(course._replace(reach_s=inf) for course in outlook.courses))


def left_after(
    outlook: Outlook, units: int, seconds: float, scenarios: Sequence[Coming] = ((),)
) -> tuple[int, int, int]:
    """What is left of `units`, and of what arrives until then, after so many seconds: at least the first nine times in
    ten, the second one time in two, the third one time in ten. `scenarios` as in `forecast`, of which the latest goes
    with the highest demand; demand that meets nothing is counted all the same."""
    has = sorted(units + sum(qty for due, qty in coming if 0 < due <= seconds) for coming in scenarios)
    outlook = unbounded(outlook)
    last = len(has) - 1
    low, middle, high = (
        max(0, round(has[at] - demand_quantile(outlook, seconds, z)))
        for at, z in ((0, Z90), (last // 2, Z50), (last, Z10))
    )
    return low, middle, high


def gone_by(outlook: Outlook, units: int, coming: Coming, seconds: float) -> float:
    """Probability that everything is sold out within `seconds`: before any arrival until then, or at their end."""
    chance = 0.0
    for due, quantity in coming:
        if due >= seconds:
            break
        chance = max(chance, chance_sold(outlook, units, due))
        units += quantity
    return max(chance, chance_sold(outlook, units, seconds))


def forecast(outlook: Outlook, units: int, scenarios: Sequence[Coming] = ((),)) -> Forecast:
    """When `units` and what arrives in time are sold out.

    `scenarios`: what arrives when, in ways that are equally likely, all of it ahead of now. Units that arrive before
    the sell-out put it off; units that arrive later don't.
    """
    ends = (_sold_out_at(outlook, units, scenarios, z) for z in (Z10, Z50, Z90))
    return Forecast(*(None if at is None or at > HORIZON_S else round(at) for at in ends))


def _sold_out_at(outlook: Outlook, units: int, scenarios: Sequence[Coming], z: float) -> float | None:
    """The quantile at normal score `z` over all scenarios, by bisection between those of the first and the last."""
    times = [_sold_out_in(outlook, units, coming, z) for coming in scenarios]
    known = [at for at in times if at is not None]
    if not known:
        return None
    low, high = min(known), HORIZON_S + 1.0 if len(known) < len(times) else max(known)
    if high <= 1.001 * low:
        return low
    outlook = unbounded(outlook)
    wanted = 0.5 * erfc(-z * 0.7071067811865476) * len(scenarios)
    if sum(gone_by(outlook, units, coming, high) for coming in scenarios) < wanted - 1e-6:
        return None if len(known) < len(times) else high
    while high > 1.001 * low:
        middle = sqrt(low * high)
        if sum(gone_by(outlook, units, coming, middle) for coming in scenarios) >= wanted:
            high = middle
        else:
            low = middle
    return high


def _sold_out_in(outlook: Outlook, units: int, coming: Coming, z: float) -> float | None:
    left = units
    at = time_to_sell(outlook, left, z)
    for due, quantity in coming:
        if at is None or at <= due:
            break
        left += quantity
        at = time_to_sell(outlook, left, z)
    return at
