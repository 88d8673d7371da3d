"""Playing recorded time: when it is the turn of a recorded instant, at a speed that may change while it
plays.

Owns the mapping from a steady clock (seconds, never set back) to recorded time (microseconds since the
epoch). Knows nothing of events; a wall clock that is set does not disturb it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_LONGEST_SLEEP_S = 3600.0


class Pacer:
    """Recorded time that passes `speed` times as fast as real time. Speed 0 (or infinity) is flat out:
    nothing waits.

    Used by one event loop; any number of tasks may wait.
    """

    def __init__(self, speed: float = 1.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._speed = _checked(speed)
        self._paused = False
        self._anchor_us: int | None = None
        self._anchor_s = 0.0
        self._changed = asyncio.Event()

    @property
    def speed(self) -> float:
        """The factor; 0 is flat out."""
        return self._speed

    @property
    def paused(self) -> bool:
        return self._paused

    def start(self, at_us: int) -> None:
        """It is `at_us` of recorded time now."""
        self._anchor(at_us)

    def position_us(self) -> int | None:
        """The recorded time now; None before the start. Flat out it is the last instant that was waited
        for.
        """
        if self._anchor_us is None or self._paused or self._speed == 0:
            return self._anchor_us
        return self._anchor_us + round((self._clock() - self._anchor_s) * self._speed * 1e6)

    def set_speed(self, speed: float) -> None:
        """From now on play at this speed. Raises ValueError when it is negative or not a number."""
        speed = _checked(speed)
        self._anchor(self.position_us())
        self._speed = speed

    def pause(self) -> None:
        """Recorded time stands still; whoever waits goes on waiting."""
        self._anchor(self.position_us())
        self._paused = True

    def resume(self) -> None:
        self._anchor(self.position_us())
        self._paused = False

    def due(self, at_us: int) -> bool:
        """Whether it is the turn of `at_us`. The first instant asked for starts the clock, unless `start`
        did.
        """
        if self._anchor_us is None:
            self._anchor(at_us)
        if self._paused:
            return False
        if self._speed == 0:
            self._anchor_us = max(at_us, self._anchor_us or at_us)
            return True
        position = self.position_us()
        assert position is not None
        return position >= at_us

    async def until(self, at_us: int) -> None:
        """Wait for the turn of a recorded instant, through changes of speed and pauses."""
        while not self.due(at_us):
            changed = self._changed
            if self._paused:
                await changed.wait()
                continue
            position = self.position_us()
            assert position is not None
            assert self._speed > 0
            left_s = (at_us - position) / self._speed / 1e6
            try:
                await asyncio.wait_for(changed.wait(), min(max(left_s, 0.0), _LONGEST_SLEEP_S))
            except TimeoutError:
                pass

    def _anchor(self, at_us: int | None) -> None:
        self._anchor_us = at_us
        self._anchor_s = self._clock()
        self._changed.set()
        self._changed = asyncio.Event()


def _checked(speed: float) -> float:
    if not speed >= 0:
        raise ValueError(f"a speed is 0 (flat out) or more, not {speed}")
    return 0.0 if speed == float("inf") else float(speed)
