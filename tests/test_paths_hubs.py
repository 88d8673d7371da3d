"""`ps`, `attach` and `stop` see the hubs that run, all of them, and no dead ones."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stockwatch import paths
from stockwatch.paths import HubRecord


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder of the test's own."""
    with tempfile.TemporaryDirectory(prefix="sw", dir="/tmp") as folder:  # short enough for sockets
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder) / "stockwatch"


def record_of(ledger: Path, **changes: object) -> HubRecord:
    record = HubRecord(
        pid=os.getpid(),
        room="double11",
        name="双11\x1b[31m",
        ledger=str(ledger),
        started=1_700_000_000,
        version="0.1.0",
        socket=str(paths.socket_path(ledger, "r1")),
    )
    return replace(record, **changes)  # type: ignore[arg-type]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubRecord]:
    record = record_of(tmp_path / "a.db")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(record.socket)
        listener.listen(1)
        paths.write_record(record)
        yield record


def test_a_running_hub_is_found_by_its_ledger(hub: HubRecord, tmp_path: Path) -> None:
    assert paths.running_hubs() == [hub]
    assert paths.hub_of(tmp_path / "x" / ".." / "a.db") == hub
    assert paths.hub_of(tmp_path / "b.db") is None
    assert paths.stale_sockets() == []
    assert paths.record_path(Path(hub.socket)).stat().st_mode & 0o777 == 0o600


def test_a_hub_with_a_full_queue_still_runs(hub: HubRecord) -> None:
    waiting = []
    for _ in range(5):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        client.connect_ex(hub.socket)
        waiting.append(client)
    assert paths.running_hubs() == [hub]
    for client in waiting:
        client.close()


def test_a_killed_hub_is_forgotten_and_its_socket_is_stale(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    record = record_of(tmp_path / "a.db", pid=child.pid)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(record.socket)
    paths.write_record(record)
    assert paths.running_hubs() == []
    assert not paths.record_path(Path(record.socket)).exists()
    assert paths.stale_sockets() == [Path(record.socket)]


def test_a_process_that_got_a_dead_hubs_number_is_no_hub(tmp_path: Path) -> None:
    paths.write_record(record_of(tmp_path / "a.db"))  # our own number, and nobody listens
    assert paths.running_hubs() == []


def test_a_successors_record_is_not_removed(hub: HubRecord) -> None:
    paths.remove_record(replace(hub, started=hub.started - 60))
    assert paths.running_hubs() == [hub]
    paths.remove_record(hub)
    assert paths.running_hubs() == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"pid": "1"}',
        b'{"pid": -1, "room": "x", "ledger": "y", "socket": "z"}',
        b'{"pid": true, "room": "x", "ledger": "y", "socket": "z"}',
        b'{"pid": 1}',
    ],
)
def test_records_that_can_not_be_understood_are_passed_over(
    hub: HubRecord, runtime: Path, content: bytes
) -> None:
    (runtime / "0123456789abcdef.json").write_bytes(content)
    assert paths.running_hubs() == [hub]


def test_a_record_that_points_elsewhere_is_not_believed(hub: HubRecord, runtime: Path) -> None:
    (runtime / "0123456789abcdef.json").write_text(json.dumps({**hub.__dict__, "room": "fake"}))
    assert paths.running_hubs() == [hub]


def test_a_newer_versions_record_is_read(hub: HubRecord) -> None:
    path = paths.record_path(Path(hub.socket))
    path.write_text(json.dumps({**hub.__dict__, "version": "9.0", "new_member": [1]}))
    assert [found.version for found in paths.running_hubs()] == ["9.0"]
