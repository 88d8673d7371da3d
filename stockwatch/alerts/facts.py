"""What the deciders need to know about one SKU at one instant: plain figures, no references to the ledger.

Counts are units, instants microseconds since the epoch, durations seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from stockwatch.alerts.arriving import Arrival

HANDS_S = 5 * 60
"""Seconds that a decision takes from the ring to the order. Both lines look so far beyond what must have been decided.

Looking further ahead at a middling chance is better than looking less far at a small one: what is known well rings when
it must, and what is known badly does not ring long before."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """A SKU's stock as the ledger has it, and what is on its way."""

    available: int
    held: int = 0
    reserved: int = 0
    sold: int = 0
    shortfall: int = 0
    quarantined: int = 0
    arrivals: Sequence[Arrival] = ()
    """Confirmed ones only: what was merely asked for is no stock."""
    lag_s: float = 0.0
    """How late the channels' orders reach us."""

    @property
    def taken(self) -> int:
        """Units that buyers have taken: what `trend_sold` counts."""
        return self.reserved + self.sold + self.shortfall

    @property
    def promised(self) -> int:
        """Units not here yet that may be sold now."""
        arrivals = self.arrivals
        return sum(arrival.qty for arrival in arrivals if arrival.counts) if arrivals else 0

    @property
    def free(self) -> int:
        """Units that may be sold now, before what channels may have sold unseen: available and promised
        ones, less the open shortfall that they would cover first. Never negative."""
        return max(0, self.available + self.promised - self.shortfall)

    @property
    def releasable(self) -> int:
        """Everything a person could still put on sale: free, held back, and on its way."""
        coming = sum(arrival.qty for arrival in self.arrivals)
        return max(0, self.available + self.held + coming - self.shortfall)


def believed(facts: Facts, now_us: int) -> Facts:
    """The same without what is overdue for so long that it counts no more."""
    if not facts.arrivals or all(arrival.given_up_us > now_us for arrival in facts.arrivals):
        return facts
    kept = tuple(arrival for arrival in facts.arrivals if arrival.given_up_us > now_us)
    return msgspec.structs.replace(facts, arrivals=kept)


class Closing(NamedTuple):
    """A source is about to close, after which a restock comes much later: the last call (`last_call.py`)."""

    source: str
    """Outside text."""
    in_s: int
    """Seconds until it closes."""
    soonest_s: int
    """Seconds from now until what is asked for then can be there at the soonest."""
    surely_s: int
    """The same by when it is sure."""


class Terms(NamedTuple):
    """A SKU's settings, as the deciders need them."""

    lead_s: int | None
    """By when the fastest restock is surely there, None if there is none."""
    reaction_s: int
    floor: int
    """The hand-set safety line, 0 if none."""
    trend_sold: int | None
    title: str
    soonest_s: int | None = None
    """The same at the soonest, where `lead_s` is by when it is sure."""
    lead_decided_s: int | None = None
    """`lead_s` of a restock that is asked for `HANDS_S` from now, where opening hours make it another; None: the
    same."""
    lead_reacted_s: int | None = None
    """The same of one asked for after the reaction time and `HANDS_S`."""
    closing: Closing | None = None
    """The last call that is on."""
