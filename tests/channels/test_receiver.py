"""The address that platforms push to, and everything that knocks there and is no platform."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from rehearsal import Rehearsal, rehearsal

from stockwatch.channels.douyin import Douyin
from stockwatch.channels.douyin.signing import sign_push
from stockwatch.channels.kuaishou import Kuaishou
from stockwatch.channels.kuaishou.signing import encrypt
from stockwatch.channels.receiver import MAX_BODY
from stockwatch.channels.wire import Forged, Keys
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware, keys_of
from stockwatch.lab.shop import Order

WARES = [Ware("A", "a", 1000)]
DOUYIN, KUAISHOU = keys_of("douyin"), keys_of("kuaishou")


@asynccontextmanager
async def knocking() -> AsyncIterator[tuple[Rehearsal, httpx.AsyncClient]]:
    faults = Faults(latency_s=0, list_lag_s=0)
    async with rehearsal(["douyin", "kuaishou"], WARES, faults, push=False, every_s=30) as world:
        base = f"http://127.0.0.1:{world.push_port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as http:
            yield world, http


def bought(world: Rehearsal) -> Order:
    """An order that nobody pays."""
    shop = world.lab.booths["douyin"].face.shop
    order = shop.place([(shop.goods[0], 1)], int(time.time() * 1000))
    assert order is not None
    return order


def signed(body: bytes, keys: Keys = DOUYIN) -> dict[str, str]:
    return {"app-id": keys.app_key, "event-sign": sign_push(keys, body)}


def message(
    order: int, tag: str | int = "100", shop: int | str = DOUYIN.shop, id_: str = "m1"
) -> dict[str, object]:
    data = json.dumps({"p_id": order, "shop_id": int(shop), "update_time": 1_790_000_000})
    return {"tag": tag, "msg_id": id_, "data": data}


def douyin_body(*messages: object) -> bytes:
    return json.dumps(messages).encode()


def kuaishou_body(info: object, keys: Keys = KUAISHOU, **changes: object) -> bytes:
    envelope = {
        "eventId": "e", "msgId": "m", "userId": int(KUAISHOU.shop), "appKey": KUAISHOU.app_key,
        "event": "kwaishop_order_addOrder", "info": info if isinstance(info, str) else json.dumps(info),
        "createTime": 1_790_000_000_000, **changes,
    }  # fmt: skip
    return encrypt(json.dumps(envelope).encode(), keys)


async def test_an_order_named_by_a_push_is_fetched_at_once_and_once():
    async with knocking() as (world, http):
        booth = world.lab.booths["douyin"]
        order = bought(world)
        body = douyin_body(message(order.id))
        for _ in range(10):
            answer = await http.post("/push/douyin", content=body, headers=signed(body))
            assert answer.json() == {"code": 0, "msg": "success"}
        await world.until(lambda: world.booked() == world.expected(), 5)
        assert booth.face.door.asked["order.orderDetail"] == 1
        assert world.feeds["douyin"].repeated == 9


async def test_one_bad_message_in_an_array_does_not_take_the_others_with_it():
    async with knocking() as (world, http):
        orders = [bought(world) for _ in range(2)]
        body = douyin_body(
            message(orders[0].id, id_="1"),
            message(5, tag="999", id_="2"),
            {"tag": "100", "msg_id": "3", "data": "{not json"},
            message(orders[1].id, tag=100, id_="4"),
        )
        assert (await http.post("/push/douyin", content=body, headers=signed(body))).status_code == 200
        await world.until(lambda: world.booked() == world.expected(), 5)
        assert world.receiver.counts["douyin"].unknown == 2


async def test_another_shops_message_in_an_array_does_not_take_the_others_with_it():
    async with knocking() as (world, http):
        order = bought(world)
        body = douyin_body(message(1, shop="99", id_="1"), None, {"msg_id": "2"}, message(order.id, id_="3"))
        assert (await http.post("/push/douyin", content=body, headers=signed(body))).status_code == 200
        await world.until(lambda: world.booked() == world.expected(), 5)
        assert (world.receiver.counts["douyin"].unknown, world.feeds["douyin"].pushes) == (3, 1)


async def test_refused_pushes_are_counted_where_operators_look():
    faults = Faults(latency_s=0, list_lag_s=0)
    async with rehearsal(["douyin"], WARES, faults, push=False, every_s=0.2) as world:
        base = f"http://127.0.0.1:{world.push_port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as http:
            for _ in range(3):
                assert (await http.post("/push/douyin", content=b"[]")).status_code == 403
        await world.until(lambda: world.sink.statuses["douyin"].refused == 3, 3)


async def test_heads_that_trickle_are_hung_up_on_and_others_are_not(monkeypatch):
    monkeypatch.setattr("stockwatch.channels.serving.HEAD_WITHIN_S", 0.5)
    async with knocking() as (world, http):
        probe = douyin_body({"tag": "0", "msg_id": "0", "data": "2020-09-10T16:27:56+08:00"})
        assert (await http.post("/push/douyin", content=probe, headers=signed(probe))).status_code == 200

        async def trickle(first: bytes) -> float:
            reader, writer = await asyncio.open_connection("127.0.0.1", world.push_port)
            began = time.monotonic()
            writer.write(first)
            while not reader.at_eof() and time.monotonic() - began < 4:
                try:
                    await asyncio.wait_for(reader.read(4096), 0.2)
                except TimeoutError:
                    writer.write(b"x")
            writer.close()
            return time.monotonic() - began

        whole = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
        starts = (b"", b"POST /push/douyin HTTP/1.1\r\nX-A: ", whole + b"POST / HTTP/1.1\r\nX-A: ")
        assert max(await asyncio.gather(*map(trickle, starts))) < 3
        # A connection that has answered is kept, and one that is used is not cut off.
        for _ in range(4):
            assert (await http.post("/push/douyin", content=probe, headers=signed(probe))).status_code == 200
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("secret", ["", "!!", "YWJj"])
def test_a_kuaishou_secret_that_is_none_refuses_pushes_in_words(secret: str):
    with pytest.raises(Forged, match="message_secret is no Base64 of 16 bytes"):
        Kuaishou().receive({}, kuaishou_body({"oid": 1}), Keys(app_key="k", message_secret=secret))


def test_a_missing_douyin_secret_signs_nothing():
    body, keys = douyin_body(message(1)), Keys(app_key=DOUYIN.app_key)
    with pytest.raises(Forged, match="app_secret"):
        Douyin().receive(signed(body, keys), body, keys)


async def test_forgeries_are_refused_and_counted():
    async with knocking() as (world, http):
        body = douyin_body(message(1))
        other = Keys(app_key=DOUYIN.app_key, app_secret="guessed", shop=DOUYIN.shop)
        foreign = douyin_body(message(1, shop="99"))
        sealed = kuaishou_body({"oid": 1})
        for path, content, headers in (
            ("/push/douyin", body, signed(body, other)),
            ("/push/douyin", body + b" ", signed(body)),
            ("/push/douyin", body, {"event-sign": sign_push(DOUYIN, body)}),
            ("/push/douyin", body, {}),
            ("/push/douyin", foreign, signed(foreign)),
            ("/push/kuaishou", b"", {}),
            ("/push/kuaishou", b"not base64!", {}),
            ("/push/kuaishou", base64.b64encode(b"x" * 17), {}),
            ("/push/kuaishou", base64.b64encode(bytes(64)), {}),
            ("/push/kuaishou", sealed[:-24] + b"AAAA" + sealed[-20:], {}),
            ("/push/kuaishou", kuaishou_body({"oid": 1}, appKey="ks_other"), {}),
            ("/push/kuaishou", kuaishou_body({"oid": 1}, userId=5), {}),
            ("/push/kuaishou", encrypt(b"[1,2]", KUAISHOU), {}),
            ("/push/kuaishou", encrypt(b"[" * 200_000, KUAISHOU), {}),
        ):
            answer = await http.post(path, content=content, headers=headers)
            assert answer.status_code == 403, (path, content[:40])
            assert answer.content == b"refused\n", "nothing is said that helps to guess"
        assert (world.receiver.counts["douyin"].forged, world.receiver.counts["kuaishou"].forged) == (5, 9)
        assert not world.sink.frames
        assert world.pending == 0


async def test_true_pushes_that_say_nothing_are_set_aside_and_acknowledged():
    async with knocking() as (world, http):
        bodies = [b"{}", b"[" * 5000, b"[1]", b"[]", douyin_body({"tag": "100", "data": "nope"}), b"\xff\xfe"]
        for body in bodies:
            answer = await http.post("/push/douyin", content=body, headers=signed(body))
            assert answer.json()["code"] == 0, "it would only come again"
        sealed = kuaishou_body('{"oid": "a\\u001b[31m"}')
        assert (await http.post("/push/kuaishou", content=sealed)).json() == {"result": 1}
        assert len(world.sink.aside) == 6
        assert all(reason.isprintable() for _, _, reason in world.sink.aside)
        test = kuaishou_body({"oid": 7}, test=True)
        assert (await http.post("/push/kuaishou", content=test)).json() == {"result": 1}
        assert world.pending == 0


async def test_an_order_that_the_platform_does_not_know_is_set_aside():
    async with knocking() as (world, http):
        body = douyin_body(message(4_781_320_682_406_099_999))
        await http.post("/push/douyin", content=body, headers=signed(body))
        await world.until(lambda: world.sink.aside, 5)
        ((channel, raw, reason),) = world.sink.aside
        assert (channel, raw.split()[0]) == ("douyin", b"4781320682406099999"), (
            "digits beyond a float's are all there"
        )
        assert "no such order" in reason
        assert world.feeds["douyin"].pending == 0


async def test_large_slow_and_stray_requests_keep_nobody_else_waiting():
    async with knocking() as (world, http):
        assert (await http.post("/push/nobody", content=b"x")).status_code == 404
        assert (await http.get("/push/douyin")).status_code == 405
        large = await http.post("/push/douyin", content=b"x" * (MAX_BODY + 1))
        assert large.status_code == 413
        writers = []
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", world.push_port)
            writer.write(b"POST /push/douyin HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[")
            writers.append(writer)
        body = douyin_body(message(1, tag="0"))
        began = time.monotonic()
        assert (await http.post("/push/douyin", content=body, headers=signed(body))).status_code == 200
        assert time.monotonic() - began < 2
        await world.until(lambda: world.receiver.counts["douyin"].too_slow == 20, 15)
        for writer in writers:
            writer.close()


@pytest.mark.parametrize(
    "path", ["/push/", "/push", "/", "/push/douyin/", "/push/../push/douyin", "//push/douyin"]
)
async def test_no_other_path_leads_anywhere(path: str):
    async with knocking() as (world, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", world.push_port)
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        assert b" 404 " in await reader.readline()
        writer.close()
