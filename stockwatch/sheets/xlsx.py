"""An .xlsx workbook as grids. Reads only the file it is told to; imports openpyxl when it is called.

Formulas count by the value that the spreadsheet program saved with them; one that it never calculated is a broken cell.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from stockwatch.printable import printable
from stockwatch.sheets.archive import Structure, check_archive, damaged, structure
from stockwatch.sheets.grid import MAX_CELLS, MAX_TEXT, Cell, Grid, Value, letters
from stockwatch.sheets.problems import SheetError

MAX_FILE: Final = 256 * 1024 * 1024
"""Bytes; sheets with a photo of every product are large."""
MAX_SHEETS: Final = 60
_EXACT: Final = 10**15
"""A spreadsheet keeps 15 digits of a number."""
_WHOLE_IN_FLOAT: Final = 2**53
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")


def read_xlsx(path: Path) -> list[Grid]:
    """Every worksheet that holds something, in the order of the tabs. Raises SheetError; OSError."""
    with path.open("rb") as file:
        if file.seek(0, 2) > MAX_FILE:
            raise SheetError(
                f"larger than {MAX_FILE >> 20} MiB; take the pictures out and save again",
                f"超过 {MAX_FILE >> 20} MiB;去掉图片再保存",
            )
        file.seek(0)
        if file.read(8) == _OLE:
            raise SheetError(
                "has a password, or is an old .xls; save it as .xlsx without a password",
                "有密码,或是旧的 .xls;另存为不带密码的 .xlsx",
            )
        file.seek(0)
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # zipfile raises many kinds for what is no archive
            raise damaged(type(error).__name__) from None
        with archive:
            check_archive(archive)
            return _read(file, archive)


def _read(file: BinaryIO, archive: zipfile.ZipFile) -> list[Grid]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that it leaves out
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = list(book.worksheets)
            if len(sheets) > MAX_SHEETS:
                raise SheetError(
                    f"{len(sheets)} worksheets; keep the one that is the run-down",
                    f"有 {len(sheets)} 张工作表;只留排品表那张",
                )
            return [grid for sheet in sheets if (grid := _grid(archive, sheet)) is not None]
        except SheetError:
            raise
        except Exception as error:  # whatever a hostile file makes the library raise, it is the file
            raise damaged(printable(type(error).__name__)) from None


def _grid(archive: zipfile.ZipFile, sheet: Any) -> Grid | None:
    part = getattr(sheet, "_worksheet_path", None)
    if not isinstance(part, str):
        return None
    found = structure(archive, part.lstrip("/"))
    if not found.rows:
        return None
    cells: dict[tuple[int, int], Cell] = {}
    sheet.reset_dimensions()  # what a file claims of its size is not gone by
    for row in sheet.iter_rows(max_row=found.rows, max_col=found.columns):
        for cell in row:
            if cell.value is None and getattr(cell, "row", None) is None:
                continue
            place = (cell.row, cell.column)
            made = _cell(cell, found, place)
            if made is not None:
                cells[place] = made
    for place in found.formulas - cells.keys():
        cells[place] = Cell("", "", broken="=")
    _spread(cells, found)
    return Grid(
        name=sheet.title,
        cells=cells,
        rows=found.rows,
        columns=found.columns,
        hidden=sheet.sheet_state != "visible",
        hidden_rows=frozenset(found.hidden_rows),
    )


def _cell(cell: Any, found: Structure, place: tuple[int, int]) -> Cell | None:
    value: Value | None = cell.value
    if value is None:
        return None
    if cell.data_type == "e":
        return Cell("", "", broken=printable(str(value), 20))
    if isinstance(value, str):
        text = value[:MAX_TEXT].strip()
        return Cell(text, text) if text else None
    if isinstance(value, bool):
        return Cell(value, "TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return _number(value, found.raw.get(place, ""), cell.number_format)
    if isinstance(value, datetime | date | time | timedelta):
        return Cell(value, _moment(value))
    return None


def _number(value: float, raw: str, shown_as: object) -> Cell | None:
    if isinstance(value, float) and not value.is_integer():
        return Cell(value, repr(value))
    exact = re.fullmatch(r"-?\d{1,40}", raw, re.ASCII) is not None
    whole = int(raw) if exact else int(value)
    text = str(whole)
    # Excel puts a 0 for every digit after the fifteenth; another program may have gone through a float.
    rounded = abs(whole) >= _EXACT and not (exact and abs(whole) <= _WHOLE_IN_FLOAT and whole % 10)
    if isinstance(shown_as, str) and re.fullmatch(r"0{2,40}", shown_as) and whole >= 0:
        text = text.zfill(len(shown_as))  # a number shown as 00123
    return Cell(whole, text, rounded=rounded)


def _moment(value: datetime | date | time | timedelta) -> str:
    if isinstance(value, datetime):
        midnight = value.hour == value.minute == value.second == 0
        return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M")
    return value.strftime("%H:%M") if isinstance(value, time) else str(value)


def _spread(cells: dict[tuple[int, int], Cell], found: Structure) -> None:
    """Put a merged cell's value everywhere in its range, as far as the sheet has anything."""
    budget = MAX_CELLS
    for (top, left), (bottom, right) in found.merges:
        cell = cells.get((top, left))
        if cell is None or bottom < top or right < left or (top, left) == (bottom, right):
            continue
        merged = f"{letters(left)}{top}:{letters(right)}{bottom}"
        shared = Cell(
            cell.value,
            cell.text,
            rounded=cell.rounded,
            merged=merged,
            rows=bottom - top + 1,
            broken=cell.broken,
        )
        last_row, last_column = min(bottom, found.rows), min(right, found.columns)
        budget -= (last_row - top + 1) * (last_column - left + 1)
        if budget < 0:
            raise damaged("merged cells that overlap")
        for row in range(top, last_row + 1):
            for column in range(left, last_column + 1):
                cells[row, column] = shared
