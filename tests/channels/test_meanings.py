"""Which answers of failure mean what: each platform's table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stockwatch.channels.meanings import Means, kind_of
from stockwatch.channels.open import ADAPTERS
from stockwatch.channels.wire import ApiError, Ask


def test_the_first_row_that_fits_counts_and_what_no_row_knows_is_refused():
    table = (Means("token", {1}, "key"), Means("denied", {1, 2}, "key|sign"))
    assert kind_of(table, 1) == "token"
    assert kind_of(table, 3, "Bad SIGN") == "denied"
    assert kind_of(table, 3, "a bad\nkey sign") == "token"
    assert kind_of(table, 3) == "refused"


def taobao(code: int, sub_code: str, said: str) -> dict[str, Any]:
    return {"error_response": {"code": code, "msg": said, "sub_code": sub_code}}


def douyin(code: int, sub_code: str, said: str) -> dict[str, Any]:
    return {"code": code, "sub_code": sub_code, "sub_msg": said}


@pytest.mark.parametrize(
    ("platform", "answer", "kind"),
    [
        ("taobao", taobao(7, "", "App Call Limited"), "limited"),
        ("taobao", taobao(15, "isv.invalid-parameter", ""), "refused"),
        ("taobao", taobao(15, "isp.remote-timeout", ""), "broken"),
        ("taobao", taobao(15, "isp.bad", "invalid timestamp"), "clock"),
        ("taobao", taobao(50, "isv.x", "no session in words"), "refused"),
        ("douyin", douyin(40004, "isv.sign-check", ""), "denied"),
        ("douyin", douyin(40004, "isv.x", "a signed order"), "refused"),
        ("douyin", douyin(40004, "", "access_token has expired"), "token"),
        ("douyin", douyin(20000, "isp.top-call-limited", ""), "limited"),
        ("kuaishou", {"result": 100, "error_msg": "系统繁忙"}, "broken"),
        ("tiktok", {"code": 105005, "message": "no"}, "denied"),
        ("wechat", {"errcode": -1}, "broken"),
        ("wechat", {"errcode": 10020112}, "limited"),
    ],
)
def test_what_a_platform_says_is_told_by_its_table(platform: str, answer: dict[str, Any], kind: str):
    with pytest.raises(ApiError) as raised:
        ADAPTERS[platform]().answer(Ask("taobao.a.b", {}), 200, json.dumps(answer).encode())
    assert raised.value.kind == kind


@pytest.mark.parametrize("platform", ADAPTERS)
def test_too_many_requests_is_that_whoever_says_it(platform: str):
    """A gateway before the platform's own answers with no JSON."""
    adapter = ADAPTERS[platform]()
    with pytest.raises(ApiError) as caught:
        adapter.answer(adapter.poll(0, 1_000_000, None), 429, b"slow down")
    assert caught.value.kind == "limited"
