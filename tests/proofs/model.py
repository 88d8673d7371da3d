"""The rules of figures and outcomes, told a second time: slowly, from the documentation alone.

Nothing of the ledger is used here. `Model.take` is given one event after another, as dicts, in the order of a journal,
and says what outcome the rules give; `figures` says where units then are. It knows orders (bundles, partial quantities,
requests that can be refused, channels that hold at payment), receipts, counts, adjustments and holds, in one place; it
does not know changes of SKU, inspections, atomic groups and counts as of a moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

KINDS = ("paid", "shipped", "cancelled", "refunded")
ACCEPTED = "accepted"


class BeyondModel(Exception):
    """Something the model does not know came up."""


@dataclass
class Claim:
    """What a line has of a SKU."""

    per: int
    has: int = 0
    """Units behind reserved and sold."""
    returned: int = 0
    """Units of it in quarantine."""
    gone: int = 0
    """Units returned that never were there."""
    missing: int = 0
    since: int = 0
    """seq at which it began to miss any."""
    reserved: int = 0
    sold: int = 0
    shipped: int = 0
    """Wanted."""


@dataclass
class OrderLine:
    """Facts about a line: sums of what was told, None for the whole line."""

    seq: int
    size: int | None = None
    told_size: int = 0
    told: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    whole: set[str] = field(default_factory=set)
    back: int = 0
    """Refunded units that may be sold again."""
    whole_back: bool = False
    names: set[str] = field(default_factory=set)
    items: dict[str, int] = field(default_factory=dict)
    told_items: bool = False
    named_by_order: bool = False
    holds: bool = False
    taken_by_platform: bool = False
    expired: bool = False
    claims: dict[str, Claim] = field(default_factory=dict)

    @property
    def q(self) -> int | None:
        return self.size if self.size is not None else self.told_size or None

    def amount(self, kind: str, q: int) -> int:
        return q if kind in self.whole else min(self.told[kind], q)

    def wants(self) -> tuple[int, int, int, int]:
        """(reserved, sold, in quarantine, shipped) in units of the line, by the documented formulas."""
        q = self.q
        if q is None or not self.items:
            return 0, 0, 0, 0
        shipped = self.amount("shipped", q)
        paid = max(self.amount("paid", q), shipped)
        cancelled = min(self.amount("cancelled", q), q - shipped)
        live = q - cancelled
        paid = min(paid, live)
        refunded = min(self.amount("refunded", q), paid)
        back = min(q if self.whole_back else min(self.back, q), refunded, paid - shipped)
        sold = paid - refunded
        reserved = live - paid if self.holds and not self.expired else 0
        return reserved, sold, refunded - back, min(shipped, sold)

    @property
    def is_paid(self) -> bool:
        return bool(self.told["paid"] or self.told["shipped"] or self.whole & {"paid", "shipped"})


@dataclass
class Shelf:
    """A SKU's units that no line has."""

    available: int = 0
    held: int = 0
    wants_held: int = 0
    owed: int = 0
    """Units written down that were not there."""
    oversold: int = 0


