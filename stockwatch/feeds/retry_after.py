"""The Retry-After header, RFC 9110 section 10.2.3. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(value: str | None, now_us: int, longest_s: float = 300.0) -> float | None:
    """Seconds to stay away, from a number or an HTTP date, at most `longest_s`; None when it says nothing usable.

    `now_us` is microseconds since the epoch.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:12])
    else:
        try:
            until = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return None
        now = datetime.fromtimestamp(now_us / 1e6, UTC)
        seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), longest_s)
