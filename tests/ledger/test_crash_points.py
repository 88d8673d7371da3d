"""A writer dies where it was told to, and only there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from ledger_making import raw

from stockwatch.ledger import crash_points
from stockwatch.ledger.crash_points import NAMES, VARIABLE, told
from stockwatch.ledger.file import LedgerFile

ROOM = '[room]\nid = "r"\nname = "r"\n'


def apply(folder, value):
    environment = {name: text for name, text in os.environ.items() if name != VARIABLE}
    (folder / "room.toml").write_text(ROOM, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "stockwatch", "ledger", "apply", "room.db", "--room", "room.toml"],
        input=raw("order.placed", order="o1", qty=1) + b"\n",
        capture_output=True,
        cwd=folder,
        env=environment | ({VARIABLE: value} if value else {}),
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "journaled"), [("before-journal", 0), ("before-commit", 0), ("after-commit", 1)]
)
def test_a_commit_dies_before_or_after_it_is_durable_and_never_answers(tmp_path, name, journaled):
    done = apply(tmp_path, f"{name}:1")
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
    with LedgerFile(tmp_path / "room.db", read_only=True) as ledger:
        assert ledger.last_seq == journaled


def test_the_count_is_of_passings(tmp_path):
    assert apply(tmp_path, "after-commit:2").returncode == 0, "there is one commit"


def test_nothing_is_called_where_nothing_is_asked(tmp_path):
    assert crash_points.passing is None
    assert told("") is None
    assert apply(tmp_path, None).returncode == 0


@pytest.mark.parametrize("value", ["nowhere:1", NAMES[0], f"{NAMES[0]}:0", f"{NAMES[0]}:x"])
def test_a_place_that_is_none_is_refused(value):
    with pytest.raises(ValueError, match="must be NAME:COUNT"):
        told(value)
