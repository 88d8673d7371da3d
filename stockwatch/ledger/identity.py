"""Which (source, id) were seen, with what content, and what came of it.

The first fence against deliveries that repeat; the second is the meaning of the facts themselves. One
packed integer an event keeps a million of them in about 200 MB, ids included. Pure.
"""

from __future__ import annotations

from stockwatch.ledger.figures import OUTCOMES, Outcome

_CONTENT_BITS = 64
_CODE_BITS = 4
_SEQ_SHIFT = _CONTENT_BITS + _CODE_BITS
_CONTENT = (1 << _CONTENT_BITS) - 1
_PENDING = 15
_CODES: dict[Outcome | None, int] = {
    **{outcome: code << _CONTENT_BITS for code, outcome in enumerate(OUTCOMES)},
    None: _PENDING << _CONTENT_BITS,
}


class Seen(dict[str, dict[str, int]]):
    """Identities and first outcomes: source -> id -> entry, to be read with the functions below."""

    def __missing__(self, source: str) -> dict[str, int]:
        ids = self[source] = {}
        return ids


def entry_of(content: bytes, seq: int, outcome: Outcome | None) -> int:
    """What is kept of an event; outcome None: known later (then it is claimed again)."""
    return (seq << _SEQ_SHIFT) | _CODES[outcome] | int.from_bytes(content, "big")


def same_content(entry: int, content: bytes) -> bool:
    return entry & _CONTENT == int.from_bytes(content, "big")


def seq_of(entry: int) -> int:
    return entry >> _SEQ_SHIFT


def outcome_of(entry: int) -> Outcome | None:
    """None while the event waits for its group."""
    code = (entry >> _CONTENT_BITS) & _PENDING
    return None if code == _PENDING else OUTCOMES[code]
