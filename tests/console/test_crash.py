"""A fault of ours ends the console in one line: the terminal as it was, the story in the log, no secret told."""

from __future__ import annotations

import termios
from pathlib import Path

import pytest
from pty_app import PtyConsole

CRASHING = f"""
import sys

sys.path.insert(0, {str(Path(__file__).parent)!r})
import rooms

from stockwatch import cli
from stockwatch.console import run
from stockwatch.console.app import Console


class Crashing(Console):
    def _do_sort(self):
        secret = "open " + "sesame"
        raise ValueError("broken \\x1b[31m[red]")

    async def boom(self):
        secret = "open " + "sesame"
        raise ValueError("broken in a worker")

    def _do_pause(self):
        self.run_worker(self.boom())


run.HubLink = lambda *_, **__: rooms.FakeLink(rooms.room())
run.Console = Crashing
sys.exit(cli.main(["attach", "ws://localhost:1", "--as", "x", "--lang", "zh"]))
"""


@pytest.mark.parametrize(("key", "where"), [("o", "_do_sort"), (" ", "boom")])
def test_a_fault_is_one_line_and_a_log(tmp_path: Path, key: str, where: str) -> None:
    program = tmp_path / "crashing.py"
    program.write_text(CRASHING, encoding="utf-8")
    console = PtyConsole(
        [str(program)], (100, 24), {"XDG_STATE_HOME": str(tmp_path), "LC_ALL": "zh_CN.UTF-8"}
    )
    try:
        before = termios.tcgetattr(console.master)[3]
        console.wait_for("联名款卫衣")
        assert not termios.tcgetattr(console.master)[3] & termios.ECHO
        shown = len(console.received)
        console.type(key)
        assert console.process.wait(timeout=30) == 3
        console.read(0.2)
        last = console.received[shown:]
        assert last.index(b"\x1b[?1049l") < last.index("程序出错(ValueError".encode())
        assert termios.tcgetattr(console.master)[3] == before
        said = last.decode().rpartition("\x1b[?1049l")[2]
        assert said.count("程序出错") == 1
        assert "Traceback" not in said
        assert "sesame" not in console.received.decode()
        (log,) = (tmp_path / "stockwatch" / "logs").iterdir()
        assert where in log.read_text(encoding="utf-8")
        assert "sesame" not in log.read_text(encoding="utf-8")
    finally:
        console.end()
