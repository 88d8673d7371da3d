"""What a feed is and what it hands its messages to.

Owns the protocol between the feeds and the hub, and nothing else. A feed knows its channel and its transport;
it never decodes events, keeps no stock, and reads time only from the clock it is given. Whatever comes from
outside, a feed goes on: what it can't use it sets aside with a reason, what fails it tries again.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

from stockwatch.events import MAX_EVENT_BYTES
from stockwatch.room.view import Text

MAX_BATCH = 4096
"""Messages in one `Sink.put`, at most."""
MAX_BATCH_BYTES = 8 * 1024 * 1024
"""Bytes in one `Sink.put`, beyond which a feed hands over what it has; a single message may be larger."""

FeedState = Literal["connecting", "live", "stale", "down", "gap", "ended"]
Now = Callable[[], int]
"""The wall clock: microseconds since the epoch."""


class FeedStatus(msgspec.Struct, frozen=True):
    """How a feed is. States mean what they mean in `stockwatch.room.view.FeedRow`."""

    state: FeedState
    note: Text = Text("", "")
    """What is wrong, in one line. May hold text from outside: escape it before showing it."""
    lag_s: float | None = None
    """None: the feed can't tell; whoever decodes its events can."""
    pending: int = 0
    """Orders named by the channel whose detail is still to come (待查明细)."""
    unmapped: int = 0
    """Goods that it sells and that stand for no SKU of the room."""
    refused: int = 0
    """Pushes since the feed began that were not the platform's, or another shop's."""
    comments: int = 0
    """Live comments taken since the feed began."""
    comments_lost: int = 0
    """Those left out because they were too many."""


class Sink(Protocol):
    """Where a feed hands over what it got: the hub, or a test."""

    async def put(self, channel: str, frames: Sequence[bytes], cursor: str | None) -> None:
        """Take messages, in order, and with them where to go on after them (None: as before).

        Returns once more may come (back-pressure). The cursor is kept with the batch, so that it advances
        only once the events are durable. `frames` may be empty when only the cursor has moved.
        """

    async def set_aside(self, channel: str, raw: bytes, reason: str) -> None:
        """Take a message that is no event in a way that its bytes alone don't show (a binary frame, a body
        too large), cut to at most a little over the size limit of events.
        """

    async def gap(self, channel: str, since_us: int | None, until_us: int) -> None:
        """Nothing could be received between these instants; what was sent then comes late, in a burst, or not
        at all.

        Called before the first message after the gap. `since_us` None: since whatever came last in an earlier
        run.
        """

    def status(self, channel: str, status: FeedStatus) -> None:
        """The feed's health has changed."""


class Feed(Protocol):
    """One source of events."""

    channel: str

    async def run(self, sink: Sink, cursor: str | None) -> None:
        """Hand over everything after `cursor` (None: no earlier run) until the feed ends or the task is
        cancelled.

        The cursor is the feed's own; nobody else reads it. Returns only when nothing can follow (a recording
        that has been played). What trying again can't help (a recording that can't be read) is raised; failures
        of the transport are reported by `status` and tried again for ever.
        """


_NOT_LINE_END = re.compile(rb"[^\r\n]")


def cut(message: bytes) -> bytes:
    """A message to hand over: as it is, or when it is too long to be an event so much of it that it still is
    too long (line ends at the very place of the cut must not make an event of it).
    """
    if len(message) <= MAX_EVENT_BYTES:
        return message
    message = message.rstrip(b"\r\n")
    beyond = _NOT_LINE_END.search(message, MAX_EVENT_BYTES)
    return message if beyond is None else message[: beyond.end()]


def wall_clock() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


class Backoff:
    """Jittered, doubling delays between attempts: 0.1-0.5 s at first, then up to `cap` seconds.

    The jitter keeps many hubs from coming back to a platform in step.
    """

    def __init__(
        self, first: float = 0.5, cap: float = 10.0, draw: Callable[[], float] = random.random
    ) -> None:
        assert 0 < first <= cap
        self._first = first
        self._cap = cap
        self._draw = draw
        self._attempts = 0

    def next(self) -> float:
        """Seconds to wait before the next attempt: between a fifth and the whole of the current step."""
        step = min(self._cap, self._first * 2.0 ** min(self._attempts, 32))
        self._attempts += 1
        return step * (0.2 + 0.8 * self._draw())

    def reset(self) -> None:
        """Begin again with short delays: the other side was well."""
        self._attempts = 0
