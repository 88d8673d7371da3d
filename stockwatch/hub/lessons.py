"""The file of what a room's streams have taught: read when a room opens, written when it closes.

TOML that people can read and correct, in the data directory. A file that can't be used is told in the log, kept beside
the new one as `.bad`, and teaches nothing; a disk that takes none costs the lessons of one stream and nothing else.
"""

from __future__ import annotations

import logging
import os
import tomllib
from pathlib import Path

import tomli_w

from stockwatch import paths
from stockwatch.demand.lessons import BadLessons, Lessons, data_of, lessons_of
from stockwatch.room.room import Room

log = logging.getLogger("stockwatch.lessons")

_MAX_BYTES = 8 * 1024 * 1024
_HEAD = """\
# What the streams of room {room} have taught: where the next one begins. Written by stockwatch as the room closes.
# Yours to read, to correct and to delete. `stockwatch help lessons` says what the names mean.
"""


def read(room_id: str) -> Lessons | None:
    """None where there are none yet. Raises BadLessons, OSError."""
    file = paths.lessons_file(room_id)
    if not file.exists():
        return None
    if file.stat().st_size > _MAX_BYTES:
        raise BadLessons(f"{file}: larger than {_MAX_BYTES} bytes")
    try:
        return lessons_of(tomllib.loads(file.read_bytes().decode()))
    except (ValueError, RecursionError) as error:  # TOML's own, numbers and nesting without end, BadLessons
        raise BadLessons(f"{file}: {error}") from error


def begin_with(room: Room) -> None:
    """Let a room that opens know its lessons."""
    try:
        room.lessons = read(room.config.id)
    except (BadLessons, OSError) as error:
        log.warning("%s; this stream begins without what earlier ones taught", error)


def keep(room: Room) -> None:
    """Write what a room that closes has learned; nothing where it has learned nothing."""
    lessons = room.demand.lessons()
    if lessons is room.demand.taught:
        return
    file = paths.lessons_file(room.config.id)
    try:
        paths.make_private(file.parent)
        _set_bad_aside(room.config.id, file)
        new = file.with_suffix(".new")
        text = _HEAD.format(room=room.config.id) + "\n" + tomli_w.dumps(data_of(lessons))
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(text.encode())
            out.flush()
            os.fsync(out.fileno())
        os.replace(new, file)
    except OSError as error:
        log.warning("%s: %s; what this stream taught is not kept", file, error)


def _set_bad_aside(room_id: str, file: Path) -> None:
    try:
        read(room_id)
    except BadLessons:
        os.replace(file, file.with_suffix(".bad"))
