"""A program in a real pseudo-terminal, and what a person would see there.

A thread drains the terminal as fast as it is written to and keeps the time at which each piece came; the screen
is made of them (pyte) only when somebody looks. It answers the question whether the terminal can hold frames back
(DECRQM 2026), as most do. Owns the process it started and ends it.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

PRIVATE = re.compile(
    rb"\x1b\[[<>=?][0-9;]*\$?[a-zA-Z]|\x1b\[[0-9;]*\$[a-zA-Z]|\x1b[P_^][^\x1b\x07]*(?:\x1b\\|\x07)"
)
"""Control sequences that pyte would print or misread. None of them changes a cell."""
UNFINISHED = re.compile(rb"\x1b(?:\[[<>=?0-9;]*\$?|[P_^][^\x1b\x07]*)?\Z")
ASKS_2026 = b"\x1b[?2026$p"
CAN_2026 = b"\x1b[?2026;2$y"
KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "up": "\x1b[A", "down": "\x1b[B", "space": " ", "backspace": "\x7f",
    "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f10": "\x1b[21~",
}  # fmt: skip


class Terminal:
    """`program` on a terminal of `size` (columns, lines). Use as a context manager."""

    def __init__(
        self,
        program: Sequence[str],
        *,
        size: tuple[int, int] = (120, 40),
        env: Mapping[str, str],
        cwd: Path | None = None,
        ignore_hup: bool = False,
        answer_2026: bool = True,
    ) -> None:
        """`env` is the whole environment. `ignore_hup`: as nohup and some wrappers leave it."""
        self.size = size
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._answer_2026 = answer_2026
        self._lock = threading.Lock()
        self.pieces: list[tuple[float, bytes]] = []
        """(monotonic seconds, bytes) of everything that came, in order."""
        self._fed = 0
        self._left_over = b""
        self._reading = threading.Event()
        self._reading.set()
        self._wake_out, self._wake_in = os.pipe()
        self.master, slave = pty.openpty()
        _set_size(self.master, size)

        def become_session() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGHUP, signal.SIG_IGN if ignore_hup else signal.SIG_DFL)

        self.started = time.monotonic()
        self.process = subprocess.Popen(
            list(program), stdin=slave, stdout=slave, stderr=slave, env=dict(env), cwd=cwd, close_fds=True,
            preexec_fn=become_session,  # noqa: PLW1509 - it makes system calls only
        )  # fmt: skip
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    # --- the terminal's own side ------------------------------------------------------------------

    def _read(self) -> None:
        while True:
            watched = [self._wake_out, *([self.master] if self._reading.is_set() else [])]
            ready, _, _ = select.select(watched, [], [])
            if self._wake_out in ready:
                if os.read(self._wake_out, 64).endswith(b"x"):
                    return
                continue
            try:
                data = os.read(self.master, 65536)
            except OSError:  # EIO: nobody has the other side open any more
                return
            if not data:
                return
            with self._lock:
                self.pieces.append((time.monotonic(), data))
            if ASKS_2026 in data and self._answer_2026:
                self.send(CAN_2026)

    def stall(self) -> None:
        """Stop reading, as a hung ssh client does."""
        self._reading.clear()
        os.write(self._wake_in, b"s")

    def resume(self) -> None:
        """Read again."""
        self._reading.set()
        os.write(self._wake_in, b"s")

    def hang_up(self) -> None:
        """Close the terminal, as a lost ssh does."""
        if self.master >= 0:
            os.write(self._wake_in, b"x")
            self._reader.join(5)
            os.close(self.master)
            self.master = -1

    def resize(self, columns: int, lines: int) -> None:
        """Make the window another size; the program is told (SIGWINCH)."""
        self._look()
        self.size = (columns, lines)
        self._screen.resize(lines, columns)
        _set_size(self.master, self.size)

    def end(self) -> None:
        """Kill what still runs and let go of everything."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.hang_up()
        for descriptor in (self._wake_out, self._wake_in):
            os.close(descriptor)

    # --- the person's side --------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Bytes from the keyboard."""
        os.write(self.master, data)

    def keys(self, *names: str) -> None:
        """Keys by name, or text to type."""
        for name in names:
            self.send(KEYS.get(name, name).encode())
            if name == "escape":
                time.sleep(0.2)  # with a letter close behind it, it would be the start of another key

    @property
    def raw(self) -> bytes:
        """All bytes that came so far."""
        with self._lock:
            return b"".join(data for _, data in self.pieces)

    @property
    def received(self) -> int:
        """How many bytes came so far."""
        with self._lock:
            return sum(len(data) for _, data in self.pieces)

    def _look(self) -> None:
        with self._lock:
            new = b"".join(data for _, data in self.pieces[self._fed :])
            self._fed = len(self.pieces)
        data = self._left_over + new
        cut = UNFINISHED.search(data)
        data, self._left_over = (data[: cut.start()], data[cut.start() :]) if cut else (data, b"")
        self._stream.feed(PRIVATE.sub(b"", data))

    def lines(self) -> list[str]:
        """The screen's lines, right-stripped; the second half of a wide character is nothing."""
        self._look()
        columns, rows = self.size
        buffer = self._screen.buffer
        return ["".join(buffer[y][x].data for x in range(columns)).rstrip() for y in range(rows)]

    def text(self) -> str:
        """The whole screen as text."""
        return "\n".join(self.lines())

    def line_with(self, text: str) -> str:
        """The first line that holds `text`; empty when none does."""
        return next((line for line in self.lines() if text in line), "")

    def row(self, title: str) -> str:
        """The board's row of the link of that title; empty when it is not on screen."""
        return next((line for line in self.lines()[2:] if title in line[:40]), "")

    def wait_for(self, what: str | Callable[[str], object], timeout: float = 10.0) -> str:
        """Until a text is on screen, or `what(screen)` is true. Fails with the screen after `timeout`."""
        until = time.monotonic() + timeout
        while True:
            text = self.text()
            if what in text if isinstance(what, str) else what(text):
                return text
            ended = self.process.poll()
            if ended is not None:
                self._reader.join(2)
                until = min(until, time.monotonic() + 0.1)
            assert time.monotonic() < until, f"{what!r} is not on screen (exit {ended}):\n{text}"
            time.sleep(0.03)

    def wait_gone(self, text: str, timeout: float = 10.0) -> str:
        """Until a text is no longer on screen."""
        return self.wait_for(lambda screen: text not in screen, timeout)

    def wait_quiet(self, quiet: float = 0.5, timeout: float = 10.0) -> None:
        """Until nothing has come for `quiet` seconds."""
        until = time.monotonic() + timeout
        while True:
            with self._lock:
                last = self.pieces[-1][0] if self.pieces else self.started
            left = last + quiet - time.monotonic()
            if left <= 0:
                return
            assert time.monotonic() < until, f"the terminal is not quiet:\n{self.text()}"
            time.sleep(min(left, 0.1))

    def exit_code(self, timeout: float = 10.0) -> int:
        """The program's, once it has ended. Fails with the screen when it does not."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the program did not end:\n{self.text()}") from None
        self._reader.join(2)  # the last words are still on their way
        return code

    def restored(self) -> bool:
        """Whether the screen is the person's again: alternate screen left, cursor shown, mouse reports off."""
        raw = self.raw
        return all(raw.rfind(on) > raw.rfind(off) for on, off in RESTORED)

    def cpu_seconds(self) -> float:
        """CPU the program has used so far."""
        return cpu_seconds(self.process.pid)


RESTORED = ((b"\x1b[?1049l", b"\x1b[?1049h"), (b"\x1b[?25h", b"\x1b[?25l"), (b"\x1b[?1000l", b"\x1b[?1000h"))
"""(what undoes it, what did it)."""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, in ticks of 10 ms; /proc of Linux."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _set_size(master: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
