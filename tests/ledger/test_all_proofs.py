"""The one command for all proofs says what they came to."""

from __future__ import annotations

import pytest
from all import BOUNDED, FULL, main


def proof(folder, name, code):
    (folder / f"{name}.py").write_text(f"raise SystemExit({code})\n", encoding="utf-8")


def test_one_that_fails_makes_the_whole_fail(tmp_path, capfd):
    for name in BOUNDED:
        proof(tmp_path, name, int(name == "kills"))
    assert main([], tmp_path) == 1
    said = capfd.readouterr().out
    assert "FAIL  kills" in said
    assert said.count("PASS") == len(BOUNDED) - 1


def test_one_that_is_absent_is_skipped_and_said_to_be(tmp_path, capfd):
    proof(tmp_path, "kills", 0)
    assert main(["--full"], tmp_path) == 0
    said = capfd.readouterr().out
    assert "simulate.py is not in this checkout" in said
    assert said.count("SKIP") == len(FULL) - 1


def test_nothing_proven_is_no_pass(tmp_path):
    assert main([], tmp_path) == 1


def test_an_unknown_word_is_refused(tmp_path):
    with pytest.raises(SystemExit):
        main(["--everything"], tmp_path)
