"""The two lines on top: which room, live or replay, the clock, what is wrong, and every feed's health.

Pure text plus a small widget that draws it. The only clock shown is the room's own, by the minute, so that a
screen on which nothing happens sends nothing. Lags are shown in whole seconds for the same reason.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from stockwatch.console.columns import Piece
from stockwatch.console.escape import cells, clean, fit
from stockwatch.console.formats import clock_time, span, zone_of
from stockwatch.console.words import Words, fill, say
from stockwatch.room.view import FeedRow, Header

STYLES = ("base", "name", "live", "replay", "dim", "good", "warn", "bad", "short", "mark")

_LEAST_SAID = 24
"""Cells below which a sentence says nothing."""
_MANY_PENDING = 5
"""Orders to look up from which on it is said: one or two are on their way at any moment of a busy stream."""


class HeaderState(msgspec.Struct, frozen=True):
    """Everything the header says."""

    header: Header | None = None
    feeds: tuple[FeedRow, ...] = ()
    lost: bool = False
    """The hub is gone: what is on screen is the last picture."""
    paused: bool = False
    filter: str = ""
    sort: str = ""
    """The sort's name, empty for the usual one."""
    links: tuple[int, int] = (0, 0)
    """Shown, and in all."""
    read_only: bool = False
    by: str = ""
    ascii: bool = False
    pause_key: str = ""


def header_lines(state: HeaderState, words: Words, width: int) -> tuple[list[Piece], list[Piece]]:
    """Two lines of exactly `width` cells."""
    if state.header is None:
        note = words.attaching
        return _line([(f" {note}", "base")], [], width, state.ascii), _line([], [], width, state.ascii)
    return (
        _line(_room(state, state.header, words), _counts(state, state.header, words), width, state.ascii),
        _line(_feeds(state, words), _second(state, words, width), width, state.ascii),
    )


def _second(state: HeaderState, words: Words, width: int) -> list[Piece]:
    """What is set, and as far as the feeds leave room, the latest figure that somebody else changed."""
    view = _view(state, words)
    said = None if state.header is None or state.lost else state.header.overwrite
    room = width - _length(_feeds(state, words)) - _length(view) - 1
    if said is None or room < _LEAST_SAID:
        return view
    text = clean(say(said, words))
    return [(fit(text, min(cells(text), room), ascii=state.ascii), "short"), (" ", "base"), *view]


def _room(state: HeaderState, header: Header, words: Words) -> list[Piece]:
    pieces: list[Piece] = []
    if state.lost:
        pieces.append((f" {words.stale} ", "bad"))
    if header.mode == "REPLAY":
        style = "dim" if state.lost else "replay"
        pieces.append((f" {words.replay} {speed_text(header.speed, words, ascii=state.ascii)} ", style))
        if header.paused and not header.ended:
            pieces.append((words.paused + " ", "mark"))
        if header.ended:
            pieces.append((f" {words.replay_ended}", "dim"))
    else:
        pieces.append((f" {words.live} ", "dim" if state.lost else "live"))
    pieces.append((f" {clean(header.name or header.room)} ", "name"))
    return pieces


def speed_text(speed: float, words: Words, *, ascii: bool) -> str:
    """`×60`, or that a replay runs flat out."""
    return words.max_speed if speed == 0 else f"{'x' if ascii else '×'}{speed:g}"


def _counts(state: HeaderState, header: Header, words: Words) -> list[Piece]:
    pieces: list[Piece] = []
    if header.short:
        pieces += [(fill(words.lines_short, count=header.short), "short"), ("  ", "base")]
    if header.overwritten:
        pieces += [(fill(words.overwritten, count=header.overwritten), "short"), ("  ", "base")]
    if header.exceptions:
        pieces += [(fill(words.exceptions_open, count=header.exceptions), "short"), ("  ", "base")]
    if header.dead:
        pieces += [(fill(words.dead_letters, count=header.dead), "warn"), ("  ", "base")]
    if state.read_only or header.read_only:
        pieces += [(words.read_only, "mark"), ("  ", "base")]
    elif state.by:
        pieces += [
            (fit(clean(state.by), min(12, cells(clean(state.by))), ascii=state.ascii), "dim"),
            ("  ", "base"),
        ]
    pieces.append((f"{clock_time(header.clock, zone_of(header.timezone))} ", "name"))
    return pieces


