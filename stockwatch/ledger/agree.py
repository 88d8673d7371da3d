"""Whether a snapshot, and the lines that have left memory, are what the journal comes to.

Reads only. Compares with books that were made from the journal alone, and in which every line therefore still is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from itertools import zip_longest
from typing import Any

import msgspec

from stockwatch.ledger.archive import closed
from stockwatch.ledger.balances import Books
from stockwatch.ledger.cells import Cell
from stockwatch.ledger.lines import Line
from stockwatch.ledger.plain import Plain, unfolded
from stockwatch.ledger.snapshot import BadSnapshot, Frame, Snapshot
from stockwatch.ledger.state import AWAY, NOT_OURS, frames, line_of, line_row
from stockwatch.ledger.store import Store


def difference(snapshot: Snapshot, books: Books, store: Store) -> str | None:
    """What is not as it should be in a snapshot of the seq at which the books stand, None when nothing is, or when it
    has gone: a writer that is at work replaces the older ones."""
    try:
        return _difference(snapshot, books, store)
    except FileNotFoundError:
        return None
    except (BadSnapshot, OSError) as error:
        return str(error)


def _difference(snapshot: Snapshot, books: Books, store: Store) -> str | None:
    for here, there in zip_longest(_rest(map(_plain, frames(books))), _rest(snapshot.frames())):
        if here != there:
            return f"its {(there or here)[0]} are not"
    cells = list(books.cells())
    numbers = {id(cell): number for number, cell in enumerate(cells)}

    def number(cell: Cell) -> int:
        return numbers[id(cell)]

    known: set[tuple[str, str, int]] = set()
    for kind, *told in snapshot.frames():
        if kind == "lines":
            source, rows = told
            for row in rows:
                order, line_number = (row[5], row[6]) if len(row) == 7 else (row[0], row[1])
                line = books.line(source, order, line_number)
                if line is None or not _is_row_of(row, line, number, cells.__getitem__):
                    return f"its line {source} {order} {line_number} is not"
                known.add((source, order, line_number))
    for line in books.kept_lines():
        if (line.source, line.order, line.line) in known:
            continue
        state = store.closed_line(line.source, line.order, line.line, snapshot.seq + 1)
        if state is None or not is_state_of(state, line, books):
            return f"the kept line {line.source} {line.order} {line.line} is not"
    return None


def is_state_of(state: bytes, line: Line | Plain, books: Books) -> bool:
    """Whether a store keeps a line as these books, in which it never left memory, have it."""
    if state == closed([line])[0].state:
        return True

    def cell_of(key: Sequence[str]) -> Cell:
        return next(iter([cell for cell in books.cells_of(key[0]) if cell.key == tuple(key)]))

    try:
        row = msgspec.msgpack.decode(state, type=list)
        return _is_row_of(row, line, lambda cell: list(cell.key), cell_of)
    except (LookupError, TypeError, ValueError, StopIteration):
        return False


def _is_row_of(
    row: list[Any], line: Line | Plain, told: Callable[[Cell], Any], cell_of: Callable[[Any], Cell]
) -> bool:
    """Whether a row tells of this line. A count unfolds the plain lines that are in memory when it takes units from
    them: one that was away then is still plain, though nothing else about it differs."""
    if _plain(line_row(line, told)) == row:
        return True
    other = line_of(line.source, row, cell_of)
    return bool(_plain(line_row(_whole(line), told)) == _plain(line_row(_whole(other), told)))


def _whole(line: Line | Plain) -> Line:
    """As the general rule has it, without the deadline that the expiry heap has for it: that follows from the rest."""
    whole = unfolded(line) if isinstance(line, Plain) else copy(line)
    whole.watched_us = None
    return whole


def _plain(value: Any) -> Any:
    """As it comes back from disk: lists for tuples."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value))


def _rest(told: Iterable[Frame]) -> Iterator[Frame]:
    """All but the lines, and what cells say of lines that have left."""
    for frame in told:
        if frame[0] == "cells":
            yield ["cells", [[value for at, value in enumerate(row) if at not in AWAY] for row in frame[1]]]
        elif frame[0] != "lines" and frame[0] not in NOT_OURS:
            yield frame
