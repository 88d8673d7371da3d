"""Keeping a ledger well: a copy of it while it is written, and all that follows from its journal made anew."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import msgspec

from stockwatch.exits import Exit
from stockwatch.ledger import snapshot
from stockwatch.ledger.balances import Books
from stockwatch.ledger.catchup import index_path
from stockwatch.ledger.figures import Stock
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.replay import replay
from stockwatch.ledger.schema import RULES
from stockwatch.ledger.state import frames
from stockwatch.ledger.store import Key, LedgerError
from stockwatch.ledger.writer import Writer

_PAGES_AT_ONCE = 4096

log = logging.getLogger(__name__)


class Copied(msgspec.Struct, frozen=True):
    """A copy, which is a ledger of its own."""

    path: str
    seq: int
    bytes: int


def backup(source: Path, to: Path) -> Copied:
    """Copy a ledger, also one that a writer is at: what was committed when the copy began, whole, durable on return.

    Messages set aside are copied too. Raises LedgerError; then `to` is as it was.
    """
    for path in (to, _dead(to)):
        if path.exists():
            raise LedgerError(f"{path}: exists already; name a file that does not", Exit.USAGE)
    if not to.parent.is_dir():
        raise LedgerError(
            f"{to}: there is no folder {to.parent}; create it, or name another file", Exit.USAGE
        )
    unfinished = to.with_name(to.name + ".part")
    unfinished.unlink(missing_ok=True)
    with LedgerFile(source, read_only=True) as ledger:
        try:
            _copy(ledger, unfinished)
            if _dead(source).exists():
                shutil.copyfile(_dead(source), _dead(to))
                _sync(_dead(to))
            unfinished.rename(to)
            _sync(to.parent)
        except (OSError, apsw.Error) as error:
            unfinished.unlink(missing_ok=True)
            _dead(to).unlink(missing_ok=True)
            raise LedgerError(
                f"{to}: the copy failed ({type(error).__name__}: {error}). Check the disk (space, permissions), "
                "then try again"
            ) from error
    with LedgerFile(to, read_only=True) as copy:
        return Copied(str(to), copy.last_seq, to.stat().st_size)


def _copy(ledger: LedgerFile, to: Path) -> None:
    target = apsw.Connection(str(to))
    try:
        target.pragma("synchronous", "full")
        ledger.copy_into(target, _PAGES_AT_ONCE)
        target.pragma("journal_mode", "delete")
    finally:
        target.close()
    _sync(to)


def _dead(ledger: Path) -> Path:
    return ledger.with_name(ledger.name + ".dead.jsonl")


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


class Rebuilt(msgspec.Struct, frozen=True):
    """What came of the journal alone."""

    events: int
    rows: int
    mended: int
    """Stock rows that were not what the journal comes to."""


def rebuild_all(path: Path) -> Rebuilt:
    """Throw away whatever a ledger keeps beside its journal (stock rows, snapshots, audit index) and make it anew from
    it; the index when it is asked next.

    Nobody may be writing. Raises LedgerBusy, LedgerCorrupt where the journal itself does not add up: then nothing is
    changed.
    """
    if not path.is_file():
        raise LedgerError(f"{path}: there is no such ledger; check the path")
    with LedgerFile(path) as ledger:
        return _made_anew(ledger)


def settle(ledger: LedgerFile, tell: Callable[[int], None] | None = None) -> None:
    """Bring a ledger whose events were decided under earlier rules to those of today, before anything else is written:
    what was answered stands, figures are what its journal comes to now. A ledger of today's rules is left as it is.
    `tell` is called with how many events are done. Raises LedgerCorrupt, LedgerFailed."""
    if ledger.rules == RULES:
        return
    log.warning("%s: decided under earlier rules; figures are made anew from its journal", ledger.path)
    rebuilt = _made_anew(ledger, tell)
    log.warning("%s: %d events, %d stock rows differ", ledger.path, rebuilt.events, rebuilt.mended)


def _made_anew(ledger: LedgerFile, tell: Callable[[int], None] | None = None) -> Rebuilt:
    books, rows = Books(), dict[Key, Stock]()
    for _ in replay(ledger, books):
        if tell is not None:
            tell(books.place)
        if books.place == ledger.last_seq:
            rows = books.balances()  # before what is open at the end closes, which no record tells of yet
    books.check()
    _, before = ledger.stock()
    mended = sum(before.get(key) != rows.get(key) for key in before.keys() | rows.keys())
    # What would be believed goes before the rows say that all is of today's rules: whoever is stopped here begins anew.
    snapshot.remove_all(ledger.path)
    for name in ("", "-wal", "-shm"):
        Path(f"{index_path(ledger.path)}{name}").unlink(missing_ok=True)
    ledger.replace_stock(rows)
    if books.unmarked_end:
        # The state is put away as it is after the end; so the journal must tell of that end too.
        books = Writer(ledger, lambda: time.time_ns() // 1000).books
        rows = books.balances()
        ledger.replace_stock(rows)
    ledger.keep_snapshot(ledger.last_seq, frames(books))
    return Rebuilt(books.place, len(rows), mended)
