"""`feed serve`: a recording as a live server, seen by the WebSocket feed and by plain clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from stockwatch.events import MAX_EVENT_BYTES, Event, decode, parse_time
from stockwatch.feeds.serve import FeedServer, Player
from stockwatch.feeds.websocket import WebSocketFeed

NOW_US = 2_000_000_000_123_456
Start = Callable[..., Any]


@pytest.fixture
def recording(tmp_path: Path, event) -> Path:
    path = tmp_path / "r.jsonl"
    lines = [event(n) for n in range(50)]
    lines[7] = b"nonsense"
    lines[9] = lines[3]
    path.write_bytes(b"\n\n".join(lines))
    return path


@pytest.fixture
async def serving() -> AsyncIterator[Start]:
    """Plays and serves recordings; gives the server and its address."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            *paths: Path, speed: float = 0.0, keep_time: bool = False, play: bool = True, **options: Any
        ):
            player = Player(paths, speed, keep_time=keep_time)
            feeds = FeedServer(player, lambda en, zh: said.extend((en, zh)), **options)
            server = await feeds.listen("127.0.0.1", 0)

            async def stop() -> None:
                server.close()
                await server.wait_closed()

            stack.push_async_callback(stop)
            if play:
                task = asyncio.create_task(player.play(lambda: NOW_US))
                stack.push_async_callback(asyncio.wait, [task])
                stack.callback(task.cancel)
            return feeds, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"

        said: list[str] = []
        start.said = said
        yield start


async def _subscribed(url: str, after: Any = None) -> ClientConnection:
    client = await connect(url, max_size=None, close_timeout=0.05)
    await client.send(json.dumps({"type": "subscribe", "after": after}))
    return client


async def _take(client: ClientConnection, count: int) -> list[bytes]:
    return [await asyncio.wait_for(client.recv(decode=False), 10) for _ in range(count)]


def _without(frames: list[bytes], *names: str) -> list[Any]:
    plain = []
    for frame in frames:
        try:
            message = json.loads(frame)
        except ValueError:
            plain.append(frame)
            continue
        for name in names:
            message.pop(name, None)
        plain.append(message)
    return plain


def _lines(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().split(b"\n") if line]


async def test_a_feed_that_follows_it_gets_the_recording(serving, recording, sink, quick, running) -> None:
    _, url = await serving(recording, keep_time=True)
    running(WebSocketFeed("shop", url, backoff=quick()).run(sink, None))
    await sink.got(50)
    assert _without(sink.frames, "cursor") == _without(_lines(recording))
    assert sink.cursor == "50"
    for frame, line in zip(sink.frames, _lines(recording), strict=True):
        served, recorded = decode(frame), decode(line)
        if isinstance(recorded, Event):
            assert isinstance(served, Event)
            assert (served.id, served.content, served.time) == (recorded.id, recorded.content, recorded.time)


async def test_a_feed_whose_connection_is_cut_again_and_again_misses_and_repeats_nothing(
    serving, recording, sink, quick, running
) -> None:
    _, url = await serving(recording, keep_time=True)
    host, port = url.removeprefix("ws://").split(":")

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while limit > 0 and (data := await reader.read(min(limit, 700))):
                limit -= len(data)
                writer.write(data)
                await writer.drain()
        writer.close()

    cuts = 0

    async def cutter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal cuts
        cuts += 1
        upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))
        up = asyncio.create_task(pump(reader, upstream_writer, 10**9))
        await pump(upstream_reader, writer, 2500)
        await up

    proxy = await asyncio.start_server(cutter, "127.0.0.1", 0)
    proxied = f"ws://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    running(WebSocketFeed("shop", proxied, backoff=quick()).run(sink, None))
    await sink.got(50)
    proxy.close()
    assert _without(sink.frames, "cursor") == _without(_lines(recording))
    assert cuts > 3
    assert len(sink.gaps) == cuts - 1


async def test_times_are_shifted_to_now_and_intervals_divided_by_the_speed(serving, tmp_path, event) -> None:
    path = tmp_path / "r.jsonl"
    late = event(1, at_us=parse_time("2025-11-11T11:59:00Z"))
    expiring = event(2).replace(b'"qty":1', b'"qty":1,"expires":"2025-11-11T20:30:02+08:00"')
    path.write_bytes(b"\n".join([event(0), late, expiring]))
    _, url = await serving(path, speed=1000.0)
    client = await _subscribed(url)
    first, second, third = [json.loads(frame) for frame in await _take(client, 3)]
    now_us = NOW_US // 1000 * 1000
    assert parse_time(first["time"]) == now_us
    assert parse_time(second["time"]) == now_us - 60_000
    assert parse_time(third["time"]) == now_us + 2000
    assert parse_time(third["data"]["expires"]) == now_us + 1_802_000
    assert third["data"]["expires"].endswith("+08:00")
    assert [message["cursor"] for message in (first, second, third)] == ["1", "2", "3"]
    await client.close()


