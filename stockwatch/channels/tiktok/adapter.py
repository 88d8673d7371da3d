"""TikTok Shop behind the frame's one shape. Pure: `stockwatch.channels.client` does the asking.

Version 202309. A method is the path that is asked, its parameters what goes into the query, into the body, and where
the path says `:id`. The access token goes in a header, unsigned. The shapes of search and detail, the limits of a page
and a stretch, and the codes of errors are as merchants' public programs have them: no page of the platform was at hand.
So a refusal is sorted by what it says as well as by its code. Figures and goods: see `stock`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.meanings import Means, check_status, kind_of, orders_of
from stockwatch.channels.orders import Order
from stockwatch.channels.tiktok import push, stock
from stockwatch.channels.tiktok.orders import ShopOrder, order_of
from stockwatch.channels.tiktok.signing import sign
from stockwatch.channels.wire import (
    ApiError,
    Ask,
    Call,
    Keys,
    Offer,
    Page,
    Received,
    Tokens,
    decoded,
    exact_json,
    reader,
)

_PAGE = 100
_SEARCH = "order/202309/orders/search"
_DETAIL = "order/202309/orders"
_REFRESH = "https://auth.tiktok-shops.com/api/v2/token/refresh"
_WEEK_S = 7 * 24 * 3600
_INSTANT = 1_000_000_000
"""A lifetime larger than this is the instant at which it ends."""
_MEANS = (
    Means("token", {105001, 105002}, "access.*token|token.*access"),
    Means("clock", words="timestamp"),
    Means("limited", words="too many|rate limit|frequen|qps"),
    Means("denied", {105005}, "signature|invalid sign|app_key|app key|permission|scope|cipher|authoriz"),
    Means("broken", words="internal|timeout|timed out|try again|unavailable"),
)


class _Answer(msgspec.Struct):
    code: int
    message: str = ""
    request_id: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Orders(msgspec.Struct):
    orders: list[msgspec.Raw] | None = None
    next_page_token: str | None = None


class _Tokens(msgspec.Struct):
    access_token: str
    refresh_token: str = ""
    access_token_expire_in: int = 0


_answer = msgspec.json.Decoder(_Answer).decode
_orders = msgspec.json.Decoder(_Orders).decode
_order = reader(ShopOrder)
_tokens = msgspec.json.Decoder(_Tokens).decode


class TikTok:
    """See `stockwatch.channels.wire.Adapter`, `Stocked` and `Overwrites`."""

    name = "tiktok"
    base_url = "https://open-api.tiktokglobalshop.com"
    window_us = 24 * 3600 * 1_000_000
    acknowledgement = push.REPLY
    repeatable = False

    def call(self, ask: Ask, keys: Keys, now_us: int) -> Call:
        path = f"/{ask.method.replace(':id', ask.params.get('id', ''))}"
        query = {"app_key": keys.app_key, "timestamp": str(now_us // 1_000_000), **ask.params["query"]}
        if keys.shop_cipher:
            query["shop_cipher"] = keys.shop_cipher
        asked = ask.params.get("body")
        body = b"" if asked is None else exact_json(asked).encode()
        query["sign"] = sign(keys.app_secret, path, query, body)
        headers = {"x-tts-access-token": keys.access_token, "Content-Type": "application/json"}
        return Call("GET" if asked is None else "POST", f"{path}?{urlencode(query)}", body, headers)

    def answer(self, ask: Ask, status: int, body: bytes) -> bytes:
        check_status(ask, status)
        answer = decoded(_answer, body, ask.method)
        if answer.code == 0:
            if ask.method == stock.CHANGE:
                stock.carried_out(bytes(answer.data))
            return bytes(answer.data)
        note = f"{ask.method}: {answer.code} {answer.message}"
        note += f" (request {answer.request_id})" if answer.request_id else ""
        raise ApiError(kind_of(_MEANS, answer.code, answer.message), note, code=str(answer.code))

    def refresh(self, keys: Keys, now_us: int) -> Call | None:
        query = {
            "app_key": keys.app_key, "app_secret": keys.app_secret, "refresh_token": keys.refresh_token,
            "grant_type": "refresh_token",
        }  # fmt: skip
        return Call("GET", f"{_REFRESH}?{urlencode(query)}")

    def tokens(self, status: int, body: bytes) -> Tokens:
        try:
            found = decoded(_tokens, self.answer(Ask("token/refresh", {}), status, body), "token/refresh")
        except ApiError as error:
            if error.kind in ("token", "refused"):
                raise ApiError("denied", phrases.authorize_again(error.text), code=error.code) from None
            raise
        expires_s = found.access_token_expire_in
        return Tokens(found.access_token, found.refresh_token, _WEEK_S if expires_s > _INSTANT else expires_s)

    def detail(self, order: str) -> Ask:
        return Ask(_DETAIL, {"query": {"ids": order}})

    def order(self, answer: bytes, keys: Keys) -> Order:
        found = decoded(_orders, answer, _DETAIL).orders
        if not found:
            raise ApiError("refused", phrases.no_order(_DETAIL))
        return order_of(decoded(_order, bytes(found[0]), _DETAIL), keys)

    def poll(self, since_us: int, until_us: int, more: str | None) -> Ask:
        query = {"page_size": str(_PAGE), "sort_field": "update_time", "sort_order": "ASC"}
        if more:
            query["page_token"] = more
        # Whether the end belongs to the stretch is not said: "_lt" says that it does not.
        between = {"update_time_ge": since_us // 1_000_000, "update_time_lt": until_us // 1_000_000 + 1}
        return Ask(_SEARCH, {"query": query, "body": between})

    def page(self, answer: bytes, keys: Keys, ask: Ask) -> Page:
        found = decoded(_orders, answer, _SEARCH)
        orders, unusable = orders_of(found.orders, _order, lambda one: order_of(one, keys), _SEARCH)
        asked: dict[str, Any] = ask.params["query"]
        goes_on = found.next_page_token not in (None, "", asked.get("page_token"))
        return Page(orders, found.next_page_token if goes_on else None, unusable)

    def receive(self, headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
        return push.receive(headers, body, keys)

    def stock(self, product: str, sku: str) -> Ask:
        return stock.stock(sku)

    def stock_in(self, answer: bytes, sku: str) -> int:
        return stock.stock_in(answer, sku)

    def change(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        return stock.change(product, sku, delta, reading)

    def undone(self, before: bytes, after: bytes, sku: str) -> bool:
        return stock.undone(before, after, sku)

    def goods(self) -> Ask:
        return stock.goods()

    def offer(self, answer: bytes, ask: Ask) -> Offer:
        return stock.offer(answer, ask)
