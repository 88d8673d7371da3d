"""The books: facts and requests in, outcomes and figures out.

`Books.apply` is a pure function of the events so far: no clock, no I/O, no randomness; the same events in
the same order give the same outcomes and figures in every process. Owns all stock of one ledger. Raises
LedgerBroken when an equation does not hold; everything else about an event is an outcome, never an exception.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any

from stockwatch.events import Event, Invalid
from stockwatch.ledger.cells import Cell, Part
from stockwatch.ledger.expiry import Expiries
from stockwatch.ledger.figures import (
    Applied,
    Deduct,
    MoneyDue,
    Outcome,
    Restock,
    Stock,
    Taken,
    Trouble,
)
from stockwatch.ledger.groups import Group, Slot, group_of
from stockwatch.ledger.identity import Seen, outcome_of, same_content, seq_of
from stockwatch.ledger.line_facts import NONE, Refusal, learn
from stockwatch.ledger.lines import Line
from stockwatch.ledger.restocks import Restocks

__all__ = ["CLOSED", "CONFIGURED", "OWN_SOURCE", "Books"]

OWN_SOURCE = "stockwatch"
"""CloudEvents source of what the ledger itself books."""
CONFIGURED = "ledger.configured"
CLOSED = "ledger.closed"
"""End of an input: every open atomic group closes, here and when the journal is read back."""
Channels = Mapping[str, tuple[str, Deduct]]
"""source -> (channel id, when its orders hold stock)"""
_TROUBLES_KEPT = 10_000
_LINE_TYPES = frozenset(
    ["order.requested", "order.placed", "order.paid", "order.shipped", "order.cancelled", "order.expired",
     "order.refunded", "order.changed"]
)  # fmt: skip
_NO_SKUS: tuple[str, ...] = ()
_Decision = tuple[Outcome, str | None, tuple[str, ...], tuple[Taken, ...]]


class Books:
    """All balances, order lines, restocks and identities of one ledger."""

    def __init__(self, channels: Channels | None = None) -> None:
        self.channels: dict[str, tuple[str, Deduct]] = dict(channels or {})
        self.place = 0
        """Number of the last event given a place in the journal."""
        self._seen = Seen()
        self._cells: dict[tuple[str, str, str], Cell] = {}
        self._by_sku: dict[str, list[Cell]] = {}
        self._lines: dict[str, dict[str | tuple[str, int], Line]] = {}
        self._documents: dict[tuple[str, ...], bytes] = {}
        self._known: set[str] = set()
        self._restocks = Restocks()
        self._expiries = Expiries()
        self._due_money: dict[int, Line] = {}
        self._troubles: deque[Trouble] = deque(maxlen=_TROUBLES_KEPT)
        self._groups: dict[str, Group] = {}
        self._slots: deque[Slot] = deque()
        """Events whose outcome is not out yet, in their order: behind an open group everyone waits."""

    # --- events -----------------------------------------------------------------------------------

    def apply(self, event: Event | Invalid) -> tuple[Applied, ...]:
        """Take one event; the outcomes now known, in the order of their events.

        While an atomic group is open its members' outcomes are not known, and later ones wait behind them.
        """
        if isinstance(event, Invalid):
            return self._out(Applied(event, "invalid", None, None, None, event.reason))
        source = event.source
        group = self._groups.get(source) if self._groups else None
        if group is not None and group_of(event) != group.id:
            self._close_group(group)
            group = None
        self.place += 1
        place = self.place
        entry = self._seen.find(source, event.id)
        if entry is not None:
            return self._repeated(event, place, entry, group)
        if event.type == "order.requested" and "atomic" in event.data:
            name = group_of(event)
            if name is not None:
                return self._join(event, place, name, group)
        if event.type == CLOSED and source == OWN_SOURCE:
            for open_group in list(self._groups.values()):
                self._close_group(open_group)
        outcome, reason, touched, taken = self._decide(event, place)
        self._seen.add(source, event.id, event.content, place, outcome)
        return self._out(
            Applied(
                event, outcome, place if outcome != "conflict" else None, place, None, reason, touched, taken
            )
        )

    def close(self) -> tuple[Applied, ...]:
        """End of input: every open group closes; the outcomes that waited."""
        for group in list(self._groups.values()):
            self._close_group(group)
        return self._drain()

    def _repeated(self, event: Event, place: int, entry: int, group: Group | None) -> tuple[Applied, ...]:
        if not same_content(entry, event.content):
            reason = "the same source and id came before with other content"
            self._note("conflict", place, event, event.subject, reason)
            return self._out(Applied(event, "conflict", None, place, None, reason))
        original = outcome_of(entry)
        if original is None:
            assert group is not None, "only a member of an open group has no outcome yet"
            slot = Slot(event, place)
            group.repeats.append((slot, event.id))
            self._slots.append(slot)
            return self._filled(group)
        seq = None if original == "conflict" else seq_of(entry)
        return self._out(Applied(event, "duplicate", seq, place, original))

    def _out(self, applied: Applied) -> tuple[Applied, ...]:
        if not self._slots:
            return (applied,)
        slot = Slot(applied.event, applied.place or 0)
        slot.applied = applied
        self._slots.append(slot)
        return self._drain()

    def _drain(self) -> tuple[Applied, ...]:
        known = []
        while self._slots and (applied := self._slots[0].applied) is not None:
            known.append(applied)
            self._slots.popleft()
        return tuple(known)

    def _decide(self, event: Event, seq: int) -> _Decision:
        type_ = event.type
        if type_ in _LINE_TYPES:
            return self._order(event, seq)
        if type_.startswith("stock."):
            return self._stock(event, seq)
        if type_ == CONFIGURED and event.source == OWN_SOURCE:
            self.channels = channels_of(event.data)
        return "accepted", None, _NO_SKUS, ()

    # --- atomic groups ----------------------------------------------------------------------------

    def _join(self, event: Event, place: int, name: str, group: Group | None) -> tuple[Applied, ...]:
        if group is None:
            group = self._groups[event.source] = Group(name, event.source)
        slot = Slot(event, place)
        group.members.append(slot)
        group.expects = max(group.expects, event.data.get("atomic_of", 0))
        self._slots.append(slot)
        self._seen.add(event.source, event.id, event.content, place, None)
        return self._filled(group)

    def _filled(self, group: Group) -> tuple[Applied, ...]:
        if group.expects and len(group.members) >= group.expects:
            self._close_group(group)
        return self._drain()

    def _close_group(self, group: Group) -> None:
        """Decide a group: all of it, or nothing."""
        del self._groups[group.source]
        refusal = self._group_refusal(group)
        for slot in group.members:
            event, place = slot.event, slot.place
            assert isinstance(event, Event), "only valid events join a group"
            outcome, reason, touched, taken = self._order(event, place, refusal)
            self._seen.add(event.source, event.id, event.content, place, outcome)
            seq = place if outcome != "conflict" else None
            slot.applied = Applied(event, outcome, seq, place, None, reason, touched, taken)
        for slot, id_ in group.repeats:
            entry = self._seen.find(group.source, id_)
            assert entry is not None, "members claimed their ids"
            original = outcome_of(entry)
            seq = None if original == "conflict" else seq_of(entry)
            slot.applied = Applied(slot.event, "duplicate", seq, slot.place, original)

    def _group_refusal(self, group: Group) -> str | None:
        """Why the group as a whole is refused, None when every member can be met together."""
        if len(group.members) < group.expects:
            return f"the atomic group has {len(group.members)} of {group.expects} members"
        needs: dict[tuple[str, str, str], int] = {}
        seen: set[tuple[str, int]] = set()
        for slot in group.members:
            event = slot.event
            assert isinstance(event, Event), "only valid events join a group"
            line_key = (event.data["order"], event.data.get("line", 1))
            if line_key in seen:
                continue
            seen.add(line_key)
            known = self._find(event)
            line = self._trial(known, event, slot.place)
            if isinstance(line, Refusal):
                return f"a member of the atomic group is in conflict: {line.reason}"
            if known is not None and _can_not_be_refused(known):
                continue
            for key, need in self._needs(line):
                needs[key] = needs.get(key, 0) + need
        for key, need in needs.items():
            there = self._available(key)
            if need > there:
                return f"{key[0]}: the atomic group asks for {need}, {there} available"
        return None

    # --- order lines ------------------------------------------------------------------------------

    def _find(self, event: Event) -> Line | None:
        lines = self._lines.get(event.source)
        if lines is None:
            return None
        number = event.data.get("line", 1)
        order = event.data["order"]
        return lines.get(order if number == 1 else (order, number))

    def _order(self, event: Event, seq: int, refusal: str | None = None) -> _Decision:
        """`refusal`: why the group of a request is refused."""
        line = self._find(event)
        if line is None:
            return self._new_line(event, seq, refusal)
        before = line.state()
        if event.type == "order.requested" and not _can_not_be_refused(line):
            trial = copy(line)
            wrong = learn(trial, event, "place")
            if wrong is NONE and before != trial.state():
                refusal = refusal or self._shortage(trial)
                if refusal is not None:
                    # It binds nothing: the line stays as it was.
                    return "rejected", refusal, _NO_SKUS, ()
        had = line.q, line.items, line.where, line.changes
        wrong = learn(line, event, self._deduct(event.source))
        if wrong is not NONE:
            return self._conflict(event, seq, wrong)
        if before == line.state():
            return "noop", None, _NO_SKUS, ()
        leaving = line.parts
        if had != (line.q, line.items, line.where, line.changes):
            line.arrange(self._cell, seq)
        return self._settle(line, event, seq, leaving)

    def _new_line(self, event: Event, seq: int, refusal: str | None) -> _Decision:
        data = event.data
        line = Line(event.source, data["order"], data.get("line", 1), seq)
        wrong = learn(line, event, self._deduct(event.source))
        if wrong is not NONE:
            return self._conflict(event, seq, wrong)
        if event.type == "order.requested":
            refusal = refusal or self._shortage(line)
            if refusal is not None:
                # It binds nothing: the line stays unknown.
                return "rejected", refusal, _NO_SKUS, ()
        self._keep(line)
        line.arrange(self._cell, seq)
        return self._settle(line, event, seq, ())

    def _settle(self, line: Line, event: Event, seq: int, leaving: tuple[Part, ...]) -> _Decision:
        """Move the units, and tell who watches the line; `leaving` are its parts before the event."""
        grew = line.settle(seq)
        parts = line.parts
        touched = self._checked(parts if leaving is parts or not leaving else (*leaving, *parts))
        taken = self._take(line, event) if not line.taken and line.booked() else ()
        if line.expires_us is not None and line.holds and not line.expired:
            self._expiries.watch(line)
        if line.cancelled or line.whole_cancelled:
            self._watch_money(line)
        if line.expired and event.type in ("order.paid", "order.shipped"):
            self._note("late", seq, event, event.subject, "paid after its reservation expired")
        if grew:
            open_now = sum(part.short for part in parts)
            reason = f"{open_now} units short"
            self._note("short", seq, event, event.subject, reason)
            return "short", reason, touched, taken
        return "accepted", None, touched, taken

    def _trial(self, line: Line | None, event: Event, seq: int) -> Line | Refusal:
        """The line as it would be with a request accepted; nothing is changed."""
        data = event.data
        if line is None:
            trial = Line(event.source, data["order"], data.get("line", 1), seq)
        else:
            trial = copy(line)
        wrong = learn(trial, event, "place")
        return trial if wrong is NONE else wrong

    def _needs(self, line: Line) -> Iterator[tuple[tuple[str, str, str], int]]:
        """(cell, units that accepting the trial line would take out of available)."""
        units = sum(line.wants()[:3])
        if not line.parts and not line.changes:
            for sku, per in line.items:
                yield (sku, *line.where), units * per
            return
        has: dict[tuple[str, str, str], int] = {}
        for part in line.parts:
            has[part.cell.key] = has.get(part.cell.key, 0) + part.got + part.quarantined + part.lost
        needs: dict[tuple[str, str, str], int] = {}
        left, q = units, line.q or 0
        for sku, per, size in line.layout():
            key = (sku, *line.where)
            needs[key] = needs.get(key, 0) + min(left, size) * per
            left -= min(left, size)
            q -= size
            if q == 0:  # the next item begins
                left, q = units, line.q or 0
        for key, need in needs.items():
            yield key, max(0, need - has.get(key, 0))

    def _shortage(self, trial: Line) -> str | None:
        for key, need in self._needs(trial):
            if need > (there := self._available(key)):
                return f"{key[0]}: {need} asked, {there} available"
        return None

    def _keep(self, line: Line) -> None:
        lines = self._lines.get(line.source)
        if lines is None:
            lines = self._lines[line.source] = {}
        lines[line.order if line.line == 1 else (line.order, line.line)] = line

    def _take(self, line: Line, event: Event) -> tuple[Taken, ...]:
        line.taken = True
        q = line.q or 0
        channel = self.channel_of(event.source)
        return tuple([Taken(sku, q * per, channel, event.time_us) for sku, per in line.items])

    def _watch_money(self, line: Line) -> None:
        if line.money_due():
            self._due_money[id(line)] = line
        else:
            self._due_money.pop(id(line), None)

    def _conflict(self, event: Event, seq: int, wrong: Refusal) -> _Decision:
        self._note("conflict", seq, event, event.subject, wrong.reason)
        return "conflict", wrong.reason, _NO_SKUS, ()

    # --- stock documents --------------------------------------------------------------------------

    def _stock(self, event: Event, seq: int) -> _Decision:
        data, sku, type_ = event.data, event.subject, event.type
        document = data.get("document")
        if sku is None or document is None:
            return "accepted", None, _NO_SKUS, ()
        key: tuple[str, ...] = (type_, sku, document)
        if type_ == "stock.ordered":
            key = (*key, data.get("state") or "confirmed")
        content = self._documents.get(key)
        if content is not None:
            if content == event.content:
                return "noop", "the document is booked already", _NO_SKUS, ()
            return self._conflict(event, seq, Refusal(f"document {document!r} is booked with other content"))
        self._documents[key] = event.content
        self._known.add(sku)
        if type_ == "stock.ordered":
            self._restocks.ordered(event)
            return "accepted", None, (sku,), ()
        cell = self._cell(sku, (data.get("location") or "main", data.get("pool") or "spot"))
        enough = True
        if type_ == "stock.received":
            self._receive(cell, data)
        elif type_ == "stock.counted":
            self._count(cell, data["qty"], document == "opening", seq)
        elif type_ == "stock.adjusted":
            enough = self._adjust(cell, data["qty"], seq)
        elif type_ == "stock.inspected":
            cell.inspections.append((data["ok"], data["written_off"]))
            cell.inspect()
        elif type_ == "stock.held":
            enough = cell.hold(data["qty"])
        elif type_ == "stock.unheld":
            cell.hold(-data["qty"])
        cell.check()
        if enough:
            return "accepted", None, (sku,), ()
        reason = f"too little stock for all of {abs(data['qty'])}; the rest waits"
        self._note("waiting_stock", seq, event, sku, reason)
        return "short", reason, (sku,), ()

    def _receive(self, cell: Cell, data: dict[str, Any]) -> None:
        damaged = data.get("damaged", 0)
        cell.received += data["qty"]
        cell.quarantined += damaged
        cell.inspect()
        cell.give(data["qty"] - damaged)
        if data.get("restock"):
            self._restocks.received(cell.sku, data["restock"], data["qty"], bool(data.get("final")))

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

    def _parts_of(self, cell: Cell) -> Iterator[Part]:
        for lines in self._lines.values():
            for line in lines.values():
                for part in line.parts:
                    if part.cell is cell:
                        yield part

    # --- cells ------------------------------------------------------------------------------------

    def _cell(self, sku: str, where: tuple[str, str]) -> Cell:
        key = (sku, where[0], where[1])
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(*key)
            self._by_sku.setdefault(sku, []).append(cell)
        return cell

    def _available(self, key: tuple[str, str, str]) -> int:
        cell = self._cells.get(key)
        return 0 if cell is None else cell.available

    def _checked(self, parts: Iterable[Part]) -> tuple[str, ...]:
        """SKUs of the parts, after checking the equations of their cells."""
        if isinstance(parts, tuple) and len(parts) == 1:
            parts[0].cell.check()
            return (parts[0].cell.sku,)
        skus: list[str] = []
        for part in parts:
            cell = part.cell
            cell.check()
            if cell.sku not in skus:
                skus.append(cell.sku)
        return tuple(skus)

    def _deduct(self, source: str) -> Deduct:
        channel = self.channels.get(source)
        return "place" if channel is None else channel[1]

    def _note(self, kind: Any, seq: int, event: Event, sku: str | None, detail: str) -> None:
        self._troubles.append(Trouble(kind, seq, event.source, event.id, sku, detail))

    # --- what readers ask -------------------------------------------------------------------------

    def channel_of(self, source: str) -> str:
        """The channel's id; a source that no channel claims is a channel named after it."""
        channel = self.channels.get(source)
        return source if channel is None else channel[0]

    def skus(self) -> tuple[str, ...]:
        """Every SKU with figures, by code point."""
        return tuple(sorted(self._by_sku.keys() | self._known))

    def knows(self, sku: str) -> bool:
        """Whether a stock document has named the SKU."""
        return sku in self._known

    def opened(self, sku: str) -> bool:
        """Whether its opening stock is booked."""
        return ("stock.counted", sku, "opening") in self._documents

    def stock(self, sku: str) -> Stock:
        """Figures of a SKU, summed over its locations in pool `spot`; all 0 when unknown."""
        cells = [cell for cell in self._by_sku.get(sku, ()) if cell.pool == "spot"]
        in_transit = self._restocks.in_transit(sku)
        if len(cells) == 1:
            return _stock(cells[0], in_transit)
        return Stock(
            available=sum(cell.available for cell in cells),
            held=sum(cell.held for cell in cells),
            reserved=sum(cell.reserved for cell in cells),
            sold=sum(cell.sold for cell in cells),
            shipped=sum(cell.shipped for cell in cells),
            quarantined=sum(cell.quarantined for cell in cells),
            in_transit=in_transit,
            shortfall=sum(cell.shortfall for cell in cells),
            oversold=sum(cell.oversold for cell in cells),
        )

    def rows(self, sku: str) -> dict[tuple[str, str, str], Stock]:
        """Figures of a SKU by (SKU, location, pool); in_transit is 0 here."""
        return {cell.key: _stock(cell, 0) for cell in self._by_sku.get(sku, ())}

    def balances(self) -> dict[tuple[str, str, str], Stock]:
        """Figures by (SKU, location, pool), in order; in_transit is kept by SKU only and 0 here."""
        return {key: _stock(self._cells[key], 0) for key in sorted(self._cells)}

    def restocks(self) -> Mapping[str, Restock]:
        """Orders for more by document (see `Restocks.values` for documents that name several SKUs)."""
        return self._restocks.values()

    def due(self, now_us: int) -> list[bytes]:
        """order.expired events to book now, oldest deadline first; each is given out once."""
        return self._expiries.due(now_us)

    def next_due(self) -> int | None:
        """When the next reservation may expire; None when none will."""
        return self._expiries.next_due()

    def money_due(self) -> list[MoneyDue]:
        """Lines paid and cancelled, refund still to come."""
        return [
            MoneyDue(line.source, line.order, line.line, line.money_due())
            for line in self._due_money.values()
        ]

    def waiting(self) -> Iterator[Line]:
        """Lines with facts that move nothing, as nobody has told their size or their SKU (orphans): a payment
        whose order never came, or whose request was refused, is money that a person must look at."""
        for lines in self._lines.values():
            yield from (line for line in lines.values() if line.waits())

    def troubles(self) -> tuple[Trouble, ...]:
        """The latest things for a person to look at, oldest first."""
        return tuple(self._troubles)

    def unknown_skus(self) -> tuple[str, ...]:
        """SKUs that orders name and no stock document does, by code point."""
        return tuple(sorted(self._by_sku.keys() - self._known))

    def open_groups(self) -> tuple[str, ...]:
        """Sources with an atomic group that is not closed: all later outcomes wait for it."""
        return tuple(self._groups)

    def pending(self) -> bool:
        """Whether outcomes wait behind an open atomic group."""
        return bool(self._slots)

    def check(self) -> None:
        """Check every equation, line sums included. Raises LedgerBroken."""
        from stockwatch.ledger.audit import check_books

        check_books(self)

    def cells(self) -> Iterator[Cell]:
        yield from self._cells.values()

    def lines(self) -> Iterator[Line]:
        for lines in self._lines.values():
            yield from lines.values()


def channels_of(data: dict[str, Any]) -> dict[str, tuple[str, Deduct]]:
    """The channels of a ledger.configured event."""
    channels: dict[str, tuple[str, Deduct]] = {}
    told = data.get("channels")
    if isinstance(told, dict):
        for source, channel in told.items():
            if isinstance(channel, dict) and isinstance(channel.get("id"), str):
                channels[source] = channel["id"], "pay" if channel.get("deduct") == "pay" else "place"
    return channels


def _can_not_be_refused(line: Line) -> bool:
    """Whether a platform has taken the order already, so that asking again decides nothing."""
    return (line.fact and line.holds) or line.has_payment()


def _stock(cell: Cell, in_transit: int) -> Stock:
    return Stock(
        cell.available, cell.held, cell.reserved, cell.sold, cell.shipped, cell.quarantined, in_transit,
        cell.shortfall, cell.oversold,
    )  # fmt: skip
