"""Orders that a platform named and that wait for their details (待查明细), and who hears what comes of each.

However often an order is named while it waits it is asked for once, and by one at a time. A message that came before is
known by its name. Never waits to take a name: what is too much is left to polling.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from stockwatch.channels.memory import Remembered
from stockwatch.channels.wire import Nudge

MAX_PENDING = 50_000
"""Orders that wait at most."""
_BUSY_S = 0.2
"""Seconds until it is looked again whether an order's fetch is over."""


class NotTaken(NamedTuple):
    """Why an order that was named is not told."""

    reason: str
    for_good: bool
    """Asking again brings the same, as far as can be seen."""


Heard = Callable[[NotTaken | None], None]
"""Called once with what came of an order that was named; None: it is told as it was when it was named, but for a second
change within one second, which the next poll brings."""
_TOO_MANY = NotTaken("too many orders wait for their details", for_good=False)


class Named:
    """An order that is being asked for."""

    __slots__ = ("nudge", "outcome")

    def __init__(self, nudge: Nudge) -> None:
        self.nudge = nudge
        self.outcome: NotTaken | None = None
        """What its messages hear; None: told."""


class _Held(NamedTuple):
    nudge: Nudge
    heard: tuple[tuple[str, Heard], ...] = ()
    """Who waits to hear of it, with the message that each of them brought."""


class Waiting:
    """One channel's."""

    def __init__(self, remembered: int) -> None:
        """`remembered`: messages that are known again."""
        self.repeated = 0
        """Messages that had come before."""
        self._pending: dict[str, _Held] = {}
        self._asked: dict[str, _Held] = {}
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._messages: Remembered[str, bool] = Remembered(remembered)

    def __len__(self) -> int:
        return len(self._pending) + len(self._asked)

    def name(self, nudge: Nudge, heard: Heard | None = None) -> None:
        """A push names it."""
        if nudge.message and self._messages.get(nudge.message):
            self.repeated += 1
            self._hear_too(nudge, heard)
            return
        if nudge.order not in self._pending and len(self._pending) >= MAX_PENDING:
            if heard is not None:
                heard(_TOO_MANY)
            return
        if nudge.message:
            self._messages.put(nudge.message, True)
        self._hold(_Held(nudge, () if heard is None else ((nudge.message, heard),)), 0.0)

    def again(self, nudge: Nudge, delay_s: float) -> None:
        """Ask for it in so many seconds, or when it is asked for anyway."""
        self._hold(_Held(nudge), delay_s)

    @contextmanager
    def asking(self, order: str) -> Iterator[Named | None]:
        """One that `next` brought, until its messages have heard; None where somebody else asks for it, so that it
        waits: what that one brings may be of before this was named."""
        held = self._pending.pop(order)
        if order in self._asked:
            self._hold(held, _BUSY_S)
            yield None
            return
        self._asked[order] = held
        named = Named(held.nudge)
        try:
            yield named
        finally:
            held = self._asked.pop(order)
        for message, heard in held.heard:
            if named.outcome is not None:
                self._messages.drop(message)  # sent again, it is no repeat
            heard(named.outcome)

    async def next(self) -> str:
        """The order that has waited longest."""
        while (order := await self._queue.get()) not in self._pending:
            pass
        return order

    def _hold(self, held: _Held, delay_s: float) -> None:
        order = held.nudge.order
        before = self._pending.get(order)
        if before is not None:
            held = _Held(_later(before.nudge, held.nudge), before.heard + held.heard)
        elif delay_s:
            asyncio.get_running_loop().call_later(delay_s, self._queue.put_nowait, order)
        else:
            self._queue.put_nowait(order)
        self._pending[order] = held

    def _hear_too(self, nudge: Nudge, heard: Heard | None) -> None:
        """A repeated message ends as the first one will."""
        if heard is None:
            return
        for those in (self._pending, self._asked):
            if (held := those.get(nudge.order)) is not None:
                those[nudge.order] = held._replace(heard=(*held.heard, (nudge.message, heard)))
                return
        heard(None)


def _later(one: Nudge, other: Nudge) -> Nudge:
    """Of two about one order, that which more must be told for."""
    if one.at_us is None or other.at_us is None:
        return one if one.at_us is None else other
    return one if one.at_us > other.at_us else other
