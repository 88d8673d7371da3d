"""Each adapter and the lab's look-alike of its platform, without a socket between: pages, refusals, limits."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest
from msgspec.structs import replace

from stockwatch.channels.open import ADAPTERS
from stockwatch.channels.wire import Adapter, ApiError, Ask, Keys
from stockwatch.lab.face import Request
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import ALL_PLATFORMS, Ware, booth_of, keys_of
from stockwatch.lab.world import Booth

WARES = [Ware("A", "卫衣 M", 10_000)]
NOW_MS = 1_790_000_000_000
SIGNED = ("douyin", "kuaishou", "taobao", "tiktok")
EXPIRING = tuple(name for name in ALL_PLATFORMS if name != "shopify")


@dataclass
class Pair:
    """An adapter and its platform."""

    adapter: Adapter
    booth: Booth
    keys: Keys

    def ask(self, ask: Ask, *, at_ms: int = NOW_MS, ahead_ms: int = 0) -> bytes:
        """At a time by the asker's clock, which the platform's is ahead of."""
        call = self.adapter.call(ask, self.keys, at_ms * 1000)
        url = httpx.URL(call.path)
        headers = {name.lower(): value for name, value in call.headers.items()}
        asked = Request(call.verb, url.path, url.query.decode(), headers, call.body)
        reply = self.booth.face.handle(asked, at_ms + ahead_ms)
        return self.adapter.answer(ask, reply.status, reply.body)

    def refused(self, ask: Ask, *, ahead_ms: int = 0) -> str:
        """What kind of refusal it meets."""
        with pytest.raises(ApiError) as caught:
            self.ask(ask, ahead_ms=ahead_ms)
        assert self.keys.app_secret not in str(caught.value)
        return caught.value.kind

    @property
    def poll(self) -> Ask:
        return self.adapter.poll((NOW_MS - 60_000) * 1000, NOW_MS * 1000, None)


def pair(platform: str, faults: Faults = Faults(list_lag_s=0)) -> Pair:  # noqa: B008 - frozen
    return Pair(ADAPTERS[platform](), booth_of(platform, WARES, faults, 1), keys_of(platform))


@pytest.mark.parametrize("platform", ALL_PLATFORMS)
def test_every_order_is_on_some_page_though_many_changed_in_one_second(platform: str):
    one = pair(platform)
    shop = one.booth.face.shop
    for nth in range(700):
        at_ms = NOW_MS - 40_000 + (nth * 40 if nth < 300 else 15_000 + nth % 7)
        shop.place([(shop.goods[0], 1)], at_ms)
    found: set[str] = set()
    more: str | None = None
    for _ in range(60):
        ask = one.adapter.poll((NOW_MS - 60_000) * 1000, NOW_MS * 1000, more)
        page = one.adapter.page(one.ask(ask), one.keys, ask)
        assert page.unusable == ()
        found |= {order.id for order in page.orders} | set(page.names)
        more = page.more
        if more is None:
            break
    assert more is None, "the pages end"
    assert found == {str(order) for order in shop.orders}


@pytest.mark.parametrize("platform", ALL_PLATFORMS)
def test_who_asks_too_often_is_told_so(platform: str):
    one = pair(platform, Faults(list_lag_s=0, per_second=1))
    one.ask(one.poll)
    assert one.refused(one.poll) == "limited"
    assert sum(one.booth.face.door.limited.values()) == 1


@pytest.mark.parametrize("platform", EXPIRING)
def test_a_token_that_has_ended_is_renewed(platform: str):
    one = pair(platform, Faults(list_lag_s=0, token_s=10))
    one.ask(one.poll)
    one.booth.face.door.takes("", NOW_MS)
    with pytest.raises(ApiError) as caught:
        one.ask(one.poll, at_ms=NOW_MS + 11_000)
    assert caught.value.kind == "token"
    call = one.adapter.refresh(one.keys, (NOW_MS + 11_000) * 1000)
    assert call is not None
    url = httpx.URL(call.path)
    headers = {name.lower(): value for name, value in call.headers.items()}
    asked = Request(call.verb, url.path, url.query.decode(), headers, call.body)
    reply = one.booth.face.handle(asked, NOW_MS + 11_000)
    tokens = one.adapter.tokens(reply.status, reply.body)
    assert tokens.expires_s > 0
    one.keys = replace(one.keys, access_token=tokens.access_token, refresh_token=tokens.refresh_token)
    one.ask(one.poll, at_ms=NOW_MS + 11_500)


@pytest.mark.parametrize("platform", SIGNED)
def test_who_signs_with_another_secret_is_not_let_in(platform: str):
    one = pair(platform)
    one.keys = replace(one.keys, app_secret="another", sign_secret="another")
    assert one.refused(one.poll) == "denied"
    assert one.booth.face.door.forged == 1


@pytest.mark.parametrize("platform", SIGNED)
def test_a_clock_that_is_far_off_is_told_apart(platform: str):
    assert pair(platform).refused(pair(platform).poll, ahead_ms=3_600_000) == "clock"


@pytest.mark.parametrize("platform", ALL_PLATFORMS)
def test_a_token_that_is_none_is_not_let_in(platform: str):
    one = pair(platform)
    one.keys = replace(one.keys, access_token="another")
    assert one.refused(one.poll) == "token"


@pytest.mark.parametrize("platform", ALL_PLATFORMS)
def test_an_order_that_is_none_holds_nothing_up(platform: str):
    one = pair(platform)
    with pytest.raises(ApiError) as caught:
        one.adapter.order(one.ask(one.adapter.detail("1")), one.keys)
    assert caught.value.kind == "refused"
