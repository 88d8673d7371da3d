"""Published vectors of WeChat, TikTok Shop and Shopify, and what resembles them and is forged."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import msgspec
import pytest

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
