"""The picture of a room that every reader gets: console, one-shot text, prompter, tests.

Immutable values only, made by `stockwatch.room.picture`, sent over the hub's socket as msgspec JSON. Texts come from
outside and are hostile: whoever shows them must escape them. Instants are whole epoch seconds (UTC) on the decision
clock; velocities are units a minute rounded to 0.1; counts are units.
"""

from __future__ import annotations

from typing import Literal

import msgspec

TIERS = ("", "TREND", "THRESHOLD", "CRITICAL")
SPARK_MINUTES = 30


class Text(msgspec.Struct, frozen=True):
    """One sentence in both languages of the interface."""

    zh: str
    en: str


class Eta(msgspec.Struct, frozen=True):
    """When a thing sells out, as clock times; None: not within the forecast's horizon."""

    p10: int | None = None
    p50: int | None = None
    p90: int | None = None


class SkuRow(msgspec.Struct, frozen=True, kw_only=True):
    """One size/colour of a link, or the only SKU of it."""

    sku: str
    title: str
    label: str
    """Its attrs in short, e.g. `黑 M`; empty when it has none."""
    tier: int = 0
    """0 none, 1 TREND, 2 THRESHOLD, 3 CRITICAL."""
    sellable: int = 0
    available: int = 0
    held: int = 0
    reserved: int = 0
    sold: int = 0
    shipped: int = 0
    quarantined: int = 0
    on_hand: int = 0
    in_transit: int = 0
    shortfall: int = 0
    oversold: int = 0
    velocity: float = 0.0
    direction: int = 0
    """-1 slowing, 0 steady, 1 speeding up."""
    safety_line: int = 0
    eta: Eta = Eta()


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, open or lately resolved."""

    id: str
    sku: str
    listing: str
    title: str
    tier: int
    state: Literal["open", "acknowledged", "resolved"]
    raised: int
    changed: int
    """When it last changed its tier or state."""
    reason: Text
    steps: tuple[Text, ...] = ()
    say: Text | None = None
    """The talk track for the host, with its figures filled in."""
    by: str | None = None
    """Who took it (认领)."""
    kind: Literal["stock", "overwrite"] = "stock"
    """What it is about: our stock runs out, or somebody else changed a platform's figure; that has tier 3."""


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """One link (链接): the row of the board."""

    listing: str
    slot: int | None
    title: str
    tier: int = 0
    alert: Literal["", "open", "acknowledged"] = ""
    """Of its alerts and of figures that somebody else changed."""
    by: str | None = None
    sellable: int = 0
    """Orders that can still be taken: over its sizes; for a bundle the scarcest part, gifts left aside."""
    available: int = 0
    held: int = 0
    reserved: int = 0
    sold: int = 0
    in_transit: int = 0
    shortfall: int = 0
    oversold: int = 0
    velocity: float = 0.0
    direction: int = 0
    eta: Eta = Eta()
    spark: tuple[int, ...] = ()
    """Units a minute over the last SPARK_MINUTES minutes, oldest first, the running minute last."""
    channels: tuple[tuple[str, int], ...] = ()
    """(channel id, units taken) in the order of room.toml, channels not configured after them."""
    broken: tuple[str, ...] = ()
    """Labels of sizes that are gone (断码)."""
    presenting: int | None = None
    """Since when the host presents it (讲解中), None if not."""
    sizes: tuple[SkuRow, ...] = ()
    """Its SKUs in the order of room.toml; what Enter unfolds. A single-SKU link has exactly one."""
    parts: tuple[tuple[str, int, str], ...] = ()
    """For a bundle: (SKU, qty, role) of each part; empty otherwise."""


