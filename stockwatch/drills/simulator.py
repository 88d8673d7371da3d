"""Pieces of a simulated room: how demand moves, how long things take, and a stage on which they happen.

Time is whole milliseconds from the room's first second. Rates are orders a minute. Owns no scenario: it
knows nothing of goods, prices or platforms beyond what it is given. Draws only from the `random.Random` it
is handed, and uses no function whose last bit depends on the machine's maths library. No I/O.
"""

from __future__ import annotations

import heapq
import itertools
import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from stockwatch.drills.books import Book
from stockwatch.events import encode

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class Profile:
    """Demand over time: straight lines between points (ms, orders a minute), zero outside them."""

    def __init__(self, points: Sequence[tuple[int, float]]) -> None:
        assert len(points) >= 2, "a profile needs a beginning and an end"
        assert all(a[0] < b[0] for a, b in itertools.pairwise(points)), "points must go forward in time"
        assert all(rate >= 0 for _, rate in points), "demand is not negative"
        self.points = tuple(points)
        self._times = [time for time, _ in points]

    @property
    def begin(self) -> int:
        return self._times[0]

    @property
    def end(self) -> int:
        return self._times[-1]

    def rate(self, at: int) -> float:
        """Orders a minute at this instant."""
        if not self.begin <= at < self.end:
            return 0.0
        after = bisect_right(self._times, at)
        (t0, r0), (t1, r1) = self.points[after - 1], self.points[after]
        return r0 + (r1 - r0) * (at - t0) / (t1 - t0)

    def expected(self) -> float:
        """Orders that this profile brings on average."""
        areas = ((r0 + r1) / 2 * (t1 - t0) for (t0, r0), (t1, r1) in itertools.pairwise(self.points))
        return sum(areas) / MINUTE


def pulse(begin: int, hold: int, half_life: int, peak: float) -> Profile:
    """A presentation (讲解): up at once, held, then halved every `half_life` and gone after five."""
    points: list[tuple[int, float]] = [(begin, peak), (begin + hold, peak)]
    points += [(begin + hold + n * half_life, peak / 2**n) for n in range(1, 5)]
    points.append((begin + hold + 5 * half_life, 0.0))
    return Profile(points)


