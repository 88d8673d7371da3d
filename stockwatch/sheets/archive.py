"""What an .xlsx file is made of, looked at before a spreadsheet library reads it.

Owns the limits (a zip bomb, a sheet of a million rows, XML with a document type are refused, by what is in the archive
and not by what it claims) and what the library's streaming mode does not tell: merged ranges, hidden rows, formulas,
numbers as they are written. Reads from an open archive.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from stockwatch.sheets.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, column_of, letters
from stockwatch.sheets.problems import SheetError

MAX_XML: Final = 64 * 1024 * 1024
"""Bytes of all XML of a workbook, unpacked. Four thousand rows of thirty columns are some 6 MB."""
MAX_PARTS: Final = 20_000
MAX_DEPTH: Final = 64
MAX_MERGES: Final = 20_000
_CHUNK: Final = 1 << 16
_XML: Final = (".xml", ".rels")
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"

Place = tuple[int, int]
"""(row, column), from 1."""


@dataclass
class Structure:
    """What stands in a worksheet beside its values."""

    merges: list[tuple[Place, Place]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    formulas: set[Place] = field(default_factory=set)
    raw: dict[Place, str] = field(default_factory=dict)
    """Numbers as the file writes them, before any float."""
    rows: int = 0
    columns: int = 0


def check_archive(archive: zipfile.ZipFile) -> None:
    """Raise SheetError if its XML is too much, or is what a workbook's never is."""
    parts = archive.infolist()
    # An entry never unpacks to more than the size that is declared for it: zipfile stops there.
    texts = [part for part in parts if part.filename.endswith((*_XML, ".vml"))]
    if len(parts) > MAX_PARTS or sum(part.file_size for part in texts) > MAX_XML:
        raise SheetError(
            f"more than {MAX_XML >> 20} MiB unpacked: that is no run-down sheet; "
            "copy its rows to a new workbook and save that",
            f"解开后超过 {MAX_XML >> 20} MiB,不像排品表;把要用的行复制到新表另存",
        )
    if len({part.filename for part in parts}) != len(parts):
        raise damaged("two parts of one name")
    for part in texts:
        if part.filename.endswith(_XML):
            _parse(archive, part.filename, _Types() if part.filename == "[Content_Types].xml" else _Watch())


def structure(archive: zipfile.ZipFile, part: str) -> Structure:
    """Of one worksheet's part. Raises SheetError."""
    if not part.endswith(_XML):
        raise damaged("a worksheet under another name")
    watch = _Worksheet()
    _parse(archive, part, watch)
    return watch.found


def damaged(why: str) -> SheetError:
    """The file can't be read as a workbook; `why` must be printable."""
    return SheetError(
        f"this .xlsx is damaged ({why}); open it in Excel or WPS and save it again",
        f"这个 .xlsx 坏了({why});用 Excel 或 WPS 打开再另存一次",
    )


def _parse(archive: zipfile.ZipFile, part: str, watch: _Watch) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = watch.doctype
    parser.StartElementHandler = watch.start
    parser.EndElementHandler = watch.end
    if isinstance(watch, _Worksheet):
        parser.buffer_text = True
        parser.CharacterDataHandler = watch.text
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except SheetError:
        raise
    except expat.ExpatError as error:
        raise damaged(f"XML error {error.code}") from None
    except Exception as error:  # zipfile and its decompressors raise a dozen kinds for a broken archive
        raise damaged(type(error).__name__) from None


class _Watch:
    """Refuses what no workbook holds."""

    def __init__(self) -> None:
        self.depth = 0

    def doctype(self, *_: object) -> None:
        raise damaged("a document type")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise damaged("nested too deeply")

    def end(self, name: str) -> None:
        self.depth -= 1


class _Types(_Watch):
    """Refuses a part that is read as XML under a name that is not looked at here."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        part = attributes.get("PartName")
        if part is not None and attributes.get("ContentType", "").endswith("xml") and not part.endswith(_XML):
            raise damaged("a part under another name")


class _Worksheet(_Watch):
    """Gathers the structure of a worksheet, in one pass."""

    def __init__(self) -> None:
        super().__init__()
        self.found = Structure()
        self._row = 0
        self._place: Place = (0, 0)
        self._type = ""
        self._number: list[str] | None = None
        self._cells = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        space, _, tag = name.rpartition(" ")
        if space not in (_MAIN, _STRICT):
            return
        if tag == "row":
            written = attributes.get("r", "")
            self._row = int(written) if written.isascii() and written.isdigit() else self._row + 1
            self._place = (self._row, 0)
            if attributes.get("hidden") in ("1", "true") and self._row <= MAX_ROWS:
                self.found.hidden_rows.add(self._row)
        elif tag == "c":
            match = _CELL.fullmatch(attributes.get("r", ""))
            row, column = self._place
            self._place = (int(match[2]), _column(match[1])) if match else (row, column + 1)
            self._type = attributes.get("t", "n")
        elif tag in ("v", "f", "is"):
            self._filled(tag)
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def text(self, data: str) -> None:
        if self._number is not None:
            self._number.append(data)

    def end(self, name: str) -> None:
        super().end(name)
        if self._number is not None and name.endswith(" v"):
            self.found.raw[self._place] = "".join(self._number)[:40]
            self._number = None

    def _filled(self, tag: str) -> None:
        row, column = self._place
        self._cells += tag != "f"
        if row > MAX_ROWS or column > MAX_COLUMNS or self._cells > MAX_CELLS:
            at = f"{letters(column)}{row}"
            raise SheetError(
                f"something stands in {at}, beyond {MAX_ROWS} rows, {MAX_COLUMNS} columns or {MAX_CELLS} cells; "
                "delete what does not belong there and save again",
                f"{at} 有内容,超出 {MAX_ROWS} 行、{MAX_COLUMNS} 列或 {MAX_CELLS} 格;删掉多余内容再保存",
            )
        self.found.rows = max(self.found.rows, row)
        self.found.columns = max(self.found.columns, column)
        if tag == "f":
            if self._type != "str":  # one whose result is a text, also an empty one, was calculated
                self.found.formulas.add(self._place)
        elif tag == "v" and self._type == "n":
            self._number = []

    def _merge(self, written: str) -> None:
        first, _, last = written.partition(":")
        begin, end = _CELL.fullmatch(first), _CELL.fullmatch(last)
        if begin is None or end is None:
            return
        corner = (int(begin[2]), _column(begin[1]))
        opposite = (int(end[2]), _column(end[1]))
        self.found.merges.append((corner, opposite))
        if len(self.found.merges) > MAX_MERGES:
            raise damaged("too many merged cells")


def _column(name: str) -> int:
    column = column_of(name)
    assert column is not None, name
    return column
