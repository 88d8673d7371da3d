"""A lab that runs: buyers in real time, pushes delivered (or not), and the look-alikes' HTTP and WebSocket doors.

Time is the machine's; everything else is drawn from the seed.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Coroutine, Mapping, MutableMapping
from typing import Any

import httpx

from stockwatch.channels.serving import Receive, Scope, Send
from stockwatch.channels.taobao import tmc
from stockwatch.channels.wire import Malformed
from stockwatch.lab.douyin import DouyinFace
from stockwatch.lab.face import Face, Push, Reply, Request
from stockwatch.lab.faults import Chance
from stockwatch.lab.outbox import Outbox
from stockwatch.lab.shop import Buyers
from stockwatch.lab.taobao import TOKEN, TaobaoFace

log = logging.getLogger("stockwatch.lab")

LIVE_ROOM = 70001
_TICK_S = 0.02
_AT_ONCE = 32
"""Pushes under way. More would wait in the HTTP client's pool, which looks at all that wait for each that ends."""
_RETRIES_S = (0.5, 1.0, 2.0, 5.0, 5.0)
_MAX_BODY = 1024 * 1024


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Booth:
    """One platform in a lab: its face, its buyers, its faults, and where it pushes to."""

    def __init__(self, face: Face, buyers: Buyers, chance: Chance, push_url: str | None = None) -> None:
        self.face = face
        self.buyers = buyers
        self.chance = chance
        self.push_url = push_url
        self.rate = 0.0
        """Orders a second, on average."""
        self.chat = 0.0
        """Comments a second, of a face that has any."""
        self.said = 0
        """Comments written."""
        self.out_until = 0.0
        """Monotonic time until which nothing goes in or out."""
        self.posted = self.lost = self.undelivered = 0
        self.outbox = face.outbox if isinstance(face, TaobaoFace) else Outbox(chance.faults)
        """Messages of a face that doesn't push."""
        self.lines: set[asyncio.Queue[int]] = set()
        """TMC: who is connected."""
        self.owed = self.chat_owed = 0.0

    @property
    def is_out(self) -> bool:
        return time.monotonic() < self.out_until

    @property
    def pushed(self) -> int:
        """Pushes and messages that were taken."""
        return self.posted + self.outbox.confirmed


