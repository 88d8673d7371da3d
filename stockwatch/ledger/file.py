"""The embedded store: one SQLite file (WAL, synchronous=FULL), written by one process at a time.

Owns the file, its `-wal` and `-shm`, the lock and the dead-letter file beside it. Knows nothing of what
events mean. A failed commit poisons the writer: nothing more is written, no sync is tried again; open the
ledger anew.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

import apsw
import msgspec

from stockwatch.ledger import connection, snapshot
from stockwatch.ledger.crash_points import passing
from stockwatch.ledger.dead import DeadLetters
from stockwatch.ledger.figures import Stock
from stockwatch.ledger.lock import WriterLock
from stockwatch.ledger.schema import (
    APPLICATION_ID,
    FIRST_HASH,
    GUARDS,
    MIGRATIONS,
    RULES,
    SCHEMA,
    TABLES,
    VERSION,
    chain,
)
from stockwatch.ledger.snapshot import BadSnapshot, Frame, Snapshot
from stockwatch.ledger.store import (
    CODES,
    OUTCOME_OF,
    ClosedLine,
    DeadLetter,
    Key,
    LedgerCorrupt,
    LedgerError,
    LedgerFailed,
    Record,
    Records,
    StockRows,
)

log = logging.getLogger(__name__)

_CHECKPOINT_PAGES = 4096
"""WAL pages (16 MiB) after which a commit is followed by a checkpoint that never waits for readers."""
_STOCK_COLUMNS = (
    "available", "held", "reserved", "sold", "shipped", "quarantined", "shortfall", "oversold",
)  # fmt: skip


class LedgerFile:
    """A ledger on disk, to write (the default; creates it) or to read while another process writes."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Raises LedgerBusy, LedgerError (with what to do), LedgerCorrupt."""
        self.path = path
        self.read_only = read_only
        self.epoch = 0
        self._failed: str | None = None
        """Why this writer can't go on."""
        self._has_archive = True
        self.rules = 0
        """Those under which what is kept beside the journal was made; 0: of a format that does not tell."""
        self._settled_seq = 0
        self._wal_pages = 0
        self._lock: WriterLock | None = None
        self._dead = DeadLetters(path)
        if not read_only:
            self._lock = connection.lock(path)
        try:
            self._db = connection.to_read(path) if read_only else connection.to_write(path)
            if not read_only:
                self._db.set_wal_hook(self._committed)
            self._adopt()
            self.last_seq, self._head = self._tail()
        except BaseException as error:
            if isinstance(error, apsw.Error):
                self._fail(error)
            self._release()
            if isinstance(error, apsw.Error):
                raise connection.explained(path, error) from error
            raise

    # --- opening --------------------------------------------------------------------------------------

    def _adopt(self) -> None:
        """Create the tables of a new ledger, bring those of an older format up to date; as a writer, begin a new
        epoch. All of it or nothing."""
        database = self._db
        version = database.pragma("user_version")
        if version > VERSION:
            raise LedgerError(
                f"{self.path}: written by a newer stockwatch (format {version}, this one knows {VERSION}); "
                "upgrade stockwatch"
            )
        if self.read_only:
            if version == 0:
                raise LedgerError(f"{self.path}: is empty, not a ledger; check the path")
            self._has_archive = version > 1
            self._complete(version)
            if version > 2:
                self._read_rules()
            return
        with database:
            if version:
                self._complete(version)
            else:
                database.execute(SCHEMA)
                database.pragma("application_id", APPLICATION_ID)
            for step in range(max(version, 1), VERSION):
                database.execute(MIGRATIONS[step])
            if version != VERSION:
                database.pragma("user_version", VERSION)
            if version == 0:
                database.execute("UPDATE meta SET value = ? WHERE key = 'rules'", (RULES,))
            self._read_rules()
            self.epoch = self._meta("epoch") + 1
            database.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (self.epoch,))

    def _read_rules(self) -> None:
        self.rules, self._settled_seq = self._meta("rules"), self._meta("settled_seq")
        if self.rules > RULES:
            raise LedgerError(
                f"{self.path}: written by a newer stockwatch (rules {self.rules}, this one knows {RULES}); "
                "upgrade stockwatch"
            )

    @property
    def settled_seq(self) -> int:
        """Up to there events were answered under earlier rules."""
        return self._settled_seq if self.rules == RULES else self.last_seq

    def _complete(self, version: int) -> None:
        """Raise LedgerCorrupt where a table of this format is missing."""
        there = {str(name) for (name,) in self._db.execute("SELECT name FROM sqlite_schema")}
        missing = frozenset().union(*TABLES[:version]) - there
        if missing:
            raise LedgerCorrupt(f"{self.path}: the table {min(missing)!r} is missing; restore a backup", None)

    def _tail(self) -> tuple[int, bytes]:
        row = self._db.execute(
            "SELECT first_seq + n - 1, hash FROM batch ORDER BY first_seq DESC LIMIT 1"
        ).fetchone()
        return (int(row[0]), bytes(row[1])) if row else (0, FIRST_HASH)

    def _meta(self, key: str) -> int:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None or not isinstance(row[0], int):
            raise LedgerCorrupt(f"{self.path}: the entry {key!r} is missing; restore a backup", None)
        return row[0]

    # --- writing --------------------------------------------------------------------------------------

    def append(
        self,
        records: Records,
        *,
        stock: StockRows | None,
        cursors: Mapping[str, str] | None = None,
        lines: Sequence[ClosedLine] = (),
        committed_us: int,
    ) -> None:
        """One durable commit of records, the stock rows they changed, feed cursors and lines that are to leave memory:
        all of it or nothing.

        `stock` None: the rows are not brought up to date by this commit (an atomic group is open). Records
        must go on where the journal ends. Raises LedgerFailed; after that every call does.
        """
        self._writable()
        assert self.rules == RULES, (
            "a ledger of earlier rules is settled before anything is written (`upkeep.settle`)"
        )
        if len(records) and records.first_seq != self.last_seq + 1:
            raise ValueError(f"records must go on from {self.last_seq}, got {records.first_seq}…")
        try:
            head = self._commit(records, stock, cursors or {}, lines, committed_us)
        except apsw.Error as error:
            self._fail(error)
            raise LedgerFailed(
                f"{self.path}: the commit failed ({type(error).__name__}: {error}); nothing of it was "
                "acknowledged. Check the disk (space, permissions), then start again"
            ) from error
        except BaseException as error:
            self._fail(error)
            raise
        self.last_seq, self._head = self.last_seq + len(records), head
        if self._wal_pages >= _CHECKPOINT_PAGES:
            self._checkpoint()

    def _commit(
        self,
        records: Records,
        stock: StockRows | None,
        cursors: Mapping[str, str],
        lines: Sequence[ClosedLine],
        committed_us: int,
    ) -> bytes:
        database = self._db
        head = self._head
        database.execute("BEGIN IMMEDIATE")
        try:
            if self._meta("epoch") != self.epoch:
                raise LedgerFailed(f"{self.path}: another writer has taken over; stop this one")
            if passing is not None:
                passing("before-journal")
            if len(records):
                head = self._insert_batch(records, committed_us)
            if stock is not None:
                self._write_stock(stock, self.last_seq + len(records))
            if cursors:
                database.executemany("INSERT OR REPLACE INTO cursor VALUES (?,?)", list(cursors.items()))
            if lines:
                seq = self.last_seq + len(records)
                database.executemany(
                    "INSERT OR REPLACE INTO line VALUES (?,?,?,?,?)",
                    ((line.source, line.order, line.line, seq, line.state) for line in lines),
                )
            if passing is not None:
                passing("before-commit")
            database.execute("COMMIT")
            if passing is not None:
                passing("after-commit")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return head

    def _insert_batch(self, records: Records, committed_us: int) -> bytes:
        first, n = records.first_seq, len(records)
        events = b"\n".join(records.raws)
        if events.count(b"\n") != n - 1 or b"\r" in events:
            events = b"\n".join(map(_one_line, records.raws))
        received = msgspec.json.encode(records.received_us)
        outcomes = "".join([CODES[outcome] for outcome in records.outcomes])
        digest = chain(self._head, first, committed_us, self.epoch, events, received, outcomes.encode())
        self._db.execute(
            "INSERT INTO batch VALUES (?,?,?,?,?,?,?,?,?)",
            (
                first, n, committed_us, self.epoch, events.decode(), received.decode(), outcomes, self._head,
                digest,
            ),
        )  # fmt: skip
        return digest

    def _committed(self, database: apsw.Connection, name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        """Move the WAL into the file without waiting for readers; a failure here loses nothing."""
        try:
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:
            self._fail(error)
        self._wal_pages = 0

    def replace_stock(self, stock: StockRows) -> None:
        """Throw away what is kept beside the journal, and write these stock rows, which are those of the last record
        under the rules of today; put back what guards the journal. Raises LedgerFailed."""
        self._writable()
        try:
            with self._db:
                for name, sql in GUARDS.items():
                    self._db.execute(f"DROP TRIGGER IF EXISTS {name}")
                    self._db.execute(sql)
                self._db.execute("DELETE FROM stock")
                self._db.execute("DELETE FROM line")
                self._write_stock(stock, self.last_seq)
                settled = [("rules", RULES), ("settled_seq", self.settled_seq)]
                self._db.executemany("UPDATE meta SET value = ?2 WHERE key = ?1", settled)
            self._read_rules()
        except apsw.Error as error:
            self._fail(error)
            raise LedgerFailed(f"{self.path}: the stock rows could not be written ({error})") from error

    def _write_stock(self, stock: StockRows, seq: int) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO stock VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                (*key, row.available, row.held, row.reserved, row.sold, row.shipped, row.quarantined,
                 row.shortfall, row.oversold)
                for key, row in stock.items()
            ),
        )  # fmt: skip
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'stock_seq'", (seq,))

    def set_aside(self, letters: Iterable[DeadLetter]) -> None:
        """Append to the dead-letter file, durable on return. Raises LedgerFailed; after that every call
        does."""
        self._writable()
        try:
            self._dead.add(letters)
        except LedgerFailed as error:
            self._fail(error)
            raise

    def _fail(self, error: BaseException) -> None:
        """Write no more: each further try says why."""
        if isinstance(error, LedgerFailed):
            self._failed = str(error)
        else:
            self._failed = (
                f"{self.path}: nothing is written any more since a write failed ({type(error).__name__}: {error}). "
                "Check the disk (space, permissions), then start again"
            )

    def _writable(self) -> None:
        if self.read_only:
            raise LedgerFailed(f"{self.path}: is open to be read only")
        if self._failed is not None:
            raise LedgerFailed(self._failed)

    # --- reading --------------------------------------------------------------------------------------

    def records(self) -> Iterator[Record]:
        """Every record, in order; what the journal holds is checked. Raises LedgerCorrupt."""
        return self.read_since(0)

    def read_since(self, seq: int) -> Iterator[Record]:
        """Records after `seq`, in order. Raises LedgerCorrupt at the first batch that contradicts itself."""
        for run in self.columns_since(seq):
            yield from map(Record, count(run.first_seq), run.received_us, run.raws, run.outcomes)

    def columns_since(self, seq: int) -> Iterator[Records]:
        """The same by columns, a batch at a time."""
        start = self._db.execute(
            "SELECT first_seq FROM batch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1", (seq + 1,)
        ).fetchone()
        previous: bytes | None = None
        expected: int | None = None
        for row in self._db.execute(
            "SELECT first_seq, n, committed_us, epoch, events, received_us, outcomes, previous_hash, hash "
            "FROM batch WHERE first_seq >= ? ORDER BY first_seq",
            (start[0] if start else 0,),
        ):
            first = int(row[0])
            if expected is None:
                expected, previous = (1, FIRST_HASH) if seq == 0 else (first, bytes(row[7]))
            run = self._checked(row, expected, previous)
            expected, previous = first + len(run), bytes(row[8])
            known = seq + 1 - first
            if known < len(run):
                yield run if known <= 0 else run.after(known)

    def _checked(self, row: Sequence[Any], expected: int, previous: bytes | None) -> Records:
        first, n, committed_us, epoch, events, received, outcomes, told_previous, told = row
        if first != expected:
            raise LedgerCorrupt(f"{self.path}: events {expected} to {first - 1} are missing", expected)
        raw = events.encode()
        digest = chain(
            bytes(told_previous), first, committed_us, epoch, raw, received.encode(), outcomes.encode()
        )
        if bytes(told_previous) != previous or digest != bytes(told):
            raise LedgerCorrupt(
                f"{self.path}: the batch from seq {first} was changed after it was written", first
            )
        lines = raw.split(b"\n")
        stamps = msgspec.json.decode(received, type=list[int])
        if not len(lines) == len(stamps) == len(outcomes) == n:
            raise LedgerCorrupt(f"{self.path}: the batch from seq {first} does not hold {n} events", first)
        return Records(first, lines, stamps, [OUTCOME_OF[code] for code in outcomes])

    def closed_line(self, source: str, order: str, line: int, before_seq: int) -> bytes | None:
        """The state in which a line left memory last before a seq, None where it never did."""
        if not self._has_archive:
            return None
        row = self._db.execute(
            "SELECT state FROM line WHERE source = ? AND ord = ? AND line = ? AND seq < ? ORDER BY seq DESC LIMIT 1",
            (source, order, line, before_seq),
        ).fetchone()
        return None if row is None else bytes(row[0])

    def closed_lines(self) -> Iterator[tuple[int, ClosedLine]]:
        """Every line that ever left memory, with the seq at which it did, in their order."""
        if not self._has_archive:
            return
        found = self._db.execute("SELECT seq, source, ord, line, state FROM line ORDER BY seq")
        for seq, source, order, line, state in found:
            yield seq, ClosedLine(source, order, line, bytes(state))

    def has_closed_lines(self) -> bool:
        """Whether any line ever left memory."""
        return self._has_archive and self._db.execute("SELECT 1 FROM line LIMIT 1").fetchone() is not None

    def snapshots(self) -> Iterator[Snapshot]:
        """States put away earlier, newest first: sound ones that belong to what the journal holds now."""
        for path in snapshot.paths(self.path):
            try:
                found = Snapshot(path)
            except (BadSnapshot, OSError) as error:
                log.warning("%s is passed over: %s", path, error)
                continue
            if self.head_at(found.seq) == found.head:
                yield found
            else:
                log.warning("%s is passed over: it is of another journal", path)

    def strange_snapshot(self) -> Snapshot | None:
        """A sound one beside the ledger that does not belong to its journal."""
        for path in snapshot.paths(self.path):
            with suppress(BadSnapshot, OSError):
                found = Snapshot(path)
                if self.head_at(found.seq) != found.head:
                    return found
        return None

    def keep_snapshot(self, seq: int, frames: Iterable[Frame], labels: Iterable[str] = ()) -> None:
        """Put away the state at `seq`, which must be the last one; `labels` name whose it is beside the ledger's.
        Uses files only, so that a forked child may. Raises OSError: then it is not kept, and nothing else has
        happened."""
        assert seq == self.last_seq, "a snapshot is of what is durable"
        snapshot.write(self.path, seq, self._head, frames, labels)

    @property
    def head(self) -> bytes:
        """The chain's head after the last commit."""
        return self._head

    def head_at(self, seq: int) -> bytes | None:
        """The chain's head after the batch that ends with `seq`, None where none does."""
        row = self._db.execute(
            "SELECT n, first_seq, hash FROM batch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
            (seq,),
        ).fetchone()
        return bytes(row[2]) if row is not None and row[0] + row[1] - 1 == seq else None

    @property
    def stock_seq(self) -> int:
        """The seq that the stock rows stand for."""
        return self._meta("stock_seq")

    def stock(self) -> tuple[int, dict[Key, Stock]]:
        """(seq that the rows stand for, rows by (SKU, location, pool)); in_transit is not kept in rows."""
        self._db.execute("BEGIN")  # one picture, though a writer may commit meanwhile
        try:
            return self._stock()
        finally:
            self._db.execute("COMMIT")

    def _stock(self) -> tuple[int, dict[Key, Stock]]:
        rows = {
            (row[0], row[1], row[2]): Stock(**dict(zip(_STOCK_COLUMNS, row[3:], strict=True)))
            for row in self._db.execute(
                "SELECT sku, location, pool, available, held, reserved, sold, shipped, quarantined, "
                "shortfall, oversold FROM stock"
            )
        }
        return self._meta("stock_seq"), rows

    def copy_into(self, target: apsw.Connection, pages: int) -> None:
        """Copy the file as last committed, some pages at a step; a writer goes on meanwhile. Raises apsw.Error."""
        with target.backup("main", self._db, "main") as copying:
            while not copying.done:
                copying.step(pages)

    def cursors(self) -> dict[str, str]:
        """Where each feed goes on, as last committed."""
        found = self._db.execute("SELECT feed, value FROM cursor ORDER BY feed")
        return {str(feed): str(value) for feed, value in found}

    def dead_count(self) -> int:
        """Messages set aside so far."""
        return self._dead.count()

    def unguarded(self) -> str | None:
        """A trigger of the journal that is not there as it was made, None when all are."""
        there = dict(self._db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))
        return next((name for name, sql in GUARDS.items() if there.get(name) != sql), None)

    def damage(self) -> str | None:
        """What SQLite itself finds wrong with the file, None when it is sound."""
        found = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        return None if found is None or found[0] == "ok" else str(found[0])

    # --- closing --------------------------------------------------------------------------------------

    def close(self) -> None:
        """Checkpoint (unless the writer has failed) and let go. Again is harmless."""
        self._release()

    def _release(self) -> None:
        database = getattr(self, "_db", None)
        if database is not None:
            if not self.read_only and self._folded():
                database.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)  # the empty log goes too
            database.close()
            del self._db
        self._dead.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _folded(self) -> bool:
        """Move the whole log into the file; False where a reader is in the way or the disk fails. The log then
        stays, nothing is lost."""
        if self._failed is not None:
            return False
        try:
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error:
            return False
        return True

    def __enter__(self) -> LedgerFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _one_line(raw: bytes) -> bytes:
    """An event on one line: line ends inside a message are white space of JSON, never part of a string."""
    if b"\n" in raw or b"\r" in raw:
        return raw.replace(b"\n", b" ").replace(b"\r", b" ")
    return raw
