"""TikTok Shop's pushes: what is true, and which orders they name. Pure.

Types: 1 an order's status, 2 a reverse order, 4 a package, 11 a cancellation, 12 a return. The others concern no
order's stock. 11 is known from a merchant's system only, and so are the places where a package names its orders; all
that public sources mention are looked at. A push carries no time in its signature, so that one may be sent again by
whoever saw it; all that comes of it is a look at the order.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping

import msgspec

from stockwatch.channels.tiktok.signing import sign_push
from stockwatch.channels.wire import ApiError, Forged, Id, Keys, Malformed, Nudge, Received, id_text

REPLY = b'{"code":0}'
ORDER_STATUS = 1
ORDER_TYPES = frozenset((ORDER_STATUS, 2, 4, 11, 12))


class _Package(msgspec.Struct):
    order_ids: list[Id] | None = None
    order_id_list: list[Id] | None = None


class _Data(msgspec.Struct):
    order_id: Id = ""
    order_status: str = ""
    update_time: int = 0
    order_ids: list[Id] | None = None
    order_id_list: list[Id] | None = None
    package_list: list[_Package] | None = None


class _Push(msgspec.Struct):
    type: int
    shop_id: Id = ""
    tts_notification_id: Id = ""
    timestamp: int = 0
    data: msgspec.Raw = msgspec.Raw(b"null")


_push = msgspec.json.Decoder(_Push).decode
_data = msgspec.json.Decoder(_Data).decode


def receive(headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
    """A push, verified on its very bytes before it is read. Raises Forged, Malformed."""
    if not keys.app_secret:
        raise Forged("no app_secret is set, which signs pushes")
    said = headers.get("authorization", "").lower().encode()
    if not hmac.compare_digest(said, sign_push(keys, body).encode()):
        raise Forged("its signature is not TikTok Shop's")
    try:
        push = _push(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(f"no push: {error}") from None
    if keys.shop and push.shop_id != "" and str(push.shop_id) != keys.shop:
        raise Forged("it is for another shop")
    if push.type not in ORDER_TYPES:
        return Received((), REPLY, unknown=1)
    try:
        data = _data(push.data)
        orders = tuple(dict.fromkeys(id_text(order) for order in _orders(data)))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ApiError) as error:
        raise Malformed(f"type {push.type}: {error}") from None
    if not orders:
        raise Malformed(f"type {push.type}: it names no order")
    # Only an order's own update time tells whether it was told; a package or a return has another.
    at_us = data.update_time * 1_000_000 if push.type == ORDER_STATUS and data.update_time > 0 else None
    return Received(tuple(Nudge(order, _message(push, data, order), at_us) for order in orders), REPLY)


def _orders(data: _Data) -> Iterator[int | str]:
    if data.order_id != "":
        yield data.order_id
    for named in (data, *(data.package_list or ())):
        yield from named.order_ids or ()
        yield from named.order_id_list or ()


def _message(push: _Push, data: _Data, order: str) -> str:
    """One push may name several orders, so that its id alone does not tell them apart."""
    if push.tts_notification_id not in ("", 0):
        return f"{push.tts_notification_id}:{order}"
    return f"{push.type}:{order}:{data.order_status}:{data.update_time or push.timestamp}"
