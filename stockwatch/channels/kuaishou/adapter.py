"""Kuaishou behind the frame's one shape. Pure: `stockwatch.channels.client` does the asking."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.kuaishou import push
from stockwatch.channels.kuaishou.orders import Detail, order_of
from stockwatch.channels.kuaishou.signing import sign
from stockwatch.channels.meanings import Means, check_status, kind_of, orders_of
from stockwatch.channels.orders import Order
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
    decoded,
    exact_json,
    id_text,
    readable,
    reader,
)

_PAGE = 50
_GOODS_PAGE = 50
_ADD, _TAKE = 1, 2
_NO_MORE = "nomore"
_ALL, _BY_UPDATE, _OLDEST_FIRST = 1, 2, 2
_MEANS = (
    Means("token", {24, 28}, "access_token"),
    Means("limited", words="limit|频|限流"),
    Means("clock", words="timestamp"),
    Means("denied", words="sign|appkey|permission|权限"),
    Means("broken", words="system|系统|timeout"),
)
"""By the codes that SDKs name and by what is said: no table of them is public."""


class _Answer(msgspec.Struct):
    result: int
    code: int | str = ""
    msg: str = ""
    error_msg: str = ""
    sub_code: int | str = ""
    sub_msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class _List(msgspec.Struct, rename="camel"):
    order_list: list[msgspec.Raw] | None = None
    cursor: str | None = None


class _Tokens(msgspec.Struct):
    result: int
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int = 0
    error_msg: str = ""


class _Sku(msgspec.Struct, rename="camel"):
    kwai_sku_id: Id
    sku_stock: int = 0
    sku_nick: str = ""
    """The merchant's code."""
    specification: str = ""


class _Item(msgspec.Struct, rename="camel"):
    kwai_item_id: Id
    title: str = ""
    sku_list: list[_Sku] | None = None


class _Offered(msgspec.Struct, rename="camel"):
    kwai_item_id: Id
    title: str = ""
    sku_list: list[msgspec.Raw] | None = None


class _Items(msgspec.Struct):
    items: list[msgspec.Raw] | None = None


_answer = msgspec.json.Decoder(_Answer).decode
_detail = reader(Detail)
_list = msgspec.json.Decoder(_List).decode
_tokens = msgspec.json.Decoder(_Tokens).decode
_item = msgspec.json.Decoder(_Item).decode
_sku = msgspec.json.Decoder(_Sku).decode
_offered = msgspec.json.Decoder(_Offered).decode
_items = msgspec.json.Decoder(_Items).decode


