"""Taobao behind the frame's one shape. Pure: `stockwatch.channels.client` does the asking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.meanings import Means, check_status, kind_of, orders_of
from stockwatch.channels.orders import Line, Order, Returned
from stockwatch.channels.taobao.orders import Refund, Trade, order_of, returned_of, written
from stockwatch.channels.taobao.signing import sign
from stockwatch.channels.wire import (
    ApiError,
    Ask,
    Call,
    Forged,
    Id,
    Keys,
    Listed,
    Offer,
    Page,
    Received,
    Tokens,
    decoded,
    id_text,
    readable,
    reader,
)

_PAGE = 50
_GOODS_PAGE = 100
_ORDER_FIELDS = (
    "orders.oid,orders.num,orders.num_iid,orders.sku_id,orders.outer_iid,orders.outer_sku_id,orders.status,"
    "orders.refund_status,orders.refund_id,orders.consign_time,orders.end_time,orders.sub_stock,orders.is_gift"
)
FIELDS = (
    "tid,seller_nick,created,modified,status,pay_time,end_time,timeout_action_time,step_trade_status,live_room_id,"
    + _ORDER_FIELDS
)
_FULL, _DELTA = 1, 2
"""What a quantity is: the figure, or a change of it."""
_BAN = re.compile(r"last for (\d{1,4}) more second")
_MEANS = (
    Means("limited", {7}, r"^\S*limited"),
    Means("token", {26, 27}, r"^\S*session"),
    Means("clock", words="timestamp"),
    Means("denied", {11, 12, 13, 25, 28, 29}),
    Means("refused", words=r"^isv\."),
    Means("broken", {10, 15, 900}, r"^isp\."),
)
"""A sub-code comes first in what was said, and holds no space."""


class _Error(msgspec.Struct):
    code: int
    msg: str = ""
    sub_code: str = ""
    sub_msg: str = ""


class _Failed(msgspec.Struct):
    error_response: _Error


class _Detail(msgspec.Struct):
    trade: Trade


class _Trades(msgspec.Struct):
    trade: list[msgspec.Raw] | None = None


class _List(msgspec.Struct):
    trades: _Trades | None = None
    has_next: bool = False


class _RefundOf(msgspec.Struct):
    refund: Refund


class _Terms(msgspec.Struct):
    sub_stock: int = 0


class _TermsOf(msgspec.Struct):
    item: _Terms


class _Tokens(msgspec.Struct):
    access_token: str
    expires_in: int
    refresh_token: str = ""


class _Sku(msgspec.Struct):
    sku_id: Id = ""
    quantity: int = 0
    outer_id: str = ""
    properties_name: str = ""


class _Stock(msgspec.Struct):
    sku: _Sku


class _SkuList(msgspec.Struct):
    sku: list[msgspec.Raw] = []


class _Skus(msgspec.Struct):
    skus: _SkuList = msgspec.field(default_factory=_SkuList)


class _Item(msgspec.Struct):
    num_iid: Id
    title: str = ""


class _ItemList(msgspec.Struct):
    item: list[msgspec.Raw] = []


class _Items(msgspec.Struct):
    items: _ItemList = msgspec.field(default_factory=_ItemList)


_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_failed = msgspec.json.Decoder(_Failed).decode
_detail = reader(_Detail)
_trade = reader(Trade)
_list = msgspec.json.Decoder(_List).decode
_refund = msgspec.json.Decoder(_RefundOf).decode
_terms = msgspec.json.Decoder(_TermsOf).decode
_tokens = msgspec.json.Decoder(_Tokens).decode
_stock = msgspec.json.Decoder(_Stock).decode
_skus = msgspec.json.Decoder(_Skus).decode
_sku_row = msgspec.json.Decoder(_Sku).decode
_item_row = msgspec.json.Decoder(_Item).decode
_items = msgspec.json.Decoder(_Items).decode
_string = msgspec.json.Decoder(str).decode


class Taobao:
    """See `stockwatch.channels.wire.Adapter`."""

    name = "taobao"
    base_url = "https://gw.api.taobao.com"
    window_us = 30 * 60 * 1_000_000
    acknowledgement = b""
    repeatable = False

    def call(self, ask: Ask, keys: Keys, now_us: int) -> Call:
        fields = {
            "method": ask.method, "app_key": keys.app_key, "session": keys.access_token,
            "timestamp": written(now_us), "v": "2.0", "sign_method": "hmac-sha256", "format": "json",
            **{name: str(value) for name, value in ask.params.items() if not name.endswith("_")},
        }  # fmt: skip
        fields["sign"] = sign(fields, keys.app_secret)
        return Call(
            "POST",
            "/router/rest",
            urlencode(fields).encode(),
            {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
        )

    def answer(self, ask: Ask, status: int, body: bytes) -> bytes:
        check_status(ask, status)
        envelope = decoded(_envelope, body, ask.method)
        if "error_response" in envelope:
            error = decoded(_failed, body, ask.method).error_response
            said = error.sub_msg or error.msg
            ban = _BAN.search(f"{error.sub_msg} {error.msg}")
            raise ApiError(
                kind_of(_MEANS, error.code, f"{error.sub_code} {error.msg}"),
                f"{ask.method}: {error.code} {error.sub_code} {said}",
                code=str(error.code),
                retry_after_s=float(ban[1]) if ban else None,
            )
        name = ask.method.removeprefix("taobao.").replace(".", "_") + "_response"
        if name not in envelope:
            raise ApiError("broken", phrases.nothing_named(ask.method, name))
        return bytes(envelope[name])

    def refresh(self, keys: Keys, now_us: int) -> Call | None:
        ask = Ask("taobao.top.auth.token.refresh", {"refresh_token": keys.refresh_token})
        return self.call(ask, msgspec.structs.replace(keys, access_token=""), now_us)

    def tokens(self, status: int, body: bytes) -> Tokens:
        answer = self.answer(Ask("taobao.top.auth.token.refresh", {}), status, body)
        inner = decoded(_envelope, answer, "token.refresh").get("token_result")
        if inner is None:
            raise ApiError("denied", phrases.authorize_again(phrases.no_token("token.refresh")))
        found = decoded(_tokens, decoded(_string, bytes(inner), "token.refresh").encode(), "token.refresh")
        return Tokens(found.access_token, found.refresh_token, found.expires_in)

    def detail(self, order: str) -> Ask:
        return Ask("taobao.trade.fullinfo.get", {"tid": order, "fields": FIELDS})

    def order(self, answer: bytes, keys: Keys) -> Order:
        return order_of(decoded(_detail, answer, "trade.fullinfo.get").trade, keys)

    def poll(self, since_us: int, until_us: int, more: str | None) -> Ask:
        """`more` is a page number. A trade that changes moves to another window and lets the rest shift forward, so
        that one may be passed over; the next, overlapping window finds it."""
        params: dict[str, Any] = {
            "fields": FIELDS, "start_modified": written(since_us), "end_modified": written(until_us + 999_999),
            "page_no": int(more or 1), "page_size": _PAGE, "use_has_next": "true",
        }  # fmt: skip
        return Ask("taobao.trades.sold.increment.get", params)

    def page(self, answer: bytes, keys: Keys, ask: Ask) -> Page:
        found = decoded(_list, answer, "trades.sold.increment.get")
        orders, unusable = orders_of(
            None if found.trades is None else found.trades.trade,
            _trade,
            lambda one: order_of(one, keys),
            "trades.sold.increment.get",
        )
        return Page(orders, str(ask.params["page_no"] + 1) if found.has_next else None, unusable)

    def after_sale(self, name: str) -> Ask:
        fields = "refund_id,status,num,modified,good_status"
        return Ask("taobao.refund.get", {"refund_id": name, "fields": fields})

    def returned(self, answer: bytes, line: Line) -> tuple[Returned, ...]:
        return returned_of(decoded(_refund, answer, "refund.get").refund, line)

    def product(self, product: str) -> Ask:
        return Ask("taobao.item.seller.get", {"num_iid": product, "fields": "num_iid,sub_stock"})

    def holds(self, answer: bytes) -> bool | None:
        return {1: True, 2: False}.get(decoded(_terms, answer, "item.seller.get").item.sub_stock)

    def receive(self, headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
        raise Forged("Taobao sends no callbacks; its messages come over TMC")

    def stock(self, product: str, sku: str) -> Ask:
        return Ask("taobao.item.sku.get", {"num_iid": product, "sku_id": sku, "fields": "sku_id,quantity"})

    def stock_in(self, answer: bytes, sku: str) -> int:
        return decoded(_stock, answer, "item.sku.get").sku.quantity

    def change(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        """What would go below zero stops at zero, and nothing says so: read before and after."""
        return _quantity(product, sku, delta, _DELTA)

    def put(self, product: str, sku: str, units: int) -> Ask:
        """One below zero is refused."""
        return _quantity(product, sku, units, _FULL)

    def goods(self) -> Ask:
        params = {"fields": "num_iid,title,outer_id", "page_no": 1, "page_size": _GOODS_PAGE}
        return Ask("taobao.items.onsale.get", params)

    def offer(self, answer: bytes, ask: Ask) -> Offer:
        """Items first, page by page, then the SKUs of each."""
        if ask.method == "taobao.item.skus.get":
            rows = decoded(_skus, answer, "item.skus.get").skus.sku
            listed, bad = readable(rows, lambda row: (_listed(_sku_row(row), ask),), "item.skus.get")
            return Offer(tuple(listed), (), tuple(bad))
        items = decoded(_items, answer, "items.onsale.get").items.item
        more, bad = readable(items, lambda row: (_skus_of(_item_row(row)),), "items.onsale.get")
        if len(items) >= _GOODS_PAGE:
            more.append(Ask(ask.method, {**ask.params, "page_no": ask.params["page_no"] + 1}))
        return Offer((), tuple(more), tuple(bad))


def _quantity(product: str, sku: str, quantity: int, kind: int) -> Ask:
    params = {"num_iid": product, "skuid_quantities": f"{sku}:{quantity}", "type": kind}
    return Ask("taobao.skus.quantity.update", params)


def _skus_of(item: _Item) -> Ask:
    fields = "sku_id,outer_id,quantity,properties_name"
    return Ask(
        "taobao.item.skus.get", {"num_iids": id_text(item.num_iid), "fields": fields, "title_": item.title}
    )


def _listed(sku: _Sku, ask: Ask) -> Listed:
    return Listed(
        ask.params["num_iids"], id_text(sku.sku_id), ask.params.get("title_", ""), sku.properties_name,
        sku.outer_id, sku.quantity,
    )  # fmt: skip
