"""Douyin behind the frame's one shape. Pure: `stockwatch.channels.client` does the asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from stockwatch.channels.douyin import push, stock
from stockwatch.channels.douyin.orders import Bundled, Sale, ShopOrder, order_of, parts_of, returned_of
from stockwatch.channels.douyin.signing import param_json, sign
from stockwatch.channels.meanings import Means, check_status, kind_of, orders_of
from stockwatch.channels.orders import Line, Order, Returned
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
    Wanted,
    decoded,
    id_text,
    readable,
    reader,
)

_PAGE = 100
_OK = 10000
_MEANS = (
    Means("spent", words=r":-20002\b|token已被使用"),
    Means("token", {30002, 30005}, "access_token.*expire|expire.*access_token"),
    Means("limited", words="limit|too many|频|限流"),
    Means("clock", words="timestamp"),
    Means("denied", {11, 30001, 40003}, r"^\S*sign"),
    Means("broken", {20000, 90000}, r"^isp\."),
)
"""A sub-code comes first in what was said, and holds no space."""


class _Answer(msgspec.Struct):
    code: int | None = None
    err_no: int | None = None
    msg: str = ""
    message: str = ""
    sub_code: str = ""
    sub_msg: str = ""
    log_id: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Detail(msgspec.Struct):
    shop_order_detail: ShopOrder


class _List(msgspec.Struct):
    shop_order_list: list[msgspec.Raw] | None = None


class _Sales(msgspec.Struct):
    items: list[Sale] | None = None


class _Terms(msgspec.Struct):
    reduce_type: int = 0


class _Tokens(msgspec.Struct):
    access_token: str
    expires_in: int
    refresh_token: str = ""


class _Product(msgspec.Struct):
    product_id: Id
    product_id_str: str = ""
    name: str = ""


class _Products(msgspec.Struct):
    data: list[msgspec.Raw] = []


class _Sku(msgspec.Struct):
    id: Id
    code: str = ""
    out_sku_id: Id | None = None
    stock_num: int | None = None
    step_stock_num: int | None = None
    sku_type: int | None = None
    spec_detail_name1: str = ""
    spec_detail_name2: str = ""
    spec_detail_name3: str = ""
    bundle_sku_info: list[Bundled] | None = None


_answer = msgspec.json.Decoder(_Answer).decode
_detail = reader(_Detail)
_order = reader(ShopOrder)
_list = msgspec.json.Decoder(_List).decode
_sales = msgspec.json.Decoder(_Sales).decode
_terms = msgspec.json.Decoder(_Terms).decode
_tokens = msgspec.json.Decoder(_Tokens).decode
_products = msgspec.json.Decoder(_Products).decode
_product = msgspec.json.Decoder(_Product).decode
_skus = msgspec.json.Decoder(list[msgspec.Raw]).decode
_sku = msgspec.json.Decoder(_Sku).decode


class Douyin:
    """See `stockwatch.channels.wire.Adapter`."""

    name = "douyin"
    base_url = "https://openapi-fxg.jinritemai.com"
    window_us = 15 * 60 * 1_000_000
    acknowledgement = push.REPLY
    repeatable = True
    batch = stock.BATCH

    def call(self, ask: Ask, keys: Keys, now_us: int) -> Call:
        params = param_json({name: value for name, value in ask.params.items() if not name.endswith("_")})
        timestamp = str(now_us // 1_000_000)
        query = {
            "app_key": keys.app_key, "method": ask.method, "access_token": keys.access_token,
            "timestamp": timestamp, "v": "2", "sign_method": "hmac-sha256",
            "sign": sign(keys, ask.method, params, timestamp),
        }  # fmt: skip
        return Call(
            "POST",
            f"/{ask.method.replace('.', '/')}?{urlencode(query)}",
            params.encode(),
            {"Content-Type": "application/json;charset=UTF-8", "x-open-no-old-err-code": "1"},
        )

    def answer(self, ask: Ask, status: int, body: bytes) -> bytes:
        check_status(ask, status)
        answer = decoded(_answer, body, ask.method)
        code = answer.code if answer.code is not None else (answer.err_no if answer.err_no else _OK)
        if code == _OK:
            return bytes(answer.data)
        said = f"{answer.sub_code} {answer.sub_msg} {answer.msg}"
        note = f"{ask.method}: {code} {answer.sub_code} {answer.sub_msg or answer.msg or answer.message}"
        raise ApiError(
            kind_of(_MEANS, code, said),
            note + (f" (log {answer.log_id})" if answer.log_id else ""),
            code=str(code),
        )

    def refresh(self, keys: Keys, now_us: int) -> Call | None:
        ask = Ask("token.refresh", {"grant_type": "refresh_token", "refresh_token": keys.refresh_token})
        return self.call(ask, msgspec.structs.replace(keys, access_token=""), now_us)

    def tokens(self, status: int, body: bytes) -> Tokens:
        found = decoded(_tokens, self.answer(Ask("token.refresh", {}), status, body), "token.refresh")
        return Tokens(found.access_token, found.refresh_token, found.expires_in)

    def detail(self, order: str) -> Ask:
        return Ask("order.orderDetail", {"shop_order_id": order})

    def order(self, answer: bytes, keys: Keys) -> Order:
        return order_of(decoded(_detail, answer, "order.orderDetail").shop_order_detail, keys)

    def poll(self, since_us: int, until_us: int, more: str | None) -> Ask:
        """`more` is "SECOND:PAGE": pages of a list that is sorted by update time shift as orders move to its end, so
        that each next page begins at the last order's time, and pages are counted within one second only."""
        second, _, page = (more or f"{since_us // 1_000_000}:0").partition(":")
        params: dict[str, Any] = {
            "update_time_start": int(second), "update_time_end": -(-until_us // 1_000_000),
            "order_by": "update_time", "order_asc": True, "page": int(page), "size": _PAGE,
        }  # fmt: skip
        return Ask("order.searchList", params)

    def page(self, answer: bytes, keys: Keys, ask: Ask) -> Page:
        found = decoded(_list, answer, "order.searchList").shop_order_list or []
        orders, unusable = orders_of(found, _order, lambda one: order_of(one, keys), "order.searchList")
        if len(found) < _PAGE:
            return Page(orders, None, unusable)
        began, end = ask.params["update_time_start"], ask.params["update_time_end"]
        # A time that lies outside what was asked for would pass over the rest of it.
        last = max((at for order in orders if (at := order.updated_us // 1_000_000) <= end), default=began)
        more = f"{last}:0" if last > began else f"{began}:{ask.params['page'] + 1}"
        return Page(orders, more, unusable)

    def after_sale(self, name: str) -> Ask:
        return Ask("afterSale.List", {"order_id": name, "page": 0, "size": _PAGE})

    def returned(self, answer: bytes, line: Line) -> tuple[Returned, ...]:
        return returned_of(decoded(_sales, answer, "afterSale.List").items or [], line)

    def product(self, product: str) -> Ask:
        return Ask("product.detail", {"product_id": product})

    def holds(self, answer: bytes) -> bool | None:
        return {1: True, 2: False}.get(decoded(_terms, answer, "product.detail").reduce_type)

    def receive(self, headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
        return push.receive(headers, body, keys)

    def stock(self, product: str, sku: str) -> Ask:
        return Ask(stock.READ, {"product_id": product, "sku_id": sku})

    def stock_in(self, answer: bytes, sku: str) -> int:
        return stock.figure(answer)

    def change(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        """One that would go below zero is refused."""
        return stock.change(product, sku, delta, once, "spot")

    def step_in(self, answer: bytes, sku: str) -> int | None:
        return stock.step_figure(answer)

    def change_step(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        return stock.change(product, sku, delta, once, "presale")

    def several(self, wanted: Sequence[Wanted], once: str, readings: Sequence[bytes], *, whole: bool) -> Ask:
        return stock.several(wanted, once, readings, whole=whole)

    def came_of(self, answer: bytes, wanted: Sequence[Wanted], *, whole: bool) -> tuple[ApiError | None, ...]:
        return stock.came_of(answer, wanted, _MEANS, whole=whole)

    def goods(self) -> Ask:
        return Ask("product.listV2", {"page": 1, "size": _PAGE, "status": 0, "check_status": 3})

    def offer(self, answer: bytes, ask: Ask) -> Offer:
        """Products first, page by page, then the SKUs of each."""
        if ask.method == "sku.list":
            rows = decoded(_skus, answer, "sku.list")
            listed, bad = readable(rows, lambda row: (_listed(_sku(row), ask),), "sku.list")
            return Offer(tuple(listed), (), tuple(bad))
        products = decoded(_products, answer, "product.listV2").data
        more, bad = readable(products, lambda row: (_skus_of(_product(row)),), "product.listV2")
        if len(products) >= _PAGE:
            more.append(Ask("product.listV2", {**ask.params, "page": ask.params["page"] + 1}))
        return Offer((), tuple(more), tuple(bad))


def _skus_of(product: _Product) -> Ask:
    id_ = id_text(product.product_id_str or product.product_id)
    return Ask("sku.list", {"product_id": id_, "title_": product.name})


def _listed(sku: _Sku, ask: Ask) -> Listed:
    names = (sku.spec_detail_name1, sku.spec_detail_name2, sku.spec_detail_name3)
    return Listed(
        ask.params["product_id"], id_text(sku.id), ask.params.get("title_", ""), " ".join(filter(None, names)),
        sku.code or str(sku.out_sku_id or ""), sku.stock_num, parts_of(sku.bundle_sku_info),
        stock.stepped(sku.sku_type or 0, sku.step_stock_num),
    )  # fmt: skip
