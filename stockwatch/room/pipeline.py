"""The running room as one pure machine: events in, outcomes and decisions out, in lockstep with the decision clock.

`take` one event after another; every tick (whole second) that the clock passes on the way evaluates the SKUs that had
events or are due, then books the reservations that have expired. A SKU with no event and no due deadline costs nothing.
Nothing here knows batches, sockets or wall time: the same events give the same bytes however they arrive.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Protocol

import msgspec

from stockwatch import instants
from stockwatch.alerts import AlertEvent, Arrival, Desk, Facts, OpenAlert
from stockwatch.config import RoomConfig, Sku
from stockwatch.demand import Demand
from stockwatch.events import Event, Invalid, decode, encode, format_time, from_outside, parse_time
from stockwatch.ledger.balances import CLOSED, OWN_SOURCE, Books
from stockwatch.ledger.expiry import fell_due
from stockwatch.ledger.figures import OUTCOMES, Applied, Stock
from stockwatch.ledger.opening import configured_events, is_own, opening_events
from stockwatch.room.clock import SECOND_US, Clock, last_tick
from stockwatch.room.links import catalog
from stockwatch.room.log import RoomLog
from stockwatch.room.said import alert_data, restated
from stockwatch.room.view import SPARK_MINUTES

_OUTCOME_BYTES = {outcome: outcome.encode() for outcome in OUTCOMES}


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
    """Booked by the room itself (an expiry, an alert), not received."""


@dataclass(slots=True)
class Output:
    """What came of the events since the last drain."""

    entries: list[Entry] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    """alert.* and action.* events as they happened, in order: what a headless replay prints."""
    touched: set[str] = field(default_factory=set)
    """SKUs whose figures or alerts may have changed."""
    tier_changed: bool = False


class Room:
    """One room. Create it, `take` events in order, `drain` what came of them; `finish` at the end of a replay."""

    def __init__(
        self,
        config: RoomConfig,
        books: Books | None = None,
        *,
        trusted_clock: bool = False,
        zone_of: Callable[[str], tzinfo] | None = None,
    ) -> None:
        """`trusted_clock`: every event carries a stamp of our own intake. `zone_of` looks an IANA name up."""
        self.config = config
        self.books = (
            books if books is not None else Books({c.source: (c.id, c.deduct) for c in config.channels})
        )
        self.catalog = catalog(config)
        self.skus: dict[str, Sku] = {sku.id: sku for sku in config.skus}
        self.demand = Demand()
        self.desk = Desk(config, self.demand)
        self.log = RoomLog(config)
        self.clock = Clock(trusted=trusted_clock)
        self._live = trusted_clock
        self.zone: tzinfo = UTC
        self._zone_known = False
        if config.timezone is not None and zone_of is not None:
            self._set_zone(zone_of(config.timezone))
        self.ticked: int | None = None
        """The last tick that has run, epoch seconds."""
        self.rebuilding = False
        """While a journal is read back: what the room itself booked then comes from the journal, not from here."""
        self.journaled = True
        """Whether anybody keeps entries; a replay without a console doesn't."""
        self.keep_alerts = False
        """Book alerts as events too, so that a journal holds them."""
        self.digest: Digest | None = None
        """Of what was received and what came of it, where somebody wants to compare replays."""
        self.events = 0
        self.outcomes: dict[str, int] = dict.fromkeys(OUTCOMES, 0)
        self.opened = False
        self._source = f"stockwatch/{config.id}"
        self._dirty: set[str] = set()
        self._lag_s = 0.0
        """How late orders come, as of the last tick."""
        self._due: list[tuple[int, str]] = []
        self._due_of: dict[str, int] = {}
        self._waiting: deque[tuple[Event | Invalid, int, bool]] = deque()
        self._out = Output()

    def open(self, now_us: int) -> None:
        """Book the opening stock of SKUs that the ledger meets for the first time. Once, before the first event."""
        assert not self.opened, "a room opens once"
        self.opened = True
        stamp = format_time(now_us, self.zone)
        booked = configured_events(self.config, self.books, stamp) + opening_events(
            self.config, self.books, stamp
        )
        for raw in booked:
            event = decode(raw)
            assert isinstance(event, Event), event.reason
            self._apply(event, now_us, ours=True)

    # --- events in --------------------------------------------------------------------------------------------------

    def take(self, message: bytes | Event | Invalid, received_us: int | None = None) -> None:
        """One received message; `received_us` is intake's stamp where it has one (it wins over the attribute)."""
        event = decode(message, received_us) if isinstance(message, bytes) else message
        if event.source == OWN_SOURCE and not self.rebuilding:
            event = from_outside(event)
        ours = self.rebuilding and isinstance(event, Event) and self._booked_then(event)
        self.events += not ours
        if isinstance(event, Invalid):
            self._apply(event, received_us if received_us is not None else self.now_us, ours=False)
            return
        instant = event.clock_us if received_us is None else received_us
        if not self._zone_known and not self._our_own(event):
            self._set_zone(instants.offset_of(event.time))
        if not self.opened and not self.rebuilding:
            self.open(instant)
        second = self.clock.hear(instant) // SECOND_US
        if self.ticked is None or second > self.ticked:
            self._ticks(second)
        self._apply(event, instant, ours=ours)

    def _booked_then(self, event: Event) -> bool:
        """Of a journaled event: whether the room itself booked it, rather than received it."""
        if event.source == self._source:
            return event.type.startswith("alert.") and event.type != "alert.acknowledged"
        return is_own(event.source, event.type) or fell_due(event)

    def _our_own(self, event: Event) -> bool:
        """Whether a live room wrote the event: its journal begins with those, in a zone that nobody chose."""
        return self._live and (is_own(event.source, event.type) or event.source == self._source)

    def close_groups(self, stamp_us: int, id: str) -> None:
        """Decide every open atomic group now; journaled, so that a rebuild decides the same at the same place."""
        raw = encode(type=CLOSED, source=OWN_SOURCE, id=id, time=format_time(stamp_us, self.zone), data={})
        event = decode(raw)
        assert isinstance(event, Event), event.reason
        self._apply(event, stamp_us, ours=True)

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

    def _set_zone(self, zone: tzinfo) -> None:
        self.zone = self.desk.zone = zone
        self._zone_known = True

    def drain(self) -> Output:
        """What came of everything since the last call."""
        out, self._out = self._out, Output()
        return out

    # --- ticks ------------------------------------------------------------------------------------------------------

    def next_tick(self) -> int | None:
        """The next whole second at which anything is to decide, None if nothing is; epoch seconds."""
        if self.ticked is None:
            return None
        if self._dirty:
            return self.ticked + 1
        times = [self._due[0][0]] if self._due else []
        if not self.rebuilding and (expiry := self.books.next_due()) is not None:
            times.append(-(-expiry // SECOND_US))
        return max(min(times), self.ticked + 1) if times else None

    def _ticks(self, upto: int) -> None:
        self.demand.tell(upto)
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
        due, due_of = self._due, self._due_of
        dirty, self._dirty = self._dirty, set()
        self._lag_s = self.log.lag_s()
        looked_at = set()
        while due and due[0][0] <= tick:
            at, sku = heapq.heappop(due)
            if due_of.get(sku) == at:
                del due_of[sku]
                looked_at.add(sku)
        for sku in dirty:
            if sku not in looked_at and not self._calm(sku, tick):
                looked_at.add(sku)
        now_us = tick * SECOND_US
        for sku in sorted(looked_at):
            self._evaluate(sku, tick)
        if not self.rebuilding:
            for raw in self.books.due(now_us):
                event = decode(raw)
                assert isinstance(event, Event), event.reason
                self._apply(event, now_us, ours=True)

    def _calm(self, sku: str, tick: int) -> bool:
        """Whether a SKU that had events can wait until they count as demand; then it is looked at in time for that."""
        stock = self.books.stock(sku)
        if stock.in_transit or stock.shortfall:
            return False
        calm, again = self.desk.calm(
            sku, tick * SECOND_US, stock.available, stock.held, stock.reserved + stock.sold
        )
        if not calm:
            return False
        self.log.left(sku, stock.available, tick)
        if again is not None:
            self._look_at(sku, again // SECOND_US)
        return True

    def _look_at(self, sku: str, at: int) -> None:
        """Look at a SKU then, unless it is looked at before."""
        if self._due_of.get(sku, at + 1) > at:
            self._due_of[sku] = at
            heapq.heappush(self._due, (at, sku))

    def _evaluate(self, sku: str, tick: int) -> None:
        facts = self.facts(sku)
        self.log.left(sku, facts.available, tick)
        events, again = self.desk.evaluate(sku, tick * SECOND_US, facts)
        for event in events:
            self._say(event, tick)
        self._due_of.pop(sku, None)
        if again is not None:
            self._look_at(sku, max(-(-again // SECOND_US), tick + 1))
        self._out.touched.add(sku)

    def _say(self, event: AlertEvent, tick: int) -> None:
        raw = encode(
            type=f"alert.{event.kind}",
            source=self._source,
            id=event.id,
            time=format_time(tick * SECOND_US, self.zone),
            subject=event.sku,
            data=alert_data(event),
        )
        self._out.said.append(raw)
        self._out.tier_changed = True
        self.log.alert(event, tick)
        if self.keep_alerts and not self.rebuilding:
            decoded = decode(raw)
            assert isinstance(decoded, Event), decoded.reason
            self._apply(decoded, tick * SECOND_US, ours=True)

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
            self._out.entries.append(Entry(raw, received_us, applied, ours))
        if not ours:
            self.outcomes[applied.outcome] += 1
            if self.digest is not None:
                self.digest.update(raw)
                self.digest.update(_OUTCOME_BYTES[applied.outcome])
        self._follow(applied, received_us, ours)

    def _follow(self, applied: Applied, received_us: int, ours: bool) -> None:
        """Tell demand, alerts and the log what has been booked."""
        for sku in applied.touched:
            self._touch(sku)
        event = applied.event
        if isinstance(event, Invalid):
            return
        if applied.taken:
            channel = self.books.channel_of(event.source)
            for sku, units in applied.taken:
                self.demand.take(sku, channel, event.time_us, units)
                self.log.taken(sku, channel, units)
                self._touch(sku)
        kind = event.type
        if not ours:
            self.log.heard(event, received_us, applied)
            if not applied.taken:
                heard = self.log.channel_of(event.source)
                if heard is not None:
                    self.demand.alive(heard, event.time_us)
        if kind.startswith("order."):
            return
        if applied.outcome not in ("accepted", "noop"):
            return
        if kind == "feed.gap":
            self._gap(event)
        elif kind == "alert.acknowledged":
            self._acknowledged(event, received_us)
        elif not ours or not kind.startswith("alert."):
            self.log.happened(event, received_us)
        if not ours and (kind.startswith("action.") or kind == "alert.acknowledged"):
            self._out.said.append(restated(event))

    def _touch(self, sku: str) -> None:
        self._dirty.add(sku)
        self._out.touched.add(sku)
        if sku not in self.catalog.of_sku:
            self.catalog.meet(sku)

    def _gap(self, event: Event) -> None:
        since, until = event.data.get("since"), event.data.get("until")
        now = self.now_us
        channel = event.data.get("channel")
        if not isinstance(channel, str):
            channel = self.books.channel_of(event.source)
        self.demand.gap(
            channel,
            parse_time(since) if isinstance(since, str) else None,
            parse_time(until) if isinstance(until, str) else None,
        )
        self.log.happened(event, now)

    def _acknowledged(self, event: Event, received_us: int) -> None:
        alert = event.data.get("alert")
        by = event.data.get("by")
        if isinstance(alert, str):
            taken = self.desk.acknowledge(alert, by if isinstance(by, str) else "", received_us)
            if taken is not None:
                self._out.touched.add(taken.sku)
                self._out.tier_changed = True
        self.log.happened(event, received_us)

    # --- the room as it stands --------------------------------------------------------------------------------------

    @property
    def now_us(self) -> int:
        """Where the room is in time; 0 before its first event."""
        return max(self.clock.now_us or 0, (self.ticked or 0) * SECOND_US)

    def facts(self, sku: str) -> Facts:
        """What the alert desk needs to know about a SKU now."""
        stock = self.books.stock(sku)
        return Facts(
            available=stock.available,
            held=stock.held,
            reserved=stock.reserved,
            sold=stock.sold,
            shortfall=stock.shortfall,
            quarantined=stock.quarantined,
            arrivals=self.arrivals(sku) if stock.in_transit else (),
            lag_s=self._lag_s,
        )

    def arrivals(self, sku: str) -> tuple[Arrival, ...]:
        """Units promised and not here yet, with when they may be sold."""
        settings = self.skus.get(sku)
        counts = {source.source: source.counts for source in settings.restock} if settings else {}
        return tuple(
            Arrival(
                restock.in_transit,
                restock.due_us,
                counts.get(restock.source) == "confirmed",
                restock.asked_us,
            )
            for restock in self.books.restocks().values()
            if restock.sku == sku and restock.in_transit
        )

    def stock(self, sku: str) -> Stock:
        return self.books.stock(sku)

    def warm(self) -> set[str]:
        """SKUs whose shown velocity or sparkline moves with time alone."""
        now_us = self.now_us
        return {sku for sku in self.catalog.of_sku if any(self.demand.spark(sku, now_us, SPARK_MINUTES))}

    def sellable(self, sku: str) -> int:
        """Orders that can still be taken for a SKU."""
        return self.desk.assess(sku, self.now_us, self.facts(sku)).sellable

    def open_alert(self, sku: str) -> OpenAlert | None:
        return self.desk.alert(sku)

    def title(self, sku: str) -> str:
        """What people call a SKU: its title and attrs, else its id. Outside text."""
        settings = self.skus.get(sku)
        if settings is None:
            return sku
        label = " ".join(settings.attrs.values())
        return f"{settings.title} {label}" if label else settings.title

    @property
    def presenting(self) -> tuple[str, int] | None:
        """(listing, since epoch seconds) of what the host presents."""
        return self.log.presenting
