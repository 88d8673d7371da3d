"""Where a channel's credentials are read, and where tokens that were refreshed are kept. Their values go nowhere else.

`env:NAME` reads NAME_APP_KEY, NAME_APP_SECRET and so on; `file:PATH` a TOML file of mode 0600 with app_key, app_secret
and so on. A refresh makes the tokens that stand there worthless, so new ones are kept in the user's data directory with
a digest of those they replace: once a person writes others, those count again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from stockwatch.channels.wire import Keys
from stockwatch.config import ConfigError
from stockwatch.printable import printable

_MAX_FILE = 64 * 1024


class _Kept(msgspec.Struct):
    instead_of: str
    access_token: str
    refresh_token: str


def read_keys(reference: str | None, channel: str) -> Keys:
    """The keys that `secret` refers to. Raises ConfigError naming the channel, what is wrong and the fix."""
    kind, _, where = (reference or "").partition(":")
    names = ", ".join(Keys.__struct_fields__)
    if kind == "env":
        found = {name: os.environ.get(f"{where}_{name.upper()}", "") for name in Keys.__struct_fields__}
        keys = Keys(**found)
        if not keys.app_key:
            raise _error(
                channel, f"{where}_APP_KEY is not set", f"set {where}_APP_KEY, {where}_APP_SECRET, …"
            )
        return keys
    if kind != "file":
        raise _error(
            channel, "it has no secret", 'write secret = "file:PATH" of a file of mode 0600 with the keys'
        )
    return _from_file(Path(where), channel, names)


def _from_file(path: Path, channel: str, names: str) -> Keys:
    shown = printable(str(path))
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise _error(channel, f"others may read {shown}", f"run chmod 600 {shown}")
            document = tomllib.loads(file.read(_MAX_FILE).decode())
    except OSError as error:
        raise _error(channel, f"{shown}: {error.strerror}", "name the file with the keys") from None
    except ValueError as error:
        # The message of a parser may quote the file.
        line = getattr(error, "lineno", None)
        place = f", line {line}" if line else ""
        raise _error(
            channel, f"{shown}{place} is no TOML", 'write a line like app_key = "123" for each key'
        ) from None
    wrong = [
        name
        for name, value in document.items()
        if name not in Keys.__struct_fields__ or type(value) is not str
    ]
    if wrong:
        bad = printable(wrong[0], 40)
        raise _error(channel, f"{shown}: {bad} is no key in quotes", f"the keys are {names}")
    keys = Keys(**document)
    if not keys.app_key:
        raise _error(channel, f"{shown} has no app_key", f"the keys are {names}")
    return keys


def with_kept(keys: Keys, path: Path) -> Keys:
    """The keys with the tokens that replaced theirs, if any did."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return keys
    if kept.instead_of != _digest(keys):
        return keys
    return replace(keys, access_token=kept.access_token, refresh_token=kept.refresh_token)


def keeper(written: Keys, path: Path) -> Callable[[Keys], None]:
    """What keeps refreshed tokens in `path`, in place of those in `written`. The file is whole or not there."""

    def keep(keys: Keys) -> None:
        kept = _Kept(_digest(written), keys.access_token, keys.refresh_token)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)

    return keep


def _digest(keys: Keys) -> str:
    written = f"{keys.app_key}\0{keys.access_token}\0{keys.refresh_token}"
    return hashlib.sha256(written.encode()).hexdigest()


def _error(channel: str, problem: str, fix: str) -> ConfigError:
    return ConfigError(f"channel {printable(channel)}: secret: {problem}; {fix}")