def arrivals(
    rng: random.Random, profile: Profile, count: int | None = None, *, regular: bool = False
) -> list[int]:
    """Instants of orders under `profile`, sorted.

    `count` fixes how many there are (default: the expected number, rounded up or down at random).
    Independent instants given their number are a Poisson process; `regular` places one in each equal share
    of the demand instead, which is calmer than chance: for a flat that must stay flat.
    """
    if count is None:
        expected = profile.expected()
        count = int(expected) + (rng.random() < expected - int(expected))
    step = SECOND
    edges = list(range(profile.begin, profile.end, step))
    mass = list(accumulate((profile.rate(edge + step // 2) for edge in edges), initial=0.0))
    if count == 0 or mass[-1] <= 0:
        return []
    quantiles = [((n + rng.random()) / count if regular else rng.random()) * mass[-1] for n in range(count)]
    instants = []
    for quantile in quantiles:
        cell = min(bisect_right(mass, quantile) - 1, len(edges) - 1)
        inside = (
            (quantile - mass[cell]) / (mass[cell + 1] - mass[cell]) if mass[cell + 1] > mass[cell] else 0.0
        )
        instants.append(min(edges[cell] + int(inside * step), profile.end - 1))
    return sorted(instants)


@dataclass(frozen=True)
class Lag:
    """How long a platform takes to tell: mostly between `low` and `high` ms, sometimes up to `worst`."""

    low: int
    high: int
    worst: int
    slow_share: float = 0.02

    def draw(self, rng: random.Random) -> int:
        if rng.random() < self.slow_share:
            return rng.randint(self.high, self.worst)
        return rng.randint(self.low, self.high)


@dataclass(frozen=True)
class Outage:
    """A feed is silent from `begin` to `end`; the backlog comes within `catch_up` ms, or never (None)."""

    begin: int
    end: int
    catch_up: int | None


@dataclass(frozen=True)
class Platform:
    """A channel as its feed shows it."""

    id: str
    source: str
    title: str
    lag: Lag
    order_prefix: str
    """Its order numbers begin with it."""
    outages: tuple[Outage, ...] = ()

    def receipt(self, rng: random.Random, at: int, lag: Lag | None = None) -> int | None:
        """When something that happens there at `at` is received; None if it is lost."""
        received = at + (lag or self.lag).draw(rng)
        for outage in self.outages:
            if outage.begin <= received < outage.end:
                if outage.catch_up is None:
                    return None
                share = (received - outage.begin) / (outage.end - outage.begin)
                return outage.end + 200 + int(share * outage.catch_up)
        return received


DOUYIN_LAG = Lag(1_000, 3_000, 30_000)
TAOBAO_LAG = Lag(500, 3_000, 20_000)
KUAISHOU_LAG = Lag(1_000, 5_000, 25_000)
OWN_LAG = Lag(30, 200, 900)
"""A storefront of our own asks directly."""


def payment_delay(rng: random.Random) -> int:
    """ms from order to payment of a buyer who pays: about 80 % within 60 s, all but a few by 3 min."""
    part = rng.random()
    if part < 0.82:
        return 4_000 + int(rng.random() * rng.random() * 56_000)
    if part < 0.97:
        return rng.randint(60_000, 180_000)
    return rng.randint(180_000, 420_000)


@dataclass
class Draft:
    """An event to be: what it says, when it happened, and what follows once the books have answered."""

    type: str
    source: str
    id: str
    at: int
    data: dict[str, Any]
    subject: str | None = None
    then: Callable[[str, int], None] | None = None
    """Called with the outcome and the instant of receipt."""
    deliveries: int = 1

    def as_event(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "source": self.source,
            "id": self.id,
            "subject": self.subject,
            "data": self.data,
        }


@dataclass
class Stage:
    """Plays drafts in order of receipt, keeps the books, and writes each down as a line of a feed.

    A scenario says what happens (`say`), or asks to be called at an instant to decide by what the books
    hold then (`cue`). Receipt is strictly increasing; `time` is when it happened at the platform, so lines
    are out of order by their lag. A share of the order events is delivered twice.
    """

    rng: random.Random
    start: datetime
    book: Book
    duplicate_share: float = 0.0
    duplicated_types: tuple[str, ...] = ("order.",)
    lines: list[bytes] = field(default_factory=list)
    told: list[tuple[int, Draft, str]] = field(default_factory=list)
    """(receipt, draft, outcome) of every line, for those who check."""
    now: int = -1
    _queue: list[tuple[int, int, Draft | Callable[[], object]]] = field(default_factory=list)
    _order: Iterable[int] = field(default_factory=itertools.count)
    _numbers: dict[str, int] = field(default_factory=dict)

    def stamp(self, at: int, precision: str = "milliseconds") -> str:
        """ms from the start as RFC 3339 in the room's zone."""
        return (self.start + timedelta(milliseconds=at)).isoformat(timespec=precision)

    def number(self, kind: str) -> str:
        """A fresh id of its kind."""
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return f"{kind}{self._numbers[kind]}"

    def say(self, draft: Draft, received: int | None = None) -> None:
        """It happens at `draft.at` and is received then or, not before, at `received`."""
        at = draft.at if received is None else received
        assert at >= draft.at, "nothing is received before it happens"
        self._push(max(at, self.now), draft)

    def cue(self, at: int, action: Callable[[], object]) -> None:
        """Call `action` once everything received before `at` has been played."""
        self._push(at, action)

    def _push(self, at: int, what: Draft | Callable[[], object]) -> None:
        heapq.heappush(self._queue, (at, next(iter(self._order)), what))

    def play(self) -> None:
        """Play until nothing is left to happen."""
        while self._queue:
            at, _, what = heapq.heappop(self._queue)
            if not isinstance(what, Draft):
                what()
                continue
            self.now = max(at, self.now + 1)
            outcome = self.book.apply(self.now, what.as_event())
            self.told.append((self.now, what, outcome))
            self.lines.append(self._line(what))
            if outcome != "duplicate" and what.then is not None:
                what.then(outcome, self.now)
            self._maybe_again(what)

    def _maybe_again(self, draft: Draft) -> None:
        if draft.deliveries > 1 or not draft.type.startswith(self.duplicated_types):
            return
        if self.rng.random() < self.duplicate_share:
            draft.deliveries += 1
            self._push(self.now + self.rng.randint(300, 25_000), draft)

    def _line(self, draft: Draft) -> bytes:
        return encode(
            type=draft.type,
            source=draft.source,
            id=draft.id,
            time=self.stamp(draft.at),
            subject=draft.subject,
            received=self.stamp(self.now),
            data=draft.data,
        )