class Model:
    """A ledger's rules; `pays`: sources whose orders hold stock when they are paid."""

    def __init__(self, pays: set[str]) -> None:
        self._pays = pays
        self._seen: dict[tuple[str, str], str] = {}
        self._documents: dict[tuple[str, str, str, str], str] = {}
        self.lines: dict[tuple[str, str, int], OrderLine] = {}
        self.shelves: dict[str, Shelf] = {}
        self._worst: dict[int, int] = {}

    # --- outcomes --------------------------------------------------------------------------------

    def take(self, raw: bytes, seq: int) -> str:
        """The outcome of an event; `noop` is not told from `accepted`."""
        event = json.loads(raw)
        content = json.dumps([event["type"], event.get("subject"), event["data"]], sort_keys=True)
        key = (event["source"], event["id"])
        if key in self._seen:
            return "duplicate" if self._seen[key] == content else "conflict"
        self._seen[key] = content
        kind, _, what = event["type"].partition(".")
        if kind == "order":
            return self._order(event, what, seq)
        if kind == "stock":
            return self._document(event, what, seq, content)
        return ACCEPTED

    def _order(self, event: dict[str, Any], what: str, seq: int) -> str:
        data, subject = event["data"], event.get("subject")
        key = (event["source"], data["order"], data.get("line", 1))
        known = self.lines.get(key)
        line = known if known is not None else OrderLine(seq)
        items = {item["sku"]: 0 for item in data.get("items", ())}
        for item in data.get("items", ()):
            items[item["sku"]] += item["qty"]
        if what in ("placed", "requested"):
            if line.size is not None and line.size != data["qty"]:
                return "conflict"
            if line.told_items and items and items != line.items:
                return "conflict"
            if line.names and not (line.told_items and items):
                named = {subject, *items} if items else {subject}
                if named.isdisjoint(line.names):
                    return "conflict"
        elif subject is not None and line.names and subject not in line.names:
            return "conflict"
        refusable = not ((line.taken_by_platform and line.holds) or line.is_paid)
        if what == "requested" and refusable and not self._fits(line, data["qty"], subject, items):
            return "rejected"
        self.lines[key] = line
        self._learn(line, event["source"], what, data, subject, items)
        return "short" if self._settle(line, seq) else ACCEPTED

    def _fits(self, line: OrderLine, qty: int, subject: str, items: dict[str, int]) -> bool:
        """Whether a request can be met by what is available now; nothing changes."""
        trial = OrderLine(
            line.seq, qty, line.told_size, line.told, line.whole, line.back, line.whole_back,
            items=items if items and not line.told_items else line.items or {subject: 1},
            holds=True, expired=line.expired,
        )  # fmt: skip
        wanted = sum(trial.wants()[:3])
        for sku, per in trial.items.items():
            claim = line.claims.get(sku)
            has = claim.has + claim.returned + claim.gone if claim is not None else 0
            if wanted * per - has > self._shelf(sku).available:
                return False
        return True

    def _learn(
        self,
        line: OrderLine,
        source: str,
        what: str,
        data: dict[str, Any],
        subject: str | None,
        items: dict[str, int],
    ) -> None:
        if what in ("placed", "requested"):
            line.size = data["qty"]
            if items and not line.told_items:
                line.items, line.told_items = items, True
            elif not items and not line.named_by_order:
                assert subject is not None, "a line without items has a subject"
                line.items = {subject: 1}
            line.named_by_order = True
            line.names |= {sku for sku in (subject, *items) if sku is not None}
            if what == "requested":
                line.holds = True
            else:
                line.taken_by_platform = True
                line.holds |= source not in self._pays
            return
        if subject is not None and not line.names:
            line.names = {subject}
            line.items = {subject: 1}
        if what == "expired":
            line.expired = True
            return
        qty = data.get("qty")
        if qty is None:
            line.whole.add(what)
        else:
            line.told[what] += qty
            if what in ("paid", "shipped"):
                line.told_size = max(line.told_size, qty)
        if what == "refunded" and data.get("restock"):
            line.whole_back |= qty is None
            line.back += qty or 0

    # --- units -----------------------------------------------------------------------------------

    def _shelf(self, sku: str) -> Shelf:
        return self.shelves.setdefault(sku, Shelf())

    def _settle(self, line: OrderLine, seq: int) -> bool:
        """Give each claim what the line wants of it; whether more is missing than before."""
        reserved, sold, returned, shipped = line.wants()
        grew = False
        # What turned out not to be in the line gives back what it has.
        items = dict.fromkeys(line.claims, 0) | line.items
        for sku, per in items.items() if line.q is not None else ():
            claim = line.claims.setdefault(sku, Claim(per))
            shelf = self._shelf(sku)
            claim.reserved, claim.sold, claim.shipped = reserved * per, sold * per, shipped * per
            need, back = (reserved + sold) * per, returned * per
            claim.gone = min(claim.gone, back)
            # Units that came back wait to be inspected: they serve no one before, not even their own line.
            pool, had = claim.has + claim.returned, claim.has
            claim.has = min(had, need)
            claim.returned = min(claim.returned, back - claim.gone)
            claim.returned += min(had - claim.has, back - claim.gone - claim.returned)
            free = pool - claim.has - claim.returned
            drawn = min(need - claim.has, shelf.available)
            claim.has += drawn
            shelf.available -= drawn
            drawn = min(back - claim.gone - claim.returned, shelf.available)
            claim.returned += drawn
            shelf.available -= drawn
            claim.gone = back - claim.returned
            grew |= self._miss(sku, claim, need - claim.has, seq)
            self._give(sku, free)
        return grew

    def _miss(self, sku: str, claim: Claim, missing: int, seq: int) -> bool:
        grew = missing > claim.missing
        if missing and not claim.missing:
            claim.since = seq
        claim.missing = missing
        worst = self._worst.get(id(claim), 0)
        if missing > worst:
            self._shelf(sku).oversold += missing - worst
            self._worst[id(claim)] = missing
        return grew

    def _claims(self, sku: str) -> list[tuple[OrderLine, Claim]]:
        return [(line, line.claims[sku]) for line in self.lines.values() if sku in line.claims]

    def _give(self, sku: str, units: int) -> None:
        """Units come (back): write-downs that are owed, then what is missing, oldest first, then holds."""
        shelf = self._shelf(sku)
        shelf.available += units
        paid = min(shelf.owed, shelf.available)
        shelf.owed -= paid
        shelf.available -= paid
        waiting = [(claim.since, line.seq, claim) for line, claim in self._claims(sku) if claim.missing]
        for _, _, claim in sorted(waiting, key=lambda one: one[:2]):
            covered = min(claim.missing, shelf.available)
            claim.has += covered
            claim.missing -= covered
            shelf.available -= covered
        more = max(0, min(shelf.wants_held - shelf.held, shelf.available))
        shelf.held += more
        shelf.available -= more

    def _remove(self, sku: str, units: int, seq: int) -> int:
        """Take units away: available, held, the newest reservations, paid ones that have not left. How many were not
        there."""
        shelf = self._shelf(sku)
        for pile in ("available", "held"):
            taken = min(units, getattr(shelf, pile))
            setattr(shelf, pile, getattr(shelf, pile) - taken)
            units -= taken
            if pile == "held":
                shelf.wants_held -= taken
        newest = sorted(self._claims(sku), key=lambda one: -one[0].seq)
        for reservations in (True, False):
            for _, claim in newest:
                behind_sold = min(claim.sold, claim.has)
                spare = (
                    claim.has - behind_sold if reservations else behind_sold - min(claim.shipped, claim.has)
                )
                taken = min(units, spare)
                if taken:
                    claim.has -= taken
                    units -= taken
                    self._miss(sku, claim, claim.missing + taken, seq)
        if units and any(claim.returned for _, claim in newest):
            raise BeyondModel("units are taken out of quarantine")
        return units

    def _document(self, event: dict[str, Any], what: str, seq: int, content: str) -> str:
        data, sku = event["data"], event["subject"]
        # An order for more is told again with each state it comes to.
        key = (event["type"], sku, data["document"], str(data.get("state")))
        if key in self._documents:
            return ACCEPTED if self._documents[key] == content else "conflict"
        self._documents[key] = content
        shelf = self._shelf(sku)
        if what == "received" or (what == "adjusted" and data["qty"] > 0):
            self._give(sku, data["qty"])
        elif what == "adjusted":
            owed = self._remove(sku, -data["qty"], seq)
            shelf.owed += owed
            return "short" if owed else ACCEPTED
        elif what == "counted":
            shelf.owed = 0
            if (less := self.on_hand(sku) - data["qty"]) > 0:
                left = self._remove(sku, less, seq)
                assert not left, "a count takes away what is on hand"
            while (more := data["qty"] - self.on_hand(sku)) > 0:
                self._give(sku, more)
        elif what in ("held", "unheld"):
            return self._hold(sku, data["qty"] if what == "held" else -data["qty"])
        return ACCEPTED

    def _hold(self, sku: str, units: int) -> str:
        shelf = self._shelf(sku)
        shelf.wants_held += units
        target = max(0, shelf.wants_held)
        if target < shelf.held:
            freed, shelf.held = shelf.held - target, target
            self._give(sku, freed)
            return ACCEPTED
        more = min(target - shelf.held, shelf.available)
        shelf.held += more
        shelf.available -= more
        return "short" if units > 0 and shelf.held < target else ACCEPTED

    # --- figures ---------------------------------------------------------------------------------

    def on_hand(self, sku: str) -> int:
        found = self.figures(sku)
        return (
            found["available"] + found["held"] + found["reserved"] + found["sold"] - found["shipped"]
            + found["quarantined"]
        )  # fmt: skip

    def figures(self, sku: str) -> dict[str, int]:
        """By the names of the documentation."""
        shelf = self._shelf(sku)
        claims = [claim for _, claim in self._claims(sku)]
        sold = sum(min(claim.sold, claim.has) for claim in claims)
        return {
            "available": shelf.available,
            "held": shelf.held,
            "reserved": sum(claim.has for claim in claims) - sold,
            "sold": sold,
            "shipped": sum(min(claim.shipped, claim.has) for claim in claims),
            "quarantined": sum(claim.returned for claim in claims),
            "shortfall": sum(claim.missing for claim in claims),
            "oversold": shelf.oversold,
        }
