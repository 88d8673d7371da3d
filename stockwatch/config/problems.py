"""What is wrong with a room.toml, and how it is said.

Owns the shape of a message: `file:line: key: what is wrong; the fix`, in both languages of the
interface. Text from the file goes through `printable`, so no terminal escape in a file reaches a
terminal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from stockwatch.printable import printable

Step = str | int
KeyPath = tuple[Step, ...]
"""Keys and array indexes from the top of the document, e.g. `("sku", 0, "restock", 1, "quantity")`."""


class Words(NamedTuple):
    """The same thing said in both languages."""

    en: str
    zh: str


class Wrong(Exception):
    """A value that can't be used. `needs` says what would do; `fix`, if given, replaces the example; with `hide` the
    value itself is not repeated."""

    def __init__(self, needs: Words, fix: Words | None = None, *, hide: bool = False) -> None:
        super().__init__(needs.en)
        self.hide = hide
        self.needs = needs
        self.fix = fix


@dataclass(frozen=True)
class Problem:
    """One thing wrong: where (line is None when it can't be told), which key, and what to do."""

    line: int | None
    key: str
    says: Words


class ConfigError(Exception):
    """Settings that can't be used. `str()` is the whole message in English, one problem a line:
    `file:line: key: what; the fix`. `text("zh")` is the same in Chinese."""

    def __init__(
        self,
        message: str,
        *,
        zh: str | None = None,
        path: Path | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message)
        self._zh = zh
        self.path = path
        self.problems = tuple(problems)

    @classmethod
    def of(cls, path: Path, problems: Iterable[Problem]) -> ConfigError:
        """The error that says all of `problems`, sorted by line."""
        in_order = sorted(problems, key=lambda problem: (problem.line or 0, problem.key))
        message = "\n".join(_sentence(path, problem, "en") for problem in in_order)
        return cls(message, path=path, problems=in_order)

    def text(self, language: str = "en") -> str:
        """The whole message in `language` (zh | en)."""
        if self.path is None or not self.problems:
            return self._zh if language == "zh" and self._zh is not None else str(self)
        return "\n".join(_sentence(self.path, problem, language) for problem in self.problems)


def _sentence(path: Path, problem: Problem, language: str) -> str:
    where = printable(str(path)) + (f":{problem.line}" if problem.line is not None else "")
    says = problem.says.zh if language == "zh" else problem.says.en
    return f"{where}: {problem.key}: {says}" if problem.key else f"{where}: {says}"


def shown_value(value: Any) -> Words:
    """A value of the file as it may be printed: short, escaped, with its TOML type where that helps."""
    if isinstance(value, str):
        text = f'"{printable(value, 60)}"'
        return Words(text, text)
    if isinstance(value, bool):
        text = "true" if value else "false"
        return Words(text, text)
    if isinstance(value, int | float):
        try:
            text = printable(str(value), 40)
        except ValueError:  # an integer of more digits than Python prints
            return Words("a huge integer", "极大的整数")
        return Words(text, text)
    kind = type_name(value)
    return Words(f"{_article(kind.en)} {kind.en}", f"一个{kind.zh}")


def type_name(value: Any) -> Words:
    """The TOML type of a parsed value."""
    for python_type, name in _TYPES:
        if isinstance(value, python_type):
            return name
    return Words("date or time", "日期或时间")


_TYPES: tuple[tuple[type, Words], ...] = (
    (bool, Words("boolean", "布尔值")),
    (int, Words("integer", "整数")),
    (float, Words("float", "小数")),
    (str, Words("string", "字符串")),
    (list, Words("array", "数组")),
    (dict, Words("table", "表")),
)


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, also when only the case differs; None if none is near."""
    candidates = list(known)
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    if name.lower() in by_lower:
        return by_lower[name.lower()]
    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return close[0] if close else None


def key_name(path: KeyPath, document: Any) -> str:
    """A key as a person says it: array entries by their id where they have one (`sku[HOODIE].stock`),
    else by number from 1 (`sku[#2].stock`)."""
    name = ""
    here = document
    for step in path:
        here = _child(here, step)
        if isinstance(step, int):
            own_id = here.get("id") if isinstance(here, dict) else None
            label = printable(own_id, 40) if isinstance(own_id, str) and own_id else f"#{step + 1}"
            name += f"[{label}]"
        else:
            bare = step != "" and all(c.isalnum() or c in "-_" for c in step)
            part = step if bare else f'"{printable(step, 40)}"'
            name += f".{part}" if name else part
    return name


def _child(value: Any, step: Step) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None
