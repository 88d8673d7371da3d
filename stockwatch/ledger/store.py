"""The protocol between a ledger's writer and where it is kept, and the values that pass.

One store keeps one ledger. What it promises: `append` is durable when it returns, all of it or nothing;
records come back in their order, byte for byte; there is one writer at a time, and one whose epoch is over
can't write. The embedded store is `stockwatch.ledger.file`; a second one must pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from stockwatch.exits import Exit, Failure
from stockwatch.ledger.figures import OUTCOMES, Outcome, Stock
from stockwatch.ledger.snapshot import Frame, Snapshot


class Record(msgspec.Struct, frozen=True):
    """One journaled event."""

    seq: int
    """Its place: 1, 2, 3 … without gaps."""
    received_us: int
    """Stamp of intake, microseconds since the epoch."""
    raw: bytes
    """As received, without a line end."""
    outcome: Outcome


class Records(msgspec.Struct):
    """A run of records by columns, as a commit takes them: the n-th of each column belong together."""

    first_seq: int
    raws: list[bytes]
    received_us: list[int]
    outcomes: list[Outcome]

    @classmethod
    def of(cls, records: Sequence[Record]) -> Records:
        """Raises ValueError when the seqs have gaps."""
        first = records[0].seq if records else 1
        if [record.seq for record in records] != list(range(first, first + len(records))):
            raise ValueError(f"records must follow one another from {first}")
        return cls(
            first,
            [record.raw for record in records],
            [record.received_us for record in records],
            [record.outcome for record in records],
        )

    def after(self, known: int) -> Records:
        """Without the first `known` ones."""
        return Records(
            self.first_seq + known, self.raws[known:], self.received_us[known:], self.outcomes[known:]
        )

    def __len__(self) -> int:
        return len(self.raws)


class ClosedLine(msgspec.Struct, frozen=True):
    """An order line that is over: it may leave memory once it is kept."""

    source: str
    order: str
    line: int
    state: bytes


class DeadLetter(msgspec.Struct, frozen=True):
    """A message set aside: a conflict, or one that can't be used."""

    received_us: int
    outcome: Outcome
    reason: str
    source: str | None
    id: str | None
    raw: bytes


Key = tuple[str, str, str]
"""(SKU, location, pool)"""
StockRows = Mapping[Key, Stock]

CODES: Mapping[Outcome, str] = {
    "accepted": "a", "duplicate": "d", "rejected": "r", "short": "s", "noop": "n", "conflict": "c", "invalid": "i",
}  # fmt: skip
OUTCOME_OF: Mapping[str, Outcome] = {code: outcome for outcome, code in CODES.items()}
assert CODES.keys() == set(OUTCOMES), "every outcome has a code"


class LedgerError(Failure):
    """A ledger that can't be used as asked. `str()` says what happened, where, and what to do."""


class LedgerBusy(LedgerError):
    """Another process writes to the ledger."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message, Exit.UNREACHABLE)
        self.pid = pid


class LedgerFailed(LedgerError):
    """A write failed: nothing of it may be acknowledged, and the writer must be opened anew from what is
    on disk."""


class LedgerCorrupt(LedgerError):
    """What is on disk contradicts itself."""

    def __init__(self, message: str, seq: int | None) -> None:
        super().__init__(message, Exit.CHECK_FAILED)
        self.seq = seq
        """The first sequence number that does not add up, None where there is none to name."""


class Store(Protocol):
    """What a writer needs of a place that keeps a ledger."""

    @property
    def epoch(self) -> int:
        """Counts the writers so far; writes of an earlier one are refused."""

    @property
    def last_seq(self) -> int:
        """The last record's seq, 0 when there is none."""

    @property
    def stock_seq(self) -> int:
        """The seq that the stock rows stand for."""

    @property
    def settled_seq(self) -> int:
        """Up to there events were answered under earlier rules, and may come to something else today; the answers
        stand."""

    def append(
        self,
        records: Records,
        *,
        stock: StockRows | None,
        cursors: Mapping[str, str] | None = None,
        lines: Sequence[ClosedLine] = (),
        committed_us: int,
    ) -> None:
        """One commit. `stock` None: rows are not brought up to date by this one. Raises LedgerFailed."""

    def read_since(self, seq: int) -> Iterator[Record]:
        """Records after `seq`, in order."""

    def columns_since(self, seq: int) -> Iterator[Records]:
        """The same by columns, a run at a time."""

    def closed_line(self, source: str, order: str, line: int, before_seq: int) -> bytes | None:
        """The state in which a line left memory last before a seq, None where it never did."""

    def has_closed_lines(self) -> bool:
        """Whether any line ever left memory."""

    def snapshots(self) -> Iterator[Snapshot]:
        """States put away earlier, newest first: sound ones that belong to what the journal holds now."""

    def keep_snapshot(self, seq: int, frames: Iterable[Frame], labels: Iterable[str] = ()) -> None:
        """Put away the state at `seq`, which must be the last one. Raises OSError: then it is not kept, and nothing
        else has happened."""

    def stock(self) -> tuple[int, dict[Key, Stock]]:
        """(seq that the rows stand for, the rows)."""

    def cursors(self) -> dict[str, str]:
        """Where each feed goes on, as last committed."""

    def set_aside(self, letters: Iterable[DeadLetter]) -> None:
        """Durable on return."""

    def dead_count(self) -> int:
        """Messages set aside so far."""

    def close(self) -> None:
        """Let go of it."""
