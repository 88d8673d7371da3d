"""What the deciders need to know about one SKU at one instant: plain figures, no references to the ledger.

Counts are units, instants microseconds since the epoch, durations seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from stockwatch.config import AlertSettings, Sku


class Arrival(NamedTuple):
    """Units that a restock source has confirmed and that haven't come yet."""

    qty: int
    due_us: int
    counts: bool
    """They may be sold now (the source counts when confirmed)."""


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


class Terms(NamedTuple):
    """A SKU's settings, as the deciders need them."""

    lead_s: int | None
    """The fastest restock, None if there is none."""
    reaction_s: int
    floor: int
    """The hand-set safety line, 0 if none."""
    trend_sold: int | None
    title: str

    @classmethod
    def of(cls, sku: Sku, settings: AlertSettings) -> Terms:
        return cls(
            sku.fastest_restock, settings.reaction_time, sku.safety_line or 0, sku.trend_sold, sku.title
        )