FeedState = Literal["connecting", "live", "stale", "down", "gap", "ended", "none"]


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One feed and its health."""

    channel: str
    title: str
    state: FeedState
    lag_s: float | None = None
    """Seconds from an order's time to its receipt, of the latest events."""
    last: int | None = None
    """When its last event came."""
    dead: int = 0
    """Messages set aside."""
    note: Text = Text("", "")
    """What is wrong, e.g. `nobody listens there`; outside text."""
    pending: int = 0
    """Orders that the channel has named and whose detail is still to come (待查明细)."""
    unmapped: int = 0
    """Goods that it sells and that stand for no SKU of the room."""
    refused: int = 0
    """Pushes since the feed began that were not the platform's, or another shop's."""
    comments: int = 0
    """Live comments taken since the feed began."""
    comments_lost: int = 0
    """Those left out because they were too many."""


Told = Literal["waiting", "trouble", "good", "bad"]
"""How a webhook stands: still to be answered, without and with trouble so far; and how it ended."""


class RestockRow(msgspec.Struct, frozen=True, kw_only=True):
    """A restock on its way."""

    document: str
    sku: str
    title: str
    source: str
    qty: int
    state: Literal["asked", "confirmed", "shipped", "refused", "received"]
    due: int | None = None
    asked: int = 0
    by: str | None = None
    received: int = 0
    told: Text | None = None
    """What came of telling its source by webhook. Outside text."""
    told_as: Told | None = None


class ActionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did, newest last."""

    at: int
    by: str
    what: Text
    listing: str | None = None


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """What last interrupted."""

    number: int
    """Counts up: a console rings when it is higher than what it has seen."""
    at: int
    tier: int
    text: Text
    listing: str | None = None


class Header(msgspec.Struct, frozen=True, kw_only=True):
    room: str
    name: str
    mode: Literal["LIVE", "REPLAY"]
    speed: float = 1.0
    """Of a replay; 0 is flat out."""
    paused: bool = False
    """A replay that somebody holds."""
    timezone: str = "UTC"
    clock: int = 0
    """The decision clock by the whole minute: it changes once a minute so that an idle screen sends nothing."""
    seq: int = 0
    read_only: bool = False
    ended: bool = False
    """A replay that has reached its end."""
    dead: int = 0
    short: int = 0
    """Units that orders are short of now."""
    presenting: str | None = None
    exceptions: int = 0
    """Open entries of the work list."""
    overwritten: int = 0
    """Figures of platforms that somebody else changed, and nobody has taken."""
    overwrite: Text | None = None
    """What the latest of them says."""
    call: CallRow | None = None


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a console shows, but for the detail of one link (`Detail`, on demand)."""

    header: Header
    links: tuple[LinkRow, ...] = ()
    """In the order of room.toml; the console sorts."""
    alerts: tuple[AlertRow, ...] = ()
    """Open ones, and those resolved within the last ten minutes; newest change first."""
    feeds: tuple[FeedRow, ...] = ()
    restocks: tuple[RestockRow, ...] = ()
    actions: tuple[ActionRow, ...] = ()
    """The latest 50."""


class Delta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What changed since the picture before. Rows replace the rows with their key; None/empty: unchanged."""

    header: Header | None = None
    links: tuple[LinkRow, ...] = ()
    alerts: tuple[AlertRow, ...] | None = None
    feeds: tuple[FeedRow, ...] | None = None
    restocks: tuple[RestockRow, ...] | None = None
    actions: tuple[ActionRow, ...] | None = None


class Mark(msgspec.Struct, frozen=True):
    """Something to mark on the chart."""

    at: int
    kind: Literal[
        "trend",
        "threshold",
        "critical",
        "resolved",
        "restock",
        "substitute",
        "count",
        "present",
        "gap",
        "surge",
    ]
    label: Text


class Ahead(msgspec.Struct, frozen=True):
    """What will be left of a link at a minute to come."""

    at: int
    low: int
    """Nine times in ten it is at least this."""
    middle: int
    high: int
    """One time in ten it is at least this."""


class PlatformRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform last said it has of a SKU."""

    sku: str
    channel: str
    qty: int
    age: int
    """Seconds, by tens, and by minutes from one on."""
    overwritten: bool = False
    """Somebody else changed it, and nobody has taken that."""
    pool: Text | None = None
    """What it is a figure of, where that is not what is here."""


