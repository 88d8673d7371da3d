"""A platform's order as it stands now: what every adapter makes of a detail, and all that `facts` reads. Pure.

Instants are microseconds since the epoch, UTC; 0 where the platform does not say.
"""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """A thing in a line, by the platform's ids."""

    product: str
    sku: str
    outer: str
    """The merchant's own code for it (商家编码), "" if none was given."""
    qty: int = 1
    """Of it in one unit of the line."""


class Returned(NamedTuple):
    """Units of a line that were refunded while others were not. What it says of one id never changes."""

    id: str
    """What tells it from the line's other refunds."""
    qty: int
    kept: bool = False
    """Whether the platform says that these units never left: they lie where they lay."""
    at_us: int = 0


def units(count: int) -> tuple[Returned, ...]:
    """So many units that were refunded, where the platform names no refunds: told one by one, so that more of them
    change nothing about those before. Beyond 500 they are told when all of them were."""
    return tuple(Returned(f"unit {unit:03}", 1) for unit in range(1, count + 1)) if count <= 500 else ()


class Line(NamedTuple):
    """One line of an order. Quantities are units of the line."""

    id: str
    """The platform's id of the line (子订单)."""
    goods: Part
    qty: int
    parts: tuple[Part, ...] = ()
    """What a bundle is made of; () for a thing of its own."""
    gift: bool = False
    paid_us: int | None = None
    """None: not paid."""
    shipped: int = 0
    shipped_us: int = 0
    cancelled: bool = False
    """Closed before it was paid."""
    refunded: bool = False
    closed_us: int = 0
    """When it was cancelled or refunded."""
    room: str = ""
    """The live room it was bought in."""
    author: str = ""
    """Who sold it there."""
    presale: bool = False
    returned: tuple[Returned, ...] = ()
    """Units that were refunded, where not all of them were."""
    unsaid: str = ""
    """What the platform calls the after-sale (售后单) that says how many units were refunded, or the order it is of;
    "": nothing is unsaid."""
    holds: bool | None = None
    """As the order's, where its lines differ."""


class Order(NamedTuple):
    """One order, whole."""

    id: str
    created_us: int
    updated_us: int
    lines: tuple[Line, ...]
    expires_us: int | None = None
    """When it is closed unless paid; None: the platform does not say."""
    holds: bool | None = None
    """Whether the platform takes stock at placement (拍下减库存); None: as the channel is set."""
