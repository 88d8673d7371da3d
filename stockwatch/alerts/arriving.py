"""Units on their way: when they may come, and how likely by when. Pure; instants in microseconds since the epoch.

What a source promises is by when goods are surely there; where it also says how soon they can be (`latest` beside
`lead_time`), they come at any moment between with the same chance. A source whose earlier restocks are known is
believed as far as those bear it out: each stands for one way in which this one may come, earlier or later than promised
by the same share of the time it was promised in, beside the promise itself, which counts as two, and one that comes at
the end of the patience below. With the time that passes, what would have come already is ruled out.

A restock that isn't here when it was due is overdue, not gone: it still counts as about to come for a tenth of
the time it was promised in, at least 2 and at most 10 minutes, longer where earlier ones were later. After that it
counts for nothing until it is received or promised anew, also where its source lets it be sold once confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stockwatch.demand.outlook import Coming

_SECOND_US = 1_000_000
_GRACE_MIN_US = 120 * _SECOND_US
_GRACE_MAX_US = 600 * _SECOND_US
_STATED = 2.0
"""Earlier restocks that a promise weighs as much as."""
_LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of lateness, each standing for a fifth of what may happen."""


class Arrival(NamedTuple):
    """Units that a restock source has confirmed and that haven't come yet."""

    qty: int
    due_us: int
    """By when they are surely there, as promised."""
    counts: bool
    """They may be sold now (the source counts when confirmed)."""
    ordered_us: int | None = None
    """When it was asked for, None if nobody knows."""
    soonest_us: int | None = None
    """From when on they may be there; None: only at `due_us`."""
    slips: tuple[float, ...] = ()
    """How late earlier restocks of the source were, as shares of the time that they were promised in."""

    @property
    def promised_in_us(self) -> int:
        """From the asking to the promise; 0 if nobody knows."""
        return 0 if self.ordered_us is None else max(0, self.due_us - self.ordered_us)

    @property
    def given_up_us(self) -> int:
        """From when on it counts no more, if it hasn't come."""
        promised_in = self.promised_in_us
        usual = self.due_us + min(max(promised_in // 10, _GRACE_MIN_US), _GRACE_MAX_US)
        if not self.slips:
            return usual
        return max(usual, self.due_us + round(max(self.slips) * promised_in) + _GRACE_MIN_US)

    @property
    def earliest_us(self) -> int:
        """Before it, it can't be there."""
        soonest = self.due_us if self.soonest_us is None else min(self.due_us, self.soonest_us)
        return min(soonest, self.due_us + round(min(self.slips, default=0.0) * self.promised_in_us))

    def expected_us(self, now_us: int) -> int:
        """When it can be counted on, by its promise alone: once overdue, only at the end of its grace."""
        return self.due_us if self.due_us > now_us else self.given_up_us

    def is_sure(self, now_us: int) -> bool:
        """Whether only one moment is left at which it may come."""
        if self.slips and self.promised_in_us:
            return False
        return self.soonest_us is None or self.soonest_us >= self.due_us or self.due_us <= now_us

    def chance_by(self, at_us: int, now_us: int) -> float:
        """Probability that it is there by `at_us`, given that it isn't yet. What is overdue and has no record counts
        as about to come."""
        if self.is_sure(now_us):
            return 1.0 if self.due_us <= at_us else 0.0
        moments, spread = self._ways(now_us)
        there = sum(weight for weight, moment in moments if moment <= at_us)
        whole = sum(weight for weight, _ in moments)
        if spread is not None:
            weight, first, last = spread
            there += weight * min(1.0, max(0.0, (at_us - first) / (last - first)))
            whole += weight
        return there / whole

    def moments(self, now_us: int) -> list[int]:
        """When it comes, one moment for each of `_LEVELS`, ascending."""
        ways, spread = self._ways(now_us)
        if spread is not None:
            weight, first, last = spread
            ways += [(weight / len(_LEVELS), first + round(level * (last - first))) for level in _LEVELS]
        ways.sort(key=lambda way: way[1])
        whole = sum(weight for weight, _ in ways)
        found: list[int] = []
        upto = 0.0
        for weight, moment in ways:
            upto += weight
            while len(found) < len(_LEVELS) and _LEVELS[len(found)] * whole <= upto + 1e-9:
                found.append(moment)
        return found

    def _ways(self, now_us: int) -> tuple[list[tuple[float, int]], tuple[float, int, int] | None]:
        """(weight, moment) of what may happen, all after now, and (weight, first, last) of any moment between."""
        due_us, promised_in = self.due_us, self.promised_in_us
        ways: list[tuple[float, int]] = []
        if self.slips and promised_in:
            at = (due_us + round(slip * promised_in) for slip in self.slips)
            ways = [(1.0, moment) for moment in at if moment > now_us]
            ways.append((1.0, self.given_up_us))
        spread = None
        if due_us > now_us:
            soonest_us = due_us if self.soonest_us is None else min(self.soonest_us, due_us)
            if soonest_us < due_us:
                first = max(soonest_us, now_us)
                spread = (_STATED * (due_us - first) / (due_us - soonest_us), first, due_us)
            else:
                ways.append((_STATED, due_us))
        if not ways and spread is None:
            ways.append((1.0, self.given_up_us))
        return ways, spread


def scenarios(arrivals: Iterable[Arrival], now_us: int) -> list[Coming]:
    """What comes when, (seconds from now, units) ascending, of what is not yet for sale: one way when it is known, else
    several, equally likely. Deliveries are late together."""
    to_come = [item for item in arrivals if not item.counts]
    if all(item.is_sure(now_us) for item in to_come):
        return [sorted(((item.expected_us(now_us) - now_us) / _SECOND_US, item.qty) for item in to_come)]
    moments = [item.moments(now_us) for item in to_come]
    return [
        sorted(
            ((at[level] - now_us) / _SECOND_US, item.qty) for item, at in zip(to_come, moments, strict=True)
        )
        for level in range(len(_LEVELS))
    ]


def by(arrivals: Sequence[Arrival], at_us: int, now_us: int) -> list[tuple[float, int]]:
    """(probability, units) that are there by `at_us`, of what is not yet for sale: the most first. Deliveries are late
    together."""
    chances = [(item.chance_by(at_us, now_us), item.qty) for item in arrivals if not item.counts]
    units = sum(qty for chance, qty in chances if chance > 0.0)
    found: list[tuple[float, int]] = []
    upto = 0.0
    for chance, qty in sorted(chances):
        if chance > upto:
            found.append((chance - upto, units))
            upto = chance
        if chance > 0.0:
            units -= qty
    if upto < 1.0:
        found.append((1.0 - upto, units))
    return found
