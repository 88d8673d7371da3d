"""When a SKU must be looked at again: what can wait, because nothing could come of a look, and until when.

Bounds, never estimates: whatever is put off here could not have rung. Pure; instants in microseconds.
"""

from __future__ import annotations

from stockwatch.alerts import lines
from stockwatch.alerts.alert import State
from stockwatch.alerts.facts import Facts, Terms
from stockwatch.demand import Demand
from stockwatch.demand.series import V1800, Series
from stockwatch.demand.sight import KNOWN_PART
from stockwatch.demand.surge import WATERMARK_S

SECOND_US = 1_000_000
CALM_FACTOR = 3.0
CALM_UNITS = 3
"""No line is higher than this many times the mean demand at the fastest rate of any window, and this many units:
a gamma rate from a single order has its 90 % at 2.7 times its mean."""
WAIT_ORDERS, WAIT_UNITS = 8, 24
TORN_FACTOR = 1.0 / KNOWN_PART
"""An estimate may be so many times the busiest window's where a feed has missed some of it."""
OPEN_LOOK_US = 10 * SECOND_US
"""How often an open alert is looked at when nothing comes in, and goods on their way that may come sooner or later."""


def calm_above(demand: Demand, terms: Terms, series: Series | None) -> float | None:
    """Units above which no line can be until another order counts; None: not known."""
    if series is None:
        return terms.floor + CALM_UNITS
    if series.shut or series.expected or (series.watch is not None and series.watch.since is not None):
        return None
    if not series.order_sums[V1800]:
        return terms.floor + CALM_UNITS
    most = demand.fastest(series) * lines.furthest(terms)
    return max(terms.floor, CALM_FACTOR * most) + CALM_UNITS


def wait_above(demand: Demand, terms: Terms, series: Series) -> float:
    """Units above which no line can be until more than WAIT_ORDERS orders, or WAIT_UNITS units, more have come; never
    lower than `calm_above` is until then."""
    most = demand.fastest_yet(series, WAIT_ORDERS, WAIT_UNITS) * lines.furthest(terms)
    return max(terms.floor, CALM_FACTOR * most) + CALM_UNITS


def nothing_near(above: float | None, units: int, demand: Demand, now_us: int) -> bool:
    """Whether `units` lie above what `calm_above` said, also where a feed has missed some of the demand."""
    if above is None or units <= above:
        return False
    return units > above * TORN_FACTOR or not demand.torn(now_us)


def due_us(state: State, series: Series | None, look_s: int | None, now_us: int, facts: Facts) -> int | None:
    """The next instant at which something can change without an event."""
    due: int | None = None
    if series is not None:
        pending = series.next_second
        if pending is not None:
            due = max(now_us + SECOND_US, (pending + 1 + WATERMARK_S) * SECOND_US)
        if look_s is not None and (due is None or now_us + look_s * SECOND_US < due):
            due = now_us + look_s * SECOND_US
    if state.turns_us is not None:
        due = _sooner(due, state.turns_us)
    if state.tier:
        due = _sooner(due, now_us + OPEN_LOOK_US)
    for arrival in facts.arrivals:
        if arrival.given_up_us > now_us:
            due = _sooner(due, arrival.due_us if arrival.due_us > now_us else arrival.given_up_us)
            if not arrival.counts and not arrival.is_sure(now_us):
                matters_us = arrival.earliest_us - lines.furthest(state.terms) * SECOND_US
                due = _sooner(due, max(now_us + OPEN_LOOK_US, matters_us))
    return due


def _sooner(due: int | None, other: int) -> int:
    return other if due is None or other < due else due
