"""The dead-letter file `<ledger>.dead.jsonl`: what was set aside, one JSON object a line, durable before
the answer.

Each line holds when it came, the outcome (conflict or invalid), the reason, source and id where readable,
and the message: `raw` as text, or `raw_base64` where it is not UTF-8.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from stockwatch.events import format_time
from stockwatch.ledger.store import DeadLetter, LedgerFailed


class DeadLetters:
    """Appends to the file; creates it when the first message comes."""

    def __init__(self, ledger: Path) -> None:
        self.path = ledger.parent / (ledger.name + ".dead.jsonl")
        self._file: int | None = None

    def add(self, letters: Iterable[DeadLetter]) -> None:
        """Durable on return. Raises LedgerFailed; what would be set aside again by whoever sends it again is then not
        there, unless the disk refuses that too."""
        lines = b"".join(_line(letter) for letter in letters)
        if not lines:
            return
        try:
            if self._file is None:
                self._file = self._opened()
            before = os.fstat(self._file).st_size
            try:
                written = 0
                while written < len(lines):
                    written += os.write(self._file, lines[written:])
                os.fsync(self._file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._file, before)
                raise
        except OSError as error:
            raise LedgerFailed(
                f"{self.path}: can't set messages aside ({error.strerror}); nothing was acknowledged. "
                "Free some space or check the disk, then start again"
            ) from error

    def count(self) -> int:
        """Messages set aside so far, by every writer."""
        try:
            with self.path.open("rb") as file:
                return sum(1 for line in file if line.strip())
        except FileNotFoundError:
            return 0

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        """Open to append, ending a line that a crash has cut; a new file's name is made durable too."""
        new = not self.path.exists()
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            os.write(file, b"\n")
        if new:
            folder = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        return file


def _line(letter: DeadLetter) -> bytes:
    entry: dict[str, Any] = {
        "received": format_time(letter.received_us),
        "outcome": letter.outcome,
        "reason": letter.reason,
        "source": letter.source,
        "id": letter.id,
    }
    try:
        entry["raw"] = letter.raw.decode()
    except UnicodeDecodeError:
        entry["raw_base64"] = base64.b64encode(letter.raw).decode()
    return msgspec.json.encode(entry) + b"\n"
