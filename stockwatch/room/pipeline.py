"""The one line of events that a ledger and every room on it follow, in lockstep with the decision clock.

`take` one event after another; every tick (whole second) that the clock passes on the way lets the rooms look at what
had events or is due, then books the reservations that have expired. Each event is booked once; then every room is told
what came of it. Nothing here knows batches, sockets or wall time: the same events give the same bytes however they
arrive, whichever rooms look on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Protocol

import msgspec

from stockwatch.events import Event, Invalid, decode, encode, format_time, from_outside
from stockwatch.ledger.balances import CLOSED, OWN_SOURCE, Books
from stockwatch.ledger.expiry import fell_due
from stockwatch.ledger.figures import OUTCOMES, Applied
from stockwatch.ledger.opening import is_own
from stockwatch.room.clock import SECOND_US, Clock, last_tick
from stockwatch.room.learning import LEARNED

if TYPE_CHECKING:
    from stockwatch.room.room import Room

_OUTCOME_BYTES = {outcome: outcome.encode() for outcome in OUTCOMES}

ROOM_SOURCE = OWN_SOURCE + "/"
"""What a room says itself (alerts, what its operators did, gaps of its feeds) has this and its id as source."""


class Digest(Protocol):
    """A hash being made."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class Entry(msgspec.Struct, frozen=True):
    """One event that has its outcome: what a journal keeps."""

    raw: bytes
    received_us: int
    applied: Applied
    ours: bool
    """Booked by a room itself (an expiry, an alert), not received."""


