"""The decision clock: the largest instant heard so far, and the whole seconds (ticks) that it passes.

Decisions fall only at ticks, each after all events before that instant. An instant more than ten minutes ahead (a
platform with a wrong clock, a wild timestamp) moves the clock only once another event confirms it, unless the clock is
trusted: then its instants are stamps of our own intake. Pure integers, microseconds since the epoch; no wall clock.
"""

from __future__ import annotations

SECOND_US = 1_000_000
AHEAD_US = 600 * SECOND_US


class Clock:
    """`hear` instants in the order of their events; `now_us` never goes back and is None before the first."""

    __slots__ = ("_claim_us", "_trusted", "now_us")

    def __init__(self, *, trusted: bool = False) -> None:
        self._trusted = trusted
        self._claim_us: int | None = None
        self.now_us: int | None = None

    def peek(self, instant_us: int) -> int:
        """What `hear` would return, without hearing it."""
        copy = Clock(trusted=self._trusted)
        copy.now_us, copy._claim_us = self.now_us, self._claim_us
        return copy.hear(instant_us)

    def hear(self, instant_us: int) -> int:
        """The clock after an event of `instant_us`: moved, or unmoved when the event is old or not yet believed."""
        now = self.now_us
        if now is None:
            self.now_us = instant_us
            return instant_us
        if instant_us <= now:
            self._claim_us = None
            return now
        if self._trusted or instant_us - now <= AHEAD_US:
            self._claim_us = None
            self.now_us = instant_us
            return instant_us
        claim = self._claim_us
        if claim is None:
            self._claim_us = instant_us
            return now
        # Two in a row say so: believe the smaller; the larger is believed with it when it is near enough.
        low, high = min(claim, instant_us), max(claim, instant_us)
        self.now_us = high if high - low <= AHEAD_US else low
        self._claim_us = None if self.now_us == high else high
        return self.now_us


def last_tick(now_us: int) -> int:
    """The whole second (epoch seconds) at or before an instant: the last tick that is due when the clock shows it."""
    return now_us // SECOND_US
