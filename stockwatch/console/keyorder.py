"""Keys take effect in the order in which they were pressed.

Textual hands every key at once to whatever has the focus, and carries out its binding only when the key has
bubbled back to the app: a key that follows within that time goes to the widget that had the focus before. Over
SSH, where keys arrive in bunches, `/kn` would lose its first letters, or move a selection with them. Here the next
key waits until the one before it has been carried out, together with the message that it caused.

A key is known to be carried out when a mark that was sent after it, along the same way, is back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from textual import events
from textual.app import App
from textual.message import Message
from textual.widget import Widget

_WAY_LOST = 0.25
"""Seconds after which a mark is held for lost: the widget it went through is gone."""


class Mark(Message, bubble=True, verbose=True, namespace="keys"):
    """Follows a key; `left` more rounds are to go."""

    def __init__(self, number: int, left: int) -> None:
        super().__init__()
        self.number = number
        self.left = left


class KeysInOrder(App[int]):
    """An app whose keys never overtake each other."""

    _ROUNDS = 2
    """One for the key, one for the message that its action posts (a field's Submitted)."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._waiting: deque[events.Key] = deque()
        self._number = 0
        self._way_lost: asyncio.TimerHandle | None = None

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._waiting.append(event)
            if self._way_lost is None:
                await self._next_key()
        else:
            await super().on_event(event)

    async def _next_key(self) -> None:
        if not self._waiting:
            return
        self._number += 1
        loop = asyncio.get_running_loop()
        self._way_lost = loop.call_later(_WAY_LOST, self.post_message, Mark(self._number, 0))
        way = self._way
        await super().on_event(self._waiting.popleft())
        way.post_message(Mark(self._number, self._ROUNDS))

    @property
    def _way(self) -> Widget:
        return self.focused or self.screen

    async def on_keys_mark(self, mark: Mark) -> None:
        mark.stop()
        if mark.number != self._number:
            return
        if mark.left > 1:
            self._way.post_message(Mark(mark.number, mark.left - 1))
            return
        if self._way_lost is not None:
            self._way_lost.cancel()
            self._way_lost = None
        await self._next_key()
