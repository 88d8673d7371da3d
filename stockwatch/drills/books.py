"""An account of stock beside the program: small, slow and plain, to prove what generators promise.

Written from the documented rules alone and shares no code with the ledger. Knows what the generators use
(one location, pool `spot`, requests and facts, expiry, holds, restocks, size changes). A fact that finds
too little is counted as oversold and takes what there is; later units are not matched to it, since no
generated room may need that. Pure: no I/O, no clock (instants are ms from `start`, given), no randomness.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FACT_GRACE = 60_000
"""ms after its `expires` that an unpaid fact is given up; a request is given up at once."""


@dataclass(frozen=True)
class Booked:
    """Units of one SKU that a line has moved out of `available`."""

    reserved: int = 0
    sold: int = 0
    quarantined: int = 0

    @property
    def total(self) -> int:
        return self.reserved + self.sold + self.quarantined


@dataclass
class BookLine:
    """One order line: what it is made of and what has been said about it."""

    parts: list[tuple[str, int]] = field(default_factory=list)
    """(SKU, units of it in the whole line)."""
    qty: int | None = None
    fact: bool = False
    paid: int = 0
    shipped: int = 0
    cancelled: int = 0
    refunded: int = 0
    restocked: int = 0
    expired: bool = False
    booked: dict[str, Booked] = field(default_factory=dict)
    short: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[str, int | None, bool]] = field(default_factory=list)

    def figures(self) -> tuple[int, int, int]:
        """(reserved, sold, refunded) in units of the line."""
        assert self.qty is not None
        shipped = min(self.shipped, self.qty)
        cancelled = min(self.cancelled, self.qty - shipped)
        live = self.qty - cancelled
        paid = min(max(self.paid, shipped), live)
        refunded = min(self.refunded, paid)
        return (0 if self.expired else live - paid), paid - refunded, refunded


class Book:
    """Balances after every event, in order of receipt."""

    def __init__(self, opening: Mapping[str, int], start: datetime) -> None:
        self.start = start
        self.available: Counter[str] = Counter(opening)
        self.opening = dict(opening)
        self.held: Counter[str] = Counter()
        self.reserved: Counter[str] = Counter()
        self.sold: Counter[str] = Counter()
        self.quarantined: Counter[str] = Counter()
        self.in_transit: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.oversold: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.lines: dict[tuple[str, str, int], BookLine] = defaultdict(BookLine)
        self._seen: set[tuple[str, str]] = set()
        self._deadlines: list[tuple[int, tuple[str, str, int]]] = []

    def instant(self, text: str) -> int:
        return round((datetime.fromisoformat(text) - self.start).total_seconds() * 1000)

    def taken(self, sku: str) -> int:
        """Units reserved or sold now."""
        return self.reserved[sku] + self.sold[sku]

    def apply(self, now: int, event: Mapping[str, Any]) -> str:
        """Book one event received at `now` (not before earlier ones); returns its outcome."""
        self.expire(now)
        identity = (event["source"], event["id"])
        if identity in self._seen:
            outcome = "duplicate"
        else:
            self._seen.add(identity)
            kind = event["type"]
            if kind.startswith("order."):
                outcome = self._order(now, event)
            else:
                outcome = self._stock(event) if kind.startswith("stock.") else "accepted"
            self._check(event)
        self.outcomes[outcome] += 1
        return outcome

    def expire(self, now: int) -> None:
        """Give up what is unpaid at the ticks (whole seconds) up to and including `now`."""
        while self._deadlines and self._deadlines[0][0] <= now:
            _, key = heapq.heappop(self._deadlines)
            line = self.lines[key]
            if not line.expired:
                line.expired = True
                self._settle(line)

    # --- orders -------------------------------------------------------------------------------------------

    def _order(self, now: int, event: Mapping[str, Any]) -> str:
        kind, data = event["type"].removeprefix("order."), event["data"]
        key = (event["source"], data["order"], data.get("line", 1))
        if kind in ("requested", "placed"):
            return self._open(now, key, event)
        line = self.lines[key]
        if kind == "changed" and line.qty is not None:
            return self._change(line, event["subject"], data["to"])
        if line.qty is None and data.get("qty") is not None and kind in ("paid", "shipped"):
            line.qty, line.fact = data["qty"], True
            line.parts = [(event["subject"], data["qty"])]
            self._replay_waiting(line)
        if line.qty is None:
            line.waiting.append((kind, data.get("qty"), bool(data.get("restock"))))
            return "accepted"
        return self._tell(line, kind, data.get("qty"), bool(data.get("restock")))

    def _open(self, now: int, key: tuple[str, str, int], event: Mapping[str, Any]) -> str:
        data, request = event["data"], event["type"] == "order.requested"
        assert key not in self.lines or self.lines[key].qty is None, f"two openings of line {key}"
        items = data.get("items")
        parts = (
            [(item["sku"], item["qty"] * data["qty"]) for item in items]
            if items
            else [(event["subject"], data["qty"])]
        )
        if request and any(self.available[sku] < units for sku, units in parts):
            return "rejected"
        line = self.lines[key]
        line.parts, line.qty, line.fact = parts, data["qty"], not request
        if "expires" in data:
            due = self.instant(data["expires"]) + (0 if request else FACT_GRACE)
            heapq.heappush(self._deadlines, (-(-due // 1000) * 1000, key))
        short = self._settle(line)
        self._replay_waiting(line)
        return "short" if short else "accepted"

    def _replay_waiting(self, line: BookLine) -> None:
        waiting, line.waiting = line.waiting, []
        for kind, qty, restock in waiting:
            self._tell(line, kind, qty, restock)

    def _tell(self, line: BookLine, kind: str, qty: int | None, restock: bool) -> str:
        assert line.qty is not None
        units = line.qty if qty is None else qty
        before = line.figures()
        if kind == "paid":
            line.paid += units
        elif kind == "shipped":
            line.shipped += units
        elif kind == "cancelled":
            line.cancelled += units
        elif kind == "refunded":
            line.refunded += units
            line.restocked += units if restock and not line.shipped else 0
        elif kind == "expired":
            line.expired = True
        else:
            raise AssertionError(f"no generated room needs {kind} here")
        short = self._settle(line)
        return "short" if short else ("noop" if line.figures() == before else "accepted")

    def _settle(self, line: BookLine) -> bool:
        """Move units so that the balances say what the line says; True if something was missing."""
        assert line.qty is not None
        reserved, sold, refunded = line.figures()
        quarantined = refunded - min(line.restocked, refunded)
        missing = False
        for sku, units in line.parts:
            each = units // line.qty
            had = line.booked.get(sku, Booked())
            lost = min(line.short.get(sku, 0), (reserved + sold) * each)
            locked, gone = reserved * each - min(lost, reserved * each), sold * each
            gone -= max(0, lost - reserved * each)
            lacking = max(0, locked + gone + quarantined * each - had.total - self.available[sku])
            if lacking:
                missing = True
                self.oversold[sku] += lacking
                line.short[sku] = line.short.get(sku, 0) + lacking
                from_locked = min(lacking, locked)
                locked, gone = locked - from_locked, gone - (lacking - from_locked)
            self._book(line, sku, Booked(locked, gone, quarantined * each))
        return missing

    def _book(self, line: BookLine, sku: str, want: Booked) -> None:
        had = line.booked.get(sku, Booked())
        self.available[sku] -= want.total - had.total
        self.reserved[sku] += want.reserved - had.reserved
        self.sold[sku] += want.sold - had.sold
        self.quarantined[sku] += want.quarantined - had.quarantined
        line.booked[sku] = want

    def _change(self, line: BookLine, old: str, new: str) -> str:
        """改码: all of a line of one SKU moves to another."""
        assert line.qty is not None
        assert [sku for sku, _ in line.parts] == [old], "only a line of this one SKU can change"
        self._book(line, old, Booked())
        del line.booked[old]
        line.parts = [(new, units) for _, units in line.parts]
        return "short" if self._settle(line) else "accepted"

    # --- stock --------------------------------------------------------------------------------------------

    def _stock(self, event: Mapping[str, Any]) -> str:
        kind, sku, data = event["type"].removeprefix("stock."), event["subject"], event["data"]
        qty = data.get("qty", 0)
        if kind == "ordered":
            if data.get("state", "confirmed") == "confirmed":
                self.in_transit[sku] += qty
        elif kind == "received":
            damaged = data.get("damaged", 0)
            self.in_transit[sku] -= min(qty, self.in_transit[sku])
            self.received[sku] += qty
            self.quarantined[sku] += damaged
            self.available[sku] += qty - damaged
        elif kind in ("held", "unheld"):
            moved = qty if kind == "held" else -qty
            self.available[sku] -= moved
            self.held[sku] += moved
        else:
            raise AssertionError(f"no such stock event: {kind}")
        return "accepted"

    def _check(self, event: Mapping[str, Any]) -> None:
        """What is there adds up, after every event, for every SKU that it names."""
        items = event["data"].get("items", ()) if event["type"].startswith("order.") else ()
        for sku in filter(
            None, (event.get("subject"), event["data"].get("to"), *(item["sku"] for item in items))
        ):
            parts = (self.available, self.held, self.reserved, self.sold, self.quarantined)
            assert all(part[sku] >= 0 for part in parts), f"{sku} went below zero at {event}"
            owned = self.opening.get(sku, 0) + self.received[sku]
            assert sum(part[sku] for part in parts) == owned, f"{sku} does not add up at {event}"
