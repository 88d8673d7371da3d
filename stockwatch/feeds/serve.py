"""Serving recordings as a live WebSocket: a room to rehearse against, on one machine.

Owns the playing of the recordings (one player, any number of clients), the shift of times to now, and the
server's half of the wire: a client subscribes with the cursor it has, gets what it missed, then the live
tail. A cursor counts the lines played. What was played stays in memory, for clients that come back. Reads
only the recordings; writes nothing but frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from stockwatch.events import MAX_EVENT_BYTES
from stockwatch.feeds.base import Now, wall_clock
from stockwatch.feeds.pacer import Pacer
from stockwatch.feeds.recording import merge
from stockwatch.feeds.shift import Shift, shift_event
from stockwatch.feeds.turns import turns
from stockwatch.printable import printable

Say = Callable[[str, str], None]
"""Narrates one safe line, in English and in Chinese."""
_SLICE = 500
"""Lines played before other tasks get their turn."""


class Player:
    """Plays recordings once: `frames` grows as their times come."""

    def __init__(self, paths: Sequence[Path | str], speed: float, *, keep_time: bool = False) -> None:
        self.frames: list[tuple[bytes, bool]] = []
        """(bytes, as a text frame) of each line played; a client's cursor is how many of them it has."""
        self.finished = False
        self.skipped = 0
        """Lines over the size limit of events: no frame can be made of them."""
        self._paths = paths
        self._pacer = Pacer(speed)
        self._keep_time = keep_time
        self._speed = speed if speed > 0 else float("inf")
        self._changed = asyncio.Event()

    async def play(self, now: Now = wall_clock) -> None:
        """Raises RecordingError."""
        shift: Shift | None = None
        waiting = 0
        for line, due_us in turns(merge(self._paths)):
            if due_us is not None:
                if shift is None and not self._keep_time:
                    # Whole milliseconds, so that times keep the precision they were recorded with.
                    shift = Shift(due_us, now() // 1000 * 1000, self._speed)
                if not self._pacer.due(due_us):
                    self._tell()
                    await self._pacer.until(due_us)
            waiting += 1
            if waiting >= _SLICE:
                waiting = 0
                self._tell()
                await asyncio.sleep(0)
            self._add(line.raw, shift)
        self.finished = True
        self._tell()

    async def more(self, have: int) -> None:
        """Until there are more frames than that, or there will be none."""
        while len(self.frames) <= have and not self.finished:
            await self._changed.wait()

    def _add(self, raw: bytes, shift: Shift | None) -> None:
        if len(raw) > MAX_EVENT_BYTES:
            self.skipped += 1
            return
        frame = shift_event(raw, shift, str(len(self.frames) + 1))
        try:
            frame.decode()
        except UnicodeDecodeError:
            # A text frame must be UTF-8. As a binary frame the line still reaches the client.
            self.frames.append((frame, False))
        else:
            self.frames.append((frame, True))

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class FeedServer:
    """Serves a player's frames. `say` narrates, one safe line at a time."""

    def __init__(self, player: Player, say: Say, *, subscribe_timeout: float = 10.0) -> None:
        self.player = player
        self.served_all = asyncio.Event()
        """Set once the recording has been played, some client has got all of it, and none is behind."""
        self._say = say
        self._subscribe_timeout = subscribe_timeout
        self._behind = 0
        self._complete = 0

    async def listen(self, host: str, port: int) -> Server:
        """Start to serve. Raises OSError when the address can't be used. Port 0 takes a free one."""
        return await serve(
            self._client,
            host,
            port,
            compression=None,
            max_size=64 * 1024,
            ping_interval=20,
            ping_timeout=60,
            close_timeout=1,
        )

    async def _client(self, connection: ServerConnection) -> None:
        name = _peer(connection)
        try:
            have = await self._subscription(connection)
            if have is None:
                return
            self._say(f"{name} subscribes after {have}", f"{name} 订阅,从第 {have} 行之后")
            await self._send_all(connection, have, name)
        except ConnectionClosed:
            self._say(f"{name} is gone", f"{name} 断开了")

    async def _subscription(self, connection: ServerConnection) -> int | None:
        """How many lines the client has; None when it did not ask properly, and was told."""
        try:
            message = await asyncio.wait_for(connection.recv(), self._subscribe_timeout)
            request: Any = msgspec.json.decode(message)
            if isinstance(request, dict) and request.get("type") == "subscribe":
                return self._lines(request.get("after"))
        except (TimeoutError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        name = _peer(connection)
        self._say(f"{name} did not subscribe; closed", f"{name} 没有订阅,已断开")
        await connection.close(1008, 'send {"type":"subscribe","after":CURSOR or null} first')
        return None

    def _lines(self, after: Any) -> int:
        if after is None:
            return 0
        text = str(after)
        if text.isascii() and text.isdigit() and len(text) <= 18:
            return int(text)
        shown = printable(text, 60)
        self._say(
            f"cursor {shown!r} is not of this recording: sending all of it",
            f"游标 {shown!r} 不属于这份录制:从头发送",
        )
        return 0

    async def _send_all(self, connection: ServerConnection, have: int, name: str) -> None:
        self._behind += 1
        gone = asyncio.create_task(connection.wait_closed())
        try:
            while True:
                while have < len(self.player.frames):
                    frame, as_text = self.player.frames[have]
                    await connection.send(frame, text=as_text)
                    have += 1
                if self.player.finished:
                    break
                more = asyncio.create_task(self.player.more(have))
                await asyncio.wait((gone, more), return_when=asyncio.FIRST_COMPLETED)
                more.cancel()
                if gone.done():
                    self._say(f"{name} is gone", f"{name} 断开了")
                    return
            self._complete += 1
        finally:
            gone.cancel()
            self._behind -= 1
            if self._complete and not self._behind and self.player.finished:
                self.served_all.set()
        count = len(self.player.frames)
        self._say(f"{name} has got all {count} lines", f"{name} 已收到全部 {count} 行")
        await connection.wait_closed()


def _peer(connection: ServerConnection) -> str:
    address = connection.remote_address
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "client"
