"""What goes wrong in a lab: settings, drawn from its seed. Pure."""

from __future__ import annotations

import random

import msgspec


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares are of 1, times in seconds."""

    duplicated: float = 0.02
    """Pushes that come twice."""
    lost: float = 0.0
    """Pushes that never come."""
    late_s: float = 0.3
    """Mean delay of a push; delays differ, so that pushes overtake each other."""
    latency_s: float = 0.05
    """Of every answer."""
    again_s: float = 10.0
    """Until a message comes again that the receiver could not take in and said so."""
    list_lag_s: float = 0.5
    """How far lists of orders lag the shop's books."""
    per_second: float = 0.0
    """Requests a second and method beyond which they are refused; 0: none are."""
    token_s: float = 0.0
    """Seconds for which an access token is taken; 0: for ever."""
    failing: float = 0.0
    """Requests that end in HTTP 502 without being carried out."""
    lost_answers: float = 0.0
    """Writes that are carried out and whose answer never comes."""
    skew_s: float = 0.0
    """What the platform's clock is ahead."""


class Chance:
    """One stream of chance for one platform's faults."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self._draw = random.Random(seed)

    def deliveries(self) -> list[float]:
        """Delays in seconds of a push's deliveries: none, one or two."""
        if self._draw.random() < self.faults.lost:
            return []
        count = 2 if self._draw.random() < self.faults.duplicated else 1
        mean = self.faults.late_s
        return [self._draw.expovariate(1 / mean) if mean > 0 else 0.0 for _ in range(count)]

    def fails(self) -> bool:
        return self.faults.failing > 0 and self._draw.random() < self.faults.failing

    def answer_lost(self) -> bool:
        return self.faults.lost_answers > 0 and self._draw.random() < self.faults.lost_answers
