"""Running rooms as frames of a snapshot, one each, and back: velocity, alerts, who took them, what was done; and where
their clock stands.

A frame holds for one version and one room.toml; any other begins anew and reads the whole journal. It is a pickle of
our own classes, and nothing else is let in when it is read. The books are no part of it. Pure.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import sys
from collections.abc import Iterable
from hashlib import sha256
from typing import IO, Any
from zoneinfo import ZoneInfo

from stockwatch import __version__
from stockwatch.config import RoomConfig
from stockwatch.room.room import Room

FORMAT = 11
"""Raise it with every change of what a room remembers."""
KIND = "room"
_KEPT = (
    "attention", "catalog", "demand", "desk", "expected", "figures", "log", "zone", "zone_known", "_agenda", "_lag_s",
)  # fmt: skip
_KEPT_OF_PIPELINE = ("clock", "ticked", "events", "outcomes")


class BadRoom(ValueError):
    """A frame of another room, another version, or none at all."""


def label(room: Room) -> str:
    """Names the snapshots that hold a room's memory."""
    return f"{room.config.id} {_digest(room)[:8].hex()}"


def room_frame(room: Room) -> list[Any]:
    """[kind, id of the room, digest of what it depends on, its memory]"""
    memory = io.BytesIO()
    pickler = pickle.Pickler(memory, protocol=5)
    pickler.dispatch_table = _TABLE
    pickler.dump(
        [
            *(getattr(room, name) for name in _KEPT),
            *(getattr(room.pipeline, name) for name in _KEPT_OF_PIPELINE),
        ]
    )
    return [KIND, room.config.id, _digest(room), memory.getvalue()]


def restore(room: Room, frames: Iterable[list[Any]]) -> None:
    """Give a new room the memory that the frames hold of it. Raises BadRoom; the room is then not to be used."""
    wanted = [KIND, room.config.id, _digest(room)]
    memory = next((frame[3] for frame in frames if frame[:3] == wanted), None)
    if memory is None:
        raise BadRoom("it is of other settings, or of another version")
    try:
        values = _Unpickler(io.BytesIO(memory), room).load()
        kept, of_pipeline = values[: len(_KEPT)], values[len(_KEPT) :]
        for name, value in zip(_KEPT, kept, strict=True):
            setattr(room, name, value)
        for name, value in zip(_KEPT_OF_PIPELINE, of_pipeline, strict=True):
            setattr(room.pipeline, name, value)
    except (pickle.UnpicklingError, TypeError, ValueError, LookupError, AttributeError, EOFError) as error:
        raise BadRoom(f"{type(error).__name__}: {error}") from error


def _digest(room: Room) -> bytes:
    return sha256(repr((FORMAT, __version__, sys.version_info[:2], room.settings_digest)).encode()).digest()


def _own_settings() -> RoomConfig:
    """Stands in a frame for the room's settings, which it has already."""
    raise AssertionError("what reads a frame knows the room")


_TABLE = copyreg.dispatch_table | {
    # By itself a zone is written as a call of getattr, which is not let in again.
    ZoneInfo: lambda zone: (ZoneInfo, (zone.key,)),
    # The digest says that they are the same; they hold paths, which are no classes of ours.
    RoomConfig: lambda _: (_own_settings, ()),
}
_LET_IN = {
    ("collections", "deque"),
    ("builtins", "set"),
    ("datetime", "timezone"),
    ("datetime", "timedelta"),
    ("zoneinfo", "ZoneInfo"),
    ("msgspec._utils", "rebuild"),  # makes a Struct with keywords of a class that was let in
}


class _Unpickler(pickle.Unpickler):
    """Lets in classes of ours and a few plain ones: nothing that does something when it is called."""

    def __init__(self, file: IO[bytes], room: Room) -> None:
        super().__init__(file)
        self._room = room

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (__name__, _own_settings.__name__):
            return lambda: self._room.config
        if (module, name) in _LET_IN:
            return super().find_class(module, name)
        if module.split(".", maxsplit=1)[0] == "stockwatch" and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a room")
