"""Read a room.toml: bytes to a checked `RoomConfig`, or every problem found.

Owns the reading of one file and the order of the checks: first that it is TOML, then each key by the
schema, then what must fit together (`consistency`). A problem in one place hides none elsewhere.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stockwatch.config.consistency import check_together
from stockwatch.config.lines import find_lines, line_of, quote_keys
from stockwatch.config.problems import (
    ConfigError,
    KeyPath,
    Problem,
    Words,
    Wrong,
    key_name,
    nearest,
    shown_value,
)
from stockwatch.config.schema import ROOT
from stockwatch.config.settings import RoomConfig
from stockwatch.config.tables import Key, Table, header, walk
from stockwatch.printable import printable

MAX_BYTES = 8 * 1024 * 1024


@dataclass
class Source:
    """A file that parsed as TOML, with the line of everything in it."""

    path: Path
    document: dict[str, Any]
    lines: dict[KeyPath, int]
    problems: list[Problem] = field(default_factory=list)

    @property
    def base(self) -> Path:
        return self.path.absolute().parent

    def add(self, path: KeyPath, says: Words) -> None:
        self.problems.append(Problem(line_of(self.lines, path), key_name(path, self.document), says))


def load_room(path: Path) -> RoomConfig:
    """Read and check a room.toml. Raises ConfigError, naming every problem found and not only the first."""
    return read_room(path)[0]


def read_room(path: Path) -> tuple[RoomConfig, Source]:
    """`load_room`, with the source for whoever wants to know where each value stands."""
    source = _parse(path, _read(path))
    values = _read_table(source, ROOT, (), (), source.document)
    check_together(source.document, values, source.add)
    if source.problems:
        raise ConfigError.of(path, source.problems)
    values["path"] = path.absolute()
    return _build(ROOT, values), source


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise _failure(
                path, None, Words("this is a folder; name a room.toml in it", "这是目录;写其中的 room.toml")
            )
        if path.exists() and not path.is_file():
            raise _failure(
                path,
                None,
                Words("this is no ordinary file; name a room.toml", "这不是普通文件;写一个 room.toml"),
            )
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _failure(
            path,
            None,
            Words(
                "no such file; `stockwatch` alone lists the samples",
                "没有这个文件;只打 `stockwatch` 会列出样例",
            ),
        ) from None
    except (OSError, ValueError) as error:
        why = printable(getattr(error, "strerror", None) or str(error))
        raise _failure(path, None, Words(f"could not be read: {why}", f"读不了:{why}")) from None
    if len(content) > MAX_BYTES:
        raise _failure(
            path,
            None,
            Words("larger than 8 MiB; is it a room.toml at all?", "超过 8 MiB;这真的是 room.toml 吗?"),
        )
    return content


def _parse(path: Path, content: bytes) -> Source:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        says = Words(
            f"byte {error.start} is not UTF-8; save the file as UTF-8",
            f"第 {error.start} 字节不是 UTF-8;请存为 UTF-8",
        )
        raise _failure(path, line, says) from None
    try:
        text = quote_keys(text)
        document = tomllib.loads(text)
        lines = find_lines(text)
    except RecursionError:
        raise _failure(
            path, None, Words("nested too deeply; a room needs no such depth", "嵌套太深")
        ) from None
    except ValueError as error:  # TOMLDecodeError is one, and so is an integer of too many digits
        what = str(error)
        match = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", what)
        at: int | None = None
        column = ""
        if match is not None:
            what = what[: match.start()]
            at = int(match[1]) if match[1] else text.rstrip().count("\n") + 1
            column = f" (column {match[2]})" if match[2] else ""
        what = printable(what)
        hint = _syntax_hint(text, at)
        says = Words(f"not TOML: {what}{column}{hint.en}", f"不是合法的 TOML:{what}{column}{hint.zh}")
        raise _failure(path, at, says) from None
    return Source(path, document, lines)


def _syntax_hint(text: str, line: int | None) -> Words:
    """What the line most likely lacks."""
    rows = text.replace("\r\n", "\n").split("\n")
    row = rows[line - 1] if line is not None and line <= len(rows) else ""
    if re.search(r"[“”‘’]", row):
        return Words('; write straight quotes: "', '；引号要用英文直引号 "')
    if re.search(r"[=＝：]", row) and not re.search(r"=", row):
        return Words("; write key = value", "；写成 键 = 值,用英文等号")
    if re.match(r"\s*[A-Za-z0-9_-]+\s*=\s*[^\s\"'\[{0-9+-]", row):
        return Words("; text stands in quotes", "；文字要加引号")
    return Words("; put that line right", "；请改正这一行")


def _failure(path: Path, line: int | None, says: Words) -> ConfigError:
    return ConfigError.of(path, [Problem(line, "", says)])


def _read_table(
    source: Source, table: Table, path: KeyPath, names: tuple[str, ...], raw: dict[str, Any]
) -> dict[str, Any]:
    """The good values of one table by field; what is bad is added to the problems and left out."""
    values: dict[str, Any] = {}
    for name in raw:
        if name not in table.names:
            source.add((*path, name), _unknown(table, names, name))
    for key in table.keys:
        if key.name in raw:
            _read_key(source, key, (*path, key.name), raw[key.name], values)
        elif key.required:
            source.add(path, _missing(key))
    for key in table.keys:
        if key.like is not None and key.name not in raw and key.like in values:
            values[key.field] = values[key.like]
    for inner in table.tables:
        _read_inner(source, inner, (*path, inner.name), (*names, inner.name), outer=raw, values=values)
    return values


def _read_inner(
    source: Source,
    table: Table,
    path: KeyPath,
    names: tuple[str, ...],
    *,
    outer: dict[str, Any],
    values: dict[str, Any],
) -> None:
    """A table of a table, if it is there and has the right shape."""
    written = header(names, table)
    raw = outer.get(table.name)
    if raw is None:
        if table.required:
            example = next(f"{key.name} = {key.example}" for key in table.keys if key.required)
            source.add(
                path[:-1],
                Words(
                    f"{written} is missing; add it with {example}", f"缺少 {written};加上它,并写 {example}"
                ),
            )
        return
    if table.many:
        if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
            source.add(path, _not_entries(table, written, names))
            return
        values[table.field] = [
            _read_table(source, table, (*path, index), names, entry) for index, entry in enumerate(raw)
        ]
        return
    if not isinstance(raw, dict):
        source.add(
            path,
            Words(f"is a table; write {written} with its keys below", f"是一个表;写 {written},键写在它下面"),
        )
        return
    inner = _read_table(source, table, path, names, raw)
    if table.merge:
        values.update(inner)
    else:
        values[table.field] = inner


def _not_entries(table: Table, written: str, names: tuple[str, ...]) -> Words:
    if table.inline:
        first = table.keys[0]
        example = f"{table.name} = [{{ {first.name} = {first.example} }}]"
        return Words(f"is a list of tables; write {example}", f"是表的列表;写成 {example}")
    return Words(
        f"there can be several; write {written} with two brackets", f"可以有多个;写成 {written},两层方括号"
    )


def _read_key(source: Source, key: Key, path: KeyPath, raw: Any, values: dict[str, Any]) -> None:
    try:
        values[key.field] = key.check(raw, source.base)
    except Wrong as wrong:
        shown = Words("its value", "它的值") if key.private or wrong.hide else shown_value(raw)
        fix = wrong.fix or Words(
            f"for example {key.name} = {key.example}", f"例如 {key.name} = {key.example}"
        )
        source.add(
            path,
            Words(
                f"{shown.en} will not do: {wrong.needs.en}; {fix.en}",
                f"{shown.zh} 不行:{wrong.needs.zh};{fix.zh}",
            ),
        )


def _missing(key: Key) -> Words:
    return Words(
        f"{key.name} is missing; write {key.name} = {key.example}",
        f"缺少 {key.name};写 {key.name} = {key.example}",
    )


def _unknown(table: Table, names: tuple[str, ...], name: str) -> Words:
    """An unknown key: where it belongs, or the nearest known key, or the known ones."""
    homes = [
        header(path, other) if path else "the top"
        for path, other in walk(ROOT)
        if path != names and name in other.names
    ]
    near = nearest(name, sorted(table.names))
    if near is not None and near != name:
        return Words(f"unknown key; did you mean {near}?", f"不认识的键;是不是 {near}?")
    if homes:
        listed = ", ".join(homes)
        return Words(f"unknown key here; it belongs in {listed}", f"这里没有这个键;它属于 {listed}")
    known = ", ".join([*(key.name for key in table.keys), *(inner.name for inner in table.tables)])
    return Words(f"unknown key; known here: {known}", f"不认识的键;这里可用:{known}")


def _build(table: Table, values: dict[str, Any]) -> Any:
    """Checked values to the table's struct."""
    fields = dict(values)
    for inner in table.tables:
        if inner.merge or inner.field not in fields:
            continue
        raw = fields[inner.field]
        fields[inner.field] = (
            tuple(_build(inner, entry) for entry in raw) if inner.many else _build(inner, raw)
        )
    return table.make(**fields)
