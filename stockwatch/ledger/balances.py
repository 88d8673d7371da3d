"""The books: facts and requests in, outcomes and figures out.

`Books.apply` is a pure function of the events so far: no clock, no I/O, no randomness; the same events in
the same order give the same outcomes and figures in every process. Owns all stock of one ledger. Raises
LedgerBroken when an equation does not hold; everything else about an event is an outcome, never an exception.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from msgspec import UNSET

from stockwatch.events import OWN_SOURCE, Event, Invalid
from stockwatch.ledger.cells import Cell
from stockwatch.ledger.channels import ChannelList, Channels, channels_of
from stockwatch.ledger.decision import NO_SKUS, Decision
from stockwatch.ledger.documents import Documents
from stockwatch.ledger.exceptions import Exceptions
from stockwatch.ledger.figures import Applied, Deduct, MoneyDue, Outcome, Restock, Stock, Trouble, TroubleKind
from stockwatch.ledger.groups import Group, Slot, group_of
from stockwatch.ledger.identity import Seen, entry_of, outcome_of, same_content, seq_of
from stockwatch.ledger.lines import Line
from stockwatch.ledger.orders import Orders, Recall
from stockwatch.ledger.plain import Plain
from stockwatch.ledger.shelves import Shelves
from stockwatch.ledger.watch import State
from stockwatch.ledger.worklist import count_open, open_exceptions

__all__ = ["CLOSED", "CONFIGURED", "OWN_SOURCE", "RESOLVED", "Books"]

CONFIGURED = "ledger.configured"
RESOLVED = "action.resolved"
"""A person has dealt with an exception: `data.exception` is its key."""
CLOSED = "ledger.closed"
"""End of an input: every open atomic group closes, here and when the journal is read back."""


class Books:
    """All balances, order lines, restocks and identities of one ledger."""

    def __init__(self, channels: Channels | None = None) -> None:
        self.place = 0
        """Number of the last event given a place in the journal."""
        self.unmarked_end = False
        """Groups were closed by an end that no event tells of."""
        self.follow: Callable[[Applied], None] | None = None
        """Told of every journaled event when it is decided, which for members of a group is before it is out."""
        self._channels = ChannelList(channels or {})
        self._seen = Seen()
        self._shelves = Shelves()
        self._exceptions = Exceptions()
        self._orders = Orders(self._shelves, self._channels, self._exceptions)
        self._documents = Documents(
            self._shelves, self._orders.parts_of, self._orders.stripped, self._exceptions
        )
        self._groups: dict[str, Group] = {}
        self._looked_before = 1
        self._looking: Iterator[Line | Plain | None] = iter(())
        self._slots: deque[Slot] = deque()
        """Events whose outcome is not out yet, in their order: behind an open group everyone waits."""

    # --- events -----------------------------------------------------------------------------------

    def apply(self, event: Event | Invalid) -> tuple[Applied, ...]:
        """Take one event; the outcomes now known, in the order of their events.

        While an atomic group is open its members' outcomes are not known, and later ones wait behind them.
        """
        if type(event) is Invalid:
            return self._out(Applied(event, "invalid", None, None, None, event.reason))
        assert type(event) is Event
        source = event.source
        group = self._groups.get(source) if self._groups else None
        if group is not None and group_of(event) != group.id:
            self._close_group(group)
            group = None
        self.place = place = self.place + 1
        seen = self._seen
        now_us = event.received_us or event.time_us
        if now_us >= seen.day_ends_us or seen.claimed:
            seen.hear(now_us, place)
        ids = seen.newest.get(source)
        if ids is None:
            ids = seen.of(source)
        entry = ids.get(event.id)
        if entry is not None or seen.older:
            entry = seen.find(source, event.id)
            if entry is not None:
                return self._repeated(event, place, entry, group)
        line = event.line
        if line is None:
            if source == OWN_SOURCE and event.type == CLOSED:
                self.unmarked_end = False
                for open_group in list(self._groups.values()):
                    self._close_group(open_group)
            outcome, reason, touched, taken = self._decide(event, place)
        else:
            if line.atomic is not UNSET and (name := group_of(event)) is not None:
                return self._join(event, place, name, group)
            outcome, reason, touched, taken = self._orders.decide(event, place)
        ids[event.id] = entry_of(event.content, place, outcome)
        seq = None if outcome == "conflict" else place
        applied = Applied(event, outcome, seq, place, None, reason, touched, taken)
        if self.follow is not None:
            self.follow(applied)
        return self._out(applied) if self._slots else (applied,)

    def close(self) -> tuple[Applied, ...]:
        """End of input: every open group closes; the outcomes that waited. A journal that goes on after it needs a
        CLOSED event first (`unmarked_end`), or it would be read as if the groups had stayed open."""
        self.unmarked_end |= bool(self._groups)
        for group in list(self._groups.values()):
            self._close_group(group)
        return self._drain()

    def answered(self, applied: Applied, outcome: Outcome) -> None:
        """An event was answered otherwise than it comes to here, under earlier rules: asked again it is told that."""
        event, seq = applied.event, applied.place
        assert isinstance(event, Event), "what is journaled is valid"
        assert seq is not None
        ids = self._seen.of(event.source)
        entry = ids.get(event.id)
        if entry is not None and seq_of(entry) == seq:
            ids[event.id] = entry_of(event.content, seq, outcome)

    def _repeated(self, event: Event, place: int, entry: int, group: Group | None) -> tuple[Applied, ...]:
        if not same_content(entry, event.content):
            reason = "the same source and id came before with other content"
            self._exceptions.conflict(event, place, reason)
            return self._out(self._told(Applied(event, "conflict", None, place, None, reason)))
        original = outcome_of(entry)
        if original is None:
            assert group is not None, "only a member of an open group has no outcome yet"
            slot = Slot(event, place)
            group.repeats.append((slot, event.id))
            self._slots.append(slot)
            return self._filled(group)
        seq = None if original == "conflict" else seq_of(entry)
        return self._out(self._told(Applied(event, "duplicate", seq, place, original)))

    def _told(self, applied: Applied) -> Applied:
        if self.follow is not None:
            self.follow(applied)
        return applied

    def _out(self, applied: Applied) -> tuple[Applied, ...]:
        if not self._slots:
            return (applied,)
        slot = Slot(applied.event, applied.place or 0)
        slot.applied = applied
        self._slots.append(slot)
        return self._drain()

    def _drain(self) -> tuple[Applied, ...]:
        """The outcomes that are out now. A group's come out only with those of all events that were booked before it
        was decided: who reads a journal of just these decides the same."""
        out = last = until = 0
        for count, slot in enumerate(self._slots, 1):
            if slot.applied is None:
                break
            last, until = max(last, slot.place), max(until, slot.until)
            if last >= until:
                out = count
        known = []
        for _ in range(out):
            applied = self._slots.popleft().applied
            assert applied is not None, "counted above"
            known.append(applied)
        return tuple(known)

    def _decide(self, event: Event, seq: int) -> Decision:
        type_ = event.type
        if type_.startswith("stock."):
            return self._documents.decide(event, seq)
        if type_ == CONFIGURED and event.source == OWN_SOURCE:
            self._channels.by_source = channels_of(event.data)
        if type_ == RESOLVED and isinstance(key := event.data.get("exception"), str):
            self._exceptions.resolve(key, seq)
        return "accepted", None, NO_SKUS, ()

    # --- atomic groups ----------------------------------------------------------------------------

    def _join(self, event: Event, place: int, name: str, group: Group | None) -> tuple[Applied, ...]:
        if group is None:
            group = self._groups[event.source] = Group(name, event.source)
        slot = Slot(event, place)
        group.members.append(slot)
        line = event.line
        if line is not None and line.atomic_of is not UNSET:
            group.expects = max(group.expects, line.atomic_of)
        self._slots.append(slot)
        self._seen.of(event.source)[event.id] = entry_of(event.content, place, None)
        return self._filled(group)

    def _filled(self, group: Group) -> tuple[Applied, ...]:
        if group.expects and len(group.members) >= group.expects:
            self._close_group(group)
        return self._drain()

    def _close_group(self, group: Group) -> None:
        """Decide a group: all of it, or nothing."""
        del self._groups[group.source]
        for slot in (*group.members, *(slot for slot, _ in group.repeats)):
            slot.until = self.place
        refusal = self._orders.refusal(group)
        for slot in group.members:
            event, place = slot.event, slot.place
            assert isinstance(event, Event), "only valid events join a group"
            outcome, reason, touched, taken = self._orders.decide(event, place, refusal)
            self._seen.of(event.source)[event.id] = entry_of(event.content, place, outcome)
            seq = place if outcome != "conflict" else None
            slot.applied = self._told(Applied(event, outcome, seq, place, None, reason, touched, taken))
        for slot, id_ in group.repeats:
            entry = self._seen.of(group.source)[id_]
            original = outcome_of(entry)
            seq = None if original == "conflict" else seq_of(entry)
            slot.applied = self._told(Applied(slot.event, "duplicate", seq, slot.place, original))

    # --- lines that are over ------------------------------------------------------------------------

    def remember(self, recall: Recall | None) -> None:
        """Lines have left memory: this finds them again."""
        self._orders.recall = recall

    def over(self, looks: int) -> list[Line | Plain]:
        """Lines that are over and whose ids are remembered no more, found by looking at so many; call it again and
        again. They may `leave` once a store keeps them. Nobody can tell: a fact about one recalls it."""
        if not self._seen.days:
            return []
        oldest = self._seen.days[0][1]
        if oldest != self._looked_before:
            self._looked_before = oldest
            self._looking = self._orders.closed_before(oldest)
        return [line for line in islice(self._looking, looks) if line is not None]

    def leave(self, lines: Iterable[Line | Plain]) -> None:
        for line in lines:
            self._orders.leave(line)

    # --- what readers ask -------------------------------------------------------------------------

    @property
    def channels(self) -> dict[str, tuple[str, Deduct]]:
        """source -> (channel id, when its orders hold stock)"""
        return self._channels.by_source

    def channel_of(self, source: str) -> str:
        """The channel's id; a source that no channel claims is a channel named after it."""
        return self._channels.name(source)

    def skus(self) -> tuple[str, ...]:
        """Every SKU with figures, by code point."""
        return tuple(sorted(self._shelves.skus() | self._documents.skus))

    def knows(self, sku: str) -> bool:
        """Whether a stock document has named the SKU."""
        return sku in self._documents.skus

    def opened(self, sku: str) -> bool:
        """Whether its opening stock is booked."""
        return self._documents.opened(sku)

    def stock(self, sku: str) -> Stock:
        """Figures of a SKU, summed over its locations in pool `spot`; all 0 when unknown."""
        return self._shelves.stock(sku, self._documents.restocks.in_transit(sku))

    def stock_in(self, sku: str, pool: str) -> Stock:
        """The same of another pool; in_transit is 0 here."""
        return self._shelves.stock_in(sku, pool)

    def left(self, sku: str) -> tuple[int, int, int, int]:
        """The part of `stock` that is asked for most: (available, held, reserved and sold, shortfall)."""
        return self._shelves.left(sku)

    def in_transit(self, sku: str) -> int:
        """Units of it that somebody has promised and that are not here yet."""
        return self._documents.restocks.in_transit(sku)

    def cells_of(self, sku: str) -> Iterable[Cell]:
        """Its places, in the order they were named."""
        return self._shelves.of(sku)

    def rows(self, sku: str) -> dict[tuple[str, str, str], Stock]:
        """Figures of a SKU by (SKU, location, pool), their equations checked; in_transit is 0 here. Raises
        LedgerBroken."""
        return self._shelves.rows(sku)

    def balances(self) -> dict[tuple[str, str, str], Stock]:
        """Figures by (SKU, location, pool), in order; in_transit is kept by SKU only and 0 here."""
        return self._shelves.balances()

    def restocks(self) -> Mapping[str, Restock]:
        """Orders for more by document (see `Restocks.values` for documents that name several SKUs)."""
        return self._documents.restocks.values()

    def due(self, now_us: int) -> list[bytes]:
        """order.expired events to book now, oldest deadline first; each is given out once."""
        return self._orders.expiries.due(now_us)

    def next_due(self) -> int | None:
        """When the next reservation may expire; None when none will."""
        return self._orders.expiries.next_due()

    def money_due(self) -> list[MoneyDue]:
        """Lines paid and cancelled, refund still to come."""
        return self._orders.watch.dues()

    def waiting(self) -> Iterator[Line]:
        """Lines with facts that move nothing, as nobody has told their size or their SKU (orphans): a payment
        whose order never came, or whose request was refused, is money that a person must look at."""
        return (watched.line for watched in self._orders.watch.of("orphan"))

    def exceptions(self) -> list[Trouble]:
        """What a person should look at and nobody has resolved, oldest first."""
        return open_exceptions(self._exceptions, self._orders.watch, self._shelves, self.unknown_skus())

    def exceptions_open(self) -> int:
        """How many there are, without making a list of what was noted."""
        return count_open(self._exceptions, self._orders.watch, self._shelves, self.unknown_skus())

    def watched(self) -> dict[TroubleKind, set[tuple[str, str, int]]]:
        """(source, order, line) of the lines that the work list follows, resolved or not."""
        states: tuple[State, ...] = ("short", "orphan", "money_due")
        return {
            state: {(line.source, line.order, line.line) for line, *_ in self._orders.watch.of(state)}
            for state in states
        }

    @property
    def exceptions_forgotten(self) -> int:
        """Exceptions that made room for later ones of their kind."""
        return self._exceptions.forgotten

    def unknown_skus(self) -> tuple[str, ...]:
        """SKUs that orders name and no stock document does, by code point."""
        return tuple(sorted(self._shelves.skus() - self._documents.skus))

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

    def cell(self, key: Sequence[str]) -> Cell:
        """The cell of a (SKU, location, pool)."""
        sku, location, pool = key
        return self._shelves.cell(sku, (location, pool))

    def cells(self) -> Iterator[Cell]:
        return iter(self._shelves)

    def line(self, source: str, order: str, number: int) -> Line | Plain | None:
        """A line that is in memory."""
        return self._orders.kept(source, order, number)

    def kept_lines(self) -> Iterator[Line | Plain]:
        """Every line that is in memory, as it is kept."""
        return self._orders.each()

    def lines(self) -> Iterator[Line]:
        return iter(self._orders)
