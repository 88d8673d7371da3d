"""One platform's own books: goods, orders and what has become of them. Pure: time and chance come in.

The shop's figures are what a ledger that has heard everything must come to.
"""

from __future__ import annotations

import heapq
import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["unpaid", "paid", "shipped", "done", "cancelled", "refunded"]


@dataclass(slots=True)
class Good:
    """One SKU as the platform has it."""

    product: int
    sku: int
    outer: str
    """The merchant's code."""
    title: str
    stock: int
    """What the platform may still sell."""
    at_payment: bool = False
    """Its stock is taken when it is paid (付款减库存), not when it is ordered (拍下减库存)."""
    step: int | None = None
    """What may still be sold as pre-sale once `stock` is gone (阶梯发货); None: it is not sold so."""

    def left(self, presale: bool) -> int:
        return (self.step or 0) if presale else self.stock

    def move(self, units: int, presale: bool) -> None:
        """Add so many, or take them."""
        if presale:
            self.step = (self.step or 0) + units
        else:
            self.stock += units

    def is_presale(self, qty: int) -> bool:
        """Whether so many can only be sold as pre-sale."""
        return self.step is not None and self.stock < qty


@dataclass(slots=True)
class Part:
    """Units of a line that were refunded while the others were not."""

    id: int
    qty: int
    at_ms: int
    kept: bool
    """They never left, and the platform says so."""


@dataclass(slots=True)
class Bought:
    """A line of an order. Instants are milliseconds since the epoch, 0 for never."""

    id: int
    good: Good
    qty: int
    status: Status = "unpaid"
    shipped_ms: int = 0
    closed_ms: int = 0
    parts: list[Part] = field(default_factory=list)
    presale: bool = False

    @property
    def left(self) -> int:
        """Units that were not refunded apart from the others."""
        return self.qty - sum(part.qty for part in self.parts)


@dataclass(slots=True)
class Order:
    """An order."""

    id: int
    created_ms: int
    updated_ms: int
    expires_ms: int
    lines: list[Bought]
    paid_ms: int = 0
    room: int = 0


@dataclass
class Figures:
    """What a SKU's units have come to."""

    reserved: int = 0
    sold: int = 0
    shipped: int = 0
    returned: int = 0
    """Refunded after they were shipped, or where the platform does not say that they never were."""


class Shop:
    """Orders are placed, paid, shipped, closed; every change has its update time and is announced."""

    def __init__(
        self,
        goods: list[Good],
        *,
        first_order: int,
        unpaid_ttl_ms: int,
        second_grain: bool,
        says_kept: bool = True,
    ) -> None:
        """`second_grain`: its times are whole seconds. `says_kept`: refunds of some units of a line say whether these
        had left."""
        self.goods = goods
        self.orders: dict[int, Order] = {}
        self.refused = 0
        """Buyers who found nothing left."""
        self.announced: list[tuple[int, str, int]] = []
        """(when, what, order), for whoever pushes; taken from the front."""
        self._says_kept = says_kept
        self._next = first_order
        self._ttl = unpaid_ttl_ms
        self._grain = 1000 if second_grain else 1
        self._log: list[tuple[int, int]] = []

    def place(self, wanted: list[tuple[Good, int]], now_ms: int, room: int = 0) -> Order | None:
        """A buyer orders; None when there is too little."""
        sold = [(good, qty, good.is_presale(qty)) for good, qty in wanted]
        if any(good.left(presale) < qty for good, qty, presale in sold):
            self.refused += 1
            return None
        for good, qty, presale in sold:
            good.move(0 if good.at_payment else -qty, presale)
        at = self._at(now_ms)
        first = self._next
        self._next += 1 + len(wanted)
        ids = [first] if len(wanted) == 1 else range(first + 1, first + 1 + len(wanted))
        lines = [
            Bought(id_, good, qty, presale=presale)
            for id_, (good, qty, presale) in zip(ids, sold, strict=True)
        ]
        order = Order(first, at, at, at + self._ttl, lines, room=room)
        self.orders[first] = order
        self._changed(order, "placed", now_ms)
        return order

    def pay(self, order: Order, now_ms: int) -> bool:
        if order.paid_ms or any(line.status != "unpaid" for line in order.lines):
            return False
        late = [line for line in order.lines if line.good.at_payment]
        if any(line.good.left(line.presale) < line.qty for line in late):
            return False
        order.paid_ms = self._at(now_ms)
        for line in late:
            line.good.move(-line.qty, line.presale)
        for line in order.lines:
            line.status = "paid"
        self._changed(order, "paid", now_ms)
        return True

    def cancel(self, order: Order, now_ms: int) -> bool:
        """Closed before it was paid: the platform gives its stock back."""
        if order.paid_ms or any(line.status != "unpaid" for line in order.lines):
            return False
        for line in order.lines:
            line.status, line.closed_ms = "cancelled", self._at(now_ms)
            line.good.move(0 if line.good.at_payment else line.qty, line.presale)
        self._changed(order, "cancelled", now_ms)
        return True

    def ship(self, order: Order, now_ms: int) -> bool:
        ready = [line for line in order.lines if line.status == "paid"]
        for line in ready:
            line.status, line.shipped_ms = "shipped", self._at(now_ms)
        if ready:
            self._changed(order, "shipped", now_ms)
        return bool(ready)

    def refund(self, order: Order, line: Bought, now_ms: int, qty: int | None = None) -> bool:
        """All of a line, or so many of its units."""
        if line.status not in ("paid", "shipped", "done"):
            return False
        if qty is not None and qty < line.left:
            kept = self._says_kept and not line.shipped_ms
            line.parts.append(Part(line.id * 10 + len(line.parts), qty, self._at(now_ms), kept))
            self._changed(order, "refunded", now_ms)
            return True
        line.status, line.closed_ms = "refunded", self._at(now_ms)
        self._changed(order, "refunded", now_ms)
        return True

    def overwrite(self, outer: str, stock: int) -> None:
        """Somebody (an ERP, a colleague) writes a figure: no order changes, nothing is announced."""
        for good in self.goods:
            if good.outer == outer:
                good.stock = stock

    def updated(self, since_ms: int, until_ms: int) -> list[Order]:
        """Orders whose last change lies in the stretch, oldest first."""
        lo = bisect_left(self._log, (since_ms, 0))
        hi = bisect_right(self._log, (until_ms, 1 << 62))
        return [self.orders[id_] for at, id_ in self._log[lo:hi] if self.orders[id_].updated_ms == at]

    def figures(self, *, presale: bool = False) -> dict[str, Figures]:
        """By the merchant's code: of what was sold from stock, or of what was sold as pre-sale."""
        found: dict[str, Figures] = {good.outer: Figures() for good in self.goods}
        for order in self.orders.values():
            for line in order.lines:
                if line.presale is not presale:
                    continue
                figure = found[line.good.outer]
                kept = sum(part.qty for part in line.parts if part.kept)
                back = line.qty - line.left - kept
                if line.status == "unpaid":
                    figure.reserved += 0 if line.good.at_payment else line.qty
                elif line.status in ("paid", "shipped", "done"):
                    figure.sold += line.left
                    figure.returned += back
                elif line.status == "refunded" and line.shipped_ms:
                    figure.returned += line.qty - kept
                if line.shipped_ms:
                    figure.shipped += line.qty - kept
                elif line.status == "paid":
                    figure.shipped += back
        return found

    def _at(self, now_ms: int) -> int:
        return now_ms - now_ms % self._grain

    def _changed(self, order: Order, what: str, now_ms: int) -> None:
        order.updated_ms = self._at(now_ms)
        entry = (order.updated_ms, order.id)
        at = bisect_left(self._log, entry)
        if at == len(self._log) or self._log[at] != entry:
            self._log.insert(at, entry)
        self.announced.append((now_ms, what, order.id))


