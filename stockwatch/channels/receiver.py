"""The HTTP endpoint that platforms push to: one for a room, `/push/CHANNEL` for orders and `/push/CHANNEL/comments` for
what viewers write. An ASGI application, served by uvicorn.

A push is read whole within bounds of size and time, verified by its platform's adapter on its very bytes, handed to its
channel's feed, and acknowledged as that platform wants it. What is not true is refused with as little said as possible
and counted; what is true but can't be understood is acknowledged, since it would only come again, and set aside.

It listens on the loopback unless told otherwise. Platforms want https on a public name: put a proxy that ends TLS in
front, or give it a certificate.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from stockwatch.channels.comments import Comments
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.serving import Receive, Scope, Send
from stockwatch.channels.wire import Echoes, Forged, Malformed
from stockwatch.feeds.base import Sink, cut

log = logging.getLogger("stockwatch.channels")

MAX_BODY = 1024 * 1024
BODY_WITHIN_S = 5.0
MAX_AT_ONCE = 200
MAX_COMMENTS_AT_ONCE = 50
"""Pushes of comments: a flood of them takes no order's place."""
_COMMENTS = "/comments"
_KEPT = 4096
"""Bytes of a malformed body that are set aside."""


class Counts:
    """What came to one channel's address."""

    def __init__(self) -> None:
        self.taken = self.forged = self.malformed = self.unknown = self.too_large = self.too_slow = 0

    def __str__(self) -> str:
        return (
            ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in vars(self).items() if count)
            or "none"
        )


class Receiver:
    """The application. `counts` are by channel."""

    def __init__(self, feeds: Mapping[str, PlatformFeed], sink: Sink) -> None:
        self._feeds = feeds
        self._sink = sink
        self._at_once = 0
        self._comments_at_once = 0
        self.counts: dict[str, Counts] = {channel: Counts() for channel in feeds}
        self.comment_counts: dict[str, Counts] = {
            channel: Counts() for channel, feed in feeds.items() if feed.comments is not None
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", "uvicorn is told to serve nothing else"
        channel = scope["path"].removeprefix("/push/")
        feed = self._feeds.get(channel)
        if feed is None and (one := self._feeds.get(channel.removesuffix(_COMMENTS))) is not None:
            await self._commented(one, scope, receive, send)
        elif feed is None or not scope["path"].startswith("/push/"):
            await _answer(send, 404, b"not found\n")
        elif scope["method"] == "GET" and isinstance(feed.client.adapter, Echoes):
            await self._echo(feed, feed.client.adapter, scope, send)
        elif scope["method"] != "POST":
            await _answer(send, 405, b"POST\n")
        elif self._at_once >= MAX_AT_ONCE:
            await _answer(send, 503, b"busy\n")
        else:
            self._at_once += 1
            try:
                await self._push(feed, self.counts[channel], scope, receive, send)
            finally:
                self._at_once -= 1

    async def _commented(self, feed: PlatformFeed, scope: Scope, receive: Receive, send: Send) -> None:
        if feed.comments is None or not scope["path"].startswith("/push/"):
            await _answer(send, 404, b"not found\n")
        elif scope["method"] != "POST":
            await _answer(send, 405, b"POST\n")
        elif self._comments_at_once >= MAX_COMMENTS_AT_ONCE:
            await _answer(send, 503, b"busy\n")
        else:
            self._comments_at_once += 1
            try:
                await self._comments(feed, feed.comments, scope, receive, send)
            finally:
                self._comments_at_once -= 1

    async def _comments(
        self, feed: PlatformFeed, comments: Comments, scope: Scope, receive: Receive, send: Send
    ) -> None:
        counts = self.comment_counts[feed.channel]
        body = await _whole(counts, receive, send)
        if body is None:
            return
        try:
            comments.take(_headers(scope), body, feed.client.platform_us())
        except Forged as forged:
            await self._refuse(feed, counts, forged, send)
            return
        except Malformed:
            counts.malformed += 1  # it moves nothing, and one that is not taken would break the circuit
        else:
            counts.taken += 1
        await _answer(send, 200, b"{}", "application/json")

    async def _push(
        self, feed: PlatformFeed, counts: Counts, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = await _whole(counts, receive, send)
        if body is None:
            return
        client = feed.client
        try:
            received = client.adapter.receive(_headers(scope), body, client.keys)
        except Forged as forged:
            await self._refuse(feed, counts, forged, send)
            return
        except Malformed as malformed:
            counts.malformed += 1
            await self._sink.set_aside(feed.channel, cut(body[:_KEPT]), f"a push: {malformed}")
            await _answer(send, 200, client.adapter.acknowledgement)
            return
        counts.taken += 1
        counts.unknown += received.unknown
        feed.nudge(received.nudges)
        await _answer(send, 200, received.reply, received.reply_type)

    async def _echo(self, feed: PlatformFeed, adapter: Echoes, scope: Scope, send: Send) -> None:
        try:
            echo = adapter.echo(_headers(scope), feed.client.keys)
        except Forged as forged:
            await self._refuse(feed, self.counts[feed.channel], forged, send)
        else:
            await _answer(send, 200, echo)

    async def _refuse(self, feed: PlatformFeed, counts: Counts, forged: Forged, send: Send) -> None:
        counts.forged += 1
        feed.refused += 1
        if counts.forged in (1, 10, 100) or counts.forged % 1000 == 0:
            log.warning("%s: %d pushes refused, the last: %s", feed.channel, counts.forged, forged)
        await _answer(send, 403, b"refused\n")


def _headers(scope: Scope) -> dict[str, str]:
    """By lower-case name, and the query under a name that no header can have."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    headers[":query"] = scope.get("query_string", b"").decode("latin-1")
    return headers


async def _whole(counts: Counts, receive: Receive, send: Send) -> bytes | None:
    """The body; None where it was answered that it is too slow or too large."""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            body = await _body(receive)
    except TimeoutError:
        counts.too_slow += 1
        await _answer(send, 408, b"too slow\n")
        return None
    if body is None:
        counts.too_large += 1
        await _answer(send, 413, b"too large\n")
    return body


async def _body(receive: Receive) -> bytes | None:
    """All of it; None when it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _answer(send: Send, status: int, body: bytes, kind: str = "text/plain") -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
