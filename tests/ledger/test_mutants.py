"""The mutation runner makes real changes (`tests/proofs/mutate.py` runs them)."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import mutate
import pytest


@pytest.mark.parametrize("file", ["groups.py", "moments.py", "exceptions.py"])
def test_every_mutant_is_python_and_differs_from_all_others(file: str):
    whole = ast.unparse(ast.parse((mutate.ROOT / "stockwatch" / "ledger" / file).read_text("utf-8")))
    made = list(mutate.mutants_of(file))
    texts = {mutant.text for mutant in made}
    assert len(made) > 5
    assert len(texts) == len(made)
    assert whole not in texts
    for mutant in made:
        ast.parse(mutant.text)


def test_only_the_lines_that_changed_since_a_commit_are_asked_for(tmp_path: Path, monkeypatch):
    file = tmp_path / "stockwatch" / "ledger" / "cells.py"
    file.parent.mkdir(parents=True)
    file.write_text("a = 1\nb = 2\nc = 3\nd = 4\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@x"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True)
    file.write_text("a = 1\nb = 9\nd = 4\ne = 5\n")
    monkeypatch.setattr(mutate, "ROOT", tmp_path)
    assert mutate.changed_since("HEAD", "cells.py") == {2, 4}


def test_the_core_it_changes_and_the_tests_it_runs_are_there():
    for name in mutate.CORE:
        assert (mutate.ROOT / "stockwatch" / "ledger" / name).is_file()
    for name in mutate.TESTS:
        assert (Path(__file__).parent / name).is_file()
