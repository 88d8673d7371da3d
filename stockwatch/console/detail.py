"""The detail pane: figures by size, split by channel, restocks on their way, and the chart of the selected
link.

Given plain values (`show`); never talks to a hub. Redraws only when a value it shows has changed or its size
has. Works from 40x8 on; what has no room is left out, the chart before the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from textual.content import Content
from textual.widget import Widget

from stockwatch.console.chart import LEAST_HEIGHT, ChartCache, ChartLine, Marker, chart_lines, clipped
from stockwatch.console.escape import cells, clean, fit, lines, plain_glyphs
from stockwatch.console.formats import clock_time, count, span
from stockwatch.console.tones import piece_style
from stockwatch.console.words import Words, fill, restock_state, say, tier_glyph, tier_word
from stockwatch.room.view import Detail, LinkRow, RestockRow, SkuRow

Charter = Callable[[Detail, int, int, tzinfo, Words, Marker], list[ChartLine]]
_FIGURE_WIDTH = 7
_CHART_HEIGHT = LEAST_HEIGHT + 3
_RESTOCKS_SHOWN = 3


class _Figure(NamedTuple):
    word: Callable[[Words], str]
    of: Callable[[SkuRow], int]
    always: bool
    """Shown also when it is zero for all sizes."""


_FIGURES: tuple[_Figure, ...] = (
    _Figure(lambda w: w.sellable, lambda row: row.sellable, True),
    _Figure(lambda w: w.available, lambda row: row.available, True),
    _Figure(lambda w: w.reserved, lambda row: row.reserved, True),
    _Figure(lambda w: w.sold, lambda row: row.sold, True),
    _Figure(lambda w: w.in_transit, lambda row: row.in_transit, True),
    _Figure(lambda w: w.shortfall, lambda row: row.shortfall, False),
    _Figure(lambda w: w.held, lambda row: row.held, False),
    _Figure(lambda w: w.quarantined, lambda row: row.quarantined, False),
)
"""Columns of the table, most important first: where there is no room the last ones go."""


class DetailPicture(NamedTuple):
    """All that the pane's lines depend on, beside its size."""

    link: LinkRow | None = None
    detail: Detail | None = None
    restocks: tuple[RestockRow, ...] = ()
    channels: tuple[tuple[str, str], ...] = ()
    """(channel id, title)."""
    zone: tzinfo | None = None


def detail_lines(
    picture: DetailPicture,
    width: int,
    height: int,
    words: Words,
    marker: Marker = "braille",
    chart_of: Charter = chart_lines,
) -> list[ChartLine]:
    """The pane's lines: at most `height`, each at most `width` cells. `chart_of` draws the chart."""
    if width <= 0 or height <= 0:
        return []
    if picture.link is None or picture.zone is None:
        return [((fit(words.detail_none, width).rstrip(" "), "muted"),)]
    writer = _Writer(picture, picture.link, picture.zone, width, words, ascii=marker == "ascii")
    facts = [writer.head()]
    extra = [*writer.platforms(), *writer.channels(), *writer.parts(), *writer.restocks(), *writer.taught()]
    # The chart keeps its place where there is any; then the table is cut before it, and what else there is first.
    chart_room = _CHART_HEIGHT if height >= _CHART_HEIGHT + 3 else 0
    room = height - len(facts) - chart_room
    facts.extend(writer.table(max(room, 2)))
    facts.extend(extra[: max(height - chart_room - len(facts), 0)])
    left = height - len(facts)
    if left <= 0:
        return [clipped(line, width) for line in facts[:height]]
    if picture.detail is None or picture.detail.listing != picture.link.listing:
        waiting = fit(words.detail_waiting, width, ascii=writer.ascii).rstrip(" ")
        chart: list[ChartLine] = [((plain_glyphs(waiting) if writer.ascii else waiting, "muted"),)]
    else:
        chart = chart_of(picture.detail, width, left, picture.zone, words, marker)
    return [clipped(line, width) for line in (*facts, *chart)][:height]


