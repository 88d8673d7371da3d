"""Write a room's settings back as a room.toml.

Owns the layout of the file and its replacement: what is written is read again and compared before it
takes the place of the old file, which stays beside it as `<name>.bak`. Values that are defaults are
left out. Comments are not kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from stockwatch.config.durations import format_duration
from stockwatch.config.load import load_room
from stockwatch.config.problems import ConfigError
from stockwatch.config.schema import ROOT
from stockwatch.config.settings import RoomConfig
from stockwatch.config.tables import Key, Table, header


def save_room(config: RoomConfig, path: Path) -> None:
    """Write it back with tomli-w, atomically, keeping the file that was there as `<name>.bak`.

    Raises ConfigError, with the old file untouched, when `config` holds what a room.toml may not;
    OSError when the disk will not take it.
    """
    target = Path(os.path.realpath(path))
    # Through a link, paths are relative to the link's folder when read, and to the file's own when checked here.
    folder = target.parent if Path(os.path.abspath(path)) == target else None
    content = room_toml(config, folder).encode("utf-8", errors="surrogatepass")
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    written = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        read_back = msgspec.structs.replace(load_room(written), path=config.path)
        if read_back != config:
            raise ConfigError(
                f"{path.name}: these settings would not read back as they are; nothing was written"
            )
        if target.exists():
            shutil.copymode(target, written)
            _keep(target)
        else:
            written.chmod(0o644)
        os.replace(written, target)
        _sync_folder(target.parent)
    finally:
        written.unlink(missing_ok=True)


def _keep(target: Path) -> None:
    """Copy the file to `<name>.bak`, which is replaced whole or not at all."""
    copy = target.with_name(f".{target.name}.bak.new")
    try:
        shutil.copy2(target, copy)
        os.replace(copy, target.with_name(f"{target.name}.bak"))
    finally:
        copy.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def room_toml(config: RoomConfig, folder: Path | None) -> str:
    """The text of a room.toml that stands in `folder` (None: anywhere, all paths absolute) and reads as `config`."""
    blocks: list[str] = []
    _write(ROOT, config, (), folder, blocks)
    return "\n".join(blocks)


def _write(
    table: Table, struct: msgspec.Struct, names: tuple[str, ...], folder: Path | None, blocks: list[str]
) -> None:
    rows = _rows(table, struct, folder)
    if rows or (names and (table.many or table.required)):
        blocks.append(f"{header(names, table)}\n" + "".join(rows))
    for inner in table.tables:
        if inner.inline:
            continue
        value: Any = struct if inner.merge else getattr(struct, inner.field)
        for each in value if inner.many else (value,):
            _write(inner, each, (*names, inner.name), folder, blocks)


def _rows(table: Table, struct: msgspec.Struct, folder: Path | None) -> list[str]:
    """`key = value` lines of everything that is not its default."""
    rows = [
        tomli_w.dumps({key.name: value})
        if not isinstance(value, dict)
        else f"{key.name} = {_inline(value)}\n"
        for key, value in _values(table, struct, folder)
    ]
    for inner in table.tables:
        if inner.inline:
            entries = [
                _inline({key.name: value for key, value in _values(inner, entry, folder)})
                for entry in getattr(struct, inner.field)
            ]
            if entries:
                rows.append(f"{inner.name} = [{', '.join(entries)}]\n")
    return rows


def _values(table: Table, struct: msgspec.Struct, folder: Path | None) -> list[tuple[Key, Any]]:
    defaults = {field.name: field for field in msgspec.structs.fields(type(struct))}
    found = []
    for key in table.keys:
        value = getattr(struct, key.field)
        if key.like is not None:
            default: Any = getattr(struct, key.like)
        else:
            field = defaults[key.field]
            factory = field.default_factory
            default = factory() if factory is not msgspec.NODEFAULT else field.default
        if value is not None and (value != default or key.required):
            found.append((key, _written(key, value, folder)))
    return found


def _written(key: Key, value: Any, folder: Path | None) -> Any:
    """A typed value as TOML holds it."""
    if key.is_duration:
        return format_duration(value)
    if isinstance(value, Path):
        return _relative(value, folder)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, str) and key.name == "feed" and value.startswith("replay:"):
        return "replay:" + _relative(Path(value.removeprefix("replay:")), folder)
    return value


def _relative(path: Path, folder: Path | None) -> str:
    """Relative when it lies in or below the file's folder, so that the folder can be moved; else
    absolute."""
    if folder is None or not path.is_relative_to(folder):
        return str(path)
    inner = path.relative_to(folder)
    return str(path) if str(inner).startswith("~/") else str(inner)


def _inline(values: dict[str, Any]) -> str:
    if not values:
        return "{}"
    pairs = (tomli_w.dumps({name: value}).rstrip("\n") for name, value in values.items())
    return "{ " + ", ".join(pairs) + " }"
