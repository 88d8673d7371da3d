"""A live hub's journal: the ledger file, held open and locked while the hub runs."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stockwatch.hub.journal import rebuild
from stockwatch.hub.trail import quiet
from stockwatch.hub.waiting import telling, told
from stockwatch.ledger.archive import closed, connect
from stockwatch.ledger.balances import Books
from stockwatch.ledger.catchup import open_index
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.keeper import Keeper
from stockwatch.ledger.replay import restored
from stockwatch.ledger.snapshot import BadSnapshot, Frame
from stockwatch.ledger.state import frames
from stockwatch.ledger.store import LedgerError, Record
from stockwatch.ledger.unhurried import no_collections
from stockwatch.ledger.upkeep import settle
from stockwatch.ledger.writer import LOOKS, Book, stale_rows, stock_rows
from stockwatch.paths import make_private
from stockwatch.room.pipeline import Entry, Pipeline
from stockwatch.room.room import Room
from stockwatch.room.state import BadRoom, label, restore, room_frame

log = logging.getLogger(__name__)

SNAPSHOT_EVERY = 100_000
"""Events: a hub killed just before its next snapshot reads back so many, in a few seconds."""


class LedgerJournal:
    """One ledger, to write. Raises LedgerBusy when another process has it, LedgerError with what to do."""

    def __init__(self, path: Path, now_us: Callable[[], int], *, make_folder: bool = False) -> None:
        """`make_folder`: the path is ours to choose (no ledger named in room.toml), so its folder is too."""
        if make_folder:
            make_private(path.parent)
        self._file = LedgerFile(path)
        settle(self._file, telling(log, self._file.last_seq))
        self._keeper = Keeper(self._file, SNAPSHOT_EVERY)
        self._now_us = now_us
        self._dirty: set[str] = set()
        self.trail = quiet(lambda: open_index(self._file))
        self._cursors: dict[str, str] = {}
        """Of events that wait behind an open atomic group: a cursor is kept only with what came before it."""

    def recall(self, make: Callable[[Books], Room]) -> Room:
        """The room as the newest good snapshot and the journal after it tell it: `make` gives a new one on books.

        A snapshot that is not of this version and these settings is passed over; without any the whole journal is
        read. Raises LedgerCorrupt.
        """
        with no_collections():
            return self._recalled(make)

    def _recalled(self, make: Callable[[Books], Room]) -> Room:
        room = _from_snapshot(self._file, make)
        since = room.books.place
        if self.trail.gaps(self._file.last_seq):
            # Rows of what the journal says after the snapshot come along with reading it.
            self.trail.follow(room.books)
        read = told(self._file.read_since(since), log, since, self._file.last_seq)
        count = rebuild(read, room.pipeline, settled=self._file.settled_seq)
        if room.books.follow is None:
            self.trail.follow(room.books)
        self.trail.committed(self._file.last_seq, self._file.head)
        self._dirty = stale_rows(self._file, room.books)
        log.info("%s: %d events from a snapshot, %d read back", self._file.path, since, count)
        return room

    @property
    def settled_seq(self) -> int:
        """Up to there events were answered under earlier rules."""
        return self._file.settled_seq

    @property
    def last_seq(self) -> int:
        """The last event that is durable."""
        return self._file.last_seq

    def read_on(self, books: Books) -> Iterator[Record]:
        """What is durable after where these books stand, which read closed lines here from now on."""
        if self._file.has_closed_lines():
            connect(books, self._file)
        return self._file.read_since(books.place)

    def read_beside(self, books: Books) -> Iterator[Record]:
        """The same, in another thread."""
        with LedgerFile(self._file.path, read_only=True) as file:
            if file.has_closed_lines():
                connect(books, file)
            yield from file.read_since(books.place)

    def records(self) -> Iterator[Record]:
        """Every event, in order. Raises LedgerCorrupt."""
        return self._file.records()

    def cursors(self) -> dict[str, str]:
        """Where each channel's feed goes on."""
        return self._file.cursors()

    def dead_count(self) -> int:
        """Messages set aside so far."""
        return self._file.dead_count()

    def append(self, entries: Sequence[Entry], cursors: dict[str, str], pipeline: Pipeline) -> None:
        """Durable on return. What can't be used is set aside first. Raises LedgerFailed: then nothing is."""
        book = Book(
            self._file.last_seq + 1,
            [entry.applied for entry in entries],
            [entry.received_us for entry in entries],
        )
        self._dirty |= book.touched
        if book.letters:
            self._file.set_aside(book.letters)
        self._cursors |= cursors
        waiting = pipeline.books.pending()
        if not len(book.records) and (waiting or not self._cursors):
            return
        rows = None if waiting else stock_rows(pipeline.books, self._dirty)
        kept = {} if waiting else self._cursors
        over = [] if waiting else pipeline.books.over(LOOKS)
        self._file.append(
            book.records, stock=rows, cursors=kept, lines=closed(over), committed_us=self._now_us()
        )
        self.trail.committed(self._file.last_seq, self._file.head)
        if over:
            pipeline.books.leave(over)
            connect(pipeline.books, self._file)
        if not waiting:
            self._dirty.clear()
            self._cursors = {}
            if pipeline.books.place == self._file.last_seq:
                self._keeper.committed(self._file.last_seq, lambda: _frames(pipeline), _labels(pipeline))

    def finish(self, pipeline: Pipeline) -> None:
        """The hub ends in good order: the next one starts from here. Then `close`."""
        if not pipeline.books.pending() and pipeline.books.place == self._file.last_seq:
            self._keeper.close(self._file.last_seq, lambda: _frames(pipeline), _labels(pipeline))

    async def message(self, seq: int) -> bytes:
        """The message at a place of the journal; empty where there is none."""
        return await asyncio.to_thread(self._message, seq)

    def _message(self, seq: int) -> bytes:
        try:
            with LedgerFile(self._file.path, read_only=True) as reader:
                record = next(reader.read_since(seq - 1), None) if 0 < seq <= reader.last_seq else None
        except LedgerError as error:
            log.warning("%s", error)
            return b""
        return b"" if record is None else record.raw

    def fill_gaps(self) -> None:
        """Let a child process at low priority read into the index what others wrote to the journal."""
        if not self.trail.gaps(self._file.last_seq):
            return
        try:
            subprocess.Popen(
                [sys.executable, "-m", "stockwatch.ledger.catchup", str(self._file.path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            log.warning("the audit index stays behind: %s", error)

    def close(self) -> None:
        """Checkpoint and let go."""
        self.trail.close()
        self._file.close()


def recall_beside(path: Path, make: Callable[[Books], Room]) -> Room:
    """A room as a ledger tells it that another thread or process is writing. Raises LedgerCorrupt, LedgerError."""
    with LedgerFile(path, read_only=True) as file:
        room = _from_snapshot(file, make)
        place = room.books.place
        read = told(file.read_since(place), log, place, file.last_seq)
        rebuild(read, room.pipeline, settled=file.settled_seq)
        return room


def _from_snapshot(file: LedgerFile, make: Callable[[Books], Room]) -> Room:
    """From the newest snapshot that knows the room, else a new one on empty books."""
    wanted = label(make(Books()))
    for snapshot in file.snapshots():
        if wanted not in snapshot.labels:
            continue
        books = restored(snapshot)
        if books is None:
            continue
        room = make(books)
        try:
            restore(room, snapshot.frames())
        except (BadRoom, BadSnapshot, OSError) as error:
            log.info("%s is passed over: %s", snapshot.path, error)
            continue
        break
    else:
        room = make(Books())
    if file.has_closed_lines():
        connect(room.books, file)
    return room


def _labels(pipeline: Pipeline) -> list[str]:
    return [label(room) for room in pipeline.rooms]


def _frames(pipeline: Pipeline) -> Iterator[Frame]:
    yield from frames(pipeline.books)
    for room in pipeline.rooms:
        yield room_frame(room)