def _feeds(state: HeaderState, words: Words) -> list[Piece]:
    if state.lost and state.header is not None:
        # What the feeds' health was is no news, that the picture is old is.
        clock = clock_time(state.header.clock, zone_of(state.header.timezone))
        return [(f" {fill(words.hub_lost, clock=clock)}", "warn")]
    pieces: list[Piece] = [(" ", "base")]
    for feed in state.feeds:
        if feed.state == "none":
            continue
        word, style = _feed_state(feed, words)
        pieces.append((clean(feed.title or feed.channel) + " ", "dim"))
        pieces.append((word, style))
        if feed.pending >= _MANY_PENDING:
            pieces.append((" " + fill(words.details_pending, count=feed.pending), "warn"))
        if feed.unmapped:
            pieces.append((" " + fill(words.goods_unmapped, count=feed.unmapped), "warn"))
        if feed.refused:
            pieces.append((" " + fill(words.pushes_refused, count=feed.refused), "warn"))
        if feed.comments_lost:
            pieces.append((" " + fill(words.comments_lost, count=feed.comments_lost), "warn"))
        note = clean(say(feed.note, words))
        if note and feed.state in ("live", "down", "gap", "stale", "connecting"):
            pieces.append((" " + fit(note, min(24, cells(note)), ascii=state.ascii), "dim"))
        pieces.append(("  ", "base"))
    return pieces


def _feed_state(feed: FeedRow, words: Words) -> tuple[str, str]:
    lag = "" if feed.lag_s is None else _lag(feed.lag_s, words)
    match feed.state:
        case "live":
            return (lag or words.feed_ok), ("good" if (feed.lag_s or 0) < 5 else "warn")
        case "stale":
            return f"{words.stale}{' ' + lag if lag else ''}", "bad"
        case "down":
            return words.down, "bad"
        case "gap":
            return words.gap, "warn"
        case "connecting":
            return words.connecting, "warn"
        case "ended":
            return words.ended, "dim"
        case _:
            return words.no_feed, "dim"


def _lag(seconds: float, words: Words) -> str:
    if seconds < 1:
        return "<1s" if words.language == "en" else "<1秒"
    return span(int(seconds), words.language)


def _view(state: HeaderState, words: Words) -> list[Piece]:
    pieces: list[Piece] = []
    if state.paused:
        pieces += [(f" {words.picture_stopped} ", "mark"), (" ", "base")]
    if state.filter:
        text = clean(state.filter)
        shown = fill(words.filter_active, text=fit(text, min(24, cells(text)), ascii=state.ascii))
        pieces += [(f" {shown} {state.links[0]}/{state.links[1]} ", "mark"), (" ", "base")]
    if state.sort:
        pieces += [(state.sort, "dim"), (" ", "base")]
    return pieces


def _line(left: list[Piece], right: list[Piece], width: int, ascii: bool) -> list[Piece]:
    """`left` and `right` at the two edges; where they don't fit, the left one is cut."""
    room = max(0, width - _length(right))
    kept: list[Piece] = []
    for text, style in left:
        need = cells(text)
        if need > room:
            if room > 0:
                kept.append((fit(text, room, ascii=ascii), style))
            room = 0
            break
        kept.append((text, style))
        room -= need
    kept.append((" " * room, "base"))
    for text, style in right:
        left_over = width - _length(kept)
        kept.append((fit(text, min(cells(text), left_over), ascii=ascii), style))
    return [piece for piece in kept if piece[0]]


def _length(pieces: list[Piece]) -> int:
    return sum(cells(text) for text, _ in pieces)


class RoomHeader(Widget):
    """Draws the header's two lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"header--{name}" for name in STYLES}

    def __init__(self, words: Words, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._words = words
        self._state = HeaderState()

    def show(self, state: HeaderState) -> None:
        """Show this; draws only when it differs."""
        if state != self._state:
            self._state = state
            self.refresh()

    def relook(self, words: Words) -> None:
        self._words = words
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        lines = header_lines(self._state, self._words, width)
        pieces = lines[y] if y < len(lines) else []
        base = self.get_component_rich_style("header--base")
        styles: dict[str, Style] = {name: self.get_component_rich_style(f"header--{name}") for name in STYLES}
        return Strip([Segment(text, styles[name]) for text, name in pieces]).adjust_cell_length(width, base)