@dataclass
class Buyers:
    """Who buys, pays, thinks better of it: drawn from a seed."""

    shop: Shop
    seed: int
    pays: float = 0.85
    ships: float = 0.3
    refunds: float = 0.05
    several: float = 0.15
    """Share of orders with more than one line."""
    haste: float = 1.0
    """1: they pay after 4 s on average, parcels leave 8 s later."""
    weights: list[float] = field(default_factory=list)
    """Of the goods; []: all alike."""
    returns: bool = True
    """Whether what was shipped is refunded too: not every platform's orders show that."""
    partly: bool = False
    """Whether of some lines only one unit is refunded: not every platform says how many."""

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        self._later: list[tuple[int, int, str, Order]] = []
        self._count = 0

    def buy(self, now_ms: int, room: int = 0) -> Order | None:
        """One buyer orders something; what becomes of it is drawn at once and happens at `live`. None where nobody
        wants what there is (all weights are 0), or too little is left."""
        draw = self._draw
        wanted = sum(weight > 0 for weight in self.weights) if self.weights else len(self.shop.goods)
        if not wanted:
            return None
        count = 1 if draw.random() >= self.several or wanted < 2 else 2
        picked: dict[int, tuple[Good, int]] = {}
        while len(picked) < count:
            good = draw.choices(self.shop.goods, self.weights or None)[0]
            picked[good.sku] = (good, draw.choices((1, 2, 3), (0.85, 0.12, 0.03))[0])
        order = self.shop.place(list(picked.values()), now_ms, room)
        fate, first, second = (
            draw.random(),
            draw.expovariate(self.haste / 4000),
            draw.expovariate(self.haste / 8000),
        )
        third, last = draw.random(), draw.random()
        if order is None:
            return None
        if fate < self.pays:
            self._plan(now_ms + int(first), "pay", order)
            if third < self.ships:
                self._plan(now_ms + int(first + second), "ship", order)
            if last < self.refunds:
                self._plan(now_ms + int(first + 2 * second), "refund", order)
        elif fate < self.pays + (1 - self.pays) / 2:
            self._plan(now_ms + int(first), "cancel", order)
        else:
            self._plan(order.expires_ms, "cancel", order)
        return order

    def live(self, now_ms: int) -> None:
        """All that was to happen by now."""
        while self._later and self._later[0][0] <= now_ms:
            at, _, what, order = heapq.heappop(self._later)
            match what:
                case "pay":
                    self.shop.pay(order, at)
                case "ship":
                    self.shop.ship(order, at)
                case "cancel":
                    self.shop.cancel(order, at)
                case _ if self.returns or not order.lines[0].shipped_ms:
                    self.shop.refund(order, order.lines[0], at, 1 if self.partly else None)

    @property
    def waits(self) -> int:
        """What is still to happen."""
        return len(self._later)

    def _plan(self, at: int, what: str, order: Order) -> None:
        self._count += 1
        heapq.heappush(self._later, (at, self._count, what, order))
