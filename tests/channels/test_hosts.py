"""Which host a request goes to, where a platform has several."""

from __future__ import annotations

import httpx
import pytest

from stockwatch.channels.client import Client
from stockwatch.channels.shopify import Shopify
from stockwatch.channels.tiktok import TikTok
from stockwatch.channels.wire import Adapter, Keys

TIKTOK = Keys(app_key="k", app_secret="s", access_token="old", refresh_token="r")
SHOPIFY = Keys(app_key="k", access_token="t", shop="demo.myshopify.com")


@pytest.mark.parametrize(
    ("adapter", "keys", "base", "hosts"),
    [
        (TikTok(), TIKTOK, None, ["open-api.tiktokglobalshop.com", "auth.tiktok-shops.com"]),
        (TikTok(), TIKTOK, "http://127.0.0.1:9/tiktok", ["127.0.0.1"]),
        (Shopify(), SHOPIFY, None, ["demo.myshopify.com"]),
        (Shopify(), SHOPIFY, "http://127.0.0.1:9/shopify", ["127.0.0.1"]),
    ],
)
async def test_a_base_url_chosen_by_hand_stands_for_all_hosts(
    adapter: Adapter, keys: Keys, base: str | None, hosts: list[str]
):
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        if request.url.path.endswith("/token/refresh"):
            data = {"access_token": "new", "refresh_token": "r2", "access_token_expire_in": 604_800}
            return httpx.Response(200, json={"code": 0, "data": data})
        if request.headers.get("x-tts-access-token") == "old":
            return httpx.Response(401, json={"code": 105002, "message": "Expired credentials"})
        return httpx.Response(200, json={"code": 0, "data": {}})

    client = Client(adapter, keys, base_url=base, transport=httpx.MockTransport(answer))
    await client.ask(adapter.detail("5"))
    await client.aclose()
    assert list(dict.fromkeys(url.host for url in asked)) == hosts
    prefix = httpx.URL(base).path if base else ""
    assert all(url.path.startswith(prefix + "/a") or url.path.startswith(prefix + "/o") for url in asked)
