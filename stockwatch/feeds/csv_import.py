"""An order export (CSV) to a feed: rows to events, the same bytes for the same file and settings.

Owns the rules:
- a row is an order line: `order.placed` at its time, under its order number and, without a line column, the
  running number of the row within its order. Where the export says so (a time or a status) `order.paid`,
  `order.shipped` and `order.cancelled` follow; a line closed after it was paid is `order.refunded`.
- a row with a negative quantity takes units back: from the lines of the same order and SKU (a leading C of its
  number, as in C536379, left out), else of the same SKU and buyer, else, without a buyer column, of the same SKU;
  newest first, over several if need be. Units of a paid line come back as `order.refunded`, others as
  `order.cancelled`. When earlier rows don't hold that many, the row is set aside.
- ids are `<order>:<line>:<what>`, so that exports that overlap bring duplicates and not new orders.
- events come in the order of time, rows of the same time in the order of the file.

Buyers are used to match rows and never written. Works on text that has been read; does no I/O.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, Final

import msgspec

from stockwatch.events import Event, decode, encode, format_time
from stockwatch.feeds.csv_columns import NEEDED, ImportSettings, columns_of
from stockwatch.feeds.csv_values import BadValue, clean, day_comes_first, instant, minor_units, whole

_CLOSED: Final = {
    "已关闭",
    "交易关闭",
    "订单关闭",
    "已取消",
    "取消",
    "cancelled",
    "canceled",
    "closed",
    "void",
    "voided",
}
_REFUNDED: Final = {"已退款", "退款成功", "退款完成", "refunded"}
_SHIPPED: Final = {
    *("已发货", "卖家已发货", "待收货", "已收货", "已签收", "已完成", "交易成功", "交易完成"),
    *("shipped", "delivered", "completed", "complete", "fulfilled"),
}
_PAID: Final = {"已付款", "已支付", "买家已付款", "待发货", "备货中", "paid", "processing"}
_HEADER_ROWS = 20
"""Exports may begin with a title; the header is looked for in this many rows."""

SetAside = Callable[[int, str], None]
"""Told of a row that can't be used: its line, and why (may hold text from the file)."""


class NoHeader(Exception):
    """No row names the columns. `str()` says which are missing of the best row."""


class _Row(msgspec.Struct):
    number: int
    """Its line in the file."""
    order: str
    line: int | None
    sku: str
    qty: int
    at_us: int
    paid_us: int | None
    shipped_us: int | None
    closed_us: int | None
    status: str
    amount: int | None
    buyer: str | None


class _Line(msgspec.Struct):
    """An order line that was sold, and how much of it is left to take back."""

    order: str
    line: int
    left: int
    paid: bool


class _Made(msgspec.Struct, frozen=True):
    at_us: int
    raw: bytes


def import_rows(lines: Iterable[str], settings: ImportSettings, set_aside: SetAside) -> Iterator[bytes]:
    """The events of an export, one message each. Raises NoHeader; rows that can't be used go to
    `set_aside`.
    """
    rows = sorted(_rows(lines, settings, set_aside), key=attrgetter("at_us"))
    made = list(_Importer(settings, set_aside).run(rows))
    made.sort(key=attrgetter("at_us"))
    return (event.raw for event in made)


def _rows(lines: Iterable[str], settings: ImportSettings, set_aside: SetAside) -> list[_Row]:
    reader = _records(lines, set_aside)
    columns = _header(reader, settings)
    records = [(number, [clean(cell) for cell in record]) for number, record in reader]
    day_first = settings.day_first
    if day_first is None:
        dates = (record[columns["time"]] for _, record in records if columns["time"] < len(record))
        day_first = day_comes_first(dates) or False
    rows = []
    for number, record in records:
        cells = {role: record[at] for role, at in columns.items() if at < len(record)}
        try:
            rows.append(_row(number, cells, settings, day_first))
        except BadValue as bad:
            set_aside(number, str(bad))
    return rows


def _records(lines: Iterable[str], set_aside: SetAside) -> Iterator[tuple[int, list[str]]]:
    """Non-blank rows with the number of the line they begin on."""
    source = list(lines)
    delimiter = delimiter_of(source[:_HEADER_ROWS])
    reader = csv.reader(source, delimiter=delimiter)
    while True:
        number = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            set_aside(number, str(error))
            continue
        if any(cell.strip() for cell in record):
            yield number, record


def delimiter_of(head: list[str]) -> str:
    """Comma, tab or semicolon: the one that the first rows hold most of."""
    text = "\n".join(head)
    return max(",\t;", key=text.count)


def _header(records: Iterator[tuple[int, list[str]]], settings: ImportSettings) -> dict[str, int]:
    best: dict[str, int] = {}
    for tried, (_, record) in enumerate(records):
        columns = columns_of(record, settings)
        if all(role in columns for role in NEEDED):
            return columns
        best = max(best, columns, key=len)
        if tried + 1 == _HEADER_ROWS:
            break
    missing = ", ".join(role for role in NEEDED if role not in best)
    raise NoHeader(f"no column found for: {missing}; name them in a MAP.toml under [columns]")


