"""What has become of surges so far, and so what a new one is likely to do. Pure; shares and counts of surges.

A surge goes one of several `COURSES`: it stays, stays and ends at once, fades, or grows on. How often each is
met is believed beforehand and learned: when a surge has ended, each course has a share in it, as likely as it
made the counts of the whole of it. Shares add up as counts of a Dirichlet distribution: those of the room to what is
believed beforehand, those of the SKU to what the room says, so that a thing that is presented every twenty minutes soon
expects to fall back, and a new thing expects what others did. A surge that began as its link was presented is counted
apart: the host goes on to the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Kind(NamedTuple):
    """A course that surges take."""

    name: str
    tau_s: float | None
    """Of `ends`: how long it lasts on average. Of `fades` and `grows`: seconds in which the extra changes by e."""

    @property
    def fading(self) -> float | None:
        """As `outlook.fading` has it, from now on: what ends at any moment is on average gone like what fades."""
        return self.tau_s if self.tau_s is None or self.name != "grows" else -self.tau_s


COURSES = (
    Kind("stays", None), Kind("ends", 1200.0), Kind("ends", 300.0), Kind("fades", 600.0), Kind("fades", 300.0),
    Kind("fades", 150.0), Kind("grows", 3600.0), Kind("grows", 1500.0),
)  # fmt: skip
_UNPROMPTED = (0.46, 0.09, 0.12, 0.09, 0.09, 0.08, 0.04, 0.03)
_PRESENTED = (0.18, 0.12, 0.35, 0.09, 0.10, 0.09, 0.04, 0.03)
PRESENTED_BEFORE_S, PRESENTED_AFTER_S = 300, 90
"""A surge began by a presentation if it began so shortly after, or before it was told."""
_BELIEVED = 4.0
"""Surges that what is believed beforehand counts as."""
_ROOM = 2.0
"""Surges that what the room says counts as, for a SKU."""


class Fates:
    """Shares of the surges that have ended, by course: those that were presented apart from the others."""

    __slots__ = ("shares", "shares_presented")

    def __init__(self) -> None:
        self.shares = [0.0] * len(COURSES)
        self.shares_presented = [0.0] * len(COURSES)

    def begin_with(self, shares: Sequence[float], presented: Sequence[float]) -> None:
        """As earlier streams had them."""
        self.shares, self.shares_presented = list(shares), list(presented)

    def learn(self, shares: Sequence[float], *, presented: bool) -> None:
        """One more surge has ended, in which each course has its share."""
        learned = self.shares_presented if presented else self.shares
        for n, share in enumerate(shares):
            learned[n] += share

    def met(self, own: Fates | None = None, *, presented: bool = False) -> tuple[float, ...]:
        """How often each course is met in this room, for a SKU whose surges were `own`."""
        if presented:
            room = _added(_PRESENTED, _BELIEVED, self.shares_presented)
            return room if own is None else _added(room, _ROOM, own.shares_presented)
        room = _added(_UNPROMPTED, _BELIEVED, self.shares)
        return room if own is None else _added(room, _ROOM, own.shares)


def _added(before: Sequence[float], weight: float, shares: Sequence[float]) -> tuple[float, ...]:
    whole = weight + sum(shares)
    return tuple((weight * share + found) / whole for share, found in zip(before, shares, strict=True))


def was_presented(since: int, presented: int | None) -> bool:
    """Whether a surge that began at second `since` was brought on by the presentation told of at `presented`."""
    return presented is not None and -PRESENTED_AFTER_S <= since - presented <= PRESENTED_BEFORE_S
