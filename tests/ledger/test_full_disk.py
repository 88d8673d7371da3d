"""`ledger apply` on a real disk without space: a small file system in memory, filled up. The disk of
`test_disk_process` fails below SQLite; here all that is written beside the database meets the end of the disk too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kills import PLAIN, Trial
from ledger_making import raw

from stockwatch.exits import Exit

ROOM = '[room]\nid = "r"\nname = "r"\n[[sku]]\nid = "A"\ntitle = "A"\nstock = 9\n'
COMMAND = [sys.executable, "-m", "stockwatch", "ledger"]
APPLY = [*COMMAND, "apply", "room.db", "--room", "room.toml"]


class SmallDisk:
    """`folder` is all of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)

    def fill(self) -> None:
        """To the last byte."""
        file = os.open(self.folder / "ballast", os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(file, bytes(4096))
        except OSError:
            os.close(file)

    def empty(self) -> None:
        (self.folder / "ballast").unlink()


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"a disk can't be mounted here ({done.stderr.decode().strip()})")
    (folder / "room.toml").write_text(ROOM, encoding="utf-8")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def told(said: str, name: str = "room.db") -> str:
    """The one line that was said."""
    (line,) = said.splitlines()
    assert line.startswith(f"stockwatch: {name}: "), line
    return line


def apply(folder: Path, lines: list[bytes]) -> subprocess.CompletedProcess[bytes]:
    text = b"".join(line + b"\n" for line in lines)
    return subprocess.run(APPLY, input=text, cwd=folder, capture_output=True, check=False)


def answers(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return [json.loads(line)["outcome"] for line in done.stdout.splitlines()]


def test_a_ledger_that_fills_its_disk_stops_and_goes_on_when_there_is_space(disk):
    trial = Trial(disk.folder, seed=5, orders=400)
    disk.resize("500k")
    code, said = trial.life(PLAIN, 0)
    assert code == Exit.UNREACHABLE, said
    line = told(said)
    assert "nothing of it was acknowledged" in line
    assert "space" in line
    answered = len(trial.source.answers)
    assert 0 < answered < len(trial.source.messages), "it filled up in the midst"
    trial.check()
    disk.fill()
    code, said = trial.life(PLAIN, 0)
    assert code == Exit.UNREACHABLE, said
    assert "disk is full" in told(said)
    assert len(trial.source.answers) == answered
    trial.check()
    disk.empty()
    disk.resize("64m")
    trial.end()


def test_messages_set_aside_until_the_disk_is_full_lie_there_once_each(disk):
    lines = [b"no event, and not a short line: %d %s" % (n, b"." * 200) for n in range(4000)]
    disk.resize("600k")
    child = subprocess.Popen(
        APPLY, cwd=disk.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    child.stdin.write(b"".join(line + b"\n" for line in lines[:10]))
    child.stdin.flush()
    first = [child.stdout.readline() for _ in range(10)]
    assert all(first)
    rest, said = child.communicate(b"".join(line + b"\n" for line in lines[10:]))
    assert child.returncode == Exit.UNREACHABLE
    assert "nothing was acknowledged" in told(said.decode(), "room.db.dead.jsonl")
    answered = 10 + rest.count(b"\n")
    assert answered < len(lines)

    def aside() -> list[str]:
        file = disk.folder / "room.db.dead.jsonl"
        return [json.loads(line)["raw"] for line in file.read_bytes().splitlines()]

    assert aside() == [line.decode() for line in lines[:answered]], "only what was answered"
    disk.resize("16m")
    done = apply(disk.folder, lines[answered:])
    assert (done.returncode, set(answers(done))) == (Exit.DONE, {"invalid"})
    assert aside() == [line.decode() for line in lines]


def test_a_disk_with_nothing_left_is_called_full_and_the_ledger_can_still_be_read(disk):
    assert answers(apply(disk.folder, [raw("order.placed", id="one", qty=2, order="o1")])) == ["accepted"]
    disk.fill()
    done = apply(disk.folder, [raw("order.placed", id="two", qty=2, order="o2")])
    assert (done.returncode, done.stdout) == (Exit.UNREACHABLE, b"")
    assert "disk is full. Free some space" in told(done.stderr.decode())
    for command in ("show", "verify"):
        done = subprocess.run(
            [*COMMAND, command, "room.db"], cwd=disk.folder, capture_output=True, check=False
        )
        assert done.returncode == Exit.DONE, done.stderr
    disk.empty()
    done = apply(disk.folder, [raw("order.placed", id=n, qty=2, order=f"o{n}") for n in ("two", "three")])
    assert answers(done) == ["accepted", "accepted"]


def test_a_snapshot_for_which_there_is_no_space_is_left_out(disk):
    disk.resize("16m")
    events = [raw("order.placed", id=f"p{n}", qty=1, order=f"o{n}") for n in range(6000)]
    child = subprocess.Popen(
        APPLY, cwd=disk.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    text = b"".join(event + b"\n" for event in events)
    feeding = threading.Thread(target=lambda: (child.stdin.write(text), child.stdin.flush()), daemon=True)
    feeding.start()
    heard = [json.loads(child.stdout.readline())["outcome"] for _ in events]
    feeding.join(60)
    assert heard.count("accepted") == 9
    disk.fill()
    rest, said = child.communicate(timeout=60)
    assert (child.returncode, rest) == (Exit.DONE, b"")
    assert "no snapshot" in said.decode()
    assert not list(disk.folder.glob("*.snap.*"))
    disk.empty()
    done = apply(disk.folder, events[:3])
    assert answers(done) == ["duplicate"] * 3
    done = subprocess.run([*COMMAND, "verify", "room.db"], cwd=disk.folder, capture_output=True, check=False)
    assert done.returncode == Exit.DONE, done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_answers_for_which_there_is_no_space_are_given_when_asked_again(tmp_path):
    (tmp_path / "room.toml").write_text(ROOM, encoding="utf-8")
    event = raw("order.placed", id="one", qty=2, order="o1")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            APPLY, input=event + b"\n", cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == Exit.UNREACHABLE
    assert "the disk is full" in done.stderr.decode()
    again = json.loads(apply(tmp_path, [event]).stdout)
    assert (again["outcome"], again["original"]) == ("duplicate", "accepted")
