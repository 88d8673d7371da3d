"""The audit index: a file beside the ledger that answers what moved a SKU, newest first, by text or by order.

A projection, never a truth: what it knows follows from the journal alone, it is written after the commit and may lag
(`covered` says how far it is), and it may be deleted at any time. It knows which journal it is of: rows of another one,
or of an end that was cut off, are thrown away. One index may be used by several threads and processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from threading import RLock
from typing import Any

import apsw
import msgspec

from stockwatch.ledger.store import LedgerError
from stockwatch.ledger.trail import Movement

Head = Callable[[int], bytes | None]
"""The chain's head after the commit that ends with a seq, None where none does."""
Span = tuple[int, int]
"""From and to a seq, both included."""
_FORMAT = 1
_APPLICATION_ID = 0x53544B58  # "STKX"
_WAITS_MS = 10_000
MAX_ROWS = 500
_LEAN = frozenset(["duplicate", "noop"])
_COLUMNS = Movement.__struct_fields__
_SKU = _COLUMNS.index("sku")
_NAMES = {"order": "ord"}
_LIST = ", ".join(_NAMES.get(name, name) for name in _COLUMNS)
_MARKS = ", ".join("?" * len(_COLUMNS))
StandsFor = Mapping[str, Sequence[str]]
"""Word -> event types and outcomes that it stands for."""
NOTHING: StandsFor = {}
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_SEARCHED = ("ord", "document", "by", "reason", "id", "source", "type", "outcome", "sku")
_SCHEMA = """
CREATE TABLE movement (
  seq INTEGER, received TEXT, time TEXT, source TEXT, id TEXT, type TEXT, outcome TEXT, sku TEXT NOT NULL, ord TEXT,
  line INTEGER, document TEXT, by TEXT, reason TEXT, available INTEGER, held INTEGER, reserved INTEGER, sold INTEGER,
  shipped INTEGER, quarantined INTEGER, shortfall INTEGER, in_transit INTEGER, location TEXT, pool TEXT,
  left INTEGER, on_hand INTEGER,
  UNIQUE (seq, sku, location, pool)
);
CREATE INDEX movement_of_sku ON movement (sku, seq);
CREATE INDEX movement_of_order ON movement (ord, seq) WHERE ord IS NOT NULL;
CREATE TABLE covered (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, head BLOB);
"""


