"""Validating recordings: every line that would be set aside, and what the rest looks like.

Owns the account: invalid lines, conflicts and duplicates of identity (over all files given, in their order),
and how far times are out of order. Reads only the recordings; keeps 16-byte digests of identities and
contents, not events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import msgspec

from stockwatch.events import Event, Invalid, from_outside
from stockwatch.feeds.recording import Line, read
from stockwatch.room.clock import AHEAD_US, Clock


class Problem(msgspec.Struct, frozen=True):
    """A line that would be set aside."""

    file: str
    line: int
    outcome: Literal["invalid", "conflict"]
    reason: str
    """In English; may hold text from the line: escape it before showing it."""


class Account(msgspec.Struct):
    """What was found so far. Instants in microseconds since the epoch."""

    events: int = 0
    """Non-blank lines, bad ones included."""
    invalid: int = 0
    conflict: int = 0
    duplicate: int = 0
    late: int = 0
    """Valid events whose time lies before one further up in their file."""
    latest_us: int = 0
    """By how much, at most."""
    ahead: int = 0
    """Valid events more than ten minutes ahead of what came before and right after."""
    first_us: int | None = None
    last_us: int | None = None
    types: Counter[str] = msgspec.field(default_factory=Counter)
    sources: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def dead(self) -> int:
        """Lines that would be set aside."""
        return self.invalid + self.conflict


def check(paths: Sequence[Path | str], account: Account) -> Iterator[Problem]:
    """The problems of recordings in order, while `account` is kept. Raises RecordingError."""
    seen: dict[bytes, tuple[int, str, int]] = {}
    for path in paths:
        clock = Clock()
        claim_us: int | None = None
        for line in read(path):
            account.events += 1
            event = from_outside(line.event)
            if isinstance(event, Invalid):
                account.invalid += 1
                yield Problem(line.file, line.number, "invalid", event.reason)
                continue
            claim_us = _note(account, event, clock, claim_us)
            problem = _identify(account, event, line, seen)
            if problem is not None:
                yield problem
        account.ahead += claim_us is not None


def _identify(
    account: Account, event: Event, line: Line, seen: dict[bytes, tuple[int, str, int]]
) -> Problem | None:
    # Neither can hold a control character, so that a line feed between them keeps pairs apart.
    identity = blake2b(f"{event.source}\n{event.id}".encode(), digest_size=16).digest()
    content, file, number = seen.setdefault(identity, (event.content, line.file, line.number))
    if (file, number) == (line.file, line.number):
        return None
    if content == event.content:
        account.duplicate += 1
        return None
    account.conflict += 1
    reason = f"source and id of line {number} of {file}, with other content"
    return Problem(line.file, line.number, "conflict", reason)


def _note(account: Account, event: Event, clock: Clock, claim_us: int | None) -> int | None:
    """Count an event. `claim_us` is the time of the event before it, when that was too far ahead to be believed
    alone; returns this one's, in the same case.
    """
    at_us = event.time_us
    before_us = clock.now_us
    now_us = clock.hear(at_us)
    if before_us is not None and at_us < before_us:
        account.late += 1
        account.latest_us = max(account.latest_us, before_us - at_us)
    account.first_us = at_us if account.first_us is None else min(account.first_us, at_us)
    account.last_us = at_us if account.last_us is None else max(account.last_us, at_us)
    account.types[event.type] += 1
    account.sources[event.source] += 1
    if claim_us is not None and claim_us - now_us > AHEAD_US:
        account.ahead += 1
    return at_us if at_us - now_us > AHEAD_US else None
