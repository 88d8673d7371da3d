"""Kuaishou's pushes: an encrypted envelope with JSON within JSON. Pure.

That it opens, reads as a whole and names our app and shop is all the proof there is. `test: true` is answered and
passed over. A message's id may change between deliveries, so its event, order and update time are taken into account.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import msgspec

from stockwatch.channels.kuaishou.signing import decrypt
from stockwatch.channels.wire import ApiError, Forged, Id, Keys, Malformed, Nudge, Received, id_text

REPLY = b'{"result":1}'
_ORDER = "kwaishop_order_"
_AFTER_SALES = "kwaishop_aftersales_"


class _Push(msgspec.Struct):
    event: str
    appKey: str
    info: str
    userId: Id = ""
    eventId: Id = ""
    msgId: Id = ""
    createTime: int = 0
    updateTime: int = 0
    test: bool = False


class _Info(msgspec.Struct):
    oid: Id = ""
    orderId: Id = ""
    sellerId: Id = ""
    updateTime: int = 0


_push = msgspec.json.Decoder(_Push).decode
_info = msgspec.json.Decoder(_Info).decode


def receive(headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
    """A push, opened. Raises Forged, Malformed."""
    plain = decrypt(body, keys)
    try:
        push = _push(plain)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Forged("what is in it is no push") from None
    if not hmac.compare_digest(push.appKey.encode(), keys.app_key.encode()):
        raise Forged("it is for another app")
    if keys.shop and str(push.userId) != keys.shop:
        raise Forged("it is for another shop")
    if push.test:
        return Received((), REPLY)
    if not push.event.startswith((_ORDER, _AFTER_SALES)):
        return Received((), REPLY, unknown=1)
    try:
        info = _info(push.info.encode())
        order = id_text(info.oid or info.orderId)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ApiError) as error:
        raise Malformed(f"info: {error}") from None
    at_ms = info.updateTime or push.createTime
    nudge = Nudge(order, f"{push.event}:{order}:{at_ms}", at_ms * 1000 if at_ms > 0 else None)
    return Received((nudge,), REPLY)
