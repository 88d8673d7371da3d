"""What happened that a person should look at, and what people have resolved.

Owns conflicts, payments that came too late and documents that found too little stock: what is over the moment it
happens. What lasts (a line that is short, an orphan, money due) is read off the books as they stand; both together are
`stockwatch.ledger.worklist`. Each has a key that stays the same for as long as the matter does. Bounded: of each kind
the latest 10,000 are kept, a message that comes again counts up. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from stockwatch.events import Event
from stockwatch.ledger.decision import NO_SKUS, Decision
from stockwatch.ledger.figures import Trouble, TroubleKind

KEPT = 10_000


def key_of(kind: TroubleKind, source: str, rest: str) -> str:
    """The key of an exception: a source may hold colons too, and two must never come to the same."""
    return f"{kind}:{source.replace('%', '%25').replace(':', '%3A')}:{rest}"


class Exceptions:
    """What was noted, and what was resolved."""

    def __init__(self) -> None:
        self._noted: dict[TroubleKind, dict[str, Trouble]] = {}
        self._resolved: dict[str, int] = {}
        """Of what lasts: key -> seq of the event that resolved it; what came before it is settled."""
        self.forgotten = 0
        """Noted ones that had to make room for later ones."""

    def note(self, kind: TroubleKind, seq: int, event: Event, sku: str | None, detail: str) -> None:
        """Something happened that a person should look at."""
        key = key_of(kind, event.source, event.id)
        kept = self._noted.setdefault(kind, {})
        before = kept.pop(key, None)
        if before is None and len(kept) >= KEPT:
            del kept[next(iter(kept))]
            self.forgotten += 1
        kept[key] = Trouble(
            key=key,
            kind=kind,
            seq=seq,
            source=event.source,
            id=event.id,
            sku=sku,
            order=None if event.line is None else event.line.order,
            line=None if event.line is None else event.line.number,
            detail=detail,
            at_us=event.clock_us,
            count=1 if before is None else before.count + 1,
        )

    def conflict(self, event: Event, seq: int, reason: str) -> Decision:
        """An event that contradicts what is known changes nothing but this list."""
        self.note("conflict", seq, event, event.subject, reason)
        return "conflict", reason, NO_SKUS, ()

    def resolve(self, key: str, seq: int) -> None:
        """A person has dealt with it. What happens to it later opens it again."""
        for kept in self._noted.values():
            if kept.pop(key, None) is not None:
                return
        self._resolved.pop(key, None)
        if len(self._resolved) >= KEPT:
            del self._resolved[next(iter(self._resolved))]
        self._resolved[key] = seq

    def is_open(self, key: str, seq: int) -> bool:
        """Whether nobody has resolved it since it last happened, which was at `seq`."""
        return self._resolved.get(key, -1) < seq

    def noted(self) -> list[Trouble]:
        """What was noted and is not resolved, oldest first."""
        return sorted((one for kept in self._noted.values() for one in kept.values()), key=_by_seq)

    def count(self, kind: TroubleKind) -> int:
        """How many of a kind were noted and are not resolved."""
        return len(self._noted.get(kind, ()))

    # --- for snapshots ----------------------------------------------------------------------------

    def resolved(self) -> dict[str, int]:
        return self._resolved

    def put_back(self, noted: Iterable[Trouble], resolved: dict[str, int], forgotten: int) -> None:
        """What was known before, in its order."""
        for trouble in noted:
            self._noted.setdefault(trouble.kind, {})[trouble.key] = trouble
        self._resolved, self.forgotten = resolved, forgotten


def _by_seq(trouble: Trouble) -> tuple[int, str]:
    return trouble.seq, trouble.key
