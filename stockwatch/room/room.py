"""A room: one view on a ledger, with its channels and links. It follows the pipeline and decides what to warn of.

Told what each event came to, it keeps demand, alerts and a log; at a tick it evaluates the SKUs that had events or are
due. A SKU with no event and no due deadline costs nothing. Rooms that share a ledger share its figures: what another
room sells of a SKU that is here too is demand here; its alerts, acknowledgements and presenting are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cached_property, partial
from hashlib import sha256

from stockwatch import instants
from stockwatch.alerts import TIER_NAMES, AlertEvent, Desk, Facts, OpenAlert
from stockwatch.alerts.attention import Attention, Call, Figures, Sizes
from stockwatch.alerts.facts import believed
from stockwatch.config import RoomConfig, Sku
from stockwatch.demand import Demand
from stockwatch.demand.lessons import BadLessons, Lessons, lessons_of
from stockwatch.events import Event, Invalid, encode, format_time, parse_time
from stockwatch.ledger.balances import Books
from stockwatch.ledger.figures import Applied, Stock
from stockwatch.ledger.opening import channels_in, configured_events, opening_events
from stockwatch.ledger.store import LedgerCorrupt
from stockwatch.room import overwritten
from stockwatch.room.agenda import Agenda
from stockwatch.room.clock import SECOND_US
from stockwatch.room.expected import Expected
from stockwatch.room.figures import PlatformFigures, Seen, Told
from stockwatch.room.learning import LEARNED, learned_events
from stockwatch.room.links import catalog
from stockwatch.room.log import RoomLog
from stockwatch.room.pipeline import ROOM_SOURCE, Pipeline
from stockwatch.room.said import alert_data, restated
from stockwatch.room.view import SPARK_MINUTES


@dataclass(slots=True)
class News:
    """What happened in a room since the last drain."""

    said: list[bytes] = field(default_factory=list)
    """alert.* and action.* events as they happened, in order: what a headless replay prints."""
    touched: set[str] = field(default_factory=set)
    """SKUs whose figures or alerts may have changed."""
    tier_changed: bool = False


class Room:
    """One room on a pipeline, which it joins by `Pipeline.add`."""

    def __init__(
        self, config: RoomConfig, pipeline: Pipeline, *, zone_of: Callable[[str], tzinfo] | None = None
    ) -> None:
        """`zone_of` looks an IANA name up."""
        self.config = config
        self.pipeline = pipeline
        self.catalog = catalog(config)
        self.skus: dict[str, Sku] = {sku.id: sku for sku in config.skus}
        self.demand = Demand()
        self.desk = Desk(config, self.demand)
        self.attention = Attention()
        self.expected = Expected()
        self.log = RoomLog(config, self.catalog)
        self.figures = PlatformFigures(config)
        self.zone: tzinfo = UTC
        self.zone_known = False
        if config.timezone is not None and zone_of is not None:
            self._set_zone(zone_of(config.timezone))
        self.opened = False
        self.source = ROOM_SOURCE + config.id
        self.lessons: Lessons | None = None
        """What earlier streams taught, to begin the next one with."""
        self._agenda = Agenda()
        self._lag_s = 0.0
        """How late orders come, as of the last tick."""
        self._news = News()

    def move_to(self, pipeline: Pipeline) -> None:
        """Follow another pipeline, whose books stand where ours do. Raises LedgerCorrupt when they don't."""
        mine, theirs = self.books, pipeline.books
        assert mine.place == theirs.place, "a room moves only to where it stands"
        for sku in {*mine.skus(), *theirs.skus()}:
            if mine.stock(sku) != theirs.stock(sku):
                raise LedgerCorrupt(
                    f"{sku}: the journal comes to {mine.stock(sku)}, the hub has {theirs.stock(sku)}",
                    mine.place,
                )
        self.pipeline = pipeline
        pipeline.add(self)

    @cached_property
    def settings_digest(self) -> bytes:
        """Of its room.toml's settings."""
        return sha256(repr(self.config).encode()).digest()

    @property
    def books(self) -> Books:
        """The ledger's."""
        return self.pipeline.books

    def learn_zone(self, event: Event) -> None:
        """No time zone is set: take that of the first received event."""
        self._set_zone(instants.offset_of(event.time))

    def _set_zone(self, zone: tzinfo) -> None:
        self.zone = self.desk.zone = zone
        self.zone_known = True

    def opening(self, now_us: int) -> list[bytes]:
        """Events that must be booked before the first one of this room."""
        stamp = format_time(now_us, self.zone)
        return [
            *configured_events(self.config, self.books, stamp),
            *opening_events(self.config, self.books, stamp),
            *learned_events(self.lessons, self.demand, self.source, now_us, self.zone),
        ]

    def drain(self) -> News:
        """What happened since the last call."""
        news, self._news = self._news, News()
        return news

    # --- ticks ------------------------------------------------------------------------------------------------------

    def reach(self, second: int) -> None:
        """The clock is there: every tick up to it will run."""
        self.demand.tell(second)

    def next_look(self) -> int | None:
        """The next second at which there is anything to decide; one that has passed means at once."""
        return self._agenda.next()

    def look(self, tick: int) -> Iterator[bytes]:
        """Decide at a tick; yields the alert events that come of it."""
        self._lag_s = self.log.lag_s()
        looked_at, stirred = self._agenda.take(tick)
        looked_at.update(sku for sku in stirred if not self._calm(sku, tick))
        for sku in sorted(looked_at):
            if self._waits(sku, tick):
                continue
            events = self._evaluate(sku, tick)
            if events or self.desk.alert(sku) is not None:
                yield from self._tell(sku, events, tick)

    def _calm(self, sku: str, tick: int) -> bool:
        """Whether a SKU that had events can wait until they count as demand; then it is looked at in time for that."""
        books = self.pipeline.books
        available, held, taken, shortfall = books.left(sku)
        if shortfall or books.in_transit(sku):
            return False
        calm, again = self.desk.calm(sku, tick * SECOND_US, available, held, taken)
        if not calm:
            return False
        self.log.left(sku, available, tick)
        if again is not None:
            self._agenda.at(sku, again // SECOND_US)
        return True

    def _waits(self, sku: str, tick: int) -> bool:
        """Whether nothing could come of looking at a SKU; then it is looked at when more orders count."""
        books = self.pipeline.books
        available, held, taken, shortfall = books.left(sku)
        if shortfall or books.in_transit(sku):
            return False
        waits, again = self.desk.wait(sku, tick * SECOND_US, available, held, taken)
        if waits:
            self.log.left(sku, available, tick)
            self._looked(sku, again, tick)
        return waits

    def _looked(self, sku: str, again: int | None, tick: int) -> None:
        self._agenda.anew(sku, None if again is None else max(-(-again // SECOND_US), tick + 1))
        self._news.touched.add(sku)

    def _evaluate(self, sku: str, tick: int) -> tuple[AlertEvent, ...]:
        """Look at a SKU, and note when to do so again; what happened to its alert."""
        facts = self.facts(sku)
        self.log.left(sku, facts.available, tick)
        events, again = self.desk.evaluate(sku, tick * SECOND_US, facts)
        self._looked(sku, again, tick)
        return events

    def _tell(self, sku: str, events: Iterable[AlertEvent], tick: int) -> Iterator[bytes]:
        """Who must hear of a SKU's alert."""
        home = self.catalog.of_sku[sku][0]
        for event in events:
            yield self._say(event, tick)
            terms = self.desk.terms(sku, event.at_us)
            sizes = self._sizes(home, TIER_NAMES.index(event.tier))
            self._called(self.attention.heard(event, home, self.title(sku), terms, sizes))
        alert = self.desk.alert(sku)
        if alert is not None:
            self._called(
                self.attention.look(alert, home, tick * SECOND_US, partial(self._figures, alert, home, tick))
            )

    def _figures(self, alert: OpenAlert, listing: str, tick: int) -> Figures:
        facts = self.facts(alert.sku)
        eta = self.desk.assess(alert.sku, tick * SECOND_US, facts).eta
        left = believed(facts, tick * SECOND_US).free + facts.held
        closing = self.desk.terms(alert.sku, tick * SECOND_US).closing
        return Figures(
            self.title(alert.sku), left, facts.held, eta, self._sizes(listing, alert.tier), closing
        )

    def _sizes(self, listing: str, tier: int) -> Sizes | None:
        """Which of a link's sizes are at a tier, or above."""
        link = self.catalog.links[listing]
        if len(link.sizes) < 2:
            return None
        there = [
            sku for sku in link.sizes if (alert := self.desk.alert(sku)) is not None and alert.tier >= tier
        ]
        shares = dict(zip(link.sizes, self.demand.size_shares(link.sizes, self.now_us), strict=True))
        return Sizes(
            title=link.title,
            labels=tuple(self._label(sku) for sku in there),
            share=sum(shares[sku] for sku in there),
            gone=all(self._is_gone(sku) for sku in there),
            every=len(there) == len(link.sizes),
        )

    def _is_gone(self, sku: str) -> bool:
        facts = believed(self.facts(sku), self.now_us)
        return facts.free + facts.held == 0

    def _label(self, sku: str) -> str:
        settings = self.skus.get(sku)
        return sku if settings is None else " ".join(settings.attrs.values()) or settings.title

    def _called(self, call: Call | None) -> None:
        if call is not None:
            self._news.tier_changed = True

    def _say(self, event: AlertEvent, tick: int) -> bytes:
        raw = encode(
            type=f"alert.{event.kind}",
            source=self.source,
            id=event.id,
            time=format_time(tick * SECOND_US, self.zone),
            subject=event.sku,
            data=alert_data(event),
        )
        self._news.said.append(raw)
        self._news.tier_changed = True
        self.log.alert(event, tick)
        return raw

    # --- what has been booked ---------------------------------------------------------------------------------------

    def follow(self, applied: Applied, received_us: int, *, ours: bool) -> None:
        """An event has been booked."""
        event = applied.event
        if isinstance(event, Invalid):
            return
        source = event.source
        here = self.log.channel_of(source)
        if here is None and source != self.source:
            if source in self.books.channels or source.startswith(ROOM_SOURCE):
                self._follow_other(applied, received_us)
                return
            # No room claims it (a warehouse, the ledger itself): a SKU that some room.toml lists and ours does not
            # is another room's.
            self._touch(sku for sku in applied.touched if self._is_here(sku) or not self.books.opened(sku))
            taken = tuple((sku, units) for sku, units in applied.taken if self._is_here(sku))
        else:
            self._touch(applied.touched)
            taken = applied.taken
        if taken:
            self._take(event, self.books.channel_of(source), taken)
        kind = event.type
        if not ours:
            self.log.heard(event, received_us, applied)
            if not applied.taken and here is not None:
                self.demand.alive(here, event.time_us)
        if kind.startswith("order."):
            if here is not None and self.figures.follows:
                self.figures.moved(applied, self.books, here)
            return
        if applied.outcome not in ("accepted", "noop"):
            return
        if kind == "stock.received":
            self.expected.received(event, self.books)
        if kind == "feed.gap":
            self._gap(event)
        elif kind == "alert.acknowledged":
            self._acknowledged(event, received_us)
        elif kind == LEARNED:
            self._learned(event, received_us)
        elif kind == "channel.stock":
            self._figure(event, received_us)
        elif kind.startswith("lease."):
            self.figures.lent(event)
        elif kind in ("product.pinned", "product.unpinned"):
            self._presented(event)
            self.log.happened(event, received_us)
        elif not ours or not kind.startswith("alert."):
            self.log.happened(event, received_us)
        if not ours and (kind.startswith("action.") or kind == "alert.acknowledged"):
            self._news.said.append(restated(event))

    def _follow_other(self, applied: Applied, received_us: int) -> None:
        """An event of another room on this ledger: only what it means for SKUs that are here too."""
        event = applied.event
        assert isinstance(event, Event), "only events have a source that a room claims"
        self._touch(sku for sku in applied.touched if self._is_here(sku))
        if applied.outcome == "short":
            self.log.short.update(sku for sku in applied.touched if self._is_here(sku))
        taken = [(sku, units) for sku, units in applied.taken if self._is_here(sku)]
        if taken:
            self._take(event, event.source, taken)
        elif self.demand.knows(event.source):
            self.demand.alive(event.source, event.time_us)
        if applied.outcome not in ("accepted", "noop"):
            return
        if event.type == "feed.gap":
            source = event.data.get("source")
            if isinstance(source, str) and self.log.channel_of(source) is None:
                self._gap_of(source, event)
        elif event.type == "stock.received":
            self.expected.received(event, self.books)
        elif event.type.startswith("action.") and event.subject is not None and self._is_here(event.subject):
            self.log.happened(event, received_us)

    def _is_here(self, sku: str) -> bool:
        return sku in self.catalog.of_sku

    def _take(self, event: Event, channel: str, taken: Iterable[tuple[str, int]]) -> None:
        for sku, units in taken:
            self.demand.take(sku, channel, event.time_us, units)
            self.log.taken(sku, channel, units)
        self._touch([sku for sku, _ in taken])

    def _touch(self, skus: Iterable[str]) -> None:
        met = set(skus)
        self._agenda.stir(met)
        self._news.touched |= met
        for sku in sorted(sku for sku in met if not self._is_here(sku)):
            self.catalog.meet(sku)

    def _presented(self, event: Event) -> None:
        listing = event.data.get("listing")
        if event.type == "product.unpinned":
            if self.log.presenting is not None and self.log.presenting[0] == listing:
                self.demand.present((), event.time_us)
            return
        link = self.catalog.links.get(listing) if isinstance(listing, str) else None
        skus = () if link is None else link.skus
        self.demand.present(skus, event.time_us)
        self._agenda.stir(sku for sku in skus if self.demand.expects(sku))

    def _learned(self, event: Event, received_us: int) -> None:
        """A stream begins with what earlier ones taught."""
        if event.source != self.source:
            return  # another room's
        try:
            lessons = lessons_of(event.data)
        except BadLessons:
            return  # not of our making: whoever wrote it in our name teaches nothing
        self.demand.begin(lessons)
        self.log.happened(event, received_us)

    def _gap(self, event: Event) -> None:
        channel = event.data.get("channel")
        self._gap_of(channel if isinstance(channel, str) else self.books.channel_of(event.source), event)
        self.log.happened(event, self.now_us)

    def _gap_of(self, channel: str, event: Event) -> None:
        since, until = event.data.get("since"), event.data.get("until")
        self.demand.gap(
            channel,
            parse_time(since) if isinstance(since, str) else None,
            parse_time(until) if isinstance(until, str) else None,
        )

    def see(self, seen: Seen) -> Told:
        """A feed has read a platform's figure: whether that is worth an event."""
        self._news.touched.add(seen.sku)
        return self.figures.see(seen, self.books, self._lag_of(seen.channel), self.now_us)

    def _lag_of(self, channel: str) -> float:
        feed = self.log.feeds.get(channel)
        return 0.0 if feed is None or feed.lag_s is None else feed.lag_s

    def _figure(self, event: Event, received_us: int) -> None:
        channel, sku = event.data.get("channel"), event.subject
        if not isinstance(channel, str) or sku is None:
            return
        if sku not in self.catalog.of_sku:
            self.catalog.meet(sku)
        self._news.touched.add(sku)
        one = self.figures.read(event, self.books, self._lag_of(channel), received_us)
        if one is None:
            return
        self._news.tier_changed = True
        raw = encode(
            type="alert.overwritten",
            source=self.source,
            id=f"{one.id}:{one.count}",
            time=format_time(received_us, self.zone),
            subject=sku,
            data=overwritten.data(one, self),
        )
        self._news.said.append(raw)
        self._called(
            self.attention.overwritten(
                received_us,
                channel,
                sku,
                self.catalog.of_sku[sku][0],
                overwritten.sentence(one, self),
                overwritten.channel_title(channel, self),
            )
        )

    def _acknowledged(self, event: Event, received_us: int) -> None:
        alert = event.data.get("alert")
        by = event.data.get("by")
        if isinstance(alert, str):
            who = by if isinstance(by, str) else ""
            other = self.figures.acknowledge(alert, who, received_us)
            if other is not None:
                self._news.touched.add(other.sku)
                self._news.tier_changed = True
            taken = self.desk.acknowledge(alert, who, received_us)
            if taken is not None:
                self._news.touched.add(taken.sku)
                self._news.tier_changed = True
        self.log.happened(event, received_us)

    # --- the room as it stands --------------------------------------------------------------------------------------

    @property
    def now_us(self) -> int:
        """Where the room is in time; 0 before its first event."""
        return self.pipeline.now_us

    def facts(self, sku: str) -> Facts:
        """What the alert desk needs to know about a SKU now."""
        stock = self.books.stock(sku)
        return Facts(
            stock.available,
            stock.held,
            stock.reserved,
            stock.sold,
            stock.shortfall,
            stock.quarantined,
            self.expected.arrivals(sku, self.skus.get(sku), self.books) if stock.in_transit else (),
            self._lag_s,
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


def alone(config: RoomConfig, *, zone_of: Callable[[str], tzinfo] | None = None) -> Room:
    """A room that has a new private ledger to itself: a replay's."""
    pipeline = Pipeline(Books(channels_in(config)))
    return on(pipeline, config, zone_of=zone_of)


def on(pipeline: Pipeline, config: RoomConfig, *, zone_of: Callable[[str], tzinfo] | None = None) -> Room:
    """A new room that follows a pipeline."""
    room = Room(config, pipeline, zone_of=zone_of)
    pipeline.add(room)
    return room
