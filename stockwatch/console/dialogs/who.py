"""Who is acting: the name written beside each action. Remembers nothing; returns the name, or None to
only watch.
"""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from stockwatch.console.dialogs.base import Dialog, Line
from stockwatch.console.dialogs.entry import Entry
from stockwatch.console.words import Words, fill

LONGEST_NAME = 32


class WhoDialog(Dialog[str]):
    """Ask for a name."""

    def __init__(self, words: Words, suggestion: str = "", *, ascii: bool = False) -> None:
        """`suggestion`: what Enter alone takes, e.g. the name given last time."""
        super().__init__(words, ascii=ascii)
        self._suggestion = suggestion[:LONGEST_NAME]

    def compose_body(self) -> ComposeResult:
        yield Line(self.text(self.words.who_text))
        with Horizontal(classes="field gap"):
            yield Line(self.words.who_name, classes="label")
            yield Entry(self._suggestion, id="name", max_length=4 * LONGEST_NAME)

    def on_mount(self) -> None:
        super().on_mount()
        self.show_title(self.words.who_title)
        self.show_hint(self.words.who_keys)
        self.query_one("#name", Entry).select_all()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.show_wrong("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        name = " ".join(event.value.split())
        if not name:
            self.show_wrong(self.words.who_missing)
        elif len(name) > LONGEST_NAME:
            self.show_wrong(fill(self.words.who_too_long, most=LONGEST_NAME))
        else:
            self.dismiss(name)
