"""A loop whose clock jumps to what is due next: minutes of waiting take no time, and come out the same each run."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_STEP_S = 1e-6
"""What each turn of the loop takes at least: who waits for less than a clock can tell would wait for ever."""


class _Jumping(selectors.DefaultSelector):  # type: ignore[valid-type, misc]
    """Waits for nothing: whoever would wait is told that the time has passed."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing will ever happen"
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if not ready:
            self.passed_s += max(_STEP_S, timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed_s


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """What `main` comes to. It may not use sockets or threads."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
