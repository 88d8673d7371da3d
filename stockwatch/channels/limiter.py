"""How often a platform may be asked: a token bucket whose rate feels its way (AIMD), and how long to stay away.

Platforms publish no figures, or change them on Double 11. So the rate halves with each refusal for asking too often,
and grows back by a tenth of what it began with per second in which it was used and nothing was refused. Pure: time
comes in, in seconds.

Additive increase and multiplicative decrease: Chiu and Jain 1989, doi:10.1016/0169-7552(89)90019-6.
"""

from __future__ import annotations

from collections import deque

_BURST_S = 0.25
"""Seconds' worth of requests that may go out at once."""
_WINDOW_S = 1.05
"""No more than the rate go out within this: a burst and what follows it would be too many for who counts by the second,
and requests do not arrive quite as far apart as they were sent."""


class Limiter:
    """One for each (app, shop, method)."""

    def __init__(self, rate: float, *, least: float = 0.5, most: float | None = None) -> None:
        """`rate`: requests a second at first, and at most unless `most` says otherwise."""
        assert 0 < least <= rate
        self._least = least
        self._most = rate if most is None else max(rate, most)
        self._step = rate / 10
        self.rate = rate
        self._tokens = 1.0
        self._seen = 0.0
        self._closed_until = 0.0
        self._grown = 0.0
        self._cut = -1.0
        self._sent = deque[float]()

    def pause(self, now: float) -> float:
        """Seconds until a request may go out."""
        if now < self._closed_until:
            return self._closed_until - now
        self._fill(now)
        while self._sent and self._sent[0] <= now - _WINDOW_S:
            self._sent.popleft()
        full = len(self._sent) >= max(1, int(self.rate))
        room = self._sent[-max(1, int(self.rate))] + _WINDOW_S - now if full else 0.0
        return max(room, 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / self.rate)

    def wait(self, now: float) -> float:
        """The same; where it may go out now, it is counted."""
        pause = self.pause(now)
        if not pause:
            self._tokens -= 1.0
            self._sent.append(now)
        return pause

    def went_well(self, now: float) -> None:
        """An answer that is no refusal."""
        if now - self._grown >= 1.0:
            self._grown = now
            self.rate = min(self._most, self.rate + self._step)

    def refused(self, now: float, retry_after: float | None) -> None:
        """Asked too often. Requests that were under way together count as one refusal."""
        if now - self._cut >= 1.0:
            self._cut = self._grown = now
            self._fill(now)
            self.rate = max(self._least, self.rate / 2)
        self._tokens = 0.0
        self._closed_until = max(self._closed_until, now + (1.0 if retry_after is None else retry_after))

    def _fill(self, now: float) -> None:
        passed = max(0.0, now - max(self._seen, self._closed_until))
        self._tokens = min(max(1.0, self.rate * _BURST_S), self._tokens + passed * self.rate)
        self._seen = now


class Breaker:
    """Opens after so many failures in a row; then one request a rest tries, and rests grow with each that fails.

    Requests that were under way when it opened fail too and say nothing new.
    """

    def __init__(self, after: int = 5, rest: float = 1.0, longest: float = 3.0) -> None:
        self._after = after
        self._rest = rest
        self._longest = longest
        self._failures = 0
        self._tried = 0
        self._until = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        return self._failures >= self._after

    def wait(self, now: float) -> float:
        """Seconds until a request may try; 0: now."""
        if not self.is_open:
            return 0.0
        if now < self._until:
            return self._until - now
        self._until = now + self._rest
        self._trying = True
        return 0.0

    def went_well(self) -> None:
        self._failures = self._tried = 0
        self._trying = False

    def failed(self, now: float) -> None:
        if self.is_open and not self._trying:
            return
        self._failures += 1
        if self.is_open:
            self._until = now + min(self._longest, self._rest * 2.0 ** min(self._tried, 10))
            self._tried += 1
        self._trying = False
