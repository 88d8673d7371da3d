"""A sheet file as grids, whatever wrote it: .xlsx by its content, everything else as delimited text.

Reads only the file it is told to.
"""

from __future__ import annotations

import csv
from pathlib import Path

from stockwatch.feeds.csv_import import delimiter_of
from stockwatch.feeds.csv_text import read_text
from stockwatch.feeds.csv_values import clean
from stockwatch.sheets.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_TEXT, Cell, Grid
from stockwatch.sheets.problems import SheetError
from stockwatch.sheets.xlsx import read_xlsx

MAX_DELIMITED = 32 * 1024 * 1024
_ZIPPED = b"PK"
_OLE = b"\xd0\xcf\x11\xe0"


def read_grids(path: Path) -> list[Grid]:
    """The worksheets that hold something. Raises SheetError when there are none, or the file is no sheet; OSError;
    Failure when a text file can't be read."""
    with path.open("rb") as file:
        begin = file.read(4096)
        size = file.seek(0, 2)
    if begin[:2] == _ZIPPED or begin[:4] == _OLE:
        grids = read_xlsx(path)
    elif b"\0" in begin and begin[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise SheetError(
            "this is no spreadsheet; give an .xlsx, .csv or .tsv file",
            "这不是表格文件;请给 .xlsx、.csv 或 .tsv",
        )
    elif size > MAX_DELIMITED:
        raise SheetError(
            f"larger than {MAX_DELIMITED >> 20} MiB: that is no run-down sheet",
            f"超过 {MAX_DELIMITED >> 20} MiB,不像排品表",
        )
    else:
        grids = [grid for grid in (delimited(path.stem, read_text(path, None)),) if grid.rows]
    if not grids:
        raise SheetError(
            "there is nothing in it; `stockwatch room new --example` writes a sheet to start from",
            "表是空的;`stockwatch room new --example` 会写一份样表",
        )
    return grids


def delimited(name: str, lines: list[str]) -> Grid:
    """The text of a .csv or .tsv as a grid. Raises SheetError for one that is too large."""
    reader = csv.reader(lines, delimiter=delimiter_of(lines[:20]))
    cells: dict[tuple[int, int], Cell] = {}
    starts: dict[int, int] = {}
    row = columns = 0
    while True:
        start = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error:
            raise SheetError(
                f"line {start}: a cell is too long or its quotes don't close; save it again as .xlsx",
                f"第 {start} 行:有一格太长或引号没有配对;另存为 .xlsx 再试",
            ) from None
        row += 1
        starts[row] = start
        for column, written in enumerate(record, 1):
            if not (text := clean(written)[:MAX_TEXT]):
                continue
            if row > MAX_ROWS or column > MAX_COLUMNS or len(cells) >= MAX_CELLS:
                raise SheetError(
                    f"line {start}: more than {MAX_ROWS} rows, {MAX_COLUMNS} columns or {MAX_CELLS} cells",
                    f"第 {start} 行:超过 {MAX_ROWS} 行、{MAX_COLUMNS} 列或 {MAX_CELLS} 格",
                )
            cells[row, column] = Cell(text, text)
            columns = max(columns, column)
    last = max((row for row, _ in cells), default=0)
    return Grid(name=name, cells=cells, rows=last, columns=columns, lines=starts, plain=True)
