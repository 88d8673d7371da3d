"""What to expect while the host presents a link, from what earlier streams taught, until orders themselves tell.

How fast a SKU sells while it is presented is a gamma variable that counts as two orders of what earlier streams had;
the orders since the presentation began are counted on top. It lasts as long as it has lasted on average, whatever has
passed of it (exponential): the host goes on to the next thing. Pure; seconds and units.
"""

from __future__ import annotations

from stockwatch.demand.outlook import DRIFT, MIN_SHAPE, Course, Outlook
from stockwatch.demand.series import HISTORY, Series

_MIN_TIMES = 1.5
"""Presentations that must be known, older streams' fading: two."""
_MIN_ORDERS = 8.0
_COUNTS = 2.0
"""Orders that what is known counts as."""
_FASTER = 1.5
"""A SKU that sells less than so many times its usual rate while it is presented needs no such outlook."""
_OVERDUE = 3.0
"""After so many times its mean length the presentation tells nothing more."""


def prompted(series: Series) -> Outlook | None:
    """The outlook while its link is presented; None where it isn't, or where earlier streams taught nothing of that."""
    taught, since = series.taught, series.showing
    if taught is None or since is None:
        return None
    known = taught.presented
    if known.times < _MIN_TIMES or known.orders < _MIN_ORDERS or known.seconds <= 0.0:
        return None
    lasts, rate = known.seconds / known.times, known.orders / known.seconds
    usual = taught.usual if series.watch is None or not series.watch.usual else series.watch.usual
    passed = max(0, series.mark - since)
    if rate < _FASTER * usual or passed > _OVERDUE * lasts:
        return None
    orders = series.tally().count(since, series.mark) if passed else 0
    expected = (_COUNTS + orders) / (_COUNTS / rate + passed)
    an_order = series.total / series.count
    lumps = max(1.0, series.squares / series.total)
    shape = max(MIN_SHAPE, 1.0 / (lumps / ((_COUNTS + orders) * an_order) + DRIFT))
    extra = max(0.0, expected - usual)
    course = Course(1.0, usual * an_order, extra * an_order, lasts, shape, lumps, lasts)
    rests_on = orders + round(min(known.orders, 2.0 * _MIN_ORDERS))
    return Outlook((usual + extra) * an_order, rests_on, shape, lumps, HISTORY, (course,), rate)
