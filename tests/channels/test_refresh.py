"""A platform that fails while a token is refreshed says nothing of the tokens."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from msgspec.structs import replace

from stockwatch.channels.client import Client
from stockwatch.channels.kuaishou import Kuaishou
from stockwatch.channels.wire import ApiError, Ask, Keys

WRITTEN = Keys(app_key="k", app_secret="s", access_token="old", refresh_token="r-old", sign_secret="g")
KEPT = replace(WRITTEN, access_token="kept", refresh_token="r-kept")


def client(refresh: Callable[[], httpx.Response], asked: list[str] | None = None) -> Client:
    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request.url.path)
        if "oauth2" in request.url.path:
            return refresh()
        return httpx.Response(200, json={"result": 24, "error_msg": "access_token expired"})

    return Client(
        Kuaishou(),
        KEPT,
        base_url="http://127.0.0.1:9",
        written=WRITTEN,
        transport=httpx.MockTransport(answer),
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, {"result": 500, "error_msg": "bad gateway"}, "broken"),
        (200, {"result": 100, "error_msg": "系统繁忙"}, "broken"),
        (429, {}, "limited"),
    ],
)
async def test_the_kept_tokens_stay_through_a_failure(status: int, body: dict[str, object], kind: str):
    asking = client(lambda: httpx.Response(status, content=json.dumps(body)))
    with pytest.raises(ApiError) as caught:
        await asking.ask(Ask("open.order.detail", {"oid": 1}), tries=2)
    assert (caught.value.kind, asking.keys) == (kind, KEPT), "nobody is told to authorize the app again"
    await asking.aclose()


async def test_written_tokens_are_tried_where_the_kept_ones_are_refused():
    asking = client(
        lambda: httpx.Response(200, json={"result": 100200105, "error_msg": "refresh_token invalid"})
    )
    with pytest.raises(ApiError):
        await asking.ask(Ask("open.order.detail", {"oid": 1}), tries=2)
    assert asking.keys == WRITTEN
    await asking.aclose()


async def test_refused_tokens_are_not_asked_for_by_each_order_that_waits():
    asked: list[str] = []
    asking = client(
        lambda: httpx.Response(200, json={"result": 100200105, "error_msg": "refresh_token invalid"}), asked
    )
    asking._written = None
    for order in range(20):
        with pytest.raises(ApiError) as caught:
            await asking.ask(Ask("open.order.detail", {"oid": order}), tries=2)
        assert caught.value.kind == "token", "the order is not at fault: it is not given up"
        assert (caught.value.retry_after_s or 0) > 20
        assert "authorize the app again" in str(caught.value)
    assert len(asked) == 2, "one request and one refresh in half a minute"
    asking._kept = lambda: replace(KEPT, access_token="new")
    with pytest.raises(ApiError):
        await asking.ask(Ask("open.order.detail", {"oid": 1}), tries=2)
    assert len(asked) > 2, "tokens that another process has kept are tried at once"
    await asking.aclose()


async def test_a_platform_that_cannot_be_reached_is_said_in_both_languages():
    asking = Client(Kuaishou(), KEPT, base_url="http://127.0.0.1:9")
    with pytest.raises(ApiError) as caught:
        await asking.ask(Ask("open.order.detail", {"oid": 1}), tries=1)
    assert (caught.value.text.zh, caught.value.text.en) == ("连不上对方", "it can't be reached")
    await asking.aclose()
