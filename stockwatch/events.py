"""The event vocabulary: bytes of one CloudEvents 1.0 message to a typed, validated `Event`, and back.

Owns what is a valid event and what makes two deliveries the same one (identity, content).
Pure: no I/O, no clock, no randomness. Never raises on bad input: it returns `Invalid` with a reason.
"""

from __future__ import annotations

from typing import Any

import msgspec

MAX_EVENT_BYTES = 1024 * 1024
MAX_FIGURE = 2**31 - 1
"""All figures are below 2^31 in size."""


class Event(msgspec.Struct, frozen=True):
    """One valid event.

    Instants are integers: microseconds since the Unix epoch, UTC. `data` is the parsed `data` object,
    members that we do not know included; it is never modified after decoding.
    """

    source: str
    id: str
    type: str
    subject: str | None
    time: str
    """As received: RFC 3339 with an offset."""
    time_us: int
    received_us: int | None
    """What intake stamped (attribute `received`), else None."""
    data: dict[str, Any]
    content: bytes
    """16-byte digest of type, subject and data after parsing: the same content has the same digest."""
    raw: bytes
    """The message as received, without a line end."""

    @property
    def clock_us(self) -> int:
        """What this event says to the decision clock: `received`, else `time`."""
        return self.time_us if self.received_us is None else self.received_us


class Invalid(msgspec.Struct, frozen=True):
    """A message that can't be used. It claims no id; it is set aside and counted."""

    reason: str
    """What is wrong and where, in English, e.g. `data.qty: expected an integer >= 1, got 1.0`."""
    source: str | None
    id: str | None
    raw: bytes


def decode(raw: bytes) -> Event | Invalid:
    """Decode one message (a line without its line end, or one socket frame).

    The rules are those of the interface: integers are digits only, `time` needs an offset, ids are
    1-256 characters without control characters, unpaired surrogates and more than 1 MiB are invalid,
    the last of repeated members counts, a leading BOM is accepted.
    """
    raise NotImplementedError


def encode(
    *,
    type: str,
    source: str,
    id: str,
    time: str,
    data: dict[str, Any],
    subject: str | None = None,
    received: str | None = None,
) -> bytes:
    """One event of ours as compact UTF-8 JSON, members in the documented order (specversion, id, source, type,
    subject, time, received, data), without a line end."""
    raise NotImplementedError


def parse_time(text: str) -> int | None:
    """RFC 3339 with an offset to microseconds since the epoch, or None if it is not that."""
    raise NotImplementedError


def format_time(instant_us: int, zone: Any = None) -> str:
    """Microseconds since the epoch to RFC 3339 with milliseconds in `zone` (a tzinfo; None is UTC).

    Milliseconds are always printed; times of ticks (whole seconds) therefore end in `.000`.
    """
    raise NotImplementedError