class Index:
    """Rows of movements. Every method raises LedgerError when the file can't be used; the ledger is none the worse."""

    def __init__(self, path: Path | None = None) -> None:
        """None: in memory, for a room that keeps no ledger."""
        self.path = path
        self._lock = RLock()
        try:
            self._db = apsw.Connection(":memory:" if path is None else str(path))
            self._db.set_busy_timeout(_WAITS_MS)
            self._db.pragma("trusted_schema", False)
            if self._db.pragma("application_id") not in (_APPLICATION_ID, 0):
                raise LedgerError(f"{path}: is not an audit index; move it away, it is made anew")
            self._db.pragma("journal_mode", "wal")
            self._db.pragma("synchronous", "normal")
            self._db.transaction_mode = "IMMEDIATE"
            with self._db:
                if self._db.pragma("user_version") != _FORMAT:
                    self._begin()
        except apsw.Error as error:
            raise self._unusable(error) from error

    def _begin(self) -> None:
        for table in ("movement", "covered"):
            self._db.execute(f"DROP TABLE IF EXISTS {table}")
        self._db.execute(_SCHEMA)
        self._db.pragma("application_id", _APPLICATION_ID)
        self._db.pragma("user_version", _FORMAT)

    def _unusable(self, error: apsw.Error) -> LedgerError:
        return LedgerError(
            f"{self.path}: the audit index can't be used ({type(error).__name__}: {error}). The ledger itself is "
            "sound; check the disk, or delete this file: it is made anew"
        )

    # --- what it knows ------------------------------------------------------------------------------------

    def belong_to(self, head: Head) -> None:
        """Throw away what is not of the journal with these heads."""
        with self._changing():
            if not self._is_of(head):
                self._begin()

    def is_of(self, head: Head) -> bool:
        """Whether all it knows is of the journal with these heads."""
        with self._reading():
            return self._is_of(head)

    def _is_of(self, head: Head) -> bool:
        told = self._ask("SELECT last, head FROM covered")
        return all(kept is None or head(last) == kept for last, kept in told)

    def covered(self) -> list[Span]:
        """The stretches of the journal that it knows, in order, with gaps between them."""
        with self._reading():
            return [
                (first, last) for first, last in self._ask("SELECT first, last FROM covered ORDER BY first")
            ]

    def gaps(self, upto: int) -> list[Span]:
        """What it does not know of the journal's first `upto` events."""
        found, next_ = [], 1
        for first, last in self.covered():
            if first > next_:
                found.append((next_, min(first - 1, upto)))
            next_ = last + 1
        if next_ <= upto:
            found.append((next_, upto))
        return [(first, last) for first, last in found if first <= last]

    # --- writing ------------------------------------------------------------------------------------------

    def add(self, rows: Sequence[Movement], first: int, last: int, head: bytes | None) -> None:
        """What the events from `first` to `last` moved, all of it; told again is harmless. `head`: the journal's after
        `last`."""
        kept = [_to_row(row) for row in rows if row.outcome not in _LEAN]
        with self._changing():
            self._db.executemany(f"INSERT OR IGNORE INTO movement ({_LIST}) VALUES ({_MARKS})", kept)
            beside = "SELECT first, last, head FROM covered WHERE first <= ? AND last >= ?"
            for other_first, other_last, other_head in self._ask(beside, (last + 1, first - 1)):
                self._db.execute("DELETE FROM covered WHERE first = ?", (other_first,))
                first = min(first, other_first)
                if other_last > last:
                    last, head = other_last, other_head
            self._db.execute("INSERT INTO covered VALUES (?,?,?)", (first, last, head))

    def forget(self, before: int) -> None:
        """Drop the oldest rows: of a room in memory, which can't grow for ever."""
        with self._changing():
            self._db.execute("DELETE FROM movement WHERE seq < ?", (before,))

    # --- reading ------------------------------------------------------------------------------------------

    def page(
        self,
        sku: str | None = None,
        *,
        order: str | None = None,
        search: str = "",
        stands_for: StandsFor = NOTHING,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Movement]:
        """Rows, newest first: of a SKU, of an order, or whose texts hold every word of `search`, or are of a
        type or an outcome that it `stands_for`. `before`: those with a
        lower seq, so that a page follows a page while rows are added. All rows of one event are on one page, so that
        there may be a few more than `limit`."""
        conditions, values = _conditions(sku, order, search, stands_for)
        if before is not None:
            conditions.append("seq < ?")
            values.append(before)
        where = " AND ".join(conditions) or "1"
        # The rows of the last event on the page come whole: the page begins at the seq of its `limit`-th row.
        query = (
            f"SELECT {_LIST} FROM movement WHERE {where} AND seq >= ifnull("
            f"(SELECT seq FROM movement WHERE {where} ORDER BY seq DESC LIMIT 1 OFFSET ?), 0) "
            "ORDER BY seq DESC, sku, location, pool"
        )
        with self._reading():
            found = self._ask(query, (*values, *values, max(1, min(limit, MAX_ROWS)) - 1))
        return [_of_row(row) for row in found]

    def sums(self) -> dict[tuple[str, str, str], int]:
        """(SKU, location, pool) -> available, by the changes of all rows."""
        query = "SELECT sku, location, pool, sum(available) FROM movement WHERE sku <> '' GROUP BY 1, 2, 3"
        with self._reading():
            return {(sku, location, pool): units for sku, location, pool, units in self._ask(query)}

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # --- SQLite -------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One thread at a time; what SQLite refuses is said with what to do."""
        try:
            with self._lock:
                yield
        except apsw.Error as error:
            raise self._unusable(error) from error

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """All of it or nothing; other processes wait from its start, so that what it reads still holds when it
        writes."""
        with self._reading(), self._db:
            yield

    def _ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._db.execute(query, values).fetchall()


def _to_row(movement: Movement) -> tuple[Any, ...]:
    row = msgspec.structs.astuple(movement)
    return (*row[:_SKU], row[_SKU] or "", *row[_SKU + 1 :])


def _of_row(row: tuple[Any, ...]) -> Movement:
    return Movement(*(*row[:_SKU], row[_SKU] or None, *row[_SKU + 1 :]))


def _conditions(
    sku: str | None, order: str | None, search: str, stands_for: StandsFor
) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if sku is not None:
        conditions.append("sku = ?")
        values.append(sku)
    if order is not None:
        conditions.append("ord = ?")
        values.append(order)
    for word in search.split():
        names = stands_for.get(word, ())
        marks = ",".join("?" * len(names))
        either = [f"instr(lower({name}), ?)" for name in _SEARCHED]
        either += [f"type IN ({marks})", f"outcome IN ({marks})"]
        conditions.append(f"({' OR '.join(either)})")
        # SQLite's lower() knows ASCII only.
        values += [word.translate(_LOWER)] * len(_SEARCHED) + [*names, *names]
    return conditions, values
