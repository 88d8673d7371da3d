"""Facts and requests about order lines: what each comes to, and the lines they make.

Owns all lines of a ledger, their deadlines and the money due on them. `decide` moves units between cells by
what the facts say; it never looks at stock documents or at identities. A line stays plain while it can
(`stockwatch.ledger.plain`); what comes out is the same as if every line had been a `Line` from its start. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy

from msgspec import UNSET

from stockwatch.events import Event, LineData
from stockwatch.ledger.cells import Cell, Part
from stockwatch.ledger.channels import ChannelList
from stockwatch.ledger.decision import NO_SKUS, Decision
from stockwatch.ledger.exceptions import Exceptions
from stockwatch.ledger.expiry import GRACE_US, Expiries
from stockwatch.ledger.figures import Taken
from stockwatch.ledger.groups import Group
from stockwatch.ledger.line_facts import NONE, Refusal, learn
from stockwatch.ledger.lines import Line
from stockwatch.ledger.plain import BOOKED, FACT, GONE, HOLDS, MOVES, PLACED, WANTS, Plain, unfolded
from stockwatch.ledger.shelves import Shelves, checked
from stockwatch.ledger.watch import Watch

Recall = Callable[[str, str, int, int], Line | Plain | None]
"""(source, order, line, seq) -> the line as it was when it left memory last before that seq."""
LineKey = str | tuple[str, int]
"""Of a line among its source's: the order alone for its line 1."""


class SourceLines(dict[LineKey, Line | Plain]):
    """The lines of one source."""

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        """One text for all its lines, rather than one each."""


