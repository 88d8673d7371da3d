"""WeChat's, TikTok Shop's and Shopify's orders in each state, and what the books make of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from rehearsal import BookSink

from stockwatch.channels.facts import facts_of
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.known import Known
from stockwatch.channels.orders import Order
from stockwatch.channels.shopify import Shopify
from stockwatch.channels.tiktok import TikTok
from stockwatch.channels.wechat import WeChat
from stockwatch.channels.wire import Adapter, ApiError, Ask, Keys
from stockwatch.config import RoomConfig, Sku
from stockwatch.lab.opening import Ware

T = 1_790_000_000
S = 1_000_000
BIG = 3705115058471208929
"""Odd, and beyond 2^53: a float would make it even."""
WARES = [Ware("A", "a", 100), Ware("B", "b", 100)]
CONFIG = RoomConfig(id="r", name="r", skus=tuple(Sku(id=ware.sku, title=ware.title) for ware in WARES))
NUMBERS = [
    Numbered("ch", "1", "11", "A"),
    Numbered("ch", "1", "12", "B"),
    Numbered("ch", "1", "9007199254740993", "A"),
]


class Shop:
    """Tells a platform's answers to the books."""

    def __init__(self, adapter: Adapter, keys: Keys | None = None) -> None:
        self.adapter = adapter
        self.keys = keys or Keys()
        self.sink = BookSink(WARES)

    def read(self, answer: Any) -> Order:
        ask = self.adapter.detail("1")
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return self.adapter.order(self.adapter.answer(ask, 200, body), self.keys)

    def tell(self, answer: Any) -> Order:
        order = self.read(answer)
        for _ in range(2):
            told = facts_of(
                order, channel="ch", source="ch", goods=Goods(CONFIG, "ch", NUMBERS),
                known=Known(self.sink.books, "ch").as_sku, zone=UTC,
            )  # fmt: skip
            for frame in told.frames:
                self.sink.book(frame)
        bad = {name: count for name, count in self.sink.outcomes.items() if name in ("conflict", "invalid")}
        assert not bad, bad
        return order

    def stock(self, sku: str = "A") -> tuple[int, int, int, int, int]:
        """(available, reserved, sold, shipped, quarantined)."""
        found = self.sink.books.stock(sku)
        return found.available, found.reserved, found.sold, found.shipped, found.quarantined


def refused(read: Any, kind: str = "broken") -> None:
    with pytest.raises(ApiError) as caught:
        read()
    assert caught.value.kind == kind
    assert str(caught.value).isprintable()


HOSTILE = (
    b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"code":0,"data":' + b"[" * 100_000, b"<html>",
)  # fmt: skip


# --- WeChat ------------------------------------------------------------------------------------------


def product(sku: str = "11", qty: int = 2, **more: Any) -> dict[str, Any]:
    return {"product_id": "1", "sku_id": sku, "sku_cnt": qty, **more}


def parcel(sku: str, qty: int, at: int = T + 60) -> dict[str, Any]:
    return {"delivery_time": at, "product_infos": [{"product_id": "1", "sku_id": sku, "product_cnt": qty}]}


def wechat(
    status: int, *products: dict[str, Any], paid: int = T + 5, parcels: Any = None, **more: Any
) -> Any:
    detail = {
        "product_infos": list(products) or [product()],
        "pay_info": {"pay_time": paid},
        "delivery_info": {"delivery_product_info": parcels},
        "ext_info": {"live_id": "77", "finder_id": "sph1"},
    }
    order = {
        "order_id": BIG, "status": status, "create_time": T, "update_time": T + 100, "order_detail": detail, **more,
    }  # fmt: skip
    return {"errcode": 0, "errmsg": "ok", "order": order}


