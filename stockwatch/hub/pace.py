"""Plays recordings through a hub at a speed, in real time: what `replay` shows in a console.

The virtual clock runs `speed` times as fast as the wall's, from the first event on; ticks and events fall exactly where
a headless replay puts them, so the decisions are the same at any speed. Pause and speed can change at any time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator

from stockwatch.events import Event
from stockwatch.feeds.recording import Line
from stockwatch.hub.core import Hub
from stockwatch.room.clock import SECOND_US
from stockwatch.room.pipeline import Pipeline

SLICE_S = 0.05
"""Wall seconds between looks at the virtual clock: smooth to the eye, and cheap."""
FLAT_OUT_LINES = 2000
"""Lines between two breaths when it plays flat out, so that consoles are still served."""


class Pacer:
    """`speed` 0 is flat out. `now_us` is the virtual clock, which a replay hub stamps its intents with."""

    def __init__(self, speed: float, *, from_us: int | None = None, until_us: int | None = None) -> None:
        assert speed >= 0
        self.speed = speed
        self.paused = False
        self.ended = False
        self._from_us = from_us
        self._until_us = until_us
        self._base_us: int | None = None
        self._since = 0.0
        self._changed = asyncio.Event()

    def now_us(self) -> int:
        """Virtual now; 0 before the first event."""
        if self._base_us is None:
            return 0
        if self.paused or self.ended or self.speed == 0:
            return self._base_us
        return self._base_us + int((time.monotonic() - self._since) * self.speed * SECOND_US)

    def set(self, speed: float | None, *, paused: bool) -> None:
        """Change speed (None: as it is) and pause or go on, from where the virtual clock stands."""
        self._rebase(self.now_us())
        if speed is not None and speed >= 0:
            self.speed = speed
        self.paused = paused
        self._changed.set()

    def _rebase(self, at_us: int) -> None:
        if self._base_us is not None:
            self._base_us = at_us
        self._since = time.monotonic()

    async def play(self, lines: Iterable[Line], hub: Hub, *, on_end: Callable[[], None]) -> None:
        """Play to the end, then leave the room as it is, with intents still taken."""
        pipeline = hub.pipeline
        for count, line in enumerate(lines, 1):
            event = line.event
            if isinstance(event, Event):
                then_us = pipeline.clock.peek(event.clock_us)
                if self._until_us is not None and then_us > self._until_us:
                    break
                if self._base_us is None:
                    self._base_us = then_us
                    self._since = time.monotonic()
                if self._from_us is None or then_us >= self._from_us:
                    if self._from_us is not None:
                        self._rebase(max(then_us, self._base_us))
                        self._from_us = None
                    await self._reach(then_us, hub)
            pipeline.take(event)
            if self._from_us is not None or self.speed == 0:
                self._base_us = pipeline.clock.now_us
                self._since = time.monotonic()
                if count % FLAT_OUT_LINES == 0:
                    hub.work()
                    await asyncio.sleep(0)
        hub.work()
        end_us = ((pipeline.clock.now_us or 0) // SECOND_US + 1) * SECOND_US
        await self._reach(max(end_us, self._until_us or 0), hub)
        pipeline.finish(self._until_us)
        self._rebase(pipeline.now_us)
        self.ended = True
        hub.work()
        on_end()

    async def _reach(self, then_us: int, hub: Hub) -> None:
        """Wait until the virtual clock is there, letting ticks run on the way."""
        while self.speed != 0 or self.paused:
            now_us = self.now_us()
            if now_us >= then_us:
                return
            if not self.paused:
                hub.pipeline.tick_to(now_us // SECOND_US)
            hub.work()
            wait = SLICE_S if self.paused else min(SLICE_S, (then_us - now_us) / SECOND_US / self.speed)
            self._changed.clear()
            try:
                async with asyncio.timeout(None if self.paused else max(wait, 0.001)):
                    await self._changed.wait()
            except TimeoutError:
                pass


def paced(lines: Iterable[Line], pipeline: Pipeline, speed: float, from_us: int | None) -> Iterator[Line]:
    """The lines at their own pace times `speed`, for a replay without a console.

    Blocks between lines. What is decided is the same as flat out, only later on the wall clock: a tick between two
    lines is run, and said, when the second is there.
    """
    base_us: int | None = None
    since = 0.0
    for line in lines:
        event = line.event
        if isinstance(event, Event):
            then_us = pipeline.clock.peek(event.clock_us)
            if from_us is None or then_us >= from_us:
                if base_us is None:
                    base_us, since = then_us, time.monotonic()
                while (wait := (then_us - base_us) / SECOND_US / speed - (time.monotonic() - since)) > 0:
                    time.sleep(min(wait, 1.0))
        yield line
