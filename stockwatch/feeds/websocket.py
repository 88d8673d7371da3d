"""The WebSocket feed: follows a server that pushes one event a text frame, and comes back when it goes away.

Owns the connection: the subscription with what we have already, reconnecting with jittered backoff and no sooner
than a server that refuses us asks for, noticing a peer that is dead without saying so, and marking the gap. Frames are
handed over as received; what is waiting goes in one batch, and while the sink is busy the socket is not read
(back-pressure reaches the server). Nothing that a server sends is fatal: binary frames are set aside, frames over the
size limit of events are cut and so come out as invalid, and only a frame over `MAX_FRAME_BYTES` costs the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from stockwatch.events import MAX_EVENT_BYTES
from stockwatch.feeds import notes
from stockwatch.feeds.base import MAX_BATCH, MAX_BATCH_BYTES, Backoff, FeedStatus, Now, Sink, cut, wall_clock
from stockwatch.feeds.cursors import last_cursor, subscription
from stockwatch.feeds.retry_after import retry_after
from stockwatch.local import is_loopback
from stockwatch.room.view import Text

MAX_FRAME_BYTES = 4 * MAX_EVENT_BYTES
_WAITING_FRAMES = 16
"""Beyond this many the socket is not read. One read can still bring hundreds of small frames: a burst is one
batch.
"""
_NOTE_LENGTH = 200


class _Connection(ClientConnection):
    """A connection that knows how many messages wait, of which kind they are, and when the peer last showed
    itself.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.signs = 0
        """Frames of any kind received: the peer's signs of life."""
        self.last_sign_us: int | None = None
        self.now: Now = wall_clock
        self._ready = 0
        self._is_text: deque[bool] = deque()

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame):
            self.signs += 1
            self.last_sign_us = self.now()
            if event.opcode in (Opcode.TEXT, Opcode.BINARY):
                self._is_text.append(event.opcode is Opcode.TEXT)
            if event.fin and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._ready += 1
        super().process_event(event)

    async def burst(self) -> list[tuple[bytes, bool]]:
        """At least one message, and all others that wait, up to a batch: (bytes, came as text).

        Text is not decoded here: bytes that are no UTF-8 must cost one event and not the connection.
        Raises ConnectionClosed.
        """
        messages: list[tuple[bytes, bool]] = []
        size = 0
        while True:
            try:
                message = bytes(await self.recv(decode=False))
            except ConnectionClosed:
                if messages:
                    return messages
                raise
            self._ready -= 1
            messages.append((message, self._is_text.popleft()))
            size += len(message)
            if self._ready <= 0 or len(messages) >= MAX_BATCH or size >= MAX_BATCH_BYTES:
                return messages


