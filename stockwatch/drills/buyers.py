"""What buyers do with an order, told as the events a platform or a storefront of our own would send.

A platform states facts (order.placed); our own storefront on the same channel asks first (order.requested)
and nothing follows a no. Afterwards the buyer pays, walks away, cancels, is refunded or changes the size.
Owns the wording of order events; stock is the book's business. Draws from the stage's generator only. No
I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from stockwatch.drills.simulator import MINUTE, OWN_LAG, SECOND, Draft, Platform, Stage, payment_delay


class Fate(Enum):
    """How an order goes on."""

    PAYS = "pays"
    CANCELS = "cancels"
    """Closed by the buyer before paying."""
    CLOSED = "closed"
    """Never paid; the platform closes it in time and says so."""
    FORGOTTEN = "forgotten"
    """Never paid, and nobody says so: whoever holds the units must give them up by the deadline."""
    REFUNDED = "refunded"
    """Paid, then refunded before it ships: back on the shelf."""
    RETURNED = "returned"
    """Paid, then refunded without going back on the shelf: to quarantine."""
    CHANGED = "changed"
    """Paid, then moved to another size."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to buy: one SKU, or the parts of a bundle."""

    sku: str | None
    qty: int = 1
    items: tuple[tuple[str, int, str], ...] = ()
    """(SKU, qty, role) of each part of one bundle."""
    listing: str | None = None
    amount: int | None = None
    """Minor units, for the whole line."""
    change_to: str | None = None


@dataclass
class _Order:
    platform: Platform
    number: str
    sku: str | None
    told: int = 1
    """Messages about it so far; they number its ids."""


class Buyers:
    """Turns wishes into events on a stage. Call it in a cue: order numbers rise with time."""

    def __init__(self, stage: Stage, timeout: int) -> None:
        self.stage = stage
        self.timeout = timeout
        """ms that an unpaid order holds its units."""
        self._last_order: dict[str, int] = {}

    def buy(
        self,
        platform: Platform,
        at: int,
        wish: Wish,
        fate: Fate = Fate.PAYS,
        *,
        asks: bool = False,
        promptly: bool = False,
        on_answer: Callable[[str], None] | None = None,
    ) -> bool:
        """Order now. `asks`: through our storefront. `promptly`: who pays does so within half a minute.

        Returns whether we shall ever hear of it (its feed may lose it).
        """
        number = self._order_number(platform)
        order = _Order(platform, number, wish.sku)

        def answered(outcome: str, now: int) -> None:
            if on_answer is not None:
                on_answer(outcome)
            if asks and outcome == "accepted":
                self._go_on(order, wish, fate, now, promptly=promptly)

        kind = "order.requested" if asks else "order.placed"
        data: dict[str, Any] = {"order": number, "line": 1, "qty": wish.qty, "expires": self._deadline(at)}
        if wish.listing is not None:
            data["listing"] = wish.listing
        if wish.items:
            data["items"] = [{"sku": sku, "qty": qty, "role": role} for sku, qty, role in wish.items]
        if wish.amount is not None and not asks:
            data["amount"] = wish.amount
        received = platform.receipt(self.stage.rng, at, OWN_LAG if asks else None)
        if received is not None:
            self.stage.say(
                Draft(kind, platform.source, f"{number}-1", at, data, wish.sku, answered), received
            )
        if not asks:
            self._go_on(order, wish, fate, at, promptly=promptly)
        return received is not None

    def _deadline(self, at: int) -> str:
        return self.stage.stamp((at + self.timeout) // SECOND * SECOND, "seconds")

    def _order_number(self, platform: Platform) -> str:
        step = self.stage.rng.randint(1, 90)
        self._last_order[platform.id] = self._last_order.get(platform.id, 0) + step
        return f"{platform.order_prefix}{self._last_order[platform.id]:06d}"

    def _go_on(self, order: _Order, wish: Wish, fate: Fate, at: int, *, promptly: bool) -> None:
        rng = self.stage.rng
        delay = rng.randint(4_000, 30_000) if promptly else payment_delay(rng)
        paid = at + min(delay, self.timeout - 20 * SECOND)
        after = paid + rng.randint(4 * MINUTE, 25 * MINUTE)
        match fate:
            case Fate.PAYS:
                self._follow(order, "paid", paid)
            case Fate.CANCELS:
                self._follow(order, "cancelled", at + rng.randint(15 * SECOND, self.timeout // 2))
            case Fate.CLOSED:
                self._follow(order, "cancelled", at + self.timeout + rng.randint(0, 2_000))
            case Fate.FORGOTTEN:
                pass
            case Fate.REFUNDED | Fate.RETURNED:
                self._follow(order, "paid", paid)
                self._follow(order, "refunded", after, restock=fate is Fate.REFUNDED)
            case Fate.CHANGED:
                assert wish.change_to is not None, "a change needs a size to change to"
                self._follow(order, "paid", paid)
                self._follow(order, "changed", after, to=wish.change_to)

    def _follow(self, order: _Order, what: str, at: int, **extra: Any) -> None:
        """A fact about an order that is known already. It names no quantity: it is about the whole line."""
        received = order.platform.receipt(self.stage.rng, at)
        order.told += 1
        if received is None:
            return
        data = {"order": order.number, "line": 1, **extra}
        id = f"{order.number}-{order.told}"
        self.stage.say(Draft(f"order.{what}", order.platform.source, id, at, data, order.sku), received)
