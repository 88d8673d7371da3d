"""Runs a console in a real pseudo-terminal for tests, and reads what a person would see.

As a program (`python pty_app.py PICTURE_FILE`): a console on a FakeLink that obeys lines of a script on a pipe; at the
end it writes the text and colours that Textual believes are on screen to PICTURE_FILE.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pyte
from pyte.graphics import FG_AIXTERM, FG_ANSI
from rich.color import ColorSystem, ColorType

PRIVATE = re.compile(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
"""Sequences that pyte would print or misread; the alternate screen changes no cell of ours."""


class PtyConsole:
    """The program in a pseudo-terminal of `size` (columns, lines)."""

    def __init__(
        self,
        program: list[str],
        size: tuple[int, int],
        env: dict[str, str] | None = None,
        *,
        ignore_hup: bool = False,
    ) -> None:
        self.size = size
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.received = b""
        self.master, slave = pty.openpty()
        self.resize(*size, signal_it=False)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        for name in ("NO_COLOR", "LINES", "COLUMNS"):  # the last two would overrule the terminal's own size
            environment.pop(name, None)
        environment.update(env or {})

        def become_session() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if ignore_hup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        self.process = subprocess.Popen(
            [sys.executable, *program], stdin=slave, stdout=slave, stderr=slave, env=environment,
            preexec_fn=become_session,  # noqa: PLW1509 - the only way to give it this controlling terminal
            close_fds=True,
        )  # fmt: skip
        os.close(slave)

    def resize(self, columns: int, lines: int, *, signal_it: bool = True) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        if signal_it:
            self.size = (columns, lines)
            self.screen.resize(lines, columns)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def read(self, seconds: float = 0.3) -> bytes:
        """Read until the terminal has been quiet for `seconds`."""
        found = b""
        while select.select([self.master], [], [], seconds)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            found += data
        self.received += found
        self._stream.feed(PRIVATE.sub(b"", found))
        return found

    def wait_for(self, text: str, timeout: float = 20.0) -> None:
        """Read until `text` is on screen. Fails with the screen's text after `timeout` seconds."""
        end = time.monotonic() + timeout
        while text not in self.text():
            self.read(0.1)
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(
                    f"{text!r} is not on screen (exit {self.process.poll()}):\n{self.text()}"
                )

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def hang_up(self) -> None:
        """Close the terminal, as a lost ssh does."""
        os.close(self.master)
        self.master = -1

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)

    def cells(self) -> list[list[tuple[str, str, str, bool]]]:
        """(text, foreground, background, bold) of every cell."""
        rows = []
        for y in range(self.size[1]):
            line = self.screen.buffer[y]
            row = [line[x] for x in range(self.size[0])]
            rows.append(
                [(c.data, c.bg, c.fg, c.bold) if c.reverse else (c.data, c.fg, c.bg, c.bold) for c in row]
            )
        return rows


def believed(app: Any) -> list[list[tuple[str, str, str, bool]]]:
    """The same, from Textual's own full rendering."""
    from rich.cells import get_character_cell_size

    def colour(value: Any) -> str:
        if value is None or value.is_default:
            return "default"
        if value.type is ColorType.STANDARD:
            number = value.number
            return FG_ANSI[30 + number] if number < 8 else FG_AIXTERM[82 + number]
        return "".join(f"{part:02x}" for part in value.downgrade(ColorSystem.TRUECOLOR).get_truecolor())

    rows = []
    for strip in app.screen._compositor.render_strips():
        row: list[tuple[str, str, str, bool]] = []
        for segment in strip:
            style = segment.style
            fg, bg = colour(style and style.color), colour(style and style.bgcolor)
            if style and style.reverse:
                fg, bg = bg, fg
            bold = bool(style and style.bold)
            for character in segment.text:
                row.append((character, fg, bg, bold))
                if get_character_cell_size(character) == 2:
                    row.append(("", fg, bg, bold))
        rows.append(row)
    return rows


def main(picture: Path) -> int:
    import rooms

    from stockwatch.console.app import Console, Settings
    from stockwatch.room.intents import Change
    from stockwatch.room.view import Delta

    link = rooms.FakeLink(rooms.big_room(60))

    class Told(Console):
        """Writes down what it believes to be on screen on SIGUSR1; changes rows on SIGUSR2."""

        def on_ready(self) -> None:
            super().on_ready()
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGUSR1, self.write_picture)
            loop.add_signal_handler(signal.SIGUSR2, self.change)
            if "TEST_CHANGES" in os.environ:
                self.set_interval(0.1, self.change_often)

        def write_picture(self) -> None:
            stats = {
                "sent": self.frames_sent, "left_out": self.frames_left_out, "changes": self.changes,
                "cells": believed(self),
            }  # fmt: skip
            part = picture.with_suffix(".part")
            part.write_text(json.dumps(stats))
            part.rename(picture)

        changes = 0

        def change_often(self) -> None:
            """Ten times a second, TEST_CHANGES times."""
            if self.changes < int(os.environ.get("TEST_CHANGES", "0")):
                self.changes += 1
                odd = self.changes % 2
                title = ("羊绒围巾双面两用款", "Scarf, wool, long")[odd]
                rows = tuple(
                    rooms.link(n, title=title, sellable=n + self.changes, spark=rooms.spark(9, n + odd))
                    for n in range(1, 61)
                )
                link.put(Change(delta=Delta(links=rows)))

        def change(self) -> None:
            titles = ("换了标题的长款羽绒服", "x")
            rows = tuple(rooms.link(n, sellable=n * 7, title=titles[n % 2]) for n in range(1, 9))
            link.put(Change(delta=Delta(links=rows)))

    app = Told(link, Settings(by="小李", language="zh", theme=os.environ.get("TEST_THEME")))
    return app.run() or 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