class Lab:
    """`app` is its ASGI application, `run` its life."""

    def __init__(self, booths: Mapping[str, Booth], room: int = LIVE_ROOM) -> None:
        self.booths = booths
        self._room = room
        self._first_comment = time.time_ns() // 1_000_000_000 * 10_000
        """Those of another run have other numbers."""
        self._due: list[tuple[float, int, Booth, str, int, int, int]] = []
        self._numbers = itertools.count(1)
        self._sending: set[asyncio.Task[None]] = set()
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Until cancelled."""
        async with httpx.AsyncClient(timeout=5.0, trust_env=False) as http:
            last = time.monotonic()
            try:
                while True:
                    await asyncio.sleep(_TICK_S)
                    now = time.monotonic()
                    for booth in self.booths.values():
                        self._trade(booth, now - last)
                        self._chat(http, booth, now - last)
                        self._send_again(booth)
                    last = now
                    self._deliver(http, now)
            finally:
                for task in self._sending:
                    task.cancel()

    @property
    def is_quiet(self) -> bool:
        """Nothing is still to happen, and every push has been delivered or lost."""
        return (
            not self._due
            and not self._sending
            and all(not booth.buyers.waits for booth in self.booths.values())
        )

    def _trade(self, booth: Booth, passed_s: float) -> None:
        at = self._clock_of(booth)
        booth.buyers.live(at)
        booth.owed += booth.rate * passed_s
        while booth.owed >= 1.0:
            booth.owed -= 1.0
            booth.buyers.buy(at, self._room)
        announced, booth.face.shop.announced = booth.face.shop.announced, []
        for changed_ms, what, order in announced:
            delays = booth.chance.deliveries()
            booth.lost += not delays
            number = next(self._numbers)
            for delay in delays:
                entry = (
                    time.monotonic() + delay,
                    next(self._numbers),
                    booth,
                    what,
                    order,
                    changed_ms,
                    number,
                )
                heapq.heappush(self._due, entry)

    def _chat(self, http: httpx.AsyncClient, booth: Booth, passed_s: float) -> None:
        if not isinstance(booth.face, DouyinFace) or booth.push_url is None:
            return
        booth.chat_owed += booth.chat * passed_s
        while booth.chat_owed >= 1.0:
            booth.chat_owed -= 1.0
            booth.said += 1
            push = booth.face.comment(self._room, self._first_comment + booth.said, self._clock_of(booth))
            for delay in booth.chance.deliveries():
                self._send(self._post_after(http, booth, f"{booth.push_url}/comments", push, delay))

    async def _post_after(
        self, http: httpx.AsyncClient, booth: Booth, url: str, push: Push, delay: float
    ) -> None:
        await asyncio.sleep(delay)
        await self._post(http, booth, url, push)

    def _send(self, post: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(post)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _send_again(self, booth: Booth) -> None:
        for number in booth.outbox.rested(self._clock_of(booth)):
            for line in booth.lines:
                line.put_nowait(number)

    def _deliver(self, http: httpx.AsyncClient, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            _, _, booth, what, order, changed_ms, number = heapq.heappop(self._due)
            if isinstance(booth.face, TaobaoFace):
                frame = booth.face.frame(what, order, changed_ms, number, TOKEN)
                booth.outbox.put(number, frame)
                for line in booth.lines:
                    line.put_nowait(number)
                continue
            push = booth.face.push(what, order, changed_ms, number)
            if push is not None and booth.push_url is not None:
                self._send(self._post(http, booth, booth.push_url, push))

    async def _post(self, http: httpx.AsyncClient, booth: Booth, url: str, push: Push) -> None:
        where = f"{url}?{push.query}" if push.query else url
        for pause in (0.0, *_RETRIES_S):
            await asyncio.sleep(pause)
            if booth.is_out:
                continue
            try:
                async with self._at_once:
                    answer = await http.post(where, content=push.body, headers=dict(push.headers))
            except httpx.HTTPError:
                continue
            if answer.status_code == 200:
                booth.posted += 1
                return
        booth.undelivered += 1

    def _clock_of(self, booth: Booth) -> int:
        return now_ms() + int(booth.chance.faults.skew_s * 1000)

    # --- doors -----------------------------------------------------------------------------------

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/<platform>/...` is the platform's API, `/<platform>/tmc` its message channel."""
        name, _, path = scope["path"].lstrip("/").partition("/")
        booth = self.booths.get(name)
        if scope["type"] == "websocket":
            await self._converse(booth if path == "tmc" else None, receive, send)
        elif scope["type"] == "http":
            await self._serve(booth, "/" + path, scope, receive, send)

    async def _serve(
        self, booth: Booth | None, path: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = bytearray()
        more = True
        while more and len(body) <= _MAX_BODY:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if booth is None:
            await _respond(send, Reply(404, b"no such platform\n"), 0)
            return
        await asyncio.sleep(booth.chance.faults.latency_s)
        at = self._clock_of(booth)
        if booth.is_out or booth.chance.fails():
            await _respond(send, Reply(502, b"bad gateway\n"), at)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(
            scope["method"], path, scope["query_string"].decode("latin-1"), headers, bytes(body)
        )
        try:
            reply = booth.face.handle(request, at)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s %s: %r", booth.face.name, path, error)
            reply = Reply(400, b"bad request\n")
        await _respond(send, reply, at)

    async def _converse(self, booth: Booth | None, receive: Receive, send: Send) -> None:
        await receive()
        if booth is None or booth.is_out or not isinstance(booth.face, TaobaoFace):
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        line: asyncio.Queue[int] = asyncio.Queue()
        sending = asyncio.get_running_loop().create_task(_send_on(booth, line, send))
        try:
            await self._hear(booth, booth.face, line, receive, send)
        finally:
            booth.lines.discard(line)
            sending.cancel()

    async def _hear(
        self, booth: Booth, face: TaobaoFace, line: asyncio.Queue[int], receive: Receive, send: Send
    ) -> None:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or booth.is_out:
                return
            try:
                frame = tmc.decode(message.get("bytes") or b"")
            except Malformed:
                return
            if line not in booth.lines:
                token = face.greeted(frame)
                answer = tmc.Frame(tmc.CONNECTACK, {}, token or "", status=0 if token else 401)
                await send({"type": "websocket.send", "bytes": tmc.encode(answer)})
                if token is None:
                    return
                booth.lines.add(line)
            elif frame.content.get("__kind") == tmc.PULL:
                for number in list(booth.outbox.waiting):
                    line.put_nowait(number)
            elif frame.content.get("__kind") == tmc.CONFIRM:
                booth.outbox.confirm(face.number_of(frame.content["id"]))
            elif frame.content.get("__kind") == tmc.FAIL:
                reason = str(frame.content.get("msg", ""))
                booth.outbox.fail(face.number_of(frame.content["id"]), reason, self._clock_of(booth))


async def _send_on(booth: Booth, line: asyncio.Queue[int], send: Send) -> None:
    while True:
        raw = booth.outbox.to_send(await line.get())
        if raw is not None:
            await send({"type": "websocket.send", "bytes": raw})


async def _respond(send: Send, reply: Reply, at_ms: int) -> None:
    from email.utils import formatdate

    headers: MutableMapping[str, str] = {"content-type": "text/plain", **reply.headers}
    headers["content-length"] = str(len(reply.body))
    if at_ms:
        headers["date"] = formatdate(at_ms / 1000, usegmt=True)
    start: dict[str, Any] = {"type": "http.response.start", "status": reply.status}
    start["headers"] = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send(start)
    await send({"type": "http.response.body", "body": reply.body})
