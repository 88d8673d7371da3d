"""Figures as the interface writes them: counts, velocities, ages by the minute, clock times, sell-out
times.

Pure: the caller hands in the instant that is "now" (the room's decision clock), the zone and the language.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from stockwatch.console.lexicon.word import Language
from stockwatch.room.view import Eta

NOTHING = "-"
"""Shown where there is no value; one cell in every terminal."""
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)")
_HOUR = 3600
_DAY = 24 * _HOUR
_LONGEST_IN_MINUTES = 100


@lru_cache(maxsize=16)
def zone_of(name: str) -> tzinfo:
    """A zone from an IANA name or an offset such as `+08:00`; UTC where it is neither."""
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        sign, hours, minutes = offset.groups()
        delta = timedelta(hours=int(hours), minutes=int(minutes))
        if delta < timedelta(hours=24):
            return timezone(-delta if sign == "-" else delta)
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a name nobody knows is a KeyError
        return UTC


def clock_time(instant: int | None, zone: tzinfo) -> str:
    """`22:41` in the room's zone; a dash for None or an instant no calendar has."""
    moment = _moment(instant, zone)
    return NOTHING if moment is None else f"{moment.hour:02d}:{moment.minute:02d}"


def clock_seconds(instant: int | None, zone: tzinfo) -> str:
    """`22:41:07` in the room's zone."""
    moment = _moment(instant, zone)
    return NOTHING if moment is None else f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"


def day(instant: int | None, zone: tzinfo) -> str:
    """`11-11` in the room's zone."""
    moment = _moment(instant, zone)
    return NOTHING if moment is None else f"{moment.month:02d}-{moment.day:02d}"


def _moment(instant: int | None, zone: tzinfo) -> datetime | None:
    if instant is None:
        return None
    try:
        return datetime.fromtimestamp(instant, zone)
    except (OverflowError, ValueError, OSError):
        return None


def age(seconds: int, language: Language) -> str:
    """How long ago, by the minute: `刚刚`, `8分`, `2时05`, `3天`; `now`, `8m`, `2h05`, `3d`. At most 6
    cells.
    """
    if seconds < 60:
        return "刚刚" if language == "zh" else "now"
    if seconds < _HOUR:
        return f"{seconds // 60}{'分' if language == 'zh' else 'm'}"
    if seconds < _DAY:
        return f"{seconds // _HOUR}{'时' if language == 'zh' else 'h'}{seconds % _HOUR // 60:02d}"
    return f"{min(seconds // _DAY, 999)}{'天' if language == 'zh' else 'd'}"


def span(seconds: int, language: Language) -> str:
    """A length of time: `45分`, `2时30`; `45m`, `2h30`; under a minute in seconds."""
    if seconds < 60:
        return f"{seconds}{'秒' if language == 'zh' else 's'}"
    return age(seconds, language)


def count(units: int) -> str:
    """Units in digits; from a million on in thousands (`1234k`), so that a column holds."""
    return str(units) if abs(units) < 1_000_000 else f"{int(units / 1000)}k"


def rate(velocity: float) -> str:
    """Units a minute: `46`, `4.6`, `0`."""
    tenths = round(velocity, 1)
    return count(round(velocity)) if tenths >= 10 or tenths.is_integer() else f"{tenths:.1f}"


def eta_clock(eta: Eta, zone: tzinfo) -> str:
    """The middle estimate as a clock time, `22:41`; a dash when it is not in sight."""
    return clock_time(eta.p50, zone)


def eta_minutes(eta: Eta, now: int, language: Language, *, ascii: bool = False) -> str:
    """`约8分(6–12)` / `~8 min (6-12)`; `约3时` beyond 100 minutes; an open end is written `6+`."""
    if eta.p50 is None:
        return NOTHING
    middle = _minutes(eta.p50, now)
    if middle <= 0:
        return "马上" if language == "zh" else "any moment"
    if middle >= _LONGEST_IN_MINUTES:
        hours = round(middle / 60)
        return f"约{hours}时" if language == "zh" else f"~{hours} h"
    early = None if eta.p10 is None else max(0, _minutes(eta.p10, now))
    late = None if eta.p90 is None else max(0, _minutes(eta.p90, now))
    spread = ""
    if early is not None and late is not None:
        spread = f"{early}{'-' if ascii else '–'}{late}"
    elif early is not None:
        spread = f"{early}+"
    body = f"约{middle}分" if language == "zh" else f"~{middle} min"
    if not spread:
        return body
    return f"{body}({spread})" if language == "zh" else f"{body} ({spread})"


def _minutes(instant: int, now: int) -> int:
    """Minutes from now, half up."""
    return (instant - now + 30) // 60
