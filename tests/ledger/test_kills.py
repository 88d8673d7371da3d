"""Some kills of a real writer (`tests/proofs/kills.py` does hundreds)."""

from __future__ import annotations

from collections import Counter

from kills import MOMENTS, trials


def test_a_writer_killed_at_any_moment_loses_nothing_and_says_nothing_twice():
    happened = sum(trials(15, seed=3), Counter())
    for moment in MOMENTS:
        assert happened[f"killed {moment}"], f"a kill {moment} is part of it"
    assert happened["duplicate"], "what was answered is asked again"
    assert happened["started from a snapshot"] > 5, "most starts have one to read"
