"""A world a test, and the folder's helpers importable."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from e2e_world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        yield made
        said = [
            f"{log.name}:\n{log.read_text('utf-8', 'replace')[-2000:]}"
            for log in (tmp_path / "state").rglob("*.log")
        ]
    print("\n".join(said))
