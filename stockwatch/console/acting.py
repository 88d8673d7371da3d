"""What a person asks of the room: dialogs, intents, and what came of them.

Owns the intents on their way. "Done" is said only when the hub has answered; an intent whose line was cut is
asked again under the same id (which the hub answers once) if the line is back soon, and else reported as
unanswered.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from stockwatch.console.escape import clean
from stockwatch.console.keys import BY_ID
from stockwatch.console.link import NotAttached
from stockwatch.console.words import fill, say
from stockwatch.room.intents import (
    Acknowledge,
    Answer,
    Intent,
    Present,
    Proposal,
    Speed,
    Stop,
)

if TYPE_CHECKING:
    from stockwatch.console.app import Console

ASK_AGAIN_WITHIN = 10.0
"""Seconds of a cut line after which an intent is no longer asked again: what was meant then may be wrong
now.
"""
WAIT_BEFORE_SAYING = 0.7
"""Seconds until "no answer yet" is said; usually the answer is there long before."""
SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 600.0, 0.0)
"""Of a replay, slowest first; 0 is flat out."""


class Pending:
    """An intent on its way."""

    __slots__ = ("intent", "label", "since")

    def __init__(self, intent: Intent, label: str, since: float) -> None:
        self.intent = intent
        self.label = label
        self.since = since


class Actor:
    """Turns actions into intents and answers into words."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pending: dict[str, Pending] = {}
        self._cut_at: float | None = None
        self.hub_read_only = False

    # --- actions ---------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Carry out an action that concerns the room."""
        console = self._console
        if BY_ID[name].changes and console.read_only:
            console.say(console.words.read_only_refused, "bad")
            return
        if BY_ID[name].replay_only and not (console.view and console.view.header.mode == "REPLAY"):
            return
        handler: Callable[[], None] | None = getattr(self, f"_do_{name}", None)
        if handler is not None:
            handler()

    def _do_acknowledge(self) -> None:
        console = self._console
        line = console.board.line
        if line is None:
            console.say(console.words.no_selection, "bad")
        elif line.link.alert != "open":
            console.say(console.words.nothing_to_acknowledge)
        else:
            self.ask(
                Acknowledge(id=new_id(), by=console.by, listing=line.link.listing),
                console.words.do_acknowledge,
            )

    def _do_present(self) -> None:
        console = self._console
        line = console.board.line
        if line is None:
            console.say(console.words.no_selection, "bad")
            return
        listing = None if line.link.presenting is not None else line.link.listing
        self.ask(Present(id=new_id(), by=console.by, listing=listing), console.words.do_present)

    def _do_faster(self) -> None:
        self._step_speed(1)

    def _do_slower(self) -> None:
        self._step_speed(-1)

    def _step_speed(self, step: int) -> None:
        view = self._console.view
        assert view is not None
        now = view.header.speed
        at = min(range(len(SPEEDS)), key=lambda index: _speed_distance(SPEEDS[index], now))
        self._send(Speed(factor=SPEEDS[max(0, min(len(SPEEDS) - 1, at + step))]))

    def _do_quit(self) -> None:
        self._console.leave()

    # --- intents and answers ---------------------------------------------------------------------

    def ask(self, intent: Intent, label: str) -> None:
        """Send an intent, and wait for its answer. `label` is what is said about it, cleaned."""
        console = self._console
        self._pending[intent.id] = Pending(intent, label, _now())
        self._send(intent)
        console.set_timer(WAIT_BEFORE_SAYING, lambda: self._still_waiting(intent.id))

    def _still_waiting(self, id: str) -> None:
        pending = self._pending.get(id)
        if pending is not None:
            self._console.say(fill(self._console.words.unanswered, what=pending.label))

    def _send(self, request: Intent | Speed | Stop) -> None:
        self._console.run_worker(self._deliver(request), name="send", exit_on_error=True)

    async def _deliver(self, request: Intent | Speed | Stop) -> None:
        console = self._console
        try:
            await console.link.send(request)
        except NotAttached:
            id = getattr(request, "id", None)
            pending = self._pending.pop(id, None) if id else None
            if pending is not None:
                console.say(fill(console.words.failed, what=pending.label), "bad")

    def answered(self, answer: Answer) -> None:
        """The hub has answered an intent."""
        pending = self._pending.pop(answer.id, None)
        if pending is None:
            return
        words = self._console.words
        what = clean(say(answer.message, words)) or pending.label
        self._console.say(
            fill(words.done if answer.ok else words.failed, what=what), "good" if answer.ok else "bad"
        )

    def proposed(self, proposal: Proposal) -> None:
        """The hub has worked out a proposal."""

    def cut_off(self) -> None:
        """The line broke."""
        self._cut_at = _now()

    def attached(self, *, first: bool) -> None:
        """The line is there (again), with a fresh picture."""
        cut_at, self._cut_at = self._cut_at, None
        waiting, self._pending = self._pending, {}
        soon = cut_at is not None and _now() - cut_at <= ASK_AGAIN_WITHIN
        for pending in waiting.values():
            if soon:
                self.ask(pending.intent, pending.label)
            else:
                self._console.say(fill(self._console.words.unanswered, what=pending.label), "bad")

    async def stop_room(self) -> None:
        """Stop the hub."""
        try:
            await self._console.link.send(Stop())
        except NotAttached:
            pass


def new_id() -> str:
    """An id that no other intent has."""
    return secrets.token_hex(8)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _speed_distance(speed: float, now: float) -> float:
    far = 1e9
    return abs((speed or far) - (now or far))