async def test_lines_are_sent_at_their_time_and_not_before(serving, tmp_path, event) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(event(0) + b"\n" + event(300))
    feeds, url = await serving(path, speed=1.0)
    client = await _subscribed(url)
    await _take(client, 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.recv(), 0.05)
    assert not feeds.player.finished
    await client.close()


async def test_every_client_gets_what_it_missed_and_then_the_rest(serving, tmp_path, event) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\n".join(event(n) for n in range(30)))
    _, url = await serving(path, speed=200.0)
    early = await _subscribed(url)
    await _take(early, 10)
    later, resumed, as_number = (
        await _subscribed(url),
        await _subscribed(url, "25"),
        await _subscribed(url, 25),
    )
    assert [json.loads(f)["id"] for f in await _take(later, 30)] == [f"e{n}" for n in range(30)]
    assert [json.loads(f)["id"] for f in await _take(early, 20)] == [f"e{n}" for n in range(10, 30)]
    for client in (resumed, as_number):
        assert [json.loads(f)["id"] for f in await _take(client, 5)] == [f"e{n}" for n in range(25, 30)]
    for client in (early, later, resumed, as_number):
        await client.close()


async def test_it_stays_up_for_clients_that_come_back(serving, recording) -> None:
    feeds, url = await serving(recording)
    client = await _subscribed(url)
    await _take(client, 50)
    await client.close()
    again = await _subscribed(url, "49")
    assert json.loads((await _take(again, 1))[0])["cursor"] == "50"
    await asyncio.wait_for(feeds.served_all.wait(), 5)
    await again.close()


async def test_all_is_served_only_when_nobody_is_behind(serving, recording) -> None:
    feeds, url = await serving(recording, play=False)
    one, two = await _subscribed(url), await _subscribed(url, 49)
    async with asyncio.timeout(5):
        while sum("subscribes" in line for line in serving.said) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not feeds.served_all.is_set()
    await feeds.player.play(lambda: NOW_US)
    await asyncio.gather(_take(one, 50), _take(two, 1))
    await asyncio.wait_for(feeds.served_all.wait(), 5)
    await one.close()
    await two.close()


@pytest.mark.parametrize(
    "message",
    ["hello", "[]", "{}", '{"type":"subscribe"', '{"type":"x","after":null}', b"\xff", "[" * 10_000],
)
async def test_who_does_not_subscribe_is_told_how_and_closed(serving, recording, message) -> None:
    _, url = await serving(recording)
    client = await connect(url)
    await client.send(message)
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(client.recv(), 5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1008
    assert "subscribe" in caught.value.rcvd.reason


async def test_who_says_nothing_is_closed(serving, recording) -> None:
    _, url = await serving(recording, subscribe_timeout=0.05)
    async with connect(url) as client:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), 5)


@pytest.mark.parametrize("after", ["x", -1, 1.5, [1], {"a": "\x1b[31m"}, "9" * 30, True])
async def test_a_cursor_of_something_else_means_all_of_it(serving, recording, after) -> None:
    _, url = await serving(recording)
    client = await _subscribed(url, after)
    assert json.loads((await _take(client, 1))[0])["cursor"] == "1"
    assert all("\x1b" not in line for line in serving.said)
    await client.close()


async def test_a_client_ahead_of_the_recording_waits_for_its_turn(serving, recording) -> None:
    feeds, url = await serving(recording, play=False)
    client = await _subscribed(url, 48)
    await feeds.player.play(lambda: NOW_US)
    assert [json.loads(frame)["cursor"] for frame in await _take(client, 2)] == ["49", "50"]
    await client.close()


async def test_lines_that_no_text_frame_can_carry_are_not_hidden(
    serving, tmp_path, event, sink, quick, running
) -> None:
    path = tmp_path / "r.jsonl"
    latin = b'{"title":"caf\xe9"}'
    path.write_bytes(b"\n".join([event(1), latin, b"x" * (MAX_EVENT_BYTES + 1), event(2)]))
    feeds, url = await serving(path)
    running(WebSocketFeed("shop", url, backoff=quick()).run(sink, None))
    await sink.got(2)
    assert sink.ids() == ["e1", "e2"]
    assert [b"caf\xe9" in raw for raw, _ in sink.aside] == [True]
    assert feeds.player.skipped == 1


async def test_several_recordings_are_served_as_one(serving, tmp_path, event) -> None:
    one, two = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_bytes(b"\n".join(event(n) for n in (0, 2, 4)))
    two.write_bytes(b"\n".join(event(n) for n in (1, 2, 5)))
    _, url = await serving(one, two)
    client = await _subscribed(url)
    assert [json.loads(f)["id"] for f in await _take(client, 6)] == ["e0", "e1", "e2", "e2", "e4", "e5"]
    await client.close()
