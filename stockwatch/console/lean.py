"""A display for Textual that sends a terminal only the cells that changed, one write a frame.

Owns the bytes between Textual's compositor and the terminal. It keeps two pictures of the screen: what it
should show and what was sent. Each frame is their difference, grouped by style, as a single write; while the
terminal is slow to read, frames are left out and the latest picture follows once it has caught up (Textual's
own path would block its event loop, and whatever else runs in it, after 30 writes).

Touches private parts of Textual 8.2: `App._display`, `CompositorUpdate`s and the writer thread's queue.
Whenever it is not on the plain Linux driver (inline, web, headless) it stands aside and Textual's own
display is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, get_character_cell_size
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.segment import Segment
    from rich.style import Style
    from textual.geometry import Size
    from textual.screen import Screen
    from textual.strip import Strip

MAX_WAITING_WRITES = 2
"""Writes that may wait for the terminal before frames are left out."""
CATCH_UP_SECONDS = 0.05
"""How often to look whether a slow terminal has caught up; no timer runs while it keeps up."""

Cell = tuple[str, str]
"""(text, SGR parameters). The second half of a double-width character is ("", sgr)."""

UNKNOWN: Cell = ("\0", "")
"""What the terminal shows there is not known: never equal to a real cell."""


class Picture:
    """The cells a screen should show and those that were sent. Pure: no terminal, no Textual app."""

    def __init__(self) -> None:
        self.width = 0
        self.height = 0
        self.want: list[list[Cell]] = []
        self.sent: list[list[Cell]] = []
        self.dirty: set[int] = set()
        self._placed: list[dict[int, Strip]] = []

    def resize(self, width: int, height: int) -> None:
        """Start again with an unknown screen of this size."""
        self.width, self.height = width, height
        self.want = [[(" ", "")] * width for _ in range(height)]
        self._placed = [{} for _ in range(height)]
        self.forget()

    def forget(self) -> None:
        """Whatever the terminal shows is unknown now: the next frame paints every cell."""
        self.sent = [[UNKNOWN] * self.width for _ in range(self.height)]
        self.dirty = set(range(self.height))

    def place(
        self, x: int, y: int, strip: Strip, sgr_of: SgrOf, *, start: int = 0, end: int | None = None
    ) -> None:
        """Put a strip's cells at (x, y). With `start`/`end` (screen columns) only those of its cells."""
        if not 0 <= y < self.height:
            return
        stop = self.width if end is None else min(end, self.width)
        whole = start <= x and x + strip.cell_length <= stop
        placed = self._placed[y]
        if whole and placed.get(x) is strip:
            return
        row = self.want[y]
        for column, cell in enumerate(cells(strip, sgr_of), x):
            if column >= stop:
                break
            if column >= start:
                row[column] = cell
        self._claim(placed, x, strip, whole)
        self.dirty.add(y)

    @staticmethod
    def _claim(placed: dict[int, Strip], x: int, strip: Strip, whole: bool) -> None:
        """Remember the strip at `x`, and forget those whose cells it overwrote."""
        right = x + strip.cell_length
        for other in [o for o, s in placed.items() if o < right and x < o + s.cell_length]:
            del placed[other]
        if whole:
            placed[x] = strip

    def frame(self) -> str:
        """The bytes that bring the terminal from what was sent to what is wanted; "" when they agree."""
        by_style: dict[str, list[str]] = {}
        for y in sorted(self.dirty):
            for x, sgr, text in self._changed_runs(y):
                by_style.setdefault(sgr, []).append(f"\x1b[{y + 1};{x + 1}H{text}")
            self.sent[y] = self.want[y].copy()
        self.dirty.clear()
        return "".join(f"\x1b[{'0;' + sgr if sgr else '0'}m{''.join(runs)}" for sgr, runs in by_style.items())

    def _changed_runs(self, y: int) -> Iterator[tuple[int, str, str]]:
        want, sent = self.want[y], self.sent[y]
        x = 0
        while x < self.width:
            if want[x] == sent[x]:
                x += 1
                continue
            if want[x][0] == "" and x > 0:
                x -= 1  # the second half of a wide character changed: send the whole character
                while x > 0 and want[x][0] == "":
                    x -= 1
            start, sgr = x, want[x][1]
            parts: list[str] = []
            while x < self.width and (want[x] != sent[x] or want[x][0] == "") and want[x][1] == sgr:
                parts.append(want[x][0])
                x += 1
            if not parts:  # the first half alone is unchanged
                parts.append(want[x][0])
                x += 1
                while x < self.width and want[x][0] == "":
                    x += 1
            yield start, sgr, "".join(parts)


