"""What the audit trail and the work list share: a full screen of rows, what is known of the selected one, a line of
text to type, and the message behind a row.

Owns moving about and typing. A screen asks for more by posting `Looks` to the app, which hands the answer back through
`found`; it never talks to the hub.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message

from stockwatch.console.dialogs.base import Dialog, Line
from stockwatch.console.dialogs.entry import Entry
from stockwatch.console.dialogs.rows import Row, Rows
from stockwatch.console.escape import lines
from stockwatch.console.words import Words
from stockwatch.room.intents import Found, Look

MAX_TYPED = 120
_ABOUT_LINES = 4


class Looks(Message):
    """A screen wants something looked up; the answer comes to its `found`."""

    def __init__(self, dialog: AskingDialog, request: Look) -> None:
        super().__init__()
        self.dialog = dialog
        self.request = request


class AskingDialog(Dialog[None]):
    """Shows what the hub is asked for; only the answer to the latest question counts."""

    def __init__(self, words: Words, *, ascii: bool = False) -> None:
        super().__init__(words, ascii=ascii)
        self._asked: str | None = None
        """The id of the request whose answer counts."""
        self.answered_once = False
        self.cut = False
        """The line to the hub is broken: what is shown may be old."""

    def ask(self) -> None:
        """Ask for what is to be shown."""
        raise NotImplementedError

    def found(self, answer: Found) -> None:
        """Take in an answer."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what there is."""
        raise NotImplementedError

    def cut_off(self) -> None:
        """The line broke; it is asked again when the hub is back."""
        self._asked = None
        self.cut = True
        self.draw()

    def reattached(self) -> None:
        """The hub is back."""
        self.cut = False
        self.ask()
        self.draw()

    def look_up(self, request: Look) -> None:
        """Ask; an answer to an earlier question no longer counts."""
        self._asked = request.id
        self.post_message(Looks(self, request))

    def is_answer(self, answer: Found) -> bool:
        """Whether this is what was asked for last."""
        if answer.id != self._asked:
            return False
        self._asked = None
        self.answered_once = True
        return True

    @property
    def waiting(self) -> bool:
        return self._asked is not None


class _Typed(Entry):
    """The field of a records dialog."""

    async def action_submit(self) -> None:
        """At once, by no message: keys that were typed ahead of what Enter does don't belong to the field."""
        dialog = self.screen
        assert isinstance(dialog, RecordsDialog)
        dialog.submit(self.value)


class RecordsDialog(AskingDialog):
    """Rows on a full screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "first", show=False),
        Binding("end,G", "last", show=False),
        Binding("enter", "message", show=False),
        Binding("q", "cancel", show=False),
    ]
    DEFAULT_CSS = """
    RecordsDialog {
        & > .dialog { width: 100%; height: 100%; }
        #head { color: $muted; height: 1; }
        #state { height: 1; color: $tier-threshold; }
        #rows { height: 1fr; }
        #empty { height: 1fr; }
        #about { height: auto; max-height: 5; margin-top: 0; border-top: solid $border; }
        &.-ascii #about { border-top: ascii $border; }
        #typing { height: 1; }
        #typing .label { width: auto; }
        .hint { margin-top: 0; }
    }
    """

    def compose_body(self) -> ComposeResult:
        yield Line(id="state")
        yield Line(id="head")
        yield Rows(limit=None, ascii=self.ascii, id="rows")
        yield Line(id="empty")
        yield Line(id="about")
        with Horizontal(id="typing"):
            yield Line(id="prompt", classes="label")
            yield _Typed(id="typed", max_length=MAX_TYPED)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#typing").display = False
        self.rows.can_focus = True
        self.rows.focus()
        self.draw()
        self.ask()

    def on_resize(self) -> None:
        self.draw()

    @property
    def rows(self) -> Rows:
        return self.query_one("#rows", Rows)

    @property
    def width(self) -> int:
        """Cells that a row may take, its mark left out."""
        return max(self.size.width - 6, 20)

    # --- what a screen adds ----------------------------------------------------------------------

    def seq_of(self, index: int) -> int:
        """The journal's place of the message behind a row, 0 where there is none."""
        raise NotImplementedError

    def moved(self) -> None:
        """Another row is selected."""

    def typed(self, text: str) -> None:
        """A line of text is complete."""

    # --- showing ---------------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[Row], empty: str, index: int | None = None) -> None:
        self.rows.show(rows, index)
        self.rows.display = bool(rows)
        line = self.query_one("#empty", Line)
        line.display = not rows
        line.show(self.text(empty if self.answered_once else self.words.audit_waiting))

    def show_head(self, text: str) -> None:
        self.query_one("#head", Line).show(self.text(text))

    def show_state(self, text: str) -> None:
        """What is to be known about all rows; first of all that they may be old."""
        text = "  ".join(part for part in (self.words.records_cut if self.cut else "", text) if part)
        line = self.query_one("#state", Line)
        line.show(self.text(text))
        line.display = bool(text)

    def show_about(self, text: str) -> None:
        """All that is known of the selected row, in a few lines."""
        broken = lines(text, max(self.size.width - 4, 20), _ABOUT_LINES)
        line = self.query_one("#about", Line)
        line.show(self.text("\n".join(broken)))
        line.display = bool(text)

    # --- moving ----------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        self.rows.move(step)

    def action_page(self, step: int) -> None:
        self.rows.move(step * max(self.rows.size.height - 1, 1))

    def action_first(self) -> None:
        self.rows.select(0)

    def action_last(self) -> None:
        self.rows.move(1_000_000)

    @on(Rows.Selected)
    def _selected(self, event: Rows.Selected) -> None:
        event.stop()
        self.moved()

    def action_message(self) -> None:
        seq = self.seq_of(self.rows.index)
        if seq:
            from stockwatch.console.dialogs.message import MessageDialog

            self.app.push_screen(MessageDialog(self.words, seq, ascii=self.ascii))

    # --- typing ----------------------------------------------------------------------------------

    @property
    def is_typing(self) -> bool:
        return bool(self.query_one("#typing").display)

    def type_in(self, prompt: str, value: str = "") -> None:
        """Let a line of text be typed; `typed` gets it."""
        self.query_one("#prompt", Line).show(self.text(prompt))
        self.query_one("#typing").display = True
        entry = self.query_one("#typed", Entry)
        entry.value = value
        # At once: keys that were typed ahead belong to the field.
        self.set_focus(entry)

    def _stop_typing(self) -> None:
        self.query_one("#typing").display = False
        self.set_focus(self.rows)
        self.draw()

    def submit(self, value: str) -> None:
        """The line is done."""
        self._stop_typing()
        self.typed(" ".join(value.split()))

    def action_cancel(self) -> None:
        if self.is_typing:
            self._stop_typing()
        else:
            super().action_cancel()
