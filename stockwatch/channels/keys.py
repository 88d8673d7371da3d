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
from stockwatch.config.problems import Words
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
                channel,
                Words(f"{where}_APP_KEY is not set", f"没有设置 {where}_APP_KEY"),
                Words(
                    f"set {where}_APP_KEY, {where}_APP_SECRET, …",
                    f"设置 {where}_APP_KEY、{where}_APP_SECRET 等",
                ),
            )
        return keys
    if kind != "file":
        raise _error(
            channel,
            Words("it has none", "没有写"),
            Words(
                'write secret = "file:PATH" of a file of mode 0600 with the keys',
                '写 secret = "file:路径",文件权限 0600,里面是各密钥',
            ),
        )
    return _from_file(Path(where), channel, names)


def _from_file(path: Path, channel: str, names: str) -> Keys:
    shown = printable(str(path))
    the_keys = Words(f"the keys are {names}", f"密钥名有 {names}")
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise _error(
                    channel,
                    Words(f"others may read {shown}", f"别人能读 {shown}"),
                    Words(f"run chmod 600 {shown}", f"运行 chmod 600 {shown}"),
                )
            document = tomllib.loads(file.read(_MAX_FILE).decode())
    except FileNotFoundError:
        missing = Words(f"{shown}: there is no such file", f"没有这个文件:{shown}")
        raise _error(channel, missing, Words("name the file with the keys", "写对密钥文件的路径")) from None
    except OSError as error:
        why = Words(f"{shown}: {error.strerror}", f"{shown}:{error.strerror}")
        raise _error(channel, why, Words("name the file with the keys", "写对密钥文件的路径")) from None
    except ValueError as error:
        # The message of a parser may quote the file.
        line = getattr(error, "lineno", None)
        at = Words(f", line {line}", f" 第 {line} 行") if line else Words("", "")
        raise _error(
            channel,
            Words(f"{shown}{at.en} is no TOML", f"{shown}{at.zh} 不是 TOML"),
            Words('write a line like app_key = "123" for each key', '每个密钥写一行,例如 app_key = "123"'),
        ) from None
    for name, value in document.items():
        bad = printable(name, 40)
        if name not in Keys.__struct_fields__:
            raise _error(
                channel,
                Words(f"{shown}: {bad} is none of the keys", f"{shown}:没有 {bad} 这个密钥"),
                the_keys,
            )
        if type(value) is not str:
            raise _error(
                channel,
                Words(f"{shown}: {bad} is not in quotes", f"{shown}:{bad} 的值没有加引号"),
                Words(f'write {bad} = "…"', f'写成 {bad} = "…"'),
            )
    keys = Keys(**document)
    if not keys.app_key:
        raise _error(channel, Words(f"{shown} has no app_key", f"{shown} 里没有 app_key"), the_keys)
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


def _error(channel: str, problem: Words, fix: Words) -> ConfigError:
    shown = printable(channel)
    return ConfigError(
        f"channel {shown}: secret: {problem.en}; {fix.en}", zh=f"通道 {shown}:secret:{problem.zh};{fix.zh}"
    )
