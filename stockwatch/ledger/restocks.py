"""Orders for more stock: asked -> confirmed -> shipped | refused, and what has arrived of them.

The state is a function of the set of events seen: shipped beats refused beats confirmed beats asked, in any
order of arrival; receipts may come before the order that they belong to. Moves no stock itself. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from stockwatch.events import Event, parse_time
from stockwatch.ledger.figures import Restock

_RANK = {"asked": 0, "confirmed": 1, "refused": 2, "shipped": 3}


class RestockOrder(msgspec.Struct, eq=False):
    """What is known of an order under one document."""

    sku: str
    document: str
    told: Event | None = None
    """The event of the highest state."""
    state: Literal["asked", "confirmed", "refused", "shipped"] = "asked"
    asked_us: int | None = None
    received: int = 0
    final: bool = False

    def value(self, told: Event) -> Restock:
        data = told.data
        complete = self.final or self.received >= data["qty"]
        return Restock(
            document=self.document,
            sku=self.sku,
            source=data["source"],
            qty=data["qty"],
            state="received" if complete and self.state != "refused" else self.state,
            due_us=parse_time(data["due"]) or 0,
            received=self.received,
            by=data.get("by"),
            asked_us=told.time_us if self.asked_us is None else self.asked_us,
        )


class Restocks:
    """All orders for more, by (SKU, document)."""

    def __init__(self) -> None:
        self._orders: dict[tuple[str, str], RestockOrder] = {}
        self._in_transit: dict[str, int] = {}

    def in_transit(self, sku: str) -> int:
        """Units promised or shipped that have not arrived."""
        return self._in_transit.get(sku, 0)

    def ordered(self, event: Event) -> None:
        """stock.ordered under a (document, state) not seen before."""
        order = self._order(event.subject or "", event.data["document"])
        before = self._moving(order)
        state: Any = event.data.get("state") or "confirmed"
        if order.told is None or _RANK[state] > _RANK[order.state]:
            order.told, order.state = event, state
        if order.asked_us is None or event.time_us < order.asked_us:
            order.asked_us = event.time_us
        self._count(order, before)

    def received(self, sku: str, document: str, qty: int, final: bool) -> int:
        """A receipt against the order `document`; how many units more than were ordered have come by now."""
        order = self._order(sku, document)
        before = self._moving(order)
        order.received += qty
        order.final |= final
        self._count(order, before)
        return 0 if order.told is None else max(0, order.received - order.told.data["qty"])

    def values(self) -> dict[str, Restock]:
        """By document, in the order they were first heard of.

        A document that names several SKUs has one entry for each: the first under the document itself, the
        others under the document, a unit separator (U+001F, which no document can hold) and the SKU.
        """
        values: dict[str, Restock] = {}
        for order in self._orders.values():
            if order.told is not None:
                key = order.document if order.document not in values else f"{order.document}\x1f{order.sku}"
                values[key] = order.value(order.told)
        return values

    def __iter__(self) -> Iterator[RestockOrder]:
        """In the order they were first heard of."""
        yield from self._orders.values()

    def put_back(self, order: RestockOrder) -> None:
        """One that was known before, from a snapshot."""
        self._orders[order.sku, order.document] = order
        self._count(order, 0)

    def _order(self, sku: str, document: str) -> RestockOrder:
        order = self._orders.get((sku, document))
        if order is None:
            order = self._orders[sku, document] = RestockOrder(sku, document)
        return order

    def _moving(self, order: RestockOrder) -> int:
        return 0 if order.told is None else order.value(order.told).in_transit

    def _count(self, order: RestockOrder, before: int) -> None:
        change = self._moving(order) - before
        if change:
            self._in_transit[order.sku] = self._in_transit.get(order.sku, 0) + change
