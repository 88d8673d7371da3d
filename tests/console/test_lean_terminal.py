"""What a terminal shows is what Textual believes it shows, cell for cell, whatever was sent on the way there."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pty_app import PtyConsole

APP = str(Path(__file__).with_name("pty_app.py"))


@pytest.fixture
def console(tmp_path: Path) -> Iterator[PtyConsole]:
    running = PtyConsole([APP, str(tmp_path / "picture.json")], (100, 34))
    try:
        running.wait_for("认领")
        running.wait_for("联名款卫衣")
        yield running
    finally:
        running.end()


def stats(console: PtyConsole, tmp_path: Path, *, reading: bool = True) -> dict[str, Any]:
    """What the console says of itself; without reading its terminal where it must stay unread."""
    picture = tmp_path / "picture.json"
    picture.unlink(missing_ok=True)
    os.kill(console.process.pid, signal.SIGUSR1)
    end = time.monotonic() + 20
    while not picture.exists():
        if reading:
            console.read(0.05)
        else:
            time.sleep(0.05)
        assert time.monotonic() < end, "the console wrote no picture"
    return dict(json.loads(picture.read_text()))


def agree(console: PtyConsole, tmp_path: Path) -> None:
    """Compare every cell's text, colours and weight."""
    console.read(0.5)
    told = stats(console, tmp_path)
    console.read(0.3)
    believed = [[tuple(cell) for cell in row] for row in told["cells"]]
    shown = console.cells()
    assert len(believed) == len(shown)
    wrong = [
        (y, x, want, got)
        for y, (want_row, got_row) in enumerate(zip(believed, shown, strict=True))
        for x, (want, got) in enumerate(zip(want_row, got_row, strict=True))
        if want != got and not (want[0] == got[0] == " " and want[2] == got[2])  # a blank's ink is invisible
    ]
    assert not wrong, f"{len(wrong)} cells differ, first: {wrong[:5]}\n{console.text()}"


def test_after_scrolling_and_changes(console: PtyConsole, tmp_path: Path) -> None:
    agree(console, tmp_path)
    for _ in range(4):
        console.type("j" * 10)
        os.kill(console.process.pid, signal.SIGUSR2)
        console.read(0.1)
    agree(console, tmp_path)
    console.type("g")
    agree(console, tmp_path)


def test_after_a_dialog_over_changing_rows(console: PtyConsole, tmp_path: Path) -> None:
    console.type("?")
    console.wait_for("按键")
    agree(console, tmp_path)
    os.kill(console.process.pid, signal.SIGUSR2)
    agree(console, tmp_path)
    console.type("q")
    agree(console, tmp_path)
    assert "换了标题" in console.text()


def test_after_theme_switches(console: PtyConsole, tmp_path: Path) -> None:
    for number in "241":
        console.type("t")
        console.wait_for("colour-blind")
        console.type(number)
        agree(console, tmp_path)
        console.type("\r")
        agree(console, tmp_path)


def test_after_resizes(console: PtyConsole, tmp_path: Path) -> None:
    for size in ((60, 20), (140, 40), (80, 24)):
        console.resize(*size)
        agree(console, tmp_path)


def test_nothing_is_sent_while_nothing_changes(console: PtyConsole) -> None:
    console.read(1.0)
    assert console.read(1.5) == b""


def test_one_figure_costs_few_bytes(console: PtyConsole) -> None:
    """A cursor that moves by one line sends two lines' worth of style, not a screen."""
    console.type("j")
    console.read(0.5)
    console.type("j")
    assert 0 < len(console.read(0.5)) < 1500


def test_a_terminal_that_is_not_read_stops_nothing(tmp_path: Path) -> None:
    """A hung ssh: six seconds of changes come in, frames are left out, and the latest picture follows."""
    console = PtyConsole([APP, str(tmp_path / "picture.json")], (100, 34), {"TEST_CHANGES": "100"})
    try:
        console.wait_for("认领")
        begun = stats(console, tmp_path)["changes"]
        end = time.monotonic() + 60
        while True:
            time.sleep(0.5)
            told = stats(console, tmp_path, reading=False)  # it answers: its loop goes on
            if told["changes"] - begun >= 60:
                break
            assert time.monotonic() < end, f"only {told['changes']} changes were taken in"
        assert told["left_out"] > 0
        while stats(console, tmp_path)["changes"] < 100:
            assert time.monotonic() < end, "it did not go on"
        agree(console, tmp_path)
        console.type("?")
        console.wait_for("按键")
    finally:
        console.end()


@pytest.mark.parametrize("ignore_hup", [False, True])
def test_a_lost_terminal_ends_the_console(tmp_path: Path, ignore_hup: bool) -> None:
    """Also where SIGHUP is ignored: it must not be left behind spinning."""
    console = PtyConsole([APP, str(tmp_path / "picture.json")], (80, 24), ignore_hup=ignore_hup)
    try:
        console.wait_for("认领")
        console.hang_up()
        console.process.wait(timeout=20)
    finally:
        console.end()
