"""How the demand of a link is shared by its sizes, also while some of them are gone. Pure.

Units taken say too little of a size that was sold out for part of the stream. Each size's units of a minute are taken
as Poisson with the link's pace of that minute, times the size's share, times the part of the minute in which it could
be sold; paces and shares are fitted in turn (iterative proportional fitting; W. E. Deming and F. F. Stephan, Annals of
Mathematical Statistics 11, 1940), which climbs to the maximum of the likelihood. Buyers of a size that is gone are
taken to buy no other one: where some do, the share of the gone ones comes out a little low.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockwatch.demand.series import Series

_ROUNDS = 12
_PRIOR = 4.0
"""Units of the link's demand that are believed to have the shares of what was taken: what two orders in a minute say of
a size is not the whole truth."""
_OPEN_MIN = 0.25
"""Of a minute in which something was taken, at least so much counts as open."""


def shares(sizes: Sequence[Series | None], now: int) -> list[float]:
    """The share of each in the demand so far, epoch second `now`; they add up to 1, or all are 0 when nothing was
    taken. One that could never be sold has none."""
    taken = [{} if one is None else one.minutes for one in sizes]
    closed = [{} if one is None else one.closed_minutes(now) for one in sizes]
    minutes = sorted(set().union(*taken))
    pace_of = [sum(of.get(minute, 0) for of in taken) for minute in minutes]
    opened = [
        [max(1.0 - shut.get(minute, 0) / 60.0, _OPEN_MIN if minute in of else 0.0) for minute in minutes]
        for of, shut in zip(taken, closed, strict=True)
    ]
    units = [sum(of.values()) for of in taken]
    whole = sum(units)
    if not whole:
        return [0.0] * len(sizes)
    plain = [one / whole for one in units]
    found = plain
    for _ in range(_ROUNDS):
        exposure = [_PRIOR] * len(sizes)
        for at, pace in enumerate(pace_of):
            parts = [one[at] for one in opened]
            seen = sum(share * part for share, part in zip(found, parts, strict=True))
            for n, part in enumerate(parts):
                exposure[n] += pace / seen * part
        fitted = [
            (one + _PRIOR * share) / long for one, share, long in zip(units, plain, exposure, strict=True)
        ]
        whole_fit = sum(fitted)
        found = [one / whole_fit for one in fitted]
    return found
