"""The two lines at the bottom: what just came of something (or why the selected link warns), and the keys.

Pure text plus two small widgets. Nothing here expires by itself: the console decides what is said and for
how long.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from stockwatch.console.columns import Piece
from stockwatch.console.escape import cells, fit
from stockwatch.console.keys import BY_ID, FOOTER, FOOTER_ALWAYS, Keymap
from stockwatch.console.words import Words

Tone = Literal["plain", "good", "bad", "typing", "trend", "threshold", "critical"]
TONES: tuple[Tone, ...] = ("plain", "good", "bad", "typing", "trend", "threshold", "critical")


class Status(msgspec.Struct, frozen=True):
    """One line: a mark, and the text it colours."""

    text: str = ""
    """Cleaned."""
    tone: Tone = "plain"
    mark: str = ""


class StatusLine(Widget):
    """Says one thing at a time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"status--{tone}" for tone in TONES}

    def __init__(self, *, ascii: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ascii = ascii
        self.status = Status()

    def show(self, status: Status) -> None:
        """Say this; draws only when it differs."""
        if status != self.status:
            self.status = status
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        plain = self.get_component_rich_style("status--plain")
        tone = self.get_component_rich_style(f"status--{self.status.tone}")
        mark = f" {self.status.mark} " if self.status.mark else " "
        text = fit(self.status.text, width - cells(mark), ascii=self._ascii)
        text_style = tone if self.status.tone in ("good", "bad", "typing") else plain
        return Strip([Segment(mark, tone), Segment(text, text_style)]).adjust_cell_length(width, plain)


def key_pieces(
    keymap: Keymap, words: Words, width: int, *, read_only: bool, replay: bool
) -> list[tuple[str, Piece, Piece]]:
    """(action, key, label) from the left: the most important ones that fit, help and quit among them."""
    zh = words.language == "zh"
    possible: dict[str, tuple[Piece, Piece]] = {}
    for name in FOOTER:
        action = BY_ID[name]
        key = keymap.shown(name, zh=zh)
        if key and not (read_only and action.changes) and (replay or not action.replay_only):
            label = action.label.zh if zh else action.label.en
            possible[name] = (key, "key"), (f" {label}  ", "label")
    room = width - 1
    kept: set[str] = set()
    for name in sorted(possible, key=lambda name: name not in FOOTER_ALWAYS):
        key_piece, label_piece = possible[name]
        # The two blanks after the last one may be cut.
        if cells(key_piece[0] + label_piece[0]) - 2 <= room:
            room -= cells(key_piece[0] + label_piece[0])
            kept.add(name)
    return [(name, *pieces) for name, pieces in possible.items() if name in kept]


class KeyBar(Widget):
    """The hotkeys; a click does what the key does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--label"}

    class Pressed(Message):
        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, keymap: Keymap, words: Words, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keymap = keymap
        self._words = words
        self._read_only = False
        self._replay = False

    def show(self, *, read_only: bool, replay: bool) -> None:
        """Leave out what can't be done here."""
        if (read_only, replay) != (self._read_only, self._replay):
            self._read_only, self._replay = read_only, replay
            self.refresh()

    def relook(self, words: Words) -> None:
        self._words = words
        self.refresh()

    def _pieces(self) -> list[tuple[str, Piece, Piece]]:
        return key_pieces(
            self._keymap, self._words, self.size.width, read_only=self._read_only, replay=self._replay
        )

    def render_line(self, y: int) -> Strip:
        key_style = self.get_component_rich_style("keys--key")
        label_style = self.get_component_rich_style("keys--label")
        segments = [Segment(" ", label_style)]
        for _, key, label in self._pieces():
            segments += [Segment(key[0], key_style), Segment(label[0], label_style)]
        return Strip(segments).adjust_cell_length(self.size.width, label_style)

    def on_click(self, event: events.Click) -> None:
        x = 1
        for name, key, label in self._pieces():
            end = x + cells(key[0]) + cells(label[0])
            if x <= event.x < end:
                self.post_message(self.Pressed(name))
                return
            x = end
