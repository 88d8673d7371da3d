"""Live comments over real sockets: true ones become messages once, hostile ones do nothing, floods are bounded."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

import httpx
import pytest
from rehearsal import Rehearsal, rehearsal

from stockwatch.channels.comments import BURST, Comments
from stockwatch.channels.douyin.comments import MOST_NAME, MOST_TEXT, receive_comments
from stockwatch.channels.douyin.signing import sign_comments
from stockwatch.channels.open import open_platform
from stockwatch.channels.receiver import MAX_BODY
from stockwatch.channels.wire import Forged, Malformed
from stockwatch.config import Channel, ConfigError, RoomConfig
from stockwatch.events import Event, decode
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware, keys_of
from stockwatch.lab.world import LIVE_ROOM

SECRET = keys_of("douyin").comments_secret
ROOM = str(LIVE_ROOM)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def comment(number: int, text: object = "还有吗", **changes: object) -> dict[str, object]:
    return {"msg_id": str(number), "content": text, "nickname": "小鱼", "timestamp": now_ms(), **changes}


def signed(body: bytes, secret: str = SECRET, **changes: str) -> dict[str, str]:
    headers = {
        "x-nonce-str": "n",
        "x-timestamp": str(now_ms()),
        "x-roomid": ROOM,
        "x-msg-type": "live_comment",
    }
    headers |= {f"x-{name}": value for name, value in changes.items()}
    return {**headers, "x-signature": sign_comments(headers, body, secret)}


def body_of(*items: object) -> bytes:
    return json.dumps(items, ensure_ascii=False).encode()


@asynccontextmanager
async def chatting(**faults: float) -> AsyncIterator[tuple[Rehearsal, httpx.AsyncClient]]:
    comments = Comments("douyin", source="douyin", secret=SECRET, room=ROOM)
    async with (
        rehearsal(
            ["douyin"], [Ware("A", "a", 1000)], Faults(latency_s=0, **faults), comments=comments
        ) as world,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{world.push_port}", trust_env=False) as http,
    ):
        yield world, http


def said(world: Rehearsal) -> list[Event]:
    events = [decode(frame) for frame in world.sink.frames]
    return [event for event in events if isinstance(event, Event) and event.type == "chat.message"]


async def push(http: httpx.AsyncClient, body: bytes, headers: dict[str, str] | None = None) -> int:
    answer = await http.post("/push/douyin/comments", content=body, headers=headers or signed(body))
    return answer.status_code


async def test_comments_become_messages_of_their_own_source_once():
    async with chatting() as (world, http):
        body = body_of(comment(1), comment(2, "补货\n补货"), comment(1, "twice in one"))
        for _ in range(3):
            assert await push(http, body) == 200
        await world.until(lambda: len(said(world)) == 2, 5)
        first, second = said(world)
        assert (first.source, first.id) == ("douyin/comments", "1")
        assert first.data == {"channel": "douyin", "user": "小鱼", "text": "还有吗"}
        assert second.data["text"] == "补货 补货"
        assert abs(first.time_us / 1000 - now_ms()) < 5000
        comments = world.feeds["douyin"].comments
        assert comments is not None
        assert (comments.taken, comments.repeated, comments.lost) == (2, 7, 0)
        await world.until(lambda: world.sink.statuses["douyin"].comments == 2, 5)
        assert world.receiver.comment_counts["douyin"].taken == 3


async def test_what_is_not_douyins_is_refused_and_counted_and_nothing_is_said():
    async with chatting() as (world, http):
        body = body_of(comment(1))
        longer = body_of(comment(1), comment(2))
        long_ago = str(now_ms() - 3_600_000)
        for headers in (
            {"x-roomid": ROOM},
            signed(body, "another secret"),
            signed(body, roomid="70002"),
            signed(body, timestamp=long_ago),
            signed(body, timestamp="9" * 400),
            signed(body, timestamp="²"),
            {**signed(body), "x-timestamp": str(now_ms() + 1)},
            {**signed(body), "x-msg-type": "live_gift"},
            signed(longer),
        ):
            latin = {name: value.encode() for name, value in headers.items()}
            assert (await http.post("/push/douyin/comments", content=body, headers=latin)).status_code == 403
        assert world.receiver.comment_counts["douyin"].forged == 9
        assert (await http.get("/push/douyin/comments")).status_code == 405
        assert (await http.post("/push/other/comments", content=body)).status_code == 404
        assert (await http.post("/push/douyin", content=body, headers=signed(body))).status_code == 403
        assert await push(http, b"x" * (MAX_BODY + 1)) == 413
        assert said(world) == []


async def test_hostile_comments_are_text_and_one_bad_item_costs_no_other():
    async with chatting() as (world, http):
        items = [
            comment(1, "\x1b[2J\x1b]0;owned\x07看\u202e这里\u200b", nickname="\u2066坏\x00人" * 50),
            comment(2, "长" * 100_000),
            comment(3, "\u202e\x00 \u200b"),
            comment(4, {"no": "text"}),
            comment(5, nickname=["x"]),
            {"content": "no id"},
            comment(6, "x", msg_id="a b\n"),
            "text", None, 7, [],
            comment(8, "好", timestamp="x" * 500),
            comment(9, "早", timestamp=0),
        ]  # fmt: skip
        assert await push(http, body_of(*items)) == 200
        for bad in (b"", b"{}", b"[" * 50_000, b"\xff", b'[{"msg_id":1,"content":"\\ud800"}]'):
            assert await push(http, bad) == 200, "it would only come again"
        gift = body_of(comment(10))
        assert await push(http, gift, signed(gift, **{"msg-type": "live_gift"})) == 200
        await world.until(lambda: len(said(world)) == 4, 5)
        events = {event.id: event for event in said(world)}
        assert sorted(events) == ["1", "2", "8", "9"]
        assert events["1"].data["text"] == "[2J]0;owned看这里"
        assert events["1"].data["user"] == ("坏人" * 50)[:MOST_NAME]
        assert events["2"].data["text"] == "长" * MOST_TEXT
        assert all(abs(event.time_us / 1000 - now_ms()) < 5000 for event in events.values())
        assert world.sink.outcomes["invalid"] == 0


async def test_a_flood_is_cut_off_counted_and_takes_no_orders_place():
    async with chatting() as (world, http):
        pushes = [body_of(*(comment(1000 * nth + n) for n in range(100))) for nth in range(1, 41)]
        knocks = [push(http, body) for body in pushes]
        orders = [http.post("/push/douyin", content=b"[]") for _ in range(10)]
        answers = await asyncio.gather(*knocks, *orders)
        assert set(answers[:40]) <= {200, 503}
        assert {answer.status_code for answer in answers[40:]} == {403}, "read, and found to be unsigned"
        comments = world.feeds["douyin"].comments
        assert comments is not None
        assert BURST <= comments.taken < 2 * BURST
        assert comments.taken + comments.lost == 100 * world.receiver.comment_counts["douyin"].taken
        await world.until(lambda: len(said(world)) == comments.taken, 5)
        await world.until(lambda: world.sink.statuses["douyin"].comments_lost == comments.lost > 0, 5)


async def test_the_labs_viewers_are_heard_once_though_pushes_come_twice_and_late():
    async with chatting(duplicated=0.3, late_s=0.05) as (world, _):
        booth = world.lab.booths["douyin"]
        booth.chat = 80
        await asyncio.sleep(0.3)
        booth.chat = 0
        await world.until(lambda: world.lab.is_quiet, 5)
        await world.until(lambda: len(said(world)) == booth.said > 10, 5)
        assert booth.undelivered == 0
        assert all(event.data["text"].isprintable() for event in said(world))


async def test_what_a_busy_hub_does_not_take_is_bounded():
    class Slow:
        async def put(self, *_: object) -> None:
            await asyncio.sleep(60)

    comments = Comments("douyin", source="douyin", secret=SECRET, room=ROOM, per_s=1e9, burst=100_000)
    running = asyncio.ensure_future(comments.run(Slow(), lambda: None))  # type: ignore[arg-type]
    for nth in range(50):
        body = body_of(*(comment(1000 * nth + n) for n in range(100)))
        comments.take(signed(body), body, now_ms() * 1000)
        await asyncio.sleep(0)
    assert comments.lost > 0
    assert len(comments._waiting) <= 2000
    running.cancel()


def test_who_wrote_it_is_kept_by_nickname_alone():
    body = body_of(comment(1, sec_openid="_000secret", avatar_url="https://p3.example.com/a.jpeg"))
    heard = receive_comments(signed(body), body, secret=SECRET, room=ROOM, now_us=now_ms() * 1000)
    assert "_000secret" not in repr(heard)
    with pytest.raises(Malformed):
        receive_comments(signed(b"{}"), b"{}", secret=SECRET, room=ROOM, now_us=now_ms() * 1000)
    with pytest.raises(Forged):
        receive_comments(signed(body, ""), body, secret=SECRET, room=ROOM, now_us=now_ms() * 1000)


@pytest.mark.parametrize(
    ("feed", "keys", "listen", "says"),
    [
        ("douyin:", 'app_key = "1"\n', "127.0.0.1:1", "no comments_secret"),
        ("douyin:", 'app_key = "1"\ncomments_secret = "hush"\n', None, "listens nowhere"),
        ("kuaishou:", 'app_key = "1"\ncomments_secret = "hush"\n', "127.0.0.1:1", "only Douyin"),
    ],
)
def test_a_live_room_whose_comments_could_not_come_is_told(tmp_path, feed, keys, listen, says):
    file = tmp_path / "keys.toml"
    file.write_text(keys)
    file.chmod(0o600)
    channel = Channel(id="dy", source="dy", feed=feed, secret=f"file:{file}", live_room="7")
    config = RoomConfig(id="a", name="a", channels=(channel,), push_listen=listen)
    with pytest.raises(ConfigError, match=says) as error:
        open_platform(channel, config, (), tokens=tmp_path / "tokens", zone=UTC)
    assert "hush" not in str(error.value)
