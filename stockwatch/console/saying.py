"""What is said to the person: a message in the status line for a while, else why the selected link warns; and the bell.

Owns the message, how long it stands, and which of the hub's calls have been heeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.timer import Timer

from stockwatch.console.escape import cells, clean
from stockwatch.console.footer import Status, StatusLine, Tone
from stockwatch.console.words import fill, say, tier_glyph
from stockwatch.room.view import ActionRow, CallRow, RestockRow

if TYPE_CHECKING:
    from stockwatch.console.app import Console

MESSAGE_SECONDS = 8.0
TIER_TONES: tuple[Tone, ...] = ("plain", "trend", "threshold", "critical")


class Sayer:
    """Says one thing at a time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._message: Status | None = None
        self._deed: Status | None = None
        """The message, while it is of what somebody else did."""
        self._timer: Timer | None = None
        self._heeded = 0
        """The number of the last call."""
        self._has_moved = False

    def say(self, text: str, tone: Tone = "plain", glyph: str = "") -> None:
        """Say something, cleaned already; it gives way to the selected link's reason after a while."""
        self._message, self._deed = Status(text, tone, glyph), None
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._console.set_timer(MESSAGE_SECONDS, self._over)
        self.show()

    def _over(self) -> None:
        self._message = self._deed = None
        self.show()

    def moved(self) -> None:
        """The cursor is on another line: what was said gives way."""
        # The first line under the cursor is nobody's move: what was said at the start stays.
        if self._has_moved:
            self._message = self._deed = None
        self._has_moved = True
        self.show()

    def heed(self, call: CallRow | None, *, ring: bool) -> None:
        """Ring and say what interrupts, once; what came before this console did is on the board. A room that begins
        anew counts anew."""
        number = 0 if call is None else call.number
        newer, self._heeded = number > self._heeded, number
        if call is not None and newer and ring:
            settings = self._console.settings
            glyph = tier_glyph(call.tier, ascii=settings.ascii)
            self.say(clean(say(call.text, self._console.words)), TIER_TONES[call.tier], glyph)
            if settings.bell:
                self._console.bell()

    def hear_of(self, before: Sequence[RestockRow], now: Sequence[RestockRow]) -> None:
        """Say what a webhook has brought: nobody looks at a restock that was sent off."""
        words = self._console.words
        stood = {row.document: row.told_as for row in before}
        for row in now:
            if row.told is None or row.told_as in (None, "waiting", stood.get(row.document)):
                continue
            told = clean(say(row.told, words))
            text = fill(words.restock_told, title=clean(row.title), qty=row.qty, told=told)
            self.say(text, "good" if row.told_as == "good" else "bad")
            if row.told_as == "bad" and self._console.settings.bell:
                self._console.bell()

    def others_did(self, before: Sequence[ActionRow], now: Sequence[ActionRow]) -> None:
        """Say what somebody else has just done, unless something else is being said."""
        newer = [row for row in now if row not in before and row.by not in ("", self._console.by)]
        if newer and self._message == self._deed:
            self.say(clean(f"{newer[-1].by}: {say(newer[-1].what, self._console.words)}"))
            self._deed = self._message

    def show(self) -> None:
        """Show in the status line what is to be said now."""
        screens = self._console.screen_stack
        if screens and screens[0].query("#status"):
            line = screens[0].query_one("#status", StatusLine)
            line.show(self._status(line))

    def _status(self, status_line: StatusLine) -> Status:
        console = self._console
        typed = console.typed.status()
        if typed is not None:
            if console.typed.is_filter:
                console.cursor_position = Offset(cells(typed.text[:-1]) + 1, status_line.region.y)
            return typed
        if self._message is not None:
            return self._message
        view, line = console.shown, console.board.line
        if view is None or line is None:
            return Status()
        mine = [
            alert for alert in view.alerts if alert.listing == line.link.listing and alert.state != "resolved"
        ]
        if not mine:
            return Status()
        worst = max(mine, key=lambda alert: alert.tier)
        text = clean(say(worst.reason, console.words))
        return Status(text, TIER_TONES[worst.tier], tier_glyph(worst.tier, ascii=console.settings.ascii))
