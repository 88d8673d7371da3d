"""One alert: what happened to it, how it stands, and what the desk remembers of a SKU between two looks.

Plain data; who moves it is `desk.py`. Instants in microseconds.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from stockwatch.alerts.facts import Terms
from stockwatch.alerts.reasons import Words
from stockwatch.alerts.tiers import NONE, Pace
from stockwatch.demand.outlook import NOTHING, Forecast


class AlertEvent(msgspec.Struct, frozen=True):
    """Something that happened to an alert; the data of alert.raised, alert.escalated or alert.resolved."""

    kind: Literal["raised", "escalated", "resolved"]
    id: str
    """Of this event: `<sku>:<n>`."""
    alert: str
    """Id of the raise."""
    sku: str
    at_us: int
    tier: str
    """TREND, THRESHOLD or CRITICAL; of a resolved alert the tier that has ended."""
    reason: Words
    available: int
    sellable: int
    velocity_per_min: float
    safety_line: int
    eta_s: Forecast
    """Seconds from `at_us`; each may be None."""
    cause: str = ""
    """Of the tier, as in `tiers`; not written down."""
    left: int = 0
    """Everything that can be sold or released: free units and those held back; not written down."""
    held: int = 0
    """Those of them that are held back; not written down."""
    by: str | None = None
    """Who has taken it already: only when an acknowledged alert goes on at a lower tier."""


class OpenAlert(NamedTuple):
    """The open alert of a SKU."""

    id: str
    sku: str
    tier: int
    raised_us: int
    changed_us: int
    """When it last changed its tier or state."""
    by: str | None
    """Who acknowledged it at this tier, None while it rings."""
    reason: Words


class State:
    """What the desk remembers of one SKU."""

    __slots__ = (
        "alert",
        "by",
        "calm_above",
        "calm_since",
        "changed_us",
        "count",
        "had_stock",
        "outlook",
        "pace",
        "raised_us",
        "reason",
        "shut",
        "sold_rang",
        "terms",
        "tier",
        "trend_us",
        "turns_us",
        "wait_above",
        "wait_orders",
        "wait_units",
    )

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.turns_us: int | None = None
        """When a restock source next opens or closes, or that comes into what the lines look ahead to."""
        self.count = 0
        """Alert events of this SKU so far."""
        self.alert = ""
        self.tier = NONE
        self.raised_us = 0
        self.changed_us = 0
        self.by: str | None = None
        self.reason = Words("", "")
        self.calm_above: float | None = None
        """Units left above which stock alone can't ring before the next look; None when it might."""
        self.wait_above: float | None = None
        """The same until its series has more than `wait_orders` orders or `wait_units` units; None: not known."""
        self.wait_orders = self.wait_units = 0
        self.calm_since: int | None = None
        """Since when the open tier has not held by the wider lines."""
        self.trend_us: int | None = None
        """When a surge was last seen, or the taken-units line crossed."""
        self.sold_rang = False
        self.pace: Pace | None = None
        """Of the surge that goes on."""
        self.had_stock = False
        self.shut = False
        self.outlook = NOTHING
        """The last that rested on orders: what holds while a feed is silent for so long that none are left."""

    def opened(self, sku: str) -> OpenAlert:
        """Its open alert."""
        return OpenAlert(self.alert, sku, self.tier, self.raised_us, self.changed_us, self.by, self.reason)
