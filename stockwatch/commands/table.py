"""Rows of text as lines, for stdout."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence


def lines(rows: Sequence[Sequence[str]], right: Container[int]) -> Iterator[str]:
    """Columns as wide as their widest cell; the `right` ones are numbers."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = []
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            fill = " " * (width - cell_len(cell))
            padded.append(fill + cell if index in right else cell + fill)
        yield "  ".join(padded).rstrip()
