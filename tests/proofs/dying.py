"""Runs stockwatch on a disk that fails, or in a process that kills itself, at a chosen write or sync.

    python dying.py before-sync:7 ledger apply room.db --room room.toml

`before-write` and `after-write` count writes, `before-sync` (written, not synced) and `after-sync` (durable, not
answered) count syncs. `full-write` finds no space from that write on, `io-write` and `io-sync` fail once. `never:0`
leaves all as it is. Snapshots come, and the log is folded in, far more often than in earnest, so that a short life has
some of each; one that ends in good order ends with a snapshot.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import apsw

NAME = "dying"
SNAPSHOT_EVERY = 200
CHECKPOINT_PAGES = 24


class _Vfs(apsw.VFS):
    """The real disk; a counter that kills."""

    def __init__(self, moment: str, at: int) -> None:
        self.moment, self.left = moment, at
        super().__init__(NAME, "unix", makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> Any:
        return _File(self, name, flags)

    def reached(self, moment: str) -> None:
        if moment == self.moment:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def fails(self, moment: str) -> bool:
        """Whether this write or sync is to fail; a full disk stays full."""
        if moment != self.moment:
            return False
        self.left -= 1
        return self.left == 0 or (self.left < 0 and moment == "full-write")


class _File(apsw.VFSFile):
    def __init__(self, vfs: _Vfs, name: Any, flags: Any) -> None:
        self._vfs = vfs
        super().__init__("unix", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        if self._vfs.fails("full-write"):
            raise apsw.FullError("no space left")
        if self._vfs.fails("io-write"):
            raise apsw.IOError("the disk failed")
        self._vfs.reached("before-write")
        super().xWrite(data, offset)
        self._vfs.reached("after-write")

    def xSync(self, flags: int) -> None:
        if self._vfs.fails("io-sync"):
            raise apsw.IOError("the disk failed")
        self._vfs.reached("before-sync")
        super().xSync(flags)
        self._vfs.reached("after-sync")


def _hurry() -> None:
    from stockwatch.ledger import file, keeper, writer

    writer.SNAPSHOT_EVERY = writer.SNAPSHOT_IDLE = SNAPSHOT_EVERY
    keeper._WORTH_IT = 0
    file._CHECKPOINT_PAGES = CHECKPOINT_PAGES


def main(argv: list[str]) -> int:
    """Exit code of the command, if it lives."""
    from stockwatch.cli import main as command

    _hurry()
    moment, _, at = argv[1].partition(":")
    vfs = _Vfs(moment, int(at))
    try:
        return int(command(argv[2:]) or 0)
    finally:
        vfs.unregister()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
