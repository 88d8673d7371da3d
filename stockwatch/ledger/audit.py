"""The equations of the books over all lines: what `Cell.check` can't see from one cell, and whether the lines that a
person should know of are all watched. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockwatch.ledger.cells import Cell
from stockwatch.ledger.figures import LedgerBroken, TroubleKind
from stockwatch.ledger.lines import Line

if TYPE_CHECKING:
    from stockwatch.ledger.balances import Books


def check_books(books: Books) -> None:
    """Raise LedgerBroken unless each cell is sound and equals the sum of its lines' parts."""
    sums: dict[int, list[int]] = {}
    watched = books.watched()
    for line in books.lines():
        _check_watched(line, watched)
        for part in line.parts:
            total = sums.setdefault(id(part.cell), [0] * 6)
            sold = min(part.want_sold, part.got)
            wanted = part.want_reserved + part.want_sold
            if part.got + part.short != wanted:
                raise LedgerBroken(
                    f"{line.source} {line.order} {line.line}: {part.got}+{part.short} != {wanted}"
                )
            found = (
                part.got - sold,
                sold,
                min(part.want_shipped, part.got),
                part.quarantined,
                part.short,
                part.worst,
            )
            for index, units in enumerate(found):
                total[index] += units
    for cell in books.cells():
        cell.check()
        if cell.moments.on_hand() != cell.on_hand:
            raise LedgerBroken(
                f"{cell.key}: {cell.on_hand} on hand, movements sum to {cell.moments.on_hand()}"
            )
        total = sums.get(id(cell), [0] * 6)
        total[1] += cell.away_sold
        total[2] += cell.away_shipped
        _compare(cell, total)


def _check_watched(line: Line, watched: dict[TroubleKind, set[tuple[str, str, int]]]) -> None:
    states: dict[TroubleKind, bool] = {
        "short": any(part.short for part in line.parts),
        "orphan": line.waits(),
        "money_due": bool(line.money_due()),
    }
    for kind, holds in states.items():
        if holds != ((line.source, line.order, line.line) in watched[kind]):
            raise LedgerBroken(
                f"{line.source} {line.order} {line.line}: {kind} is {holds}, the work list differs"
            )


def _compare(cell: Cell, total: list[int]) -> None:
    reserved, sold, shipped, quarantined, short, worst = total
    has = (cell.reserved, cell.sold, cell.shipped, cell.shortfall)
    if has != (reserved, sold, shipped, short):
        lines = (reserved, sold, shipped, short)
        raise LedgerBroken(f"{cell.key}: reserved, sold, shipped, shortfall {has} but lines sum to {lines}")
    if cell.oversold < worst or quarantined < 0:
        raise LedgerBroken(f"{cell.key}: oversold {cell.oversold} is less than its lines' {worst}")
