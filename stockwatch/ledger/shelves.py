"""All cells of a ledger, by (SKU, location, pool), and their figures summed by SKU. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView

from stockwatch.ledger.cells import Cell, Part
from stockwatch.ledger.figures import Stock


class Shelves:
    """Every place that units of a SKU lie in; a place comes to be when first named."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str, str], Cell] = {}
        self._by_sku: dict[str, list[Cell]] = {}
        self.plain: dict[str, Cell] = {}
        """SKU -> its place where orders take from unless they say otherwise: `main`, `spot`."""

    def cell(self, sku: str, where: tuple[str, str]) -> Cell:
        key = (sku, where[0], where[1])
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(*key)
            self._by_sku.setdefault(sku, []).append(cell)
            if where == ("main", "spot"):
                self.plain[sku] = cell
        return cell

    def available(self, key: tuple[str, str, str]) -> int:
        """Units that may be promised; 0 of a place that nobody has named."""
        cell = self._cells.get(key)
        return 0 if cell is None else cell.available

    def stock(self, sku: str, in_transit: int) -> Stock:
        """Figures of a SKU, summed over its locations in pool `spot`; all 0 when unknown."""
        cells = self._by_sku.get(sku, [])
        if len(cells) == 1 and cells[0].pool == "spot":
            return _stock(cells[0], in_transit)
        return self.stock_in(sku, "spot", in_transit)

    def stock_in(self, sku: str, pool: str, in_transit: int = 0) -> Stock:
        """The same of that pool."""
        cells = [cell for cell in self._by_sku.get(sku, ()) if cell.pool == pool]
        return Stock(
            available=sum(cell.available for cell in cells),
            held=sum(cell.held for cell in cells),
            reserved=sum(cell.reserved for cell in cells),
            sold=sum(cell.sold for cell in cells),
            shipped=sum(cell.shipped for cell in cells),
            quarantined=sum(cell.quarantined for cell in cells),
            in_transit=in_transit,
            shortfall=sum(cell.shortfall for cell in cells),
            oversold=sum(cell.oversold for cell in cells),
        )

    def left(self, sku: str) -> tuple[int, int, int, int]:
        """(available, held, reserved and sold, shortfall) as `stock` sums them."""
        cells = self._by_sku.get(sku, ())
        if len(cells) == 1 and cells[0].pool == "spot":
            cell = cells[0]
            return cell.available, cell.held, cell.reserved + cell.sold, cell.shortfall
        stock = self.stock(sku, 0)
        return stock.available, stock.held, stock.reserved + stock.sold, stock.shortfall

    def of(self, sku: str) -> Iterable[Cell]:
        """Its places."""
        return self._by_sku.get(sku, ())

    def rows(self, sku: str) -> dict[tuple[str, str, str], Stock]:
        """Figures of a SKU by (SKU, location, pool), their equations checked; in_transit is 0 here."""
        cells = self._by_sku.get(sku, ())
        for cell in cells:
            cell.check()
        return {cell.key: _stock(cell, 0) for cell in cells}

    def balances(self) -> dict[tuple[str, str, str], Stock]:
        """Figures by (SKU, location, pool), in order; in_transit is kept by SKU only and 0 here."""
        return {key: _stock(self._cells[key], 0) for key in sorted(self._cells)}

    def skus(self) -> KeysView[str]:
        """SKUs that have a place, in the order they were named."""
        return self._by_sku.keys()

    def __iter__(self) -> Iterator[Cell]:
        yield from self._cells.values()


def checked(parts: Iterable[Part]) -> tuple[str, ...]:
    """SKUs of the parts, after checking the equations of their cells."""
    if isinstance(parts, tuple) and len(parts) == 1:
        parts[0].cell.check()
        return (parts[0].cell.sku,)
    skus: list[str] = []
    for part in parts:
        cell = part.cell
        cell.check()
        if cell.sku not in skus:
            skus.append(cell.sku)
    return tuple(skus)


def _stock(cell: Cell, in_transit: int) -> Stock:
    return Stock(
        cell.available, cell.held, cell.reserved, cell.sold, cell.shipped, cell.quarantined, in_transit,
        cell.shortfall, cell.oversold,
    )  # fmt: skip
