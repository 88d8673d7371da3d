"""The board: one line a link, drawn with Textual's line API so that only lines that changed are drawn again.

Owns the lines on screen, the cursor (which stays on its link when lines move), scrolling, and the cache of
drawn lines. Given plain values (`show`); never talks to a hub and holds no figures of its own.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from stockwatch.console.columns import STYLES, Column, Look, fit_columns, heading, row_pieces
from stockwatch.console.escape import fit
from stockwatch.console.state import Line

MAX_CACHED = 500

StyleTable = dict[tuple[str, bool], Style]
"""(style name, selected) -> style."""


class BoardHead(Widget):
    """The line of column heads above the board."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"boardhead--head"}

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._columns: tuple[Column, ...] = ()

    def show(self, columns: tuple[Column, ...], look: Look) -> None:
        """Show the heads of these columns."""
        if (columns, look) != (self._columns, self._look):
            self._columns, self._look = columns, look
            self.refresh()

    def render_line(self, y: int) -> Strip:
        style = self.get_component_rich_style("boardhead--head")
        width = self.size.width
        text = "".join(text for text, _ in heading(self._columns, self._look)) if y == 0 else ""
        return Strip([Segment(fit(text, width, ascii=True), style)], width)


class Board(ScrollView, can_focus=True):
    """Lines of links and unfolded sizes with a cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"board--{name}" for name in (*STYLES, "cursor", "stale")}

    class Moved(Message):
        """The cursor is on another line, or its line is another one now."""

        def __init__(self, line: Line | None) -> None:
            super().__init__()
            self.line = line

    class Chosen(Message):
        """A line was clicked twice, or Enter pressed on it."""

        def __init__(self, line: Line) -> None:
            super().__init__()
            self.line = line

    def __init__(self, look: Look, head: BoardHead, *, id: str | None = None) -> None:
        """`head`: told the columns whenever they are others."""
        super().__init__(id=id)
        self.look = look
        self._head = head
        self.columns: tuple[Column, ...] = ()
        self.lines: list[Line] = []
        self.unfolded: frozenset[str] = frozenset()
        self.empty_note = ""
        self.drawn = 0
        """Lines drawn so far: what a test of economy counts."""
        self._cursor = 0
        self._cursor_key: tuple[str, str] | None = None
        self._stale = False
        self._laid_width = -1
        self._styles: StyleTable = {}
        self._drawn_lines: dict[tuple[str, str], tuple[Line, bool, bool, Strip]] = {}

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.lines[self._cursor] if self._cursor < len(self.lines) else None

    def show(self, lines: list[Line], unfolded: frozenset[str], empty_note: str = "") -> None:
        """Show these lines; the cursor stays on its line, and on its link if that line is gone."""
        before, self.lines = self.lines, lines
        unfolded_before, self.unfolded = self.unfolded, unfolded
        old_cursor = self._cursor
        self._cursor = self._find_cursor()
        if not lines and empty_note != self.empty_note:
            self.refresh()
        self.empty_note = empty_note
        if len(lines) != len(before):
            self.virtual_size = Size(0, len(lines))
            if not lines or not before:
                self.refresh()
        self._refresh_changed(before, unfolded_before, old_cursor)
        if self._cursor != old_cursor:
            self._keep_in_view(self._cursor - old_cursor)
        self._told()

    def _find_cursor(self) -> int:
        if self._cursor_key is not None:
            listing = self._cursor_key[0]
            fallback = None
            for index, line in enumerate(self.lines):
                if line.link.listing == listing:
                    if line.key == self._cursor_key:
                        return index
                    if fallback is None:
                        fallback = index
            if fallback is not None:
                return fallback
        return max(0, min(self._cursor, len(self.lines) - 1))

    def _refresh_changed(self, before: list[Line], unfolded_before: frozenset[str], old_cursor: int) -> None:
        """Mark the screen lines whose content differs. Equal rows count as the same row."""
        top = self.scroll_offset.y
        width = self.size.width
        dirty: list[Region] = []
        for index in range(top, top + self.size.height):
            old = before[index] if index < len(before) else None
            new = self.lines[index] if index < len(self.lines) else None
            if old is None and new is None:
                break
            same = old is new or (old is not None and new is not None and _same(old, new))
            moved = (index == old_cursor) != (index == self._cursor)
            folded = new is not None and (
                (new.link.listing in self.unfolded) != (new.link.listing in unfolded_before)
            )
            if not same or moved or folded:
                dirty.append(Region(0, index - top, width, 1))
        if dirty:
            self.refresh(*dirty)

    def relook(self, look: Look) -> None:
        """Words, zone, glyphs or channels are others: lay out and draw again."""
        if look != self.look:
            self.look = look
            self._relay()

    def set_stale(self, stale: bool) -> None:
        """Draw everything dimmed: the picture is old."""
        if stale != self._stale:
            self._stale = stale
            self._restyle()

    # --- the cursor ------------------------------------------------------------------------------

    def move(self, by: int) -> None:
        """Move the cursor by lines, stopping at the ends."""
        self.move_to(self._cursor + by)

    def move_to(self, index: int) -> None:
        """Put the cursor on a line, stopping at the ends."""
        if not self.lines:
            return
        old, self._cursor = self._cursor, max(0, min(index, len(self.lines) - 1))
        top = self.scroll_offset.y
        if self._cursor != old:
            self.refresh(*(Region(0, at - top, self.size.width, 1) for at in (old, self._cursor)))
        self._keep_in_view(self._cursor - old)
        self._told()

    def select(self, listing: str, sku: str = "") -> bool:
        """Put the cursor on a link; False when it is not on the board."""
        for index, line in enumerate(self.lines):
            if line.key == (listing, sku) or (not sku and line.link.listing == listing):
                self.move_to(index)
                return True
        return False

    def _told(self) -> None:
        line = self.line
        key = line.key if line else None
        if key != self._cursor_key:
            self._cursor_key = key
            self.post_message(self.Moved(line))

    def _keep_in_view(self, direction: int) -> None:
        """Scroll in half pages when the cursor leaves the screen: rows that jump now and then are read more
        easily than rows that creep with every key.
        """
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if top <= self._cursor < top + height:
            return
        above = height // 2 if abs(direction) > 1 else (height // 4 if direction < 0 else 3 * height // 4)
        target = self._cursor - above
        target = max(0, min(target, len(self.lines) - height))
        self.scroll_to(y=target, animate=False, immediate=True, force=True)

    # --- drawing ---------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._restyle())
        self._restyle()

    def on_resize(self, event: events.Resize) -> None:
        self._relay()
        self._keep_in_view(0)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._restyle()

    def _restyle(self) -> None:
        self._styles = {}
        self._redraw()

    def _relay(self) -> None:
        self._laid_width = self.scrollable_content_region.width
        self.columns = fit_columns(self._laid_width, self.look)
        self._head.show(self.columns, self.look)
        self._redraw()

    def _redraw(self) -> None:
        self._drawn_lines.clear()
        self.refresh()

    def _style_table(self) -> StyleTable:
        cursor = self.get_component_rich_style("board--cursor")
        highlight = Style(bgcolor=cursor.bgcolor, bold=cursor.bold)
        table: StyleTable = {}
        for name in STYLES:
            style = self.get_component_rich_style("board--stale" if self._stale else f"board--{name}")
            table[name, False] = style
            table[name, True] = style + highlight
        return table

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if width != self._laid_width:  # the scrollbar came or went
            self._relay()
        if not self._styles:
            self._styles = self._style_table()
        if index >= len(self.lines):
            note = self.empty_note if not self.lines and y == 1 else ""
            text = fit("  " + note, width, ascii=self.look.ascii)
            return Strip([Segment(text, self._styles["dim", False])], width)
        line = self.lines[index]
        selected = index == self._cursor
        unfolded = line.link.listing in self.unfolded
        known = self._drawn_lines.get(line.key)
        if known and known[1:3] == (selected, unfolded) and _same(known[0], line):
            return known[3]
        strip = self._draw(line, selected, unfolded, width)
        if len(self._drawn_lines) > MAX_CACHED:
            self._drawn_lines.clear()
        self._drawn_lines[line.key] = (line, selected, unfolded, strip)
        return strip

    def _draw(self, line: Line, selected: bool, unfolded: bool, width: int) -> Strip:
        self.drawn += 1
        pieces = row_pieces(line, self.columns, self.look, selected=selected, unfolded=unfolded)
        segments = [Segment(text, self._styles[name, selected]) for text, name in pieces if text]
        return Strip(segments).adjust_cell_length(width, self._styles["base", selected])

    # --- the mouse -------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y
        if index >= len(self.lines):
            return
        self.move_to(index)
        if event.chain == 2:
            self.post_message(self.Chosen(self.lines[index]))


def _same(old: Line, new: Line) -> bool:
    return (old.link is new.link or old.link == new.link) and (old.sku is new.sku or old.sku == new.sku)
