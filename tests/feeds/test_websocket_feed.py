"""The WebSocket feed against real servers that go away, stall, and send what they should not."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from stockwatch.events import MAX_EVENT_BYTES, Invalid, decode
from stockwatch.feeds.base import MAX_BATCH
from stockwatch.feeds.websocket import MAX_FRAME_BYTES, WebSocketFeed

Handler = Callable[[ServerConnection, Any], Awaitable[None]]


class Shop:
    """A server that runs one script a connection, the last one for all that follow, and notes each subscription."""

    def __init__(self) -> None:
        self.scripts: list[Handler] = []
        self.subscriptions: list[Any] = []
        self.url = ""
        self.server: Server

    async def serve(self, connection: ServerConnection) -> None:
        request = json.loads(await connection.recv())
        assert request["type"] == "subscribe"
        self.subscriptions.append(request["after"])
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        with contextlib.suppress(ConnectionClosed):
            await script(connection, request["after"])


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    async with serve(
        shop.serve, "127.0.0.1", 0, max_size=None, ping_interval=None, close_timeout=0.1
    ) as server:
        shop.server = server
        shop.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield shop


@pytest.fixture
def follow(quick, sink, running) -> Callable[..., asyncio.Task[None]]:
    def start(url: str, cursor: str | None = None, **options: Any) -> asyncio.Task[None]:
        feed = WebSocketFeed("shop", url, **{"backoff": quick(), "open_timeout": 2.0, **options})
        return running(feed.run(sink, cursor))

    return start


def sends(*frames: bytes | str, then: str = "stay") -> Handler:
    async def script(connection: ServerConnection, after: Any) -> None:
        for frame in frames:
            await connection.send(frame, text=isinstance(frame, bytes) or None)
        if then == "stay":
            await connection.wait_closed()
        elif then == "abort":
            await asyncio.sleep(0.02)  # what was sent is on its way
            connection.transport.abort()

    return script


def catches_up(make: Callable[..., bytes], count: int, at_a_time: int) -> Handler:
    """Keeps a log of `count` events; sends what comes after the cursor, some at a time, then hangs up."""

    async def script(connection: ServerConnection, after: Any) -> None:
        begin = 0 if after is None else int(after)
        for n in range(begin, min(count, begin + at_a_time)):
            await connection.send(make(n, cursor=n + 1), text=True)
        if begin + at_a_time >= count:
            await connection.wait_closed()

    return script


async def test_frames_come_as_they_were_sent_and_the_cursor_with_them(shop, follow, sink, event) -> None:
    odd = b'{ "cursor" : "c-2", "id":"\\u0061", "n": 9007199254740993 }'
    shop.scripts = [sends(event(1, cursor="c-1"), odd, event(3))]
    follow(shop.url)
    await sink.got(3)
    assert sink.frames == [event(1, cursor="c-1"), odd, event(3)]
    assert sink.cursor == "c-2"
    assert shop.subscriptions == [None]
    assert sink.states()[:2] == ["connecting", "live"]
    assert sink.gaps == []


@pytest.mark.parametrize("cursor", [7, "7", "json:7", [1, "x"], {"shard": 3}])
async def test_a_cursor_goes_back_as_it_came(shop, follow, sink, event, cursor) -> None:
    shop.scripts = [sends(event(1, cursor=cursor), then="close"), sends(event(2))]
    follow(shop.url)
    await sink.got(2)
    assert shop.subscriptions == [None, cursor]


async def test_after_a_restart_it_goes_on_from_its_cursor_and_says_that_something_may_be_missing(
    shop, follow, sink, event
) -> None:
    shop.scripts = [sends(event(5))]
    follow(shop.url, cursor="json:41")
    await sink.got(1)
    assert shop.subscriptions == [41]
    assert [(since, got) for since, _, got in sink.gaps] == [(None, 0)]


async def test_it_catches_up_over_many_short_connections_without_losing_or_repeating(
    shop, follow, sink, event
) -> None:
    shop.scripts = [catches_up(event, 100, 7)]
    follow(shop.url)
    await sink.got(100)
    assert sink.ids() == [f"e{n}" for n in range(100)]
    assert sink.cursor == "json:100"
    assert len(sink.gaps) == len(shop.subscriptions) - 1 == 14


async def test_a_server_that_repeats_itself_at_the_seam_is_passed_on_as_it_is(
    shop, follow, sink, event
) -> None:
    shop.scripts = [sends(event(1), event(2), then="abort"), sends(event(2), event(3))]
    follow(shop.url)
    await sink.got(4)
    assert sink.ids() == ["e1", "e2", "e2", "e3"]
    assert shop.subscriptions == [None, None]


async def test_the_gap_is_marked_from_the_last_sign_of_life_before_anything_that_follows(
    shop, follow, sink, event
) -> None:
    clock = [1_000_000]

    def now() -> int:
        clock[0] += 1
        return clock[0]

    shop.scripts = [sends(event(1), event(2), then="abort"), sends(event(3))]
    follow(shop.url, now=now)
    await sink.got(3)
    ((since, until, got_before),) = sink.gaps
    assert got_before == 2
    assert since is not None
    assert 1_000_000 < since < until
    assert "down" in sink.states()
    assert sink.states()[-1] == "live"


async def test_a_slow_sink_loses_nothing_and_makes_the_server_wait(shop, follow, sink, event) -> None:
    total = 20_000
    sent = 0

    async def flood(connection: ServerConnection, after: Any) -> None:
        nonlocal sent
        for n in range(total):
            await connection.send(event(n) + b" " * 2000, text=True)
            sent += 1
        await connection.wait_closed()

    shop.scripts = [flood]
    sink.open.clear()
    follow(shop.url)
    await asyncio.wait_for(sink.entered.wait(), 5)
    for _ in range(200):
        before = sent
        await asyncio.sleep(0.01)
        if sent == before > 0:
            break
    assert sent < total / 2, "the server was not slowed down: 40 MB lie somewhere in memory"
    sink.open.set()
    await sink.got(total)
    assert sink.ids() == [f"e{n}" for n in range(total)]
    assert max(sink.batches) <= MAX_BATCH
    assert sink.gaps == []


async def test_a_burst_comes_in_few_batches(shop, follow, sink, event) -> None:
    shop.scripts = [sends(*(event(n) for n in range(2000)))]
    follow(shop.url)
    await sink.got(2000)
    assert len(sink.batches) < 500
    assert sink.ids() == [f"e{n}" for n in range(2000)]


async def test_a_slow_sink_is_no_dead_server(shop, follow, sink, event) -> None:
    shop.scripts = [sends(*(event(n) for n in range(500)))]
    sink.open.clear()
    follow(shop.url, ping_every=0.01, ping_timeout=0.02)
    await asyncio.wait_for(sink.entered.wait(), 5)
    await asyncio.sleep(0.15)
    sink.open.set()
    await sink.got(500)
    assert len(shop.subscriptions) == 1


async def test_a_peer_that_is_dead_without_saying_so_is_noticed(quick, sink, running, event) -> None:
    connections = 0

    async def handle(connection: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await connection.recv()
        await connection.send(event(connections), text=True)
        if connections == 1:
            connection.transport.pause_reading()  # neither reads nor answers from now on
        await connection.wait_closed()

    async with serve(handle, "127.0.0.1", 0, ping_interval=None, close_timeout=0.1) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        feed = WebSocketFeed("shop", url, backoff=quick(), ping_every=0.02, ping_timeout=0.1)
        running(feed.run(sink, None))
        await sink.got(2)
        assert sink.ids() == ["e1", "e2"]
        assert "stale" in sink.states()
        assert len(sink.gaps) == 1
        server.close(close_connections=True)


async def test_a_quiet_server_that_answers_pings_is_left_alone(shop, follow, sink, event) -> None:
    shop.scripts = [sends(event(1))]
    follow(shop.url, ping_every=0.01, ping_timeout=0.1)
    await sink.got(1)
    await asyncio.sleep(0.2)
    assert len(shop.subscriptions) == 1
    assert sink.states() == ["connecting", "live"]


async def test_binary_frames_are_set_aside_in_their_place(shop, follow, sink, event) -> None:
    async def mixed(connection: ServerConnection, after: Any) -> None:
        await connection.send(event(1), text=True)
        await connection.send(event(2, cursor="no"))
        await connection.send(event(3, cursor="yes"), text=True)
        await connection.wait_closed()

    shop.scripts = [mixed]
    follow(shop.url)
    await sink.got(2)
    assert sink.ids() == ["e1", "e3"]
    assert [(raw, "binary" in reason) for raw, reason in sink.aside] == [(event(2, cursor="no"), True)]
    assert sink.cursor == "yes"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"nonsense",
        b'{"cursor":',
        b"\xff\xfe\x00",
        b'{"cursor":"\\ud800"}',
        b"[" * 50_000,
        b'{"cursor":null}',
    ],
)
async def test_garbage_is_handed_over_and_the_connection_goes_on(shop, follow, sink, event, garbage) -> None:
    shop.scripts = [sends(event(1, cursor="a"), garbage, event(2))]
    follow(shop.url)
    await sink.got(3)
    assert sink.frames == [event(1, cursor="a"), garbage, event(2)]
    assert isinstance(decode(garbage), Invalid)
    assert sink.cursor == "a"
    assert len(shop.subscriptions) == 1


async def test_a_frame_over_the_event_limit_is_cut_and_the_connection_goes_on(
    shop, follow, sink, event
) -> None:
    big = event(1, cursor="big")[:-1] + b',"pad":"' + b"x" * MAX_EVENT_BYTES + b'"}'
    sly = event(2) + b" " * (MAX_EVENT_BYTES - len(event(2))) + b"\n" * 9 + b"x"
    shop.scripts = [sends(big, sly, event(3))]
    follow(shop.url)
    await sink.got(3)
    assert isinstance(decode(sink.frames[0]), Invalid)
    assert isinstance(decode(sink.frames[1]), Invalid)
    assert all(len(frame) <= MAX_EVENT_BYTES + 10 for frame in sink.frames)
    assert sink.frames[2] == event(3)
    assert sink.cursor == "big"
    assert len(shop.subscriptions) == 1


async def test_a_frame_beyond_all_measure_costs_the_connection_only(shop, follow, sink, event) -> None:
    shop.scripts = [sends(event(1), b"x" * (MAX_FRAME_BYTES + 1)), sends(event(2))]
    follow(shop.url)
    await sink.got(2)
    assert sink.ids() == ["e1", "e2"]


async def test_a_message_in_fragments_is_one_message(shop, follow, sink, event) -> None:
    async def fragments(connection: ServerConnection, after: Any) -> None:
        raw = event(1).decode()
        await connection.send([raw[:10], raw[10:20], raw[20:]])
        await connection.send(event(2), text=True)
        await connection.wait_closed()

    shop.scripts = [fragments]
    follow(shop.url)
    await sink.got(2)
    assert sink.frames == [event(1), event(2)]


async def _raw_server(answers: list[bytes | None]) -> tuple[asyncio.Server, str, list[int]]:
    """A TCP server: sends the next of `answers` and hangs up; None: says nothing for ever."""
    seen: list[int] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(1)
        answer = answers[min(len(seen), len(answers)) - 1]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await reader.readuntil(b"\r\n\r\n")
            if answer is None:
                await reader.read()
            else:
                writer.write(answer if answer.startswith(b"raw:") else _upgraded(request) + answer)
                await writer.drain()
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    return server, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen


def _upgraded(request: bytes) -> bytes:
    from websockets.utils import accept_key

    key = next(
        line[19:] for line in request.decode().split("\r\n") if line.lower().startswith("sec-websocket-key: ")
    )
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
    ).encode()


def _frame(text: bytes) -> bytes:
    assert len(text) < 65536
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


async def test_a_server_that_dies_within_a_frame_costs_that_frame_only(quick, sink, running, event) -> None:
    whole, torn, again = _frame(event(1)), _frame(event(2))[:-7], _frame(event(2)) + _frame(event(3))
    server, url, _ = await _raw_server([whole + torn, again, None])
    async with server:
        running(WebSocketFeed("shop", url, backoff=quick(), open_timeout=0.2).run(sink, None))
        await sink.got(3)
        assert sink.frames == [event(1), event(2), event(3)]


async def test_frames_that_break_the_protocol_are_survived(quick, sink, running, event) -> None:
    bad_opcode, masked, bad_length = b"\x87\x01x", b"\x81\x81aaaax", b"\x81\x7f" + b"\xff" * 8
    answers: list[bytes | None] = [bad_opcode, masked, bad_length, b"raw:HTTP", _frame(event(1)), None]
    server, url, _ = await _raw_server(answers)
    async with server:
        running(WebSocketFeed("shop", url, backoff=quick(), open_timeout=0.2).run(sink, None))
        await sink.got(1)
        assert sink.frames == [event(1)]


async def test_a_server_that_never_answers_is_given_up_and_tried_again(quick, sink, running) -> None:
    server, url, seen = await _raw_server([None])
    async with server:
        running(WebSocketFeed("shop", url, backoff=quick(), open_timeout=0.05).run(sink, None))
        await sink.until(lambda: len(seen) >= 3)
        assert "the server did not answer in time" in [status.note.en for status in sink.statuses]
        assert "live" not in sink.states()
        assert sink.gaps == []


async def test_an_address_where_nobody_listens_is_told_in_words(quick, sink, running) -> None:
    server, url, _ = await _raw_server([None])
    server.close()
    await server.wait_closed()
    running(WebSocketFeed("shop", url, backoff=quick()).run(sink, None))
    await sink.until(lambda: "nobody listens there" in [status.note.en for status in sink.statuses])


async def test_a_server_that_refuses_for_a_while_is_left_alone_so_long(quick, sink, running) -> None:
    seen: list[float] = []
    refusal = b"HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n"
    waits = [b"soon", b"1", b"3600"]

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(asyncio.get_running_loop().time())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(refusal % waits[len(seen) - 1])
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        running(WebSocketFeed("shop", url, backoff=quick()).run(sink, None))
        await sink.until(lambda: len(seen) >= 2)
        await sink.until(lambda: len(seen) >= 3)
        assert seen[2] - seen[1] >= 1.0
    assert all("503" in status.note.en for status in sink.statuses if status.state == "down")


async def test_nobody_at_home_is_said_in_one_printable_line(quick, sink, running) -> None:
    server, url, _ = await _raw_server([None])
    server.close()
    await server.wait_closed()
    running(WebSocketFeed("shop", url, backoff=quick()).run(sink, None))
    await sink.until(lambda: sink.states().count("down") >= 3)
    notes = {status.note.en for status in sink.statuses if status.state == "down"}
    assert all(note and note.isprintable() for note in notes)


async def test_what_the_sink_throws_is_not_taken_for_a_bad_connection(shop, sink, quick, event) -> None:
    shop.scripts = [sends(event(1))]
    sink.failure = OSError("disk full")
    feed = WebSocketFeed("shop", shop.url, backoff=quick())
    with pytest.raises(OSError, match="disk full"):
        await asyncio.wait_for(feed.run(sink, None), 5)


async def test_cancelling_leaves_nothing_running(shop, follow, sink, event) -> None:
    shop.scripts = [sends(event(1))]
    task = follow(shop.url, ping_every=0.01)
    await sink.got(1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    mine = [t for t in asyncio.all_tasks() if "stockwatch" in repr(t.get_coro())]
    assert mine == []
