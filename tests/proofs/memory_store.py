"""A store in memory with a disk that outlives it: for the simulator, and the second store of the contract tests.

`MemoryDisk` is what is durable. A `MemoryStore` on it is one writer's; opening another ends the epoch of the one
before. Faults come on demand: a commit that fails with nothing written, one that is written and not answered, a process
that dies before or after the write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any, Literal

import msgspec

from stockwatch.ledger.figures import Stock
from stockwatch.ledger.store import ClosedLine, DeadLetter, Key, LedgerFailed, Record, Records, StockRows

Fault = Literal["lost", "unanswered", "dies before", "dies after"]


class Died(BaseException):
    """The process is gone: nothing of it goes on."""


@dataclass
class MemorySnapshot:
    """The state at a seq, as bytes."""

    seq: int
    head: bytes
    packed: list[bytes]
    labels: list[str] = field(default_factory=list)
    path: str = "memory"

    def frames(self) -> Iterator[list[Any]]:
        return (msgspec.msgpack.decode(frame) for frame in self.packed)


@dataclass
class MemoryDisk:
    """All that a crash leaves."""

    runs: list[Records] = field(default_factory=list)
    heads: dict[int, bytes] = field(default_factory=lambda: {0: bytes(32)})
    rows: dict[Key, Stock] = field(default_factory=dict)
    rows_seq: int = 0
    cursors: dict[str, str] = field(default_factory=dict)
    lines: dict[tuple[str, str, int], list[tuple[int, bytes]]] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    kept: list[MemorySnapshot] = field(default_factory=list)
    epoch: int = 0
    fault: Fault | None = None
    """Strikes at the next commit, once."""

    @property
    def last_seq(self) -> int:
        return self.runs[-1].first_seq + len(self.runs[-1]) - 1 if self.runs else 0


class MemoryStore:
    """One writer's view of a disk."""

    settled_seq = 0

    def __init__(self, disk: MemoryDisk) -> None:
        self.disk = disk
        disk.epoch += 1
        self.epoch = disk.epoch
        self.last_seq = disk.last_seq
        self._failed = False

    def append(
        self,
        records: Records,
        *,
        stock: StockRows | None,
        cursors: Mapping[str, str] | None = None,
        lines: Sequence[ClosedLine] = (),
        committed_us: int,
    ) -> None:
        disk = self.disk
        if self._failed:
            raise LedgerFailed("nothing is written any more since a write failed")
        if len(records) and records.first_seq != self.last_seq + 1:
            raise ValueError(f"records must go on from {self.last_seq}, got {records.first_seq}…")
        if disk.epoch != self.epoch:
            self._failed = True
            raise LedgerFailed("another writer has taken over; stop this one")
        fault, disk.fault = disk.fault, None
        if fault == "dies before":
            raise Died
        if fault == "lost":
            self._failed = True
            raise LedgerFailed("the commit failed")
        seq = self.last_seq + len(records)
        if len(records):
            told = b"\0".join([disk.heads[self.last_seq], repr(records).encode()])
            disk.heads[seq] = sha256(told).digest()
            disk.runs.append(msgspec.structs.replace(records))
        if stock is not None:
            disk.rows |= stock
            disk.rows_seq = seq
        disk.cursors |= cursors or {}
        for line in lines:
            disk.lines.setdefault((line.source, line.order, line.line), []).append((seq, line.state))
        if fault == "dies after":
            raise Died
        if fault == "unanswered":
            self._failed = True
            raise LedgerFailed("the answer of the disk did not come")
        self.last_seq = seq

    def read_since(self, seq: int) -> Iterator[Record]:
        for run in self.columns_since(seq):
            yield from map(Record, count(run.first_seq), run.received_us, run.raws, run.outcomes)

    def columns_since(self, seq: int) -> Iterator[Records]:
        for run in self.disk.runs:
            known = seq + 1 - run.first_seq
            if known < len(run):
                yield run if known <= 0 else run.after(known)

    def closed_line(self, source: str, order: str, line: int, before_seq: int) -> bytes | None:
        kept = self.disk.lines.get((source, order, line), [])
        return max(((seq, state) for seq, state in kept if seq < before_seq), default=(0, None))[1]

    def has_closed_lines(self) -> bool:
        return bool(self.disk.lines)

    def snapshots(self) -> Iterator[Any]:
        for one in sorted(self.disk.kept, key=lambda kept: -kept.seq):
            if self.disk.heads.get(one.seq) == one.head:
                yield one

    def keep_snapshot(self, seq: int, frames: Iterable[list[Any]], labels: Iterable[str] = ()) -> None:
        assert seq == self.last_seq, "a snapshot is of what is durable"
        packed = [msgspec.msgpack.encode(frame) for frame in frames]
        self.disk.kept = [
            *self.disk.kept[-1:],
            MemorySnapshot(seq, self.disk.heads[seq], packed, sorted(labels)),
        ]

    @property
    def stock_seq(self) -> int:
        return self.disk.rows_seq

    def stock(self) -> tuple[int, dict[Key, Stock]]:
        return self.disk.rows_seq, dict(self.disk.rows)

    def cursors(self) -> dict[str, str]:
        return dict(self.disk.cursors)

    def set_aside(self, letters: Iterable[DeadLetter]) -> None:
        if self._failed:
            raise LedgerFailed("nothing is written any more since a write failed")
        self.disk.letters.extend(letters)

    def dead_count(self) -> int:
        return len(self.disk.letters)

    def close(self) -> None:
        return
