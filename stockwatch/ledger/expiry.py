"""Which reservations end when, and the order.expired events that end them.

Reads no clock: whoever drives the decision clock asks. A heap, so that lines paid, shipped or cancelled
before their deadline cost nothing until it passes. A request ends at its `expires`, a fact 60 s later: the
platform owns it. Pure.
"""

from __future__ import annotations

from hashlib import blake2b
from heapq import heappop, heappush

from stockwatch.events import encode, format_time
from stockwatch.ledger.lines import Line

GRACE_US = 60_000_000
_MAX_ID = 256


class Expiries:
    """Deadlines of all lines that hold a reservation with one."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Line]] = []

    def watch(self, line: Line) -> None:
        """Keep an eye on a line that holds stock and has `expires`; asking again is cheap."""
        deadline = _deadline(line)
        if line.watched_us != deadline:
            line.watched_us = deadline
            heappush(self._heap, (deadline, line.seq, line))

    def due(self, now_us: int) -> list[bytes]:
        """order.expired events of every reservation whose deadline has come, in order; each is given out
        once."""
        time = format_time(now_us)
        events = []
        while (top := self._top()) is not None and top[0] <= now_us:
            line = heappop(self._heap)[2]
            events.append(
                encode(
                    type="order.expired", source=line.source, id=expired_id(line.order, line.line),
                    time=time, subject=line.subject, data={"order": line.order, "line": line.line},
                )
            )  # fmt: skip
        return events

    def next_due(self) -> int | None:
        top = self._top()
        return None if top is None else top[0]

    def _top(self) -> tuple[int, int, Line] | None:
        """The first deadline that still ends a reservation; those before it are dropped."""
        heap = self._heap
        while heap:
            deadline, _, line = heap[0]
            if line.watched_us == deadline and line.wants()[0]:
                return heap[0]
            heappop(heap)
        return None


def _deadline(line: Line) -> int:
    assert line.expires_us is not None, "only lines with a deadline are watched"
    return line.expires_us + GRACE_US if line.fact else line.expires_us


def expired_id(order: str, line: int) -> str:
    """`expired:<order>:<line>`; an order id too long for that stands as its digest, as ids end at 256
    characters."""
    id_ = f"expired:{order}:{line}"
    if len(id_) <= _MAX_ID:
        return id_
    return f"expired:{blake2b(order.encode(), digest_size=16).hexdigest()}:{line}"
