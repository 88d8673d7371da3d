"""The rows below a header, each cell read by what its column means. Pure.

Owns what is a row of goods: titles of sections, totals, notes, repeated headers and hidden rows are not, and are
listed. A row without a name that has a spec, code or stock of its own goes on with the product above it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from stockwatch.config.problems import Words
from stockwatch.printable import printable
from stockwatch.sheets import values
from stockwatch.sheets.grid import Cell, Grid
from stockwatch.sheets.header import Reading
from stockwatch.sheets.names import ROLES, channel_of
from stockwatch.sheets.problems import Problem
from stockwatch.sheets.specs import attributes

_TOTAL: Final = re.compile(
    r"(?:.{0,4}(?:合计|总计|小计|汇总)|(?:sub-?|grand )?totals?)[\s:\uff1a]*[\d.,]*[件元]?", re.IGNORECASE
)
_GOODS: Final = ("code", "spec", "colour", "size", "stock", "slot", "price", "product_id", "sku_id", "bundle")
_Read = TypeVar("_Read")


@dataclass(slots=True)
class Row:
    """One row of goods. Texts are as people wrote them; None or "" is what the sheet does not say."""

    at: int
    slot: int | None = None
    name: str = ""
    code: str | None = None
    code_shared: bool = False
    """The code is merged over several rows: it is the style's."""
    style: str | None = None
    attrs: dict[str, str] = field(default_factory=dict)
    stock: int | None = None
    stock_blank: bool = True
    """Nothing stands in its stock cell (then `stock` is None, as it is when what stands there is unusable)."""
    lead_time: int | None = None
    safety_line: int | None = None
    transit: str = ""
    price: str = ""
    section: str = ""
    time: str = ""
    substitutes: str = ""
    bundle: str = ""
    gift: str = ""
    channel: str | None = None
    numbers: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """Channel to the platform's product id and SKU id."""


