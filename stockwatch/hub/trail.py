"""The audit trail of a running room: what each event moved goes to the index beside the journal, after the commit.

Owns when rows are written (in a thread of its own, never before their events are durable) and how far that has come.
It is a projection: what goes wrong with it is said where people look at it, and the room goes on. A room that keeps no
journal (a replay) has its trail in memory, with the latest messages.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple

from stockwatch.ledger.balances import Books
from stockwatch.ledger.figures import Applied
from stockwatch.ledger.index import NOTHING, Index, StandsFor
from stockwatch.ledger.store import LedgerError
from stockwatch.ledger.trail import Movement, Trail

log = logging.getLogger(__name__)

MAX_WAITING = 400_000
"""Rows that may wait to be written: more are left to be read from the journal later."""
KEPT_IN_MEMORY = 200_000
"""Events whose rows and messages a room without a journal keeps."""


class Page(NamedTuple):
    """Rows, and how far the trail knows the journal."""

    rows: list[Movement]
    upto: int
    missing: int
    wrong: str


class RoomTrail:
    """One room's. `follow` comes once, `committed` after every commit, `close` at the end."""

    def __init__(self, index: Index | None, wrong: str = "") -> None:
        """`index` None: there is none, `wrong` says why."""
        self._index = index
        self._wrong = wrong
        self._books: Books | None = None
        self._rows: deque[Movement] = deque()
        self._upto = 0
        """Events whose rows are handed on to the thread."""
        self._lock = Lock()
        self._waiting: list[tuple[list[Movement], int, int, bytes | None]] = []
        self._waiting_rows = 0
        self._writing = False
        self._thread = ThreadPoolExecutor(1, "trail")
        self._messages: dict[int, bytes] = {}

    def follow(self, books: Books) -> None:
        """From where the books stand: nothing before is told."""
        self._books, self._upto = books, books.place
        if self._index is not None:
            trail, rows = Trail(books), self._rows
            books.follow = lambda applied: rows.extend(trail.take(applied))

    def committed(self, upto: int, head: bytes | None) -> None:
        """The events up to this seq are durable; `head` is the journal's after them."""
        if self._books is None or self._books.follow is None or upto <= self._upto:
            return
        rows = self._taken(upto)
        first, self._upto = self._upto + 1, upto
        with self._lock:
            if self._wrong:
                self._books.follow = None
                return
            if self._waiting_rows + len(rows) > MAX_WAITING:
                return
            self._waiting.append((rows, first, upto, head))
            self._waiting_rows += len(rows)
            if not self._writing:
                self._writing = True
                self._thread.submit(self._write)

    def _taken(self, upto: int) -> list[Movement]:
        """Rows of durable events. Those of an open group stand behind: their events are not out yet."""
        if not self._rows or self._rows[-1].seq <= upto:
            rows = list(self._rows)
            self._rows.clear()
            return rows
        rows = [row for row in self._rows if row.seq <= upto]
        later = [row for row in self._rows if row.seq > upto]
        self._rows.clear()
        self._rows.extend(later)
        return rows

    def keep(self, applied: Sequence[Applied]) -> None:
        """Of a room without a journal: keep the messages themselves, the latest ones."""
        for one in applied:
            if one.place is not None:
                self._messages[one.place] = one.event.raw
        while len(self._messages) > KEPT_IN_MEMORY:
            del self._messages[next(iter(self._messages))]

    def message(self, seq: int) -> bytes:
        """A message kept in memory; empty when it is not."""
        return self._messages.get(seq, b"")

    def _write(self) -> None:
        """In the thread: write what waits, until nothing does."""
        assert self._index is not None, "only what has an index writes"
        while True:
            with self._lock:
                batches, self._waiting, self._waiting_rows = self._waiting, [], 0
                if not batches or self._wrong:
                    self._writing = False
                    return
            try:
                for rows, first, last, head in _runs(batches):
                    self._index.add(rows, first, last, head)
                    if self._index.path is None and last > 2 * KEPT_IN_MEMORY:
                        self._index.forget(last - KEPT_IN_MEMORY)
            except LedgerError as error:
                self._failed(str(error))
            except Exception as error:
                log.exception("the audit trail failed")
                self._failed(f"{type(error).__name__}: {error}")

    def _failed(self, why: str) -> None:
        log.warning("%s", why)
        with self._lock:
            self._wrong = why

    async def page(
        self, sku: str | None, *, search: str, stands_for: StandsFor = NOTHING, before: int | None, limit: int
    ) -> Page:
        """Rows, newest first."""
        return await asyncio.to_thread(self._page, sku, search, stands_for, before, limit)

    def _page(
        self, sku: str | None, search: str, stands_for: StandsFor, before: int | None, limit: int
    ) -> Page:
        if self._index is None:
            return Page([], 0, 0, self._wrong)
        try:
            covered = self._index.covered()  # before the rows: what is said to be known must be among them
            rows = self._index.page(sku, search=search, stands_for=stands_for, before=before, limit=limit)
        except LedgerError as error:
            return Page([], 0, 0, str(error))
        upto = covered[-1][1] if covered else 0
        known = sum(last - first + 1 for first, last in covered)
        return Page(rows, upto, upto - known, self._wrong)

    def gaps(self, upto: int) -> bool:
        """Whether some of the first events are not known, and could be."""
        if self._index is None or self._wrong:
            return False
        try:
            return bool(self._index.gaps(upto))
        except LedgerError as error:
            self._failed(str(error))
            return False

    def close(self) -> None:
        """Write what waits, and let go."""
        self._thread.shutdown(wait=True)
        if self._index is not None:
            self._index.close()


def _runs(
    batches: list[tuple[list[Movement], int, int, bytes | None]],
) -> list[tuple[list[Movement], int, int, bytes | None]]:
    """Batches that follow one another as one, so that a busy room writes seldom."""
    runs = [batches[0]]
    for rows, first, last, head in batches[1:]:
        before = runs[-1]
        if before[2] + 1 == first:
            runs[-1] = (before[0] + rows, before[1], last, head)
        else:
            runs.append((rows, first, last, head))
    return runs


def quiet(make: Callable[[], Index]) -> RoomTrail:
    """A trail on an index; on none, with the reason, where there can't be one."""
    try:
        return RoomTrail(make())
    except LedgerError as error:
        log.warning("%s", error)
        return RoomTrail(None, str(error))
