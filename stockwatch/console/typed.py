"""What is typed on the board itself: a filter after `/`, or a link's number.

Owns the text so far and when it is complete. The board follows a filter as it is typed; a number is taken as complete
after a pause, with Enter, or when another key comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.timer import Timer

from stockwatch.console.escape import clean
from stockwatch.console.footer import Status
from stockwatch.console.keys import digit_of

if TYPE_CHECKING:
    from stockwatch.console.app import Console

JUMP_PAUSE = 0.8
"""Seconds after which a typed link number is taken as complete."""
MAX_FILTER = 80
_DIGITS = 4


class Typed:
    """The line being typed, if any."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._filter: str | None = None
        self._number = ""
        self._timer: Timer | None = None

    def takes(self, event: events.Key) -> bool:
        """Whether the key belongs to what is being typed; else it is an action's."""
        return self._filter_key(event) or self._number_key(event)

    def status(self) -> Status | None:
        """What the status line shows of it, None where nothing is being typed."""
        words = self._console.words
        if self._filter is not None:
            return Status(f"{words.filter_prompt}{self._filter}_", "typing")
        if self._number:
            return Status(f"{words.jump_prompt}{self._number}_", "typing")
        return None

    @property
    def is_filter(self) -> bool:
        """Whether a filter is being typed."""
        return self._filter is not None

    # --- a filter --------------------------------------------------------------------------------

    def begin_filter(self, text: str) -> None:
        """Go on from the filter there is."""
        self._filter = text
        self._console.show_status()

    def paste(self, text: str) -> None:
        if self._filter is not None:
            self._filter_by(self._filter + text)

    def _filter_key(self, event: events.Key) -> bool:
        """The board follows what is typed; Enter keeps the filter, Esc takes it away."""
        text = self._filter
        if text is None:
            return False
        if event.key in ("enter", "down", "up", "tab"):
            self._filter = None
            self._console.show_status()
            return event.key in ("enter", "tab")
        if event.key == "escape":
            self._filter = None
            self._console.filter_by("")
            self._console.show_status()
        elif event.key == "backspace":
            self._filter_by(text[:-1])
        elif event.key == "ctrl+u":
            self._filter_by("")
        elif event.character is not None and event.is_printable:
            self._filter_by(text + event.character)
        else:
            return False
        return True

    def _filter_by(self, text: str) -> None:
        self._filter = clean(text)[:MAX_FILTER]
        self._console.filter_by(self._filter)

    # --- a number --------------------------------------------------------------------------------

    def _number_key(self, event: events.Key) -> bool:
        digit = digit_of(event.character)
        if digit is not None:
            self._number = (self._number + digit)[-_DIGITS:]
            if self._timer is not None:
                self._timer.stop()
            self._timer = self._console.set_timer(JUMP_PAUSE, self._complete)
            self._console.show_status()
            return True
        if not self._number:
            return False
        if event.key == "enter":
            self._complete()
            return True
        if event.key in ("backspace", "escape"):
            self._number = self._number[:-1] if event.key == "backspace" else ""
            self._console.show_status()
            return True
        self._complete()
        return False

    def _complete(self) -> None:
        typed, self._number = self._number, ""
        if self._timer is not None:
            self._timer.stop()
        if typed:
            self._console.go_to_number(int(typed))
            self._console.show_status()
