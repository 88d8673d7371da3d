"""A sink that remembers, servers that misbehave on request, and recordings to feed them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import msgspec
import pytest

from stockwatch.events import encode, format_time
from stockwatch.feeds.base import Backoff, FeedStatus

START_US = 1_762_862_400_000_000
"""2025-11-11T12:00:00Z."""
PATIENCE_S = 10.0


class SpySink:
    """Remembers everything; `open` cleared makes it as slow as a test wants it."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.batches: list[int] = []
        self.cursor: str | None = None
        self.aside: list[tuple[bytes, str]] = []
        self.gaps: list[tuple[int | None, int, int]] = []
        """(since, until, frames got before it)."""
        self.statuses: list[FeedStatus] = []
        self.open = asyncio.Event()
        self.open.set()
        self.entered = asyncio.Event()
        self.failure: Exception | None = None
        self._changed = asyncio.Event()

    async def put(self, channel: str, frames: Sequence[bytes], cursor: str | None) -> None:
        assert channel == "shop"
        assert all(type(frame) is bytes for frame in frames)
        self.entered.set()
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        self.frames.extend(frames)
        self.batches.append(len(frames))
        if cursor is not None:
            self.cursor = cursor
        self._tell()

    async def set_aside(self, channel: str, raw: bytes, reason: str) -> None:
        self.aside.append((raw, reason))
        self._tell()

    async def gap(self, channel: str, since_us: int | None, until_us: int) -> None:
        self.gaps.append((since_us, until_us, len(self.frames)))
        self._tell()

    def status(self, channel: str, status: FeedStatus) -> None:
        self.statuses.append(status)
        self._tell()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for something to become true of what was remembered."""
        async with asyncio.timeout(PATIENCE_S):
            while not done():
                await self._changed.wait()

    async def got(self, count: int) -> None:
        await self.until(lambda: len(self.frames) >= count)

    def states(self) -> list[str]:
        return [status.state for status in self.statuses]

    def ids(self) -> list[str]:
        return [msgspec.json.decode(frame)["id"] for frame in self.frames]

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


@pytest.fixture
async def sink() -> SpySink:
    return SpySink()


@pytest.fixture
def event() -> Callable[..., bytes]:
    """Event number n, n seconds after the start; attribute `cursor` when given."""

    def make(n: int, *, at_us: int | None = None, cursor: object = None, source: str = "shop") -> bytes:
        raw = encode(
            source=source,
            id=f"e{n}",
            type="order.placed",
            subject="SKU",
            time=format_time(START_US + n * 1_000_000 if at_us is None else at_us),
            data={"order": f"o{n}", "line": 1, "qty": 1},
        )
        return raw if cursor is None else raw[:-1] + b',"cursor":' + msgspec.json.encode(cursor) + b"}"

    return make


@pytest.fixture
def quick() -> Callable[[], Backoff]:
    """Delays that a test can afford."""
    return lambda: Backoff(first=0.002, cap=0.01)


@pytest.fixture
async def running() -> AsyncIterator[Callable[[Awaitable[None]], asyncio.Task[None]]]:
    """Runs something beside the test and stops it at the end; if it failed, so does the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(work: Awaitable[None]) -> asyncio.Task[None]:
        tasks.append(asyncio.ensure_future(work))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
