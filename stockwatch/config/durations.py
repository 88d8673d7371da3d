"""Durations as people write them: "45m", "2h30m", "90s", "1d". Whole seconds inside. Pure."""

from __future__ import annotations

import re

MAX_SECONDS = 2**31 - 1

_SHAPE = re.compile(r"(?:([0-9]{1,10})d)?(?:([0-9]{1,10})h)?(?:([0-9]{1,10})m)?(?:([0-9]{1,10})s)?")
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def parse_duration(text: str) -> int | None:
    """Seconds of "45m", "2h30m", "90s", "1d": units in this order, each at most once. None if it is not
    that, or 2^31 seconds or more."""
    match = _SHAPE.fullmatch(text)
    if match is None or not text:
        return None
    seconds = sum(int(count) * unit for count, (_, unit) in zip(match.groups("0"), _UNITS, strict=True))
    return seconds if seconds <= MAX_SECONDS else None


def format_duration(seconds: int) -> str:
    """The shortest text that `parse_duration` reads back as `seconds` (>= 0)."""
    assert 0 <= seconds <= MAX_SECONDS, seconds
    parts = []
    for letter, unit in _UNITS:
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"
