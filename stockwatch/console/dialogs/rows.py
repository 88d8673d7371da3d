"""A list to choose from, driven by the dialog around it: it never takes the focus, so that digits keep
going to a field.

Owns which row is selected and what part of the list is seen. Rows are plain texts with a style each.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from stockwatch.console.escape import cells, fit

Row = str | tuple[tuple[str, str], ...]
"""A cleaned text, or pieces of (cleaned text, style)."""


class Rows(Widget):
    """Rows with one selected. Clicking a row selects it."""

    DEFAULT_CSS = """
    Rows { height: auto; width: 1fr; }
    """

    class Selected(Message):
        """Another row is selected."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, limit: int | None, ascii: bool = False, id: str | None = None) -> None:
        """`limit`: rows seen at once; None: as many as there is room for."""
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._limit = limit
        self._ascii = ascii
        self._index = 0

    @property
    def index(self) -> int:
        return self._index

    def show(self, rows: Sequence[Row], index: int | None = None) -> None:
        """Show these rows, with `index` selected (default: what is selected now)."""
        fresh = tuple(rows)
        wanted = max(0, min(self._index if index is None else index, len(fresh) - 1))
        if (fresh, wanted) == (self._rows, self._index):
            return
        resized = len(fresh) != len(self._rows)
        self._rows, self._index = fresh, wanted
        self.refresh(layout=resized)

    def select(self, index: int) -> None:
        """Select a row if there is one; posts `Selected` when that changes anything."""
        if 0 <= index < len(self._rows) and index != self._index:
            self._index = index
            self.refresh()
            self.post_message(self.Selected(index))

    def move(self, step: int) -> None:
        """Select the next row (1) or the one before (-1)."""
        self.select(max(0, min(self._index + step, len(self._rows) - 1)))

    @property
    def _at_once(self) -> int:
        return max(self.size.height, 1) if self._limit is None else self._limit

    def _top(self) -> int:
        return max(0, min(self._index - self._at_once // 2, len(self._rows) - self._at_once))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self._rows) if self._limit is None else min(len(self._rows), self._limit)

    def render(self) -> Content:
        width = self.size.width
        top = self._top()
        shown = []
        for index, row in enumerate(self._rows[top : top + self._at_once], top):
            here = index == self._index
            pieces = ((row, ""),) if isinstance(row, str) else row
            mark = (">" if self._ascii else "▸") if here else " "
            shown.append(_line(((f"{mark} ", ""), *pieces), width, here, ascii=self._ascii))
        return Content("\n").join(shown)

    def on_click(self, event: events.Click) -> None:
        self.select(self._top() + event.y)


def _line(pieces: tuple[tuple[str, str], ...], width: int, selected: bool, *, ascii: bool) -> Content:
    """Pieces cut to the width; the selected line is reversed to its end."""
    left = width
    parts: list[tuple[str, str]] = []
    for text, style in pieces:
        cut = fit(text, min(left, cells(text)), ascii=ascii)
        parts.append((cut, _reversed(style) if selected else style))
        left -= cells(cut)
    parts.append((" " * max(left, 0), "reverse" if selected else ""))
    return Content.assemble(*parts)


def _reversed(style: str) -> str:
    """A selected row is one bar: its pieces keep their weight and give up their colours."""
    return " ".join([word for word in style.split() if not word.startswith("$")] + ["reverse"])