class SgrOf:
    """Style -> SGR parameters for one colour system, each worked out once."""

    def __init__(self, app: App[Any]) -> None:
        self._color_system = app.console._color_system
        self._known: dict[Style | None, str] = {None: ""}

    def __call__(self, style: Style | None) -> str:
        if (sgr := self._known.get(style)) is None:
            assert style is not None
            sgr = style._make_ansi_codes(self._color_system) if self._color_system is not None else ""
            if len(self._known) > 4096:
                self._known = {None: ""}
            self._known[style] = sgr
        return sgr


def cells(strip: Strip, sgr_of: SgrOf) -> Iterator[Cell]:
    """The strip as screen cells: as many as its cell length."""
    segment: Segment
    for segment in strip:
        text, style, control = segment
        if control:
            continue
        sgr = sgr_of(style)
        if text.isascii():
            for character in text:
                yield character, sgr
        else:
            yield from _wide_cells(text, sgr)


def _wide_cells(text: str, sgr: str) -> list[Cell]:
    found: list[Cell] = []
    for character in text:
        width = get_character_cell_size(character)
        if width == 0 and found:
            base = len(found) - 1
            while base > 0 and found[base][0] == "":
                base -= 1
            found[base] = (found[base][0] + character, sgr)
        elif width:
            found.append((character, sgr))
            found.extend([("", sgr)] * (width - 1))
    length = cell_len(text)
    if len(found) != length:  # a cluster that is not the sum of its characters: send the text as one piece
        return [(text, sgr), *[("", sgr)] * (length - 1)] if length else []
    return found


class LeanDisplay(App[int]):
    """Mix-in base for an App: shows changed cells only. `repaint()` paints all of them again."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._picture = Picture()
        self._sgr_of: SgrOf | None = None
        self._lean_cursor = (-1, -1)
        self._catching_up = False
        self.frames_sent = 0
        self.frames_left_out = 0

    def repaint(self) -> None:
        """Paint the whole screen again: after a resume, or when the terminal shows garbage."""
        self._picture.forget()
        if self.screen_stack:
            self.screen.refresh(layout=True)
        self._send_frame()

    def _lean_driver(self) -> LinuxDriver | None:
        driver = self._driver
        if isinstance(driver, LinuxDriver) and not driver.is_inline and not driver.is_headless:
            return driver
        return None

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if renderable is None or self._batch_count:
            return
        if self._lean_driver() is None or not self._running or self._closed:
            super()._display(screen, renderable)
            return
        if not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            assert not isinstance(renderable, CompositorUpdate), type(renderable)
            super()._display(screen, renderable)
            self._picture.forget()
            return
        try:
            self._absorb(screen.outer_size, renderable)
            self._send_frame()
        except Exception as error:  # as Textual does: a fault in rendering ends the app with its message
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _absorb(self, size: Size, update: LayoutUpdate | ChopsUpdate) -> None:
        picture = self._picture
        if self._sgr_of is None:
            self._sgr_of = SgrOf(self)
        if isinstance(update, LayoutUpdate):
            size = update.region.size
        if (picture.width, picture.height) != (size.width, size.height):
            picture.resize(size.width, size.height)
        if isinstance(update, LayoutUpdate):
            for y, line in enumerate(update.strips, update.region.y):
                x = update.region.x
                for strip in line:
                    picture.place(x, y, strip, self._sgr_of)
                    x += strip.cell_length
            return
        for y, first, last in update.spans:
            for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if chop is not None and x < last and end > first:
                    picture.place(x, y, chop, self._sgr_of, start=first, end=min(end, last))

    def _send_frame(self) -> None:
        driver = self._lean_driver()
        if driver is None or driver._writer_thread is None or self._sgr_of is None:
            return
        if driver._writer_thread._queue.qsize() > MAX_WAITING_WRITES:
            self.frames_left_out += 1
            if not self._catching_up:
                self._catching_up = True
                self.set_timer(CATCH_UP_SECONDS, self._catch_up)
            return
        frame = self._picture.frame()
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        self._previous_cursor_position = cursor
        if not frame and self._lean_cursor == (cursor.x, cursor.y):
            return
        self._lean_cursor = (cursor.x, cursor.y)
        sequence = f"{frame}\x1b[0m\x1b[{cursor.y + 1};{cursor.x + 1}H"
        if self._sync_available:
            sequence = f"\x1b[?2026h{sequence}\x1b[?2026l"
        driver.write(sequence)
        self.frames_sent += 1

    def _catch_up(self) -> None:
        self._catching_up = False
        if self._running and not self._closed:
            self._send_frame()

    async def _on_resize(self, event: Any) -> None:
        # Textual calls this handler of every class, its own included. The terminal may have cut its lines
        # even when its size is again what it was, and then nothing else would paint.
        self._picture.forget()
        if event.size == self._size:
            self.call_later(self._send_frame)
