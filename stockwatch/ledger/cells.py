"""Units of one (SKU, location, pool): the buckets, what waits for units to come back, and the equations.

A `Cell` owns its buckets; a `Part` is what one order line wants of a cell and what it got. Every move out of
`available` goes through `_draw`, which never takes more than there is. Units that come in serve, in this
order: write- downs that found too little, shortfalls (oldest first, partly if need be), holds that found
too little, `available`. Pure: no clock, no I/O; asserts its equations on request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush

import msgspec

from stockwatch.ledger.figures import LedgerBroken
from stockwatch.ledger.moments import Moments

Units = tuple[int, int, int, int]
"""(reserved, sold, quarantined, shipped); shipped is the part of sold that has left."""


class Part(msgspec.Struct, gc=False, eq=False):
    """One line's claim on one cell. Wants first, then what it has."""

    cell: Cell
    per: int
    """Units of the SKU in one unit of the line."""
    size: int
    """Units of the line that this part stands for (less than the whole after a partial change of SKU)."""
    booked: int
    """seq of the event that made the line known; newer reservations give way first at a count."""
    want_reserved: int = 0
    want_sold: int = 0
    want_quarantined: int = 0
    want_shipped: int = 0
    got: int = 0
    """Units backing reserved and sold; paid units are backed first."""
    quarantined: int = 0
    lost: int = 0
    """Refunded units that never were there: nobody waits for them."""
    short: int = 0
    worst: int = 0
    """The largest shortfall ever."""
    short_seq: int = 0


