"""The detectors by the names that the settings give them (`alerts.trend_rule`)."""

from __future__ import annotations

from collections.abc import Callable

from stockwatch.demand.ratio import RatioRule
from stockwatch.demand.sequential import SequentialRule
from stockwatch.demand.surge import SurgeDetector

_RULES: dict[str, Callable[[float], SurgeDetector]] = {"sequential": SequentialRule, "ratio": RatioRule}


def detector(rule: str, false_alarm_hours: float) -> SurgeDetector:
    """One that rings falsely once in so many hours of a SKU's usual sales. Raises ValueError for a name that isn't
    known."""
    if rule not in _RULES:
        raise ValueError(f"alerts.trend_rule: no detector is called {rule!r}; known: {', '.join(_RULES)}")
    return _RULES[rule](false_alarm_hours)
