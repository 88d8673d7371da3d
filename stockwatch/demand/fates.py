"""What has become of surges so far, and so what a new one is likely to do. Pure; shares and counts of surges.

A surge goes one of several `COURSES`: it stays, stays and ends at once, fades, or grows on. How often each is
met is believed beforehand (`_MET`) and learned: when a surge has ended, each course has a share in it, as likely as it
made the counts of the whole of it. Shares add up as counts of a Dirichlet distribution: those of the room to what is
believed beforehand, those of the SKU to what the room says, so that a thing that is presented every twenty minutes soon
expects to fall back, and a new thing expects what others did.
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
_MET = (0.46, 0.09, 0.12, 0.09, 0.09, 0.08, 0.04, 0.03)
_BELIEVED = 4.0
"""Surges that what is believed beforehand counts as."""
_ROOM = 2.0
"""Surges that what the room says counts as, for a SKU."""


class Fates:
    """Shares of the surges that have ended, by course."""

    __slots__ = ("shares",)

    def __init__(self, shares: Sequence[float] | None = None) -> None:
        self.shares = [0.0] * len(COURSES) if shares is None else list(shares)

    def learn(self, shares: Sequence[float]) -> None:
        """One more surge has ended, in which each course has its share."""
        for n, share in enumerate(shares):
            self.shares[n] += share

    def met(self) -> tuple[float, ...]:
        """How often each course is met in this room."""
        return _added(_MET, _BELIEVED, self.shares)

    def met_of(self, own: Fates | None) -> tuple[float, ...]:
        """The same for a SKU with surges of its own."""
        return self.met() if own is None else _added(self.met(), _ROOM, own.shares)


def _added(before: Sequence[float], weight: float, shares: Sequence[float]) -> tuple[float, ...]:
    whole = weight + sum(shares)
    return tuple((weight * share + found) / whole for share, found in zip(before, shares, strict=True))
