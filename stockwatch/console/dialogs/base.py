"""What all dialogs share: the frame, a title, a line for what is wrong, the keys, Esc for "no".

Owns layout and the wording's language; a dialog adds its own body and decides when it is done. Fits
80x24. All texts are drawn as plain text; whatever comes from outside goes through `clean` first.
"""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from stockwatch.console.escape import plain_glyphs
from stockwatch.console.words import Words

Result = TypeVar("Result")
MOST = 2**31 - 1
"""All figures are below 2^31 in size."""


class Line(Static):
    """One or more lines of plain text."""

    DEFAULT_CSS = "Line { height: auto; width: 1fr; }"

    def __init__(
        self, text: str | Content = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(self._content(text), id=id, classes=classes)

    def show(self, text: str | Content) -> None:
        """Show this text; nothing is redrawn when it is what stands there."""
        content = self._content(text)
        if content != self.content:
            self.update(content)

    @staticmethod
    def _content(text: str | Content) -> Content:
        return text if isinstance(text, Content) else Content(text)


class Dialog(ModalScreen[Result | None], Generic[Result]):
    """A modal dialog; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("ctrl+l", "app.repaint", show=False),
    ]
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: transparent;
        & > .dialog {
            width: 76;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            border: round $border;
            background: $surface;
            color: $foreground;
        }
        &.-ascii > .dialog { border: ascii $border; }
        .title { text-style: bold; color: $heading; }
        .hint { color: $muted; margin-top: 1; }
        .wrong { color: $tier-critical; text-style: bold; }
        .field { height: 1; margin-top: 0; }
        .label { width: 19; }
        .gap { margin-top: 1; }
        .say { color: $key; }
    }
    """

    def __init__(self, words: Words, *, ascii: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii else "")
        self.words = words
        self.ascii = ascii

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Line(id="title", classes="title")
            yield from self.compose_body()
            yield Line(id="wrong", classes="wrong")
            yield Line(id="hint", classes="hint")

    def compose_body(self) -> ComposeResult:
        """The dialog's own widgets."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.query_one("#wrong").display = False

    def text(self, own: str) -> str:
        """One of our own sentences, in ASCII marks where the terminal needs that."""
        return plain_glyphs(own) if self.ascii else own

    def show_title(self, title: str) -> None:
        self.query_one("#title", Line).show(self.text(title))

    def show_hint(self, hint: str) -> None:
        self.query_one("#hint", Line).show(self.text(hint))

    def show_wrong(self, message: str) -> None:
        """Say what keeps the dialog from being sent; the empty text takes the line away."""
        line = self.query_one("#wrong", Line)
        line.show(self.text(message))
        line.display = bool(message)

    def action_cancel(self) -> None:
        self.dismiss(None)
