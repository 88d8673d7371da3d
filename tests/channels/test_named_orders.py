"""A platform whose lists only name orders (WeChat): nothing is passed over, and little is asked for twice."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from rehearsal import BookSink

from stockwatch.channels.client import Client
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.lister import Look
from stockwatch.channels.receiver import Receiver
from stockwatch.channels.wechat import WeChat
from stockwatch.channels.wechat.signing import encrypt, signature
from stockwatch.channels.wire import Keys, Nudge
from stockwatch.config import RoomConfig, Sku
from stockwatch.feeds.base import wall_clock
from stockwatch.lab.opening import Ware

S = 1_000_000
KEYS = Keys(app_key="wx1", app_secret="s", access_token="old", push_token="t", message_secret="A" * 43)
CONFIG = RoomConfig(id="r", name="r", skus=(Sku(id="A", title="a"),))


class Shop:
    """Orders, and who asked for them."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.failing: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.lists = 0

    def place(self, order: str, status: int = 20, **more: Any) -> None:
        now = wall_clock() // S
        product = {"product_id": "1", "sku_id": "11", "sku_cnt": 1}
        before = self.orders.get(order, {"create_time": now})
        self.orders[order] = {
            "order_id": order, "status": status, "create_time": before["create_time"], "update_time": now,
            "order_detail": {"product_infos": [product], "pay_info": {"pay_time": now}}, **more,
        }  # fmt: skip

    def answer(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        if request.url.path == "/cgi-bin/stable_token":
            return httpx.Response(200, json={"access_token": "new", "expires_in": 7200})
        if request.url.params["access_token"] != "new":
            return httpx.Response(200, json={"errcode": 40001, "errmsg": "invalid credential"})
        if request.url.path.endswith("/list/get"):
            self.lists += 1
            between = asked["update_time_range"]
            names = [
                name
                for name, order in self.orders.items()
                if between["start_time"] <= order["update_time"] <= between["end_time"]
            ]
            first = int(asked.get("next_key", 0))
            more = len(names) > first + 50
            page = names[first : first + 50]
            return httpx.Response(
                200, json={"errcode": 0, "order_id_list": page, "next_key": str(first + 50), "has_more": more}
            )
        name = asked["order_id"]
        self.asked[name] += 1
        if name in self.failing:
            return httpx.Response(502)
        if "order_detail" not in self.orders[name]:
            return httpx.Response(200, json={"errcode": 100002, "errmsg": "no such order"})
        return httpx.Response(200, json={"errcode": 0, "order": self.orders[name]})


@asynccontextmanager
async def following(shop: Shop, **more: Any) -> AsyncIterator[tuple[PlatformFeed, BookSink]]:
    sink = BookSink([Ware("A", "a", 1000)])
    client = Client(WeChat(), KEYS, transport=httpx.MockTransport(shop.answer), rate=2000.0)
    goods = Goods(CONFIG, "wx", [Numbered("wx", "1", "11", "A")])
    settings = {"every_s": 0.05, "since_us": wall_clock() - 60 * S, **more}
    feed = PlatformFeed("wx", client, goods, source="wx", **settings)
    task = asyncio.create_task(feed.run(sink, None))
    try:
        yield feed, sink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Any, within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_all_that_is_named_is_booked_page_by_page():
    shop = Shop()
    for number in range(120):
        shop.place(f"37051150584712{number:05}")
    async with following(shop) as (feed, sink):
        await until(lambda: sink.books.stock("A").sold == 120)
        assert feed.client.keys.access_token == "new", "the app's secret is enough for one"
        shop.place("3705115058471200007", status=200)
        await until(lambda: sink.books.stock("A").sold == 119)


async def test_the_cursor_waits_for_what_could_not_be_fetched():
    shop = Shop()
    for number in range(8):
        shop.place(str(number))
    shop.failing.add("3")
    async with following(shop) as (_, sink):
        await until(lambda: "wx" in sink.statuses and sink.statuses["wx"].state == "down")
        assert "wx" not in sink.cursors
        assert sink.books.stock("A").sold > 0, "what came is told at once"
        shop.failing.clear()
        await until(lambda: sink.books.stock("A").sold == 8)
        await until(lambda: "wx" in sink.cursors)


async def test_one_that_the_platform_does_not_know_is_set_aside_once():
    shop = Shop()
    shop.place("1")
    shop.orders["2"] = {"create_time": 0, "update_time": wall_clock() // S}
    shop.orders["3"] = {**shop.orders["1"], "order_id": 3.5}
    async with following(shop) as (feed, sink):
        await until(lambda: sink.books.stock("A").sold == 1 and shop.asked["2"] > 2)
        assert sorted(raw for _, raw, _ in sink.aside) == [b"2", b"3"]
        assert feed.unusable == 2
        assert "wx" in sink.cursors


async def test_looking_further_back_asks_for_little():
    shop = Shop()
    async with following(shop, look_back_s=2.0, sweep_s=0.5, sweep_back_s=30.0) as (_, sink):
        for number in range(10):
            shop.place(str(number))
        await until(lambda: sink.books.stock("A").sold == 10)
        await asyncio.sleep(5)
        settled = shop.asked.total()
        lists = shop.lists
        await asyncio.sleep(2)
        assert shop.lists > lists + 20, "it looked back"
        assert shop.asked.total() == settled
        shop.place("3", status=200)
        await until(lambda: sink.books.stock("A").sold == 9)


async def knock(receiver: Receiver, method: str, query: str, body: bytes = b"") -> tuple[int, bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    scope = {
        "type": "http", "path": "/push/wx", "method": method, "query_string": query.encode(),
        "headers": [(b"host", b"a")],
    }  # fmt: skip
    await receiver(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_the_address_answers_wechats_question_and_takes_its_pushes():
    shop = Shop()
    async with following(shop) as (feed, sink):
        receiver = Receiver({"wx": feed}, sink)
        signed = f"signature={signature('t', '1', 'n')}&timestamp=1&nonce=n"
        assert await knock(receiver, "GET", f"{signed}&echostr=437%3C") == (200, b"437<")
        assert await knock(receiver, "GET", "signature=0&timestamp=1&nonce=n&echostr=1") == (
            403,
            b"refused\n",
        )
        assert await knock(receiver, "GET", "") == (403, b"refused\n")
        event = {"Event": "channels_ec_order_new", "CreateTime": 5, "order_info": {"order_id": 7}}
        sealed = encrypt(json.dumps(event).encode(), KEYS)
        query = f"timestamp=1&nonce=n&msg_signature={signature('t', '1', 'n', sealed)}"
        body = json.dumps({"Encrypt": sealed}).encode()
        assert await knock(receiver, "POST", query, body) == (200, b"success")
        assert await knock(receiver, "POST", signed, body) == (403, b"refused\n")
        assert (receiver.counts["wx"].taken, receiver.counts["wx"].forged) == (1, 3)


async def test_catching_up_asks_for_each_once_however_often_a_request_fails():
    shop = Shop()
    for number in range(40):
        shop.place(str(number))
        shop.orders[str(number)].update(
            create_time=wall_clock() // S - 3000, update_time=wall_clock() // S - 2900
        )
    shop.failing.add("37")
    async with following(shop, since_us=wall_clock() - 3600 * S) as (_, sink):
        await until(lambda: shop.asked["37"] > 6)
        assert sink.books.stock("A").sold == 39
        assert max(count for name, count in shop.asked.items() if name != "37") == 1
        shop.failing.clear()
        await until(lambda: sink.books.stock("A").sold == 40)


async def test_catching_up_after_a_busy_hour_is_not_done_second_by_second():
    shop = Shop()
    async with following(shop) as (feed, sink):
        await until(lambda: feed.is_live)
        feed._lister.names_only, feed._lister._rate = True, 200.0
        now = wall_clock()
        shop.place("1")
        lists, look = shop.lists, Look()
        await feed._lister.read(now - 900 * S, now, look, back=False, at_once=4)
        assert [order.id for order in look.orders] in (["1"], [])
        assert shop.lists - lists < 40
        await until(lambda: sink.books.stock("A").sold == 1)


async def test_a_push_about_a_second_change_within_the_second_is_followed():
    shop = Shop()
    async with following(shop, every_s=60.0) as (feed, _):
        await until(lambda: feed.is_live)
        feed._lister.names_only = True
        shop.place("7", status=10)
        at_us = shop.orders["7"]["update_time"] * S
        feed.nudge([Nudge("7", "placed", at_us)])
        await until(lambda: shop.asked["7"] == 1 and feed.pending == 0)
        shop.place("7", status=200)
        shop.orders["7"]["update_time"] = at_us // S
        feed.nudge([Nudge("7", "refunded", at_us)])
        await until(lambda: shop.asked["7"] == 2 and feed.pending == 0)
        feed.nudge([Nudge("7", "refunded", at_us)])
        assert feed.repeated == 1


async def test_a_push_that_comes_before_polling_has_begun_waits_for_it():
    shop = Shop()
    shop.place("1")
    answer, shut = shop.answer, [True]

    def first_shut(request: httpx.Request) -> httpx.Response:
        if shut and request.url.path.endswith("/list/get"):
            return httpx.Response(502)
        return answer(request)

    shop.answer = first_shut  # type: ignore[method-assign]
    async with following(shop, since_us=None) as (feed, sink):
        feed.nudge([Nudge("1", "placed", None)])
        await until(lambda: "wx" in sink.statuses and sink.statuses["wx"].state == "down")
        assert sink.frames == []
        shut.clear()
        await until(lambda: feed.is_live and feed.pending == 0)
