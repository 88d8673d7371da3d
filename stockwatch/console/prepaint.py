"""The first thing on the screen: one line, written before Textual is loaded, so that a person sees at once that the
console comes. Writes to stderr, where Textual draws, a terminal known to be usable; Textual then takes the screen over.
"""

from __future__ import annotations

import contextlib
import os

from stockwatch.narration import say

_STDERR = 2
_TAKE = "\x1b[?1049h\x1b[H\x1b[J\x1b[?25l"
_GIVE_BACK = "\x1b[?25h\x1b[?1049l"


def show(language: str | None) -> None:
    """Take the alternate screen and say that we connect, in `language` (None: the locale's)."""
    chinese = "stockwatch  正在连接…"
    text = {"zh": chinese, "en": "stockwatch  connecting…"}.get(language or "") or say(
        "stockwatch  connecting...", chinese
    )
    _write(_TAKE + "\r\n " + text)


def take_back() -> None:
    """Give the screen back: the console did not come."""
    _write(_GIVE_BACK)


def _write(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(_STDERR, text.encode("utf-8", "replace"))
