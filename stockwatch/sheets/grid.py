"""A worksheet as a grid of cells that know where they stand. Pure.

Rows and columns are counted from 1, as spreadsheets do. Only cells with something in them are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from stockwatch.printable import printable

MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 400
MAX_CELLS: Final = 300_000
MAX_TEXT: Final = 4_000
"""Characters of a cell that are looked at."""

Value = str | int | float | bool | datetime | date | time | timedelta


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell's value as stored. A number's `text` is how it is shown where that can be told (leading zeros)."""

    value: Value
    text: str
    rounded: bool = False
    """A number of more digits than a spreadsheet keeps: the last ones may be gone."""
    merged: str | None = None
    """The range (`B4:B8`) of more than one cell that it is shown in."""
    rows: int = 1
    """How many rows that range has."""
    broken: str | None = None
    """It shows an error (`#REF!`) or a formula that was never calculated."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One worksheet. A merged cell's value stands at every place of its range."""

    name: str
    cells: Mapping[tuple[int, int], Cell]
    rows: int
    columns: int
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    lines: Mapping[int, int] = field(default_factory=dict)
    """Row to the line of a text file, where that differs."""
    plain: bool = False
    """From a text file, whose only sheet is named after it."""

    def text(self, row: int, column: int) -> str:
        cell = self.cells.get((row, column))
        return "" if cell is None else cell.text

    def filled(self, row: int) -> list[int]:
        """The columns of a row that hold something."""
        return [column for column in range(1, self.columns + 1) if (row, column) in self.cells]

    def where(self, row: int, column: int | None = None) -> str:
        """`Sheet1!C14`; of a row `Sheet1!14`; of a text file by its name, as spreadsheets show it. Printable."""
        at = f"{'' if column is None else letters(column)}{self.lines.get(row, row)}"
        name = printable(self.name, 60)
        bare = name.replace("_", "").isalnum()
        return f"{name}!{at}" if bare else f"'{name}'!{at}"


def letters(column: int) -> str:
    """A, B, … Z, AA, … of a column counted from 1."""
    name = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def column_of(name: str) -> int | None:
    """The column that one to three letters name; None for anything else."""
    if not (name.isascii() and name.isalpha() and len(name) <= 3):
        return None
    column = 0
    for letter in name.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column