class _Writer:
    """Writes the lines of facts for one link at one width."""

    def __init__(
        self, picture: DetailPicture, link: LinkRow, zone: tzinfo, width: int, words: Words, *, ascii: bool
    ) -> None:
        self._picture = picture
        self._link = link
        self._zone = zone
        self._width = width
        self._words = words
        self.ascii = ascii

    def _fit(self, text: str, width: int) -> str:
        return fit(plain_glyphs(text) if self.ascii else text, width, ascii=self.ascii)

    def head(self) -> ChartLine:
        """Number, title and tier of the link."""
        link, w = self._link, self._words
        number = "" if link.slot is None else (f"{link.slot}号 " if w.language == "zh" else f"#{link.slot} ")
        tier = f" {tier_glyph(link.tier, ascii=self.ascii)} {tier_word(link.tier, w)}" if link.tier else ""
        room = max(self._width - cells(number) - cells(tier), 0)
        title = fit(clean(link.title), min(cells(clean(link.title)), room), ascii=self.ascii)
        return ((number, "strong"), (title, "strong"), (tier, f"tier:{link.tier}"))

    def table(self, room: int) -> list[ChartLine]:
        """Figures by size in at most `room` lines: heads, a line a size, and the total where there are
        several.
        """
        w, sizes = self._words, self._link.sizes
        if not sizes:
            return []
        label_width = max(8, min(16, *(cells(self._label(row)) + 2 for row in sizes), self._width // 3))
        columns = [figure for figure in _FIGURES if figure.always or any(figure.of(row) for row in sizes)]
        columns = columns[: max((self._width - label_width) // _FIGURE_WIDTH, 1)]
        heads = "".join(fit(figure.word(w), _FIGURE_WIDTH, "right") for figure in columns)
        head: ChartLine = ((fit(w.size, label_width) + heads, "heading"),)
        several = len(sizes) > 1
        total = self._figures(w.total, label_width, 0, columns, sizes, "strong")
        shown = sizes[: max(room - 1 - several, 1)]
        rows = [self._figures(self._label(row), label_width, row.tier, columns, [row], "") for row in shown]
        if len(shown) < len(sizes):
            more = fill(w.more_rows, count=len(sizes) - len(shown) + 1)
            rows[-1:] = [((self._fit(more, self._width).rstrip(" "), "muted"),)] if room > 3 else []
        return [head, *rows, *([total] if several else [])][: max(room, 1)]

    def _label(self, row: SkuRow) -> str:
        return clean(row.label) or clean(row.sku)

    def _figures(
        self,
        label: str,
        label_width: int,
        tier: int,
        columns: Sequence[_Figure],
        rows: Sequence[SkuRow],
        colour: str,
    ) -> ChartLine:
        mark = f"{tier_glyph(tier, ascii=self.ascii)} "
        pieces: list[tuple[str, str]] = [
            (mark, f"tier:{tier}"),
            (fit(label, label_width - 2, ascii=self.ascii), f"tier:{tier}" if tier else colour),
        ]
        for figure in columns:
            units = sum(figure.of(row) for row in rows)
            bad = units > 0 and figure is _FIGURES[5]
            pieces.append((fit(count(units), _FIGURE_WIDTH, "right"), "tier:3" if bad else colour))
        return tuple(pieces)

    def platforms(self) -> list[ChartLine]:
        """What the platforms say they have, all sizes together, and how old the oldest of it is."""
        w, detail = self._words, self._picture.detail
        if detail is None or detail.listing != self._link.listing or not detail.platforms:
            return []
        titles = dict(self._picture.channels)
        shown: list[list[tuple[str, str]]] = [[(f"{w.by_platform}: ", "")]]
        for channel, pool in dict.fromkeys((row.channel, row.pool) for row in detail.platforms):
            rows = [row for row in detail.platforms if (row.channel, row.pool) == (channel, pool)]
            ago = fill(w.read_ago, age=span(max(row.age for row in rows), w.language))
            units = count(sum(row.qty for row in rows))
            colour = "tier:3" if any(row.overwritten for row in rows) else ""
            title = clean(titles.get(channel) or channel) + (f" {clean(say(pool, w))}" if pool else "")
            piece = [(f"{title} {units}", colour), (f" {ago}  ", "muted")]
            if len(shown[-1]) > 1 and sum(cells(text) for text, _ in shown[-1] + piece) - 2 > self._width:
                shown.append([("  ", "")])
            shown[-1] += piece
        return [
            tuple((plain_glyphs(text) if self.ascii else text, colour) for text, colour in line)
            for line in shown[:3]
        ]

    def taught(self) -> list[ChartLine]:
        """What earlier streams taught of its demand."""
        w, detail = self._words, self._picture.detail
        if detail is None or detail.listing != self._link.listing or detail.taught is None:
            return []
        known = detail.taught
        text = fill(w.taught, streams=f"{known.streams:.0f}", usual=f"{known.usual_per_hour:.3g}")
        if known.presented_per_min:
            text += fill(w.taught_presented, presented=f"{known.presented_per_min:.2g}")
        return [((line, ""),) for line in lines(plain_glyphs(text) if self.ascii else text, self._width, 2)]

    def channels(self) -> list[ChartLine]:
        """Units taken, channel by channel."""
        titles = dict(self._picture.channels)
        split = [
            f"{clean(titles.get(name) or name)} {count(units)}"
            for name, units in self._link.channels
            if units or len(self._link.channels) <= 3
        ]
        return self._list(self._words.by_channel, split)

    def parts(self) -> list[ChartLine]:
        """What a bundle is made of."""
        w = self._words
        parts = [
            f"{clean(sku)}×{qty}" + (f"({w.gift})" if role == "gift" else "")
            for sku, qty, role in self._link.parts
        ]
        return self._list(w.parts_of, [part.replace("×", "x") for part in parts] if self.ascii else parts)

    def _list(self, title: str, entries: Sequence[str]) -> list[ChartLine]:
        if not entries:
            return []
        text = f"{title}: " + " · ".join(entries)
        first = lines(plain_glyphs(text) if self.ascii else text, self._width, 2)
        return [((line, ""),) for line in first]

    def restocks(self) -> list[ChartLine]:
        """Restocks of the link's SKUs, the next to come first."""
        w = self._words
        skus = {row.sku for row in self._link.sizes}
        waiting = [row for row in self._picture.restocks if row.sku in skus]
        waiting.sort(key=lambda row: (row.state in ("received", "refused"), row.due or 0, row.asked))
        shown: list[ChartLine] = []
        for row in waiting[:_RESTOCKS_SHOWN]:
            done = (
                fill(w.received_of, received=row.received, qty=row.qty)
                if row.state == "received" or row.received
                else fill(w.due_at, clock=clock_time(row.due, self._zone))
            )
            by = f"  {clean(row.by)}" if row.by else ""
            told = f"  {clean(say(row.told, w))}" if row.told is not None else ""
            text = f"{clean(row.source)} +{count(row.qty)}  {done}{by}{told}"
            state = fit(restock_state(row.state, w), 7)
            room = self._width - cells(w.do_restock) - 1 - 7
            shown.append(
                (
                    (f"{w.do_restock} ", "heading"),
                    (state, "strong"),
                    (self._fit(text, max(room, 0)).rstrip(" "), ""),
                )
            )
        return shown


class DetailPane(Widget):
    """The selected link in full."""

    DEFAULT_CSS = """
    DetailPane { height: 1fr; width: 1fr; color: $foreground; }
    """

    def __init__(self, words: Words, *, marker: Marker = "braille", id: str | None = None) -> None:
        """`marker`: what the chart is drawn with; `ascii` also does without any other glyph."""
        super().__init__(id=id)
        self._words = words
        self._marker = marker
        self._picture = DetailPicture()
        self.chart = ChartCache()

    def show(
        self,
        link: LinkRow | None,
        detail: Detail | None,
        *,
        restocks: Sequence[RestockRow] = (),
        channels: Mapping[str, str] | None = None,
        zone: tzinfo,
    ) -> None:
        """Show this link. `detail` None, or one of another link: not here yet. `channels`: titles by id."""
        mine = {row.sku for row in link.sizes} if link else set()
        picture = DetailPicture(
            _shown_part(link),
            detail,
            tuple(row for row in restocks if row.sku in mine),
            tuple((channels or {}).items()),
            zone,
        )
        if picture != self._picture:
            self._picture = picture
            self.refresh()

    def render(self) -> Content:
        variables = self.app.theme_variables
        drawn = detail_lines(
            self._picture, self.size.width, self.size.height, self._words, self._marker, self.chart.lines
        )
        return Content("\n").join(
            Content.assemble(*((text, piece_style(colour, variables)) for text, colour in line))
            for line in drawn
        )


def _shown_part(link: LinkRow | None) -> LinkRow | None:
    """The link without what the pane doesn't show, so that a change of it draws nothing."""
    if link is None:
        return None
    return LinkRow(
        listing=link.listing,
        slot=link.slot,
        title=link.title,
        tier=link.tier,
        channels=link.channels,
        sizes=link.sizes,
        parts=link.parts,
    )