@pytest.mark.parametrize(
    ("before", "answer", "stock"),
    [
        ([], wechat(10, paid=0), (98, 2, 0, 0, 0)),
        ([], wechat(12), (98, 0, 2, 0, 0)),
        ([], wechat(13), (98, 0, 2, 0, 0)),
        ([], wechat(20), (98, 0, 2, 0, 0)),
        ([], wechat(20, paid=0), (98, 0, 2, 0, 0)),
        ([], wechat(21, parcels=[parcel("11", 1)]), (98, 0, 2, 1, 0)),
        ([], wechat(30, parcels=[parcel("11", 1), parcel("11", 1)]), (98, 0, 2, 2, 0)),
        ([], wechat(30), (98, 0, 2, 2, 0)),
        ([], wechat(100), (98, 0, 2, 2, 0)),
        ([wechat(20)], wechat(200), (100, 0, 0, 0, 0)),
        ([wechat(30, parcels=[parcel("11", 2)])], wechat(200, parcels=[parcel("11", 2)]), (98, 0, 0, 0, 2)),
        ([wechat(10, paid=0)], wechat(250, paid=0), (100, 0, 0, 0, 0)),
        ([wechat(12)], wechat(250), (100, 0, 0, 0, 0)),
        ([wechat(20)], wechat(20, product(finish_aftersale_sku_cnt=1)), (98, 0, 1, 0, 1)),
        ([wechat(20)], wechat(20, product(finish_aftersale_sku_cnt=2)), (100, 0, 0, 0, 0)),
    ],
)
def test_wechat_states(before: list[Any], answer: Any, stock: tuple[int, ...]):
    shop = Shop(WeChat())
    for earlier in before:
        shop.tell(earlier)
    order = shop.tell(answer)
    assert shop.stock() == stock
    assert order.id == str(BIG)
    assert order.holds is True
    assert (order.lines[0].room, order.lines[0].author) == ("77", "sph1")


def test_wechat_lines_stand_apart_and_keep_their_names():
    shop = Shop(WeChat())
    shop.tell(wechat(20, product("11", 1), product("12", 2)))
    shop.tell(
        wechat(30, product("11", 1, finish_aftersale_sku_cnt=1), product("12", 2), parcels=[parcel("12", 2)])
    )
    assert (shop.stock("A"), shop.stock("B")) == ((100, 0, 0, 0, 0), (98, 0, 2, 2, 0))
    gift = shop.read(wechat(30, product(qty=1), product(qty=1, is_free_gift=1), parcels=[parcel("11", 1)]))
    assert [(line.id, line.gift, line.shipped) for line in gift.lines] == [
        ("11", False, 1),
        ("11.gift", True, 0),
    ]
    unique = shop.read(wechat(20, product(product_unique_id="u1"), product(product_unique_id="u2")))
    assert [line.id for line in unique.lines] == ["u1", "u2"]
    refused(lambda: shop.read(wechat(20, product(), product())))


def test_wechat_skus_that_are_changed_before_shipment():
    shop = Shop(WeChat())
    shop.tell(wechat(20))
    asked = {"preshipment_change_sku_state": 3, "old_sku_id": "11", "new_sku_id": "12"}
    shop.tell(wechat(20, product("11", change_sku_info=asked)))
    assert shop.stock("A") == (98, 0, 2, 0, 0)
    shop.tell(wechat(20, product("12", change_sku_info={**asked, "preshipment_change_sku_state": 4})))
    assert (shop.stock("A"), shop.stock("B")) == ((100, 0, 0, 0, 0), (98, 0, 2, 0, 0))


def test_wechat_presale():
    order = Shop(WeChat()).read(wechat(20, product(sku_deliver_info={"stock_type": 1})))
    assert order.lines[0].presale


@pytest.mark.parametrize(
    "body",
    [
        *HOSTILE,
        b'{"order": {"order_id": 3.7e18, "status": 20, "create_time": 1, "order_detail": {"product_infos": []}}}',
        b'{"order": {"order_id": "a b", "status": 20, "create_time": 1, "order_detail": {"product_infos": []}}}',
        b'{"order": {"order_id": 1, "status": "paid", "create_time": 1, "order_detail": {"product_infos": []}}}',
        b'{"order": {"order_id": 1, "status": 20, "create_time": 1, "order_detail": null}}',
    ],
)
def test_wechat_hostile_orders(body: bytes):
    refused(lambda: Shop(WeChat()).read(body))


