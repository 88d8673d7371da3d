"""Which (source, id) were seen, with what content, and what came of it.

The first fence against deliveries that repeat; the second is the meaning of the facts themselves. One
packed integer an event keeps a million of them in about 200 MB, ids included. Pure.
"""

from __future__ import annotations

from stockwatch.ledger.figures import OUTCOMES, Outcome

_CODES: dict[Outcome, int] = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_PENDING = 15
_SEQ_BITS = 44


class Seen:
    """Identities and first outcomes."""

    def __init__(self) -> None:
        self._sources: dict[str, dict[str, int]] = {}

    def find(self, source: str, id_: str) -> int | None:
        """The packed entry, None when new; read it with the functions below."""
        ids = self._sources.get(source)
        return None if ids is None else ids.get(id_)

    def add(self, source: str, id_: str, content: bytes, seq: int, outcome: Outcome | None) -> None:
        """Claim an id; outcome None: known later (`add` again)."""
        ids = self._sources.get(source)
        if ids is None:
            ids = self._sources[source] = {}
        code = _PENDING if outcome is None else _CODES[outcome]
        ids[id_] = (((int.from_bytes(content, "big") << _SEQ_BITS) | seq) << 4) | code

    def __len__(self) -> int:
        return sum(map(len, self._sources.values()))


def same_content(entry: int, content: bytes) -> bool:
    return entry >> (_SEQ_BITS + 4) == int.from_bytes(content, "big")


def seq_of(entry: int) -> int:
    return (entry >> 4) & ((1 << _SEQ_BITS) - 1)


def outcome_of(entry: int) -> Outcome | None:
    """None while the event waits for its group."""
    code = entry & 15
    return None if code == _PENDING else OUTCOMES[code]
