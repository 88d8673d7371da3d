"""Where a hub keeps what it has done: the ledger file of a live room, or nothing for a replay.

`append` makes entries durable before it returns: one commit with the stock rows they touched and the feeds' cursors.
What can't be used goes to the dead-letter file first. It raises when the disk refuses; the hub then ends, and what was
not committed was not answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from stockwatch.room.pipeline import Entry, Room


class Journal(Protocol):
    """One ledger's memory."""

    def append(self, entries: Sequence[Entry], cursors: dict[str, str], room: Room) -> None:
        """Durable on return, all of it or nothing."""

    def close(self) -> None:
        """Let go of it."""


class NoJournal:
    """A replay's: it keeps nothing, since replays never write."""

    def append(self, entries: Sequence[Entry], cursors: dict[str, str], room: Room) -> None:
        return

    def close(self) -> None:
        return


def rebuild(records: Iterator[tuple[bytes, int]], room: Room) -> int:
    """Bring a room to where its journal ends: `(raw, received_us)` in order. Returns how many were read.

    The same events at the same stamps give the same decisions; what the room booked then comes from the journal.
    """
    room.rebuilding = True
    count = 0
    for raw, received_us in records:
        room.take(raw, received_us)
        count += 1
        if count % 4096 == 0:
            room.drain()
    room.drain()
    room.rebuilding = False
    return count
