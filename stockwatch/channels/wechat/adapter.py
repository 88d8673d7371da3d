"""WeChat behind the frame's one shape. Pure: `stockwatch.channels.client` does the asking.

Requests carry the access token in their query and are not signed. The token comes for the app's id and secret, by
`stable_token`, which leaves other holders of the same credentials theirs; there is no refresh token. Lists name orders
only. Pages hold 50, since public sources differ on whether 100 are allowed.

Stock: `product/stock/update` adds or takes (its setting is advised against while orders come), has no name for a
change, and refuses (10020219) what would go below zero. `product/stock/get` counts what is set aside for a limited-time
sale (限时抢购) beside the rest; only the rest is changed, so only the rest is read, where it is told. Uncertain, known
from three public SDKs only: the names in that answer, and that a list of goods may hold 30.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.meanings import Means, check_status, kind_of
from stockwatch.channels.orders import Order
from stockwatch.channels.wechat import push, signing
from stockwatch.channels.wechat.orders import ShopOrder, order_of
from stockwatch.channels.wire import (
    ApiError,
    Ask,
    Call,
    Id,
    Keys,
    Listed,
    Offer,
    Page,
    Received,
    Tokens,
    Unusable,
    decoded,
    exact_json,
    id_text,
    readable,
    reader,
)

_PAGE = 50
_GOODS_PAGE = 30
_ON_SALE = 5
_ONLINE = 1
_ADD, _TAKE = 1, 2
_JSON = {"Content-Type": "application/json;charset=UTF-8"}
_RATE_S = 60.0
_MEANS = (
    Means("token", {40001, 40014, 41001, 42001}),
    Means("limited", {45009, 45011, 10020112}),
    Means("denied", {40002, 40013, 40125, 40164, 41002, 41004, 48001, 50002, 61004}),
    Means("broken", {-1}),
)
"""By the platform's table of global codes. The clock plays no part: nothing is signed."""


class _Answer(msgspec.Struct):
    errcode: int = 0
    errmsg: str = ""


class _Detail(msgspec.Struct):
    order: ShopOrder


class _List(msgspec.Struct):
    order_id_list: list[msgspec.Raw] | None = None
    next_key: str = ""
    has_more: bool = False


class _Tokens(msgspec.Struct):
    access_token: str = ""
    expires_in: int = 0


class _Stock(msgspec.Struct):
    normal_stock_num: int | None = None
    total_stock_num: int | None = None
    stock_num: int | None = None


class _StockOf(msgspec.Struct):
    data: _Stock


class _Attribute(msgspec.Struct):
    attr_value: str = ""


class _Sku(msgspec.Struct):
    sku_id: Id
    stock_num: int | None = None
    sku_code: str | None = None
    out_sku_id: Id | None = None
    sku_attrs: list[_Attribute] | None = None


class _Product(msgspec.Struct):
    product_id: Id
    title: str = ""
    skus: list[msgspec.Raw] | None = None


class _ProductOf(msgspec.Struct):
    product: _Product


class _Products(msgspec.Struct):
    product_ids: list[msgspec.Raw] | None = None
    next_key: str = ""


_answer = msgspec.json.Decoder(_Answer).decode
_detail = reader(_Detail)
_list = msgspec.json.Decoder(_List).decode
_tokens = msgspec.json.Decoder(_Tokens).decode
_stock_of = msgspec.json.Decoder(_StockOf).decode
_id = msgspec.json.Decoder(int | str).decode
_sku = msgspec.json.Decoder(_Sku).decode
_product_of = msgspec.json.Decoder(_ProductOf).decode
_products = msgspec.json.Decoder(_Products).decode


