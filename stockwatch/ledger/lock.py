"""One writer a ledger: an OS lock beside the file, which dies with its process.

The lock file holds the writer's pid for whoever finds it taken; it is never deleted, as that would race.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from stockwatch.ledger.store import LedgerBusy


class WriterLock:
    """Held from creation to `release`. Raises LedgerBusy when another process (or this one) holds it."""

    def __init__(self, ledger: Path) -> None:
        self.path = ledger.with_name(ledger.name + ".lock")
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = self._holder()
            os.close(self._file)
            who = f"process {pid}" if pid is not None else "another process"
            raise LedgerBusy(
                f"{ledger}: in use: {who} writes to this ledger. One process writes: send events through it (a feed "
                "of its room, one pipe into it), stop it (stockwatch ps, stockwatch stop), or name another ledger",
                pid,
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def _holder(self) -> int | None:
        text = os.pread(self._file, 32, 0).strip()
        return int(text) if text.isdigit() else None

    def release(self) -> None:
        os.ftruncate(self._file, 0)
        # Closing alone would leave it held for as long as a child that has just been forked has not closed its copy.
        fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)