def _row(number: int, cells: dict[str, str], settings: ImportSettings, day_first: bool) -> _Row:
    for role in NEEDED:
        if not cells.get(role):
            raise BadValue(f"{role}: is missing")

    def time_of(role: str) -> int | None:
        text = cells.get(role)
        return instant(text, settings.zone, day_first=day_first) if text else None

    qty = whole(cells["qty"])
    amount = minor_units(cells.get("amount", ""))
    price = minor_units(cells.get("price", ""))
    if amount is None and price is not None and abs(price * qty) < 2**31:
        amount = price * qty
    at_us = time_of("time")
    assert at_us is not None
    line = cells.get("line")
    return _Row(
        number=number,
        order=cells["order"],
        line=int(line) if line and line.isascii() and line.isdigit() and len(line) < 10 else None,
        sku=cells["sku"],
        qty=qty,
        at_us=at_us,
        paid_us=time_of("paid"),
        shipped_us=time_of("shipped"),
        closed_us=time_of("closed"),
        status=cells.get("status", "").lower(),
        amount=amount,
        buyer=cells.get("buyer"),
    )


class _Importer:
    """Turns rows, in the order of time, into events."""

    def __init__(self, settings: ImportSettings, set_aside: SetAside) -> None:
        self._settings = settings
        self._set_aside = set_aside
        self._numbers: defaultdict[str, int] = defaultdict(int)
        self._taken: set[tuple[str, int]] = set()
        self._sold: defaultdict[tuple[str, ...], list[_Line]] = defaultdict(list)

    def run(self, rows: Iterable[_Row]) -> Iterator[_Made]:
        for row in rows:
            number = row.line
            if number is None:
                self._numbers[row.order] += 1
                number = self._numbers[row.order]
            if (row.order, number) in self._taken:
                self._set_aside(row.number, f"order {row.order!r} has a line {number} already")
                continue
            try:
                made = list(self._sale(row, number) if row.qty > 0 else self._take_back(row, number))
            except BadValue as bad:
                self._set_aside(row.number, str(bad))
                continue
            self._taken.add((row.order, number))
            yield from made

    def _sale(self, row: _Row, number: int) -> Iterator[_Made]:
        shipped_us = row.shipped_us
        paid_us = row.paid_us
        last_us = max(at for at in (row.at_us, paid_us, shipped_us) if at is not None)
        if row.status in _SHIPPED:
            shipped_us = shipped_us or last_us
        if paid_us is None and (row.status in _PAID | _REFUNDED or shipped_us is not None):
            paid_us = row.at_us
        amount = {"amount": row.amount} if row.amount is not None and row.amount >= 0 else {}
        yield self._event(row, number, "order.placed", row.at_us, {"qty": row.qty, **amount})
        if paid_us is not None:
            yield self._event(row, number, "order.paid", paid_us)
        if shipped_us is not None:
            yield self._event(row, number, "order.shipped", shipped_us)
        if row.status in _CLOSED | _REFUNDED:
            closed_us = row.closed_us or last_us
            if paid_us is None:
                yield self._event(row, number, "order.cancelled", closed_us)
            else:
                back = {"restock": True} if shipped_us is None else {}
                yield self._event(row, number, "order.refunded", closed_us, back)
            return
        line = _Line(row.order, number, row.qty, paid_us is not None)
        for key in _keys(row, row.order):
            self._sold[key].append(line)

    def _take_back(self, row: _Row, number: int) -> Iterator[_Made]:
        wanted = -row.qty
        parts: list[tuple[_Line, int]] = []
        for key in _keys(row, row.order.lstrip("Cc")):
            lines = self._sold[key]
            while lines and lines[-1].left == 0:
                lines.pop()
            parts = []
            wanted = -row.qty
            for line in reversed(lines):
                units = min(line.left, wanted)
                if units:
                    parts.append((line, units))
                wanted -= units
                if wanted == 0:
                    break
            if wanted == 0:
                break
        if wanted:
            raise BadValue(f"takes back {-row.qty} of {row.sku!r}, more than earlier rows of the file sold")
        for part, (line, units) in enumerate(parts, 1):
            kind = "order.refunded" if line.paid else "order.cancelled"
            what = f"back-{part}" if len(parts) > 1 else "back"
            data = {"order": line.order, "line": line.line, "qty": units}
            yield self._event(row, number, kind, row.at_us, data, what=what)
            line.left -= units

    def _event(
        self,
        row: _Row,
        number: int,
        kind: str,
        at_us: int,
        data: dict[str, Any] | None = None,
        *,
        what: str | None = None,
    ) -> _Made:
        raw = encode(
            source=self._settings.source,
            id=f"{row.order}:{number}:{what or kind.partition('.')[2]}",
            type=kind,
            subject=row.sku,
            time=format_time(at_us, self._settings.zone),
            data={"order": row.order, "line": number, **(data or {})},
        )
        event = decode(raw)
        if not isinstance(event, Event):
            raise BadValue(event.reason)
        return _Made(at_us, raw)


def _keys(row: _Row, order: str) -> Iterator[tuple[str, ...]]:
    """Where the lines are found that a row may take units back from, best first."""
    yield ("order", order, row.sku)
    yield ("sku", row.sku) if row.buyer is None else ("buyer", row.sku, row.buyer)
