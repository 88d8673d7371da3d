"""Taobao's message channel (TMC): its binary frames, and what a conversation over them is. Pure: bytes in, bytes out.

toplink version 2, all little-endian: u8 version, u8 type, headers, u16 0. A header is a u16 kind and its value; custom
ones have a name and a tagged value. Layout as Taobao's own Java client writes it and an independent one reads it.

The stream is at-least-once and unordered. A message is confirmed or failed by its id; one that is not confirmed comes
again minutes later.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from stockwatch.channels.taobao.signing import sign
from stockwatch.channels.wire import ApiError, Id, Keys, Malformed, Nudge, id_text
from stockwatch.printable import printable

CONNECT, CONNECTACK, SEND, SENDACK = range(4)
_VERSION = 2
_END, _CUSTOM, _STATUS, _PHRASE, _FLAG, _TOKEN = range(6)
_VOID, _TEXT, _BYTE, _INT16, _INT32, _INT64, _DATE, _BYTES = range(8)
_NUMBERS: Final = {_BYTE: "<b", _INT16: "<h", _INT32: "<i", _INT64: "<q", _DATE: "<q"}
PULL, CONFIRM, DATA, FAIL = 1, 2, 3, 20
_MAX_REASON: Final = 128
"""Characters, of why a message was failed."""
MAX_FRAME: Final = 4 * 1024 * 1024
_MAX_CONTENT: Final = 1024 * 1024
TRADE_TOPICS = "taobao_trade_"
REFUND_TOPICS = "taobao_refund_"


class Value(NamedTuple):
    """A value with the tag it is written with, where its Python type alone doesn't say."""

    tag: int
    value: Any


class Frame(NamedTuple):
    """One message of the protocol."""

    kind: int
    content: Mapping[str, Any] = {}
    """Custom headers, values untagged."""
    token: str = ""
    flag: int | None = None
    status: int = 0
    phrase: str = ""


def byte(value: int) -> Value:
    return Value(_BYTE, value)


def int64(value: int) -> Value:
    return Value(_INT64, value)


def date(ms: int) -> Value:
    return Value(_DATE, ms)


def encode(frame: Frame) -> bytes:
    """The frame's bytes."""
    out = bytearray((_VERSION, frame.kind))
    if frame.status:
        out += struct.pack("<Hi", _STATUS, frame.status)
    if frame.phrase:
        out += struct.pack("<H", _PHRASE) + _text(frame.phrase)
    if frame.flag is not None:
        out += struct.pack("<Hi", _FLAG, frame.flag)
    if frame.token:
        out += struct.pack("<H", _TOKEN) + _text(frame.token)
    for name, value in frame.content.items():
        out += struct.pack("<H", _CUSTOM) + _text(name) + _value(value)
    return bytes(out + struct.pack("<H", _END))


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<I", len(raw)) + raw


def _value(value: Any) -> bytes:
    if isinstance(value, Value):
        return bytes((value.tag,)) + struct.pack(_NUMBERS[value.tag], value.value)
    if value is None:
        return bytes((_VOID,))
    if isinstance(value, bytes):
        return bytes((_BYTES,)) + struct.pack("<I", len(value)) + value
    assert isinstance(value, str), value
    # As the platform's own writer: a string that stands alone needs its tag too, but for CONNECT's.
    return bytes((_TEXT,)) + _text(value)


def decode(raw: bytes) -> Frame:
    """The frame of these bytes, all of them. Raises Malformed."""
    try:
        return _Reader(raw).frame()
    except (struct.error, UnicodeDecodeError, IndexError):
        raise Malformed("a frame that ends too soon or holds no UTF-8") from None


