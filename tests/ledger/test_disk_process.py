"""`ledger apply` on a disk that is full or fails: it says so and stops, nothing is lost, and the next one goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from kills import Trial

from stockwatch.exits import Exit


@pytest.mark.parametrize("at", [3, 15])
@pytest.mark.parametrize("fault", ["full-write", "io-write", "io-sync"])
def test_a_disk_that_fails_ends_the_writer_with_a_sentence_and_the_next_goes_on(
    tmp_path: Path, fault: str, at: int
):
    trial = Trial(tmp_path, seed=at, orders=200)
    code, said = trial.life(fault, at)
    assert code == Exit.UNREACHABLE, said
    (line,) = said.splitlines()
    assert line.startswith("stockwatch: room.db: "), line
    assert "disk" in line, "what to look at"
    assert "Traceback" not in said
    assert len(trial.source.answers) < len(trial.source.messages)
    trial.check()
    code, said = trial.life(fault, 2)
    assert code == Exit.UNREACHABLE, said
    trial.check()
    trial.end()
