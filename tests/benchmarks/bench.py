"""What every benchmark shares: one line a measure, PASS or SHORT, and an exit code that says so.

Medians of repeated runs; ratios stand beside absolutes, since machines differ. Worlds and terminals are those of the
end-to-end tests.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / "tests" / "e2e", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


class Report:
    """Collects measures; `end` is the exit code."""

    def __init__(self) -> None:
        self._short = 0

    def at_most(self, name: str, value: float, target: float, unit: str, beside: str = "") -> None:
        """A measure that must not be above its target."""
        self._line(value <= target, name, value, f"<= {target:g}", unit, beside)

    def at_least(self, name: str, value: float, target: float, unit: str, beside: str = "") -> None:
        """A measure that must not be below its target."""
        self._line(value >= target, name, value, f">= {target:g}", unit, beside)

    def holds(self, name: str, held: bool, beside: str = "") -> None:
        """Something that is so or not."""
        self._line(held, name, float(held), "= 1", "", beside)

    def _line(self, passed: bool, name: str, value: float, target: str, unit: str, beside: str) -> None:
        self._short += not passed
        words = [
            "PASS " if passed else "SHORT",
            name,
            f"{value:,.4g}" if value < 1000 else f"{value:,.0f}",
            unit,
        ]
        print(
            " ".join(word for word in words if word),
            f"(target {target}{'; ' + beside if beside else ''})",
            flush=True,
        )

    def end(self) -> int:
        return 1 if self._short else 0


def arguments(
    about: str | None, several: Mapping[str, Sequence[str]] | None = None, **more: int
) -> argparse.Namespace:
    """`--full` takes more samples; `several` are options that may come again, with what they may be; `more` are options
    with whole-number defaults."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="more samples, longer windows")
    for name, choices in (several or {}).items():
        parser.add_argument(f"--{name}", action="append", choices=choices, default=[])
    for name, default in more.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


def cpu_of_children() -> float:
    """CPU seconds of all children that have ended."""
    used = os.times()
    return used.children_user + used.children_system
