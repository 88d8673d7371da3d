"""Cursors on the wire: where a server says that a client can go on.

A cursor is an attribute of a message, of any JSON type; we keep it as text and give it back exactly. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

MAX_CURSOR_BYTES = 4096
_VERBATIM = "json:"
"""Marks a cursor that is no plain string, so that `12` goes back as a number and `"12"` as a string."""


class _Carrier(msgspec.Struct):
    cursor: msgspec.Raw = msgspec.Raw(b"null")


_decode = msgspec.json.Decoder(_Carrier).decode
_decode_text = msgspec.json.Decoder(str).decode


def cursor_of(frame: bytes) -> str | None:
    """The cursor that a message carries, as text to keep; None without one, or when the message can't be
    read.
    """
    if b"cursor" not in frame:
        return None
    try:
        raw = bytes(_decode(frame.removeprefix(b"\xef\xbb\xbf")).cursor).strip()
        if raw == b"null" or len(raw) > MAX_CURSOR_BYTES:
            return None
        if raw[:1] == b'"':
            text = _decode_text(raw)
            return _VERBATIM + raw.decode() if text.startswith(_VERBATIM) else text
        return _VERBATIM + raw.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def last_cursor(frames: Iterable[bytes]) -> str | None:
    """The cursor of the last of these messages that carries one; give them newest first."""
    return next((cursor for frame in frames if (cursor := cursor_of(frame)) is not None), None)


def subscription(cursor: str | None) -> str:
    """The first message of a client: what it has already."""
    if cursor is None:
        after = b"null"
    elif cursor.startswith(_VERBATIM):
        after = cursor[len(_VERBATIM) :].encode()
    else:
        after = msgspec.json.encode(cursor)
    return '{"type":"subscribe","after":' + after.decode() + "}"
