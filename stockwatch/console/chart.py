"""The chart of one link: units left and units a minute over the room's time, with what happened marked on
it.

Owns the use of plotext: imported at the first chart, its escapes parsed here and replaced by tones, so that
nothing it prints reaches the terminal as it is. Pure apart from plotext's own figure, which is cleared
before each use. Only our own marks and digits go into plotext: it counts characters, and outside text is
never among them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from rich.cells import set_cell_size

from stockwatch.console.escape import cells, fit, plain_glyphs
from stockwatch.console.formats import clock_time, span
from stockwatch.console.words import Words, fill
from stockwatch.room.view import Detail, Mark

Marker = Literal["braille", "block", "ascii"]
Piece = tuple[str, str]
"""(text, tone): the name of a theme variable, or `tier:N`, or empty."""
ChartLine = tuple[Piece, ...]

LEAST_HEIGHT = 5
_DOTS_A_LINE = 4
"""Of braille, the finest of the markers."""
_STACKED_HEIGHT = 12
"""From this many lines on units left and velocity get a chart each, one above the other."""
_LEAST_WIDTH = 24
_SGR = re.compile("\x1b\\[([0-9;]*)m")
_ASCII_FRAME = str.maketrans("─│┌┐└┘├┤┬┴┼", "-|+++++++++")
_TONES = {
    201: "chart-remaining",
    202: "chart-velocity",
    203: "chart-safety",
    211: "tier:1",
    212: "tier:2",
    213: "tier:3",
    214: "key",
    215: "muted",
    216: "stale",
}
"""The 256-colour numbers that stand for our tones while plotext has the chart in its hands."""
_CODES = {tone: code for code, tone in _TONES.items()}


class MarkLook(NamedTuple):
    glyph: str
    ascii: str
    tone: str


MARKS: dict[str, MarkLook] = {
    "trend": MarkLook("▴", "^", "tier:1"),
    "threshold": MarkLook("❖", "*", "tier:2"),
    "critical": MarkLook("✖", "!", "tier:3"),
    "resolved": MarkLook("~", "~", "muted"),
    "restock": MarkLook("+", "+", "key"),
    "substitute": MarkLook(">", ">", "key"),
    "count": MarkLook("#", "#", "key"),
    "present": MarkLook("@", "@", "key"),
    "gap": MarkLook("?", "?", "stale"),
    "surge": MarkLook("/", "/", "tier:1"),
}


def chart_lines(
    detail: Detail, width: int, height: int, zone: tzinfo, words: Words, marker: Marker = "braille"
) -> list[ChartLine]:
    """The chart in at most `height` lines of at most `width` cells; a note in its place where there is no
    room for one or nothing to draw.
    """
    if height <= 0 or width <= 0:
        return []
    ascii = marker == "ascii"
    points = min(len(detail.minutes), len(detail.remaining), len(detail.velocity))
    if points < 2:
        return [((fit(words.detail_no_data, width, ascii=ascii).rstrip(" "), "muted"),)]
    if width < _LEAST_WIDTH or height < LEAST_HEIGHT:
        return []
    plot = _Plot(detail, points, width, zone, marker)
    spare = 2 if height - 4 >= _STACKED_HEIGHT else 1
    legend = _packed(_legend(detail, words, ascii=ascii), width, spare)
    marks = _packed(plot.mark_words(words), width, spare)
    room = height - len(legend) - len(marks)
    if room >= _STACKED_HEIGHT:
        lower = max(room * 2 // 5, 5)
        body = [*plot.remaining(room - lower), *plot.velocity(lower)]
    else:
        body = plot.both(room)
    return [*legend, *body, *marks]


class ChartCache:
    """The last chart, drawn again only when a dot of it would move.

    A link that sells changes its figures many times a second; a chart has some twenty dots in a column.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._lines: list[ChartLine] = []
        self.drawn = 0
        """Charts drawn so far."""

    def lines(
        self, detail: Detail, width: int, height: int, zone: tzinfo, words: Words, marker: Marker = "braille"
    ) -> list[ChartLine]:
        """As `chart_lines`."""
        tops = _units_top(_units(detail), detail.safety_line), _top([0, *detail.velocity])
        dots = max(height, 1) * _DOTS_A_LINE
        key = (
            detail.listing,
            detail.minutes,
            tuple(units * dots // tops[0] for units in detail.remaining),
            tuple(units * dots // tops[1] for units in detail.velocity),
            tops,
            (detail.safety_line, detail.lead_time, detail.marks),
            tuple(
                (one.at, *(units * dots // tops[0] for units in (one.low, one.middle, one.high)))
                for one in detail.ahead
            ),
            (width, height, zone, words.language, marker),
        )
        if key != self._key:
            self._key = key
            self._lines = chart_lines(detail, width, height, zone, words, marker)
            self.drawn += 1
        return self._lines


def _packed(parts: Sequence[Piece], width: int, most: int) -> list[ChartLine]:
    """Pieces side by side in at most so many lines; what doesn't fit is left out with all after it."""
    lines: list[list[Piece]] = []
    left = 0
    for text, colour in parts:
        size = cells(text)
        if not lines or size > left:
            if size > width or len(lines) == most:
                break
            lines.append([])
            left = width
        lines[-1].append((text + "  ", colour))
        left -= size + 2
    return [_trimmed(line) for line in lines]


def _legend(detail: Detail, words: Words, *, ascii: bool) -> list[Piece]:
    """What the lines are."""
    parts: list[Piece] = [
        (words.chart_remaining, "chart-remaining"),
        (words.chart_velocity, "chart-velocity"),
    ]
    if detail.safety_line > 0:
        parts.append((fill(words.chart_safety, units=detail.safety_line), "chart-safety"))
    if detail.lead_time is not None:
        parts.append((fill(words.chart_lead_time, age=span(detail.lead_time, words.language)), "muted"))
    dash = "- " if ascii else "━ "
    return [(f"{dash if colour.startswith('chart') else ''}{text}", colour) for text, colour in parts]


def _units(detail: Detail) -> list[int]:
    """All that the axis of units must hold."""
    return [0, *detail.remaining, *(one.high for one in detail.ahead)]


def _units_top(left: Sequence[int], safety_line: int) -> int:
    """The end of the units' axis: what was left decides it, and a line not far above that. One far above would flatten
    the curve; its figure stands in the legend.
    """
    most = max(left)
    return _top([*left, safety_line] if safety_line <= 2 * most else left)


class _Plot:
    """One detail drawn at one width."""

    def __init__(self, detail: Detail, points: int, width: int, zone: tzinfo, marker: Marker) -> None:
        self._detail = detail
        self._minutes = detail.minutes[-points:]
        self._left = [max(0, units) for units in detail.remaining[-points:]]
        self._rate = [max(0, units) for units in detail.velocity[-points:]]
        self._width = width
        self._zone = zone
        self._ascii = marker == "ascii"
        self._markers = {"braille": ("braille", "braille"), "block": ("hd", "hd"), "ascii": ("*", "+")}[
            marker
        ]
        tops = (_units_top(_units(detail), detail.safety_line), _top(self._rate))
        self._label = max(len(str(top)) for top in tops)
        """Cells of a figure on the axis: the same in both charts, so that their times stand below each
        other.
        """
        self._tops = tops
        self._ahead = [one for one in detail.ahead if one.at > self._minutes[-1]]
        self._future = (self._ahead[-1].at - self._minutes[-1]) // 60 if self._ahead else 0
        """Minutes to come that are drawn."""
        first, last = self._minutes[0], self._minutes[-1] + 60
        self._marks = [mark for mark in detail.marks if first <= mark.at < last and mark.kind in MARKS]

    def remaining(self, height: int) -> list[ChartLine]:
        """Units left, the safety line, and a mark for each thing that happened."""
        plt = self._begin(height)
        self._draw_marks(plt, self._tops[0])
        self._draw_left(plt)
        self._axis(plt, self._tops[0], height)
        plt.xticks([], [])
        return self._finish(plt)

    def velocity(self, height: int) -> list[ChartLine]:
        """Units a minute, with the times."""
        plt = self._begin(height)
        plt.plot(self._xs, self._rate, marker=self._markers[1], color=_CODES["chart-velocity"])
        self._axis(plt, self._tops[1], height)
        self._times(plt)
        return self._finish(plt)

    def both(self, height: int) -> list[ChartLine]:
        """Both in one chart, velocity by the axis on the right."""
        plt = self._begin(height)
        self._draw_marks(plt, self._tops[0])
        plt.plot(self._xs, self._rate, marker=self._markers[1], color=_CODES["chart-velocity"], yside="right")
        self._draw_left(plt)
        self._axis(plt, self._tops[0], height)
        self._axis(plt, self._tops[1], height, side="right")
        self._times(plt)
        return self._finish(plt)

    @property
    def _xs(self) -> range:
        return range(len(self._minutes))

    def _begin(self, height: int) -> Any:
        import plotext as plt

        plt.clear_figure()
        plt.limit_size(False, False)
        plt.theme("clear")
        plt.plot_size(self._width, height)
        plt.xlim(0, len(self._minutes) - 1 + self._future)
        return plt

    def _draw_left(self, plt: Any) -> None:
        if 0 < self._detail.safety_line <= self._tops[0]:
            plt.hline(self._detail.safety_line, color=_CODES["chart-safety"])
        self._draw_ahead(plt)
        plt.plot(self._xs, self._left, marker=self._markers[0], color=_CODES["chart-remaining"])

    def _draw_ahead(self, plt: Any) -> None:
        """Where the time to come begins, the fan of what will be left, and when more can be there first."""
        if not self._ahead:
            return
        now, left = len(self._minutes) - 1, self._left[-1]
        lead = self._detail.lead_time
        if lead is not None and lead <= 60 * self._future:
            plt.vline(now + lead // 60, color=_CODES["key"])
        plt.vline(now, color=_CODES["muted"])
        xs = [now, *(now + (one.at - self._minutes[-1]) // 60 for one in self._ahead)]
        for units, colour in (
            ([one.low for one in self._ahead], "muted"),
            ([one.high for one in self._ahead], "muted"),
            ([one.middle for one in self._ahead], "chart-remaining"),
        ):
            plt.plot(xs, [left, *units], marker=self._markers[0], color=_CODES[colour])

    def _draw_marks(self, plt: Any, top: int) -> None:
        taken: set[int] = set()
        for mark in reversed(self._marks):
            look = MARKS[mark.kind]
            x = (mark.at - self._minutes[0]) // 60
            column = x * max(self._width - 8, 1) // max(len(self._minutes) - 1 + self._future, 1)
            if column in taken:
                continue
            taken.add(column)
            plt.vline(x, color=_CODES[look.tone])
            plt.text(
                look.ascii if self._ascii else look.glyph, x, top, color=_CODES[look.tone], alignment="center"
            )

    def _axis(self, plt: Any, top: int, height: int, side: str = "left") -> None:
        ticks = _ticks(top, max(2, min(6, (height - 2) // 2)))
        plt.ylim(0, top, yside=side)
        labels = [str(tick).rjust(self._label) if side == "left" else str(tick) for tick in ticks]
        plt.yticks(ticks, labels, yside=side)

    def _times(self, plt: Any) -> None:
        """Clock times at round minutes of the room's zone, far enough apart to be read."""
        room = max((self._width - 2 * self._label - 4) // 9, 1)
        minutes = [*self._minutes, *(self._minutes[-1] + 60 * n for n in range(1, self._future + 1))]
        step = next((step for step in _STEPS if len(minutes) / step <= room), _STEPS[-1])
        at = [index for index, minute in enumerate(minutes) if _minute_of_day(minute, self._zone) % step == 0]
        plt.xticks(at, [clock_time(minutes[index], self._zone) for index in at])

    def _finish(self, plt: Any) -> list[ChartLine]:
        built: str = plt.build()
        plt.clear_figure()
        return [
            _tones(line, self._width, ascii=self._ascii) for line in built.rstrip("\n").split("\n") if line
        ]

    def mark_words(self, words: Words) -> list[Piece]:
        """What the marks are, the latest first: `✖ 21:20 紧急`."""
        found: list[Piece] = []
        for mark in reversed(self._marks):
            look = MARKS[mark.kind]
            glyph = look.ascii if self._ascii else look.glyph
            text = f"{glyph} {clock_time(mark.at, self._zone)} {mark_word(mark, words)}"
            found.append((text, look.tone))
        return found


_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440)


def mark_word(mark: Mark, words: Words) -> str:
    """What a mark stands for, in one word."""
    return {
        "trend": words.mark_trend,
        "threshold": words.mark_threshold,
        "critical": words.mark_critical,
        "resolved": words.mark_resolved,
        "restock": words.mark_restock,
        "substitute": words.mark_substitute,
        "count": words.mark_count,
        "present": words.mark_present,
        "gap": words.mark_gap,
        "surge": words.mark_surge,
    }[mark.kind]


def _minute_of_day(instant: int, zone: tzinfo) -> int:
    hours, _, minutes = clock_time(instant, zone).partition(":")
    return int(hours) * 60 + int(minutes) if minutes else 0


def _step(top: int, most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … that gives at most `most` steps up to `top`."""
    scale = 1
    while True:
        for lead in (1, 2, 5):
            if top <= lead * scale * most:
                return lead * scale
        scale *= 10


def _top(values: Sequence[int]) -> int:
    """A round figure that no value exceeds, at least 1."""
    highest = max(1, *values)
    step = _step(highest, 4)
    return -(-highest // step) * step


def _ticks(top: int, most: int) -> list[int]:
    step = _step(top, most)
    return list(range(0, top + 1, step))


def _tones(line: str, width: int, *, ascii: bool) -> ChartLine:
    """A line of plotext's output as pieces: its colours become tones, everything else that isn't text is
    dropped.
    """
    pieces: list[Piece] = []
    colour = "chart-axis"
    starts = [(0, 0, ""), *((found.start(), found.end(), found.group(1)) for found in _SGR.finditer(line))]
    for (_, start, codes), (end, _, _) in pairwise([*starts, (len(line), len(line), "")]):
        if codes:
            number = codes.rpartition(";")[2]
            colour = _TONES.get(int(number), "chart-axis") if codes.startswith("38;5;") else "chart-axis"
        text = "".join(char for char in line[start:end] if char.isprintable())
        if ascii:
            text = plain_glyphs(text.translate(_ASCII_FRAME))
        if text:
            pieces.append((text, colour))
    return _trimmed(list(clipped(pieces, width)))


def _trimmed(line: list[Piece]) -> ChartLine:
    """The line without the blanks at its end."""
    while line and not line[-1][0].strip(" "):
        line = line[:-1]
    return (*line[:-1], (line[-1][0].rstrip(" "), line[-1][1])) if line else ()


def clipped(line: Sequence[Piece], width: int) -> ChartLine:
    """The line's first `width` cells, without an ellipsis."""
    left = width
    kept: list[Piece] = []
    for text, colour in line:
        size = cells(text)
        kept.append((text if size <= left else set_cell_size(text, left), colour))
        left -= min(size, left)
    return tuple(kept)
