"""Many links that would call for one cause: from the fifth within two minutes on they are told as one.

Pure; instants in microseconds.
"""

from __future__ import annotations

import msgspec

MANY, MANY_US, TOLD_US = 5, 120 * 1_000_000, 300 * 1_000_000


class Crowd(msgspec.Struct):
    """Of one cause."""

    links: list[tuple[int, str]] = msgspec.field(default_factory=list)
    """(when, link) within `MANY_US`."""
    told_us: int | None = None
    """When they were last told as one."""

    def join(self, now_us: int, link: str) -> None:
        """One more would call."""
        self.links = [*(one for one in self.links if now_us - one[0] <= MANY_US), (now_us, link)]

    def told(self, now_us: int) -> bool:
        """Whether they have been told as one within `TOLD_US`: then none of them calls."""
        return self.told_us is not None and now_us - self.told_us <= TOLD_US

    def tell(self, now_us: int) -> int | None:
        """How many links are to be told as one now, if they are."""
        links = len({link for _, link in self.links})
        if links < MANY or self.told(now_us):
            return None
        self.told_us = now_us
        return links
