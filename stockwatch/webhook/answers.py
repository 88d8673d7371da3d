"""What the receiver of a restock answers: yes, no, or only that it has heard. Pure; every byte is hostile.

Whatever comes with a 2xx has heard. A JSON object `{"state": "confirmed" | "refused", "document"?, "qty"?, "due"?,
"text"?}` decides: `document` must be the one asked about, `qty` 1 to what was asked for, `due` RFC 3339 with an
offset, within 90 days of the request. An object that breaks any of that decides nothing and is shown as text.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from stockwatch.events import parse_time
from stockwatch.printable import printable

SHOWN = 120
"""Characters of an answer that people see and the journal keeps."""
_FURTHEST_US = 90 * 86_400_000_000
_SHORTEST_FIT = SHOWN * 4


class Answer(msgspec.Struct, frozen=True):
    """`qty` and `due_us` None: as asked."""

    outcome: Literal["answered", "confirmed", "refused"]
    text: str = ""
    qty: int | None = None
    due_us: int | None = None


class _Said(msgspec.Struct):
    state: Literal["confirmed", "refused"] | None = None
    document: str | None = None
    qty: int | None = None
    due: str | None = None
    text: str | None = None


_decode = msgspec.json.Decoder(_Said, strict=True).decode


def read_answer(body: bytes, *, document: str, qty: int, asked_us: int) -> Answer:
    """What a 2xx with this body says about `qty` units asked for under `document`. Never raises."""
    try:
        said = _decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return Answer("answered", shortened(body))
    due_us = None if said.due is None else parse_time(said.due)
    if (
        said.state is None
        or said.document not in (None, document)
        or (said.qty is not None and not 1 <= said.qty <= qty)
        or (said.due is not None and (due_us is None or not 0 <= due_us - asked_us <= _FURTHEST_US))
    ):
        return Answer("answered", shortened(body))
    text = printable(" ".join((said.text or "").split()), SHOWN)
    if said.state == "refused":
        return Answer("refused", text)
    return Answer("confirmed", text, said.qty, due_us)


def shortened(body: bytes) -> str:
    """An answer's first words as one safe line."""
    return printable(" ".join(body[:_SHORTEST_FIT].decode(errors="replace").split()), SHOWN)
