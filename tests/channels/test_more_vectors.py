"""Published vectors of WeChat, TikTok Shop and Shopify, and what resembles them and is forged."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest

from stockwatch.channels.shopify import push as shopify_push
from stockwatch.channels.shopify.signing import sign_push as shopify_sign
from stockwatch.channels.tiktok import TikTok
from stockwatch.channels.tiktok import push as tiktok_push
from stockwatch.channels.tiktok import signing as tiktok
from stockwatch.channels.wechat import WeChat
from stockwatch.channels.wechat import push as wechat_push
from stockwatch.channels.wechat import signing as wechat
from stockwatch.channels.wire import Ask, Echoes, Forged, Keys, Malformed

WECHAT = Keys(app_key="wxba5fad812f8e6fb9", push_token="AAAAA", message_secret="A" * 43)
ASKED = {"timestamp": "1714036504", "nonce": "1514711492", "echostr": "4375120948345356249"}
SEALED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR"
    "8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km3"
    "2IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
OPENED = (
    '{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,'
    '"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}'
)
QUERY = {
    "timestamp": "1714112445",
    "nonce": "415670741",
    "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
}


def at(query: dict[str, str]) -> dict[str, str]:
    return {":query": urlencode(query)}


def sealed_push(event: object, keys: Keys = WECHAT, **query: str) -> tuple[dict[str, str], bytes]:
    """As WeChat sends an event."""
    plain = event if isinstance(event, bytes) else json.dumps(event).encode()
    sealed = wechat.encrypt(plain, keys)
    asked = {"timestamp": "1", "nonce": "n", "signature": "of another", **query}
    asked.setdefault("msg_signature", wechat.signature(keys.push_token, asked["timestamp"], "n", sealed))
    return at(asked), json.dumps({"ToUserName": "gh_1", "Encrypt": sealed}).encode()


def test_wechat_asks_whether_the_address_is_ours():
    signed = {**ASKED, "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696"}
    assert wechat.echo(signed, WECHAT) == b"4375120948345356249"
    adapter = WeChat()
    assert isinstance(adapter, Echoes)
    assert adapter.echo(at(signed), WECHAT) == b"4375120948345356249"
    for forged in (
        ASKED,
        {**signed, "nonce": "1514711493"},
        {**signed, "signature": signed["signature"][:-1]},
        {**signed, "signature": "é"},
        {},
    ):
        with pytest.raises(Forged):
            wechat.echo(forged, WECHAT)
    with pytest.raises(Forged):
        wechat.echo({**ASKED, "signature": wechat.signature("", ASKED["timestamp"], ASKED["nonce"])}, Keys())


def test_wechat_opens_what_is_sealed():
    assert wechat.opened(SEALED, QUERY, WECHAT) == OPENED.encode()
    assert wechat.decrypt(wechat.encrypt(OPENED.encode(), WECHAT), WECHAT) == OPENED.encode()
    for length in range(70):
        message = b"x" * length
        assert wechat.decrypt(wechat.encrypt(message, WECHAT), WECHAT) == message
    body = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": SEALED}).encode()
    received = wechat_push.receive(at(QUERY), body, WECHAT)
    assert received == ((), b"success", 1, "text/plain")


def test_wechat_forgeries():
    body = json.dumps({"Encrypt": SEALED}).encode()
    other = SEALED[:40] + "A" + SEALED[41:]
    for headers, content, keys in (
        (at({**QUERY, "msg_signature": "0" * 40}), body, WECHAT),
        (at({**QUERY, "timestamp": "1714112446"}), body, WECHAT),
        (at({**QUERY, "signature": QUERY["msg_signature"], "msg_signature": ""}), body, WECHAT),
        (at(QUERY), json.dumps({"Encrypt": other}).encode(), WECHAT),
        (at(QUERY), OPENED.encode(), WECHAT),
        (at(QUERY), b"<xml><Encrypt>x</Encrypt></xml>", WECHAT),
        (at(QUERY), b'{"Encrypt": 7}', WECHAT),
        (at(QUERY), b"[" * 100_000, WECHAT),
        (at(QUERY), b"", WECHAT),
        (at(QUERY), b'{"Encrypt": "\\ud800"}', WECHAT),
        ({}, body, WECHAT),
        ({":query": "a=1&" * 40}, body, WECHAT),
        ({":query": "a" * 5000}, body, WECHAT),
        (at(QUERY), body, msgspec.structs.replace(WECHAT, app_key="wx_other")),
        (at(QUERY), body, msgspec.structs.replace(WECHAT, message_secret="B" * 43)),
        (at(QUERY), body, msgspec.structs.replace(WECHAT, message_secret="short")),
        (at(QUERY), body, msgspec.structs.replace(WECHAT, push_token="")),
    ):
        with pytest.raises(Forged):
            wechat_push.receive(headers, content, keys)
    for blocks in ("", "AAAA", "not base64!", "A" * 64, "A" * 88):
        with pytest.raises(Forged):
            wechat.decrypt(blocks, WECHAT)


def test_wechat_pushes_name_orders():
    event = {"MsgType": "event", "Event": "channels_ec_order_new", "CreateTime": 1662480000}
    received = wechat_push.receive(
        *sealed_push({**event, "order_info": {"order_id": 3705115058471208928}}), WECHAT
    )
    (nudge,) = received.nudges
    assert nudge.order == "3705115058471208928", "beyond a float's digits"
    assert nudge.at_us == 1662480000 * 1_000_000
    again = wechat_push.receive(
        *sealed_push({**event, "order_info": {"order_id": "3705115058471208928"}}), WECHAT
    )
    assert again.nudges == received.nudges
    after = {"status": "USER_WAIT_RETURN", "after_sale_order_id": "1", "order_id": "37"}
    sale = {
        **event,
        "Event": "channels_ec_aftersale_update",
        "finder_shop_aftersale_status_update": after,
    }
    assert [one.order for one in wechat_push.receive(*sealed_push(sale), WECHAT).nudges] == ["37"]
    for name in ("channels_ec_order_settle", "product_spu_audit", ""):
        assert wechat_push.receive(*sealed_push({**event, "Event": name}), WECHAT).unknown == 1


@pytest.mark.parametrize(
    "event",
    [
        b"[1]",
        b"\xff",
        b"[" * 5000,
        {"Event": "channels_ec_order_pay"},
        {"Event": "channels_ec_order_pay", "order_info": {"order_id": 3.7e18}},
        {"Event": "channels_ec_order_pay", "order_info": {"order_id": "\x1b[31m"}},
        {"Event": "channels_ec_order_pay", "order_info": {"order_id": -1}},
    ],
)
def test_wechat_pushes_that_say_nothing(event: object):
    with pytest.raises(Malformed) as caught:
        wechat_push.receive(*sealed_push(event), WECHAT)
    assert str(caught.value).isprintable()


def test_wechat_requests_carry_the_token():
    call = WeChat().call(Ask("channels/ec/order/get", {"order_id": "37"}), Keys(access_token="a&b"), 0)
    assert call.path == "/channels/ec/order/get?access_token=a%26b"
    assert call.body == b'{"order_id":"37"}'


TIKTOK = Keys(app_key="fake_app_key", app_secret="fake_app_secret", shop="7494726673780148744")
WEBHOOKS = {
    "app_key": "68xu9ks5p4i8", "shop_cipher": "ROW_xkMbgAAAeVAQra0eZWebFQq5aIK", "timestamp": "1696909648",
}  # fmt: skip
STATUS = (
    b'{"type":1,"shop_id":"7494726673780148744","timestamp":1664095733,"data":{"order_id":"576684019603311365",'
    b'"order_status":"AWAITING_SHIPMENT","update_time":1664095610}}'
)


@pytest.mark.parametrize(
    ("secret", "path", "query", "body", "signed"),
    [
        ("e59af819cc", "/event/202309/webhooks", WEBHOOKS, b"",
         "ed58e1b5e59865c22a7b828c1cab65007441f43cc91a6cb2f2cdc638e0995a37"),
        ("e59af819cc", "/event/202309/webhooks", WEBHOOKS,
         b'{"event_type":"PACKAGE_UPDATE","address":"https://partner.tiktokshop.com"}',
         "701dd6deb2389fe4c469b89bd37fc56f96a6da6afeb4d01c9077a65169752fa7"),
        ("app_secret", "/test-api", {"foo": "bar"}, b"",
         "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f"),
        ("e59af819cc", "/authorization/202309/shops", {"app_key": "29a39d", "timestamp": "1623812664"}, b"",
         "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"),
    ],
)  # fmt: skip
def test_tiktok_requests(secret: str, path: str, query: dict[str, str], body: bytes, signed: str):
    assert tiktok.sign(secret, path, query, body) == signed
    backwards = dict(reversed(query.items()))
    assert tiktok.sign(secret, path, {**backwards, "sign": "x", "access_token": "y"}, body) == signed
    assert tiktok.sign(secret, path, query, body + b" ") != signed


def test_tiktok_requests_are_signed_as_they_are_sent():
    keys = Keys(app_key="k", app_secret="s", access_token="t", shop_cipher="c+/=")
    call = TikTok().call(TikTok().poll(5_000_000, 7_500_000, "next="), keys, 9_000_000)
    path, _, query = call.path.partition("?")
    sent = dict(parse_qsl(query))
    assert sent["sign"] == tiktok.sign("s", path, sent, call.body)
    assert (sent["shop_cipher"], sent["page_token"], sent["timestamp"]) == ("c+/=", "next=", "9")
    assert "access_token" not in sent
    assert call.headers["x-tts-access-token"] == "t"
    assert (call.verb, json.loads(call.body)) == ("POST", {"update_time_ge": 5, "update_time_lt": 8})
    detail = TikTok().call(TikTok().detail("576684019603311365"), keys, 0)
    assert (detail.verb, detail.body) == ("GET", b"")


def test_tiktok_pushes():
    headers = {"authorization": "21109834de72ec53c9959716d8514ae388ce1f123e5ffdcafc46713fcdf62b27"}
    (nudge,) = tiktok_push.receive(headers, STATUS, TIKTOK).nudges
    assert (nudge.order, nudge.at_us) == ("576684019603311365", 1664095610 * 1_000_000)
    for forged, body, keys in (
        (headers, STATUS + b" ", TIKTOK),
        (headers, STATUS.replace(b"AWAITING_SHIPMENT", b"CANCELLED"), TIKTOK),
        ({"authorization": headers["authorization"][1:]}, STATUS, TIKTOK),
        ({"authorization": "\xe9"}, STATUS, TIKTOK),
        ({}, STATUS, TIKTOK),
        (headers, STATUS, msgspec.structs.replace(TIKTOK, app_key="other")),
        (headers, STATUS, msgspec.structs.replace(TIKTOK, shop="5")),
        ({"authorization": tiktok.sign_push(Keys(), STATUS)}, STATUS, Keys()),
    ):
        with pytest.raises(Forged):
            tiktok_push.receive(forged, body, keys)


def tiktok_body(type_: object, data: object, **more: object) -> tuple[dict[str, str], bytes]:
    body = data if isinstance(data, bytes) else json.dumps({"type": type_, "data": data, **more}).encode()
    return {"authorization": tiktok.sign_push(TIKTOK, body)}, body


def test_tiktok_pushes_of_other_kinds():
    both = {
        "package_list": [{"order_id_list": ["9007199254740993", "9007199254740995"]}, {"order_ids": None}]
    }
    received = tiktok_push.receive(*tiktok_body(4, both, tts_notification_id="73"), TIKTOK)
    assert [one.order for one in received.nudges] == ["9007199254740993", "9007199254740995"]
    assert len({one.message for one in received.nudges}) == 2
    assert {one.at_us for one in received.nudges} == {None}
    (back,) = tiktok_push.receive(*tiktok_body(12, {"order_id": 9007199254740993}), TIKTOK).nudges
    assert back.order == "9007199254740993"
    for other in (3, 5, 6, 7, 999):
        assert tiktok_push.receive(*tiktok_body(other, {"order_id": "1"}), TIKTOK).unknown == 1


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        (1, {}), (1, None), (1, []), (1, {"order_id": 1.5}), (1, {"order_id": "\x1b"}), ("1", {"order_id": "1"}),
        (1, b"\xff"), (1, b"[" * 100_000), (1, b'{"type":1,"data":' + b"[" * 100_000),
    ],
)  # fmt: skip
def test_tiktok_pushes_that_say_nothing(type_: object, data: object):
    with pytest.raises(Malformed) as caught:
        tiktok_push.receive(*tiktok_body(type_, data), TIKTOK)
    assert str(caught.value).isprintable()


SHOPIFY = Keys(app_secret="hush", shop="demo.myshopify.com")
WEBHOOK = (
    b'{"id":820982911946154508,"email":"jon@example.com","line_items":[{"sku":"IPOD2008BLACK","quantity":1,'
    b'"variant_id":808950810}]}'
)


def webhook(topic: str, body: bytes = WEBHOOK, signed: str | None = None, **more: str) -> dict[str, str]:
    return {
        "x-shopify-hmac-sha256": shopify_sign(SHOPIFY, body) if signed is None else signed,
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": "demo.myshopify.com",
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        **more,
    }


def test_shopify_webhooks():
    signed = "Xbn0QwPjzxAnR4yLGuc7vjvL+HihDB41PMRJG2C8kBQ="
    received = shopify_push.receive(webhook("orders/create", signed=signed), WEBHOOK, SHOPIFY)
    assert received.nudges == (("820982911946154508", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", None),)
    for forged, body, keys in (
        (webhook("orders/create", signed=signed), WEBHOOK + b" ", SHOPIFY),
        (webhook("orders/create", signed=signed.lower()), WEBHOOK, SHOPIFY),
        (webhook("orders/create", signed=signed.rstrip("=")), WEBHOOK, SHOPIFY),
        (webhook("orders/create", signed=""), WEBHOOK, SHOPIFY),
        (webhook("orders/create", signed="\xe9"), WEBHOOK, SHOPIFY),
        (webhook("orders/create"), WEBHOOK, msgspec.structs.replace(SHOPIFY, app_secret="other")),
        (webhook("orders/create"), WEBHOOK, msgspec.structs.replace(SHOPIFY, shop="other.myshopify.com")),
        (webhook("orders/create", signed=shopify_sign(Keys(), WEBHOOK)), WEBHOOK, Keys()),
        ({}, WEBHOOK, SHOPIFY),
    ):
        with pytest.raises(Forged):
            shopify_push.receive(forged, body, keys)


def test_shopify_topics():
    updated = b'{"id": 9007199254740993, "updated_at": "2026-09-21T22:13:20+08:00"}'
    for topic in ("orders/create", "orders/updated", "orders/paid", "orders/cancelled"):
        (nudge,) = shopify_push.receive(webhook(topic, updated), updated, SHOPIFY).nudges
        assert (nudge.order, nudge.at_us) == ("9007199254740993", 1_790_000_000 * 1_000_000)
    refund = b'{"id": 5, "order_id": 9007199254740993, "created_at": "2026-09-21T22:13:20+08:00"}'
    (nudge,) = shopify_push.receive(webhook("refunds/create", refund), refund, SHOPIFY).nudges
    assert (nudge.order, nudge.at_us) == ("9007199254740993", None)
    edit = b'{"order_edit": {"id": 6, "order_id": 9007199254740993}}'
    (nudge,) = shopify_push.receive(webhook("orders/edited", edit), edit, SHOPIFY).nudges
    assert nudge.order == "9007199254740993"
    for other in ("products/update", "app/uninstalled", ""):
        assert shopify_push.receive(webhook(other), WEBHOOK, SHOPIFY).unknown == 1


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/create", b""), ("orders/create", b"[]"), ("orders/create", b"{}"), ("orders/create", b"\xff"),
        ("orders/create", b"[" * 100_000), ("orders/create", b'{"id": 8.2e17}'), ("orders/create", b'{"id": "a b"}'),
        ("orders/create", b'{"id": 1, "updated_at": "yesterday"}'),
        ("orders/create", b'{"id": 1, "updated_at": "2026-09-21T22:13:20"}'), ("refunds/create", b'{"id": 5}'),
    ],
)  # fmt: skip
def test_shopify_webhooks_that_say_nothing(topic: str, body: bytes):
    with pytest.raises(Malformed) as caught:
        shopify_push.receive(webhook(topic, body), body, SHOPIFY)
    assert str(caught.value).isprintable()
