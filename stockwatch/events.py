"""The event vocabulary: bytes of one CloudEvents 1.0 message to a typed, validated `Event`, and back.

Owns what is a valid event and what makes two deliveries the same one (identity, content). What the `data` of
each type must hold is the table in `stockwatch.vocabulary`; instants are in `stockwatch.instants`.
Pure: no I/O, no clock, no randomness. Never raises on bad input: it returns `Invalid` with a reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from xxhash import xxh3_64_intdigest

from stockwatch.instants import format_time, parse_time
from stockwatch.line_data import LINE_TYPES, Id, Item, LineData, line_data_of
from stockwatch.vocabulary import ID, MAX_FIGURE, is_id, wrong_with

__all__ = [
    "LINE_TYPES",
    "MAX_DEPTH",
    "MAX_EVENT_BYTES",
    "MAX_FIGURE",
    "Event",
    "Invalid",
    "Item",
    "LineData",
    "decode",
    "decode_all",
    "encode",
    "format_time",
    "is_id",
    "parse_time",
]

MAX_EVENT_BYTES = 1024 * 1024
_BELIEVED_US = 7 * 86_400_000_000
MAX_DEPTH = 100
"""Levels of nesting; a fixed bound, so that what is valid never depends on the free stack of a process."""


class Event(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One valid event; never modified once `decode` has given it out.

    Instants are integers: microseconds since the Unix epoch, UTC. Members named behind a DEL are ours: no message
    that is decoded straight into this can hold that character.
    """

    specversion: Literal["1.0"]
    id: Id
    source: Id
    type: str
    time: str
    """As received: RFC 3339 with an offset."""
    line: LineData | None = msgspec.field(default=None, name="data")
    """Of an event about an order line: what it tells. None of every other type."""
    subject: Id | None = None
    received: str | None = None
    cursor: str | None = None
    datacontenttype: str | None = None
    time_us: int = msgspec.field(default=0, name="\x7ftime_us")
    received_us: int | None = msgspec.field(default=None, name="\x7freceived_us")
    """What intake stamped (attribute `received`), else None."""
    expires_us: int | None = msgspec.field(default=None, name="\x7fexpires_us")
    """`data.expires` of an order."""
    content: int = msgspec.field(default=0, name="\x7fcontent")
    """64-bit digest (XXH3) of type, subject and data after parsing: the same content has the same digest."""
    raw: bytes = msgspec.field(default=b"", name="\x7fraw")
    """The message as received, without a line end."""
    parsed: dict[str, Any] | None = msgspec.field(default=None, name="\x7fparsed")
    """`data` as an object where it was parsed as one."""

    @property
    def data(self) -> dict[str, Any]:
        """The `data` object, members that we do not know included. Not to be modified."""
        if self.parsed is not None:
            return self.parsed
        return {} if self.line is None else msgspec.to_builtins(self.line)

    @property
    def clock_us(self) -> int:
        """What this event says to the decision clock: `received`, else `time`."""
        return self.time_us if self.received_us is None else self.received_us

    @property
    def moment_us(self) -> int:
        """When it happened: `time`, as long as that is not a week or more after it came; else when it came."""
        time_us, received_us = self.time_us, self.received_us
        return time_us if received_us is None or time_us - received_us < _BELIEVED_US else received_us


class Invalid(msgspec.Struct, frozen=True, gc=False):
    """A message that can't be used. It claims no id; it is set aside and counted."""

    reason: str
    """What is wrong and where, in English, e.g. `data.qty: expected an integer >= 1, got 1.0`."""
    source: str | None
    id: str | None
    raw: bytes


class _Envelope(msgspec.Struct, gc=False):
    """The attributes that we read, untyped: a typed decode would not tell source and id of a bad message."""

    specversion: Any = None
    id: Any = None
    source: Any = None
    type: Any = None
    subject: Any = None
    time: Any = None
    received: Any = None
    data: Any = None


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_line_event = msgspec.json.Decoder(Event).decode
_encode_canonical = msgspec.json.Encoder(order="deterministic").encode
_encode_compact = msgspec.json.Encoder().encode
_ORDERS = frozenset(["order.placed", "order.requested"])
_BOM = b"\xef\xbb\xbf"
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