class Orders:
    """Every order line."""

    def __init__(self, shelves: Shelves, channels: ChannelList, exceptions: Exceptions) -> None:
        self.expiries = Expiries()
        self._shelves = shelves
        self._channels = channels
        self._exceptions = exceptions
        self._lines: dict[str, SourceLines] = {}
        self.watch = Watch()
        self.recall: Recall | None = None
        """Finds lines that have left memory; None while none has."""

    def decide(self, event: Event, seq: int, refusal: str | None = None) -> Decision:
        """`refusal`: why the group of a request is refused."""
        told = event.line
        assert told is not None, "only events about order lines are decided here"
        number = told.line
        key: LineKey = told.order if number is UNSET or number == 1 else (told.order, number)
        lines = self._lines.get(event.source)
        if lines is None:
            lines = self._lines[event.source] = SourceLines(event.source)
        line = lines.get(key)
        if line is None and self.recall is not None:
            line = self._recalled(lines, key, event.source, told, seq)
        if line is None:
            decision = self._new_plain(lines, key, event, told, seq) if refusal is None else None
            return decision or self._new_line(event, told, seq, refusal)
        if type(line) is Plain:
            moved = self._move(line, event, told, seq)
            if moved is not None:
                return moved
            line = self._unfold(lines, key, line)
        assert isinstance(line, Line)
        before = line.state()
        if event.type == "order.requested" and not _can_not_be_refused(line):
            trial = copy(line)
            wrong = learn(trial, event, "place")
            if wrong is NONE and before != trial.state():
                refusal = refusal or self._shortage(trial)
                if refusal is not None:
                    # It binds nothing: the line stays as it was.
                    return "rejected", refusal, NO_SKUS, ()
        had = line.q, line.items, line.where, line.changes
        wrong = learn(line, event, self._channels.deduct(event.source))
        if wrong is not NONE:
            return self._exceptions.conflict(event, seq, wrong.reason)
        if before == line.state():
            return "noop", None, NO_SKUS, ()
        if line.waits() or self.watch.is_kept("orphan", line):
            self.watch.orphan(line, event, seq)
        leaving = line.parts
        if had != (line.q, line.items, line.where, line.changes):
            line.arrange(self._shelves.cell, seq)
        return self._settle(line, event, seq, leaving)

    def _new_plain(
        self, lines: SourceLines, key: LineKey, event: Event, told: LineData, seq: int
    ) -> Decision | None:
        """An order for one SKU on its usual shelf that has enough; None where it takes the general rule."""
        size, sku = told.qty, event.subject
        type_ = event.type
        if type_ == "order.placed":
            if told.holds is UNSET:
                facts = PLACED if self._channels.deduct(event.source) == "place" else FACT
            else:
                facts = PLACED if told.holds else FACT
        elif type_ == "order.requested":
            facts = HOLDS
        else:
            return None
        if (
            told.items is not UNSET
            or told.pool is not UNSET
            or told.location is not UNSET
            or sku is None
            or size is UNSET
            or (cell := self._shelves.plain.get(sku)) is None
        ):
            return None
        expires_us, number = event.expires_us, told.line
        line = Plain(
            cell, size, facts, seq, expires_us, lines.source, told.order, 1 if number is UNSET else number
        )  # fmt: skip
        if facts == FACT:
            lines[key] = line
            return "accepted", None, cell.touched, ()
        left = cell.available - size
        if left < 0:
            return None
        cell.available = left
        cell.reserved += size
        lines[key] = line
        if expires_us is not None:
            self.expiries.add(line, expires_us + GRACE_US if facts == PLACED else expires_us)
        return "accepted", None, cell.touched, ((sku, size),)

    def _move(self, line: Plain, event: Event, told: LineData, seq: int) -> Decision | None:
        """What an event does to a plain line; None where it takes the general rule."""
        cell, size, type_, sku = line.cell, line.size, event.type, event.subject
        if sku is not None and sku != cell.sku:
            return None
        if told.qty is not UNSET and told.qty != size:
            return None
        if told.pool is not UNSET or told.location is not UNSET:
            return None
        if type_ == "order.refunded" and told.restock is True:
            type_ = "order.refunded restock"
        moves = MOVES.get(type_)
        move = None if moves is None else moves[line.facts]
        if move is None:
            return None
        after, available, reserved, sold, quarantined, shipped = move
        if after < 0:
            line.facts = ~after
            return "noop", None, NO_SKUS, ()
        if available < 0:
            if cell.available < size:
                return None
            cell.available -= size
        taken = ((cell.sku, size),) if not line.facts & BOOKED and after & BOOKED else ()
        line.facts = after
        if reserved:
            cell.reserved += reserved * size
        if sold:
            cell.sold += sold * size
        if shipped:
            cell.shipped += shipped * size
        if quarantined:
            cell.enter_quarantine(size)
        on_hand_too = shipped or quarantined
        if available > 0 and not cell.waits():
            cell.available += size
        elif available > 0:
            cell.give(size)
            on_hand_too = True
        if on_hand_too:
            cell.note(event.moment_us, seq, self.parts_of)
            self.stripped(cell, event, seq)
        cell.check_moved()
        return "accepted", None, cell.touched, taken

    def _unfold(self, lines: SourceLines, key: LineKey, plain: Plain) -> Line:
        """Go on with a line that is plain no more."""
        line = unfolded(plain)
        plain.facts = GONE
        lines[key] = line
        if line.expires_us is not None and line.holds and not line.expired:
            self.expiries.watch(line)
        return line

    def _new_line(self, event: Event, told: LineData, seq: int, refusal: str | None) -> Decision:
        line = Line(event.source, told.order, told.number, seq)
        wrong = learn(line, event, self._channels.deduct(event.source))
        if wrong is not NONE:
            return self._exceptions.conflict(event, seq, wrong.reason)
        if event.type == "order.requested":
            refusal = refusal or self._shortage(line)
            if refusal is not None:
                # It binds nothing: the line stays unknown.
                return "rejected", refusal, NO_SKUS, ()
        self._keep(line)
        if line.waits():
            self.watch.orphan(line, event, seq)
        line.arrange(self._shelves.cell, seq)
        return self._settle(line, event, seq, ())

    def _settle(self, line: Line, event: Event, seq: int, leaving: tuple[Part, ...]) -> Decision:
        """Move the units, and tell who watches the line; `leaving` are its parts before the event."""
        grew = line.settle(seq)
        parts = line.parts
        moved = parts if leaving is parts or not leaving else (*leaving, *parts)
        for part in moved:
            part.cell.note(event.moment_us, seq, self.parts_of)
            self.stripped(part.cell, event, seq)
        touched = checked(moved)
        taken = self._take(line) if not line.taken and line.booked() else ()
        if line.expires_us is not None and line.holds and not line.expired:
            self.expiries.watch(line)
        if line.cancelled or line.whole_cancelled:
            self.watch.money(line, event, seq)
        if line.expired and event.type in ("order.paid", "order.shipped"):
            self._exceptions.note("late", seq, event, event.subject, "paid after its reservation expired")
        if grew:
            self.watch.short(line, event, seq)
            return "short", what_is_short(line), touched, taken
        return "accepted", None, touched, taken

    def _recalled(
        self, lines: SourceLines, key: LineKey, source: str, told: LineData, seq: int
    ) -> Line | Plain | None:
        """A line that had left memory is there again, as it was."""
        assert self.recall is not None, "asked only where lines have left"
        line = self.recall(source, told.order, told.number, seq)
        if line is not None:
            lines[key] = line
            _count_away(line, -1)
        return line

    def closed_before(self, seq: int) -> Iterator[Line | Plain | None]:
        """Look at every line that is here now, one a step: itself where it began before `seq` and is over, else None.

        It is over when nothing of it waits for anything: no reservation, no unit that has yet to leave, none short, no
        money due. A late fact about it still has its effect: it is recalled.
        """
        for lines in list(self._lines.values()):
            for key in list(lines):
                line = lines.get(key)
                if line is None or line.seq >= seq:
                    yield None
                    continue
                if isinstance(line, Plain):
                    reserved, sold, _, shipped = WANTS[line.facts]
                    over = not reserved and sold == shipped
                else:
                    over = (
                        not line.waits()
                        and not self.watch.is_kept("money_due", line)
                        and all(map(_is_over, line.parts))
                    )
                yield line if over else None

    def leave(self, line: Line | Plain) -> None:
        """A line leaves memory: the store has it, and `recall` finds it there."""
        del self._lines[line.source][line.order if line.line == 1 else (line.order, line.line)]
        _count_away(line, 1)

    def _find(self, event: Event, seq: int) -> Line | None:
        told = event.line
        assert told is not None, "only events about order lines are looked up"
        lines = self._lines.get(event.source)
        if lines is None:
            return None
        key: LineKey = told.order if told.number == 1 else (told.order, told.number)
        line = lines.get(key)
        if line is None and self.recall is not None:
            line = self._recalled(lines, key, event.source, told, seq)
        return self._unfold(lines, key, line) if isinstance(line, Plain) else line

    def _trial(self, line: Line | None, event: Event, seq: int) -> Line | Refusal:
        """The line as it would be with a request accepted; nothing is changed."""
        told = event.line
        assert told is not None, "requests are about order lines"
        trial = Line(event.source, told.order, told.number, seq) if line is None else copy(line)
        wrong = learn(trial, event, "place")
        return trial if wrong is NONE else wrong

    def _needs(self, line: Line) -> Iterator[tuple[tuple[str, str, str], int]]:
        """(cell, units that accepting the trial line would take out of available)."""
        units = sum(line.wants()[:3])
        if not line.parts and not line.changes:
            for sku, per in line.items:
                yield (sku, *line.where), units * per
            return
        # What may be refused has not been paid, so nothing of it has come back either.
        has: dict[tuple[str, str, str], int] = {}
        for part in line.parts:
            has[part.cell.key] = has.get(part.cell.key, 0) + part.got
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
            if need > (there := self._shelves.available(key)):
                return f"{key[0]}: {need} asked, {there} available"
        return None

    def _keep(self, line: Line) -> None:
        lines = self._lines.get(line.source)
        if lines is None:
            lines = self._lines[line.source] = SourceLines(line.source)
        lines[line.order if line.line == 1 else (line.order, line.line)] = line

    def _take(self, line: Line) -> tuple[Taken, ...]:
        line.taken = True
        q = line.q or 0
        return tuple([(sku, q * per) for sku, per in line.items])

    # --- what others ask ---------------------------------------------------------------------------

    def refusal(self, group: Group) -> str | None:
        """Why the group as a whole is refused, None when every member can be met together."""
        if len(group.members) < group.expects:
            return f"the atomic group has {len(group.members)} of {group.expects} members"
        needs: dict[tuple[str, str, str], int] = {}
        seen: set[tuple[str, int]] = set()
        for slot in group.members:
            event = slot.event
            assert isinstance(event, Event), "only valid events join a group"
            told = event.line
            assert told is not None, "requests are about order lines"
            line_key = (told.order, told.number)
            if line_key in seen:
                continue
            seen.add(line_key)
            known = self._find(event, slot.place)
            line = self._trial(known, event, slot.place)
            if isinstance(line, Refusal):
                return f"a member of the atomic group is in conflict: {line.reason}"
            if known is not None and _can_not_be_refused(known):
                continue
            for key, need in self._needs(line):
                needs[key] = needs.get(key, 0) + need
        for key, need in needs.items():
            there = self._shelves.available(key)
            if need > there:
                return f"{key[0]}: the atomic group asks for {need}, {there} available"
        return None

    def parts_of(self, cell: Cell) -> Iterator[Part]:
        """Every line's part of a cell, in no order that means anything."""
        for lines in self._lines.values():
            for key, line in lines.items():
                if not isinstance(line, Plain):
                    yield from (part for part in line.parts if part.cell is cell)
                elif line.cell is cell:
                    yield from self._unfold(lines, key, line).parts

    def stripped(self, cell: Cell, event: Event, seq: int) -> None:
        """Watch the lines that lack more than before, as a count or a document took units of theirs from this cell."""
        if not cell.stripped:
            return
        deeper = cell.take_stripped()
        if not deeper:
            return
        for line in self.each():
            if isinstance(line, Line) and any(id(part) in deeper for part in line.parts):
                self.watch.short(line, event, seq)

    def __iter__(self) -> Iterator[Line]:
        """Every line; a plain one as the general rule has it."""
        for line in self.each():
            yield unfolded(line) if isinstance(line, Plain) else line

    def kept(self, source: str, order: str, number: int) -> Line | Plain | None:
        """A line that is in memory."""
        lines = self._lines.get(source)
        return None if lines is None else lines.get(order if number == 1 else (order, number))

    def each(self) -> Iterator[Line | Plain]:
        """Every line that is in memory, as it is kept."""
        for lines in self._lines.values():
            yield from lines.values()


def _can_not_be_refused(line: Line) -> bool:
    """Whether a platform has taken the order already, so that asking again decides nothing."""
    return (line.fact and line.holds) or line.has_payment()


def _is_over(part: Part) -> bool:
    return part.short == 0 and part.want_reserved == 0 and part.want_sold == part.want_shipped


def _count_away(line: Line | Plain, sign: int) -> None:
    """Let the line's cells know of units whose line leaves memory (1) or is back (-1)."""
    if isinstance(line, Plain):
        _, sold, _, shipped = WANTS[line.facts]
        line.cell.away_sold += sign * sold * line.size
        line.cell.away_shipped += sign * shipped * line.size
        return
    for part in line.parts:
        part.cell.away_sold += sign * min(part.want_sold, part.got)
        part.cell.away_shipped += sign * min(part.want_shipped, part.got)


def what_is_short(line: Line) -> str:
    """Which components lack how many units; a gift that has run out stops no sale, so it is called one."""
    short: dict[str, int] = {}
    for part in line.parts:
        if part.short:
            short[part.cell.sku] = short.get(part.cell.sku, 0) + part.short
    return ", ".join(
        f"{sku}{' (gift)' if sku in line.gifts else ''}: {units} short" for sku, units in short.items()
    )
