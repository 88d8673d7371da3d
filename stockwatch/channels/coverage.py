"""Which stretches of time nobody covered: when a channel's feed is torn. Pure.

A channel is covered by every answer that brings what its orders are: a list, of now or of a stretch before, and the
detail of an order that a push named. So a look back that takes long tears nothing as long as its answers come, nor does
a list that stays away while pushes are followed. Torn is what lies between two answers that are further apart than a
feed allows; it is told once, with the second of them.
"""

from __future__ import annotations

from typing import NamedTuple


class Torn(NamedTuple):
    """A stretch that nobody covered, in microseconds since the epoch."""

    since_us: int | None
    """None: since an earlier run ended."""
    until_us: int


class Coverage:
    """One channel's."""

    def __init__(self, longest_us: int, *, resumed: bool = False) -> None:
        """`longest_us`: what may lie between two answers. `resumed`: an earlier run followed the channel."""
        self._longest_us = longest_us
        self._resumed = resumed
        self._last_us: int | None = None

    def answered(self, now_us: int) -> Torn | None:
        """An answer has come; what was torn until then, to be told before what it brings."""
        last, self._last_us = self._last_us, max(now_us, self._last_us or now_us)
        if last is None:
            return Torn(None, now_us) if self._resumed else None
        return Torn(last, now_us) if now_us - last >= self._longest_us else None