def test_wechat_lists_name_orders():
    adapter = WeChat()
    ask = adapter.poll(T * S + 1, (T + 7) * S + 1, None)
    assert ask.params["update_time_range"] == {"start_time": T, "end_time": T + 8}
    assert "next_key" not in ask.params
    body = b'{"errcode":0,"order_id_list":["3705115058471208929",3705115058471208931],"next_key":"k","has_more":true}'
    page = adapter.page(adapter.answer(ask, 200, body), Keys(), ask)
    assert page == ((), "k", (), ("3705115058471208929", "3705115058471208931"))
    again = adapter.poll(T * S, T * S, "k")
    assert again.params["next_key"] == "k"
    assert adapter.page(body, Keys(), again).more is None, "a key that comes again leads nowhere"
    assert adapter.page(b'{"errcode":0,"next_key":"z","has_more":false}', Keys(), ask) == ((), None, (), ())
    for bad in (b'{"order_id_list":[1.5e18]}', b'{"order_id_list":["a b"]}'):
        page = adapter.page(bad, Keys(), ask)
        assert (page.names, len(page.unusable)) == ((), 1)
    for hostile in (b'{"order_id_list":{}}', b"\xff"):
        refused(lambda hostile=hostile: adapter.page(hostile, Keys(), ask))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (200, 40001, "token"), (200, 42001, "token"), (200, 41001, "token"), (200, 45009, "limited"),
        (200, 48001, "denied"), (200, 40164, "denied"), (200, 100002, "refused"), (200, -1, "broken"),
        (502, 0, "broken"), (429, 0, "limited"), (404, 0, "refused"),
    ],
)  # fmt: skip
def test_wechat_errors(status: int, code: int, kind: str):
    body = json.dumps({"errcode": code, "errmsg": "why\x1b[31m"}).encode()
    refused(lambda: WeChat().answer(Ask("m", {}), status, body), kind)


def test_wechat_tokens_come_for_the_secret():
    adapter = WeChat()
    keys = Keys(app_key="wx1", app_secret="s")
    call = adapter.refresh(keys, 0)
    assert call is not None
    assert call.path == "/cgi-bin/stable_token"
    assert json.loads(call.body) == {
        "grant_type": "client_credential", "appid": "wx1", "secret": "s", "force_refresh": False,
    }  # fmt: skip
    assert adapter.tokens(200, b'{"access_token":"t","expires_in":7200}') == ("t", "", 7200)
    refused(lambda: adapter.tokens(200, b'{"errcode":40001,"errmsg":"invalid credential"}'), "denied")
    refused(lambda: adapter.tokens(200, b'{"errcode":40013}'), "denied")
    refused(lambda: adapter.tokens(200, b"{}"), "broken")


# --- TikTok Shop -------------------------------------------------------------------------------------


