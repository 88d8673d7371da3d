"""Cells of a real workbook come out as people see them, or are known to be broken."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from openpyxl import Workbook, load_workbook

from stockwatch.sheets.read import read_grids
from tests.sheets.making import as_excel_writes, grid_of, patched, workbook


def test_leading_zeros_stay_whether_text_or_shown_by_the_format(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["00123", 123, 7]])
    book = load_workbook(path)
    book.active["B1"].number_format = "00000"
    book.save(path)
    assert [grid_of(path).text(1, column) for column in (1, 2, 3)] == ["00123", "00123", "7"]


def test_a_merged_value_stands_in_its_whole_range_and_says_so(tmp_path: Path) -> None:
    grid = grid_of(workbook(tmp_path / "a.xlsx", [["卫衣", "S"], [None, "M"], [None, "L"]], merges=["A1:A3"]))
    assert [grid.text(row, 1) for row in (1, 2, 3)] == ["卫衣"] * 3
    assert {(grid.cells[row, 1].merged, grid.cells[row, 1].rows) for row in (1, 2, 3)} == {("A1:A3", 3)}
    assert grid.cells[1, 2].merged is None


def test_hidden_rows_and_sheets_are_known(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["a"], ["b"], ["c"]], hidden=[2])
    book = load_workbook(path)
    book.create_sheet("藏着")["A1"] = 1
    book["藏着"].sheet_state = "hidden"
    book.create_sheet("空的")
    book.save(path)
    first, second = read_grids(path)
    assert (first.hidden_rows, first.hidden, second.name, second.hidden) == (
        frozenset({2}),
        False,
        "藏着",
        True,
    )


def test_an_id_beyond_fifteen_digits_is_rounded_unless_its_digits_prove_otherwise(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [[3561234567890123456, 1234567890123456, "3561234567890123456", 123456789012345]]
    )
    raw = path.read_bytes()
    grid = grid_of(path)
    assert [grid.cells[1, column].rounded for column in (1, 2, 3, 4)] == [True, False, False, False]
    assert grid.text(1, 2) == "1234567890123456"
    assert path.read_bytes() == raw
    # Excel writes what is left of it in one of two ways.
    sheet = "xl/worksheets/sheet1.xml"
    patched(path, sheet, "<v>1234567890123456</v>", "<v>1.23456789012345E+15</v>")
    assert grid_of(path).cells[1, 2].rounded
    # Other programs write every digit of what went through a float.
    for raw in ("3561234567890123457", "9007199254740993", "1234567890123450"):
        rows = f'<sheetData><row r="1"><c r="A1"><v>{raw}</v></c></row></sheetData>'
        cell = grid_of(as_excel_writes(tmp_path / "b.xlsx", rows)).cells[1, 1]
        assert (cell.text, cell.rounded) == (raw, True)


def test_a_formula_counts_by_its_saved_value(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["=1+1", "=2+2", "=1/0"]])
    sheet = "xl/worksheets/sheet1.xml"
    patched(path, sheet, "<f>1+1</f><v />", "<f>1+1</f><v>2</v>")
    patched(path, sheet, '<c r="C1"><f>1/0</f><v />', '<c r="C1" t="e"><f>1/0</f><v>#DIV/0!</v>')
    grid = grid_of(path)
    assert grid.text(1, 1) == "2"
    assert (grid.cells[1, 2].broken, grid.cells[1, 3].broken) == ("=", "#DIV/0!")


def test_a_formula_that_came_to_nothing_is_a_blank_cell(tmp_path: Path) -> None:
    row = '<c r="A1" t="str"><f>IF(B1=0,"",B1)</f><v></v></c><c r="B1"><v>0</v></c>'
    grid = grid_of(as_excel_writes(tmp_path / "a.xlsx", f'<sheetData><row r="1">{row}</row></sheetData>'))
    assert list(grid.cells) == [(1, 2)]


def test_dates_and_times_are_text_that_can_be_read(tmp_path: Path) -> None:
    grid = grid_of(workbook(tmp_path / "a.xlsx", [[datetime(2025, 11, 11), datetime(2025, 11, 11, 20, 30)]]))  # noqa: DTZ001
    assert (grid.text(1, 1), grid.text(1, 2)) == ("2025-11-11", "2025-11-11 20:30")


def test_places_are_named_as_the_spreadsheet_names_them(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "11.11 排品"
    book.active["AB14"] = "x"
    book.save(tmp_path / "a.xlsx")
    grid = grid_of(tmp_path / "a.xlsx")
    assert (grid.where(14, 28), grid.where(14)) == ("'11.11 排品'!AB14", "'11.11 排品'!14")


def test_delimited_text_in_the_encodings_that_spreadsheets_write(tmp_path: Path) -> None:
    text = "商品名称,商家编码,库存\r\n卫衣,00123,5\r\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        for sign in (",", "\t", ";"):
            (tmp_path / "a.csv").write_bytes(text.replace(",", sign).encode(encoding))
            grid = grid_of(tmp_path / "a.csv")
            assert [grid.text(2, column) for column in (1, 2, 3)] == ["卫衣", "00123", "5"]
            assert grid.where(2, 3) == "a!C2"


def test_lines_of_a_text_file_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('商品名称,库存\n"卫衣\n加绒",3\n裤子,x\n', encoding="utf-8")
    grid = grid_of(tmp_path / "a.csv")
    assert grid.where(3, 2) == "a!B4"


def test_texts_that_are_shared_are_read_where_they_stand(tmp_path: Path) -> None:
    rows = (
        '<sheetData><row r="2"><c r="B2" t="s"><v>1</v></c><c r="C2" t="s"><v>0</v></c><c r="D2"><v>3.5</v></c></row>'
        '<row><c t="str"><f>B2</f><v>卫衣</v></c><c t="b"><v>1</v></c></row></sheetData>'
    )
    grid = grid_of(as_excel_writes(tmp_path / "a.xlsx", rows, ["00123", "卫衣"]))
    assert [grid.text(2, column) for column in (2, 3, 4)] == ["卫衣", "00123", "3.5"]
    assert [grid.text(3, column) for column in (1, 2)] == ["卫衣", "TRUE"]
