"""Where a hub keeps what it has done: the ledger file of a live room, or nothing for a replay.

`append` makes entries durable before it returns: one commit with the stock rows they touched and the feeds' cursors.
What can't be used goes to the dead-letter file first. It raises when the disk refuses; the hub then ends, and what was
not committed was not answered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

from stockwatch.hub.trail import RoomTrail
from stockwatch.ledger.index import Index
from stockwatch.ledger.store import LedgerCorrupt, Record
from stockwatch.room.pipeline import Entry, Pipeline


class Journal(Protocol):
    """One ledger's memory."""

    def append(self, entries: Sequence[Entry], cursors: dict[str, str], pipeline: Pipeline) -> None:
        """Durable on return, all of it or nothing."""

    @property
    def trail(self) -> RoomTrail:
        """What each event moved."""

    async def message(self, seq: int) -> bytes:
        """The message at a place of the journal; empty where it is not kept."""

    @property
    def settled_seq(self) -> int:
        """Up to there events were answered under earlier rules."""

    def close(self) -> None:
        """Let go of it."""


class NoJournal:
    """A replay's: it keeps nothing on disk, since replays never write."""

    def __init__(self) -> None:
        self.trail = RoomTrail(Index())
        self.settled_seq = 0

    def append(self, entries: Sequence[Entry], cursors: dict[str, str], pipeline: Pipeline) -> None:
        if entries:
            self.trail.keep([entry.applied for entry in entries])
            upto = max((entry.applied.place or 0 for entry in entries), default=0)
            self.trail.committed(upto, None)

    async def message(self, seq: int) -> bytes:
        return self.trail.message(seq)

    def close(self) -> None:
        self.trail.close()


_AT_ONCE = 4096


def rebuild(records: Iterable[Record], pipeline: Pipeline, *, settled: int = 0) -> int:
    """Bring new rooms to where their journal ends. Returns how many records were read.

    The same events at the same stamps give the same decisions; what they booked then comes from the journal.
    Raises LedgerCorrupt where an event comes to something else than the journal says: figures that people and
    storefronts were told are then not the ones that would follow. Up to `settled` that was under earlier rules, and
    what was answered then stands.
    """
    pipeline.rebuilding = True
    told: deque[Record] = deque()
    count = 0
    for record in records:
        told.append(record)
        pipeline.take(record.raw, record.received_us)
        count += 1
        if count % _AT_ONCE == 0:
            _compare(pipeline, told, settled)
    pipeline.close_open()
    _compare(pipeline, told, settled)
    assert not told, "every journaled event has an outcome"
    pipeline.rebuilding = False
    return count


def _drained(pipeline: Pipeline) -> list[Entry]:
    """Its entries; what they were news of is past."""
    for room in pipeline.rooms:
        room.drain()
    return pipeline.drain()


def _compare(pipeline: Pipeline, told: deque[Record], settled: int) -> None:
    """Take from `told` the records whose outcomes are out, in their order; behind an open group the rest waits."""
    for entry in _drained(pipeline):
        record, applied = told.popleft(), entry.applied
        if applied.place == record.seq and applied.outcome == record.outcome:
            continue
        if applied.place == record.seq <= settled:
            pipeline.books.answered(applied, record.outcome)
        else:
            raise LedgerCorrupt(
                f"seq {record.seq}: the journal says {record.outcome}, replay says {applied.outcome} "
                f"({applied.reason}). `stockwatch ledger verify` tells more; restore a backup",
                record.seq,
            )
