"""When it is the turn of each line of a recording, in recorded time: what playing it at its own pace means.

Owns one rule: lines come in their order, at the decision clock of the recording. An event more than ten minutes
ahead is held until the next one tells whether it is the end of a silence (then both wait for their time) or a wild
timestamp (then it comes right after what was before it, and nothing waits). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stockwatch.events import Event
from stockwatch.feeds.recording import Line
from stockwatch.room.clock import Clock

_HELD_LINES = 1000
"""Unreadable lines may follow a held event; beyond this many it is let go as it is."""


def turns(lines: Iterable[Line]) -> Iterator[tuple[Line, int | None]]:
    """Each line with its turn in microseconds since the epoch; None: right after what came before it."""
    clock = Clock()
    claim_us: int | None = None
    before_us: int | None = None
    held: list[Line] = []
    for line in lines:
        event = line.event
        if not isinstance(event, Event):
            if not held:
                yield line, clock.now_us
            elif len(held) < _HELD_LINES:
                held.append(line)
            else:
                yield from _released(held, before_us)
                held = []
                yield line, clock.now_us
            continue
        now_us = clock.hear(event.clock_us)
        if claim_us is not None:
            # Believed once the clock has got there; else it has its turn where it stood.
            yield from _released(held, claim_us if now_us >= claim_us else before_us)
            held = []
        if event.clock_us > now_us:
            claim_us, before_us, held = event.clock_us, now_us, [line]
        else:
            claim_us = None
            yield line, now_us
    yield from _released(held, before_us)


def _released(held: list[Line], turn_us: int | None) -> Iterator[tuple[Line, int | None]]:
    for line in held:
        yield line, turn_us
