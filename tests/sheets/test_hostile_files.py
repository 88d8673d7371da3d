"""Whatever a file holds, the answer is a SheetError that can be read, or a sheet; in bounded time and memory."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockwatch.exits import Failure
from stockwatch.printable import printable
from stockwatch.sheets import archive
from stockwatch.sheets.problems import SheetError
from stockwatch.sheets.read import read_grids
from tests.sheets.making import patched, plan, workbook

SHEET = "xl/worksheets/sheet1.xml"
ROWS = [["商品名称", "商家编码", "库存"], ["卫衣", "A1", 5]]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return workbook(tmp_path / "a.xlsx", ROWS)


def refused(path: Path) -> str:
    with pytest.raises(SheetError) as caught:
        read_grids(path)
    assert caught.value.words.zh != caught.value.words.en
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "nothing in it"),
        (b"PK\x03\x04 and no more", "damaged"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "password"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "no spreadsheet"),
        (b'"' + b"a" * 200_000, "quotes"),
        (b"," * 3_000_000, "nothing in it"),
        (b"x\n" * 30_000, "more than 20000 rows"),
    ],
)
def test_what_is_no_sheet_is_said_so(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    assert says in refused(tmp_path / "a.xlsx")


def test_a_bomb_is_refused_before_it_is_unpacked(good: Path) -> None:
    bomb = "<x>" + " " * (archive.MAX_XML + 1) + "</x>"
    patched(good, SHEET, "<sheetData>", bomb + "<sheetData>")
    assert good.stat().st_size < 1_000_000
    begin = time.perf_counter()
    assert "unpacked" in refused(good)
    assert time.perf_counter() - begin < 2


def test_a_bomb_that_lies_about_its_size_unpacks_no_further(good: Path) -> None:
    patched(good, SHEET, "<sheetData>", " " * 10_000_000 + "<sheetData>")
    content = bytearray(good.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as opened:
        size = opened.getinfo(SHEET).file_size
    content = content.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    good.write_bytes(content)
    assert "damaged" in refused(good)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_a_document_type_is_refused_in_any_part(good: Path, part: str) -> None:
    with zipfile.ZipFile(good) as opened:
        text = opened.read(part).decode()
    root = text.index("<", text.find("?>") + 1)
    first = text[root : root + 12]
    laughs = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    patched(good, part, first, laughs + first)
    assert "document type" in refused(good)


def test_xml_under_another_name_is_not_read(good: Path) -> None:
    types = "[Content_Types].xml"
    patched(good, types, 'PartName="/xl/styles.xml"', 'PartName="/xl/media/styles.png"')
    assert "another name" in refused(good)


def test_nesting_without_end_is_refused(good: Path) -> None:
    patched(good, SHEET, "<sheetData>", "<a>" * 5000 + "</a>" * 5000 + "<sheetData>")
    assert "nested" in refused(good)


@pytest.mark.parametrize("place", ["XFD1", "A1048576", "ZZZ9999999"])
def test_a_cell_far_out_is_named_and_refused(good: Path, place: str) -> None:
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    patched(good, SHEET, "</sheetData>", f'<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>')
    assert place.removeprefix("ZZZ") in refused(good)


def test_a_sheet_that_claims_to_be_huge_is_read_by_what_is_in_it(good: Path) -> None:
    patched(good, SHEET, 'ref="A1:C2"', 'ref="A1:XFD1048576"')
    patched(
        good, SHEET, "</sheetData>", '<row r="1048576" hidden="1"><c r="XFD1048576" s="0"/></row></sheetData>'
    )
    begin = time.perf_counter()
    (grid,) = read_grids(good)
    assert (grid.rows, grid.columns) == (2, 3)
    assert time.perf_counter() - begin < 2


def test_merged_cells_that_cover_everything_many_times_are_refused(good: Path) -> None:
    patched(good, SHEET, "</sheetData>", '<row r="19999"><c r="OH19999"><v>1</v></c></row></sheetData>')
    merge = '<mergeCell ref="A1:XFD1048576"/>'
    patched(good, SHEET, "</sheetData>", f"</sheetData><mergeCells>{merge * 500}</mergeCells>")
    begin = time.perf_counter()
    assert "merged" in refused(good)
    assert time.perf_counter() - begin < 10


@pytest.mark.parametrize(
    "ref", ["", "A1", "A1:", "B2:A1", "A0:A2", "A1:ZZZZ9", "A1:A99999999999999999999", "🙂:A1"]
)
def test_a_merge_that_is_none_is_passed_over(good: Path, ref: str) -> None:
    patched(good, SHEET, "</sheetData>", f'</sheetData><mergeCells><mergeCell ref="{ref}"/></mergeCells>')
    try:
        cell = read_grids(good)[0].text(2, 2)
    except SheetError as error:
        cell = str(error)
    assert cell == "A1" or "damaged" in cell


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_bytes_changed_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Both in the archive's own bytes, and in the XML that is in it."""
    path = tmp_path / "b.xlsx"
    if not (tmp_path / "whole.xlsx").exists():
        workbook(tmp_path / "whole.xlsx", ROWS)
    path.write_bytes((tmp_path / "whole.xlsx").read_bytes())
    if data.draw(st.booleans()):
        with zipfile.ZipFile(path) as opened:
            parts = {name: bytearray(opened.read(name)) for name in opened.namelist()}
        part = parts[data.draw(st.sampled_from(sorted(parts)))]
        _scramble(part, data)
        with zipfile.ZipFile(path, "w") as made:
            for name, content in parts.items():
                made.writestr(name, bytes(content))
    else:
        content = bytearray(path.read_bytes())
        _scramble(content, data)
        path.write_bytes(content)
    try:
        grids = read_grids(path)
    except (SheetError, Failure):
        return
    assert grids


def _scramble(content: bytearray, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), max_size=6))
def test_any_text_in_the_cells_makes_a_plan_or_is_refused(tmp_path: Path, cells: list[list[str]]) -> None:
    path = tmp_path / "b.csv"
    rows = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [ROWS[0], *cells]]
    path.write_text("\n".join(rows), encoding="utf-8", errors="surrogatepass")
    try:
        made = plan(path, "库存=库存")
    except (SheetError, Failure):
        return
    said = [text for problem in made.problems for text in (problem.where, *problem.says)]
    assert said == [printable(text) for text in said]
    assert len({sku.id for sku in made.skus}) == len(made.skus)
