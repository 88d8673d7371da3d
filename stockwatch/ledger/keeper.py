"""When the state of a ledger is put away, and how without holding up its writer: in a forked child.

The child has the state as it was at the fork, writes one file and ends; it lets go of every descriptor first, so that
no lock, socket or pipe outlives the writer in it. A child that fails costs a longer start some day, nothing else.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterable, Sequence

from stockwatch.ledger.snapshot import Frame
from stockwatch.ledger.store import Store

log = logging.getLogger(__name__)

Frames = Callable[[], Iterable[Frame]]
_SHARE = 20
_WORTH_IT = 5_000
"""Events that take no longer to read back than a snapshot takes to write."""


class Keeper:
    """Of one store, for one writer."""

    def __init__(self, store: Store, every: int, *, idle: int | None = None) -> None:
        """A snapshot each `every` events or, where that is more, each twentieth of all so far; each `idle` where
        nothing else waits. What it costs grows with what there is to remember, what it saves with what has come
        since the last one that has everybody's state in it."""
        self._store = store
        self._every = every
        self._every_idle = every if idle is None else idle
        self._last: dict[str, int] = {}
        """Label -> the newest snapshot that has its state; "" -> the newest of all."""
        for snapshot in store.snapshots():
            for label in ("", *snapshot.labels):
                self._last.setdefault(label, snapshot.seq)
        self._child: int | None = None

    def committed(self, seq: int, frames: Frames, labels: Sequence[str] = (), *, idle: bool = True) -> None:
        """Everything up to `seq` is durable; `frames` gives the state at it, `labels` whose it is. `idle`: nothing
        waits."""
        every = max(self._every_idle if idle else self._every, seq // _SHARE)
        if seq - self._oldest(labels) < every or not self._idle():
            return
        self._kept(seq, labels)
        try:
            child = os.fork()
        except OSError as error:
            log.warning("no snapshot at seq %d: %s", seq, error)
            return
        if child:
            self._child = child
            return
        try:
            _alone()
            self._store.keep_snapshot(seq, frames(), labels)
        except BaseException:
            os._exit(1)
        os._exit(0)

    def _oldest(self, labels: Sequence[str]) -> int:
        """From where the least lucky of them would have to read the journal."""
        return min(self._last.get(label, 0) for label in ("", *labels))

    def _kept(self, seq: int, labels: Sequence[str]) -> None:
        self._last |= dict.fromkeys(("", *labels), seq)

    def close(self, seq: int, frames: Frames, labels: Sequence[str] = ()) -> None:
        """The writer ends in good order: put its end away too."""
        if self._child is not None:
            self._reap(os.waitpid(self._child, 0)[1])
        if seq - self._oldest(labels) < _WORTH_IT:
            return
        try:
            self._store.keep_snapshot(seq, frames(), labels)
        except OSError as error:
            log.warning("no snapshot at the end (seq %d): %s", seq, error)

    def _idle(self) -> bool:
        """Whether no child is at work."""
        if self._child is None:
            return True
        child, status = os.waitpid(self._child, os.WNOHANG)
        if child:
            self._reap(status)
        return self._child is None

    def _reap(self, status: int) -> None:
        self._child = None
        if status:
            log.warning("a snapshot could not be written (status %d); the journal holds everything", status)


def _alone() -> None:
    """In the child: nothing is shared with the writer any more."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.closerange(0, os.sysconf("SC_OPEN_MAX"))
    os.nice(10)