class Pipeline:
    """Create it on books, add rooms, `take` events in order, `drain` what came of them; `finish` ends a replay."""

    def __init__(self, books: Books, *, trusted_clock: bool = False) -> None:
        """`trusted_clock`: live, every event carries a stamp of our own intake."""
        self.books = books
        self.rooms: list[Room] = []
        self.clock = Clock(trusted=trusted_clock)
        self._live = trusted_clock
        self.ticked: int | None = None
        """The last tick that has run, epoch seconds."""
        self.rebuilding = False
        """While a journal is read back: what was booked by ourselves then comes from the journal, not from here."""
        self.journaled = True
        """Whether anybody keeps entries; a replay without a console doesn't."""
        self.keep_alerts = False
        """Book alerts as events too, so that a journal holds them."""
        self.digest: Digest | None = None
        """Of what was received and what came of it, where somebody wants to compare replays."""
        self.events = 0
        self.outcomes: dict[str, int] = dict.fromkeys(OUTCOMES, 0)
        self.opened = False
        self._zones_known = False
        self._waiting: deque[tuple[Event | Invalid, int, bool]] = deque()
        self._entries: list[Entry] = []

    @property
    def now_us(self) -> int:
        """Where the clock stands; 0 before the first event."""
        return max(self.clock.now_us or 0, (self.ticked or 0) * SECOND_US)

    @property
    def zone(self) -> tzinfo:
        """The zone of the first room, for times that belong to no room."""
        return self.rooms[0].zone if self.rooms else UTC

    def add(self, room: Room) -> None:
        """From the next event on, this room follows too."""
        self.rooms.append(room)
        self._zones_known = False

    def open(self, now_us: int) -> None:
        """Book what rooms that open now must tell the ledger before their first event: channels, opening stock."""
        self.opened = True
        for room in list(self.rooms):
            if not room.opened:
                room.opened = True
                for raw in room.opening(now_us):
                    self._apply(_made(raw), now_us, ours=True)

    # --- events in --------------------------------------------------------------------------------------------------

    def take(self, message: bytes | Event | Invalid, received_us: int | None = None) -> None:
        """One received message; `received_us` is intake's stamp where it has one (it wins over the attribute)."""
        event = decode(message, received_us) if isinstance(message, bytes) else message
        if event.source == OWN_SOURCE and not self.rebuilding:
            event = from_outside(event)
        ours = self.rebuilding and isinstance(event, Event) and _booked_then(event)
        self.events += not ours
        if isinstance(event, Invalid):
            self._apply(event, received_us if received_us is not None else self.now_us, ours=False)
            return
        instant = event.clock_us if received_us is None else received_us
        if not self._zones_known and not self._our_own(event):
            self._learn_zones(event)
        if not self.opened and not self.rebuilding:
            self.open(instant)
        second = self.clock.hear(instant) // SECOND_US
        if self.ticked is None or second > self.ticked:
            self._ticks(second)
        self._apply(event, instant, ours=ours)

    def _our_own(self, event: Event) -> bool:
        """Whether a live hub wrote the event: its journal begins with those, in a zone that nobody chose."""
        return self._live and (is_own(event.source, event.type) or event.source.startswith(ROOM_SOURCE))

    def _learn_zones(self, event: Event) -> None:
        for room in self.rooms:
            if not room.zone_known:
                room.learn_zone(event)
        self._zones_known = True

    def close_groups(self, stamp_us: int, id: str) -> None:
        """Decide every open atomic group now; journaled, so that a rebuild decides the same at the same place."""
        raw = encode(type=CLOSED, source=OWN_SOURCE, id=id, time=format_time(stamp_us, self.zone), data={})
        self._apply(_made(raw), stamp_us, ours=True)

    def close_open(self) -> None:
        """The journal has ended: what is open there was decided there (`Books.close`)."""
        self._release(self.books.close())

    def mark_end(self, stamp_us: int) -> None:
        """Before anything else is booked: tell the journal where it had ended, if groups were decided by that."""
        if self.books.unmarked_end:
            self.close_groups(stamp_us, f"closed:{stamp_us}")

    def tick_to(self, second: int) -> None:
        """Run the ticks up to a whole second, before an event moves the clock there: a paced replay's quiet."""
        if self.ticked is not None:
            self._ticks(second)

    def advance(self, now_us: int) -> None:
        """Let the clock itself pass to `now_us` with no event: live, where the wall clock drives it."""
        if self.clock.now_us is None:
            self.clock.hear(now_us)
            self.ticked = last_tick(now_us)
            return
        if now_us > self.clock.now_us:
            self.clock.now_us = now_us
            self._ticks(last_tick(now_us))

    def recall_set_aside(self, total: int) -> None:
        """After a rebuild: how many messages were ever set aside. Invalid ones are in no journal; conflicts are."""
        unseen = max(0, total - self.outcomes["conflict"] - self.outcomes["invalid"])
        self.outcomes["invalid"] += unseen
        self.events += unseen

    def finish(self, until_us: int | None = None) -> None:
        """The end of the input: close what waits for more, then the first tick after it, or on until a time."""
        if not self.opened:
            self.open(until_us or 0)
        self._release(self.books.close())
        now = self.clock.now_us
        if now is not None:
            end = last_tick(now) + 1 if until_us is None else max(last_tick(until_us), last_tick(now) + 1)
            self._ticks(end)

    def drain(self) -> list[Entry]:
        """Events that have their outcome since the last call."""
        entries, self._entries = self._entries, []
        return entries

    # --- ticks ------------------------------------------------------------------------------------------------------

    def next_tick(self) -> int | None:
        """The next whole second at which anything is to decide, None if nothing is; epoch seconds."""
        if self.ticked is None:
            return None
        times = [at for room in self.rooms if (at := room.next_look()) is not None]
        if not self.rebuilding and (expiry := self.books.next_due()) is not None:
            times.append(-(-expiry // SECOND_US))
        return max(min(times), self.ticked + 1) if times else None

    def _ticks(self, upto: int) -> None:
        for room in self.rooms:
            room.reach(upto)
        if self.ticked is None:
            self.ticked = upto
            return
        while (tick := self.next_tick()) is not None and tick <= upto:
            self._tick(tick)
        self.ticked = max(self.ticked, upto)

    def _tick(self, tick: int) -> None:
        assert self.ticked is not None
        assert tick > self.ticked, "ticks only move on"
        self.ticked = tick
        now_us = tick * SECOND_US
        for room in self.rooms:
            for raw in room.look(tick):
                if self.keep_alerts and not self.rebuilding:
                    self._apply(_made(raw), now_us, ours=True)
        if not self.rebuilding:
            for raw in self.books.due(now_us):
                self._apply(_made(raw), now_us, ours=True)

    # --- booking ----------------------------------------------------------------------------------------------------

    def _apply(self, event: Event | Invalid, received_us: int, *, ours: bool) -> None:
        """Book an event. Outcomes come in the order of events: an open atomic group holds back its own and later ones
        (`Books.apply`)."""
        known = self.books.apply(event)
        if not self._waiting and len(known) == 1:
            self._booked(known[0], received_us, ours)
        else:
            self._waiting.append((event, received_us, ours))
            self._release(known)

    def _release(self, known: Iterable[Applied]) -> None:
        """The outcomes of events that have waited."""
        for applied in known:
            event, received_us, ours = self._waiting.popleft()
            assert applied.event is event, "outcomes keep the order of events"
            self._booked(applied, received_us, ours)

    def _booked(self, applied: Applied, received_us: int, ours: bool) -> None:
        raw = applied.event.raw
        if self.journaled:
            self._entries.append(Entry(raw, received_us, applied, ours))
        if not ours:
            self.outcomes[applied.outcome] += 1
            if self.digest is not None:
                self.digest.update(raw)
                self.digest.update(_OUTCOME_BYTES[applied.outcome])
        for room in self.rooms:
            room.follow(applied, received_us, ours=ours)


def _booked_then(event: Event) -> bool:
    """Of a journaled event: whether we booked it ourselves, rather than received it."""
    if event.source.startswith(ROOM_SOURCE):
        if event.type == LEARNED:
            return True
        return event.type.startswith("alert.") and event.type != "alert.acknowledged"
    return is_own(event.source, event.type) or fell_due(event)


def _made(raw: bytes) -> Event:
    """An event of our own making."""
    event = decode(raw)
    assert isinstance(event, Event), event.reason
    return event