def item(sku: str = "11", id: str = "501", status: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": id, "product_id": "1", "sku_id": sku, "seller_sku": "", "display_status": status, **more}


def tiktok(status: str, *items: dict[str, Any], paid: int | None = T + 5, **more: Any) -> dict[str, Any]:
    order = {
        "id": str(BIG), "status": status, "create_time": T, "update_time": T + 100, "paid_time": paid,
        "line_items": list(items) or [item(), item(id="502")], **more,
    }  # fmt: skip
    return {"code": 0, "message": "Success", "data": {"orders": [order]}}


@pytest.mark.parametrize(
    ("before", "answer", "stock"),
    [
        ([], tiktok("UNPAID", paid=None), (98, 2, 0, 0, 0)),
        ([], tiktok("ON_HOLD"), (98, 0, 2, 0, 0)),
        ([], tiktok("AWAITING_SHIPMENT"), (98, 0, 2, 0, 0)),
        ([], tiktok("AWAITING_SHIPMENT", paid=None, is_cod=True), (98, 0, 2, 0, 0)),
        ([], tiktok("AWAITING_COLLECTION", rts_time=T + 9), (98, 0, 2, 0, 0)),
        (
            [],
            tiktok(
                "PARTIALLY_SHIPPING", item(status="IN_TRANSIT"), item(id="502", status="AWAITING_SHIPMENT")
            ),
            (98, 0, 2, 1, 0),
        ),
        (
            [],
            tiktok("PARTIALLY_SHIPPING", item(package_status="FULFILLING"), item(id="502")),
            (98, 0, 2, 1, 0),
        ),
        ([], tiktok("IN_TRANSIT"), (98, 0, 2, 2, 0)),
        ([], tiktok("DELIVERED"), (98, 0, 2, 2, 0)),
        ([], tiktok("COMPLETED", collection_time=T + 9), (98, 0, 2, 2, 0)),
        ([], tiktok("A_STATUS_OF_TOMORROW"), (98, 0, 2, 0, 0)),
        ([tiktok("UNPAID", paid=None)], tiktok("CANCELLED", paid=None, cancel_time=T + 9), (100, 0, 0, 0, 0)),
        ([tiktok("ON_HOLD")], tiktok("CANCELLED"), (100, 0, 0, 0, 0)),
        (
            [tiktok("AWAITING_SHIPMENT", paid=None, is_cod=True)],
            tiktok("CANCELLED", paid=None, is_cod=True),
            (100, 0, 0, 0, 0),
        ),
        ([tiktok("IN_TRANSIT")], tiktok("CANCELLED", collection_time=T + 9), (98, 0, 0, 0, 2)),
        (
            [tiktok("AWAITING_SHIPMENT")],
            tiktok("IN_TRANSIT", item(status="CANCELLED"), item(id="502"), collection_time=T + 9),
            (99, 0, 1, 1, 0),
        ),
    ],
)
def test_tiktok_states(before: list[Any], answer: Any, stock: tuple[int, ...]):
    shop = Shop(TikTok())
    for earlier in before:
        shop.tell(earlier)
    assert shop.tell(answer).id == str(BIG)
    assert shop.stock() == stock


def test_tiktok_lines():
    shop = Shop(TikTok(), Keys(shop="7"))
    parts = [{"product_id": "1", "sku_id": "11", "sku_count": 2}, {"product_id": "1", "sku_id": "12"}]
    order = shop.tell(
        tiktok(
            "AWAITING_SHIPMENT", item("99", combined_listing_skus=parts), item("12", id="502", is_gift=True)
        )
    )
    assert (shop.stock("A")[2], shop.stock("B")[2]) == (2, 2)
    assert order.lines[1].gift
    presale = shop.read(tiktok("ON_HOLD", item(sku_type="PRE_ORDER", room_id=9007199254740993, quantity=3)))
    assert (presale.lines[0].presale, presale.lines[0].room, presale.lines[0].qty) == (
        True,
        "9007199254740993",
        3,
    )
    refused(lambda: shop.read(tiktok("ON_HOLD", shop_id="8")), "refused")
    refused(lambda: shop.read({"code": 0, "data": {"orders": []}}), "refused")


@pytest.mark.parametrize(
    "body",
    [
        *HOSTILE,
        b'{"code":0,"data":{"orders":[{"id":3.7e18,"status":"UNPAID","create_time":1,"line_items":[]}]}}',
        b'{"code":0,"data":{"orders":[{"id":"1 2","status":"UNPAID","create_time":1,"line_items":[]}]}}',
        b'{"code":0,"data":{"orders":[{"id":"1","status":1,"create_time":1,"line_items":[]}]}}',
        b'{"code":0,"data":{"orders":[{"id":"1","status":"UNPAID","create_time":1,"line_items":[{"id":1.5}]}]}}',
    ],
)
def test_tiktok_hostile_orders(body: bytes):
    refused(lambda: Shop(TikTok()).read(body))


def test_tiktok_pages():
    adapter = TikTok()
    ask = adapter.poll(T * S, T * S, None)
    good = tiktok("UNPAID")["data"]["orders"][0]
    data = {"orders": [good, {**good, "shop_id": "8"}, {**good, "id": "a b"}], "next_page_token": "p2"}
    page = adapter.page(json.dumps(data).encode(), Keys(shop="7"), ask)
    assert ([order.id for order in page.orders], page.more, len(page.unusable)) == ([str(BIG)], "p2", 2)
    again = adapter.poll(T * S, T * S, "p2")
    assert adapter.page(json.dumps(data).encode(), Keys(), again).more is None
    assert adapter.page(b'{"orders":null,"next_page_token":""}', Keys(), ask) == ((), None, (), ())


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (401, 105002, "Expired credentials", "token"),
        (200, 5, "the access_token is invalid", "token"),
        (200, 105005, "Access denied, lacking access scope", "denied"),
        (200, 5, "Invalid sign", "denied"),
        (200, 5, "timestamp is too old", "clock"),
        (200, 5, "Too many requests", "limited"),
        (429, 0, "", "limited"),
        (503, 0, "", "broken"),
        (200, 5, "Internal error", "broken"),
        (200, 5, "invalid ids", "refused"),
    ],
)
def test_tiktok_errors(status: int, code: int, message: str, kind: str):
    body = json.dumps({"code": code, "message": message, "request_id": "r"}).encode()
    refused(lambda: TikTok().answer(Ask("m", {}), status, body), kind)


