"""Whether a snapshot, and the lines that have left memory, are what the journal comes to.

Reads only. Compares with books that were made from the journal alone, and in which every line therefore still is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from stockwatch.ledger.archive import closed
from stockwatch.ledger.balances import Books
from stockwatch.ledger.cells import Cell
from stockwatch.ledger.snapshot import BadSnapshot, Frame, Snapshot
from stockwatch.ledger.state import AWAY, NOT_OURS, frames, line_row
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
    numbers = {id(cell): number for number, cell in enumerate(books.cells())}

    def number(cell: Cell) -> int:
        return numbers[id(cell)]

    known: set[tuple[str, str, int]] = set()
    for kind, *told in snapshot.frames():
        if kind == "lines":
            source, rows = told
            for row in rows:
                order, line_number = (row[5], row[6]) if len(row) == 7 else (row[0], row[1])
                line = books.line(source, order, line_number)
                if line is None or _plain(line_row(line, number)) != row:
                    return f"its line {source} {order} {line_number} is not"
                known.add((source, order, line_number))
    for line in books.kept_lines():
        if (line.source, line.order, line.line) in known:
            continue
        if store.closed_line(line.source, line.order, line.line, snapshot.seq + 1) != closed([line])[0].state:
            return f"the kept line {line.source} {line.order} {line.line} is not"
    return None


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
