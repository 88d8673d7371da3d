"""A replay with nobody watching: recordings through the real pipeline as fast as they go, decisions as JSON Lines.

Works on a private ledger in memory: it never writes to a live ledger, a channel, a webhook or a phone. What it yields
depends on the events alone, not on speed or batch size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec

from stockwatch.config import RoomConfig
from stockwatch.events import Event
from stockwatch.feeds.recording import Line
from stockwatch.room.clock import SECOND_US
from stockwatch.room.room import Room, alone
from stockwatch.room.said import summary

_encoder = msgspec.json.Encoder()


def replay_room(config: RoomConfig) -> Room:
    """A room on an empty private ledger; its digest tells whether two replays had the same feed and outcomes."""
    room = alone(config, zone_of=ZoneInfo)
    room.pipeline.digest = blake2b(digest_size=16)
    room.pipeline.journaled = False
    return room


def play(
    room: Room,
    lines: Iterable[Line],
    *,
    batch: int = 4096,
    from_us: int | None = None,
    until_us: int | None = None,
) -> Iterator[bytes]:
    """Play everything; yields alert.* and action.* events as they happen (one JSON text each, no line end).

    Events before `from_us` are applied but what came of them is not yielded; those after `until_us` are not played.
    Afterwards `summary_line(room)` says what it came to.
    """
    source = iter(lines)
    silent = from_us is not None
    over = False
    while not over and (chunk := list(islice(source, batch))):
        for line in chunk:
            event = line.event
            if (until_us is not None or silent) and isinstance(event, Event):
                then_us = room.pipeline.clock.peek(event.clock_us)
                if until_us is not None and then_us > until_us:
                    over = True
                    break
                if silent and from_us is not None and then_us >= from_us:
                    room.pipeline.tick_to((from_us - 1) // SECOND_US)
                    room.drain()
                    silent = False
            room.pipeline.take(event)
        said = room.drain().said
        if not silent:
            yield from said
    room.pipeline.finish(until_us)
    said = room.drain().said
    if not silent:
        yield from said


def summary_line(room: Room) -> bytes:
    """The last line of a replay."""
    return _encoder.encode({"type": "replay.summary", "data": summary(room)})