class WebSocketFeed:
    """Follows `ws://` and `wss://`. Times are seconds; `now` gives microseconds since the epoch."""

    def __init__(
        self,
        channel: str,
        url: str,
        *,
        now: Now = wall_clock,
        backoff: Backoff | None = None,
        open_timeout: float = 10.0,
        ping_every: float = 5.0,
        ping_timeout: float = 10.0,
        stable_after: float = 5.0,
    ) -> None:
        self.channel = channel
        self._url = url
        self._now = now
        self._backoff = backoff or Backoff()
        self._open_timeout = open_timeout
        self._ping_every = ping_every
        self._ping_timeout = ping_timeout
        self._stable_after = stable_after
        """A connection that lived this long was a good one: the next attempt comes soon again."""
        self._handing_over = False

    async def run(self, sink: Sink, cursor: str | None) -> None:
        """Follow the server until cancelled. Only the sink's own exceptions come out."""
        last_sign_us: int | None = None
        expects_more = cursor is not None
        note = notes.NOTHING
        while True:
            sink.status(self.channel, FeedStatus("connecting" if note == notes.NOTHING else "down", note))
            connection, note, away_s = await self._connect()
            if connection is not None:
                began = asyncio.get_running_loop().time()
                try:
                    if expects_more:
                        await sink.gap(self.channel, last_sign_us, self._now())
                    expects_more = True
                    cursor, note = await self._follow(connection, sink, cursor)
                finally:
                    await _drop(connection)
                last_sign_us = connection.last_sign_us or last_sign_us
                if asyncio.get_running_loop().time() - began >= self._stable_after:
                    self._backoff.reset()
            sink.status(self.channel, FeedStatus("down", note))
            await asyncio.sleep(max(self._backoff.next(), away_s))

    async def _connect(self) -> tuple[_Connection | None, Text, float]:
        """A connection, or None, why not, and how many seconds the server wants us to stay away."""
        try:
            connection = await connect(
                self._url,
                create_connection=_Connection,
                open_timeout=self._open_timeout,
                # Pings are ours: a pong behind frames that we have not read yet is no sign of a dead peer.
                ping_interval=None,
                close_timeout=1.0,
                # Without compression a small frame can't unfold into a huge one.
                compression=None,
                max_size=MAX_FRAME_BYTES,
                max_queue=_WAITING_FRAMES,
                proxy=None if is_loopback(self._url) else True,
            )
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # Whatever the other side, a proxy or the resolver did wrong, trying again is all there is.
            return None, _why(error), self._away_s(error)
        assert isinstance(connection, _Connection)
        connection.now = self._now
        connection.last_sign_us = self._now()
        return connection, notes.NOTHING, 0.0

    def _away_s(self, error: Exception) -> float:
        if not isinstance(error, InvalidStatus):
            return 0.0
        value = next(iter(error.response.headers.get_all("Retry-After")), None)
        return retry_after(value, self._now()) or 0.0

    async def _follow(
        self, connection: _Connection, sink: Sink, cursor: str | None
    ) -> tuple[str | None, Text]:
        """Hand over what comes until the connection ends: the cursor reached, and why it ended."""
        watcher = asyncio.create_task(self._watch(connection, sink))
        try:
            with contextlib.suppress(ConnectionClosed):  # what came before it closed is still read
                await connection.send(subscription(cursor))
            sink.status(self.channel, FeedStatus("live"))
            while True:
                try:
                    messages = await connection.burst()
                except ConnectionClosed as error:
                    return cursor, _why(error)
                reached = last_cursor(message for message, is_text in reversed(messages) if is_text)
                self._handing_over = True
                try:
                    await self._hand_over(messages, sink, reached)
                finally:
                    self._handing_over = False
                cursor = cursor if reached is None else reached
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)

    async def _hand_over(self, messages: list[tuple[bytes, bool]], sink: Sink, cursor: str | None) -> None:
        """In the order of arrival; the cursor goes with the last of them."""
        frames: list[bytes] = []
        for message, is_text in messages:
            if is_text:
                frames.append(cut(message))
                continue
            if frames:
                await sink.put(self.channel, frames, None)
                frames = []
            await sink.set_aside(self.channel, cut(message), "a binary frame; events come as text frames")
        if frames or cursor is not None:
            await sink.put(self.channel, frames, cursor)

    async def _watch(self, connection: _Connection, sink: Sink) -> None:
        """Ping the peer, and drop the connection when it shows no sign of life."""
        while True:
            await asyncio.sleep(self._ping_every)
            signs = connection.signs
            try:
                await connection.ping()
            except ConnectionClosed:
                return
            await asyncio.sleep(self._ping_timeout / 2)
            if connection.signs > signs or self._handing_over:
                continue
            sink.status(self.channel, FeedStatus("stale", notes.NO_SIGN))
            await asyncio.sleep(self._ping_timeout / 2)
            if connection.signs == signs and not self._handing_over:
                connection.transport.abort()
                return
            sink.status(self.channel, FeedStatus("live"))


async def _drop(connection: _Connection) -> None:
    """End a connection, politely where that works."""
    try:
        await connection.close()
    except Exception:
        connection.transport.abort()


def _why(error: Exception) -> Text:
    if isinstance(error, TimeoutError):
        return notes.NO_ANSWER
    if isinstance(error, ConnectionRefusedError):
        return notes.NOBODY_LISTENS
    return notes.outside(error)