def decode(raw: bytes, received_us: int | None = None) -> Event | Invalid:
    """Decode one message (a line with or without its line end, or one socket frame).

    The rules are those of the interface: integers are digits only, `time` needs an offset, ids are
    1-256 characters without control characters, unpaired surrogates and more than 1 MiB are invalid,
    the last of repeated members counts, a leading BOM is accepted. Beyond its letter: `specversion` must be
    "1.0", nesting goes 100 levels deep at most, and -0 is 0. `received_us` is the stamp of an intake that
    keeps it apart from the message; it stands for the attribute `received`.
    """
    raw = raw.rstrip(b"\r\n")
    if _is_simple(raw):
        event = _decode_at_once(raw, received_us)
        if event is not None:
            return event
    return _decode_closely(raw, received_us)


def decode_all(
    raws: Sequence[bytes | Invalid], received_us: Sequence[int | None] | None = None
) -> list[Event | Invalid]:
    """Decode many messages without line ends, each as `decode` does; what is Invalid already stays so."""
    stamps: Iterable[int | None] = repeat(None) if received_us is None else received_us
    simple = _is_simple(b"".join([raw for raw in raws if type(raw) is bytes]))
    events: list[Event | Invalid] = []
    for raw, stamp in zip(raws, stamps, strict=False):
        if type(raw) is not bytes:
            assert type(raw) is Invalid
            events.append(raw)
            continue
        event = _decode_at_once(raw, stamp) if simple and raw[-1:] != b"\r" else None
        events.append(decode(raw, stamp) if event is None else event)
    return events


def _is_simple(text: bytes) -> bool:
    """Whether no string in a JSON text can hold a control character or anything that is not ASCII."""
    return text.isascii() and b"\\" not in text and b"\x7f" not in text


def _decode_closely(raw: bytes, received_us: int | None) -> Event | Invalid:
    """Whatever it is: an event as the vocabulary finds it, or what is wrong with it."""
    if len(raw) > MAX_EVENT_BYTES:
        return Invalid(f"longer than 1 MiB ({len(raw)} bytes)", None, None, raw)
    text = raw[3:] if raw.startswith(_BOM) else raw
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        return Invalid(f"nested deeper than {MAX_DEPTH} levels", None, None, raw)
    try:
        if not text.isascii():
            text.decode()  # members that we skip are checked too
        envelope = _decode_envelope(text)
    except UnicodeDecodeError as error:
        return Invalid(f"not UTF-8 (byte {error.start})", None, None, raw)
    except msgspec.MsgspecError as error:
        fallback = _decode_extremes(text, error)
        if isinstance(fallback, str):
            return Invalid(fallback, None, None, raw)
        envelope = fallback
    return _event(envelope, raw, received_us)


def _event(envelope: _Envelope, raw: bytes, received_us: int | None) -> Event | Invalid:
    source, id_, type_, subject, time = (
        envelope.source, envelope.id, envelope.type, envelope.subject, envelope.time
    )  # fmt: skip
    time_us = parse_time(time) if type(time) is str else None
    data = envelope.data
    reason: str | None = None
    if not is_id(source):
        reason = _wrong_id("source", source)
    elif not is_id(id_):
        reason = _wrong_id("id", id_)
    elif envelope.specversion != "1.0":
        reason = 'specversion: expected "1.0"'
    elif not is_id(type_):
        reason = _wrong_id("type", type_)
    elif subject is not None and not is_id(subject):
        reason = _wrong_id("subject", subject)
    elif time_us is None:
        reason = "time: is missing" if time is None else "time: expected an RFC 3339 time with an offset"
    elif type(data) is dict:
        reason = wrong_with(type_, subject, data)
    elif data is None:
        reason = wrong_with(type_, subject, {})
    elif type_.startswith(("order.", "stock.", "lease.", "channel.", "product.")):
        reason = "data: expected an object"
    if reason is None and envelope.received is not None:
        stamp = parse_time(envelope.received) if type(envelope.received) is str else None
        if stamp is None:
            reason = "received: expected an RFC 3339 time with an offset"
        elif received_us is None:
            received_us = stamp
    if reason is not None or time_us is None:
        known = source if is_id(source) else None
        return Invalid(reason or "time: is missing", known, id_ if is_id(id_) else None, raw)
    line = line_data_of(type_, data) if type_ in LINE_TYPES else None
    expires = line.expires if line is not None and type_ in _ORDERS else UNSET
    content = xxh3_64_intdigest(_encode_canonical((type_, subject, data)))
    return Event(
        "1.0", id_, source, type_, time, line, subject, envelope.received, None, None, time_us, received_us,
        None if expires is UNSET else parse_time(expires), content, raw,
        data if type(data) is dict else {},
    )  # fmt: skip


