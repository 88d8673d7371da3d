"""Which reservations end when, and the order.expired events that end them.

Reads no clock: whoever drives the decision clock asks. Deadlines lie in buckets of a second, so that a line that is
paid, shipped or cancelled before its deadline costs one append and, when its second comes, one look. A request ends
at its `expires`, a fact 60 s later: the platform owns it. Pure.
"""

from __future__ import annotations

from hashlib import blake2b
from heapq import heappop, heappush

from stockwatch.events import Event, encode, format_time
from stockwatch.ledger.lines import Line
from stockwatch.ledger.plain import FACT, Plain

GRACE_US = 60_000_000
_SECOND_US = 1_000_000
_MAX_ID = 256


class Expiries:
    """Deadlines of all lines that hold a reservation with one."""

    def __init__(self) -> None:
        self._buckets: dict[int, list[Line | Plain]] = {}
        """By the second at whose end the deadlines have come; entries whose deadline has moved are stale."""
        self._seconds: list[int] = []
        """Heap of the buckets' seconds."""

    def watch(self, line: Line) -> None:
        """Keep an eye on a line that holds stock and has `expires`; asking again is cheap."""
        deadline = _deadline(line)
        if line.watched_us != deadline:
            line.watched_us = deadline
            self.add(line, deadline)

    def add(self, line: Line | Plain, deadline_us: int) -> None:
        """A line with a deadline that it did not have before."""
        second = -(-deadline_us // _SECOND_US)
        bucket = self._buckets.get(second)
        if bucket is None:
            self._buckets[second] = [line]
            heappush(self._seconds, second)
        else:
            bucket.append(line)

    def due(self, now_us: int) -> list[bytes]:
        """order.expired events of every reservation whose deadline has come, in order; each is given out
        once."""
        ended: list[Line | Plain] = []
        while (bucket := self._first()) is not None:
            here = [line for line in bucket if _deadline(line) <= now_us]
            if not here:
                break
            ended += sorted(here, key=lambda line: (_deadline(line), line.seq))
            if len(here) < len(bucket):
                self._buckets[self._seconds[0]] = [line for line in bucket if _deadline(line) > now_us]
                break
            del self._buckets[heappop(self._seconds)]
        if not ended:
            return []
        time = format_time(now_us)
        return [
            encode(
                type="order.expired", source=line.source, id=expired_id(line.order, line.line),
                time=time, subject=line.cell.sku if isinstance(line, Plain) else line.subject,
                data={"order": line.order, "line": line.line},
            )
            for line in ended
        ]  # fmt: skip

    def next_due(self) -> int | None:
        """The first deadline that still ends a reservation, None when there is none."""
        bucket = self._first()
        return None if bucket is None else min(map(_deadline, bucket))

    def _first(self) -> list[Line | Plain] | None:
        """The first bucket with deadlines that still end reservations, without those that don't."""
        while self._seconds:
            second = self._seconds[0]
            bucket = [line for line in self._buckets[second] if _holds_until(line, second)]
            if bucket:
                self._buckets[second] = bucket
                return bucket
            del self._buckets[heappop(self._seconds)]
        return None


def _holds_until(line: Line | Plain, second: int) -> bool:
    if isinstance(line, Plain):
        return line.reserves()  # its deadline never moves
    return line.wants()[0] > 0 and -(-_deadline(line) // _SECOND_US) == second


def _deadline(line: Line | Plain) -> int:
    assert line.expires_us is not None, "only lines with a deadline are watched"
    fact = line.facts & FACT if isinstance(line, Plain) else line.fact
    return line.expires_us + GRACE_US if fact else line.expires_us


def expired_id(order: str, line: int) -> str:
    """`expired:<order>:<line>`; an order id too long for that stands as its digest, as ids end at 256
    characters."""
    id_ = f"expired:{order}:{line}"
    if len(id_) <= _MAX_ID:
        return id_
    return f"expired:{blake2b(order.encode(), digest_size=16).hexdigest()}:{line}"


def fell_due(event: Event) -> bool:
    """Whether an event is one that `Expiries.due` gives out."""
    line = event.line
    return (
        line is not None and event.type == "order.expired" and event.id == expired_id(line.order, line.number)
    )