class Taught(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier streams taught of a link's SKUs, all together."""

    streams: float
    """Of the SKU that was sold in most."""
    usual_per_hour: float
    """Orders an hour while nothing special happens."""
    presented_per_min: float = 0.0
    """Orders a minute while it was presented; 0 where that is not known."""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """The selected link's chart and movements."""

    listing: str
    minutes: tuple[int, ...] = ()
    """Epoch seconds of each minute's start, oldest first, no gaps."""
    remaining: tuple[int, ...] = ()
    """Available units at the end of each minute, over the link's sizes."""
    velocity: tuple[int, ...] = ()
    """Units taken in each minute of event time."""
    safety_line: int = 0
    lead_time: int | None = None
    ahead: tuple[Ahead, ...] = ()
    """The forecast, ascending from the last of `minutes` on; empty when nothing sells."""
    marks: tuple[Mark, ...] = ()
    platforms: tuple[PlatformRow, ...] = ()
    """In the order of the channels in room.toml."""
    taught: Taught | None = None


class RestockOption(msgspec.Struct, frozen=True, kw_only=True):
    """One way to restock, with what it would change (R17)."""

    source: str
    quantity: int
    lead_time: int
    """Seconds until its units can be counted on, once it takes the request."""
    waits: int = 0
    """Seconds until it opens."""
    counts: Literal["received", "confirmed"]
    contact: str | None = None
    due: int = 0
    tier_after: int = 0
    eta_after: Eta = Eta()
    best: bool = False


class RestockProposal(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to "what if I restock this SKU": options best first; empty when no source is configured."""

    sku: str
    title: str
    tier: int
    available: int
    velocity: float
    eta: Eta
    options: tuple[RestockOption, ...] = ()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A substitute with its figures and what the host would say."""

    sku: str
    listing: str
    slot: int | None
    title: str
    sellable: int
    velocity: float
    configured: bool
    """Named in room.toml, not only of the same product."""
    say: Text


class SubstituteProposal(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    title: str
    candidates: tuple[Candidate, ...] = ()
    """Best first, only ones that can be sold now."""


def merge(view: RoomView, delta: Delta) -> RoomView:
    """The picture after `delta`. Links keep their order; unknown links are added at the end."""
    links = view.links
    if delta.links:
        changed = {row.listing: row for row in delta.links}
        links = tuple(changed.pop(row.listing, row) for row in links) + tuple(changed.values())
    return RoomView(
        header=view.header if delta.header is None else delta.header,
        links=links,
        alerts=view.alerts if delta.alerts is None else delta.alerts,
        feeds=view.feeds if delta.feeds is None else delta.feeds,
        restocks=view.restocks if delta.restocks is None else delta.restocks,
        actions=view.actions if delta.actions is None else delta.actions,
    )


class MovementRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event and what it did to one SKU: a line of the audit trail."""

    seq: int
    at: int
    """When it was received, epoch seconds."""
    type: str
    outcome: str
    source: str
    """The channel's title, or the source as it is."""
    id: str
    sku: str = ""
    title: str = ""
    order: str = ""
    line: int = 1
    document: str = ""
    by: str = ""
    why: Text = Text("", "")
    changes: tuple[tuple[str, int], ...] = ()
    """(figure, change in units), without those that did not change."""
    left: int = 0
    """Available afterwards, in this place."""
    place: str = ""
    """Location and pool, where they are not the usual ones."""


class ExceptionRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open entry of the work list."""

    key: str
    kind: str
    seq: int
    """Of the message it is about; 0: of none."""
    at: int
    """Epoch seconds; 0: not known."""
    what: Text
    sku: str = ""
    title: str = ""
    source: str = ""
    id: str = ""
    order: str = ""
    line: int = 1
    count: int = 1
