"""Douyin's live comments (直播小玩法 data pushes): what is true, and what viewers wrote. Pure.

A push has headers x-nonce-str, x-timestamp (milliseconds), x-roomid, x-msg-type and x-signature, and a JSON array as
body. Comments may come late, twice, out of order or not at all, and perhaps only those that hold the game's words.
Members of a comment other than msg_id and content are taken as they may be; who wrote it is kept by nickname alone.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from stockwatch.channels.douyin.signing import sign_comments
from stockwatch.channels.wire import ApiError, Forged, Id, Malformed, id_text

COMMENTS = "live_comment"
MOST_TEXT, MOST_NAME = 200, 40
"""Characters that are kept; the platform's own limits are lower."""
_FRESH_US = 600 * 1_000_000
"""A push sent longer ago, or so far ahead, is a repetition by somebody else."""
_NEVER_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Comment(NamedTuple):
    """One viewer's. Text from outside with nothing left in it that is not shown as itself."""

    id: str
    user: str
    text: str
    at_us: int


class Heard(NamedTuple):
    """What a push came to."""

    comments: tuple[Comment, ...]
    unusable: int = 0
    """Items that are no comment, or an empty one."""


class _Item(msgspec.Struct):
    msg_id: Id
    content: str
    nickname: str = ""
    timestamp: int | str | None = None


_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_item = msgspec.json.Decoder(_Item).decode


def receive_comments(
    headers: Mapping[str, str], body: bytes, *, secret: str, room: str, now_us: int
) -> Heard:
    """A push, verified on its very bytes before it is read. `now_us`: by the platform's clock. Raises Forged,
    Malformed."""
    wanted = sign_comments(headers, body, secret)
    if not hmac.compare_digest(headers.get("x-signature", "").encode(), wanted.encode()):
        raise Forged("its signature is not Douyin's")
    if headers.get("x-roomid", "") != room:
        raise Forged("it is of another live room")
    sent = headers.get("x-timestamp", "")
    sent_us = int(sent) * 1000 if sent.isascii() and sent.isdigit() and len(sent) < 16 else 0
    if abs(sent_us - now_us) > _FRESH_US:
        raise Forged("it was signed long ago")
    try:
        items = _items(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(f"no list of comments: {error}") from None
    if headers.get("x-msg-type") != COMMENTS:
        return Heard((), len(items))
    comments = [one for item in items if (one := _comment(bytes(item), sent_us)) is not None]
    return Heard(tuple(comments), len(items) - len(comments))


def _comment(raw: bytes, sent_us: int) -> Comment | None:
    try:
        item = _item(raw)
        id = id_text(item.msg_id)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ApiError):
        return None
    text = shown(item.content, MOST_TEXT)
    if not text:
        return None
    return Comment(id, shown(item.nickname, MOST_NAME), text, _at_us(item.timestamp, sent_us))


def _at_us(timestamp: int | str | None, sent_us: int) -> int:
    """When it was written, in seconds or milliseconds as it came; when it was sent, where that can't be."""
    digits = str(timestamp)
    if digits.isascii() and digits.isdigit() and len(digits) < 16:
        for unit in (1_000_000, 1000):
            if 0 <= sent_us - int(digits) * unit <= _FRESH_US:
                return int(digits) * unit
    return sent_us


def shown(text: str, most: int) -> str:
    """One line of it without what acts on a terminal, turns text around or can't be seen."""
    words = " ".join(text[: 4 * most].split())
    return "".join(c for c in words if unicodedata.category(c) not in _NEVER_SHOWN)[:most].strip()
