"""Whether a platform's own figure was changed by somebody else (an ERP's sync, a colleague in the back-end). Pure.

A platform counts its figure down as it sells and up as it takes orders back. So what it should say is its last figure
less what it sold since, plus what it took back; anything beyond that is a change from outside. Three things make the
sum uncertain, and each makes a range of it, never a guess:

- A reading is taken while sales go on. What moved within `EDGE_US` of either reading may be in it or not.
- Some movements may or may not move this figure: a paid order that is refunded, a bundle that holds the SKU, a SKU that
  the platform offers under several numbers.
- Orders are seen late. A fall may be sales that are still to be told: it counts when what has been told `GRACE_US` (and
  the channel's lag) later does not explain it either, and the figure is still off. A rise counts at once, unless so
  much could be coming back: then it waits as a fall does.

Quantities are units; instants are microseconds by the platform's clock.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

SECOND_US = 1_000_000
EDGE_US = 3 * SECOND_US
"""Platforms write whole seconds, their figures trail their orders a little, and their clock is known to about 2 s."""
GRACE_US = 75 * SECOND_US
"""Orders that polling missed are found by its look further back, once a minute."""
KEPT_S = 3600
"""Readings further apart are not compared, and movements not kept for longer."""
_MOST = 2 * KEPT_S
_DOUBTS = 30


class Moves:
    """What moved one SKU on one channel, by the second."""

    def __init__(self) -> None:
        self._by_second: dict[int, list[int]] = {}
        """second -> [sold, may be sold, taken back, may be taken back]"""

    def sold(self, at_us: int, units: int, *, certain: bool) -> None:
        """Units left the platform's figure; not `certain`: perhaps this one."""
        self._at(at_us)[0 if certain else 1] += units

    def came_back(self, at_us: int, units: int, *, certain: bool) -> None:
        """Units went back to it."""
        self._at(at_us)[2 if certain else 3] += units

    def _at(self, at_us: int) -> list[int]:
        second = at_us // SECOND_US
        found = self._by_second.get(second)
        if found is None:
            if len(self._by_second) >= _MOST:
                self.forget(max(self._by_second) - KEPT_S)
            found = self._by_second[second] = [0, 0, 0, 0]
        return found

    def forget(self, before: int) -> None:
        """Drop what moved before this second."""
        self._by_second = {second: moved for second, moved in self._by_second.items() if second >= before}

    def between(self, since_us: int, until_us: int) -> tuple[int, int, int, int]:
        """(sold, may be sold, taken back, may be taken back) between two readings."""
        sold = perhaps_sold = back = perhaps_back = 0
        for second, moved in self._by_second.items():
            first, last = second * SECOND_US, (second + 1) * SECOND_US
            if last <= since_us - EDGE_US or first >= until_us + EDGE_US:
                continue
            if first >= since_us + EDGE_US and last <= until_us - EDGE_US:
                sold += moved[0]
                back += moved[2]
            else:
                perhaps_sold += moved[0]
                perhaps_back += moved[2]
            perhaps_sold += moved[1]
            perhaps_back += moved[3]
        return sold, perhaps_sold, back, perhaps_back


class Reading(msgspec.Struct, frozen=True):
    """What a platform said."""

    qty: int
    at_us: int


class Change(msgspec.Struct, frozen=True):
    """Somebody else changed the figure."""

    since_us: int
    """When it was last what it should be."""
    at_us: int
    """When it was first seen otherwise."""
    was: int
    """What it should have said then."""
    now: int
    """What it said."""


class Verdict(NamedTuple):
    """What a reading came to. `low` and `high`: what it may say by what is known; both its own at the first."""

    kind: Literal["first", "old", "explained", "waits", "changed"]
    low: int
    high: int
    change: Change | None = None


class Slack(NamedTuple):
    """What is not in the movements and may explain a reading all the same."""

    back: int = 0
    """Units that orders may give back without our having heard."""
    either: int = 0
    """Units of orders that nobody here books; either way."""
    lag_us: int = 0
    """How late the channel's orders come."""
    shared: bool = False
    """The channel offers the SKU under other numbers too: what moved may have moved those."""


class Figure:
    """One platform's figure of one of its goods, as it was last found in order."""

    def __init__(self) -> None:
        self.last: Reading | None = None
        self.doubts: list[Reading] = []
        """Those since then that nothing known explains, oldest first."""
        self._either = 0
        """`Slack.either` of the readings since then."""

    def judge(self, reading: Reading, moves: Moves, slack: Slack) -> Verdict:
        """What the reading comes to; remembers nothing."""
        return self._judged(reading, moves, slack)[0]

    def take(self, reading: Reading, moves: Moves, slack: Slack) -> Verdict:
        """The same, and remembered."""
        verdict, last, doubts = self._judged(reading, moves, slack)
        match verdict.kind:
            case "old":
                return verdict
            case "waits":
                self.last, self.doubts = last, [*doubts[-_DOUBTS:], reading]
                self._either += slack.either
            case _:
                self.last, self.doubts, self._either = reading, [], 0
        return verdict

    def _judged(
        self, reading: Reading, moves: Moves, slack: Slack
    ) -> tuple[Verdict, Reading | None, list[Reading]]:
        """(verdict, the last that is in order, those that are still in doubt)"""
        last, qty = self.last, reading.qty
        if last is None or reading.at_us - last.at_us > KEPT_S * SECOND_US:
            return Verdict("first", qty, qty), None, []
        if reading.at_us <= max(last.at_us, *(doubt.at_us for doubt in self.doubts), 0):
            return Verdict("old", qty, qty), last, self.doubts
        doubts: list[Reading] = []
        for doubt in self.doubts:
            low, high = self._range(last, doubt.at_us, moves, slack)
            if low <= doubt.qty <= high:
                # What explains it has been told since.
                last, doubts = doubt, []
            else:
                doubts.append(doubt)
        low, high = self._range(last, reading.at_us, moves, slack)
        if low <= qty <= high:
            return Verdict("explained", low, high), last, doubts
        fell = qty < low
        same = [one for one in doubts if (one.qty < self._range(last, one.at_us, moves, slack)[0]) == fell]
        lasted = bool(same) and reading.at_us - same[0].at_us >= GRACE_US + slack.lag_us
        if lasted or (not fell and qty > high + slack.back):
            first = same[0] if same else reading
            least, most = self._range(last, first.at_us, moves, slack)
            change = Change(last.at_us, first.at_us, least if fell else most, first.qty)
            return Verdict("changed", low, high, change), last, doubts
        return Verdict("waits", low, high), last, doubts

    def _range(self, last: Reading, until_us: int, moves: Moves, slack: Slack) -> tuple[int, int]:
        """What a reading then may say, at least and at most."""
        sold, perhaps_sold, back, perhaps_back = moves.between(last.at_us, until_us)
        if slack.shared:
            sold, perhaps_sold = 0, sold + perhaps_sold
            back, perhaps_back = 0, back + perhaps_back
        either = self._either + slack.either
        low = last.qty - sold - perhaps_sold + back - either
        high = last.qty - sold + back + perhaps_back + either
        return max(0, low), max(0, high)
