"""What the platforms say they have, SKU by SKU, and which of it somebody else changed. Pure.

Told of every reading (`channel.stock`) and of what the channel's orders did; the same events give the same changes. A
channel is followed from its first reading on: what its orders did before is not known, so that only readings taken
after that are compared.

A platform may keep two figures of a SKU: of what is here (pool `spot`), and of what it sells as pre-sale (`presale`).
Each is compared with the orders of its own pool. Where it keeps one only, what is sold as pre-sale may be of that one.

One open change a figure: what is changed again while nobody has taken it counts up, one that is put back is over, one
that was taken leaves after ten minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from stockwatch.alerts.overwrites import EDGE_US, SECOND_US, Change, Figure, Moves, Reading, Slack, Verdict
from stockwatch.config import RoomConfig
from stockwatch.events import Event, parse_time
from stockwatch.ledger.balances import Books
from stockwatch.ledger.figures import Applied
from stockwatch.ledger.plain import HOLDS, PAID, SHIPPED, Plain

KEPT_US = 600 * SECOND_US
"""For so long one that was taken or put back is still shown."""
TELL_AFTER_US = 600 * SECOND_US
"""A figure that moves as it should is told this often, and one that rests, `TELL_RESTING_US`."""
TELL_RESTING_US = 1800 * SECOND_US
_RECENT_US = 60 * SECOND_US
_FEW = 5
"""Units that may always be on their way back unheard."""
_AS_GOOD = 3, 0.02
"""A change that brings a figure back to within so many units, or such a share of it, puts it back."""

SPOT = "spot"


class Key(NamedTuple):
    """A figure."""

    channel: str
    sku: str
    listing: str = ""
    """The platform's number where it offers the SKU under several."""
    pool: str = SPOT


class Seen(NamedTuple):
    """A reading as the feed has it, before it is an event."""

    channel: str
    sku: str
    listing: str
    qty: int
    at_us: int
    unbooked: int = 0
    """Units of orders that changed since the last that was told, and are none of the room's."""
    pool: str = SPOT


class Told(NamedTuple):
    """What the room makes of it."""

    worth: bool
    """Whether it is to be an event."""
    expected: int | None
    """What the figure should be; None at the first."""


class Overwrite(msgspec.Struct):
    """Somebody else changed a figure."""

    id: str
    channel: str
    sku: str
    listing: str
    was: int
    now: int
    since_us: int
    """When the figure was last in order."""
    at_us: int
    """When it was first seen otherwise, by the platform's clock."""
    seen_us: int
    """The same by our own."""
    raised_us: int
    """When we heard, by the decision clock."""
    changed_us: int
    off: int
    """Units by which the figure is not what it would be."""
    count: int = 1
    by: str | None = None
    """Who took it."""
    over: bool = False
    """It was put back."""
    pool: str = SPOT


class Shown(NamedTuple):
    """A figure for people."""

    channel: str
    sku: str
    listing: str
    pool: str
    qty: int
    heard_us: int
    """By the decision clock: a platform's own may be off."""
    overwritten: bool


