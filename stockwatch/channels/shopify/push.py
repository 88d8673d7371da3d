"""Shopify's webhooks: what is true, and which order it names. Pure.

The topic, the shop and the message's id stand in headers, which no signature covers: whoever has seen one webhook can
send its body under another topic, and all that comes of it is a look at the order. `X-Shopify-Webhook-Id` is the same
in every delivery of one message. Any 2xx within 5 s tells Shopify that it arrived; what does not arrive comes again
eight times in four hours, and then the subscription may be gone: polling finds what it would have named.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import msgspec

from stockwatch.channels.shopify.orders import instant
from stockwatch.channels.shopify.signing import sign_push
from stockwatch.channels.wire import ApiError, Forged, Id, Keys, Malformed, Nudge, Received, id_text

REPLY = b""
ORDER_TOPICS = frozenset(
    (
        *("orders/create", "orders/updated", "orders/paid", "orders/cancelled"),
        *("orders/edited", "orders/fulfilled", "orders/partially_fulfilled"),
    )
)
REFUND_TOPIC = "refunds/create"
_MAX_ID = 128


class _Order(msgspec.Struct):
    id: Id
    updated_at: str | None = None


class _Edit(msgspec.Struct):
    order_id: Id


class _Edited(msgspec.Struct):
    order_edit: _Edit


class _Refund(msgspec.Struct):
    order_id: Id


_order = msgspec.json.Decoder(_Order).decode
_edited = msgspec.json.Decoder(_Edited).decode
_refund = msgspec.json.Decoder(_Refund).decode


def receive(headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
    """A webhook, verified on its very bytes before it is read. Raises Forged, Malformed."""
    if not keys.app_secret:
        raise Forged("no app_secret is set, which signs webhooks")
    said = headers.get("x-shopify-hmac-sha256", "").encode()
    if not hmac.compare_digest(said, sign_push(keys, body).encode()):
        raise Forged("its signature is not Shopify's")
    if keys.shop and headers.get("x-shopify-shop-domain", "").lower() != keys.shop.lower():
        raise Forged("it is for another shop")
    topic = headers.get("x-shopify-topic", "")
    if topic not in ORDER_TOPICS and topic != REFUND_TOPIC:
        return Received((), REPLY, unknown=1)
    try:
        if topic == REFUND_TOPIC:
            order, at_us = id_text(_refund(body).order_id), 0
        elif topic == "orders/edited":
            order, at_us = id_text(_edited(body).order_edit.order_id), 0
        else:
            found = _order(body)
            order, at_us = id_text(found.id), instant(found.updated_at)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ApiError) as error:
        raise Malformed(f"{topic}: {error}") from None
    message = headers.get("x-shopify-webhook-id", "")[:_MAX_ID]
    return Received((Nudge(order, message, at_us or None),), REPLY)
