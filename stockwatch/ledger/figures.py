"""The values that the ledger gives out: outcomes, figures of a SKU, what an event came to, restocks,
exceptions.

Immutable. Quantities are units; instants are microseconds since the epoch, UTC. Pure.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from stockwatch.events import Event, Invalid

Outcome = Literal["accepted", "duplicate", "rejected", "short", "noop", "conflict", "invalid"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "duplicate", "rejected", "short", "noop", "conflict", "invalid")
"""In the order of their codes in the journal: never reorder, only add at the end."""
Deduct = Literal["place", "pay"]


class LedgerBroken(AssertionError):
    """An invariant of the ledger does not hold. Never caught and carried on from: figures can't be
    trusted."""


Taken = tuple[str, int]
"""(SKU, units) that an order line has asked for: once a line and SKU, whether or not stock could meet it:
of the channel and at the time of the event that it comes with."""


class Applied(msgspec.Struct, frozen=True, gc=False):
    """What an event came to."""

    event: Event | Invalid
    outcome: Outcome
    seq: int | None
    """What the answer says: the original's for a duplicate, None for invalid and conflict."""
    place: int | None
    """Its number in the journal, None for invalid, which is not journaled."""
    original: Outcome | None = None
    """Of a duplicate: what the first delivery got."""
    reason: str | None = None
    touched: tuple[str, ...] = ()
    """SKUs whose figures changed (a superset is possible)."""
    taken: tuple[Taken, ...] = ()


class Stock(msgspec.Struct, frozen=True, gc=False):
    """Figures of one SKU, or of one (SKU, location, pool)."""

    available: int = 0
    held: int = 0
    reserved: int = 0
    sold: int = 0
    shipped: int = 0
    """The part of sold that has left."""
    quarantined: int = 0
    in_transit: int = 0
    shortfall: int = 0
    """Open now."""
    oversold: int = 0
    """Units ever short."""

    @property
    def on_hand(self) -> int:
        return self.available + self.held + self.reserved + self.sold - self.shipped + self.quarantined


class Restock(msgspec.Struct, frozen=True, kw_only=True):
    """An order for more, under one document."""

    document: str
    sku: str
    source: str
    qty: int
    state: Literal["asked", "confirmed", "shipped", "refused", "received"]
    """`received`: all of it has come, or the last part was marked final."""
    due_us: int
    received: int
    by: str | None
    asked_us: int
    """Time of the earliest event under the document."""

    @property
    def in_transit(self) -> int:
        return max(0, self.qty - self.received) if self.state in ("confirmed", "shipped") else 0


class MoneyDue(msgspec.Struct, frozen=True):
    """Units of a line that were paid and cancelled, and not refunded yet."""

    source: str
    order: str
    line: int
    units: int


TroubleKind = Literal["short", "conflict", "orphan", "late", "unknown_sku", "money_due", "waiting_stock"]


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something for a person to look at: an entry of the work list."""

    key: str
    """Names the matter for as long as it lasts; `action.resolved` tells it."""
    kind: TroubleKind
    seq: int
    """Place in the journal of the event that it last happened with; 0 where none can be named."""
    source: str
    id: str
    sku: str | None
    order: str | None
    line: int | None
    detail: str
    at_us: int
    """When, by the decision clock."""
    units: int = 0
    """Missing, or paid and not refunded; 0 where no figure is part of it."""
    count: int = 1
    """How often it was told."""
