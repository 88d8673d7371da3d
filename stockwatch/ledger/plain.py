"""Plain lines: one SKU, one shelf, whole facts only, and stock for all of it; nearly every order is one.

Such a line is a shelf, a size and a set of bits, and what an event does to it stands in a table. The tables are
drawn up at import from the one rule for all lines (`Line.wants`, `Line.state`), so that there is no second rule.
Whatever is not plain unfolds the line into a `Line` first: `Orders` then goes on with that. Pure.
"""

from __future__ import annotations

import msgspec

from stockwatch.ledger.cells import Cell, Part, Units
from stockwatch.ledger.lines import Line

HOLDS, FACT, PAID, SHIPPED, CANCELLED, EXPIRED, REFUNDED, RESTOCKED = (1 << bit for bit in range(8))
PLACED = FACT | HOLDS
"""An order that a platform has taken and that holds stock: how most lines begin."""
_SETS = 1 << 8
GONE = -1
"""Facts of a line that was unfolded: whoever still holds it must look for the `Line`."""


class Plain(msgspec.Struct, gc=False, eq=False):
    """A plain line. Its shelf backs all that it wants."""

    cell: Cell
    size: int
    facts: int
    seq: int
    """seq of the event that made it known."""
    expires_us: int | None
    source: str
    order: str
    line: int

    def reserves(self) -> bool:
        """Whether it holds a reservation."""
        return self.facts >= 0 and WANTS[self.facts][0] > 0


def _line(facts: int, size: int, source: str = "", order: str = "", number: int = 1, seq: int = 0) -> Line:
    line = Line(source, order, number, seq, size, rank=2)
    line.holds, line.fact = bool(facts & HOLDS), bool(facts & FACT)
    line.whole_paid = bool(facts & (PAID | SHIPPED))
    line.whole_shipped = bool(facts & SHIPPED)
    line.whole_cancelled = bool(facts & CANCELLED)
    line.expired = bool(facts & EXPIRED)
    line.whole_refunded = bool(facts & REFUNDED)
    line.whole_restocked = bool(facts & RESTOCKED)
    return line


def unfolded(plain: Plain) -> Line:
    """The line as the general rule has it, with its part; the plain one is left as it is."""
    facts, size, cell = plain.facts, plain.size, plain.cell
    line = _line(facts, size, plain.source, plain.order, plain.line, plain.seq)
    sku = cell.sku
    line.subject, line.names, line.items = sku, (sku,), ((sku, 1),)
    line.expires_us = plain.expires_us
    line.taken = line.booked()
    reserved, sold, quarantined, shipped = (units * size for units in WANTS[facts])
    line.parts = (
        Part(
            cell, 1, size, plain.seq, reserved, sold, quarantined, shipped,
            got=reserved + sold, quarantined=quarantined,
        ),
    )  # fmt: skip
    return line


WANTS: tuple[Units, ...] = tuple(_line(facts, 1).wants() for facts in range(_SETS))
"""By facts: where each unit of the line is (reserved, sold, quarantined, shipped)."""

Move = tuple[int, int, int, int, int, int]
"""(facts afterwards, or ~facts where nothing a later event can tell has changed; change of available, reserved,
sold, quarantined and shipped for a unit of the line)"""


def _move(facts: int, told: int) -> Move | None:
    """What a whole fact does; None where it takes the general rule."""
    after = facts | told
    here, there = _line(facts, 1), _line(after, 1)
    if here.state() == there.state():
        return ~after, 0, 0, 0, 0, 0
    late = facts & EXPIRED and told & (PAID | SHIPPED)
    if late or there.money_due() or not (facts & (HOLDS | FACT)):
        return None
    was, now = WANTS[facts], WANTS[after]
    reserved, sold, quarantined, shipped = (new - old for new, old in zip(now, was, strict=True))
    if quarantined < 0:
        return None
    available = -(reserved + sold + quarantined)
    assert sum(was[:3]) == sum(now[:3]) + available, "a move conserves units"
    return after, available, reserved, sold, quarantined, shipped


MOVES: dict[str, tuple[Move | None, ...]] = {
    type_: tuple(_move(facts, told) for facts in range(_SETS))
    for type_, told in {
        "order.paid": PAID,
        "order.shipped": PAID | SHIPPED,
        "order.cancelled": CANCELLED,
        "order.expired": EXPIRED,
        "order.refunded": REFUNDED,
        "order.refunded restock": REFUNDED | RESTOCKED,
    }.items()
}
"""By what an event tells of a whole line, then by the facts before it."""
BOOKED = PAID | SHIPPED | HOLDS
"""A line with any of these counts as taken."""
