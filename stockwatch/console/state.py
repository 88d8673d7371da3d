"""What the board shows, worked out from the room's picture: filter, order, unfolded links.

Pure: values in, values out; no Textual, no clock. The picture itself comes from the hub and is never changed
here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

from stockwatch.console.escape import clean
from stockwatch.room.view import AlertRow, LinkRow, RoomView, SkuRow

Sort = Literal["urgency", "slot", "velocity", "sellable", "title"]
SORTS: tuple[Sort, ...] = ("urgency", "slot", "velocity", "sellable", "title")

NEVER = 1 << 62
TIER_NAMES: dict[str, int] = {
    "trend": 1, "趋势": 1, "up": 1,
    "threshold": 2, "阈值": 2, "low": 2,
    "critical": 3, "紧急": 3, "crit": 3,
    "none": 0, "无": 0,
}  # fmt: skip


class Line(NamedTuple):
    """One line of the board: a link, or one of its sizes beneath it."""

    link: LinkRow
    sku: SkuRow | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Names the line whatever its figures: (listing, SKU or "")."""
        return self.link.listing, self.sku.sku if self.sku else ""


class Filter(msgspec.Struct, frozen=True):
    """A filter as typed: words that must all be found, and `tier:`, `channel:`, `slot:` terms.

    Words match the title, the link's id, its SKUs and their labels, without regard to case or full-width
    forms. `tier:critical` (or `tier:紧急`, `tier:2+` for this tier and higher) and `channel:douyin` (any part
    of its id or title, taking at least one unit) narrow further. A term that isn't understood matches as a
    word, so that nothing typed is silently left out.
    """

    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def keep(self, row: LinkRow, channels: Mapping[str, str]) -> bool:
        """Whether the link is shown. `channels`: title by channel id."""
        return all(_term_matches(term, row, channels) for term in plain_form(self.text).split())


def plain_form(text: str) -> str:
    """Full-width forms made plain and case folded, so that what an IME types is found."""
    return unicodedata.normalize("NFKC", text).casefold().replace("。", ".")


def _term_matches(term: str, row: LinkRow, channels: Mapping[str, str]) -> bool:
    name, colon, value = term.partition(":")
    if colon and value:
        if name in ("tier", "级", "t"):
            at_least = value.endswith("+")
            tier = _tier(value.rstrip("+"))
            if tier is not None:
                return row.tier >= tier if at_least else row.tier == tier
        if name in ("channel", "渠道", "c"):
            return any(
                taken > 0 and (value in plain_form(channel) or value in plain_form(channels.get(channel, "")))
                for channel, taken in row.channels
            )
        if name in ("slot", "号", "s") and value.isdigit():
            return row.slot == int(value)
    return any(term in plain_form(text) for text in _texts(row))


def _tier(value: str) -> int | None:
    if value in ("0", "1", "2", "3"):
        return int(value)
    return TIER_NAMES.get(value)


def _texts(row: LinkRow) -> Iterable[str]:
    yield row.title
    yield row.listing
    if row.slot is not None:
        yield f"{row.slot}号"
    for sku in row.sizes:
        yield sku.sku
        yield sku.title
        yield sku.label
    yield from (part[0] for part in row.parts)


def lines_of(
    links: Iterable[LinkRow],
    *,
    sort: Sort,
    keep: Filter,
    unfolded: frozenset[str],
    channels: Mapping[str, str],
) -> list[Line]:
    """The board's lines in order. Equal links keep the room's order, so that calm rows never swap."""
    shown = [row for row in links if not keep or keep.keep(row, channels)]
    shown.sort(key=SORT_KEYS[sort])
    lines: list[Line] = []
    for row in shown:
        lines.append(Line(row))
        if row.listing in unfolded:
            lines.extend(Line(row, sku) for sku in row.sizes)
    return lines


def _urgency(row: LinkRow) -> tuple[int, bool, int, float]:
    """The higher tier first; in a tier those nobody took, since they still wait for a person; then the first
    to sell out.
    """
    return -row.tier, row.alert == "acknowledged", _sells_out_at(row), -row.velocity


def _sells_out_at(row: LinkRow) -> int:
    if row.tier == 3 and row.sellable <= 0:
        return 0
    return NEVER if row.eta.p50 is None else row.eta.p50


def _slot(row: LinkRow) -> tuple[int, int, float]:
    return (NEVER if row.slot is None else row.slot), 0, 0.0


SORT_KEYS = {
    "urgency": _urgency,
    "slot": _slot,
    "velocity": lambda row: (-row.velocity, -row.tier),
    "sellable": lambda row: (row.sellable, -row.tier),
    "title": lambda row: (plain_form(row.title),),
}


def next_alert(lines: list[Line], alerts: Iterable[AlertRow], current: str | None) -> str | None:
    """The link to jump to: the next one below the cursor with an open alert nobody took, round to the top
    again; when all are taken, the next with any alert not resolved. None: there is none on the board.
    """
    open_links = {alert.listing for alert in alerts if alert.state == "open"}
    taken = {alert.listing for alert in alerts if alert.state == "acknowledged"}
    order = [line.link.listing for line in lines if line.sku is None]
    start = order.index(current) + 1 if current in order else 0
    turned = order[start:] + order[:start]
    for wanted in (open_links, taken):
        for listing in turned:
            if listing in wanted and (listing != current or len(wanted) == 1):
                return listing
    return None


def link_by_slot(links: Iterable[LinkRow], number: int) -> str | None:
    """The link that has this number now."""
    return next((row.listing for row in links if row.slot == number), None)


def channel_titles(view: RoomView) -> tuple[tuple[str, str], ...]:
    """(channel id, cleaned title): the feeds' order, then channels that only links name."""
    titles = {feed.channel: clean(feed.title or feed.channel) for feed in view.feeds}
    for row in view.links:
        for channel, _ in row.channels:
            titles.setdefault(channel, clean(channel))
    return tuple(titles.items())


def worst_size(link: LinkRow) -> SkuRow | None:
    """The size an action on the link is about unless another is chosen: the highest tier, then the one that
    sells out first, then the scarcest. None for a link without SKUs.
    """

    def urgency(sku: SkuRow) -> tuple[int, int, int]:
        return -sku.tier, NEVER if sku.eta.p50 is None else sku.eta.p50, sku.sellable

    return min(link.sizes, key=urgency, default=None)
