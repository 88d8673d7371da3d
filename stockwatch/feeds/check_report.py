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


def account_text(account: Account) -> Iterator[tuple[str, str]]:
    """Lines for a person, printable: in English and in Chinese."""
    yield (
        f"{account.events} events: {account.invalid} invalid, {account.conflict} conflicts, "
        f"{account.duplicate} duplicates",
        f"{account.events} 条消息:无效 {account.invalid},冲突 {account.conflict},重复 {account.duplicate}",
    )
    if account.first_us is not None and account.last_us is not None:
        first, last = format_time(account.first_us), format_time(account.last_us)
        yield f"from {first} to {last}", f"从 {first} 到 {last}"
    if account.late:
        late, by_s = account.late, account.latest_us / 1e6
        yield f"{late} out of order, by {by_s:.3f} s at most", f"{late} 条时间乱序,最多晚 {by_s:.3f} 秒"
    if account.ahead:
        yield (
            f"{account.ahead} more than ten minutes ahead of what came before and after",
            f"{account.ahead} 条比前后消息超前十分钟以上",
        )
    for en, zh, counts in (("types", "类型", account.types), ("sources", "来源", account.sources)):
        if counts:
            listed = [f"{printable(kind, 60)} {count}" for kind, count in counts.most_common(_SHOWN_KINDS)]
            more = len(counts) - len(listed)
            shown = ", ".join(listed)
            yield (
                f"{en}: {shown}" + (f" and {more} more" if more else ""),
                f"{zh}:{shown}" + (f",另有 {more} 种" if more else ""),
            )