def _decode_at_once(raw: bytes, received_us: int | None) -> Event | None:
    """Most events: about an order line, and right. None where it takes a closer look.

    The message is simple (`_is_simple`).
    """
    if len(raw) > MAX_EVENT_BYTES:
        return None
    try:
        event = _decode_line_event(raw)
    except msgspec.MsgspecError:
        return None
    line, type_ = event.line, event.type
    time_us = parse_time(event.time)
    if line is None or time_us is None or type_ not in LINE_TYPES:
        return None
    if type_ in _ORDERS:
        if line.qty is UNSET or line.items is not UNSET or event.subject is None or line.ship_by is not UNSET:
            return None
        if line.expires is not UNSET:
            event.expires_us = parse_time(line.expires)
            if event.expires_us is None:
                return None
    elif type_ == "order.changed" and (line.to is UNSET or event.subject is None):
        return None
    if received_us is None and event.received is not None:
        received_us = parse_time(event.received)
        if received_us is None:
            return None
    elif event.received is not None and parse_time(event.received) is None:
        return None
    event.time_us = time_us
    event.received_us = received_us
    event.content = xxh3_64_intdigest(_encode_canonical((type_, event.subject, line)))
    event.raw = raw
    return event


def _wrong_id(name: str, value: Any) -> str:
    return f"{name}: is missing" if value is None else f"{name}: expected {ID[1]}"


def _depth(text: bytes) -> int:
    """Levels of nesting, brackets inside strings left aside."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _decode_extremes(text: bytes, error: msgspec.MsgspecError) -> _Envelope | str:
    """Decode again what msgspec refuses: huge numbers are no fault in members that we do not know.

    Returns what is wrong where it is wrong indeed.
    """
    try:
        value = json.loads(
            text.decode(), parse_int=_integer, parse_float=_number, parse_constant=_no_constant
        )
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return "an unpaired surrogate in a string"
    except (ValueError, RecursionError):
        return f"not JSON: {error}"
    if not isinstance(value, dict):
        return "not a JSON object"
    if "out of range" not in str(error):
        return f"not JSON: {error}"
    return _Envelope(**{name: value[name] for name in _Envelope.__struct_fields__ if name in value})


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < 4000 else Decimal(digits)


def _number(text: str) -> float | Decimal:
    number = float(text)
    return number if abs(number) != float("inf") else Decimal(text)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


OWN_SOURCE = "stockwatch"
"""CloudEvents source of what a ledger books for itself; nobody else may speak under it."""


def from_outside(event: Event | Invalid) -> Event | Invalid:
    """An event that somebody sent us: under the ledger's own source it is refused, for it could change its rules."""
    if isinstance(event, Event) and event.source == OWN_SOURCE:
        reason = f'source: "{OWN_SOURCE}" is the ledger\'s own; name the channel that the event comes from'
        return Invalid(reason, event.source, event.id, event.raw)
    return event


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
    """One event of ours as compact UTF-8 JSON, without a line end.

    Members stand in the documented order: specversion, id, source, type, subject, time, received, data.
    """
    message: dict[str, Any] = {"specversion": "1.0", "id": id, "source": source, "type": type}
    if subject is not None:
        message["subject"] = subject
    message["time"] = time
    if received is not None:
        message["received"] = received
    message["data"] = data
    return _encode_compact(message)
