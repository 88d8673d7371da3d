"""Where each key of a TOML document stands.

tomllib tells no positions, and a message without a line is half a message. This finds them, for
documents that tomllib has already accepted: it checks nothing itself. Pure.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from functools import lru_cache

from stockwatch.config.problems import KeyPath

_SPACE = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_KEY = re.compile(r"""(?:[^"'=\]]|"(?:[^"\\]|\\.)*"|'[^']*')*""")
_BARE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_OUTSIDE = re.compile(rf"(?P<skip>{_STRING.pattern}|#[^\n]*)|(?P<key>[\w-]+)(?=[ \t]*=)", re.DOTALL)


def quote_keys(text: str) -> str:
    """Put quotes around bare keys that are not ASCII, as in `attrs = { 色 = "黑" }`.

    TOML 1.0 wants them quoted and people do not. Outside strings and comments TOML knows no such
    characters, so a valid document comes back as it is; lines stay where they are.
    """
    if text.isascii():
        return text
    return _OUTSIDE.sub(_quoted, text)


def _quoted(match: re.Match[str]) -> str:
    key = match["key"]
    return match[0] if key is None or key.isascii() else f'"{key}"'


def find_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of every key, table and array entry of a valid document.

    A table that is only implied (`[a.b]` implies `a`) has the line of the first key that implies it;
    one that is named has the line of its header.
    """
    scan = _Scan(text.replace("\r\n", "\n"))
    scan.document()
    return scan.lines


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """The line of `path`, or of the nearest thing that holds it."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


@lru_cache(maxsize=4096)
def _parts(key: str) -> tuple[str, ...]:
    """The parts of a dotted key as written, quotes and escapes undone."""
    key = key.strip(" \t")
    if _BARE.fullmatch(key):
        return tuple(key.split("."))
    parts = []
    inner = tomllib.loads(f"{key} = 0")
    while isinstance(inner, dict):
        ((part, inner),) = inner.items()
        parts.append(part)
    return tuple(parts)


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.newlines = [match.start() for match in re.finditer("\n", text)]
        self.entries: dict[KeyPath, int] = {}
        """Of each array of tables, how many entries have begun."""

    def document(self) -> None:
        table: KeyPath = ()
        self.skip(_SPACE)
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.assignment(table)
            self.skip(_SPACE)

    def header(self) -> KeyPath:
        line = self.line()
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        parts = _parts(self.take(_KEY))
        self.at += 2 if many else 1
        table: KeyPath = ()
        for index, part in enumerate(parts):
            table += (part,)
            self.lines.setdefault(table, line)
            if index == len(parts) - 1:
                break
            if table in self.entries:
                table += (self.entries[table] - 1,)
        if many:
            entry = self.entries.get(table, 0)
            self.entries[table] = entry + 1
            table += (entry,)
        # A header names its table, even where an earlier one only implied it.
        self.lines[table] = line
        return table

    def assignment(self, table: KeyPath) -> None:
        line = self.line()
        path = table
        for part in _parts(self.take(_KEY)):
            path += (part,)
            self.lines.setdefault(path, line)
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(path)

    def value(self, path: KeyPath) -> None:
        opening = self.text[self.at : self.at + 1]
        if opening in ("'", '"'):
            self.skip(_STRING)
        elif opening == "[":
            self.array(path)
        elif opening == "{":
            self.inline_table(path)
        else:
            self.skip(_SCALAR)

    def array(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(_SPACE)
        index = 0
        while not self.text.startswith("]", self.at):
            self.lines[(*path, index)] = self.line()
            self.value((*path, index))
            index += 1
            self.skip_comma()
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(_SPACE)
        while not self.text.startswith("}", self.at):
            self.assignment(path)
            self.skip_comma()
        self.at += 1

    def skip_comma(self) -> None:
        self.skip(_SPACE)
        if self.text.startswith(",", self.at):
            self.at += 1
            self.skip(_SPACE)

    def line(self) -> int:
        return bisect_left(self.newlines, self.at) + 1

    def take(self, pattern: re.Pattern[str]) -> str:
        start = self.at
        self.skip(pattern)
        return self.text[start : self.at]

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        assert match is not None, self.at
        self.at = match.end()
