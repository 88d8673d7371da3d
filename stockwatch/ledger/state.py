"""The books as plain data and back: what a snapshot holds.

`frames` gives lists, numbers, texts and bytes only, in chunks, in an order that follows from the events alone;
`books_of` makes books of them that go on exactly as the ones they came from would have. All that a part of the ledger
remembers is named here once: what is forgotten shows in the tests, which compare books that went on with books that
never stopped. Pure: knows no file.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from stockwatch.events import Event, decode
from stockwatch.ledger.balances import Books
from stockwatch.ledger.cells import Cell, Part
from stockwatch.ledger.expiry import GRACE_US
from stockwatch.ledger.figures import Trouble
from stockwatch.ledger.lines import Change, Line
from stockwatch.ledger.moments import Moments
from stockwatch.ledger.orders import LineKey, Orders, SourceLines
from stockwatch.ledger.plain import FACT, Plain
from stockwatch.ledger.restocks import RestockOrder
from stockwatch.ledger.watch import State, Watched

NOT_OURS = frozenset(["room"])
"""Frames that others add to a snapshot."""
FORMAT = 5
"""Of the frames: raise it with every change here, and older snapshots are no longer read."""
_ROWS = 20_000
_CELL = tuple(
    name for name in Cell.__slots__ if name not in ("key", "moments", "shorts", "stripped", "touched")
)
AWAY = tuple(1 + at for at, name in enumerate(_CELL) if name in ("away_sold", "away_shipped"))
"""Positions, in the row of a cell, of what it says of lines that have left memory."""
_PART = tuple(name for name in Part.__struct_fields__ if name != "cell")
_LINE = tuple(
    name for name in Line.__struct_fields__ if name not in ("source", "order", "line", "changes", "parts")
)
_ENTRY = 16
"""Bytes of what is remembered of an id."""

Frame = list[Any]


class BadState(ValueError):
    """Frames that no books gave."""


def frames(books: Books) -> Iterator[Frame]:
    """Everything that the books know. An atomic group must not be open. Frames are not to be modified."""
    assert not books.pending(), "an open group has no outcome yet"
    orders, documents, shelves = books._orders, books._documents, books._shelves
    cells = {id(cell): number for number, cell in enumerate(shelves)}
    yield ["books", FORMAT, books.place, [[source, *channel] for source, channel in books.channels.items()]]
    for rows in _chunks(shelves):
        yield ["cells", [[_moments(cell.moments), *(getattr(cell, name) for name in _CELL)] for cell in rows]]
    for source, lines in orders._lines.items():
        if not lines:
            yield ["lines", source, []]  # whose requests were all refused: sources keep their order
        for chunk in _chunks(lines.values()):
            yield ["lines", source, _line_rows(chunk, cells)]
    places = _short_parts(orders)
    yield ["shorts", [_shorts(cell, places) for cell in shelves]]
    for kind, watched in (
        ("money", orders.watch.of("money_due")),
        ("waits", orders.watch.of("orphan")),
        ("short", orders.watch.of("short")),
    ):
        yield [kind, [[line.source, line.order, line.line, *told] for line, *told in watched]]
    seen = books._seen
    yield ["days", len(seen.older), seen.days, seen.day_ends_us, seen.claimed]
    for number, generation in enumerate((seen.newest, *seen.older)):
        for source, ids in generation.items():
            for chunk in _chunks(ids):
                entries = [ids[id_].to_bytes(_ENTRY, "big") for id_ in chunk]
                yield ["seen", number, source, chunk, b"".join(entries)]
    yield ["skus", sorted(documents.skus)]
    for booked in _chunks(documents._booked.items()):
        yield ["documents", [[list(key), content] for key, content in booked]]
    yield ["restocks", [_restock(order) for order in documents.restocks]]
    exceptions = books._exceptions
    yield [
        "exceptions",
        [[getattr(one, name) for name in Trouble.__struct_fields__] for one in exceptions.noted()],
        list(exceptions.resolved().items()),
        exceptions.forgotten,
    ]


def books_of(told: Iterable[Frame]) -> Books:
    """Books from all frames, in their order. Raises BadState."""
    books = Books()
    cells: list[Cell] = []
    try:
        for kind, *rest in told:
            if kind in NOT_OURS:
                continue
            _RESTORE[kind](books, cells, *rest)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadState(f"not the state of a ledger: {type(error).__name__}: {error}") from error
    return books


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(rows)
    while chunk := list(islice(rest, _ROWS)):
        yield chunk


# --- to data ----------------------------------------------------------------------------------------------


def line_row(line: Line | Plain, told: Callable[[Cell], Any]) -> list[Any]:
    """A plain line by position (7 members), any other with its parts (5 members); `told` is what to say of a cell."""
    if isinstance(line, Plain):
        return [told(line.cell), line.size, line.facts, line.seq, line.expires_us, line.order, line.line]
    return [
        line.order,
        line.line,
        [getattr(line, name) for name in _LINE],
        [[change.time_us, change.id, change.sku, change.to, change.qty] for change in line.changes],
        [[told(part.cell), *(getattr(part, name) for name in _PART)] for part in line.parts],
    ]


def _line_rows(lines: Iterable[Line | Plain], cells: dict[int, int]) -> list[list[Any]]:
    """`line_row` of each, with the number of its cell; plain ones, which are nearly all, without a call."""
    return [
        [cells[id(line.cell)], line.size, line.facts, line.seq, line.expires_us, line.order, line.line]
        if type(line) is Plain
        else line_row(line, lambda cell: cells[id(cell)])
        for line in lines
    ]


def line_of(source: str, row: list[Any], cell_of: Callable[[Any], Cell]) -> Line | Plain:
    """The line of a row; `cell_of` finds the cell of what was told of it. Raises as a wrong row makes it."""
    if len(row) == 7:
        cell, size, facts, seq, expires_us, order, number = row
        return Plain(cell_of(cell), size, facts, seq, expires_us, source, order, number)
    order, number, members, changes, parts = row
    line = Line(source, order, number, 0)
    for name, value in zip(_LINE, members, strict=True):
        setattr(line, name, value)
    line.items = tuple([(sku, per) for sku, per in line.items])
    line.names, line.gifts = tuple(line.names), tuple(line.gifts)
    line.where = (line.where[0], line.where[1])
    line.changes = tuple([Change(*change) for change in changes])
    line.parts = tuple([Part(cell_of(part[0]), *part[1:]) for part in parts])
    return line


def _shorts(cell: Cell, places: dict[int, list[Any]]) -> list[Any]:
    """What waits for units to come back, without entries that are stale."""
    live = [entry for entry in cell.shorts if entry[3].short and entry[3].short_seq == entry[0]]
    live.sort(key=lambda entry: entry[:3])
    return [[seq, booked, tie, *places[id(part)]] for seq, booked, tie, part in live]


def _short_parts(orders: Orders) -> dict[int, list[Any]]:
    """Of every part that is short: its line, and which of its parts it is."""
    return {
        id(part): [line.source, line.order, line.line, number]
        for line, *_ in orders.watch.of("short")
        for number, part in enumerate(line.parts)
        if part.short
    }


def _moments(moments: Moments) -> list[Any]:
    return [
        list(moments.seconds),
        list(moments.deltas),
        moments.base,
        moments.floor_s,
        moments.counted_s,
        moments.set_s,
    ]


def _restock(order: RestockOrder) -> list[Any]:
    told = order.told
    raw = [None, None] if told is None else [told.raw, told.received_us]
    return [order.sku, order.document, *raw, order.state, order.asked_us, order.received, order.final]


# --- from data --------------------------------------------------------------------------------------------


def _head(books: Books, cells: list[Cell], format_: int, place: int, channels: list[Any]) -> None:
    if format_ != FORMAT:
        raise ValueError(f"format {format_}")
    books.place = place
    books.channels.update({source: (id_, deduct) for source, id_, deduct in channels})


def _cells(books: Books, cells: list[Cell], rows: list[Any]) -> None:
    for row in rows:
        told = dict(zip(_CELL, row[1:], strict=True))
        cell = books._shelves.cell(told["sku"], (told["location"], told["pool"]))
        for name, value in told.items():
            setattr(cell, name, value)
        cell.inspections = [(ok, off) for ok, off in cell.inspections]
        seconds, deltas, *rest = row[0]
        moments = cell.moments
        moments.seconds, moments.deltas = array("q", seconds), array("q", deltas)
        moments.base, moments.floor_s, moments.counted_s, moments.set_s = rest
        cells.append(cell)


def _lines(books: Books, cells: list[Cell], source: str, rows: list[Any]) -> None:
    orders = books._orders
    lines = orders._lines.setdefault(source, SourceLines(source))
    add = orders.expiries.add
    for row in rows:
        line = line_of(source, row, cells.__getitem__)
        lines[_key(line.order, line.line)] = line
        if isinstance(line, Line):
            if line.watched_us is not None:
                add(line, line.watched_us)
        elif line.expires_us is not None and line.reserves():
            add(line, line.expires_us + GRACE_US if line.facts & FACT else line.expires_us)


def _key(order: str, number: int) -> LineKey:
    return order if number == 1 else (order, number)


def _line(books: Books, source: str, order: str, number: int) -> Line:
    line = books._orders._lines[source][_key(order, number)]
    if not isinstance(line, Line):
        raise ValueError(f"a plain line ({order})")
    return line


def _set_shorts(books: Books, cells: list[Cell], rows: list[Any]) -> None:
    for cell, entries in zip(cells, rows, strict=True):
        cell.shorts = [
            (seq, booked, tie, _line(books, source, order, number).parts[part])
            for seq, booked, tie, source, order, number, part in entries
        ]


def _watched(books: Books, state: State, rows: list[Any]) -> None:
    books._orders.watch.put_back(state, [Watched(_line(books, *row[:3]), *row[3:]) for row in rows])


def _money(books: Books, cells: list[Cell], rows: list[Any]) -> None:
    _watched(books, "money_due", rows)


def _waits(books: Books, cells: list[Cell], rows: list[Any]) -> None:
    _watched(books, "orphan", rows)


def _short(books: Books, cells: list[Cell], rows: list[Any]) -> None:
    _watched(books, "short", rows)


def _days(
    books: Books, cells: list[Cell], older: int, days: list[list[int]], ends_us: int, claimed: bool
) -> None:
    seen = books._seen
    seen.older = [{} for _ in range(older)]
    seen.days, seen.day_ends_us, seen.claimed = days, ends_us, claimed


def _seen(
    books: Books,
    cells: list[Cell],
    number: int,
    source: str,
    ids: list[str],
    entries: bytes,
) -> None:
    told = [int.from_bytes(entries[at : at + _ENTRY], "big") for at in range(0, len(entries), _ENTRY)]
    (books._seen.newest, *books._seen.older)[number].setdefault(source, {}).update(
        zip(ids, told, strict=True)
    )


def _skus(books: Books, cells: list[Cell], skus: list[str]) -> None:
    books._documents.skus.update(skus)


def _booked(books: Books, cells: list[Cell], rows: list[Any]) -> None:
    books._documents._booked.update({tuple(key): content for key, content in rows})


def _restocks(books: Books, cells: list[Cell], rows: list[Any]) -> None:
    for sku, document, raw, received_us, *rest in rows:
        told = None if raw is None else decode(raw, received_us)
        if told is not None and not isinstance(told, Event):
            raise ValueError(told.reason)
        books._documents.restocks.put_back(RestockOrder(sku, document, told, *rest))


def _exceptions(
    books: Books, cells: list[Cell], noted: list[Any], resolved: list[Any], forgotten: int
) -> None:
    told = [Trouble(**dict(zip(Trouble.__struct_fields__, row, strict=True))) for row in noted]
    books._exceptions.put_back(told, dict(resolved), forgotten)


_RESTORE: dict[str, Callable[..., None]] = {
    "books": _head,
    "cells": _cells,
    "lines": _lines,
    "shorts": _set_shorts,
    "money": _money,
    "waits": _waits,
    "short": _short,
    "days": _days,
    "seen": _seen,
    "skus": _skus,
    "documents": _booked,
    "restocks": _restocks,
    "exceptions": _exceptions,
}
