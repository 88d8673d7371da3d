"""Where stockwatch keeps things: XDG folders, sockets, logs, and the files that ship with it.

Owns the names and the permissions of its own folders and nothing in them. Standard library only, so that the
command line may use it before anything heavy is imported.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Literal

from stockwatch.exits import Failure

APP = "stockwatch"
SOCKET_PATH_LIMIT = 107
"""Bytes; a Unix socket path must stay below it."""

Shipped = Literal["themes", "sample_feeds"]


KEYS_FILE = "keys.toml"
"""The user's own keys for the console, in `config_dir`."""


def data_dir() -> Path:
    """Ledgers and recordings. Not created here."""
    return _base("XDG_DATA_HOME", ".local/share", "Library/Application Support") / APP


def config_dir() -> Path:
    """The user's own settings and themes. Not created here."""
    return _base("XDG_CONFIG_HOME", ".config", "Library/Application Support") / APP


def state_dir() -> Path:
    """Logs and what may be lost. Not created here."""
    return _base("XDG_STATE_HOME", ".local/state", "Library/Application Support") / APP


def cache_dir() -> Path:
    """What can be made again. Not created here."""
    return _base("XDG_CACHE_HOME", ".cache", "Library/Caches") / APP


def _base(variable: str, unix: str, mac: str) -> Path:
    """The XDG variable when it is set to an absolute path (the specification says to ignore others)."""
    given = os.environ.get(variable, "")
    if os.path.isabs(given):
        return Path(given)
    try:
        home = Path.home()
    except RuntimeError:
        raise Failure(f"no home folder is known; set HOME or {variable}") from None
    return home / (mac if sys.platform == "darwin" else unix)


def make_private(folder: Path) -> Path:
    """Create `folder` (0700) and what it stands in, if missing. Raises OSError when that can't be done."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def default_ledger(room_id: str) -> Path:
    """The ledger of a room that names none. Its folder is not created here: whoever opens the ledger does."""
    return data_dir() / "ledgers" / f"{room_id}.db"


def lessons_file(room_id: str) -> Path:
    """What the streams of a room have taught. Its folder is not created here."""
    return data_dir() / "lessons" / f"{room_id}.toml"


def map_file(toml: Path) -> Path:
    """Where the platforms' numbers of a room's goods stand: beside its room.toml."""
    return toml.with_name(f"{toml.stem}.map.toml")


def log_path(name: str = APP) -> Path:
    """The log of the hub of room `name`, or of the command line. Its folder is not created here."""
    return state_dir() / "logs" / f"{name}.log"


def runtime_dir() -> Path:
    """The folder of sockets and hub records: created with mode 0700, owned by us, or Failure.

    In XDG_RUNTIME_DIR when that is usable, else in /tmp, where anybody could have made a folder of that name
    first: one that is not ours is refused, never used.
    """
    return _own(_runtime_folder())


def runtime_dirs() -> list[Path]:
    """Every folder of ours where a hub that concerns us may have its socket.

    A session has XDG_RUNTIME_DIR at /run/user/<uid>, and a cron job or a bare ssh of the same user has none: both
    places are looked at from either. Whoever points XDG_RUNTIME_DIR elsewhere wants a world apart and sees only that.
    """
    uid = os.getuid()
    session, shared = Path(f"/run/user/{uid}") / APP, Path("/tmp") / f"{APP}-{uid}"
    used = _runtime_folder()
    candidates = [session, shared] if used in (session, shared) else [used]
    return [folder for folder in candidates if _is_private(folder)]


def _runtime_folder() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(given) and os.path.isdir(given) and os.access(given, os.W_OK | os.X_OK):
        folder = Path(given) / APP
        if len(os.fsencode(folder / ("0" * _HASH_LENGTH + ".sock"))) < SOCKET_PATH_LIMIT:
            return folder
    return Path("/tmp") / f"{APP}-{os.getuid()}"


def _own(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise Failure(f"{folder}: could not be created ({error.strerror}); set XDG_RUNTIME_DIR") from None
    if not _is_private(folder):
        raise Failure(
            f"{folder} does not belong to you alone: remove it (rm -r), chmod 700 it, or set XDG_RUNTIME_DIR "
            "to a folder of yours"
        )
    return folder


def _is_private(folder: Path) -> bool:
    """A real folder, not a link, that is ours and closed to everyone else."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


_HASH_LENGTH = 16


def socket_path(ledger: Path, room: str) -> Path:
    """The Unix socket of a room on this ledger: the same for every spelling of the ledger's path, below 107
    bytes.
    """
    return runtime_dir() / f"{ledger_key(ledger, room)}.sock"


def ledger_key(ledger: Path, room: str = "") -> str:
    """A short name for a ledger file, or for a room on it, the same through links and relative paths."""
    import hashlib  # costs a console's start more than all else here, and it needs no name

    return hashlib.sha256(
        os.fsencode(os.path.realpath(ledger)) + os.fsencode(f"\0{room}" if room else "")
    ).hexdigest()[:_HASH_LENGTH]


def shipped(kind: Shipped) -> Path:
    """The folder of themes or sample feeds: inside an installed package, or beside the package in a
    checkout.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_shipped" / kind, package.parent / kind):
        if folder.is_dir():
            return folder
    raise Failure(f"{kind}: missing from this installation ({package}); install stockwatch again")


def find_sample(name: str, suffix: str = ".toml") -> Path | None:
    """The shipped sample `name`: a file name (`double11.jsonl`), or a bare one (`double11`) with `suffix`.
    None if there is none; a name with a folder in it is no sample.
    """
    if not name or "/" in name or "\\" in name or "\0" in name or name.startswith("."):
        return None
    folder = shipped("sample_feeds")
    for candidate in (folder / name, folder / f"{name}{suffix}"):
        if candidate.is_file():
            return candidate
    return None


def samples() -> list[tuple[str, Path, Path]]:
    """(name, feed, room.toml) of every sample that plays by itself, by name."""
    folder = shipped("sample_feeds")
    found = []
    for feed in sorted(folder.glob("*.jsonl")):
        room = feed.with_suffix(".toml")
        if room.is_file():
            found.append((feed.stem, feed, room))
    return found
