"""The board's columns: which fit a width, and what each says about a link or one of its sizes.

Pure: figures in, pieces of text with style names out. Outside text is cleaned here, on its way in. A cell is
always exactly as wide as its column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from stockwatch.console.escape import Align, cells, clean, fit
from stockwatch.console.formats import NOTHING, clock_time, count, rate
from stockwatch.console.spark import SparkStyle, sparkline
from stockwatch.console.state import Line
from stockwatch.console.words import Words, fill, tier_glyph, tier_word
from stockwatch.room.view import Eta, LinkRow, SkuRow

Piece = tuple[str, str]
"""(text, style name); the names are those of STYLES."""

STYLES = (
    "base", "dim", "title", "strong", "empty", "spark", "broken", "presenting", "head",
    "trend", "threshold", "critical", "trend-taken", "threshold-taken", "critical-taken",
)  # fmt: skip

TIER_STYLES = ("dim", "trend", "threshold", "critical")
MIN_TITLE = 12
MAX_TITLE = 44
NIGHT_ENDS = 6 * 3600


class Look(NamedTuple):
    """What the cells need beside the row itself. A change of it redraws every row."""

    words: Words
    zone: tzinfo
    ascii: bool = False
    spark: SparkStyle = "braille"
    channels: tuple[tuple[str, str], ...] = ()
    """(channel id, cleaned title) in the room's order."""
    today: int = 0
    """The room's day as an ordinal, 0 for unknown: a sell-out on a later one is not told as a bare clock
    time.
    """


class Column(NamedTuple):
    name: str
    width: int
    channel: str = ""


# Steps by which a board grows, most important first: (column, width). A later step for the same column widens it.
GROWTH: tuple[tuple[str, int], ...] = (
    ("slot", 3), ("title", MIN_TITLE), ("sellable", 5), ("eta", 6), ("velocity", 5), ("available", 5),
    ("state", 6), ("presenting", 2), ("reserved", 4), ("in_transit", 5), ("spark", 5), ("title", 16),
    ("spark", 8), ("title", 20), ("spark", 10), ("title", 22), ("held", 5), ("channels", 6), ("eta", 19),
    ("title", 26), ("spark", 15), ("shortfall", 5), ("title", 30), ("state", 10), ("title", MAX_TITLE),
)  # fmt: skip

ORDER = (
    "tier", "slot", "title", "spark", "velocity", "sellable", "available", "held", "reserved",
    "in_transit", "shortfall", "eta", "channels", "presenting", "state",
)  # fmt: skip
CURSOR_WIDTH = 1


def fit_columns(width: int, look: Look) -> tuple[Column, ...]:
    """The columns for a board `width` cells wide, in order of display; one blank stands between two."""
    tier_width = 2 + max(cells(tier_word(tier, look.words)) for tier in range(4))
    chosen: dict[str, int] = {"tier": tier_width}
    room = width - CURSOR_WIDTH - tier_width
    for name, size in GROWTH:
        if name == "channels":
            need = sum(channel_width(title) + 1 for _, title in look.channels)
        else:
            need = size - chosen[name] if name in chosen else size + 1
        if need > room:
            break  # what is left widens the title: a lesser column must not take what a greater one lacked
        chosen[name] = size
        room -= need
    if room > 0 and "title" in chosen:
        chosen["title"] = min(MAX_TITLE, chosen["title"] + room)
    columns: list[Column] = []
    for name in ORDER:
        if name == "channels" and name in chosen:
            columns.extend(Column(name, channel_width(title), channel) for channel, title in look.channels)
        elif name in chosen:
            columns.append(Column(name, chosen[name]))
    return tuple(columns)


def channel_width(title: str) -> int:
    return max(5, min(cells(title), 8))


def heading(columns: Sequence[Column], look: Look) -> list[Piece]:
    """The line of column heads, as wide as the rows under it."""
    words = look.words
    titles = {
        "slot": words.number, "title": words.link, "spark": words.trend_30, "velocity": words.velocity,
        "sellable": words.sellable, "available": words.available, "held": words.held,
        "reserved": words.reserved, "in_transit": words.in_transit, "shortfall": words.shortfall,
        "eta": words.eta, "state": words.acknowledged, "tier": "", "presenting": "",
    }  # fmt: skip
    channels = dict(look.channels)
    pieces: list[Piece] = [(" " * CURSOR_WIDTH, "head")]
    for position, column in enumerate(columns):
        text = channels[column.channel] if column.name == "channels" else titles[column.name]
        if cells(text) > column.width:
            text = _shorter(text, column.width)
        align: Align = (
            "left" if column.name in LEFT or (column.name == "eta" and column.width > 6) else "right"
        )
        pieces.append(((" " if position else "") + fit(text, column.width, align, ascii=True), "head"))
    return pieces


