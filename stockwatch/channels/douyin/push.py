"""Douyin's pushes: what is true, which orders they name, and what is answered. Pure.

A body is an array of `{tag, msg_id, data}`, `data` a JSON string within the JSON (objects, numeric tags and `msgId`
are taken too, as the documentation's samples have them). One array may hold messages of several kinds and shops, as one
app's secret signs for all its shops: those of another shop are passed over, and a delivery of nothing else is refused.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import msgspec

from stockwatch.channels.douyin.signing import sign_push
from stockwatch.channels.wire import ApiError, Forged, Id, Keys, Malformed, Nudge, Received, id_text, reader

REPLY = b'{"code":0,"msg":"success"}'
PROBE = "0"
"""The tag of the message that is sent when the URL is saved."""
ORDER_TAGS = frozenset(
    map(str, (*range(100, 104), 106, *range(108, 113), 126, *range(200, 210), 211, *range(224, 228)))
)
"""Tags after which an order's lines may stand otherwise; from 200 on, after-sales."""


class _Message(msgspec.Struct):
    tag: int | str
    msg_id: Id = ""
    msgId: Id = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Data(msgspec.Struct):
    p_id: Id = ""
    s_id: Id = ""
    shop_id: Id = ""
    create_time: int = 0
    pay_time: int = 0
    cancel_time: int = 0
    update_time: int = 0
    success_time: int = 0


_messages = msgspec.json.Decoder(list[msgspec.Raw]).decode
_message = msgspec.json.Decoder(_Message).decode
_data = reader(_Data)
_string = msgspec.json.Decoder(str).decode


def receive(headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
    """A push, verified on its very bytes before it is read. Raises Forged, Malformed."""
    if not keys.app_secret:
        raise Forged("no app_secret is set, which signs pushes")
    if not hmac.compare_digest(headers.get("app-id", "").encode(), keys.app_key.encode()):
        raise Forged("it is for another app")
    how = "hmac-sha256" if headers.get("sign-method", "") == "hmac-sha256" else "md5"
    wanted = sign_push(keys, body, how)  # type: ignore[arg-type]
    if not hmac.compare_digest(headers.get("event-sign", "").lower().encode(), wanted.encode()):
        raise Forged("its signature is not Douyin's")
    try:
        messages = _messages(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(f"no list of messages: {error}") from None
    nudges, unknown, foreign, bad = [], 0, 0, ""
    for raw in messages:
        try:
            message = _message(bytes(raw))
            tag = str(message.tag)
            if tag == PROBE:
                continue
            if tag not in ORDER_TAGS:
                unknown += 1
                continue
            data = _data_of(message)
            if keys.shop and str(data.shop_id) != keys.shop:
                foreign += 1
                continue
            nudges.append(_nudge(message, data))
        except (msgspec.MsgspecError, RecursionError, UnicodeError, ApiError) as error:
            bad = bad or f"a message: {error}"
            unknown += 1
    if foreign and foreign == len(messages):
        raise Forged("it is for another shop")
    if bad and not nudges:
        raise Malformed(bad)
    return Received(tuple(nudges), REPLY, unknown + foreign)


def _data_of(message: _Message) -> _Data:
    raw = bytes(message.data)
    return _data(_string(raw).encode() if raw.startswith(b'"') else raw)


def _nudge(message: _Message, data: _Data) -> Nudge:
    at = max(data.update_time, data.cancel_time, data.pay_time, data.create_time, data.success_time)
    return Nudge(
        id_text(data.p_id or data.s_id),
        str(message.msg_id or message.msgId),
        at * 1_000_000 if at > 0 else None,
    )
