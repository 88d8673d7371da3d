"""Stock documents: receipts, counts, adjustments, inspections, holds and orders for more, each booked once.

Owns which documents are booked and the orders for more; moves units of cells. Order lines give way only where a
document takes away more than is free. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from stockwatch.events import Event, parse_time
from stockwatch.ledger.cells import Cell, Part
from stockwatch.ledger.decision import NO_SKUS, Decision
from stockwatch.ledger.exceptions import Exceptions
from stockwatch.ledger.moments import BEGINNING_US, KEPT_S
from stockwatch.ledger.restocks import Restocks
from stockwatch.ledger.shelves import Shelves

PartsOf = Callable[[Cell], Iterable[Part]]
Stripped = Callable[[Cell, Event, int], None]
"""All order lines' parts of a cell."""


class Documents:
    """Every stock document."""

    def __init__(
        self, shelves: Shelves, parts_of: PartsOf, stripped: Stripped, exceptions: Exceptions
    ) -> None:
        """`parts_of`: every order line's part of a cell; `stripped` is told when lines have lost units of it."""
        self.restocks = Restocks()
        self.skus: set[str] = set()
        """SKUs that a document has named."""
        self._shelves = shelves
        self._parts_of = parts_of
        self._stripped = stripped
        self._exceptions = exceptions
        self._booked: dict[tuple[str, ...], int] = {}
        """Document -> digest of what it says."""

    def opened(self, sku: str) -> bool:
        """Whether its opening stock is booked."""
        return ("stock.counted", sku, "opening") in self._booked

    def decide(self, event: Event, seq: int) -> Decision:
        data, sku, type_ = event.data, event.subject, event.type
        document = data.get("document")
        if sku is None or document is None:
            return "accepted", None, NO_SKUS, ()
        key: tuple[str, ...] = (type_, sku, document)
        if type_ == "stock.ordered":
            key = (*key, data.get("state") or "confirmed")
        content = self._booked.get(key)
        if content is not None:
            if content == event.content:
                return "noop", "the document is booked already", NO_SKUS, ()
            reason = f"document {document!r} is booked with other content"
            return self._exceptions.conflict(event, seq, reason)
        moment_s = _moment_s(event)
        if moment_s is not None and (refusal := self._too_late(sku, event, moment_s)) is not None:
            return self._exceptions.conflict(event, seq, refusal)
        self._booked[key] = event.content
        self.skus.add(sku)
        if type_ == "stock.ordered":
            self.restocks.ordered(event)
            return "accepted", None, (sku,), ()
        cell = self._shelves.cell(sku, (data.get("location") or "main", data.get("pool") or "spot"))
        enough, remark, when_us = True, None, event.moment_us
        if type_ == "stock.received":
            remark = self._receive(cell, data)
        elif type_ == "stock.counted":
            if moment_s is None:
                opening = document == "opening"
                self._count(cell, data["qty"], opening, seq)
                if opening and not cell.moments.is_counted():
                    when_us = BEGINNING_US
                elif not opening:
                    cell.moments.set_s = max(cell.moments.set_s, when_us // 1_000_000)
            elif not self._count_as_of(cell, data["qty"], moment_s, seq):
                return "noop", "a count as of a later moment stands", NO_SKUS, ()
        elif type_ == "stock.adjusted":
            enough = self._adjust(cell, data["qty"], seq)
        elif type_ == "stock.inspected":
            cell.inspections.append((data["ok"], data["written_off"]))
            cell.inspect()
        elif type_ == "stock.held":
            enough = cell.hold(data["qty"])
        elif type_ == "stock.unheld":
            cell.hold(-data["qty"])
        cell.note(when_us, seq, self._parts_of)
        self._stripped(cell, event, seq)
        cell.check()
        if enough:
            return "accepted", remark, (sku,), ()
        reason = f"too little stock for all of {abs(data['qty'])}; the rest waits"
        self._exceptions.note("waiting_stock", seq, event, sku, reason)
        return "short", reason, (sku,), ()

    def _receive(self, cell: Cell, data: dict[str, Any]) -> str | None:
        """What to remark about a receipt, None when it is as expected."""
        damaged = data.get("damaged", 0)
        cell.received += data["qty"]
        cell.quarantined += damaged
        cell.inspect()
        cell.give(data["qty"] - damaged)
        if not data.get("restock"):
            return None
        document = data["restock"]
        over = self.restocks.received(cell.sku, document, data["qty"], bool(data.get("final")))
        return f"{over} more than {document!r} ordered have come" if over else None

    def _count(self, cell: Cell, qty: int, opening: bool, seq: int) -> None:
        """A count sets on hand; what was known to be missing is settled by it."""
        cell.debt = 0
        difference = qty - cell.on_hand
        if difference < 0:
            enough = cell.available + cell.held >= -difference
            cell.remove(-difference, seq, [] if enough else list(self._parts_of(cell)))
        while (difference := qty - cell.on_hand) > 0:
            # Again where units went to orders that had left without stock: those are not on hand.
            if opening:
                cell.opening += difference
            else:
                cell.adjusted += difference
            cell.give(difference)

    def _too_late(self, sku: str, event: Event, moment_s: int) -> str | None:
        """Why a count of a moment so long ago can't be booked."""
        data = event.data
        cell = self._shelves.cell(sku, (data.get("location") or "main", data.get("pool") or "spot"))
        if cell.moments.after(moment_s) is not None:
            return None
        told = f"as_of {data['as_of']}"
        if (parse_time(data["as_of"]) or 0) > event.moment_us:
            told = f"time {event.time} (before its as_of)"
        return (
            f"{told} is before what is remembered of movements ({KEPT_S // 86_400} days); "
            "count again and tell a later moment"
        )

    def _count_as_of(self, cell: Cell, qty: int, second: int, seq: int) -> bool:
        """Book a count of a moment: what has moved since then goes on top. False where a later count stands."""
        moments = cell.moments
        if second < max(moments.counted_s, moments.set_s):
            return False
        since = moments.after(second)
        assert since is not None, "how long ago it may be is judged before"
        self._count(cell, max(0, qty + since), False, seq)
        difference = cell.on_hand - cell.noted
        if difference:
            moments.add(second, difference)
            cell.noted += difference
        moments.counted_s = second
        return True

    def _adjust(self, cell: Cell, qty: int, seq: int) -> bool:
        if qty > 0:
            cell.adjusted += qty
            cell.give(qty)
            return True
        removed = cell.remove(
            -qty, seq, list(self._parts_of(cell)) if cell.available + cell.held < -qty else []
        )
        cell.debt += -qty - removed
        return removed == -qty


def _moment_s(event: Event) -> int | None:
    """The second that a count is as of: never later than it was told. None of what is of the moment it comes."""
    as_of = event.data.get("as_of") if event.type == "stock.counted" else None
    as_of_us = parse_time(as_of) if as_of else None
    return None if as_of_us is None else min(as_of_us, event.moment_us) // 1_000_000
