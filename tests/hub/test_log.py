"""The log of a hub: what happened to the room, not every poll, nor an address with its token."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stockwatch.hub import process


@contextlib.contextmanager
def logging_to(file: Path) -> Iterator[None]:
    """As in a process of the hub's own, where nobody has set logging up before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        process._log_to(file)
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)


async def test_polls_and_their_tokens_stay_out_of_it(tmp_path: Path):
    file = tmp_path / "logs" / "room.log"
    answers = httpx.MockTransport(lambda request: httpx.Response(304))
    with logging_to(file):
        async with httpx.AsyncClient(transport=answers) as client:
            await client.get("http://shop.test/orders?token=hush")
        process.log.info("stopping: %s", "SIGTERM")
    text = file.read_text()
    assert "stopping: SIGTERM" in text
    assert "hush" not in text


def test_it_never_grows_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "LOG_BYTES", 4096)
    file = tmp_path / "room.log"
    with logging_to(file):
        for number in range(1000):
            process.log.info("event %d of many", number)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == process.LOGS_KEPT + 1
    assert max(sizes) <= 4096
    assert "event 999 of many" in file.read_text()
