"""From the running room to its picture: rows for what changed, the whole for a newcomer, the detail of one link.

Reads the room and never changes it. Rows are compared with those sent before, so that only what a person would see
changing leaves the hub: sell-out times go by the whole minute, velocities by 0.1, the clock by the minute.
"""

from __future__ import annotations

from collections.abc import Iterable

from stockwatch.alerts import OpenAlert, Words, advice
from stockwatch.alerts.attention import Call
from stockwatch.alerts.reasons import reason
from stockwatch.alerts.tiers import CRITICAL
from stockwatch.room import overwritten
from stockwatch.room.clock import SECOND_US
from stockwatch.room.detail import detail
from stockwatch.room.figures import Overwrite
from stockwatch.room.links import Link
from stockwatch.room.log import KEPT_RESOLVED_S
from stockwatch.room.panels import Health, actions_of, feeds_of, restocks_of
from stockwatch.room.room import Room
from stockwatch.room.view import (
    SPARK_MINUTES,
    ActionRow,
    AlertRow,
    CallRow,
    Delta,
    Detail,
    Eta,
    FeedRow,
    Header,
    LinkRow,
    RestockRow,
    RoomView,
    SkuRow,
    Text,
)


class Picture:
    """The room's picture as last shown, and what has changed since."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.header_extra: dict[str, object] = {}
        """Members of Header that the hub knows and the room does not (mode, speed, read_only, ended)."""
        self.feed_states: dict[str, Health] = {}
        """channel -> (state, note, lag) from the feed itself, where it is known."""
        self._rows: dict[str, LinkRow] = {}
        self._alerts: tuple[AlertRow, ...] = ()
        self._feeds: tuple[FeedRow, ...] = ()
        self._restocks: tuple[RestockRow, ...] = ()
        self._actions: tuple[ActionRow, ...] = ()
        self._header: Header | None = None
        self._shown_alerts: dict[str, AlertRow] = {}

    def whole(self) -> RoomView:
        """Everything, for one who has nothing yet."""
        self.delta(self.room.catalog.of_sku)
        assert self._header is not None
        return RoomView(
            header=self._header,
            links=tuple(self._rows[listing] for listing in self.room.catalog.links),
            alerts=self._alerts,
            feeds=self._feeds,
            restocks=self._restocks,
            actions=self._actions,
        )

    def delta(self, skus: Iterable[str]) -> Delta | None:
        """What has changed, given the SKUs that may have; None when nothing a person would see did."""
        now = self._now()
        listings: dict[str, None] = {}
        for sku in skus:
            for listing in self.room.catalog.of_sku.get(sku, ()):
                listings[listing] = None
        rows = []
        for listing in listings:
            row = self._link(self.room.catalog.links[listing], now)
            if row != self._rows.get(listing):
                self._rows[listing] = row
                rows.append(row)
        header, alerts, feeds = (
            self._make_header(now),
            self._make_alerts(now),
            feeds_of(self.room, self.feed_states),
        )
        restocks, actions = restocks_of(self.room), actions_of(self.room)
        delta = Delta(
            header=header if header != self._header else None,
            links=tuple(rows),
            alerts=alerts if alerts != self._alerts else None,
            feeds=feeds if feeds != self._feeds else None,
            restocks=restocks if restocks != self._restocks else None,
            actions=actions if actions != self._actions else None,
        )
        self._header, self._alerts, self._feeds = header, alerts, feeds
        self._restocks, self._actions = restocks, actions
        return None if delta == Delta() else delta

    @property
    def shown_header(self) -> Header | None:
        """The header as last sent."""
        return self._header

    def _now(self) -> int:
        return self.room.now_us // SECOND_US

    # --- rows -------------------------------------------------------------------------------------------------------

    def sku_row(self, sku: str, now: int) -> SkuRow:
        """The figures of one SKU."""
        room = self.room
        stock = room.books.stock(sku)
        facts = room.facts(sku)
        assessed = room.desk.assess(sku, now * SECOND_US, facts)
        alert = room.open_alert(sku)
        settings = room.skus.get(sku)
        return SkuRow(
            sku=sku,
            title=settings.title if settings else sku,
            label=" ".join(settings.attrs.values()) if settings else "",
            tier=alert.tier if alert else 0,
            sellable=assessed.sellable,
            available=stock.available,
            held=stock.held,
            reserved=stock.reserved,
            sold=stock.sold,
            shipped=stock.shipped,
            quarantined=stock.quarantined,
            on_hand=stock.on_hand,
            in_transit=stock.in_transit,
            shortfall=stock.shortfall,
            oversold=stock.oversold,
            velocity=assessed.per_min,
            direction=assessed.direction,
            safety_line=assessed.safety_line,
            eta=Eta(*(_minute(now, seconds) for seconds in assessed.eta)),
        )

    def _link(self, link: Link, now: int) -> LinkRow:
        room = self.room
        sizes = tuple(self.sku_row(sku, now) for sku in link.sizes)
        parts = [(self.sku_row(sku, now), qty, role) for sku, qty, role in link.parts]
        own = list(sizes) or [row for row, _, role in parts if role != "gift"] or [row for row, _, _ in parts]
        alerts = [alert for sku in link.skus if (alert := room.open_alert(sku)) is not None]
        alerts = [alert for alert in alerts if self._home(alert.sku) == link.listing]
        worst = max(alerts, key=_urgency, default=None)
        changed = any(room.figures.waiting(sku) for sku in link.skus if self._home(sku) == link.listing)
        of_part = {row.sku: row.sellable for row, _, _ in parts}
        mains = [sum(of_part[sku] // qty for sku in skus) for skus, qty in link.choices]
        sellable = sum(row.sellable for row in sizes)
        if mains:
            sellable = min([*mains, sellable]) if sizes else min(mains)
        channels: dict[str, int] = {channel.id: 0 for channel in room.config.channels}
        for row in own:
            for channel, units in room.log.taken_by.get(row.sku, {}).items():
                channels[channel] = channels.get(channel, 0) + units
        spark = [0] * SPARK_MINUTES
        for row in own:
            for n, units in enumerate(room.demand.spark(row.sku, now * SECOND_US, SPARK_MINUTES)):
                spark[n] += units
        velocity = round(sum(row.velocity for row in own), 1)
        presenting = room.presenting
        gone = [row for row in sizes if row.available == 0 and row.held == 0 and (row.sold or row.reserved)]
        return LinkRow(
            listing=link.listing,
            slot=link.slot,
            title=link.title,
            tier=worst.tier if worst else 0,
            alert="open" if changed else "" if worst is None else "acknowledged" if worst.by else "open",
            by=worst.by if worst else None,
            sellable=sellable,
            available=sum(row.available for row in own),
            held=sum(row.held for row in own),
            reserved=sum(row.reserved for row in own),
            sold=sum(row.sold for row in own),
            in_transit=sum(row.in_transit for row in own),
            shortfall=sum(row.shortfall for row in own),
            oversold=sum(row.oversold for row in own),
            velocity=velocity,
            direction=max(own, key=lambda row: row.velocity).direction if own else 0,
            eta=_soonest(own),
            spark=tuple(spark),
            channels=tuple(channels.items()),
            broken=tuple(row.label or row.title for row in gone) if len(sizes) > 1 else (),
            presenting=presenting[1] if presenting and presenting[0] == link.listing else None,
            sizes=sizes,
            parts=link.parts,
        )

    def _home(self, sku: str) -> str:
        return self.room.catalog.of_sku[sku][0]

    # --- the rest ---------------------------------------------------------------------------------------------------

    def _make_header(self, now: int) -> Header:
        room = self.room
        presenting = room.presenting
        waiting = room.figures.open()
        return Header(
            room=room.config.id,
            name=room.config.name,
            timezone=zone_name(room),
            clock=now // 60 * 60,
            dead=room.pipeline.outcomes["invalid"] + room.pipeline.outcomes["conflict"],
            short=sum(room.books.stock(sku).shortfall for sku in room.log.short),
            presenting=presenting[0] if presenting else None,
            exceptions=room.books.exceptions_open(),
            overwritten=len(waiting),
            overwrite=_text(overwritten.sentence(waiting[-1], room)) if waiting else None,
            call=_call_row(room.attention.last),
            **{"mode": "LIVE", **self.header_extra},  # type: ignore[arg-type]
        )

    def _make_alerts(self, now: int) -> tuple[AlertRow, ...]:
        room = self.room
        rows = []
        for alert in room.desk.open_alerts():
            row = self._alert(alert)
            self._shown_alerts[alert.id] = row
            rows.append(row)
        for at, alert_id, _ in room.log.resolved:
            if (last := self._shown_alerts.get(alert_id)) and at + KEPT_RESOLVED_S > now:
                rows.append(_resolved(last, at))
        kept = {row.id for row in rows}
        self._shown_alerts = {id: row for id, row in self._shown_alerts.items() if id in kept}
        rows += [self._overwrite(one) for one in room.figures.current(room.now_us)]
        return tuple(sorted(rows, key=lambda row: (-row.changed, row.id)))

    def _alert(self, alert: OpenAlert) -> AlertRow:
        room = self.room
        listing = self._home(alert.sku)
        now_us = room.now_us
        assessed = room.desk.assess(alert.sku, now_us, room.facts(alert.sku))
        said = reason(assessed._replace(tier=alert.tier), now_us, room.zone)
        plays = advice(
            alert.tier, assessed, room.config.playbook, room.title(alert.sku), self._substitute(alert.sku)
        )
        return AlertRow(
            id=alert.id,
            sku=alert.sku,
            listing=listing,
            title=room.title(alert.sku),
            tier=alert.tier,
            state="acknowledged" if alert.by is not None else "open",
            raised=alert.raised_us // SECOND_US,
            changed=alert.changed_us // SECOND_US,
            # While the tier holds its sentence has the figures of now; in its hold time, those it was raised with.
            reason=_text(alert.reason if assessed.tier < alert.tier or not assessed.cause else said),
            steps=tuple(_text(step) for step in plays.steps),
            say=_text(plays.say),
            by=alert.by,
        )

    def _overwrite(self, one: Overwrite) -> AlertRow:
        room = self.room
        return AlertRow(
            id=one.id,
            sku=one.sku,
            listing=self._home(one.sku),
            title=room.title(one.sku),
            tier=CRITICAL,
            state="resolved" if one.over else "open" if one.by is None else "acknowledged",
            raised=one.raised_us // SECOND_US,
            changed=one.changed_us // SECOND_US,
            reason=_text(overwritten.sentence(one, room)),
            steps=() if one.over else tuple(_text(step) for step in overwritten.STEPS),
            by=one.by,
            kind="overwrite",
        )

    def _substitute(self, sku: str) -> str | None:
        """How the first configured substitute that can be sold is called on screen."""
        room = self.room
        settings = room.skus.get(sku)
        for other in settings.substitutes if settings else ():
            if other in room.catalog.of_sku and room.sellable(other) > 0:
                slot = room.catalog.links[self._home(other)].slot
                return room.title(other) if slot is None else f"{slot}号 {room.title(other)}"
        return None

    # --- detail -----------------------------------------------------------------------------------------------------

    def detail(self, listing: str) -> Detail | None:
        """The chart of one link over the stream so far; None for a link that is not there."""
        link = self.room.catalog.links.get(listing)
        if link is None:
            return None
        now = self._now()
        return detail(self.room, link, now, lambda sku: self.sku_row(sku, now).safety_line)


def _text(words: Words) -> Text:
    return Text(words.zh, words.en)


def zone_name(room: Room) -> str:
    """What the header calls the room's zone: an IANA name or `UTC+08:00`."""
    return room.config.timezone or str(room.zone or "UTC")


def _minute(now: int, seconds: float | None) -> int | None:
    return None if seconds is None else int(now + seconds + 30) // 60 * 60


def _urgency(alert: OpenAlert) -> tuple[int, bool, int]:
    return (alert.tier, alert.by is None, -alert.raised_us)


def _soonest(rows: Iterable[SkuRow]) -> Eta:
    """Of the sizes that are left; those that are gone are named as broken. Of all, when none is left."""
    rows = list(rows)
    left = [row for row in rows if row.available or row.held] or rows
    etas = [row.eta for row in left if row.eta.p50 is not None]
    return min(etas, key=lambda eta: eta.p50 or 0, default=Eta())


def _resolved(row: AlertRow, at: int) -> AlertRow:
    return AlertRow(
        id=row.id,
        sku=row.sku,
        listing=row.listing,
        title=row.title,
        tier=row.tier,
        state="resolved",
        raised=row.raised,
        changed=at,
        reason=row.reason,
        by=row.by,
    )


def _call_row(call: Call | None) -> CallRow | None:
    if call is None:
        return None
    return CallRow(
        number=call.number,
        at=call.at_us // SECOND_US,
        tier=call.tier,
        text=_text(call.text),
        listing=call.listing,
    )
