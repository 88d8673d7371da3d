"""Opening the file of the embedded store: the lock, SQLite's settings, and what is said where it can't be.

A writer holds the lock, writes through a WAL with every commit synced, and never syncs again by itself: when the
log is folded in is decided by `LedgerFile`. A reader never writes to the ledger.
"""

from __future__ import annotations

import errno
from pathlib import Path
from urllib.parse import quote

import apsw

from stockwatch.exits import Exit
from stockwatch.ledger.lock import WriterLock
from stockwatch.ledger.schema import APPLICATION_ID
from stockwatch.ledger.store import LedgerCorrupt, LedgerError

_READER_WAITS_MS = 5000
_NO_ROOM_TO_SHARE = (apsw.SQLITE_IOERR_SHMSIZE, apsw.SQLITE_IOERR_SHMOPEN, apsw.SQLITE_IOERR_SHMMAP)
"""A reader makes a small file beside the ledger; it can't where nothing is left of the disk."""
_MAGIC = b"SQLite format 3\x00"


def lock(path: Path) -> WriterLock:
    """Become the one writer. Raises LedgerBusy, LedgerError."""
    folder = path.parent
    if not folder.is_dir():
        raise LedgerError(f"{path}: there is no folder {folder}; create it, or name another ledger")
    if path.is_dir():
        raise LedgerError(f"{path}: is a folder; name a file", Exit.USAGE)
    if path.exists() and not path.is_file():
        raise LedgerError(f"{path}: is not a file; name one", Exit.USAGE)
    try:
        _refuse_strangers(path)
        return WriterLock(path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LedgerError(_full(path)) from error
        raise LedgerError(
            f"{path}: can't be written: {error.strerror}. Check the permissions of {folder}, "
            "or name another ledger"
        ) from error


def _refuse_strangers(path: Path) -> None:
    """Leave no lock beside a file that is no database at all. Raises LedgerError, OSError."""
    if path.exists():
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) not in (_MAGIC, b""):
                raise LedgerError(f"{path}: is not a ledger; name another file")


def to_write(path: Path) -> apsw.Connection:
    """A connection that writes; the file is created where there is none. The lock must be held. Raises LedgerError,
    apsw.Error."""
    database = apsw.Connection(str(path))
    # Closing may sync too, which after a sync that failed could succeed and mean nothing: only a sound writer asks.
    database.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
    _check_kind(path, database)
    database.pragma("journal_mode", "wal")
    database.pragma("synchronous", "full")
    database.pragma("fullfsync", True)
    database.wal_autocheckpoint(0)
    _fold_in(database)
    return _hardened(database)


def to_read(path: Path) -> apsw.Connection:
    """A connection that never writes; a cleanly closed ledger can be read even where nothing may be created. Raises
    LedgerError, apsw.Error."""
    if not path.is_file():
        raise LedgerError(f"{path}: there is no such ledger; check the path")
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    name = "file:" + quote(str(path.absolute()))
    wal = path.with_name(path.name + "-wal")
    try:
        database = apsw.Connection(name + "?mode=ro", flags=flags)
        database.set_busy_timeout(_READER_WAITS_MS)
        _check_kind(path, database)
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.IOError) as error:
        if isinstance(error, apsw.IOError) and getattr(error, "extendedresult", 0) not in _NO_ROOM_TO_SHARE:
            raise
        if wal.exists() and wal.stat().st_size:
            raise
        database = apsw.Connection(name + "?immutable=1", flags=flags)
        _check_kind(path, database)
    database.pragma("query_only", True)
    return _hardened(database)


def _hardened(database: apsw.Connection) -> apsw.Connection:
    database.pragma("trusted_schema", False)
    database.pragma("mmap_size", 0)
    return database


def _check_kind(path: Path, database: apsw.Connection) -> None:
    """Refuse a database that is not a ledger, before anything is written to it."""
    if database.pragma("application_id") == APPLICATION_ID:
        return
    if database.pragma("user_version") or database.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
        raise LedgerError(f"{path}: is a database of another program, not a ledger; name another file")


def _fold_in(database: apsw.Connection) -> None:
    """Write what an earlier writer left in its log into the file, and begin the log anew.

    Where that writer's last sync failed, the system may show pages of the log that are not on the disk, and take
    them for written: what this writer added behind them would be lost with them when the power goes. A reader
    delays this by a moment; one that stays longer is the exception in which the log goes on.
    """
    database.set_busy_timeout(_READER_WAITS_MS)
    try:
        database.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        pass
    database.set_busy_timeout(0)


def _full(path: Path) -> str:
    return f"{path}: the disk is full. Free some space, then start again"


def explained(path: Path, error: apsw.Error) -> LedgerError:
    """What SQLite refused, with what to do."""
    if isinstance(error, apsw.NotADBError):
        return LedgerError(f"{path}: is not a ledger; name another file")
    if isinstance(error, apsw.CantOpenError | apsw.PermissionsError | apsw.ReadOnlyError):
        return LedgerError(
            f"{path}: can't be opened ({error}). Check the permissions of it and of its folder"
        )
    if isinstance(error, apsw.CorruptError | apsw.SQLError):
        return LedgerCorrupt(f"{path}: is damaged ({error}); restore a backup", None)
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return LedgerError(f"{path}: in use by another program; close it and try again")
    if isinstance(error, apsw.FullError):
        return LedgerError(_full(path))
    if isinstance(error, apsw.IOError):
        return LedgerError(f"{path}: can't be read or written ({error}). Check the disk, then start again")
    return LedgerError(f"{path}: {type(error).__name__}: {error}")