class Kuaishou:
    """See `stockwatch.channels.wire.Adapter`."""

    name = "kuaishou"
    base_url = "https://openapi.kwaixiaodian.com"
    window_us = 24 * 3600 * 1_000_000
    acknowledgement = push.REPLY
    repeatable = False

    def call(self, ask: Ask, keys: Keys, now_us: int) -> Call:
        fields = {
            "appkey": keys.app_key, "access_token": keys.access_token, "method": ask.method, "version": "1",
            "signMethod": "HMAC_SHA256", "timestamp": str(now_us // 1000), "param": exact_json(ask.params, sort=True),
        }  # fmt: skip
        fields["sign"] = sign(fields, keys)
        path = "/" + ask.method.replace(".", "/")
        if ask.method in _READS:
            return Call("GET", f"{path}?{urlencode(fields)}")
        return Call(
            "POST",
            path,
            urlencode(fields).encode(),
            {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
        )

    def answer(self, ask: Ask, status: int, body: bytes) -> bytes:
        check_status(ask, status)
        answer = decoded(_answer, body, ask.method)
        if answer.result == 1:
            return bytes(answer.data)
        said = answer.error_msg or answer.sub_msg or answer.msg
        raise ApiError(
            kind_of(_MEANS, answer.result, f"{answer.code} {answer.sub_code} {said}"),
            f"{ask.method}: {answer.result} {answer.sub_code} {said}",
            code=str(answer.result),
        )

    def refresh(self, keys: Keys, now_us: int) -> Call | None:
        query = {
            "app_id": keys.app_key, "app_secret": keys.app_secret, "grant_type": "refresh_token",
            "refresh_token": keys.refresh_token,
        }  # fmt: skip
        body = urlencode(query).encode()
        return Call(
            "POST", "/oauth2/refresh_token", body, {"Content-Type": "application/x-www-form-urlencoded"}
        )

    def tokens(self, status: int, body: bytes) -> Tokens:
        check_status(Ask("refresh_token", {}), status)
        found = decoded(_tokens, body, "refresh_token")
        if found.result != 1 or not found.access_token:
            note = f"refresh_token: {found.result} {found.error_msg}"
            kind = kind_of(_MEANS, found.result, found.error_msg)
            if kind in ("limited", "broken"):
                raise ApiError(kind, note)
            raise ApiError("denied", phrases.authorize_again(note))
        return Tokens(found.access_token, found.refresh_token, found.expires_in)

    def detail(self, order: str) -> Ask:
        return Ask("open.order.detail", {"oid": int(order) if order.isdigit() else order})

    def order(self, answer: bytes, keys: Keys) -> Order:
        return order_of(decoded(_detail, answer, "open.order.detail"), keys)

    def poll(self, since_us: int, until_us: int, more: str | None) -> Ask:
        params = {
            "orderViewStatus": _ALL, "pageSize": _PAGE, "sort": _OLDEST_FIRST, "queryType": _BY_UPDATE,
            "beginTime": since_us // 1000, "endTime": -(-until_us // 1000), "cpsType": 0, "cursor": more or "",
        }  # fmt: skip
        return Ask("open.order.cursor.list", params)

    def page(self, answer: bytes, keys: Keys, ask: Ask) -> Page:
        found = decoded(_list, answer, "open.order.cursor.list")
        orders, unusable = orders_of(
            found.order_list, _detail, lambda one: order_of(one, keys), "open.order.cursor.list"
        )
        more = None if found.cursor in (None, _NO_MORE, "", ask.params["cursor"]) else found.cursor
        return Page(orders, more, unusable)

    def receive(self, headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
        return push.receive(headers, body, keys)

    def stock(self, product: str, sku: str) -> Ask:
        return Ask("open.item.get", {"kwaiItemId": int(product)})

    def stock_in(self, answer: bytes, sku: str) -> int:
        for one in decoded(_item, answer, "open.item.get").sku_list or ():
            if str(one.kwai_sku_id) == sku:
                return one.sku_stock
        raise ApiError("refused", phrases.no_sku("open.item.get", sku))

    def change(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        """There is no setting and no name for a change."""
        params = {
            "kwaiItemId": int(product), "skuId": int(sku), "skuChangeStock": abs(delta),
            "changeType": _ADD if delta > 0 else _TAKE,
        }  # fmt: skip
        return Ask("open.item.sku.stock.update", params)

    def goods(self) -> Ask:
        return Ask("open.item.list.get", {"pageNumber": 1, "pageSize": _GOODS_PAGE})

    def offer(self, answer: bytes, ask: Ask) -> Offer:
        items = decoded(_items, answer, "open.item.list.get").items or []
        listed, bad = list[Listed](), list[str]()
        offered, wrong = readable(items, lambda row: (_offered(row),), "open.item.list.get")
        for item in offered:
            found, unusable = readable(item.sku_list, partial(_listed, item), "open.item.list.get")
            listed += found
            bad += unusable
        after = Ask(ask.method, {**ask.params, "pageNumber": ask.params["pageNumber"] + 1})
        return Offer(tuple(listed), (after,) if len(items) >= _GOODS_PAGE else (), (*wrong, *bad))


def _listed(item: _Offered, row: bytes) -> tuple[Listed]:
    sku = _sku(row)
    listed = Listed(
        id_text(item.kwai_item_id), id_text(sku.kwai_sku_id), item.title, sku.specification, sku.sku_nick,
        sku.sku_stock,
    )  # fmt: skip
    return (listed,)


_READS = frozenset(("open.order.detail", "open.order.cursor.list", "open.item.get", "open.item.list.get"))
