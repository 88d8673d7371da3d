"""Playing recorded time: when it is the turn of a recorded instant, at a speed.

Owns the mapping from a steady clock (seconds, never set back) to recorded time (microseconds since the
epoch). Knows nothing of events; a wall clock that is set does not disturb it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_LONGEST_SLEEP_S = 3600.0


class Pacer:
    """Recorded time that passes `speed` times as fast as real time; speed 0 is flat out: nothing waits."""

    def __init__(self, speed: float = 1.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        assert 0 <= speed < float("inf")
        self._clock = clock
        self._speed = speed
        self._start_us: int | None = None
        self._start_s = 0.0

    def start(self, at_us: int) -> None:
        """It is `at_us` of recorded time now."""
        self._start_us = at_us
        self._start_s = self._clock()

    def due(self, at_us: int) -> bool:
        """Whether it is the turn of `at_us`. The first instant asked for starts the clock, unless `start`
        did.
        """
        return self._left_s(at_us) <= 0

    async def until(self, at_us: int) -> None:
        """Wait for the turn of a recorded instant."""
        while not self.due(at_us):  # noqa: ASYNC110 - it is time itself that is waited for
            await asyncio.sleep(min(self._left_s(at_us), _LONGEST_SLEEP_S))

    def _left_s(self, at_us: int) -> float:
        """Real seconds until the turn of an instant; 0 or less when it has come."""
        if self._start_us is None:
            self.start(at_us)
        assert self._start_us is not None
        if self._speed == 0:
            return 0.0
        return (at_us - self._start_us) / 1e6 / self._speed - (self._clock() - self._start_s)
