"""The typed settings of a room, and their defaults.

Owns shapes only: reading, checking and writing them is the business of the modules beside it. Durations
are whole seconds here, paths absolute, secrets references (`env:NAME`, `file:PATH`), never values.
Immutable; no I/O.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from stockwatch.config.hours import DAY_S, parse_hours, turns, waits

MESSAGES_OVER_HTTP = "http"


class RestockSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where more units can come from."""

    source: str
    quantity: int
    lead_time: int
    """Seconds until its units may be sold."""
    latest: int | None = None
    """Seconds within which they surely may be sold, where `lead_time` is the soonest; None: the same."""
    hours: str | None = None
    """When it takes requests, room time, as `hours.parse_hours` reads it; None: always."""
    counts: Literal["received", "confirmed"] = "received"
    """When its units may be sold: once they have arrived, or once the source has promised them."""
    contact: str | None = None

    @property
    def surely(self) -> int:
        """Seconds after which its units can be counted on."""
        return max(self.lead_time, self.latest or 0)

    def waits(self, second: int) -> int:
        """Seconds until it takes requests, at `second` of the room's day."""
        hours = None if self.hours is None else parse_hours(self.hours)
        return 0 if hours is None else waits(hours, second % DAY_S)

    def closes(self, second: int) -> int | None:
        """Seconds until it stops taking requests, at `second` of the room's day; None if it is closed or never
        closes."""
        hours = None if self.hours is None else parse_hours(self.hours)
        if hours is None or (hours[1] - hours[0]) % DAY_S == 0 or waits(hours, second % DAY_S):
            return None
        return (hours[1] - second) % DAY_S


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """A physical thing that is counted."""

    id: str
    title: str
    product: str | None = None
    attrs: dict[str, str] = {}
    stock: int = 0
    """Opening count, booked once, when the ledger first meets the SKU."""
    lead_time: int | None = None
    """Seconds; None: the shortest of the restock sources, and no restock is possible if there is none."""
    trend_sold: int | None = None
    safety_line: int | None = None
    substitutes: tuple[str, ...] = ()
    restock: tuple[RestockSource, ...] = ()

    def fastest_restock(self, second: int) -> tuple[int, int] | None:
        """(soonest, surely) seconds of the way by which more can first be counted on, asked for at `second` of the
        room's day, which may be past its end; None if there is no way."""
        if self.lead_time is not None:
            return self.lead_time, self.lead_time
        ways = ((source.waits(second), source) for source in self.restock)
        return min(
            ((wait + source.lead_time, wait + source.surely) for wait, source in ways),
            key=lambda way: (way[1], way[0]),
            default=None,
        )

    def restock_turns(self, second: int) -> int | None:
        """Seconds until a source opens or closes; None if none ever does."""
        if self.lead_time is not None:
            return None
        hours = (parse_hours(source.hours) for source in self.restock if source.hours is not None)
        return min((turns(one, second % DAY_S) for one in hours if one is not None), default=None)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what a link sells: a SKU, or any one SKU of a product (the viewer picks size and
    colour)."""

    sku: str | None = None
    product: str | None = None
    qty: int = 1
    role: Literal["item", "gift"] = "item"


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A link (链接): what viewers buy."""

    id: str
    title: str
    slot: int | None = None
    items: tuple[Item, ...] = ()


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A platform or storefront that sells the room's goods."""

    id: str
    source: str
    """CloudEvents source its events carry."""
    title: str | None = None
    feed: str | None = None
    """Where its events come from: `replay:` and an absolute path, or a `ws:`/`wss:`/`http:`/`https:`
    URL, or a platform."""
    secret: str | None = None
    """`env:NAME` or `file:PATH` (absolute), never the secret itself."""
    deduct: Literal["place", "pay"] = "place"
    shop: str | None = None
    """The shop's id with the platform; what is another one's is refused."""
    since: str | None = None
    """RFC 3339: orders placed before are none of this room's. None: since the feed first ran."""
    rate: int = 20
    """Requests a second that the platform allows this app, for each of its methods."""
    live_room: str | None = None
    """Douyin: the live room whose comments are taken; None: none are."""
    read_back: int = 30
    """Seconds between two looks at a platform's own figure of a SKU; 0: none is taken."""
    messages: str | None = None
    """Taobao: where its message channel is; None: where Taobao has it; MESSAGES_OVER_HTTP: asked for at the gateway."""


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True):
    trend_false_alarm_hours: float = 60.0
    trend_rule: Literal["sequential", "ratio"] = "sequential"
    """The decider that raises TREND: `sequential` weighs every order, `ratio` is the article's five minutes against the
    five before."""
    reaction_time: int = 15 * 60
    """Seconds a team needs from the warning to the order for more."""


class Plays(msgspec.Struct, frozen=True, kw_only=True):
    """What to say and do at one tier. `{sellable}`, `{title}`, `{velocity}`, `{substitute}` and the other names of
    `checks.TEMPLATE_NAMES` are filled in.
    """

    say: str | None = None
    steps: tuple[str, ...] = ()


class Playbook(msgspec.Struct, frozen=True, kw_only=True):
    trend: Plays = Plays()
    threshold: Plays = Plays()
    critical: Plays = Plays()


class RoomConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one room."""

    id: str
    name: str
    timezone: str | None = None
    """IANA name; None: the offset of the first event."""
    language: Literal["zh", "en"] | None = None
    """None: from the locale."""
    ledger_path: Path | None = None
    """Absolute; None: the user's data directory."""
    push_listen: str | None = None
    """HOST:PORT that platforms push to; None: orders are found by polling."""
    push_certificate: Path | None = None
    push_key: Path | None = None
    restock_webhook: str | None = None
    """The URL that restocks are sent to; None: people tell the source."""
    restock_secret: str | None = None
    """`env:NAME` or `file:PATH` (absolute) of what they are signed with."""
    restock_local: bool = False
    """Whether the webhook may be this machine, or http without TLS."""
    channels: tuple[Channel, ...] = ()
    skus: tuple[Sku, ...] = ()
    listings: tuple[Listing, ...] = ()
    alerts: AlertSettings = AlertSettings()
    playbook: Playbook = Playbook()
    path: Path | None = None
    """The file it was read from."""