class Cell:
    """Balances of one (SKU, location, pool)."""

    __slots__ = (
        "adjusted", "available", "away_shipped", "away_sold", "debt", "held", "hold_target", "inspections", "key",
        "location", "moments", "noted", "off_done", "ok_done", "opening", "oversold", "pool", "pushes", "quarantined",
        "received", "reserved", "shipped", "shortfall", "shorts", "sku", "sold", "stripped", "touched",
        "written_off",
    )  # fmt: skip

    def __init__(self, sku: str, location: str, pool: str) -> None:
        self.sku, self.location, self.pool = sku, location, pool
        self.key = (sku, location, pool)
        self.touched = (sku,)
        """What an event that moves units here has touched."""
        self.available = self.held = self.reserved = self.sold = self.shipped = self.quarantined = 0
        self.shortfall = self.oversold = 0
        self.opening = self.received = self.adjusted = self.written_off = 0
        self.hold_target = 0
        """Held less unheld so far; below 0 when a release came before its hold."""
        self.debt = 0
        """Units of write-downs that were not there to take."""
        self.inspections: list[tuple[int, int]] = []
        """(ok, written off) still waiting for units to reach quarantine, oldest first."""
        self.ok_done = self.off_done = 0
        self.moments = Moments()
        self.noted = 0
        """What was on hand when its movements were last noted."""
        self.away_sold = self.away_shipped = 0
        """Of sold and shipped: units of lines that have left memory."""
        self.pushes = 0
        self.shorts: list[tuple[int, int, int, Part]] = []
        """Heap of (seq of the shortfall, seq of the line, tie, part); entries of parts no longer short are
        stale."""
        self.stripped: dict[int, tuple[Part, int, int]] = {}
        """Parts that units have come to or been taken from since `take_stripped`, by id, with what they lacked before
        and their turn."""

    @property
    def on_hand(self) -> int:
        return self.available + self.held + self.reserved + self.sold - self.shipped + self.quarantined

    def check(self) -> None:
        """Raise LedgerBroken unless nothing is negative and units are conserved."""
        available, held, reserved, sold, quarantined, shipped = (
            self.available, self.held, self.reserved, self.sold, self.quarantined, self.shipped
        )  # fmt: skip
        units = available + held + reserved + sold + quarantined
        if (
            available < 0
            or held < 0
            or reserved < 0
            or quarantined < 0
            or not 0 <= shipped <= sold
            or self.shortfall < 0
            or units != self.opening + self.received + self.adjusted - self.written_off
            or units - shipped != self.noted
            or (available and (self.shortfall or self.debt or self.hold_target > held))
        ):
            raise LedgerBroken(
                f"{self.key}: available {available} held {held} reserved {reserved} sold {sold} "
                f"shipped {shipped} quarantined {quarantined} shortfall {self.shortfall} "
                f"debt {self.debt}; opening {self.opening} received {self.received} adjusted {self.adjusted} "
                f"written off {self.written_off}; on hand {self.on_hand}, noted {self.noted}"
            )

    def check_moved(self) -> None:
        """The part of `check` that a move of a plain line could break: its table conserves units, and it never draws
        more than is available."""
        if self.reserved < 0 or self.available < 0 or not 0 <= self.shipped <= self.sold:
            self.check()

    # --- units in and out of available ------------------------------------------------------------

    def _draw(self, wanted: int) -> int:
        """Take up to `wanted` units out of available; how many there were."""
        taken = wanted if self.available >= wanted else self.available
        self.available -= taken
        return taken

    def give(self, units: int) -> None:
        """Units become available, or serve what waits for them."""
        self.available += units
        if self.debt:
            paid = self._draw(self.debt)
            self.debt -= paid
            self.adjusted -= paid
        while self.available and self.shorts:
            seq, _, _, part = self.shorts[0]
            if not part.short or part.short_seq != seq:
                heappop(self.shorts)
                continue
            self._back(part, self._draw(part.short))
            if not part.short:
                heappop(self.shorts)
        if self.hold_target > self.held and self.available:
            self.held += self._draw(self.hold_target - self.held)

    def waits(self) -> bool:
        """Whether units that come in may have to serve something before they are available."""
        return bool(self.debt or self.shorts or self.hold_target > self.held)

    def _back(self, part: Part, units: int) -> None:
        """`units` now back a part that is short."""
        self.stripped.setdefault(id(part), (part, part.short, part.short_seq))
        sold, shipped = min(part.want_sold, part.got), min(part.want_shipped, part.got)
        part.got += units
        part.short -= units
        self.shortfall -= units
        more_sold = min(part.want_sold, part.got) - sold
        self.sold += more_sold
        self.reserved += units - more_sold
        self.shipped += min(part.want_shipped, part.got) - shipped

    def _make_short(self, part: Part, short: int, seq: int) -> None:
        """Set a part's shortfall."""
        if short == part.short:
            return
        self.shortfall += short - part.short
        if short > part.worst:
            self.oversold += short - part.worst
            part.worst = short
        if part.short == 0:
            part.short_seq = seq
            self.pushes += 1
            heappush(self.shorts, (seq, part.booked, self.pushes, part))
        part.short = short

    # --- order lines ------------------------------------------------------------------------------

    def settle(self, part: Part, units: Units, seq: int) -> bool:
        """Bring a part to what its line wants now; True when the shortfall grew."""
        reserved, sold, quarantined, shipped = units
        was_got, was_quarantined, was_short = part.got, part.quarantined, part.short
        was_sold = part.want_sold if part.want_sold < was_got else was_got
        was_shipped = part.want_shipped if part.want_shipped < was_got else was_got
        part.want_reserved, part.want_sold = reserved, sold
        part.want_quarantined, part.want_shipped = quarantined, shipped
        wanted = reserved + sold
        part.lost = min(part.lost, quarantined)
        wanted_quarantined = quarantined - part.lost
        # What is in quarantine stays there until it is inspected, also where its own line is short.
        got = was_got if was_got < wanted else wanted
        kept = was_quarantined if was_quarantined < wanted_quarantined else wanted_quarantined
        if was_got > got and kept < wanted_quarantined:
            kept += min(was_got - got, wanted_quarantined - kept)
        back = was_got + was_quarantined - got - kept
        if got < wanted:
            got += self._draw(wanted - got)
        if kept < wanted_quarantined:
            kept += self._draw(wanted_quarantined - kept)
            part.lost += wanted_quarantined - kept
        part.got, part.quarantined = got, kept
        now_sold = sold if sold < got else got
        self.sold += now_sold - was_sold
        self.reserved += (got - now_sold) - (was_got - was_sold)
        if shipped or was_shipped:
            self.shipped += min(shipped, got) - was_shipped
        if wanted - got != was_short:
            self._make_short(part, wanted - got, seq)
        grew = part.short > was_short
        if kept != was_quarantined:
            back -= self._quarantine(kept - was_quarantined)
        if back:
            self.give(back)
        return grew

    # --- quarantine -------------------------------------------------------------------------------

    def enter_quarantine(self, units: int) -> None:
        """Units of an order line come back to be inspected."""
        self.quarantined += units
        self.inspect()

    def _quarantine(self, change: int) -> int:
        """Units of an order line enter (> 0) or leave quarantine; how many of those leaving are not there
        to leave.

        Units that inspection has moved on can't leave again: the inspection is undone, and waits as if it
        had come first; those that passed are in available already. Units that a count found missing are gone.
        """
        if change > 0:
            self.enter_quarantine(change)
            return 0
        there = min(self.quarantined, -change)
        self.quarantined -= there
        gone = -change - there
        off = min(gone, self.off_done)
        ok = min(gone - off, self.ok_done)
        self.off_done -= off
        self.ok_done -= ok
        self.written_off -= off
        if ok or off:
            self.inspections.insert(0, (ok, off))
        return gone - off

    def inspect(self) -> None:
        """Carry out inspections as far as there are units in quarantine."""
        while self.inspections and self.quarantined:
            ok, off = self.inspections.pop(0)
            passed = min(ok, self.quarantined)
            scrapped = min(off, self.quarantined - passed)
            self.quarantined -= passed + scrapped
            self.written_off += scrapped
            self.ok_done += passed
            self.off_done += scrapped
            if passed < ok or scrapped < off:
                self.inspections.insert(0, (ok - passed, off - scrapped))
            if passed:
                self.give(passed)

    # --- on hand, and when ----------------------------------------------------------------------------

    def take_stripped(self) -> set[int]:
        """The ids of parts that lack more than before units were taken from them; they are forgotten by this."""
        deeper = {id_ for id_, (part, before, _) in self.stripped.items() if part.short > before}
        self.stripped.clear()
        return deeper

    def note(self, time_us: int, seq: int, parts_of: Callable[[Cell], Iterable[Part]]) -> None:
        """An event of this time is booked: note what it has moved on hand. Lines may lose units by it: see `stripped`.

        What a count as of a later moment has already seen is taken back: it told what was left afterwards.
        """
        units = self.on_hand - self.noted
        second = time_us // 1_000_000
        if units and second <= self.moments.counted_s:
            if units < 0:
                self.adjusted -= units
                self.give(-units)
            else:
                enough = self.available + self.held >= units
                self.remove(units, seq, [] if enough else list(parts_of(self)))
            units = self.on_hand - self.noted
        if units:
            self.moments.add(second, units)
            self.noted += units

    # --- holds and counts -------------------------------------------------------------------------

    def hold(self, units: int) -> bool:
        """Hold more (or, below 0, release); False when there was too little to hold."""
        self.hold_target += units
        target = max(0, self.hold_target)
        if target > self.held:
            self.held += self._draw(target - self.held)
        elif target < self.held:
            freed = self.held - target
            self.held = target
            self.give(freed)
        return self.held == target

    def remove(self, units: int, seq: int, parts: list[Part]) -> int:
        """Take units away, wherever they are; how many there were.

        Available gives first, then held, then the newest reservations, then paid units that have not left
        (both become shortfall), then quarantine. `parts` are all parts of this cell.
        """
        left = units - self._draw(units)
        from_held = min(left, self.held)
        self.held -= from_held
        self.hold_target -= from_held
        left -= from_held
        if left:
            newest = sorted((part for part in parts if part.got), key=lambda part: -part.booked)
            for part in newest:
                reserved = part.got - min(part.want_sold, part.got)
                left -= self._strip(part, min(left, reserved), seq)
            for part in newest:
                staying = min(part.want_sold, part.got) - min(part.want_shipped, part.got)
                left -= self._strip(part, min(left, staying), seq)
        scrapped = min(left, self.quarantined)
        self.quarantined -= scrapped
        left -= scrapped
        self.adjusted -= units - left
        return units - left

    def _strip(self, part: Part, units: int, seq: int) -> int:
        if units:
            _, lacked, turn = self.stripped.setdefault(id(part), (part, part.short, part.short_seq))
            if lacked:
                # What one event gives and takes again costs nobody his turn.
                seq = turn
            sold = min(part.want_sold, part.got)
            part.got -= units
            less_sold = sold - min(part.want_sold, part.got)
            self.sold -= less_sold
            self.reserved -= units - less_sold
            self._make_short(part, part.short + units, seq)
        return units
