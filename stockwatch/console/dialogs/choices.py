"""Dialogs that are one question with a few answers: quit, theme.

The answer in front is the one that does no harm. Digits and arrows only select; Enter does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, Literal, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from stockwatch.console.dialogs.base import Dialog, Line
from stockwatch.console.dialogs.entry import digits
from stockwatch.console.dialogs.rows import Rows
from stockwatch.console.escape import clean
from stockwatch.console.words import Words, fill

QuitChoice = Literal["leave", "stop"]
Answer = TypeVar("Answer")


class Question(Dialog[Answer], Generic[Answer]):
    """A question; each answer is a text and what the dialog returns for it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+tab", "move(-1)", show=False),
        Binding("down,tab", "move(1)", show=False),
        Binding("enter", "answer", show=False),
    ]

    def __init__(
        self,
        words: Words,
        title: str,
        text: str,
        answers: Sequence[tuple[str, Answer | None]],
        *,
        selected: int = 0,
        ascii: bool = False,
    ) -> None:
        """`title`, `text` and the answers' texts are cleaned already."""
        super().__init__(words, ascii=ascii)
        self._title, self._text, self._answers, self._selected = title, text, list(answers), selected

    def compose_body(self) -> ComposeResult:
        yield Line(id="text")
        yield Rows(limit=14, ascii=self.ascii, id="answers")

    def on_mount(self) -> None:
        super().on_mount()
        self.show_title(self._title)
        text = self.query_one("#text", Line)
        text.show(self.text(self._text))
        text.display = bool(self._text)
        rows = [self.text(f"{number}  {text}") for number, (text, _) in enumerate(self._answers, 1)]
        self.query_one("#answers", Rows).show(rows, self._selected)
        self.show_hint(self.words.choice_keys)

    def action_move(self, step: int) -> None:
        self.query_one("#answers", Rows).move(step)

    def on_key(self, event: events.Key) -> None:
        number = digits(event.character or "")
        if len(number) == 1:
            event.stop()
            self.query_one("#answers", Rows).select(int(number) - 1)

    @on(Rows.Selected)
    def _moved(self, event: Rows.Selected) -> None:
        event.stop()
        self.selection_changed(self._answers[event.index][1])

    def selection_changed(self, answer: Answer | None) -> None:
        """Another answer is selected; nothing has been decided."""

    def action_answer(self) -> None:
        self.dismiss(self._answers[self.query_one("#answers", Rows).index][1])


class QuitDialog(Question[QuitChoice]):
    """Leave the room running, stop it, or stay.

    A live room runs on by default; a replay ends with its console by default, as nothing is lost by that.
    """

    def __init__(self, words: Words, room: str, *, replay: bool = False, ascii: bool = False) -> None:
        w = words
        leave: tuple[str, QuitChoice | None] = (w.quit_leave_replay if replay else w.quit_leave, "leave")
        stop: tuple[str, QuitChoice | None] = (w.quit_stop_replay if replay else w.quit_stop, "stop")
        stay: tuple[str, QuitChoice | None] = (w.quit_cancel, None)
        super().__init__(
            words,
            w.quit_title,
            fill(w.quit_replay_text if replay else w.quit_live_text, room=clean(room)),
            [stop, leave, stay] if replay else [leave, stop, stay],
            ascii=ascii,
        )


class ThemeDialog(Question[str]):
    """Choose a theme by name. Posts `Preview` as the selection moves; after None the app goes back to
    the old one.
    """

    class Preview(Message):
        """Show this theme for the moment."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, words: Words, names: Sequence[str], current: str, *, ascii: bool = False) -> None:
        selected = names.index(current) if current in names else 0
        super().__init__(
            words,
            words.theme_title,
            "",
            [(clean(name), name) for name in names],
            selected=selected,
            ascii=ascii,
        )

    def selection_changed(self, answer: str | None) -> None:
        if answer is not None:
            self.post_message(self.Preview(answer))
