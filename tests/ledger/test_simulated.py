"""Some hundred seeds of the simulated shop (`tests/proofs/simulate.py` runs them by the thousand)."""

from __future__ import annotations

import pytest
from simulate import simulate


@pytest.mark.parametrize("first", range(1, 401, 50))
def test_simulated_shops_keep_every_promise(first: int):
    seeds = range(first, first + 50)
    worlds = [(seed, wild, simulate(seed, wild=wild)) for seed in seeds for wild in (False, True)]
    followed = [seed for seed, wild, world in worlds if not wild and world.beyond is None]
    assert len(followed) > 40, "the model follows nearly every one to its end"
    happened = sum((world.happened for _, _, world in worlds[1:]), worlds[0][2].happened)
    for what in (
        "died",
        "failed",
        "taken over",
        "snapshot",
        "short",
        "rejected",
        "conflict",
        "duplicate",
        "noop",
    ):
        assert happened[what], f"{what} is part of it"