class _Reader:
    def __init__(self, raw: bytes) -> None:
        if len(raw) > MAX_FRAME:
            raise Malformed("a frame over 4 MiB")
        self._raw = raw
        self._at = 0

    def frame(self) -> Frame:
        version, kind = self._take("<BB")
        if version != _VERSION:
            raise Malformed(f"protocol version {version}, not {_VERSION}")
        content: dict[str, Any] = {}
        token, phrase, status, flag = "", "", 0, None
        while (header := self._take("<H")[0]) != _END:
            if header == _CUSTOM:
                name = self._text()
                content[name] = self._value()
            elif header == _STATUS:
                status = self._take("<i")[0]
            elif header == _PHRASE:
                phrase = self._text()
            elif header == _FLAG:
                flag = self._take("<i")[0]
            elif header == _TOKEN:
                token = self._text()
            else:
                raise Malformed(f"a header of unknown kind {header}")
        return Frame(kind, content, token, flag, status, phrase)

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._raw, self._at)
        self._at += struct.calcsize(form)
        return found

    def _run(self) -> bytes:
        (length,) = self._take("<I")
        if length > len(self._raw) - self._at:
            raise IndexError
        run = self._raw[self._at : self._at + length]
        self._at += length
        return run

    def _text(self) -> str:
        return self._run().decode()

    def _value(self) -> Any:
        (tag,) = self._take("<B")
        if tag in _NUMBERS:
            return self._take(_NUMBERS[tag])[0]
        if tag == _TEXT:
            return self._text()
        if tag == _BYTES:
            return self._run()
        if tag == _VOID:
            return None
        raise Malformed(f"a value of unknown type {tag}")


def connect(keys: Keys, now_us: int, group: str = "default") -> bytes:
    """The first frame of a conversation."""
    signed = {"app_key": keys.app_key, "group_name": group, "timestamp": str(now_us // 1000)}
    content = {**signed, "sdk": "stockwatch", "sign": sign(signed, keys.app_secret, "md5")}
    return encode(Frame(CONNECT, dict(sorted(content.items()))))


def pull(token: str) -> bytes:
    """Ask for what lies waiting."""
    return encode(Frame(SEND, {"__kind": byte(PULL)}, token))


def confirm(token: str, message: int) -> bytes:
    return encode(Frame(SEND, {"__kind": byte(CONFIRM), "id": int64(message)}, token))


def fail(token: str, message: int, reason: str) -> bytes:
    """Say that it could not be taken in and why, so that it is sent again."""
    said = printable(reason)[:_MAX_REASON]
    return encode(Frame(SEND, {"__kind": byte(FAIL), "id": int64(message), "msg": said}, token))


class _Content(msgspec.Struct):
    tid: Id = ""
    oid: Id = ""
    seller_nick: str = ""


_content = msgspec.json.Decoder(_Content).decode


class Message(NamedTuple):
    """A message that must be confirmed once it is dealt with."""

    id: int
    topic: str
    nudge: Nudge | None
    """None: of a topic that concerns no order."""


def message_of(frame: Frame, keys: Keys) -> Message | None:
    """What a frame brings; None for a protocol answer.

    Raises Malformed for a message whose content can't be understood; its id is the exception's second argument, where
    it has one.
    """
    held = frame.content
    if frame.kind != SEND or held.get("__kind") != DATA:
        return None
    id_, topic = held.get("id"), held.get("topic")
    if not isinstance(id_, int) or not isinstance(topic, str):
        raise Malformed("a message without id or topic")
    sent = held.get("time")
    sent_us = sent * 1000 if isinstance(sent, int) else None
    return understood(id_, topic, held.get("content"), sent_us, keys)


def understood(id_: int, topic: str, held: Any, sent_us: int | None, keys: Keys) -> Message:
    """A message of which this is held. Raises Malformed as `message_of` does."""
    if not topic.startswith((TRADE_TOPICS, REFUND_TOPICS)):
        return Message(id_, topic, None)
    try:
        content = _content(_unpacked(held))
        if keys.shop and content.seller_nick and content.seller_nick != keys.shop:
            return Message(id_, topic, None)
        order = id_text(content.tid)
    except (
        msgspec.MsgspecError,
        RecursionError,
        UnicodeError,
        ApiError,
        zlib.error,
        OSError,
        EOFError,
    ) as error:
        raise Malformed(f"{topic}: {error}", id_) from None
    return Message(id_, topic, Nudge(order, str(id_), sent_us))


def _unpacked(content: Any) -> bytes:
    """The JSON of a content: text, or gzip of it."""
    if isinstance(content, str):
        return content.encode()
    if not isinstance(content, bytes):
        raise OSError("no content")
    with gzip.GzipFile(fileobj=_file(content)) as file:
        plain = file.read(_MAX_CONTENT + 1)
    if len(plain) > _MAX_CONTENT:
        raise OSError("a content over 1 MiB")
    return plain


def _file(raw: bytes) -> Any:
    import io

    return io.BytesIO(raw)
