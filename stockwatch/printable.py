"""Text from outside, made safe to print.

Owns one rule: nothing that a terminal or a reader's eye could take for something else passes through.
Control characters, terminal escapes, direction overrides, invisible and unassigned characters and lone
surrogates come out as `\\x1b` or `\\u202e`; everything that shows as itself stays. Pure.
"""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str, limit: int | None = None) -> str:
    """`text` on one line without anything that acts on a terminal; at most `limit` characters of it,
    then `…`."""
    cut = text if limit is None or len(text) <= limit else text[:limit]
    if cut.isascii() and cut.isprintable():
        safe = cut
    else:
        safe = "".join(_escaped(c) if unicodedata.category(c) in _HIDDEN else c for c in cut)
    return safe if cut is text else safe + "…"


def _escaped(character: str) -> str:
    point = ord(character)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
