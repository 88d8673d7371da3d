"""Outside text made harmless for a terminal, and text measured and cut by terminal cells.

Owns the one place where titles, chat, order ids and error texts from outside become text that may be
drawn. Every such text goes through `clean` exactly once, on its way into a widget, and is used as plain
text from then on: never as Rich or Textual markup, never as a format string. Pure: no I/O, no state but
a cache.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, set_cell_size

Align = Literal["left", "right", "center"]

_CACHED_LENGTH = 512
_MARKS_KEPT = 3
"""Combining marks in a row that a base letter may carry; more are a smear over neighbouring lines."""
_CLOSING = frozenset("。,、;:!?)」』》】”,.;:!?)%")
_BLANKS = frozenset("\t\n\r\v\f")
_CONTROL_PICTURES = 0x2400
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")
"""Letters and marks that draw nothing, so that two names could look alike."""
_ASCII_MARKS = str.maketrans({"→": "->", "←": "<-", "·": "|", "–": "-", "…": "..", "“": '"', "”": '"'})
_PLAIN = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u27ff"
    "\u3000-\u3029\u3030-\u3098\u309b-\u3163\u3165-\u319f\u31c0-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    "\uff01-\uff9f\U0001f300-\U0001f3fa\U0001f400-\U0001faff]*"
)
"""Characters that need no second look, so that an ordinary title costs one match."""


def clean(text: str) -> str:
    """`text` with nothing left in it that a terminal would act on.

    Tabs and line ends become one space each. Other controls, bidirectional overrides, line separators,
    zero-width characters and unpaired surrogates are shown (`␛`, `\\u202e`), so that a forged name is
    seen to be one. Emoji joiners and variation selectors are dropped: terminals disagree on how wide
    the result is. Idempotent.
    """
    if len(text) > _CACHED_LENGTH:
        return _clean(text)
    return _clean_cached(text)


@lru_cache(maxsize=4096)
def _clean_cached(text: str) -> str:
    return _clean(text)


def _clean(text: str) -> str:
    plain = _PLAIN.match(text)
    if plain is not None and plain.end() == len(text):
        return text
    shown: list[str] = []
    marks = 0
    for position, char in enumerate(text):
        category = unicodedata.category(char)
        if category in ("Mn", "Me"):
            if _is_variation_selector(char):
                continue
            marks += 1
            if char in _FILLERS or marks > _MARKS_KEPT:
                shown.append(_visible(char))
            else:
                # A mark with nothing before it would land on the neighbouring column.
                shown.append(char if shown and shown[-1] != " " else f"\u25cc{char}")
            continue
        marks = 0
        if char in _BLANKS:
            shown.append(" ")
        elif char == "\u200d" and _joins_emoji(text, position):
            continue
        elif category in ("Cc", "Cf", "Cs", "Zl", "Zp") or char in _FILLERS or _is_noncharacter(char):
            shown.append(_visible(char))
        else:
            shown.append(char)
    return "".join(shown)


def _visible(char: str) -> str:
    """A stand-in for a character that must not be drawn: a control picture, else its escape."""
    point = ord(char)
    if point < 0x20:
        return chr(_CONTROL_PICTURES + point)
    if point == 0x7F:
        return "\u2421"
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def _is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _is_noncharacter(char: str) -> bool:
    point = ord(char)
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def _joins_emoji(text: str, position: int) -> bool:
    """Whether the joiner at `position` stands between two pictures."""
    before = position - 1
    while before >= 0 and (
        _is_variation_selector(text[before]) or unicodedata.category(text[before]) == "Sk"
    ):
        before -= 1
    after = position + 1
    return (
        before >= 0
        and after < len(text)
        and unicodedata.category(text[before]) == "So"
        and unicodedata.category(text[after]) in ("So", "Sm")
    )


def cells(text: str) -> int:
    """Terminal cells that cleaned text takes: 2 for a wide glyph."""
    return cell_len(text)


def fit(text: str, width: int, align: Align = "left", *, ascii: bool = False) -> str:
    """Cleaned text in exactly `width` cells: padded, or cut with an ellipsis (`..` with `ascii`).

    A wide glyph that the cut would halve is left out and its cell padded. `width` <= 0 gives the empty
    string.
    """
    if width <= 0:
        return ""
    size = cell_len(text)
    if size > width:
        ellipsis = ".." if ascii else "…"
        if width <= len(ellipsis):
            return set_cell_size(text, width)
        kept = set_cell_size(text, width - len(ellipsis))
        # set_cell_size pads where a wide glyph was halved: the blank belongs after the ellipsis.
        body = kept.rstrip(" ") if not text.startswith(kept) else kept
        return set_cell_size(body + ellipsis, width)
    room = width - size
    if align == "right":
        return " " * room + text
    if align == "center":
        return " " * (room // 2) + text + " " * (room - room // 2)
    return text + " " * room


def lines(text: str, width: int, limit: int | None = None) -> list[str]:
    """Cleaned text broken into lines of at most `width` cells, between words where there are blanks.

    Each line is as it is, unpadded. At most `limit` lines: the last one then ends with an ellipsis if
    text is left.
    """
    if width <= 0:
        return []
    broken: list[str] = []
    rest = text.strip(" ")
    while rest:
        if cell_len(rest) <= width:
            broken.append(rest)
            break
        cut = _cut(rest, width)
        if rest[cut] != " " and cell_len(rest[cut]) == 1 and cell_len(rest[cut - 1]) == 1:
            # Inside a word of narrow letters: break before it. Chinese breaks anywhere.
            blank = rest.rfind(" ", 0, cut)
            if blank > cut // 2:
                cut = blank
        elif rest[cut] in _CLOSING and cut > 1:
            cut -= 1  # a full stop doesn't begin a line
        broken.append(rest[:cut].rstrip(" "))
        rest = rest[cut:].lstrip(" ")
    if limit is not None and len(broken) > limit:
        broken = (
            [*broken[: limit - 1], fit(" ".join(broken[limit - 1 :]), width).rstrip(" ")] if limit > 0 else []
        )
    return broken


def plain_glyphs(text: str) -> str:
    """Our own sentences with the few marks that a terminal without UTF-8 lacks written in ASCII."""
    return text.translate(_ASCII_MARKS)


def _cut(text: str, width: int) -> int:
    """How many characters of `text` fit `width` cells; at least one."""
    used = 0
    for index, char in enumerate(text):
        used += cell_len(char)
        if used > width:
            return max(index, 1)
    return len(text)
