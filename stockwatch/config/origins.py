"""Every setting of a room with its value and where it comes from: the file and its line, or a default.

Owns the walk over schema, document and typed settings side by side. Values come as they would be written in
the file; the values of secrets never come at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from stockwatch.config.durations import format_duration
from stockwatch.config.lines import line_of
from stockwatch.config.load import Source, read_room
from stockwatch.config.problems import KeyPath, key_name
from stockwatch.config.schema import ROOT
from stockwatch.config.tables import Key, Table

HIDDEN = "(not shown)"


@dataclass(frozen=True)
class Setting:
    """One key: its value as TOML or JSON would hold it, and its line; None is a default."""

    key: str
    """As in messages, e.g. `sku[HOODIE].stock`."""
    value: Any
    line: int | None


def settings_of(path: Path) -> list[Setting]:
    """Every setting of a room.toml, in the order of the schema. Raises ConfigError."""
    config, source = read_room(path)
    return list(_walk(ROOT, config, source, (), source.document))


def _walk(
    table: Table, struct: msgspec.Struct, source: Source, path: KeyPath, raw: dict[str, Any]
) -> Iterator[Setting]:
    for key in table.keys:
        where = (*path, key.name)
        line = line_of(source.lines, where) if key.name in raw else None
        yield Setting(key_name(where, source.document), _value(key, struct), line)
    for inner in table.tables:
        value: Any = struct if inner.merge else getattr(struct, inner.field)
        where = (*path, inner.name)
        if inner.many:
            for index, entry in enumerate(value):
                yield from _walk(inner, entry, source, (*where, index), raw[inner.name][index])
        else:
            yield from _walk(inner, value, source, where, raw.get(inner.name, {}))


def _value(key: Key, struct: msgspec.Struct) -> Any:
    value = getattr(struct, key.field)
    if value is None:
        return None
    if key.private:
        return HIDDEN
    if key.is_duration:
        return format_duration(value)
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
