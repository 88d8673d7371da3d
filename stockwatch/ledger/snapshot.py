"""Snapshot files: the state of a ledger at one seq, beside it on disk, so that a start need not read the whole journal.

A snapshot is a cache, never the truth: it names the head of the journal's chain at its seq, and one that is damaged,
of another format or of another journal is passed over; the journal alone gives back everything. Written whole under
another name, synced, then renamed. Knows files and frames, not what frames mean.

A file is a line of magic, then frames (length as 4 bytes, big-endian; MessagePack), a length of 0, and the SHA-256 of
all before it. The first frame is [seq, chain head at seq, labels]: labels name whose state is in it beside the
ledger's own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from stockwatch.ledger.crash_points import passing

Frame = list[Any]

_MAGIC = b"stockwatch snapshot 2\n"
_KEPT = 2
_KEPT_FOR_LABELS = 4
_PART = ".part"
_CHUNK = 1 << 20
_DIGEST_BYTES = 32


class BadSnapshot(ValueError):
    """Not a whole snapshot, or not of this journal. `str()` says why."""


class Snapshot:
    """One file whose bytes are sound."""

    def __init__(self, path: Path) -> None:
        """Reads it once to check it. Raises BadSnapshot, OSError."""
        self.path = path
        with path.open("rb") as file:
            _check(file)
            self.seq, self.head, self.labels = _head(file)

    def frames(self) -> Iterator[Frame]:
        """All frames after the first. Raises BadSnapshot, OSError."""
        with self.path.open("rb") as file:
            file.seek(len(_MAGIC))
            frames = _frames(file)
            next(frames)
            for frame in frames:
                yield _decode(frame, Frame)


def write(ledger: Path, seq: int, head: bytes, frames: Iterable[Frame], labels: Iterable[str] = ()) -> Path:
    """Durable on return. Snapshots older than the two newest go, but for a few that are the newest with some label, and
    what others began and never finished. Raises OSError, then none is added."""
    path = _path(ledger, seq)
    unfinished = path.with_name(path.name + _PART)
    encode = msgspec.msgpack.Encoder().encode
    digest = sha256()
    try:
        with unfinished.open("wb") as file:

            def add(data: bytes) -> None:
                digest.update(data)
                file.write(data)

            add(_MAGIC)
            for frame in chain([[seq, head, sorted(labels)]], frames):
                _add(add, encode(frame))
            if passing is not None:
                file.flush()
                passing("in-snapshot")
            add(bytes(4))
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    if passing is not None:
        passing("after-snapshot")
    for old in [*_superseded(ledger), *_unfinished(ledger)]:
        old.unlink(missing_ok=True)
    return path


def paths(ledger: Path) -> list[Path]:
    """Snapshots of a ledger, newest first, sound or not."""
    return _named(ledger, "")


def _superseded(ledger: Path) -> list[Path]:
    """Those that no start would begin from."""
    newest, older = paths(ledger)[:_KEPT], paths(ledger)[_KEPT:]
    seen = {label for path in newest for label in _labels(path)}
    gone, room = [], _KEPT_FOR_LABELS
    for path in older:
        labels = _labels(path)
        if room and not labels <= seen:
            seen |= labels
            room -= 1
        else:
            gone.append(path)
    return gone


def _labels(path: Path) -> set[str]:
    try:
        with path.open("rb") as file:
            return set(_head(file)[2])
    except (BadSnapshot, OSError):
        return set()


def _unfinished(ledger: Path) -> list[Path]:
    """What killed writers have left. A child that outlives its writer may be at one still: it then adds none."""
    return _named(ledger, _PART)


def _named(ledger: Path, ending: str) -> list[Path]:
    name = re.compile(re.escape(ledger.name) + r"\.snap\.([0-9]{1,18})" + re.escape(ending))
    found = []
    for path in ledger.parent.iterdir():
        match = name.fullmatch(path.name)
        if match is not None:
            found.append((int(match[1]), path))
    return [path for _, path in sorted(found, reverse=True)]


def remove_all(ledger: Path) -> None:
    """Forget every snapshot: the next start reads the whole journal. Raises OSError."""
    for path in [*paths(ledger), *_unfinished(ledger)]:
        path.unlink(missing_ok=True)


def _path(ledger: Path, seq: int) -> Path:
    return ledger.with_name(f"{ledger.name}.snap.{seq}")


def _add(add: Callable[[bytes], None], data: bytes) -> None:
    assert data, "an empty frame would end the file"
    add(len(data).to_bytes(4, "big"))
    add(data)


def _check(file: BinaryIO) -> None:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise BadSnapshot("is of another format")
    digest = sha256(_MAGIC)
    left = os.fstat(file.fileno()).st_size - len(_MAGIC) - _DIGEST_BYTES
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    if left or file.read() != digest.digest():
        raise BadSnapshot("is damaged")


def _head(file: BinaryIO) -> tuple[int, bytes, list[str]]:
    """What its first frame says."""
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise BadSnapshot("is of another format")
    first = next(_frames(file), None)
    if first is None:
        raise BadSnapshot("has no head")
    head: tuple[int, bytes, list[str]] = _decode(first, tuple[int, bytes, list[str]])
    return head


def _frames(file: BinaryIO) -> Iterator[bytes]:
    while length := int.from_bytes(file.read(4), "big"):
        frame = file.read(length)
        if len(frame) != length:
            raise BadSnapshot("ends too early")
        yield frame


def _decode(frame: bytes, type_: Any) -> Any:
    try:
        return msgspec.msgpack.decode(frame, type=type_)
    except msgspec.MsgspecError as error:
        raise BadSnapshot(f"holds a frame that can't be read ({error})") from error
