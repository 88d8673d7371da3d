"""Recordings: files of one event a line, read as they are and merged by the decision clock.

Owns how bytes become lines: a BOM at the start and CRLF are accepted, blank lines are skipped but counted,
the last line needs no line end, and a line over the size limit is delivered once, cut, never split and never
held whole in memory. Reads only the files it is told to; never judges what is in a line (`stockwatch.events`
does).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from stockwatch.events import MAX_EVENT_BYTES, Event, Invalid, decode
from stockwatch.exits import Exit, Failure
from stockwatch.printable import printable
from stockwatch.room.clock import Clock

_CHUNK_BYTES = MAX_EVENT_BYTES
_KEPT_BYTES = MAX_EVENT_BYTES + 2
"""Of a line that is still growing: enough to see that it is too long, carriage return or not."""
_BOM = b"\xef\xbb\xbf"
_BEFORE_ALL_US = -(1 << 62)
"""Where a file stands whose first lines can't be read."""


class RecordingError(Failure):
    """A recording that can't be read. `str()` names the file, what happened, and what to do."""

    exit_code = Exit.USAGE

    def __init__(self, message: str) -> None:
        super().__init__(message, Exit.USAGE)


class Line(msgspec.Struct, frozen=True, gc=False):
    """One non-blank line of a recording."""

    raw: bytes
    """Without its line end; of a line over the size limit the first bytes only, still over the limit."""
    file: str
    """The path as it was given."""
    number: int
    """1 for the first line of the file, blank lines counted."""
    size: int
    """Bytes of the whole line; more than `len(raw)` when it was cut."""
    decoded: Event | Invalid | None = None
    """Set where reading had to decode anyway (several files are merged by clock), so that nobody decodes
    twice.
    """

    @property
    def event(self) -> Event | Invalid:
        """The line's event; decoded here when that has not been done yet."""
        return decode(self.raw) if self.decoded is None else self.decoded


def read(path: Path | str) -> Iterator[Line]:
    """The lines of one file, in order, not decoded. A pipe works as well as a file.

    Raises RecordingError when the file is missing or can't be read: on the first `next`, not on the call.
    """
    name = str(path)
    number = 0
    try:
        with open(path, "rb", buffering=0) as file:
            for lines, dropped in _blocks(file):
                # Only the first line of a block can have been growing over several chunks.
                cut = dropped
                for line in lines:
                    number += 1
                    raw = line[:-1] if line[-1:] == b"\r" and not cut else line
                    if number == 1 and raw[:3] == _BOM:
                        raw = raw[3:]
                    size = len(raw)
                    if size > MAX_EVENT_BYTES:
                        raw = raw[: MAX_EVENT_BYTES + 1]
                        # Decoded here: what is left of the line must not be taken for an event.
                        invalid = Invalid(f"longer than 1 MiB ({size + cut} bytes)", None, None, raw)
                        yield Line(raw, name, number, size + cut, invalid)
                    elif size and (raw[0] > 0x20 or raw.strip(b" \t\r")):
                        yield Line(raw, name, number, size)
                    cut = 0
    except OSError as error:
        raise RecordingError(_explain(name, error)) from error


def merge(paths: Sequence[Path | str]) -> Iterator[Line]:
    """The lines of several files in the order of the decision clock: each file's own clock so far, ties in
    the order of `paths`. Lines of one file never change places. One file is read without decoding.

    Raises RecordingError as `read` does.
    """
    if len(paths) == 1:
        yield from read(paths[0])
        return
    sources = [_clocked(path) for path in paths]
    heap: list[tuple[int, int, Line]] = []
    for index, source in enumerate(sources):
        for at_us, line in source:
            heap.append((at_us, index, line))
            break
    heapq.heapify(heap)
    while heap:
        _, index, line = heap[0]
        yield line
        following = next(sources[index], None)
        if following is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (following[0], index, following[1]))


def _clocked(path: Path | str) -> Iterator[tuple[int, Line]]:
    """The lines of a file, decoded, each with the file's clock after it."""
    clock = Clock()
    at_us = _BEFORE_ALL_US
    for line in read(path):
        event = line.event
        if isinstance(event, Event):
            at_us = clock.hear(event.clock_us)
        yield at_us, Line(line.raw, line.file, line.number, line.size, event)


def _blocks(file: BinaryIO) -> Iterator[tuple[list[bytes], int]]:
    """Complete lines as they are read, many at a time, with how many bytes of the first one were not kept."""
    growing = b""
    dropped = 0
    while chunk := file.read(_CHUNK_BYTES):
        lines = chunk.split(b"\n")
        first = growing + lines[0]
        if len(first) > _KEPT_BYTES:
            dropped += len(first) - _KEPT_BYTES
            first = first[:_KEPT_BYTES]
        if len(lines) == 1:
            growing = first
            continue
        lines[0] = first
        growing = lines.pop()
        yield lines, dropped
        dropped = 0
    if growing:
        yield [growing], dropped


def _explain(name: str, error: OSError) -> str:
    shown = printable(name)
    if isinstance(error, FileNotFoundError):
        return (
            f"{shown}: there is no such file; check the path (paths in a room.toml are relative to that file)"
        )
    if isinstance(error, IsADirectoryError):
        return f"{shown}: this is a folder; name a recording (.jsonl) in it"
    if isinstance(error, PermissionError):
        return f"{shown}: may not be read; give this user read permission"
    return f"{shown}: can't be read: {printable(error.strerror or str(error))}"
