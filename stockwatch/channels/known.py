"""What the ledger has a channel's lines down as: how a feed notices that a line is of another SKU now (改码)."""

from __future__ import annotations

from stockwatch.ledger.balances import Books
from stockwatch.ledger.plain import Plain


class Known:
    """One source's lines in the books."""

    def __init__(self, books: Books, source: str) -> None:
        self._books = books
        self._source = source

    def as_sku(self, order: str) -> str | None:
        """The SKU that line 1 of the order stands for now; None where there is no such line or it has several."""
        line = self._books.line(self._source, order, 1)
        if line is None:
            return None
        if isinstance(line, Plain):
            return line.cell.sku
        parts = [(part.cell.sku, part.per) for part in line.parts if part.size]
        items = parts or list(line.items)
        return items[0][0] if len(items) == 1 and items[0][1] == 1 else None
