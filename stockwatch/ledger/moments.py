"""What was on hand when: the physical movements of one cell, each at its own time, merged by the second.

A count is as of a moment. What was shipped, received or returned after it, by the `time` of the event that says so,
does not belong to what was counted; what happened before it does, also when the ledger hears of it only afterwards.
What was opened with lay there from the beginning, whenever it was told. The last seven days are remembered, counted
from the latest movement. Plain integers: units, seconds since the epoch. Pure.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

KEPT_S = 7 * 86_400
_NEVER = -(1 << 62)
BEGINNING_US = (_NEVER + 1) * 1_000_000
"""Before anything that moved or was counted."""


class Moments:
    """Movements of units on hand."""

    __slots__ = ("base", "counted_s", "deltas", "floor_s", "seconds", "set_s")

    def __init__(self) -> None:
        self.seconds = array("q")
        self.deltas = array("q")
        self.base = 0
        """Sum of the movements that are remembered no more."""
        self.floor_s = _NEVER
        """Movements up to this second are in `base`."""
        self.counted_s = _NEVER
        """Moment of the latest count that names one."""
        self.set_s = _NEVER
        """Moment of the latest count that names none: it is of when it was told, and an earlier one no news."""

    def is_counted(self) -> bool:
        """Whether somebody has counted."""
        return max(self.counted_s, self.set_s) > _NEVER

    def add(self, second: int, units: int) -> None:
        """Units came (> 0) or left (< 0)."""
        seconds = self.seconds
        if second <= self.floor_s:
            self.base += units
            return
        if seconds and seconds[-1] == second:
            self.deltas[-1] += units
            return
        at = bisect_left(seconds, second)
        if at < len(seconds) and seconds[at] == second:
            self.deltas[at] += units
            return
        seconds.insert(at, second)
        self.deltas.insert(at, units)
        if len(seconds) & 1023 == 0:
            self._forget(seconds[-1] - KEPT_S)

    def _forget(self, upto_s: int) -> None:
        old = bisect_right(self.seconds, upto_s)
        if old:
            self.base += sum(self.deltas[:old])
            self.floor_s = upto_s
            del self.seconds[:old], self.deltas[:old]

    def after(self, second: int) -> int | None:
        """Units that have come less those that have left since the end of a second; None when that is too long ago:
        more than KEPT_S before the latest movement, whether or not that much is still remembered."""
        if second < self.floor_s or (self.seconds and second < self.seconds[-1] - KEPT_S):
            return None
        return sum(self.deltas[bisect_right(self.seconds, second) :])

    def on_hand(self) -> int:
        """Sum of all movements: what the cell has on hand."""
        return self.base + sum(self.deltas)
