"""What one event comes to before it has a place among the answers, and what people should look at. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from stockwatch.events import Event
from stockwatch.ledger.figures import Outcome, Taken, Trouble

Decision = tuple[Outcome, str | None, tuple[str, ...], tuple[Taken, ...]]
"""(outcome, reason, SKUs whose figures changed, units asked for)"""
NO_SKUS: tuple[str, ...] = ()
_KEPT = 10_000


class Troubles:
    """The latest things for a person to look at, oldest first."""

    def __init__(self) -> None:
        self._latest: deque[Trouble] = deque(maxlen=_KEPT)

    def note(self, kind: Any, seq: int, event: Event, sku: str | None, detail: str) -> None:
        self._latest.append(Trouble(kind, seq, event.source, event.id, sku, detail))

    def conflict(self, event: Event, seq: int, reason: str) -> Decision:
        """An event that contradicts what is known changes nothing but this list."""
        self.note("conflict", seq, event, event.subject, reason)
        return "conflict", reason, NO_SKUS, ()

    def put_back(self, troubles: Iterable[Trouble]) -> None:
        """Those that were noted before, from a snapshot."""
        self._latest.extend(troubles)

    def latest(self) -> tuple[Trouble, ...]:
        return tuple(self._latest)
