"""A disk that fails on demand, and one whose power is cut: an SQLite VFS over the real one.

`Disk` counts writes and syncs of databases and their logs, fails the n-th, and keeps a log of all that was done.
From the log, `after_power_cut` makes what a real disk may hold: all that a successful sync has covered, and of the
rest any part, in any order, torn at sectors of 512 bytes. What a failed sync covered never arrives by a later
sync: the kernel has marked those pages clean, though readers go on seeing them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

import apsw

Fault = Literal["full", "io", "torn", "sync"]
SECTOR = 512
NAME = "failing"


@dataclass(frozen=True)
class Op:
    """One thing done to a file; `data` of a write, or its new name. `at`: its offset, the size of a truncation, 1 where
    the folder is synced too, or how many events are answered."""

    kind: Literal["write", "truncate", "sync", "failed sync", "delete", "rename", "sync folder", "answered"]
    file: str
    at: int = 0
    data: bytes = b""


@dataclass
class Disk:
    """Use as a context: inside it every new connection goes through this disk."""

    log: list[Op] = field(default_factory=list)
    done: int = 0
    """Writes and syncs so far."""
    fails_at: int | None = None
    fault: Fault = "full"
    broken: bool = False
    """The fault has struck; a full disk stays full until `repair`."""

    def __enter__(self) -> Disk:
        self._vfs = _Vfs(self)
        return self

    def __exit__(self, *_: object) -> None:
        apsw.set_default_vfs("unix")
        self._vfs.unregister()

    def fail(self, after: int, fault: Fault) -> None:
        """Let the `after`-th write or sync from now fail (1: the next)."""
        self.fails_at, self.fault, self.broken = self.done + after, fault, False

    def repair(self) -> None:
        self.fails_at, self.broken = None, False

    def answered(self, count: int) -> None:
        """Note that so many events have been answered by now."""
        self.log.append(Op("answered", "", count))

    def strikes(self, kind: Literal["write", "sync"]) -> bool:
        """Whether this operation is to fail. A fault of the other kind strikes at the next one that fits."""
        self.done += 1
        if self.fails_at is None or self.done < self.fails_at or (kind == "sync") != (self.fault == "sync"):
            return False
        if self.broken and self.fault != "full":
            return False
        self.broken = True
        return True


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(NAME, "unix", makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> Any:
        return _File(self._disk, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        self._disk.log.append(Op("delete", name, int(sync)))
        super().xDelete(name, sync)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: Any) -> None:
        self._disk = disk
        self._name = (name.filename() if isinstance(name, apsw.URIFilename) else name) or ""
        self._syncs_folder = self._name.endswith(("-wal", "-journal"))
        """SQLite on Unix syncs the folder with the first sync of a log, so that its name is there too."""
        super().__init__("unix", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        disk, data = self._disk, bytes(data)
        if disk.strikes("write"):
            if disk.fault == "torn":
                half = data[: len(data) // 2]
                disk.log.append(Op("write", self._name, offset, half))
                super().xWrite(half, offset)
            if disk.fault == "full":
                raise apsw.FullError("no space left")
            raise apsw.IOError("the disk failed")
        disk.log.append(Op("write", self._name, offset, data))
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        if self._disk.strikes("sync"):
            self._disk.log.append(Op("failed sync", self._name))
            raise apsw.IOError("the disk failed")
        self._disk.log.append(Op("sync", self._name, int(self._syncs_folder)))
        self._syncs_folder = False
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:
        self._disk.log.append(Op("truncate", self._name, size))
        super().xTruncate(size)


def after_power_cut(log: list[Op], cut: int, rng: Random) -> tuple[dict[str, bytes], int]:
    """What the disk holds when power goes after the first `cut` operations: file -> content, and how many events
    had been answered by then."""
    durable: dict[str, bytearray] = {}
    pending: dict[str, list[Op]] = {}
    deleted: dict[str, bytearray | None] = {}
    renamed: dict[str, str] = {}
    answered = 0
    for op in log[:cut]:
        if op.kind == "answered":
            answered = op.at
        elif op.kind in ("write", "truncate"):
            pending.setdefault(op.file, []).append(op)
        elif op.kind == "delete":
            pending.pop(op.file, None)
            deleted[op.file] = durable.pop(op.file, None)
            renamed.pop(op.file, None)
        elif op.kind == "rename":
            new = os.fsdecode(op.data)
            _move(durable, pending, op.file, new)
            renamed[new] = op.file
        else:
            for one in pending.pop(op.file, []):
                if op.kind == "sync":
                    _apply(durable.setdefault(op.file, bytearray()), one)
        if op.kind == "sync folder" or (op.kind in ("sync", "delete") and op.at):
            deleted.clear()
            renamed.clear()
    for new, old in renamed.items():
        if rng.random() < 0.5:
            _move(durable, pending, new, old)
    for file, old in deleted.items():
        if old is not None and rng.random() < 0.5:
            durable.setdefault(file, old)
    for file, ops in pending.items():
        content = durable.setdefault(file, bytearray())
        for one in ops:
            _apply_partly(content, one, rng)
    return {file: bytes(content) for file, content in durable.items()}, answered


def _move(durable: dict[str, bytearray], pending: dict[str, list[Op]], old: str, new: str) -> None:
    """What was written goes with the name, what is not on the disk yet too."""
    if old in durable:
        durable[new] = durable.pop(old)
    if old in pending:
        pending[new] = pending.pop(old)


def _apply(content: bytearray, op: Op) -> None:
    if op.kind == "truncate":
        del content[op.at :]
        return
    if len(content) < op.at:
        content.extend(bytes(op.at - len(content)))
    content[op.at : op.at + len(op.data)] = op.data


def _apply_partly(content: bytearray, op: Op, rng: Random) -> None:
    fate = rng.random()
    if fate < 0.4:
        _apply(content, op)
    elif fate < 0.7 and op.kind == "write":
        for begin in range(0, len(op.data), SECTOR):
            if rng.random() < 0.6:
                _apply(content, Op("write", op.file, op.at + begin, op.data[begin : begin + SECTOR]))


def write_back(files: dict[str, bytes], folder: Path) -> None:
    """Put what the disk holds into a folder, under the names it had."""
    for name, content in files.items():
        (folder / Path(name).name).write_bytes(content)
