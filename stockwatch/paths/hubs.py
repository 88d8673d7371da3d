"""Which hubs run on this machine: one small JSON file beside each hub's socket.

Owns those files. A record says what a hub is; whether it lives is asked of the process and of its socket,
never of the file. Standard library only. A hub writes its record after it listens and removes it when it
stops; records of hubs that were killed are removed by whoever reads them.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from stockwatch.paths.folders import ledger_key, runtime_dirs

MAX_RECORD_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class HubRecord:
    """A running hub."""

    pid: int
    room: str
    """The room's id."""
    name: str = ""
    """The room's name; outside text."""
    ledger: str
    """Absolute path."""
    room_toml: str | None = None
    """Absolute path."""
    language: str | None = None
    """The language that its room asks for."""
    started: int = 0
    """Epoch seconds."""
    version: str = ""
    mode: str = "LIVE"
    """LIVE | REPLAY"""
    socket: str
    """Absolute path of its Unix socket."""
    log: str | None = None
    listen: str | None = None
    """host:port, if it also listens there."""


def record_path(socket_file: Path) -> Path:
    """The record of the hub of that socket."""
    return socket_file.with_suffix(".json")


def write_record(record: HubRecord) -> Path:
    """Write the hub's record (0600), whole or not at all. Raises OSError."""
    import tempfile  # only a hub writes; consoles start without it

    target = record_path(Path(record.socket))
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(record), file, ensure_ascii=True)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return target


def read_record(path: Path) -> HubRecord | None:
    """The record in that file, or None if there is none that can be understood."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(MAX_RECORD_BYTES))
        return _typed(content)
    except (OSError, ValueError, TypeError, RecursionError):
        return None


_OPTIONAL = frozenset({"room_toml", "language", "log", "listen"})
_NUMBERS = frozenset({"pid", "started"})


def _typed(content: Any) -> HubRecord | None:
    """Members that a newer version added are ignored; a wrong type makes the record unusable."""
    if not isinstance(content, dict):
        return None
    known = {field.name for field in fields(HubRecord)}
    members = {name: value for name, value in content.items() if name in known}
    for name, value in members.items():
        if value is None and name in _OPTIONAL:
            continue
        if type(value) is not (int if name in _NUMBERS else str):
            return None
    return HubRecord(**members) if members.get("pid", 0) > 0 else None


def remove_record(record: HubRecord) -> None:
    """Remove the record, if it still is that hub's and not a successor's."""
    path = record_path(Path(record.socket))
    found = read_record(path)
    if found is not None and found.pid == record.pid and found.started == record.started:
        with contextlib.suppress(OSError):
            path.unlink()


def running_hubs() -> list[HubRecord]:
    """Every hub of this user that runs and answers, by room id. Removes records whose process is gone."""
    running = []
    for record in _records():
        if not process_lives(record.pid):
            remove_record(record)
        elif socket_answers(Path(record.socket)):
            running.append(record)
    return sorted(running, key=lambda record: (record.room, record.started, record.pid))


def hub_of(ledger: Path, room: str | None = None) -> HubRecord | None:
    """The running hub of this ledger, by the record of this room or of any; wherever its socket lies."""
    key = ledger_key(ledger)
    return next(
        (hub for hub in running_hubs() if room in (None, hub.room) and ledger_key(Path(hub.ledger)) == key),
        None,
    )


def stale_sockets() -> list[Path]:
    """Sockets that nobody listens on: left by hubs that were killed, harmless, taken over by the next hub."""
    return [
        path
        for folder in runtime_dirs()
        for path in sorted(folder.glob("*.sock"))
        if path.is_socket() and not socket_answers(path)
    ]


def _records() -> Iterator[HubRecord]:
    for folder in runtime_dirs():
        for path in sorted(folder.glob("*.json")):
            record = read_record(path)
            # A record that names a socket elsewhere is not one that a hub of ours wrote.
            if record is not None and record_path(Path(record.socket)) == path:
                yield record


def process_lives(pid: int) -> bool:
    """Whether a process of that id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def socket_answers(path: Path) -> bool:
    """Whether somebody listens on that Unix socket. A listener too busy to accept counts."""
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.setblocking(False)
        code = probe.connect_ex(os.fsencode(path))
    except (OSError, ValueError):
        return False
    finally:
        probe.close()
    return code in (0, errno.EAGAIN, errno.EINPROGRESS)
