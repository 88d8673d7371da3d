"""When sales have begun to accelerate: what a detector behind TREND says, and what every detector keeps to."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from stockwatch.demand.coverage import ChannelCoverage
from stockwatch.demand.series import Series

FEED_S = 600
"""Seconds that a channel's feed must have run before its orders are evidence."""
WATERMARK_S = 3
"""How long a second waits for its late events before it is judged."""


class Surge(NamedTuple):
    """What a detector says about one SKU."""

    on: bool
    recent: int
    """Orders in the last five minutes, at the watermark."""
    before: int
    """Orders in the five minutes before those."""
    look_s: int | None
    """Look again after this many seconds even if nothing comes in; None: only an order can change it."""
    since: int | None = None
    """When it began, epoch seconds; None where it is not on or the rule doesn't say."""
    orders: int = 0
    """Orders since then."""
    usual: float = 0.0
    """Orders a second that were usual before."""


class SurgeDetector(Protocol):
    """Decides whether one SKU surges. What it remembers lies in the series; a function of the calls made to it only."""

    def look(self, series: Series, channels: dict[str, ChannelCoverage], now: int) -> Surge:
        """`series.mark` is the watermark, `now` the decision clock; whole seconds."""
        ...

    def can_wait(self, series: Series, channels: dict[str, ChannelCoverage], now: int) -> bool:
        """Whether a look now could only say that there is no surge. What has come to count is then weighed at the next
        one, or when `catch_up` asks for it, just as if it had been weighed now."""
        ...

    def catch_up(self, series: Series, channels: dict[str, ChannelCoverage]) -> None:
        """Weigh what has waited."""
        ...