@dataclass(slots=True)
class Goods:
    """All rows of goods, and what was not one."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)


def read_rows(reading: Reading, channels: Sequence[str] = (), *, with_hidden: bool = False) -> Goods:
    """Read every row below the header. `channels`: those that a person named, for ids whose column names none."""
    reader = _Reader(reading, channels)
    grid = reading.grid
    for row in range(reading.header + 1, grid.rows + 1):
        if not grid.filled(row):
            continue
        if row in grid.hidden_rows and not with_hidden:
            reader.goods.hidden.append(row)
        elif not reader.read(row):
            reader.skip(row)
    return reader.goods


class _Reader:
    def __init__(self, reading: Reading, channels: Sequence[str]) -> None:
        self.goods = Goods()
        self._grid: Grid = reading.grid
        self._columns = {
            (column.role, column.channel): column.at for column in reading.columns if column.role
        }
        self._names = {column.at: self._grid.text(reading.header, column.at) for column in reading.columns}
        self._told: set[tuple[str, Words]] = set()
        self._above: Row | None = None
        self._channel = channels[0] if len(channels) == 1 else None
        self._unqualified_told = False

    def read(self, at: int) -> bool:
        """Take the row as goods; False if it is none."""
        own = {role for role, channel in self._columns if self._cell(at, role, channel) is not None}
        if self._is_no_goods(at, own):
            return False
        name, name_cell = values.title(self._text(at, "name")), self._cell(at, "name")
        # A name that failed to be looked up (#N/A) is some other product's: not the one above.
        unread = name_cell is not None and name_cell.broken is not None
        above = self._above if not name and not unread and not self._text(at, "style") else None
        if not name and above is None and not {"code", "style"} & own:
            self._add(at, None, Words("no name and no code: left out", "没有名称也没有编码:没有用这一行"))
            return False
        row = Row(at)
        if above is not None:
            row.name, row.slot, row.style = above.name, above.slot, above.style
            row.numbers = {channel: (product, None) for channel, (product, _) in above.numbers.items()}
            row.section, row.price, row.time = above.section, above.price, above.time
        row.name = name or row.name
        self._fill(row)
        self.goods.rows.append(row)
        self._above = row
        return True

    def skip(self, at: int) -> None:
        """The row is none of goods; what comes below it is no more of the product above it."""
        self.goods.skipped.append(at)
        self._above = None

    def _is_no_goods(self, at: int, own: set[str]) -> bool:
        filled = [column for column in self._grid.filled(at) if not self._spanned(at, column)]
        texts = [self._grid.text(at, column) for column in filled]
        if any(_TOTAL.fullmatch(text.strip()) for text in texts[:3]):
            return True
        again = sum(text == self._names.get(column) for column, text in zip(filled, texts, strict=True))
        if again >= 2 and again * 2 >= len(filled):
            return True
        if not own or not own & {*_GOODS, "name", "style"}:
            return True
        # A link number alone, or a name alone, is the title of a section or a note.
        return len(filled) == 1 and not own & {"code", "stock", "spec", "colour", "size"}

    def _fill(self, row: Row) -> None:
        at = row.at
        row.slot = self._value(at, "slot", values.slot) or self._running(at) or row.slot
        code = self._cell(at, "code")
        row.code = self._value(at, "code", values.code)
        row.code_shared = code is not None and code.rows > 1
        row.style = self._value(at, "style", values.code) or row.style
        row.attrs = self._attrs(at)
        row.stock_blank = self._cell(at, "stock") is None
        row.stock = self._value(at, "stock", values.stock)
        row.safety_line = self._value(at, "safety_line", values.stock)
        row.lead_time = self._value(at, "lead_time", values.seconds)
        for role in ("transit", "price", "section", "time", "substitutes", "bundle", "gift"):
            text = self._text(at, role)
            kept = text if role in ("substitutes", "bundle", "gift") else values.title(text)[:60]
            if not values.is_nothing(text):
                setattr(row, role, kept)
        row.channel = channel_of(self._text(at, "channel"))
        self._read_numbers(row)

    def _running(self, at: int) -> int | None:
        """The running number, where it is one; it names no link until `goods` has seen that it does."""
        cell = self._cell(at, "running")
        try:
            return None if cell is None else values.slot(cell)
        except values.Unusable:
            return None

    def _attrs(self, at: int) -> dict[str, str]:
        found: dict[str, str] = {}
        for role, key in (("colour", "色"), ("size", "码")):
            text = values.title(self._text(at, role))
            if text:
                found[key] = text[:60]
        spec = values.title(self._text(at, "spec"))
        for key, value in attributes(spec).items() if not values.is_nothing(spec) else ():
            found.setdefault(key, value[:60])
        return found

    def _read_numbers(self, row: Row) -> None:
        for channel in dict.fromkeys(
            channel for role, channel in self._columns if role in ("product_id", "sku_id")
        ):
            product = self._value(row.at, "product_id", values.platform_id, channel)
            sku = self._value(row.at, "sku_id", values.platform_id, channel)
            if product is None and sku is None:
                continue
            of = channel or row.channel or self._channel
            if of is not None:
                row.numbers[of] = (product, sku)
            elif not self._unqualified_told:
                self._unqualified_told = True
                says = Words(
                    "of which platform are these ids? Say --channel 抖店, or head the column 抖店商品ID; not taken",
                    "这些 ID 是哪个平台的?加 --channel 抖店,或把表头写成 抖店商品ID;没有用",
                )
                self._add(
                    row.at, self._columns.get(("product_id", None), self._columns.get(("sku_id", None))), says
                )

    def _value(
        self, at: int, role: str, read: Callable[[Cell], _Read], channel: str | None = None
    ) -> _Read | None:
        cell = self._cell(at, role, channel)
        if cell is None:
            return None
        try:
            return read(cell)
        except values.Unusable as unusable:
            self._unusable(at, role, channel, unusable)
            return None

    def _text(self, at: int, role: str) -> str:
        cell = self._cell(at, role)
        if cell is None:
            return ""
        try:
            values.readable(cell)
        except values.Unusable as unusable:
            self._unusable(at, role, None, unusable)
            return ""
        return cell.text

    def _unusable(self, at: int, role: str, channel: str | None, unusable: values.Unusable) -> None:
        about = ROLES[role]
        says = Words(f"{about.en}: {unusable.says.en}", f"{about.zh}:{unusable.says.zh}")
        self._add(at, self._columns[role, channel], says)

    def _cell(self, at: int, role: str, channel: str | None = None) -> Cell | None:
        """What stands there, unless it is a mark for nothing, or reaches in from a column further left."""
        column = self._columns.get((role, channel))
        if column is None or self._spanned(at, column):
            return None
        cell = self._grid.cells.get((at, column))
        if cell is None or (cell.broken is None and values.is_nothing(cell.text)):
            return None
        return cell

    def _spanned(self, at: int, column: int) -> bool:
        cell = self._grid.cells.get((at, column))
        return cell is not None and cell.merged is not None and cell is self._grid.cells.get((at, column - 1))

    def _add(self, at: int, column: int | None, says: Words) -> None:
        where = self._grid.where(at, column)
        cell = None if column is None else self._grid.cells.get((at, column))
        if cell is not None and cell.merged is not None:
            top = int("".join(c for c in cell.merged.partition(":")[0] if c.isdigit()))
            where = self._grid.where(top, column)
        if (where, says) not in self._told:
            self._told.add((where, says))
            self.goods.problems.append(Problem((at, column or 0), where, says))


def shown(text: str) -> str:
    """A text of the sheet in a message."""
    return printable(text, 40)
