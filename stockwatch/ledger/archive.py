"""Lines that are over, on their way between memory and a store.

Owns how one is kept there. A ledger that runs for months holds in memory the lines that are still going on, not all
that ever were.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stockwatch.ledger.balances import Books
from stockwatch.ledger.cells import Cell
from stockwatch.ledger.lines import Line
from stockwatch.ledger.plain import Plain
from stockwatch.ledger.state import line_of, line_row
from stockwatch.ledger.store import ClosedLine, LedgerCorrupt, Store

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list).decode


def closed(lines: Sequence[Line | Plain]) -> list[ClosedLine]:
    """What a store keeps of lines."""
    return [ClosedLine(line.source, line.order, line.line, _encode(line_row(line, _key))) for line in lines]


def connect(books: Books, store: Store) -> None:
    """Let books find the lines that a store keeps."""
    cell_of = books.cell

    def recall(source: str, order: str, line: int, seq: int) -> Line | Plain | None:
        state = store.closed_line(source, order, line, seq)
        if state is None:
            return None
        try:
            return line_of(source, _decode(state), cell_of)
        except (LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
            raise LedgerCorrupt(
                f"the kept line {source} {order} {line} can't be read ({error}); "
                "`stockwatch ledger rebuild` makes it anew",
                seq,
            ) from error

    books.remember(recall)


def _key(cell: Cell) -> list[str]:
    return list(cell.key)
