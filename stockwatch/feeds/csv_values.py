"""The values of an order export's cells: numbers, money and times as shops write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation

from stockwatch.events import MAX_FIGURE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.0+)?", re.ASCII)
_MONEY = re.compile(r"[¥\uffe5$£€]?\s*([+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)\s*元?", re.ASCII)
_TIME = re.compile(
    r"(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,4})\s*日?"
    r"(?:[T\s]*(\d{1,2})[:\uff1a时](\d{1,2})(?:[:\uff1a分](\d{1,2})(?:\.(\d{1,9}))?秒?)?分?\s*([AaPp][Mm])?"
    r"\s*(Z|[+-]\d\d:?\d\d)?)?"
)
_STAMP = re.compile(r"\d{10}|\d{13}", re.ASCII)


class BadValue(ValueError):
    """A cell that can't be read. `str()` says what was expected and what stands there."""


def clean(cell: str) -> str:
    """A cell's text, without what exports put around long numbers to keep spreadsheets off: tabs, quotes,
    `="…"`.
    """
    text = cell.strip().strip("\ufeff").strip()
    if len(text) > 3 and text.startswith('="') and text.endswith('"'):
        return text[2:-1].strip()
    return text[1:].strip() if text[:1] in ("'", "`") else text


def whole(text: str) -> int:
    """A whole number other than 0, below 2^31 in size. Raises BadValue."""
    if not _WHOLE.fullmatch(text) or len(text) > 20:
        raise BadValue(f"quantity: expected a whole number, got {text!r}")
    number = int(text.replace(",", "").partition(".")[0])
    if number == 0 or abs(number) > MAX_FIGURE:
        raise BadValue(
            f"quantity: expected 1 to {MAX_FIGURE} (or less than 0 for units taken back), got {text!r}"
        )
    return number


def minor_units(text: str) -> int | None:
    """Money in hundredths, None when the cell holds none that fits (an amount is never worth losing an order
    for).
    """
    match = _MONEY.fullmatch(text)
    if match is None or len(text) > 30:
        return None
    try:
        units = Decimal(match[1].replace(",", "")) * 100
    except InvalidOperation:
        return None
    rounded = int(units.to_integral_value())
    return rounded if abs(rounded) <= MAX_FIGURE else None


def day_comes_first(texts: Iterable[str]) -> bool | None:
    """Whether dates like 3/12/2025 put the day first, by those that can be read in one way only; None: can't
    tell.
    """
    for text in texts:
        match = _TIME.fullmatch(text)
        if match is None or len(match[1]) == 4:
            continue
        first, second = int(match[1]), int(match[2])
        if first > 12 or second > 12:
            return first > 12
    return None


def instant(text: str, zone: tzinfo, *, day_first: bool) -> int:
    """Microseconds since the epoch. Times without an offset are in `zone`; a date alone is its midnight; 10
    or 13 digits are seconds or milliseconds since the epoch. Raises BadValue.
    """
    if _STAMP.fullmatch(text):
        return int(text) * (1_000_000 if len(text) == 10 else 1000)
    match = _TIME.fullmatch(text)
    if match is None:
        raise BadValue(f"time: expected a date and a time, got {text!r}")
    first, second, third = int(match[1]), int(match[2]), int(match[3])
    if len(match[1]) == 4:
        year, month, day = first, second, third
    else:
        day, month = (first, second) if day_first else (second, first)
        year = third if len(match[3]) == 4 else 2000 + third
    hour, minute, seconds = (int(part or 0) for part in match.group(4, 5, 6))
    if match[8]:
        if not 1 <= hour <= 12:
            raise BadValue(f"time: no such hour in {text!r}")
        hour = hour % 12 + (12 if match[8].lower() == "pm" else 0)
    micros = int((match[7] or "")[:6].ljust(6, "0"))
    try:
        at = datetime(year, month, day, hour, minute, seconds, micros, tzinfo=_offset(match[9]) or zone)
        return (at - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise BadValue(f"time: there is no {text!r}") from None


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-ahead if text[0] == "-" else ahead)
