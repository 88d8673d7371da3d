"""The help screen: what every key does, from the action registry, and what the columns, tiers and words mean.

Given the registry and the keys in force; holds no list of keys of its own. Scrolls; Esc, `?` or F1 closes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from stockwatch.console.chart import MARKS, ChartLine, mark_word
from stockwatch.console.dialogs.base import Dialog, Line
from stockwatch.console.escape import clean, fit, lines, plain_glyphs
from stockwatch.console.keys import Action, key_label
from stockwatch.console.tones import piece_style
from stockwatch.console.words import Words, say, tier_full, tier_glyph
from stockwatch.room.view import Mark, Text

_KEYS_WIDTH = 13
_NAME_WIDTH = 12
_TERM_WIDTH = 10


def help_lines(
    actions: Sequence[Action],
    keys_of: Mapping[str, tuple[str, ...]],
    width: int,
    words: Words,
    *,
    ascii: bool,
) -> list[ChartLine]:
    """All of the help in lines of at most `width` cells."""
    writer = _Writer(width, words, ascii=ascii)
    writer.title(words.help_keys)
    for action in actions:
        keys = keys_of.get(action.id, action.keys)
        if keys:
            writer.key(keys, say(action.label, words), say(action.about, words))
    writer.note(words.help_ime)
    writer.note(words.help_own_keys)
    writer.title(words.help_tiers)
    for tier, about in ((1, words.help_trend), (2, words.help_threshold), (3, words.help_critical)):
        name = f"{tier_glyph(tier, ascii=ascii)} {tier_full(tier, words)}"
        writer.term(name, about, f"tier:{tier}", name_width=30)
    writer.title(words.help_columns)
    for name, about in _columns(words):
        writer.term(name, about, "key")
    glyphs = [
        f"{look.ascii if ascii else look.glyph} {mark_word(Mark(0, kind, Text('', '')), words)}"  # type: ignore[arg-type]
        for kind, look in MARKS.items()
    ]
    writer.note(f"{words.help_marks}: {'  '.join(glyphs)}")
    return writer.written


def _columns(words: Words) -> tuple[tuple[str, str], ...]:
    w = words
    return (
        (w.sellable, w.help_sellable),
        (w.available, w.help_available),
        (w.reserved, w.help_reserved),
        (w.held, w.help_held),
        (w.in_transit, w.help_in_transit),
        (w.quarantined, w.quarantined_full),
        (w.shortfall, w.help_shortfall),
        (w.velocity, w.help_velocity),
        (w.eta, w.help_eta),
        (w.broken, w.help_broken),
        (w.stale, w.help_stale),
    )


class _Writer:
    def __init__(self, width: int, words: Words, *, ascii: bool) -> None:
        self.written: list[ChartLine] = []
        self._width = width
        self._words = words
        self._ascii = ascii

    def title(self, text: str) -> None:
        if self.written:
            self.written.append((("", ""),))
        self.written.append(((text, "heading"),))

    def key(self, keys: Sequence[str], name: str, about: str) -> None:
        labels = [key_label(key, zh=self._words.language == "zh") for key in keys]
        shown = " ".join(dict.fromkeys(label for label in labels if label.isascii() or not self._ascii))
        self._row(((clean(shown), _KEYS_WIDTH, "key"), (clean(name), _NAME_WIDTH, "strong")), clean(about))

    def term(self, name: str, about: str, colour: str, name_width: int = _TERM_WIDTH) -> None:
        self._row(((name, name_width, colour),), about)

    def note(self, text: str) -> None:
        self._row((), text)

    def _row(self, heads: Sequence[tuple[str, int, str]], about: str) -> None:
        """Heads in columns, and the explanation beside them, broken into lines under each other."""
        pieces = [(fit(f"  {text}", width, ascii=self._ascii), colour) for text, width, colour in heads]
        indent = sum(width for _, width, _ in heads) or 2
        if not heads:
            pieces = [("  ", "")]
        room = max(self._width - indent - 1, 8)
        broken = lines(plain_glyphs(about) if self._ascii else about, room) or [""]
        self.written.append((*pieces, (f" {broken[0]}" if heads else broken[0], "")))
        for line in broken[1:]:
            self.written.append(((" " * (indent + (1 if heads else 0)), ""), (line, "")))


class HelpScreen(Dialog[None]):
    """Keys and words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark,fullwidth_question_mark,q,enter", "cancel", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen {
        & > .dialog { width: 80; height: 100%; }
        #scroll { height: 1fr; scrollbar-size-vertical: 1; }
        &.-ascii #scroll { scrollbar-size-vertical: 0; }
        .hint { margin-top: 0; }
    }
    """

    def __init__(
        self,
        words: Words,
        actions: Sequence[Action],
        keys_of: Mapping[str, tuple[str, ...]],
        *,
        ascii: bool = False,
    ) -> None:
        """`keys_of`: the keys in force by action id, as the keymap has them."""
        super().__init__(words, ascii=ascii)
        self._actions = actions
        self._keys_of = keys_of

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="scroll"):
            yield Line(id="text")

    def on_mount(self) -> None:
        super().on_mount()
        self.show_title(self.words.help_title)
        self.show_hint(self.words.help_close)
        self.query_one("#scroll").focus()

    def on_resize(self) -> None:
        width = max(min(self.size.width, 80) - 6, 20)
        written = help_lines(self._actions, self._keys_of, width, self.words, ascii=self.ascii)
        variables = self.app.theme_variables
        self.query_one("#text", Line).show(
            Content("\n").join(
                Content.assemble(*((text, piece_style(colour, variables)) for text, colour in line))
                for line in written
            )
        )

    def action_scroll(self, step: int) -> None:
        self.query_one("#scroll", VerticalScroll).scroll_relative(y=step, animate=False)
