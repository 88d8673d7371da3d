"""How fast a SKU sells, how sure that is, and when it is therefore sold out.

The rate of units is a gamma variable, units of one order come in lumps; the time to sell R units is then a
ratio of two gammas, an F variable times R / rate. Its distribution and its quantiles are computed by
Paulson's normal approximation of F (E. Paulson, Annals of Mathematical Statistics 13, 1942), the gamma
quantile by Wilson and Hilferty's (PNAS 17, 1931): closed forms, good to about a percentage point here, and
free of iteration. Pure arithmetic; seconds and units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import erfc, sqrt
from typing import NamedTuple

from stockwatch.demand.coverage import overlap
from stockwatch.demand.series import V300, WINDOWS, Series

HORIZON_S = 24 * 3600
"""A sell-out further away than this is not forecast."""
DRIFT = 1 / 12
"""Variance of the rate's logarithm beyond what counting explains: rates in a live room wander."""
_MIN_EXPOSURE_S = 60
_MIN_SHAPE = 0.5
Z10, Z50, Z90 = -1.2815515655446004, 0.0, 1.2815515655446004
"""Normal quantiles at 10, 50 and 90 %."""


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


NOTHING = Outlook(0.0, 0, _MIN_SHAPE, 1.0)


class Forecast(NamedTuple):
    """Seconds until the sell-out, as a range; None: not within HORIZON_S."""

    p10_s: int | None
    p50_s: int | None
    p90_s: int | None


NEVER = Forecast(None, None, None)


def estimate(series: Series, feed_first: int, *, censored: bool = True) -> Outlook:
    """The outlook at the series' mark, from the longest trailing window (300, 600 or 1800 s) that tells one
    story.

    A longer window is taken as long as the part it adds agrees with the part already in (two standard
    deviations of orders): steady sales are measured long, a change is followed within five minutes. Seconds
    in which nothing could be sold are no exposure (unless `censored` is false), nor are those before the
    feed began.
    """
    mark = series.mark
    order_sums = series.order_sums
    if order_sums[-1] == 0:
        return NOTHING
    age = max(mark - feed_first, WINDOWS[V300])
    spans = series.closed(mark) if censored and (series.shut or series.shut_since is not None) else None
    orders = units = 0
    exposure = 0
    for window in range(V300, len(WINDOWS)):
        length = min(WINDOWS[window], age)
        open_s = length if spans is None else length - overlap(spans, mark - length, mark)
        if open_s < _MIN_EXPOSURE_S:
            continue
        total = order_sums[window]
        if exposure:
            added = open_s - exposure
            if added < 30:
                continue
            share = exposure / open_s
            spread = 2.0 * sqrt(total * share * (1.0 - share)) + 0.5
            if abs(orders - total * share) > spread:
                break
        orders, units, exposure = total, series.unit_sums[window], open_s
    if not orders or not exposure:
        return NOTHING
    lumps = max(1.0, series.squares / series.total)
    return Outlook(units / exposure, orders, max(_MIN_SHAPE, 1.0 / (lumps / units + DRIFT)), lumps, exposure)


def chance_sold(outlook: Outlook, units: int, seconds: float) -> float:
    """Probability that at least `units` more are sold within `seconds`."""
    if units <= 0:
        return 1.0
    if outlook.rate <= 0.0 or seconds <= 0:
        return 0.0
    first = outlook.lumps / (9.0 * units)
    second = 1.0 / (9.0 * outlook.shape)
    ratio = (seconds * outlook.rate / units) ** (1.0 / 3.0)
    z = ((1.0 - second) * ratio - (1.0 - first)) / sqrt(second * ratio * ratio + first)
    return 0.5 * erfc(-z * 0.7071067811865476)


def time_to_sell(outlook: Outlook, units: int, z: float) -> float | None:
    """Seconds until `units` more are sold, the quantile at normal score `z`; None when nothing sells."""
    if units <= 0:
        return 0.0
    if outlook.rate <= 0.0:
        return None
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
    spread = 1.0 / 9.0 * (outlook.lumps / mean + 1.0 / outlook.shape)
    return float(mean * max(0.0, 1.0 - spread + z * sqrt(spread)) ** 3)


def forecast(outlook: Outlook, units: int, arrivals: Iterable[tuple[int, float]] = ()) -> Forecast:
    """When `units` and what arrives in time are sold out.

    `arrivals`: (units, seconds from now), in any order. Units that arrive before the sell-out put it off;
    units that arrive later don't. Times not ahead of now are taken as still to come at an unknown time, and
    left out.
    """
    coming = sorted((due, quantity) for quantity, due in arrivals if due > 0)
    return Forecast(*(_sold_out_at(outlook, units, coming, z) for z in (Z10, Z50, Z90)))


def _sold_out_at(outlook: Outlook, units: int, coming: Sequence[tuple[float, int]], z: float) -> int | None:
    left = units
    at = time_to_sell(outlook, left, z)
    for due, quantity in coming:
        if at is None or at <= due:
            break
        left += quantity
        at = time_to_sell(outlook, left, z)
    return None if at is None or at > HORIZON_S else round(at)
