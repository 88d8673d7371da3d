"""Markers and settings of the whole suite."""

import os

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is, not whether it holds.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "e2e: the real program in real processes and terminals")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: a good part of the suite waits for processes and clocks."""
    return (os.cpu_count() or 1) + 1
