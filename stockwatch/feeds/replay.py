"""The feed of a `replay:` channel in a live room: a recording played once, at its own pace, as if it were
now.

Owns the shift from recorded to present time and its cursor, `LINE@OFFSET`: the last line handed over, and by
how many microseconds its times were moved. The offset outlives a restart of the hub, so that an event that
the recording repeats stays the same event, and what fell into the time the hub was down comes at once, as it
does from a live server.
"""

from __future__ import annotations

import re
from pathlib import Path

from stockwatch.events import Event
from stockwatch.feeds import notes
from stockwatch.feeds.base import MAX_BATCH, MAX_BATCH_BYTES, FeedStatus, Now, Sink, wall_clock
from stockwatch.feeds.pacer import Pacer
from stockwatch.feeds.recording import RecordingError, read
from stockwatch.feeds.shift import Shift, shift_event
from stockwatch.feeds.turns import turns

_CURSOR = re.compile(r"(\d{1,18})(?:@(-?\d{1,18}))?", re.ASCII)


class ReplayFeed:
    """Plays `path` once at x1, times shifted to now. A wild timestamp doesn't hold up the lines behind it."""

    def __init__(
        self, channel: str, path: Path, *, now: Now = wall_clock, pacer: Pacer | None = None
    ) -> None:
        self.channel = channel
        self._path = path
        self._now = now
        self._pacer = pacer
        """For tests: another speed."""

    async def run(self, sink: Sink, cursor: str | None) -> None:
        """Hand over the lines behind `cursor` at their times; returns at the end of the recording.

        Raises RecordingError when it can't be read: trying again would not help, and a person has to know.
        """
        sink.status(self.channel, FeedStatus("connecting"))
        try:
            await self._play(sink, cursor)
        except RecordingError as error:
            sink.status(self.channel, FeedStatus("down", notes.outside(error)))
            raise
        sink.status(self.channel, FeedStatus("ended"))

    async def _play(self, sink: Sink, cursor: str | None) -> None:
        played, offset_us = _parse(cursor)
        resumed_at_us = self._now()
        pacer = self._pacer or Pacer()
        if offset_us is not None:
            pacer.start(resumed_at_us - offset_us)
        gap_marked = cursor is None
        frames: list[bytes] = []
        size = 0
        live = False
        for line, due_us in turns(read(self._path)):
            if line.number <= played:
                continue
            if not live:
                live = True
                sink.status(self.channel, FeedStatus("live"))
            if due_us is not None and offset_us is None:
                # Whole milliseconds, so that times keep the precision they were recorded with.
                offset_us = (self._now() - due_us) // 1000 * 1000
                pacer.start(due_us)
            if (
                not gap_marked
                and due_us is not None
                and offset_us is not None
                and isinstance(line.event, Event)
            ):
                gap_marked = True
                if due_us + offset_us < resumed_at_us:
                    await sink.gap(self.channel, None, resumed_at_us)
            if due_us is not None and not pacer.due(due_us):
                if frames:
                    await sink.put(self.channel, frames, _cursor(played, offset_us))
                    frames, size = [], 0
                await pacer.until(due_us)
            frames.append(line.raw if offset_us is None else shift_event(line.raw, Shift(0, offset_us)))
            size += len(line.raw)
            played = line.number
            if len(frames) >= MAX_BATCH or size >= MAX_BATCH_BYTES:
                await sink.put(self.channel, frames, _cursor(played, offset_us))
                frames, size = [], 0
        if frames:
            await sink.put(self.channel, frames, _cursor(played, offset_us))


def _cursor(line: int, offset_us: int | None) -> str:
    return str(line) if offset_us is None else f"{line}@{offset_us}"


def _parse(cursor: str | None) -> tuple[int, int | None]:
    """(last line handed over, offset if known); a cursor that is not ours means the beginning."""
    match = _CURSOR.fullmatch(cursor or "")
    if match is None:
        return 0, None
    return int(match[1]), None if match[2] is None else int(match[2])