class WeChat:
    """See `stockwatch.channels.wire.Adapter`, `Stocked`, `Echoes` and `RenewsBySecret`."""

    name = "wechat"
    base_url = "https://api.weixin.qq.com"
    window_us = 15 * 60 * 1_000_000
    """The platform allows 7 days. An order that can't be fetched holds up the cursor no longer than this."""
    acknowledgement = push.REPLY
    renews_by_secret = True
    repeatable = False

    def call(self, ask: Ask, keys: Keys, now_us: int) -> Call:
        query = urlencode({"access_token": keys.access_token})
        return Call("POST", f"/{ask.method}?{query}", exact_json(ask.params).encode(), _JSON)

    def answer(self, ask: Ask, status: int, body: bytes) -> bytes:
        check_status(ask, status)
        if status != 200:
            raise ApiError("refused", f"{ask.method}: HTTP {status}")
        answer = decoded(_answer, body, ask.method)
        if answer.errcode == 0:
            return body
        raise ApiError(
            kind_of(_MEANS, answer.errcode),
            f"{ask.method}: {answer.errcode} {answer.errmsg}",
            code=str(answer.errcode),
            retry_after_s=_RATE_S if answer.errcode == 45009 else None,
        )

    def refresh(self, keys: Keys, now_us: int) -> Call | None:
        params = {
            "grant_type": "client_credential", "appid": keys.app_key, "secret": keys.app_secret,
            "force_refresh": False,
        }  # fmt: skip
        return Call("POST", "/cgi-bin/stable_token", exact_json(params).encode(), _JSON)

    def tokens(self, status: int, body: bytes) -> Tokens:
        try:
            answer = self.answer(Ask("stable_token", {}), status, body)
        except ApiError as error:
            if error.kind == "token":  # 40001 is a wrong secret here
                said = phrases.id_and_secret_not_taken(error.text)
                raise ApiError("denied", said, code=error.code) from None
            raise
        found = decoded(_tokens, answer, "stable_token")
        if not found.access_token:
            raise ApiError("broken", phrases.no_token("stable_token"))
        return Tokens(found.access_token, "", found.expires_in)

    def detail(self, order: str) -> Ask:
        return Ask("channels/ec/order/get", {"order_id": order})

    def order(self, answer: bytes, keys: Keys) -> Order:
        return order_of(decoded(_detail, answer, "order/get").order, keys)

    def poll(self, since_us: int, until_us: int, more: str | None) -> Ask:
        params: dict[str, Any] = {
            "update_time_range": {"start_time": since_us // 1_000_000, "end_time": -(-until_us // 1_000_000)},
            "page_size": _PAGE,
        }  # fmt: skip
        if more:
            params["next_key"] = more
        return Ask("channels/ec/order/list/get", params)

    def page(self, answer: bytes, keys: Keys, ask: Ask) -> Page:
        found = decoded(_list, answer, "order/list/get")
        names, unusable = list[str](), list[Unusable]()
        for raw in found.order_id_list or ():
            try:
                names.append(id_text(decoded(_id, bytes(raw), "order/list/get")))
            except ApiError as error:
                unusable.append(Unusable(bytes(raw), str(error)))
        goes_on = found.has_more and found.next_key not in ("", ask.params.get("next_key"))
        return Page((), found.next_key if goes_on else None, tuple(unusable), tuple(names))

    def receive(self, headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
        return push.receive(headers, body, keys)

    def echo(self, headers: Mapping[str, str], keys: Keys) -> bytes:
        return signing.echo(signing.query_of(headers), keys)

    def stock(self, product: str, sku: str) -> Ask:
        return Ask("channels/ec/product/stock/get", {"product_id": product, "sku_id": sku})

    def stock_in(self, answer: bytes, sku: str) -> int:
        found = decoded(_stock_of, answer, "stock/get").data
        for units in (found.normal_stock_num, found.total_stock_num, found.stock_num):
            if units is not None:
                return units
        raise ApiError("broken", phrases.no_figure("stock/get"))

    def change(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        """There is no name for a change."""
        params = {
            "product_id": product, "sku_id": sku, "diff_type": _ADD if delta > 0 else _TAKE, "num": abs(delta),
        }  # fmt: skip
        return Ask("channels/ec/product/stock/update", params)

    def goods(self) -> Ask:
        return Ask("channels/ec/product/list/get", {"status": _ON_SALE, "page_size": _GOODS_PAGE})

    def offer(self, answer: bytes, ask: Ask) -> Offer:
        """Lists name products only; each is then asked for as it is on sale, not as it is being edited."""
        if ask.method == "channels/ec/product/get":
            product = decoded(_product_of, answer, "product/get").product
            listed, bad = readable(product.skus, lambda row: (_listed(product, _sku(row)),), "product/get")
            return Offer(tuple(listed), (), tuple(bad))
        found = decoded(_products, answer, "product/list/get")
        more, bad = readable(found.product_ids, lambda row: (_skus_of(_id(row)),), "product/list/get")
        if found.product_ids and found.next_key not in ("", ask.params.get("next_key")):
            more.append(Ask(ask.method, {**ask.params, "next_key": found.next_key}))
        return Offer((), tuple(more), tuple(bad))


def _skus_of(product: int | str) -> Ask:
    return Ask("channels/ec/product/get", {"product_id": id_text(product), "data_type": _ONLINE})


def _listed(product: _Product, sku: _Sku) -> Listed:
    spec = " ".join(one.attr_value for one in sku.sku_attrs or () if one.attr_value)
    outer = sku.sku_code or str(sku.out_sku_id or "")
    return Listed(id_text(product.product_id), id_text(sku.sku_id), product.title, spec, outer, sku.stock_num)