def test_tiktok_tokens():
    adapter = TikTok()
    call = adapter.refresh(Keys(app_key="k", app_secret="s", refresh_token="r"), 0)
    assert call is not None
    assert call.path.startswith("https://auth.tiktok-shops.com/api/v2/token/refresh?")
    data = {"access_token": "a", "refresh_token": "b", "access_token_expire_in": T}
    assert adapter.tokens(200, json.dumps({"code": 0, "data": data}).encode()) == ("a", "b", 604_800)
    refused(lambda: adapter.tokens(200, b'{"code":36004004,"message":"refresh_token not found"}'), "denied")
    refused(lambda: adapter.tokens(502, b""), "broken")


# --- Shopify -----------------------------------------------------------------------------------------


def written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()


def bought(variant: str = "11", id: int = 501, qty: int = 2, **more: Any) -> dict[str, Any]:
    return {"id": id, "product_id": 1, "variant_id": int(variant), "quantity": qty, "sku": None, **more}


def sent(qty: int, id: int = 501, status: str = "success") -> dict[str, Any]:
    return {"status": status, "created_at": written(T + 50), "line_items": [{"id": id, "quantity": qty}]}


def back(qty: int, id: int = 501) -> dict[str, Any]:
    return {"created_at": written(T + 90), "refund_line_items": [{"line_item_id": id, "quantity": qty}]}


