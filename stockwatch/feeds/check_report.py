"""How the account of a check reads: for people, and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stockwatch.events import format_time
from stockwatch.feeds.check import Account
from stockwatch.printable import printable

_SHOWN_KINDS = 20


def account_json(account: Account) -> bytes:
    """One `feed.check` message: counts, `late_max_s` in seconds, `first` and `last` in UTC, types and sources
    by code point.
    """
    data = {
        "events": account.events,
        "invalid": account.invalid,
        "conflict": account.conflict,
        "duplicate": account.duplicate,
        "dead": account.dead,
        "late": account.late,
        "late_max_s": account.latest_us / 1e6,
        "ahead": account.ahead,
        "first": None if account.first_us is None else format_time(account.first_us),
        "last": None if account.last_us is None else format_time(account.last_us),
        "types": dict(sorted(account.types.items())),
        "sources": dict(sorted(account.sources.items())),
    }
    return msgspec.json.encode({"type": "feed.check", "data": data})


def account_text(account: Account) -> Iterator[str]:
    """Lines for a person, printable."""
    yield (
        f"{account.events} events: {account.invalid} invalid, {account.conflict} conflicts, "
        f"{account.duplicate} duplicates"
    )
    if account.first_us is not None and account.last_us is not None:
        yield f"from {format_time(account.first_us)} to {format_time(account.last_us)}"
    if account.late:
        yield f"{account.late} out of order, by {account.latest_us / 1e6:.3f} s at most"
    if account.ahead:
        yield f"{account.ahead} more than ten minutes ahead of what came before and after"
    for name, counts in (("types", account.types), ("sources", account.sources)):
        if counts:
            shown = [f"{printable(kind, 60)} {count}" for kind, count in counts.most_common(_SHOWN_KINDS)]
            more = len(counts) - len(shown)
            yield f"{name}: {', '.join(shown)}" + (f" and {more} more" if more else "")
