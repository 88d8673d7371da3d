"""Sheets for tests: real workbooks, made by openpyxl, and what the reader makes of them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from stockwatch.sheets.asked import parse_asked
from stockwatch.sheets.goods import plan_of
from stockwatch.sheets.grid import Grid
from stockwatch.sheets.header import Reading, read_header
from stockwatch.sheets.plan import Plan
from stockwatch.sheets.read import read_grids
from stockwatch.sheets.rows import Goods, read_rows

Rows = Sequence[Sequence[Any]]


def workbook(path: Path, rows: Rows, *, merges: Sequence[str] = (), hidden: Sequence[int] = ()) -> Path:
    """One worksheet, Sheet1, with these rows from A1."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            if value is not None:
                sheet.cell(at, column).value = value
    for merge in merges:
        sheet.merge_cells(merge)
    for row in hidden:
        sheet.row_dimensions[row].hidden = True
    book.save(path)
    return path


def patched(path: Path, part: str, old: str, new: str) -> Path:
    """The workbook with `old` in one of its parts replaced, as another program might have written it."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in contents[part], contents[part][:2000]
    contents[part] = contents[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def grid_of(path: Path) -> Grid:
    (grid,) = read_grids(path)
    return grid


def reading_of(path: Path, *flags: str, sheet: str | None = None) -> Reading:
    return read_header(read_grids(path), parse_asked(flags), sheet)


def goods_of(
    path: Path, *flags: str, channels: Sequence[str] = (), with_hidden: bool = False
) -> tuple[Reading, Goods]:
    reading = reading_of(path, *flags)
    assert not reading.questions, reading.questions
    return reading, read_rows(reading, channels, with_hidden=with_hidden)


def plan(path: Path, *flags: str, channels: Sequence[str] = (), with_hidden: bool = False) -> Plan:
    return plan_of(*goods_of(path, *flags, channels=channels, with_hidden=with_hidden))


def told(made: Plan, *, serious: bool | None = None) -> list[str]:
    """The problems as `where: English`."""
    return [
        f"{problem.where}: {problem.says.en}"
        for problem in made.problems
        if serious is None or problem.serious is serious
    ]


def as_excel_writes(path: Path, sheet: str, strings: Sequence[str] = ()) -> Path:
    """A workbook as Excel and WPS write it: texts in a table of shared strings, referred to by number.

    `sheet` is the inside of <worksheet>.
    """
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{sheet}</worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">'
        + "".join(f"<si><t>{text}</t></si>" for text in strings)
        + "</sst>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)
    return path