def shopify(paid: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    order = {
        "id": BIG, "created_at": written(T), "updated_at": written(T + 100), "processed_at": written(T + 1),
        "financial_status": paid, "cancelled_at": None, "line_items": list(items) or [bought()], **more,
    }  # fmt: skip
    return {"order": order}


@pytest.mark.parametrize(
    ("before", "answer", "stock"),
    [
        ([], shopify("pending"), (98, 2, 0, 0, 0)),
        ([], shopify("authorized"), (98, 2, 0, 0, 0)),
        ([], shopify("partially_paid"), (98, 2, 0, 0, 0)),
        ([], shopify("paid"), (98, 0, 2, 0, 0)),
        ([], shopify("paid", fulfillments=[sent(1)]), (98, 0, 2, 1, 0)),
        ([], shopify("paid", fulfillments=[sent(1), sent(1)]), (98, 0, 2, 2, 0)),
        ([], shopify("paid", fulfillments=[sent(2, status="cancelled"), sent(1)]), (98, 0, 2, 1, 0)),
        ([], shopify("paid", bought(fulfillment_status="fulfilled")), (98, 0, 2, 2, 0)),
        ([], shopify("partially_refunded", refunds=[back(1)]), (98, 0, 2, 0, 0)),
        ([shopify("paid")], shopify("refunded", refunds=[back(1), back(1)]), (100, 0, 0, 0, 0)),
        ([shopify("paid")], shopify("paid", bought(current_quantity=0)), (100, 0, 0, 0, 0)),
        ([shopify("pending")], shopify("voided", cancelled_at=written(T + 9)), (100, 0, 0, 0, 0)),
        ([shopify("pending")], shopify("pending", bought(current_quantity=0)), (100, 0, 0, 0, 0)),
        ([shopify("paid")], shopify("refunded", cancelled_at=written(T + 9)), (100, 0, 0, 0, 0)),
        (
            [shopify("paid", fulfillments=[sent(2)])],
            shopify("refunded", fulfillments=[sent(2)], refunds=[back(2)]),
            (98, 0, 0, 0, 2),
        ),
    ],
)
def test_shopify_states(before: list[Any], answer: Any, stock: tuple[int, ...]):
    shop = Shop(Shopify())
    for earlier in before:
        shop.tell(earlier)
    order = shop.tell(answer)
    assert shop.stock() == stock
    assert (order.id, order.holds) == (str(BIG), True)
    assert (order.created_us, order.updated_us) == (T * S, (T + 100) * S)


def test_shopify_lines():
    shop = Shop(Shopify())
    items = (
        bought("9007199254740993", qty=1),
        bought("12", id=502, qty=3),
        bought(id=503, gift_card=True),
        {"id": 504, "product_id": None, "variant_id": None, "quantity": 1, "sku": "B"},
    )
    order = shop.tell(shopify("paid", *items, fulfillments=[sent(3, id=502)], refunds=[back(1)]))
    assert (shop.stock("A"), shop.stock("B")) == ((100, 0, 0, 0, 0), (96, 0, 4, 3, 0))
    assert [(line.id, line.goods.product) for line in order.lines] == [
        ("501", "1"),
        ("502", "1"),
        ("504", "custom"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        *HOSTILE,
        b'{"order":{"id":3.7e18,"created_at":"2026-09-21T22:13:20+08:00","line_items":[]}}',
        b'{"order":{"id":"a b","created_at":"2026-09-21T22:13:20+08:00","line_items":[]}}',
        b'{"order":{"id":1,"created_at":"yesterday","line_items":[]}}',
        b'{"order":{"id":1,"created_at":"2026-09-21T22:13:20","line_items":[]}}',
        b'{"order":{"id":1,"created_at":"0001-01-01T00:00:00+23:59","line_items":[{"id":1,"quantity":2}]}}',
        b'{"order":{"id":1,"created_at":"","line_items":null}}',
    ],
)
def test_shopify_hostile_orders(body: bytes):
    refused(lambda: Shop(Shopify()).read(body))


class RestShop:
    """Lists orders as Shopify does, without its Link header."""

    def __init__(self, *updates: int) -> None:
        self.orders = [
            {**shopify("paid")["order"], "id": BIG + number, "updated_at": written(T + at)}
            for number, at in enumerate(updates)
        ]

    def page(self, params: Any) -> bytes:
        low, high = (datetime.fromisoformat(params[name]) for name in ("updated_at_min", "updated_at_max"))
        found = [one for one in self.orders if low <= datetime.fromisoformat(one["updated_at"]) <= high]
        if "since_id" in params:
            found = sorted(
                (one for one in found if one["id"] > int(params["since_id"])), key=lambda one: one["id"]
            )
        else:
            found.sort(key=lambda one: one["updated_at"])
        return json.dumps({"orders": found[: params["limit"]]}).encode()


@pytest.mark.parametrize(
    "updates",
    [
        [],
        [5] * 249,
        [5] * 250,
        [5] * 251,
        [0] * 700,
        [*range(600)],
        [*[1] * 300, *[2] * 3, *[3] * 600, *range(4, 40)],
        [at // 100 for at in range(900)],
        [600] * 500,
    ],
)
def test_shopify_pages_lose_nothing(updates: list[int]):
    adapter, shop, more, seen, pages = Shopify(), RestShop(*updates), None, set[str](), 0
    while True:
        ask = adapter.poll(T * S, (T + 600) * S, more)
        page = adapter.page(shop.page(ask.params), Keys(), ask)
        seen |= {order.id for order in page.orders}
        pages += 1
        if page.more is None:
            break
        more = page.more
    assert seen == {str(one["id"]) for one in shop.orders}
    assert pages <= 2 * len(updates) // 200 + 6


def test_shopify_requests():
    adapter = Shopify()
    call = adapter.call(
        adapter.poll(T * S, T * S + 1, None), Keys(access_token="shpat", shop="demo.myshopify.com"), 0
    )
    assert call.path.startswith(
        "https://demo.myshopify.com/admin/api/2026-04/orders.json?status=any&limit=250&"
    )
    assert "updated_at_min=2026-09-21T14%3A13%3A20Z&updated_at_max=2026-09-21T14%3A13%3A21Z" in call.path
    assert call.headers["X-Shopify-Access-Token"] == "shpat"
    assert adapter.call(adapter.detail("5"), Keys(), 0).path.startswith("/admin/api/2026-04/orders/5.json?")
    refused(lambda: adapter.call(adapter.detail("5"), Keys(shop="evil.example/x"), 0), "denied")
    refused(lambda: adapter.detail("../../x"))
    assert adapter.refresh(Keys(), 0) is None


@pytest.mark.parametrize(
    ("method", "status", "kind"),
    [
        ("orders.json", 401, "token"), ("orders.json", 403, "denied"), ("orders.json", 404, "denied"),
        ("orders/5.json", 404, "refused"), ("orders.json", 429, "limited"), ("orders.json", 500, "broken"),
        ("orders.json", 422, "refused"), ("orders.json", 402, "denied"), ("orders.json", 301, "refused"),
    ],
)  # fmt: skip
def test_shopify_errors(method: str, status: int, kind: str):
    refused(lambda: Shopify().answer(Ask(method, {}), status, b'{"errors":"why\\u001b[31m"}'), kind)
    refused(lambda: Shopify().answer(Ask(method, {}), status, b"\xff["), kind)
