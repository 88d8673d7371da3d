"""The doctor finds what would spoil a stream, and says what to do about it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from stockwatch import doctor, paths
from stockwatch.doctor import Finding, disk, software
from stockwatch.doctor.hubs import hubs
from stockwatch.doctor.terminal import colour_depth
from stockwatch.exits import Failure


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sw", dir="/tmp") as folder:
        for name in ("RUNTIME_DIR", "DATA_HOME", "STATE_HOME"):
            monkeypatch.setenv(f"XDG_{name}", folder)
        yield Path(folder)


def states(findings: Iterator[Finding]) -> list[str]:
    found = list(findings)
    for finding in found:
        assert finding.says.en
        assert finding.says.zh
    return [finding.state for finding in found]


def test_requirements_as_they_stand_in_a_wheel() -> None:
    split = software.split_requirement
    assert split("textual<8.3,>=8.2.8") == ("textual", ["<8.3", ">=8.2.8"])
    assert split("tzdata") == ("tzdata", [])
    assert split('httpx[http2] (>=0.27,<1) ; python_version < "4"') == ("httpx", [">=0.27", "<1"])


@pytest.mark.parametrize(
    ("version", "specifier", "fits"),
    [
        ("8.2.8", ">=8.2.8", True),
        ("8.10", ">=8.2.8", True),
        ("8.2.7", ">=8.2.8", False),
        ("8.3", "<8.3", False),
        ("8.3.0", "<8.3", False),
        ("8.2.99", "<8.3", True),
        ("1", "==1.0.0", True),
        ("1.0.1", "<=1", False),
        ("2", ">1.9", True),
        ("2", "~=1", True),
    ],
)
def test_versions_are_compared_as_numbers(version: str, specifier: str, fits: bool) -> None:
    assert software.satisfies(version, specifier) is fits


def test_what_is_installed_here_is_good() -> None:
    assert "bad" not in states(software.versions())
    assert states(software.sqlite()) == ["ok"]
    assert states(software.python()) == ["ok"]
    assert states(software.time_zones()) == ["ok"]


def test_a_missing_and_an_old_library_are_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"textual": "8.2.7"}

    def version(name: str) -> str:
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(metadata, "requires", lambda _: ["textual>=8.2.8", "apsw", 'pytest; extra == "test"'])
    monkeypatch.setattr(metadata, "version", version)
    old, missing = software.versions()
    assert (old.state, old.says.en) == ("bad", "textual 8.2.7, needed is >=8.2.8")
    assert (missing.state, missing.says.en) == ("bad", "apsw is not installed")
    assert missing.do is not None


def test_an_sqlite_that_corrupts_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    import apsw

    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
    (finding,) = software.sqlite()
    assert finding.state == "bad"
    assert "3.51.3 or later" in finding.says.en


def test_files_that_did_not_come_along_are_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(kind: str) -> Path:
        raise Failure(f"{kind}: missing from this installation")

    monkeypatch.setattr(paths, "shipped", missing)
    assert states(software.shipped_files()) == ["bad"]


def test_folders_that_can_be_written(home: Path) -> None:
    assert states(disk.folders()) == ["ok", "ok", "ok"]
    assert os.listdir(home) == ["stockwatch"]  # the runtime folder, which is the only one made


def test_a_file_in_the_way_of_a_folder_is_bad(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "file" / "deeper"))
    data, state, _ = disk.folders()
    assert (data.state, state.state) == ("bad", "ok")
    assert data.do is not None
    assert "XDG_DATA_HOME" in data.do.en


def test_a_read_only_disk_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", read_only)
    assert states(disk.folders()) == ["bad", "bad", "bad"]
    assert states(disk.fsync()) == ["bad"]


def test_the_disk_is_measured_and_left_clean(home: Path) -> None:
    took = disk.probe(home)
    assert 1 <= len(took) <= disk.PROBES
    assert all(each > 0 for each in took)
    assert os.listdir(home) == []


def test_a_slow_disk_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "probe", lambda _: [1.0] * 98 + [80.0, 90.0])
    (finding,) = disk.fsync()
    assert finding.state == "note"
    assert finding.says.en.startswith("p50 1.0 ms, p99 90.0 ms")
    monkeypatch.setattr(disk, "probe", lambda _: [1.0] * 100)
    assert states(disk.fsync()) == ["ok"]


def test_colours_that_the_terminal_says_it_has() -> None:
    assert colour_depth("xterm", {"COLORTERM": "truecolor"}) == "16777216"
    assert colour_depth("no-such-terminal-256color", {}) == "256"
    assert colour_depth("no-such-terminal", {}) == "?"


def test_hubs_of_another_version_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    old = paths.HubRecord(pid=1, room="r", ledger="/x.db", version="0.0.1", socket="/x.sock")
    monkeypatch.setattr(paths, "running_hubs", lambda: [old])
    monkeypatch.setattr(paths, "stale_sockets", lambda: [Path("/stale.sock")])
    other, stale = hubs()
    assert "0.0.1" in other.says.en
    assert other.do is not None
    assert "stockwatch stop r" in other.do.en
    assert stale.says.en.startswith("/stale.sock: left by a hub that was killed")


def test_a_subject_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[Finding]:
        raise RuntimeError("\x1b[31m")
        yield

    monkeypatch.setattr(doctor, "SUBJECTS", (broken, software.python))
    first, second = doctor.examine()
    assert (first.name, first.state, second.state) == ("broken", "bad", "ok")


def run(environ: dict[str, str], *argv: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "stockwatch", "doctor", *argv],
        env=environ,
        capture_output=True,
        timeout=60,
        check=False,
    )


def clean() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "LANG", "PYTHON", "TMUX"))
    }


def test_the_exit_code_says_whether_anything_is_wrong() -> None:
    good = run({**clean(), "LANG": "C.UTF-8"}, "--json")
    document = json.loads(good.stdout)
    assert document["ok"] is (good.returncode == 0)
    names = [finding["name"] for finding in document["findings"]]
    for name in ("python", "libraries", "sqlite", "terminal", "encoding", "data", "runtime", "fsync", "hubs"):
        assert name in names
    ascii_only = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    bad = run({**clean(), **ascii_only})
    assert bad.returncode == 1
    assert b"BAD   encoding" in bad.stdout
    assert b"-> run: export LANG=C.UTF-8" in bad.stdout


def test_a_dumb_terminal_is_bad() -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "stockwatch", "doctor"],
        env={**clean(), "LANG": "C.UTF-8", "TERM": "dumb"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    ) as child:
        os.close(slave)
        shown = b""
        while True:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            shown += chunk
        assert child.wait(timeout=60) == 1
    os.close(master)
    assert b"BAD   terminal     TERM=dumb can show no console" in shown
    assert b"\x1b" not in shown