class PlatformFigures:
    """Of a room."""

    def __init__(self, config: RoomConfig) -> None:
        self._channels = {channel.id for channel in config.channels}
        self._since: dict[str, int] = {}
        """Channel -> since when its orders are followed, by its platform's clock."""
        self._moves: dict[tuple[str, str, str], Moves] = {}
        """By channel, SKU and pool."""
        self._apart: set[tuple[str, str, str]] = set()
        """(channel, SKU, pool) of figures that are kept apart from the usual one."""
        self._figures: dict[Key, Figure] = {}
        self._latest: dict[Key, tuple[Reading, int]] = {}
        """Read last, whether or not it became an event, and when we heard: shown, and never decided by."""
        self._count: dict[Key, int] = {}
        self.overwrites: dict[Key, Overwrite] = {}

    @property
    def follows(self) -> bool:
        """Whether any channel's figures are read."""
        return bool(self._since)

    # --- orders ------------------------------------------------------------------------------------------------------

    def moved(self, applied: Applied, books: Books, channel: str) -> None:
        """An order event of a channel was booked."""
        event = applied.event
        if channel not in self._since or applied.outcome not in ("accepted", "short"):
            return
        assert isinstance(event, Event)
        pool = _pool(event, books)
        for sku, units in applied.taken:
            certain = _sold_alone(event, books)
            for moves, sure in self._moved(channel, sku, pool):
                moves.sold(event.time_us, units, certain=certain and sure)
        line = event.line
        if line is None:
            return
        match event.type:
            case "order.cancelled":
                for sku, units, certain in _given_back(event, books):
                    for moves, sure in self._moved(channel, sku, pool):
                        moves.came_back(event.time_us, units, certain=certain and sure)
            case "order.refunded" if line.restock is True:
                for sku, units, _ in _given_back(event, books):
                    for moves, _ in self._moved(channel, sku, pool):
                        moves.came_back(event.time_us, units, certain=False)
            case "order.changed" if event.subject is not None and isinstance(line.to, str):
                units = line.units or _size(event, books)
                for moves, _ in self._moved(channel, event.subject, pool):
                    moves.came_back(event.time_us, units, certain=False)
                for moves, _ in self._moved(channel, line.to, pool):
                    moves.sold(event.time_us, units, certain=False)
            case _:
                pass

    def _moved(self, channel: str, sku: str, pool: str) -> Iterator[tuple[Moves, bool]]:
        """Those that an order of this pool moves, and whether it is certain."""
        yield self._of(channel, sku, pool), True
        if pool != SPOT and (channel, sku, pool) not in self._apart:
            yield self._of(channel, sku), False

    def lent(self, event: Event) -> None:
        """We told a platform to add units, or to take them away."""
        channel, qty = event.data.get("channel"), event.data.get("qty")
        if event.subject is None or channel not in self._since or type(qty) is not int:
            return
        moves = self._of(channel, event.subject)
        if event.type == "lease.granted":
            moves.came_back(event.time_us, qty, certain=False)
        else:
            moves.sold(event.time_us, qty, certain=False)

    def _of(self, channel: str, sku: str, pool: str = SPOT) -> Moves:
        found = self._moves.get((channel, sku, pool))
        if found is None:
            found = self._moves[channel, sku, pool] = Moves()
        return found

    # --- readings ----------------------------------------------------------------------------------------------------

    def see(self, seen: Seen, books: Books, lag_s: float, now_us: int) -> Told:
        """A reading that is no event yet: whether it should become one. Shown from now on, and nothing else."""
        key = Key(seen.channel, seen.sku, seen.listing, seen.pool)
        reading = Reading(seen.qty, seen.at_us)
        self._latest[key] = reading, now_us
        figure = self._figures.get(key)
        if figure is None or figure.last is None:
            return Told(True, None)
        verdict = figure.judge(
            reading,
            self._of(key.channel, key.sku, key.pool),
            self._slack(key, seen.at_us, books, lag_s, seen.unbooked),
        )
        if verdict.kind != "explained" or figure.doubts:
            return Told(verdict.kind != "old", _expected(verdict, seen.qty))
        passed_us = seen.at_us - figure.last.at_us
        moved = seen.qty != figure.last.qty and passed_us >= TELL_AFTER_US
        return Told(moved or passed_us >= TELL_RESTING_US, _expected(verdict, seen.qty))

    def read(self, event: Event, books: Books, lag_s: float, now_us: int) -> Overwrite | None:
        """A reading was booked: the change that it shows, if it is one to be told. `lag_s`: of the channel's orders."""
        data = event.data
        channel, qty, as_of = data.get("channel"), data.get("qty"), data.get("as_of")
        at_us = parse_time(as_of) if isinstance(as_of, str) else None
        if channel not in self._channels or event.subject is None or type(qty) is not int or at_us is None:
            return None
        listing, pool, unbooked = data.get("listing"), data.get("pool"), data.get("unbooked")
        key = Key(
            channel,
            event.subject,
            listing if isinstance(listing, str) else "",
            pool if isinstance(pool, str) else SPOT,
        )
        if key.pool != SPOT:
            self._apart.add((channel, key.sku, key.pool))
        reading = Reading(qty, at_us)
        latest = self._latest.get(key)
        if latest is None or latest[0].at_us < at_us:
            self._latest[key] = reading, now_us
        since_us = self._since.setdefault(channel, event.time_us)
        if at_us < since_us + EDGE_US:
            return None
        figure = self._figures.setdefault(key, Figure())
        either = unbooked if type(unbooked) is int and unbooked > 0 else 0
        slack = self._slack(key, at_us, books, lag_s, either)
        verdict = figure.take(reading, self._of(channel, event.subject, key.pool), slack)
        # A reading is told at `time` by the platform's clock, and comes in at `now_us` by ours.
        ahead_us = event.time_us - now_us
        return None if verdict.change is None else self._changed(key, verdict.change, ahead_us, now_us)

    def _slack(self, key: Key, at_us: int, books: Books, lag_s: float, unbooked: int) -> Slack:
        """What the books know of orders that may still change a figure: unpaid ones may be closed, few of the paid ones
        are, and as many as were sold in the last minute may have been placed and closed unseen."""
        channel, sku, listing, pool = key
        stock = books.stock(sku) if pool == SPOT else books.stock_in(sku, pool)
        sold, perhaps, _, _ = self._of(channel, sku, pool).between(at_us - _RECENT_US, at_us)
        back = (
            stock.reserved + stock.shortfall + sold + perhaps + max(_FEW, (stock.sold - stock.shipped) // 20)
        )
        return Slack(back, unbooked, int(lag_s * SECOND_US), bool(listing))

    def _changed(self, key: Key, change: Change, ahead_us: int, now_us: int) -> Overwrite | None:
        there = self.overwrites.get(key)
        off = change.now - change.was
        if there is not None and not there.over:
            least, share = _AS_GOOD
            if abs(there.off + off) <= max(least, share * max(change.was, change.now)):
                there.over, there.changed_us = True, now_us
                return None
            if there.by is None:
                there.was, there.now, there.off = change.was, change.now, there.off + off
                there.since_us, there.at_us, there.changed_us = change.since_us, change.at_us, now_us
                there.seen_us = change.at_us - ahead_us
                there.count += 1
                return there
        number = self._count[key] = self._count.get(key, 0) + 1
        channel, sku, listing, pool = key
        made = Overwrite(
            ":".join(
                filter(None, ("stock", channel, sku, listing, "" if pool == SPOT else pool, str(number)))
            ),
            channel, sku, listing, change.was, change.now, change.since_us, change.at_us,
            change.at_us - ahead_us, now_us, now_us, off, pool=pool,
        )  # fmt: skip
        self.overwrites[key] = made
        return made

    # --- people ------------------------------------------------------------------------------------------------------

    def acknowledge(self, id: str, by: str, now_us: int) -> Overwrite | None:
        """Somebody takes it; None where there is nothing to take."""
        for one in self.overwrites.values():
            if one.id == id and one.by is None and not one.over:
                one.by, one.changed_us = by, now_us
                return one
        return None

    def open(self) -> list[Overwrite]:
        """Those that nobody has taken, the latest last."""
        there = [one for one in self.overwrites.values() if one.by is None and not one.over]
        return sorted(there, key=lambda one: (one.changed_us, one.id))

    def waiting(self, sku: str) -> list[Overwrite]:
        """Those of a SKU that nobody has taken."""
        return [one for one in self.open() if one.sku == sku] if self.overwrites else []

    def current(self, now_us: int) -> Iterator[Overwrite]:
        """Those to be shown, oldest first."""
        for one in self.overwrites.values():
            if (one.by is None and not one.over) or now_us - one.changed_us < KEPT_US:
                yield one

    def shown(self, sku: str) -> list[Shown]:
        """The latest figures of a SKU, by channel."""
        return [
            Shown(*key, reading.qty, heard_us, self._is_off(key))
            for key, (reading, heard_us) in self._latest.items()
            if key.sku == sku
        ]

    def _is_off(self, key: Key) -> bool:
        one = self.overwrites.get(key)
        return one is not None and one.by is None and not one.over


def _expected(verdict: Verdict, qty: int) -> int | None:
    """Of what the figure may be, what is nearest to what it is."""
    return None if verdict.kind in ("first", "old") else min(max(qty, verdict.low), verdict.high)


def _line(event: Event, books: Books) -> Any:
    line = event.line
    return None if line is None else books.line(event.source, line.order, line.number)


def _pool(event: Event, books: Books) -> str:
    line = _line(event, books)
    if line is None:
        told = event.line.pool if event.line is not None else None
        return told if isinstance(told, str) else SPOT
    return str(line.cell.pool if isinstance(line, Plain) else line.where[1])


def _sold_alone(event: Event, books: Books) -> bool:
    """Whether what was sold is one SKU by itself, so that no bundle's figure can have moved instead."""
    line = _line(event, books)
    if line is None or isinstance(line, Plain):
        return line is not None
    return len(line.items) == 1 and line.items[0][1] == 1 and not line.gifts and not line.changes


def _size(event: Event, books: Books) -> int:
    line = _line(event, books)
    if line is None:
        return 0
    return line.size if isinstance(line, Plain) else (line.q or 0)


def _given_back(event: Event, books: Books) -> Iterator[tuple[str, int, bool]]:
    """(SKU, units, certain) that a platform took back with a line. One that was never paid returns to its figure for
    certain; whether a paid one does, platforms do not agree. What no order held never left it."""
    line = _line(event, books)
    if line is None:
        return
    told = event.line.units if event.line is not None else None
    if isinstance(line, Plain):
        paid = bool(line.facts & (PAID | SHIPPED))
        if paid or line.facts & HOLDS:
            yield line.cell.sku, told or line.size, not paid
        return
    paid, size = line.has_payment(), line.q or 0
    if not paid and not line.holds:
        return
    alone = _sold_alone(event, books)
    for sku, per in line.items:
        yield sku, min(told or size, size) * per, alone and not paid
