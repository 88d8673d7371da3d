"""Lines of a file descriptor in natural batches: whatever is waiting, at once; blocks only while nothing is.

Owns reading, not meaning. A line longer than an event may be is never held in memory: it comes out as
Invalid with its beginning. CRLF is accepted, blank lines are skipped, a last line needs no line end.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterator

from stockwatch.events import MAX_EVENT_BYTES, Invalid

MAX_LINES = 4096
_CHUNK = 1 << 18
_KEPT = 1024
"""Bytes of a line too long that are kept for whoever looks at it."""


class Lines:
    """Iterate over batches of at most 4096 lines, until the end of the input."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self._skipped = 0
        """Bytes of a line too long that were dropped; `_rest` holds its beginning."""
        self._ready: list[bytes | Invalid] = []
        self._ended = False

    def __iter__(self) -> Iterator[list[bytes | Invalid]]:
        while True:
            while not self._ended and len(self._ready) < MAX_LINES and (not self._ready or self._waits()):
                self._read()
            if not self._ready:
                return
            batch, self._ready = self._ready[:MAX_LINES], self._ready[MAX_LINES:]
            yield batch

    def more(self) -> bool:
        """Whether there is more than the batches given out so far, without waiting for it."""
        return bool(self._ready) or (not self._ended and self._waits())

    def _waits(self) -> bool:
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def _read(self) -> None:
        chunk = os.read(self._descriptor, _CHUNK)
        if not chunk:
            self._ended = True
            self._take(self._rest)
            self._rest = b""
            return
        first, *others = chunk.split(b"\n")
        self._extend(first)
        if not others:
            return
        self._take(self._rest)
        # Lines that begin and end within one chunk are shorter than an event may be.
        self._rest, self._skipped = others.pop(), 0
        self._ready += others if all(map(bytes.strip, others)) else [line for line in others if line.strip()]

    def _extend(self, piece: bytes) -> None:
        """Go on with the current line; MAX_EVENT_BYTES and a line end of two bytes are the most it can
        need."""
        if self._skipped:
            self._skipped += len(piece)
            return
        self._rest = self._rest + piece if self._rest else piece
        if len(self._rest) > MAX_EVENT_BYTES + 2:
            self._skipped = len(self._rest) - _KEPT
            self._rest = self._rest[:_KEPT]

    def _take(self, line: bytes) -> None:
        if self._skipped:
            length = len(line) + self._skipped
            reason = f"longer than 1 MiB ({length} bytes); the first {_KEPT} are kept"
            self._ready.append(Invalid(reason, None, None, line))
        elif line.strip():
            self._ready.append(line)
