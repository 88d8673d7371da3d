"""RFC 3339 text to integer instants and back: microseconds since the Unix epoch, UTC.

Pure: reads no clock and no zone but the one it is given. The only state are bounded caches of seconds and
minutes, since the events of a feed fall into few of them. Callers import these names from `stockwatch.events`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY_US = 86_400_000_000
_FIRST_US = (date(1, 1, 1).toordinal() - _EPOCH_DAY) * _DAY_US
_LAST_US = (date(9999, 12, 31).toordinal() - _EPOCH_DAY + 1) * _DAY_US - 1
_texts: dict[str, int] = {}
"""What was parsed last: when events come fast, many are of one millisecond."""
_minutes: dict[str, int] = {}
"""Minute and offset as written, to the instant the minute begins."""
_seconds: dict[str, int] = {}
"""Text of milliseconds without their three digits (`2025-11-11T20:00:03.+08:00`), to the instant the second
begins."""
_KEPT = 4096
_MILLISECONDS = {f"{number:03d}": number * 1000 for number in range(1000)}
_SCALE = [int(10 ** max(0, 9 - length)) for length in range(10)]
"""Microseconds of one step of the last digit, by the length of `SS.fff`."""


def parse_time(text: str) -> int | None:
    """RFC 3339 with an offset to microseconds since the epoch, or None if it is not that.

    Digits after the sixth of a fraction are dropped. Second 60 is taken at 23:59 UTC only, where leap seconds
    are, as the instant that follows second 59. Instants outside the years 1 to 9999 UTC are None.
    """
    known = _texts.get(text)
    if known is not None:
        return known
    second = _seconds.get(text[:20] + text[23:])
    if second is not None and (fraction_us := _MILLISECONDS.get(text[20:23])) is not None:
        if len(_texts) >= _KEPT:
            _texts.clear()
        _texts[text] = known = second + fraction_us
        return known
    instant = _parse_seconds(text)
    if instant is not None:
        if len(_texts) >= _KEPT:
            _texts.clear()
        _texts[text] = instant
    return instant


def _parse_seconds(text: str) -> int | None:
    """By the minute; notes the second for the next text, where this one has milliseconds."""
    instant = _parse(text)
    if instant is not None and text[19] == "." and text[20:23] in _MILLISECONDS and not text[23].isdigit():
        if len(_seconds) >= _KEPT:
            _seconds.clear()
        _seconds[text[:20] + text[23:]] = instant - _MILLISECONDS[text[20:23]]
    return instant


def _parse(text: str) -> int | None:
    """By the minute, whatever the length of the fraction."""
    zone_length = 1 if text[-1:] in ("Z", "z") else 6
    minute = _minutes.get(text[:17] + text[-zone_length:])
    if minute is not None:
        rest = text[17:-zone_length]
        length = len(rest)
        if length == 2:
            if rest.isascii() and rest.isdigit() and rest < "60":
                return minute + int(rest) * 1_000_000
        elif 3 < length < 10 and rest[2] == ".":
            whole, fraction = rest[:2], rest[3:]
            if rest.isascii() and whole.isdigit() and fraction.isdigit() and whole < "60":
                return minute + int(whole + fraction) * _SCALE[length]
    return _parse_anew(text, zone_length)


def _parse_anew(text: str, zone_length: int) -> int | None:
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, sign, zone_hour, zone_minute = match.groups()[6:]
    if hour > 23 or minute > 59 or second > 60:
        return None
    offset = 0
    if sign is not None:
        if int(zone_hour) > 23 or int(zone_minute) > 59:
            return None
        offset = int(zone_hour) * 60 + int(zone_minute)
        if sign == "-":
            offset = -offset
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    minutes = days * 1440 + hour * 60 + minute - offset
    if second == 60 and minutes % 1440 != 1439:
        return None
    begins = minutes * 60_000_000
    if not _FIRST_US <= begins <= _LAST_US - second * 1_000_000:
        return None
    if len(_minutes) >= _KEPT:
        _minutes.clear()
    _minutes[text[:17] + text[-zone_length:]] = begins
    return begins + second * 1_000_000 + (int(fraction[:6].ljust(6, "0")) if fraction else 0)


def offset_of(text: str) -> timezone:
    """The offset of a text that `parse_time` takes, as a zone. Raises ValueError on any other."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("expected an RFC 3339 time with an offset")
    sign, hours, minutes = match.groups()[7:]
    if sign is None:
        return UTC
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)


def format_time(instant_us: int, zone: tzinfo | None = None) -> str:
    """Microseconds since the epoch to RFC 3339 in `zone` (None is UTC), cut to milliseconds.

    An instant that the zone can't tell, within a day of the year 1 or 10000, is told as the first or last one that
    every zone can: a time of an event is hostile text too, and must not stop a room.
    """
    return in_zone(instant_us, zone or UTC).isoformat(timespec="milliseconds")


def in_zone(instant_us: int, zone: tzinfo) -> datetime:
    """An instant by the clock on the wall in `zone`; as `format_time` where the zone can't tell it."""
    try:
        return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(zone)
    except (OverflowError, ValueError):
        return in_zone(_FIRST_US + _DAY_US if instant_us < 0 else _LAST_US - _DAY_US, zone)


def second_of_day(now_us: int, zone: tzinfo) -> int:
    """Seconds since midnight by the clock on the wall in `zone`; `now_us` microseconds since the epoch."""
    at = in_zone(now_us, zone)
    return at.hour * 3600 + at.minute * 60 + at.second
