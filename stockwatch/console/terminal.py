"""Notices that the terminal is gone, so that no console is left behind spinning.

A closed terminal raises SIGHUP, and where that is ignored (nohup, some wrappers) every read of the terminal
returns at once with nothing: Textual's input thread would then turn at full speed for ever. A thread that
sleeps in poll() until the terminal hangs up costs nothing while all is well.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable

LAST_CHANCE_SECONDS = 1.2
"""From the loss to the end of the process, whatever hangs."""


def usable() -> bool:
    """Whether a console can be drawn: Textual reads the keys from stdin and draws on stderr, and both stdin
    and stdout are the person's terminal, one that can do more than print.
    """
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    if not all(stream is not None and not stream.closed and stream.isatty() for stream in streams):
        return False
    return os.environ.get("TERM", "") not in ("", "dumb", "unknown")


class TerminalWatch:
    """Calls `lost` (in another thread, once) when the terminal of stdin has hung up, or on SIGHUP."""

    def __init__(self, lost: Callable[[], None], exit_code: int) -> None:
        self._lost = lost
        self._exit_code = exit_code
        self._told = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """From the main thread."""
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            signal.signal(signal.SIGHUP, lambda _number, _frame: self._tell())
        threading.Thread(target=self._wait, name="terminal-watch", daemon=True).start()

    def stop(self) -> None:
        """The console ends by itself now."""
        self._stopped = True

    def _wait(self) -> None:
        assert sys.__stdin__ is not None
        poll = select.poll()
        try:
            poll.register(sys.__stdin__.fileno(), 0)  # hang-up and error are always reported
            while not poll.poll():
                pass
        except OSError:
            return
        self._tell()

    def _tell(self) -> None:
        if self._stopped or not self._told.acquire(blocking=False):
            return
        last_chance = threading.Timer(LAST_CHANCE_SECONDS, os._exit, [self._exit_code])
        last_chance.daemon = True
        last_chance.start()
        self._lost()
