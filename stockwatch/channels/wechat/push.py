"""WeChat's pushes: a sealed envelope in JSON, one event in it. Pure.

An order event names its order in `order_info`, an after-sale event in `finder_shop_aftersale_status_update` (so say
two merchants' systems; the platform's page was not at hand). `success` tells WeChat that it arrived; it waits 5 s, and
comes again up to ten times within four hours. Events have no id: event, order and time make one. The data format must
be set to JSON, the mode to secure.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from stockwatch.channels.wechat.signing import opened, query_of
from stockwatch.channels.wire import ApiError, Forged, Id, Keys, Malformed, Nudge, Received, id_text

REPLY = b"success"
_ORDER = "channels_ec_order_"
_AFTER_SALES = "channels_ec_aftersale_update"
_NO_STOCK = frozenset(("channels_ec_order_settle",))


class _Envelope(msgspec.Struct):
    Encrypt: str


class _Named(msgspec.Struct):
    order_id: Id = ""


class _Event(msgspec.Struct):
    MsgType: str = ""
    Event: str = ""
    CreateTime: int = 0
    order_info: _Named | None = None
    finder_shop_aftersale_status_update: _Named | None = None


_envelope = msgspec.json.Decoder(_Envelope).decode
_event = msgspec.json.Decoder(_Event).decode


def receive(headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
    """A push, verified and opened. Raises Forged, Malformed."""
    try:
        sealed = _envelope(body).Encrypt
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Forged(
            "it is not sealed JSON: set the secure mode (安全模式), and JSON as the data format"
        ) from None
    plain = opened(sealed, query_of(headers), keys)
    try:
        event = _event(plain)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(f"no event: {error}") from None
    if event.Event == _AFTER_SALES:
        named = event.finder_shop_aftersale_status_update
    elif event.Event.startswith(_ORDER) and event.Event not in _NO_STOCK:
        named = event.order_info
    else:
        return Received((), REPLY, unknown=1, reply_type="text/plain")
    try:
        order = id_text(named.order_id if named is not None else "")
    except ApiError as error:
        raise Malformed(f"{event.Event[:40]}: {error}") from None
    at_us = event.CreateTime * 1_000_000 if event.CreateTime > 0 else None
    # An after-sale is told by its time only, and its state may be in the order a moment later: never taken as told.
    nudge = Nudge(
        order, f"{event.Event}:{order}:{event.CreateTime}", at_us if event.Event != _AFTER_SALES else None
    )
    return Received((nudge,), REPLY, reply_type="text/plain")
