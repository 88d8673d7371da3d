"""Shopify behind the frame's one shape. Pure: `stockwatch.channels.client` does the asking.

The Admin REST API, version 2026-04, with a custom app's token in a header; tokens do not expire, and there is nothing
to sign. Its address is the shop's own: `shop` is NAME.myshopify.com, or the channel's feed gives a base URL. Orders of
the last 60 days need the scope read_orders, older ones read_all_orders. Figures and goods are asked for by GraphQL:
see `stock`.

Uncertain: Shopify calls this API legacy and may close it to new apps, and from what date a version is refused. The
version is part of every path, so that an answer of 404 or 410 says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.meanings import orders_of
from stockwatch.channels.orders import Order
from stockwatch.channels.shopify import push, stock
from stockwatch.channels.shopify.orders import FIELDS, ShopOrder, instant, order_of
from stockwatch.channels.wire import (
    ApiError,
    Ask,
    Call,
    Keys,
    Kind,
    Offer,
    Page,
    Received,
    Tokens,
    decoded,
    exact_json,
    id_text,
    reader,
)

VERSION = "2026-04"
_PAGE = 250
_S = 1_000_000
_SHOP = re.compile(r"[0-9a-z][0-9a-z-]{0,62}\.myshopify\.com")
_NO_SUCH_ORDER = re.compile(r"orders/[^/]+\.json")
_LEAK_S = 2.0
"""What an emptied bucket of requests needs until a few fit again."""


class _Detail(msgspec.Struct):
    order: ShopOrder


class _List(msgspec.Struct):
    orders: list[msgspec.Raw]


class _Failed(msgspec.Struct):
    errors: msgspec.Raw = msgspec.Raw(b"null")


_detail = reader(_Detail)
_order = reader(ShopOrder)
_list = msgspec.json.Decoder(_List).decode
_failed = msgspec.json.Decoder(_Failed).decode


class Shopify:
    """See `stockwatch.channels.wire.Adapter` and `Stocked`."""

    name = "shopify"
    base_url = "https://admin.shopify.invalid"
    """Never asked: a call names the shop's own host, or the channel's feed does."""
    window_us = 24 * 3600 * _S
    acknowledgement = push.REPLY
    repeatable = True

    def call(self, ask: Ask, keys: Keys, now_us: int) -> Call:
        shop = keys.shop.lower()
        if shop and not _SHOP.fullmatch(shop):
            raise ApiError("denied", phrases.NO_SHOP)
        host = f"https://{shop}" if shop else ""
        where = f"{host}/admin/api/{VERSION}/{ask.method}"
        headers = {"X-Shopify-Access-Token": keys.access_token}
        if ask.method == stock.METHOD:
            headers["Content-Type"] = "application/json"
            return Call("POST", where, exact_json(ask.params).encode(), headers)
        return Call("GET", f"{where}?{urlencode(ask.params)}", headers=headers)

    def answer(self, ask: Ask, status: int, body: bytes) -> bytes:
        if status == 200:
            return stock.data_of(body, _LEAK_S) if ask.method == stock.METHOD else body
        note = f"{ask.method}: HTTP {status} {_said(body)}"
        raise ApiError(
            _kind(ask, status), note, code=str(status), retry_after_s=_LEAK_S if status == 429 else None
        )

    def refresh(self, keys: Keys, now_us: int) -> Call | None:
        return None

    def tokens(self, status: int, body: bytes) -> Tokens:
        raise ApiError("denied", phrases.INSTALL_AGAIN)

    def detail(self, order: str) -> Ask:
        return Ask(f"orders/{id_text(order)}.json", {"fields": FIELDS})

    def order(self, answer: bytes, keys: Keys) -> Order:
        return order_of(decoded(_detail, answer, "orders/ID.json").order, keys)

    def poll(self, since_us: int, until_us: int, more: str | None) -> Ask:
        """`more` is "SECOND" or "SECOND:ID". Where a page ends is in a header that an answer does not have here, so
        that each next page begins at the last order's second; where one second fills a page, its orders are gone
        through by id, and then the next second follows."""
        second, _, after = (more or str(since_us // _S)).partition(":")
        last = int(second) if after else max(int(second), -(-until_us // _S))
        params: dict[str, Any] = {
            "status": "any", "limit": _PAGE, "updated_at_min": _written(int(second)), "updated_at_max": _written(last),
            "fields": FIELDS,
        }  # fmt: skip
        params.update({"since_id": after} if after else {"order": "updated_at asc"})
        return Ask("orders.json", params)

    def page(self, answer: bytes, keys: Keys, ask: Ask) -> Page:
        found = decoded(_list, answer, "orders.json").orders
        orders, unusable = orders_of(found, _order, lambda one: order_of(one, keys), "orders.json")
        began, after = instant(ask.params["updated_at_min"]) // _S, ask.params.get("since_id")
        if len(found) < _PAGE:
            return Page(orders, None if after is None else str(began + 1), unusable)
        if after is not None:
            # By id, whatever their order: the highest is where the next page begins.
            highest = max((int(order.id) for order in orders if order.id.isdecimal()), default=0)
            more = f"{began}:{highest}" if highest > int(after) else str(began + 1)
            return Page(orders, more, unusable)
        end = instant(ask.params["updated_at_max"]) // _S
        # A time that lies outside what was asked for would pass over the rest of it.
        last = max((at for order in orders if (at := order.updated_us // _S) <= end), default=began)
        return Page(orders, str(last) if last > began else f"{began}:0", unusable)

    def receive(self, headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
        return push.receive(headers, body, keys)

    def stock(self, product: str, sku: str) -> Ask:
        return stock.stock(sku)

    def stock_in(self, answer: bytes, sku: str) -> int:
        return stock.stock_in(answer)

    def change(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        return stock.change(delta, once, reading)

    def goods(self) -> Ask:
        return stock.goods()

    def offer(self, answer: bytes, ask: Ask) -> Offer:
        return stock.offer(answer, ask)


def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _said(body: bytes) -> str:
    try:
        return bytes(_failed(body).errors).decode()[:200]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return ""


def _kind(ask: Ask, status: int) -> Kind:
    if status == 401:
        return "token"
    if status == 429:
        return "limited"
    if status >= 500:
        return "broken"
    if status == 404 and _NO_SUCH_ORDER.fullmatch(ask.method):
        return "refused"
    # 402 and 423: the shop is frozen or locked; 403: a scope is missing; 404, 410: no such shop or version.
    return "denied" if status in (402, 403, 404, 410, 423) else "refused"
