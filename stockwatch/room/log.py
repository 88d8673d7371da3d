"""What the room remembers beside balances and demand: feeds' health, what people did, what is presented, the history
of each SKU by the minute, alerts lately resolved. For display and reports; nothing here decides.

Bounded: minutes by the length of the stream, actions and resolved alerts by count.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from stockwatch.alerts import AlertEvent
from stockwatch.config import RoomConfig
from stockwatch.events import OWN_SOURCE, Event
from stockwatch.ledger.figures import Applied
from stockwatch.room.clock import SECOND_US
from stockwatch.room.links import Catalog, named, numbered
from stockwatch.room.posts import Posts, said, text_of
from stockwatch.room.view import Mark, Text

KEPT_ACTIONS = 50
KEPT_RESOLVED_S = 600
LAG_MEMORY = 0.1
"""Weight of the newest order in a feed's lag."""


@dataclass(slots=True)
class FeedLog:
    """What is known of one channel from its events alone."""

    events: int = 0
    dead: int = 0
    last_us: int | None = None
    lag_s: float | None = None


@dataclass(slots=True)
class ActionLog:
    at: int
    by: str
    what: Text
    listing: str | None


@dataclass(slots=True)
class RoomLog:
    """Everything above; `Room` tells it, `picture` reads it."""

    config: RoomConfig
    catalog: Catalog
    feeds: dict[str, FeedLog] = field(default_factory=dict)
    taken_by: dict[str, dict[str, int]] = field(default_factory=dict)
    """SKU -> channel -> units taken."""
    actions: deque[ActionLog] = field(default_factory=lambda: deque(maxlen=KEPT_ACTIONS))
    marks: dict[str, list[Mark]] = field(default_factory=dict)
    """SKU -> marks on its chart; gaps under the key ''."""
    remaining: dict[str, dict[int, int]] = field(default_factory=dict)
    """SKU -> minute (epoch s) -> available at its end, only minutes in which it changed."""
    resolved: deque[tuple[int, str, str]] = field(default_factory=lambda: deque(maxlen=200))
    """(when, alert id, SKU), oldest first."""
    presenting: tuple[str, int] | None = None
    posts: Posts = field(default_factory=Posts)
    """Restocks that leave by the webhook."""
    short: set[str] = field(default_factory=set)
    """SKUs that were ever short."""
    _channel_of: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._channel_of = {channel.source: channel.id for channel in self.config.channels}
        for channel in self.config.channels:
            self.feeds[channel.id] = FeedLog()

    def heard(self, event: Event, received_us: int, applied: Applied) -> None:
        """An event of a channel arrived."""
        if applied.outcome == "short":
            self.short.update(applied.touched)
        channel = self._channel_of.get(event.source)
        if channel is None:
            return
        feed = self.feeds[channel]
        feed.events += 1
        if applied.outcome == "conflict":
            feed.dead += 1
        feed.last_us = received_us
        if applied.taken:
            late_us = received_us - event.time_us
            lag = late_us / SECOND_US if late_us > 0 else 0.0
            feed.lag_s = lag if feed.lag_s is None else feed.lag_s + LAG_MEMORY * (lag - feed.lag_s)

    def lag_s(self) -> float:
        """Seconds by which the slowest channel's orders come late."""
        slowest = 0.0
        for feed in self.feeds.values():
            if feed.lag_s is not None and feed.lag_s > slowest:
                slowest = feed.lag_s
        return slowest

    def channel_of(self, source: str) -> str | None:
        """The configured channel of a source, None when none claims it."""
        return self._channel_of.get(source)

    def taken(self, sku: str, channel: str, qty: int) -> None:
        by = self.taken_by.get(sku)
        if by is None:
            by = self.taken_by[sku] = {}
        by[channel] = by.get(channel, 0) + qty

    def left(self, sku: str, available: int, tick: int) -> None:
        """What is available of a SKU at a tick: kept as its minute's last figure."""
        minutes = self.remaining.get(sku)
        if minutes is None:
            minutes = self.remaining[sku] = {}
        minutes[tick - tick % 60] = available

    def alert(self, event: AlertEvent, tick: int) -> None:
        """A decision about a SKU's alert."""
        if event.kind == "resolved":
            self.resolved.append((tick, event.alert, event.sku))
            self._mark(event.sku, Mark(tick, "resolved", Text("已处理", "resolved")))
        else:
            kind = event.tier.lower()
            self._mark(event.sku, Mark(tick, kind, Text(*_TIER_WORDS[kind])))  # type: ignore[arg-type]

    def happened(self, event: Event, received_us: int) -> None:
        """Something that is no order: actions, presenting, gaps."""
        if event.source == f"{OWN_SOURCE}/{self.config.id}":
            self.posts.heard(event, received_us)
        at = received_us // SECOND_US
        told = _TOLD.get(event.type)
        if told is not None:
            told(self, event, at)

    def _mark(self, sku: str, mark: Mark) -> None:
        self.marks.setdefault(sku, []).append(mark)

    def _did(self, event: Event, at: int, zh: str, en: str, listing: str | None = None) -> None:
        """Somebody did something, to the event's SKU where it names one."""
        by, sku = event.data.get("by"), event.subject
        if sku is not None:
            name = named(sku, self.catalog, self.config)
            zh, en = f"{name[0]} {zh}", f"{name[1]} {en}"
            listing = listing or next(iter(self.catalog.of_sku.get(sku, ())), None)
        self.actions.append(ActionLog(at, by if isinstance(by, str) else "", Text(zh, en), listing))

    def _restock(self, event: Event, at: int) -> None:
        data = event.data
        qty, source, state = data.get("qty"), data.get("source"), data.get("state")
        zh, en = _STATE_WORDS.get(str(state), ("", ""))
        told = f"+{qty} {source if isinstance(source, str) else ''}"
        self._did(event, at, f"补货{zh} {told}".strip(), f"restock {en} {told}".strip())
        if event.subject is not None and state != "refused":
            self._mark(event.subject, Mark(at, "restock", Text(f"补货 +{qty}", f"restock +{qty}")))

    def _posted(self, event: Event, at: int) -> None:
        data = event.data
        outcome, status = str(data.get("outcome")), data.get("status")
        if outcome == "retrying" and data.get("attempt") != 1:
            return  # said once; the restock's own row says how it stands
        what = said(outcome, status if type(status) is int else None, text_of(data.get("text")))
        self._did(event, at, f"补货 {what.zh}", f"restock {what.en}")

    def _substitute(self, event: Event, at: int) -> None:
        to = str(event.data.get("to"))
        zh, en = named(to, self.catalog, self.config)
        self._did(event, at, f"换成 {zh}", f"switched to {en}")
        if event.subject is not None:
            self._mark(event.subject, Mark(at, "substitute", Text(f"换品 {to}", f"switch to {to}")))

    def _count(self, event: Event, at: int) -> None:
        qty, reason = event.data.get("qty"), event.data.get("reason")
        self._did(event, at, f"盘点 = {qty}({reason})", f"counted = {qty} ({reason})")
        if event.subject is not None:
            self._mark(event.subject, Mark(at, "count", Text(f"盘点 {qty}", f"count {qty}")))

    def _release(self, event: Event, at: int) -> None:
        qty = event.data.get("qty")
        told = f"{qty:+}" if type(qty) is int else "?"  # an action from a feed may hold anything
        self._did(event, at, f"放单 {told}", f"released {told}")

    def _settled(self, event: Event, at: int) -> None:
        kind, note = event.data.get("kind"), event.data.get("note")
        told = f"({note})" if note else ""
        self._did(event, at, f"处理异常 {kind}{told}", f"resolved {kind} {told}".rstrip())

    def _acknowledged(self, event: Event, at: int) -> None:
        about = "" if event.subject is not None else f" {event.data.get('alert')}"
        self._did(event, at, f"认领{about}", f"acknowledged{about}")

    def _noted(self, event: Event, at: int) -> None:
        text = event.data.get("text")
        self._did(event, at, f"备注:{text}", f"note: {text}")

    def _pinned(self, event: Event, at: int) -> None:
        listing = event.data.get("listing")
        if not isinstance(listing, str) or (self.presenting is not None and self.presenting[0] == listing):
            return
        self.presenting = (listing, at)
        link = self.catalog.links.get(listing)
        zh, en = (listing, listing) if link is None else numbered(link)
        self._did(event, at, f"讲解 {zh}", f"presenting {en}", listing)

    def _unpinned(self, event: Event, at: int) -> None:
        if self.presenting is not None and self.presenting[0] == event.data.get("listing"):
            self.presenting = None

    def _learned(self, event: Event, at: int) -> None:
        skus = len(event.data.get("skus", ()))
        self._did(
            event, at, f"开播:用上以前直播学到的 {skus} 款", f"the stream begins with lessons of {skus} SKUs"
        )

    def _gap(self, event: Event, at: int) -> None:
        self._mark("", Mark(at, "gap", Text("断流", "feed gap")))


_TIER_WORDS = {
    "trend": ("趋势", "trend"),
    "threshold": ("阈值", "threshold"),
    "critical": ("紧急", "critical"),
}
_STATE_WORDS = {
    "asked": ("询货", "asked"),
    "confirmed": ("锁货", "confirmed"),
    "shipped": ("发出", "shipped"),
    "refused": ("被拒", "refused"),
    "received": ("收货", "received"),
}
_TOLD: dict[str, Any] = {
    "action.restock": RoomLog._restock,
    "action.webhook": RoomLog._posted,
    "action.substitute": RoomLog._substitute,
    "action.count": RoomLog._count,
    "action.release": RoomLog._release,
    "action.resolved": RoomLog._settled,
    "alert.acknowledged": RoomLog._acknowledged,
    "note.added": RoomLog._noted,
    "product.pinned": RoomLog._pinned,
    "product.unpinned": RoomLog._unpinned,
    "room.learned": RoomLog._learned,
    "feed.gap": RoomLog._gap,
}
