"""Moving one recorded event to another time: bytes to bytes.

Owns which members are instants and how an instant moves. Everything else keeps its exact bytes: ids, integers
of any size, numbers as they were written, members that we do not know. A message that is not a JSON object is
left as it is. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from stockwatch.events import MAX_EVENT_BYTES, parse_time

_ATTRIBUTES: Final = ("time", "received")
_DATA: Final = ("expires", "due", "as_of", "since", "until", "ship_by")
"""The instants that the event vocabulary knows."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times without a zone are what is formatted here
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.encode


class Shift(msgspec.Struct, frozen=True):
    """A straight line through time: `from_us` becomes `to_us`, and what lies between instants shrinks by
    `speed`.
    """

    from_us: int
    to_us: int
    speed: float = 1.0
    """Greater than 0; infinity makes every instant `to_us`."""

    def instant(self, at_us: int) -> int:
        """Where an instant (microseconds since the epoch) moves to."""
        since = at_us - self.from_us
        return self.to_us + (since if self.speed == 1.0 else round(since / self.speed))

    def text(self, written: str) -> str:
        """RFC 3339 to RFC 3339, with the offset it had. Returned as it is when it is no instant, or would
        leave the years 1-9999 (`9999-12-31` means never, and stays).
        """
        at_us = parse_time(written)
        if at_us is None:
            return written
        zone = written[-1] if written[-1] in "Zz" else written[-6:]
        ahead_us = 0 if len(zone) == 1 else (int(zone[1:3]) * 60 + int(zone[4:6])) * 60_000_000
        local = _local(self.instant(at_us) + (-ahead_us if zone[0] == "-" else ahead_us), written[10])
        return written if local is None or parse_time(local + zone) is None else local + zone


def shift_event(raw: bytes, shift: Shift | None, cursor: str | None = None) -> bytes:
    """The event with its instants moved, and attribute `cursor` set when one is given.

    `shift` None leaves all times as recorded. The last of repeated members stays. Bytes that are no JSON
    object, or too many to be an event, come back unchanged.
    """
    if len(raw) > MAX_EVENT_BYTES:
        return raw
    try:
        event = _decode(raw.removeprefix(b"\xef\xbb\xbf"))
        if shift is not None:
            _move(event, _ATTRIBUTES, shift)
            _move_data(event, shift)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return raw
    if cursor is not None:
        event["cursor"] = msgspec.Raw(_encode(cursor))
    return _encode(event)


def _move_data(event: dict[str, msgspec.Raw], shift: Shift) -> None:
    data = event.get("data")
    if data is None or bytes(data)[:1] != b"{":
        return
    members = _decode(data)
    if _move(members, _DATA, shift):
        event["data"] = msgspec.Raw(_encode(members))


def _move(members: dict[str, msgspec.Raw], names: Sequence[str], shift: Shift) -> bool:
    """Move those of the named members that are instants; whether any was."""
    moved = False
    for name in names:
        value = members.get(name)
        if value is not None and bytes(value)[:1] == b'"':
            written = _decode_text(value)
            text = shift.text(written)
            if text != written:
                members[name] = msgspec.Raw(_encode(text))
                moved = True
    return moved


def _local(at_us: int, separator: str) -> str | None:
    """Date and time without a zone; milliseconds or microseconds only where there are any."""
    try:
        at = _EPOCH + timedelta(microseconds=at_us)
    except OverflowError:
        return None
    text = f"{at.date().isoformat()}{separator}{at:%H:%M:%S}"
    if at.microsecond == 0:
        return text
    whole_ms, rest_us = divmod(at.microsecond, 1000)
    return f"{text}.{whole_ms:03d}" if rest_us == 0 else f"{text}.{at.microsecond:06d}"
