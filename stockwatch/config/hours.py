"""Opening hours as people write them: "09:00-23:00"; past midnight where the end is not after the beginning
("18:00-02:00"). Local time of the room, whole minutes; every day the same. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

DAY_S = 86_400
_SHAPE = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


@lru_cache(maxsize=512)
def parse_hours(text: str) -> tuple[int, int] | None:
    """(opens, closes) in seconds of the day, 24:00 as the end of one. None if it isn't that, or opens and closes at
    once."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    opens, closes = (int(match[n]) * 3600 + int(match[n + 1]) * 60 for n in (1, 3))
    if opens >= DAY_S or closes > DAY_S or opens == closes:
        return None
    return opens, closes


def waits(hours: tuple[int, int], second: int) -> int:
    """Seconds from `second` of the day until it is open; 0 while it is."""
    opens, closes = hours
    is_open = opens <= second < closes if opens < closes else not closes <= second < opens
    return 0 if is_open else (opens - second) % DAY_S


def turns(hours: tuple[int, int], second: int) -> int:
    """Seconds from `second` of the day until it next opens or closes; at least 1."""
    return min((edge - second - 1) % DAY_S + 1 for edge in hours)
