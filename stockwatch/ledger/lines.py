"""An order line: the facts seen about it, and where its units therefore are.

The state is a function of the set of facts, never of their order: sums, flags and the names of its SKUs go
in, what each `Part` wants comes out (`settle`). Knows cells, not events or outcomes. Pure.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from stockwatch.ledger.cells import Cell, Part, Units

Items = tuple[tuple[str, int], ...]
"""(SKU, units in one unit of the line), each SKU once."""
CellOf = Callable[[str, tuple[str, str]], Cell]


class Change(msgspec.Struct, frozen=True, order=True):
    """Units of the line moved from one SKU to another; ordered by their own time, so that arrival does not
    matter."""

    time_us: int
    id: str
    sku: str
    to: str
    qty: int | None


NOTHING: Units = (0, 0, 0, 0)


class Line(msgspec.Struct, gc=False, eq=False):
    """Sums over distinct events; a `whole_` flag stands for an event without qty."""

    source: str
    order: str
    line: int
    seq: int
    """seq of the first event about the line."""
    size: int | None = None
    """From placed or an accepted request; binding."""
    paid_size: int = 0
    """The largest qty of a paid or shipped event: the size while nobody has told it."""
    paid: int = 0
    shipped: int = 0
    cancelled: int = 0
    refunded: int = 0
    restocked: int = 0
    """The part of refunded that may go back to available."""
    whole_paid: bool = False
    whole_shipped: bool = False
    whole_cancelled: bool = False
    whole_refunded: bool = False
    whole_restocked: bool = False
    holds: bool = False
    """Placed as an order that holds stock, or an accepted request."""
    fact: bool = False
    """A platform has taken it: it can't be refused, and its reservation lasts 60 s longer."""
    expired: bool = False
    taken: bool = False
    expires_us: int | None = None
    """The latest deadline that anyone told."""
    watched_us: int | None = None
    """The deadline that the expiry heap holds for it."""
    subject: str | None = None
    rank: int = 0
    """Who told `items`: 0 nobody, 1 a fact with a subject, 2 placed or requested, 3 its `items`."""
    items: Items = ()
    gifts: tuple[str, ...] = ()
    """SKUs of `items` that are given away."""
    where: tuple[str, str] = ("main", "spot")
    """Location and pool."""
    names: tuple[str, ...] = ()
    """SKUs that a fact about the line may name."""
    changes: tuple[Change, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def q(self) -> int | None:
        """The line's size, None while unknown."""
        if self.size is not None:
            return self.size
        return self.paid_size or None

    def sums(self, q: int) -> tuple[int, int, int, int, int]:
        """(P, S, C, R, restocked) capped at q; P at least S."""
        if not (self.cancelled or self.shipped or self.refunded or self.paid or self.whole_refunded):
            # Nothing but whole facts, as nearly always.
            shipped = q if self.whole_shipped else 0
            return (q if self.whole_paid else 0), shipped, (q if self.whole_cancelled else 0), 0, 0
        shipped = q if self.whole_shipped else min(self.shipped, q)
        paid = q if self.whole_paid else min(max(self.paid, shipped), q)
        cancelled = q if self.whole_cancelled else min(self.cancelled, q)
        refunded = q if self.whole_refunded else min(self.refunded, q)
        restocked = q if self.whole_restocked else min(self.restocked, q)
        return paid, shipped, cancelled, refunded, restocked

    def state(self) -> tuple[object, ...]:
        """All that a later event can tell: equal states before and after mean that an event changed
        nothing."""
        q = self.q
        rest = (
            self.size, self.items, self.holds, self.fact, self.names, self.changes, self.where, self.expires_us
        )  # fmt: skip
        if q is None or self.size is None:
            return (
                *rest, q, self.expired, self.paid, self.shipped, self.cancelled, self.refunded,
                self.restocked, self.whole_paid, self.whole_shipped, self.whole_cancelled,
                self.whole_refunded, self.whole_restocked,
            )  # fmt: skip
        paid, shipped, cancelled, refunded, restocked = self.sums(q)
        cancelled = min(cancelled, q - shipped)
        expired = self.expired or paid + cancelled >= q or shipped + cancelled >= q
        return *rest, q, expired, paid, shipped, cancelled, refunded, restocked

    def wants(self) -> Units:
        """Where the line's units should be, in units of the line. The rule: SHIPPED beats CANCELLED beats
        PAID beats EXPIRED."""
        q = self.size if self.size is not None else self.q
        if q is None:
            return NOTHING
        paid, shipped, cancelled, refunded, restocked = self.sums(q)
        if not (shipped or cancelled or refunded):
            return (q - paid if self.holds and not self.expired else 0), paid, 0, 0
        live = q - min(cancelled, q - shipped)
        paid = min(paid, live)
        refunded = min(refunded, paid)
        restocked = min(restocked, refunded, paid - shipped)
        sold = paid - refunded
        reserved = live - paid if self.holds and not self.expired else 0
        return reserved, sold, refunded - restocked, min(shipped, sold)

    def money_due(self) -> int:
        """Units paid and cancelled that no refund has settled yet."""
        q = self.q
        if q is None:
            return 0
        paid, shipped, cancelled, refunded, _ = self.sums(q)
        kept = min(paid, q - min(cancelled, q - shipped))
        return max(0, paid - kept - max(0, refunded - kept))

    def waits(self) -> bool:
        """Whether its facts move nothing yet, as nobody has told how much it is of what."""
        return self.q is None or not self.items

    def booked(self) -> bool:
        """Whether the line counts as taken: an order that holds stock, or a paid one, of known size."""
        return (self.holds or self.has_payment()) and not self.waits()

    def has_payment(self) -> bool:
        return bool(self.paid or self.shipped or self.whole_paid or self.whole_shipped)

    # --- units ------------------------------------------------------------------------------------

    def arrange(self, cell_of: CellOf, seq: int) -> None:
        """Make the parts anew from items and changes; parts whose cell is no longer named are emptied
        first."""
        q = self.q
        if q is None or not self.items:
            return
        if not self.parts and not self.changes:
            self.parts = tuple([Part(cell_of(sku, self.where), per, q, self.seq) for sku, per in self.items])
            return
        old = list(self.parts)
        layout = [(cell_of(sku, self.where), per, size) for sku, per, size in self.layout()]
        parts: list[Part | None] = [_taken(old, cell, per) for cell, per, _ in layout]
        for at, (cell, per, size) in enumerate(layout):
            # What a SKU is short of stays as old as it is, and is counted once, though more or less of it turns out to
            # be in the line.
            part = parts[at] or _taken(old, cell, None) or Part(cell, per, size, self.seq)
            part.per, part.size = per, size
            parts[at] = part
        for part in old:
            part.cell.settle(part, NOTHING, seq)
        self.parts = tuple([part for part in parts if part is not None])

    def layout(self) -> list[tuple[str, int, int]]:
        """(SKU, units of it in one unit of the line, units of the line), the parts of one item side by
        side."""
        q = self.q
        assert q is not None, "only a line of known size is laid out"
        if not self.changes:
            return [(sku, per, q) for sku, per in self.items]
        shares: dict[str, list[tuple[str, int]]] = {}
        for sku, _ in self.items:
            shares[sku] = [(sku, q)]
        unused = sorted(self.changes)
        progress = True
        while progress:
            progress = False
            for change in unused:
                if _move(shares, change):
                    unused.remove(change)
                    progress = True
                    break
        return [(sku, per, size) for origin, per in self.items for sku, size in shares[origin]]

    def demands(self, wants: Units) -> list[tuple[Part, Units]]:
        """What each part wants, in units of its SKU.

        After a partial change of SKU the parts of an item share the line's units: sold first, then returned,
        then reserved, in the order of the parts.
        """
        q = self.q or 0
        demands = []
        left, begun = wants, 0
        for part in self.parts:
            room, per = part.size, part.per
            reserved, sold, quarantined, shipped = left
            part_sold = min(sold, room)
            part_quarantined = min(quarantined, room - part_sold)
            part_reserved = min(reserved, room - part_sold - part_quarantined)
            part_shipped = min(shipped, part_sold)
            units = (part_reserved * per, part_sold * per, part_quarantined * per, part_shipped * per)
            demands.append((part, units))
            left = (
                reserved - part_reserved, sold - part_sold, quarantined - part_quarantined,
                shipped - part_shipped,
            )  # fmt: skip
            begun += room
            if begun == q:  # the next item begins
                left, begun = wants, 0
        return demands

    def settle(self, seq: int) -> bool:
        """Move units to where the facts say they are; True when a shortfall grew."""
        wants = self.wants()
        parts = self.parts
        if len(parts) == 1 and parts[0].per == 1:
            return parts[0].cell.settle(parts[0], wants, seq)
        grew = False
        for part, units in self.demands(wants):
            grew |= part.cell.settle(part, units, seq)
        return grew


def _taken(parts: list[Part], cell: Cell, per: int | None) -> Part | None:
    """Take a part of the cell out of the list, where there is one; with `per` only one of so many units a unit."""
    for part in parts:
        if part.cell is cell and per in (None, part.per):
            parts.remove(part)
            return part
    return None


def _move(shares: dict[str, list[tuple[str, int]]], change: Change) -> bool:
    """Carry out one change of SKU where its SKU is present; False when it is not there (yet)."""
    for origin, present in shares.items():
        for position, (sku, size) in enumerate(present):
            if sku != change.sku or change.sku == change.to:
                continue
            moved = size if change.qty is None else min(size, change.qty)
            kept = [(sku, size - moved)] if moved < size else []
            rest = present[:position] + kept + present[position + 1 :]
            there = next((index for index, (other, _) in enumerate(rest) if other == change.to), None)
            if there is None:
                rest.append((change.to, moved))
            else:
                rest[there] = (change.to, rest[there][1] + moved)
            shares[origin] = rest
            return True
    return False