def _shorter(text: str, width: int) -> str:
    kept = ""
    for character in text:
        if cells(kept + character) > width:
            break
        kept += character
    return kept


LEFT = frozenset({"tier", "title", "spark", "presenting", "state"})


def row_pieces(
    line: Line, columns: Sequence[Column], look: Look, *, selected: bool, unfolded: bool
) -> list[Piece]:
    """One line of the board."""
    mark = (">" if look.ascii else "▸") if selected else " "
    pieces: list[Piece] = [(mark, "strong")]
    for position, column in enumerate(columns):
        if position:
            pieces.append((" ", "base"))
        if line.sku is None:
            pieces.extend(_LINK_CELLS[column.name](line.link, column, look))
            continue
        cell = _SKU_CELLS.get(column.name)
        pieces.extend(cell(line.sku, column, look) if cell else [(" " * column.width, "base")])
    return pieces


# --- cells of a link ----------------------------------------------------------------------------


def _tier(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _tier_cell(row.tier, row.alert == "acknowledged", column.width, look)


def _tier_cell(tier: int, taken: bool, width: int, look: Look) -> list[Piece]:
    if tier <= 0:
        return [(" " * width, "base")]
    style = TIER_STYLES[tier] + ("-taken" if taken else "")
    text = f"{tier_glyph(tier, ascii=look.ascii)} {tier_word(tier, look.words)}"
    return [(fit(text, width), style)]


def _slot(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _right("" if row.slot is None else str(row.slot), column, "strong")


def _title(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return title_pieces(row, column.width, look)


def title_pieces(row: LinkRow, width: int, look: Look) -> list[Piece]:
    """Title, then what is missing: units short, broken sizes and what the others still have, as far as they
    fit.
    """
    title = clean(row.title)
    words = look.words
    notes: list[Piece] = []
    if row.broken:
        shared = _shared_word([sku.label for sku in row.sizes])
        gone = ",".join(_label(label, shared) for label in row.broken)
        notes.append((fill(words.broken_of, sizes=gone), "broken"))
    if row.shortfall > 0:
        between = "" if words.language == "zh" else " "
        notes.append((f"{words.shortfall}{between}{count(row.shortfall)}", "critical-taken"))
    if row.broken:
        left = [
            f"{_label(sku.label, shared)}{count(sku.sellable)}"
            for sku in row.sizes
            if sku.sellable > 0 and sku.label
        ]
        if left:
            notes.append((fill(words.left_of, sizes=" ".join(left)), "dim"))
    least_title = min(cells(title), max(6, width // 2))
    room = width - least_title
    kept: list[Piece] = []
    for text, style in notes:
        need = cells(text) + 1
        if need > room:
            if room >= 6:
                kept.append((" " + fit(text, room - 1, ascii=look.ascii), style))
                room = 0
            break
        kept.append((" " + text, style))
        room -= need
    title_width = width - sum(cells(text) for text, _ in kept)
    shown = fit(title, min(title_width, cells(title)), ascii=look.ascii)
    return [(shown, "title"), *kept, (" " * (title_width - cells(shown)), "base")]


def _shared_word(labels: Sequence[str]) -> str:
    """The first word of all labels where they share it (the only colour): it need not be said."""
    firsts = {label.partition(" ")[0] for label in labels}
    several = len(labels) > 1 and all(" " in label for label in labels)
    return firsts.pop() + " " if several and len(firsts) == 1 else ""


def _label(label: str, shared: str = "") -> str:
    return clean(label.removeprefix(shared)).replace(" ", "")


def _spark(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return [(sparkline(row.spark, column.width, look.spark), "spark")]


def _velocity_cell(velocity: float, direction: int, width: int, look: Look) -> list[Piece]:
    arrows = ("-", " ", "+") if look.ascii else ("▾", " ", "▴")
    style = "dim" if velocity == 0 else "base"
    return [(fit(rate(velocity), width - 1, "right"), style), (arrows[max(-1, min(1, direction)) + 1], "dim")]


def _velocity(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _velocity_cell(row.velocity, row.direction, column.width, look)


def _sellable(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _right(count(row.sellable), column, "strong" if row.sellable > 0 else "empty")


def _available(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _right(count(row.available), column, "base")


def _held(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _some(row.held, column)


def _reserved(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _some(row.reserved, column)


def _in_transit(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _right(f"+{count(row.in_transit)}" if row.in_transit else "", column, "base")


def _shortfall(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    return _right(count(row.shortfall) if row.shortfall else "", column, "critical-taken")


def _eta(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    gone = row.sellable <= 0 and row.available <= 0
    return _eta_cell(row.eta, gone, column, look)


def _eta_cell(eta: Eta, gone: bool, column: Column, look: Look) -> list[Piece]:
    if gone:
        return [(_eta_place(look.words.sold_out, width=column.width), "empty")]
    later = days_later(eta.p50, look)
    if later:
        word = "次日" if later == 1 else f"+{later}天"
        return [
            (_eta_place(word if look.words.language == "zh" else f"+{later}d", width=column.width), "dim")
        ]
    return [(_eta_place(*eta_texts(eta, look.zone), width=column.width), "base")]


def days_later(instant: int | None, look: Look) -> int:
    """Days from the room's day to the instant's; 0 also for the night after it (before 6:00), in which
    streams still run, and where either is unknown.
    """
    if instant is None or not look.today:
        return 0
    return max(0, min(99, day_of(instant - NIGHT_ENDS, look.zone) - look.today))


def day_of(instant: int, zone: tzinfo) -> int:
    """The instant's day in the zone as an ordinal; 0 where no calendar has it."""
    try:
        return datetime.fromtimestamp(instant, zone).toordinal()
    except (OverflowError, ValueError, OSError):
        return 0


def _eta_place(clock: str, spread: str = "", *, width: int) -> str:
    """The clock time at the same place in every row, the range behind it where there is room."""
    if width < 12:
        return fit(clock, width, "right")
    return fit(fit(clock, 6, "right") + spread, width)


def eta_texts(eta: Eta, zone: tzinfo) -> tuple[str, str]:
    """The middle estimate and its range: ("21:07", "(21:05-21:12)"). A range without a middle is "not
    before": (">21:05", ""). Clock times, so that a calm screen does not change by itself.
    """
    if eta.p50 is None:
        return (NOTHING, "") if eta.p10 is None else (f">{clock_time(eta.p10, zone)}", "")
    middle = clock_time(eta.p50, zone)
    if eta.p10 is None and eta.p90 is None:
        return middle, ""
    early = "" if eta.p10 is None else clock_time(eta.p10, zone)
    late = "" if eta.p90 is None else clock_time(eta.p90, zone)
    return middle, f"({early}-{late})"


def _channel(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    taken = next((units for channel, units in row.channels if channel == column.channel), 0)
    return _some(taken, column)


def _presenting(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    if row.presenting is None:
        return [(" " * column.width, "base")]
    return [(fit("讲" if look.words.language == "zh" else "on", column.width), "presenting")]


def _state(row: LinkRow, column: Column, look: Look) -> list[Piece]:
    if row.alert == "open":
        return [(fit(look.words.open_alert, column.width, ascii=look.ascii), "base")]
    if row.alert == "acknowledged":
        who = clean(row.by or look.words.acknowledged)
        return [(fit(who, column.width, ascii=look.ascii), "dim")]
    return [(" " * column.width, "base")]


# --- cells of a size under its link -------------------------------------------------------------


def _sku_title(sku: SkuRow, column: Column, look: Look) -> list[Piece]:
    return [(fit("  " + clean(sku.label or sku.title), column.width, ascii=look.ascii), "dim")]


def _sku_eta(sku: SkuRow, column: Column, look: Look) -> list[Piece]:
    return _eta_cell(sku.eta, sku.sellable <= 0 and sku.available <= 0, column, look)


def _right(text: str, column: Column, style: str) -> list[Piece]:
    return [(fit(text, column.width, "right", ascii=True), style)]


def _some(units: int, column: Column) -> list[Piece]:
    """Blank for none: what is not there does not ask for attention."""
    return _right(count(units) if units else "", column, "base")


_LINK_CELLS: dict[str, Callable[[LinkRow, Column, Look], list[Piece]]] = {
    "tier": _tier, "slot": _slot, "title": _title, "spark": _spark, "velocity": _velocity,
    "sellable": _sellable, "available": _available, "held": _held, "reserved": _reserved,
    "in_transit": _in_transit, "shortfall": _shortfall, "eta": _eta, "channels": _channel,
    "presenting": _presenting, "state": _state,
}  # fmt: skip

_SKU_CELLS: dict[str, Callable[[SkuRow, Column, Look], list[Piece]]] = {
    "tier": lambda sku, column, look: _tier_cell(sku.tier, True, column.width, look),
    "title": _sku_title,
    "velocity": lambda sku, column, look: _velocity_cell(sku.velocity, sku.direction, column.width, look),
    "sellable": lambda sku, column, look: _right(
        count(sku.sellable), column, "base" if sku.sellable > 0 else "empty"
    ),
    "available": lambda sku, column, look: _right(count(sku.available), column, "base"),
    "held": lambda sku, column, look: _some(sku.held, column),
    "reserved": lambda sku, column, look: _some(sku.reserved, column),
    "in_transit": lambda sku, column, look: _right(
        f"+{count(sku.in_transit)}" if sku.in_transit else "", column, "base"
    ),
    "shortfall": lambda sku, column, look: _right(
        count(sku.shortfall) if sku.shortfall else "", column, "critical-taken"
    ),
    "eta": _sku_eta,
}
