"""The detail of one link: what was left and sold by the minute, the forecast ahead, and what platforms say.

Reads the room and never changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from stockwatch.room import overwritten
from stockwatch.room.clock import SECOND_US
from stockwatch.room.figures import SPOT
from stockwatch.room.links import Link
from stockwatch.room.room import Room
from stockwatch.room.view import Ahead, Detail, Mark, PlatformRow, Taught, Text

MAX_MINUTES = 24 * 60
_AHEAD_POINTS, _AHEAD_MIN, _AHEAD_MAX = 12, 15, 120
"""Of the forecast: points, and minutes that it covers."""


def detail(room: Room, link: Link, now: int, safety_line: Callable[[str], int]) -> Detail:
    """The chart of a link over the stream so far, `now` in epoch seconds; `safety_line` of each SKU."""
    own = link.sizes or tuple(sku for sku, _, role in link.parts if role != "gift") or link.skus
    taken: dict[int, int] = {}
    for sku in own:
        for minute, units in room.demand.minutes(sku):
            taken[minute] = taken.get(minute, 0) + units
    seen = [room.log.remaining.get(sku, {}) for sku in own]
    starts = [min(minutes) for minutes in (taken, *seen) if minutes]
    end = now // 60 * 60
    first = max(min(starts, default=end), end - MAX_MINUTES * 60)
    minutes = tuple(range(first, end + 60, 60))
    remaining = [0] * len(minutes)
    for history in seen:
        left = next((history[at] for at in sorted(history) if at >= first), 0)
        for n, minute in enumerate(minutes):
            left = history.get(minute, left)
            remaining[n] += left
    lines = [safety_line(sku) for sku in own]
    leads = [lead for sku in own if (lead := room.desk.terms(sku, now * SECOND_US).lead_s) is not None]
    marks: list[Mark] = [mark for key in (*own, "") for mark in room.log.marks.get(key, ())]
    begun = (room.desk.surge_since(sku, now * SECOND_US) for sku in own)
    marks += [Mark(at, "surge", Text("起量", "speeds up")) for at in begun if at is not None]
    return Detail(
        listing=link.listing,
        minutes=minutes,
        remaining=tuple(remaining),
        velocity=tuple(taken.get(minute, 0) for minute in minutes),
        safety_line=sum(lines),
        lead_time=min(leads, default=None),
        ahead=_ahead(room, own, len(minutes), now),
        marks=tuple(sorted(marks, key=lambda mark: mark.at)),
        platforms=tuple(_platforms(room, own)),
        taught=_taught(room, own),
    )


def _taught(room: Room, own: Sequence[str]) -> Taught | None:
    known = [one for sku in own if (one := room.demand.taught.skus.get(sku)) is not None]
    if not known:
        return None
    shown = [one.presented for one in known if one.presented.seconds]
    return Taught(
        streams=max(one.streams for one in known),
        usual_per_hour=3600.0 * sum(one.usual for one in known),
        presented_per_min=60.0 * sum(one.orders / one.seconds for one in shown),
    )


def _platforms(room: Room, own: Sequence[str]) -> Iterator[PlatformRow]:
    channels = [channel.id for channel in room.config.channels]
    shown = [one for sku in own for one in room.figures.shown(sku) if one.channel in channels]
    for one in sorted(shown, key=lambda one: channels.index(one.channel)):
        age = max(0, (room.now_us - one.heard_us) // SECOND_US)
        yield PlatformRow(
            sku=one.sku,
            channel=one.channel,
            qty=one.qty,
            age=age // 10 * 10 if age < 60 else age // 60 * 60,
            overwritten=one.overwritten,
            pool=_pool(one.pool),
        )


def _pool(pool: str) -> Text | None:
    said = overwritten.pool_title(pool)
    return None if pool == SPOT else Text(said.zh, said.en)


def _ahead(room: Room, own: Sequence[str], past: int, now: int) -> tuple[Ahead, ...]:
    """The forecast for about a third of the time that the chart shows, all sizes together: their lows are added, as
    if all sold fast at once, and so are their highs."""
    start = now // 60 * 60
    minutes = min(max(past // 3, _AHEAD_MIN), _AHEAD_MAX)
    at = [start + 60 * minutes * n // _AHEAD_POINTS for n in range(1, _AHEAD_POINTS + 1)]
    sums, sells = [[0, 0, 0] for _ in at], False
    for sku in own:
        facts = room.facts(sku)
        found = room.desk.ahead(sku, now * SECOND_US, facts, [one - start for one in at])
        sells |= found is not None
        still = facts.free
        for total, one in zip(sums, found or [(still,) * 3] * len(at), strict=True):
            for n in range(3):
                total[n] += one[n]
    return tuple(Ahead(one, *total) for one, total in zip(at, sums, strict=True)) if sells else ()
