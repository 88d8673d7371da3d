"""A world of its own for each test: folders, environment, processes. Nothing of it is left behind.

Every path that stockwatch chooses lies in it, so tests neither see each other nor the person's own rooms. Processes
are found by the runtime folder in their environment, so that hubs, which outlive whoever started them, are ended too.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from e2e_terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_feeds"
PASSED_ON = ("PATH", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_START")


def stockwatch() -> list[str]:
    """The command as a person types it: the script beside this Python, else the module."""
    script = Path(sys.executable).with_name("stockwatch")
    return [str(script)] if script.exists() else [sys.executable, "-m", "stockwatch"]


class World:
    """Use as a context manager. `folder` is for the test's own files; the runtime folder's path is short."""

    def __init__(self, folder: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        self.runtime = Path(tempfile.mkdtemp(prefix="sw-", dir="/tmp"))
        self.folder = folder if folder is not None else self.runtime / "files"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.env |= {
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
        }
        self.env |= env or {}
        self._running: list[subprocess.Popen[bytes]] = []
        self._terminals: list[Terminal] = []

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    # --- doing things ---------------------------------------------------------------------------------

    def write(self, name: str, text: str) -> Path:
        """A file in the test's folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def cli(
        self,
        *words: str | Path,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        timeout: float = 30.0,
    ) -> subprocess.CompletedProcess[bytes]:
        """`stockwatch WORDS…` with no terminal, to its end."""
        return subprocess.run(
            [*stockwatch(), *map(str, words)], input=stdin, capture_output=True, env=self.env | (env or {}),
            cwd=self.folder, timeout=timeout, check=False,
        )  # fmt: skip

    def done(self, *words: str | Path, **how: Any) -> bytes:
        """The same, which must exit 0: its stdout."""
        result = self.cli(*words, **how)
        assert result.returncode == 0, (
            f"{words}: {result.returncode}\n{result.stderr.decode('utf-8', 'replace')}"
        )
        return result.stdout

    def start(
        self, *words: str | Path, env: Mapping[str, str] | None = None, heard: bool = False
    ) -> subprocess.Popen[bytes]:
        """`stockwatch WORDS…` with no terminal, left running; its stderr in a file `stderr-PID`, its stdout a pipe
        where it is to be heard."""
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as words_file:
            process = subprocess.Popen(
                [*stockwatch(), *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if heard else subprocess.DEVNULL,
                stderr=words_file,
                env=self.env | (env or {}),
                cwd=self.folder,
            )
        self._running.append(process)
        Path(words_file.name).rename(self.folder / f"stderr-{process.pid}")
        return process

    def said(self, process: subprocess.Popen[bytes]) -> str:
        """What a started process has said on stderr so far."""
        return (self.folder / f"stderr-{process.pid}").read_text("utf-8", "replace")

    def terminal(
        self, *words: str | Path, env: Mapping[str, str] | None = None, drop: Sequence[str] = (), **how: Any
    ) -> Terminal:
        """`stockwatch WORDS…` in a terminal; `drop` names variables it must not have."""
        whole = {name: value for name, value in (self.env | (env or {})).items() if name not in drop}
        terminal = Terminal([*stockwatch(), *map(str, words)], env=whole, cwd=self.folder, **how)
        self._terminals.append(terminal)
        return terminal

    # --- looking -----------------------------------------------------------------------------------------

    def hubs(self) -> list[dict[str, Any]]:
        """What `ps --json` says."""
        hubs: list[dict[str, Any]] = json.loads(self.done("ps", "--json"))
        return hubs

    def hub_pid(self, room: str) -> int:
        """The running hub of a room, from its record; 0 when there is none."""
        for file in (self.runtime / "stockwatch").glob("*.json"):
            with contextlib.suppress(OSError, ValueError):
                record = json.loads(file.read_text())
                if record["room"] == room and lives(record["pid"]):
                    return int(record["pid"])
        return 0

    def kill_hub(self, room: str) -> int:
        """kill -9 of a room's hub; the pid it had."""
        pid = self.hub_pid(room)
        assert pid, f"no hub of {room} to kill"
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not lives(pid), 5, f"hub {pid} is gone")
        return pid

    def ledger(self, file: str | Path) -> dict[str, Any]:
        """The figures by SKU, as `ledger show --json` gives them."""
        shown: dict[str, Any] = json.loads(self.done("ledger", "show", file, "--json"))
        return shown["skus"]

    def log(self, room: str) -> str:
        """The log of a room's hub."""
        file = self.folder / "state" / "stockwatch" / "logs" / f"{room}.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    # --- the end --------------------------------------------------------------------------------------------

    def end(self) -> None:
        """End every process of this world and remove its runtime folder."""
        for terminal in self._terminals:
            with contextlib.suppress(OSError, ValueError):
                terminal.end()
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait(10)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.runtime, ignore_errors=True)

    def processes(self) -> list[int]:
        """Ids of the processes that run in this world: those with its runtime folder in their environment."""
        mark = f"XDG_RUNTIME_DIR={self.runtime}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
        return found


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def wait_until(what: Callable[[], object], timeout: float, label: str = "") -> None:
    """Until `what()` is true; fails after `timeout` seconds."""
    until = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < until, f"not within {timeout:g} s: {label or what}"
        time.sleep(0.02)


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
