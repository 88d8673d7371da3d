"""A message of the journal as it came: outside text, made harmless, laid out where it is JSON."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from stockwatch.console.dialogs.base import Line
from stockwatch.console.dialogs.records import AskingDialog
from stockwatch.console.escape import clean, lines
from stockwatch.console.words import Words, fill
from stockwatch.room.intents import Found, Show, Shown


class MessageDialog(AskingDialog):
    """A message as it came: outside text, made harmless, laid out when it is JSON."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
        Binding("enter,q", "cancel", show=False),
    ]
    DEFAULT_CSS = """
    MessageDialog {
        & > .dialog { width: 80; height: auto; }
        #scroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    }
    """

    def __init__(self, words: Words, seq: int, *, ascii: bool = False) -> None:
        super().__init__(words, ascii=ascii)
        self._seq = seq
        self._text: str | None = None

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="scroll"):
            yield Line(id="message")

    def on_mount(self) -> None:
        super().on_mount()
        self.show_title(fill(self.words.message_title, seq=self._seq))
        self.show_hint(self.words.message_keys)
        self.query_one("#scroll").focus()
        self.draw()
        self.ask()

    def on_resize(self) -> None:
        self.draw()

    def ask(self) -> None:
        self.look_up(Show(id=f"show-{self._seq}", seq=self._seq))

    def found(self, answer: Found) -> None:
        if isinstance(answer, Shown) and self.is_answer(answer):
            self._text = answer.text
            self.draw()

    def draw(self) -> None:
        """Lay it out for the width there is."""
        width = max(min(self.size.width, 80) - 6, 20)
        if self._text is None:
            written = [self.words.audit_waiting]
        elif not self._text:
            written = [self.words.message_gone]
        else:
            written = [part for line in _laid_out(self._text) for part in lines(clean(line), width) or [""]]
        self.query_one("#message", Line).show(self.text("\n".join(written)))

    def action_scroll(self, step: int) -> None:
        self.query_one("#scroll", VerticalScroll).scroll_relative(y=step, animate=False)


def _laid_out(text: str) -> list[str]:
    """JSON with a member a line, indented with a middle dot each, so that cleaning keeps the steps; else as it is."""
    try:
        written = msgspec.json.format(text, indent=2)  # token by token: what it says stays as it came
    except (msgspec.DecodeError, RecursionError):
        return text.split("\n")
    found = []
    for line in written.split("\n"):
        rest = line.lstrip(" ")
        found.append("·" * ((len(line) - len(rest)) // 2) + (" " if rest != line else "") + rest)
    return found
