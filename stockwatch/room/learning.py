"""How what earlier streams taught enters a room: as an event, so that the journal alone gives the same again.

A stream begins where nothing was heard of the room's channels for hours; then, and only then, the lessons are booked,
and what the room remembers of the stream before gives way to them. Pure.
"""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from stockwatch.demand.demand import Demand
from stockwatch.demand.lessons import Lessons, data_of, fastest
from stockwatch.events import MAX_EVENT_BYTES, encode, format_time

LEARNED = "room.learned"
APART_US = 3 * 3600 * 1_000_000
"""After a silence of so long it is another stream."""


def learned_events(
    lessons: Lessons | None, demand: Demand, source: str, now_us: int, zone: tzinfo
) -> list[bytes]:
    """The event that begins a stream with lessons; none where there are none, or the stream goes on.

    Of more SKUs than fit into an event only the fastest begin with what is known of them.
    """
    if lessons is None or not lessons.skus:
        return []
    heard_us = demand.heard_us
    if heard_us is not None and now_us - heard_us < APART_US:
        return []
    time = format_time(now_us, zone)
    while True:
        data = data_of(lessons)
        raw = encode(type=LEARNED, source=source, id=f"learned:{now_us}", time=time, data=data)
        if len(raw) <= MAX_EVENT_BYTES:
            return [raw]
        lessons = msgspec.structs.replace(lessons, skus=fastest(lessons.skus, len(lessons.skus) // 2))
