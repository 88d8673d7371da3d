"""The console's line to a hub: requests out, replies in, attached again by itself when it breaks.

Owns the WebSocket (over a Unix socket path, or a ws:// or wss:// URL) and its reconnecting. What comes in is
handed out as values; nothing here knows the screen. Times are the event loop's, for reconnecting only.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import msgspec

from stockwatch.room.intents import Goodbye, Hello, Refused, Reply, Request, Welcome

FIRST_WAIT = 0.05
NEAR_MAX_WAIT = 1.0
"""On the same machine a hub that is back is seen within 2 s."""
FAR_MAX_WAIT = 15.0
MAX_FRAME = 64 * 1024 * 1024
NEAR_PING, FAR_PING = 1.0, 5.0
"""A connection whose other end has gone silent is given up after two of these."""

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


class Attached(msgspec.Struct, frozen=True):
    """The hub has welcomed this console; a Snapshot follows."""

    version: str
    read_only: bool


class Lost(msgspec.Struct, frozen=True):
    """The line is down; it is tried again. `reason` is outside text."""

    reason: str


class NotAttached(Exception):
    """A request could not be sent: there is no line to the hub now."""


LinkEvent = Reply | Attached | Lost


class Link(Protocol):
    """What a console needs of a hub."""

    def events(self) -> AsyncIterator[LinkEvent]:
        """Attach, and tell what comes; ends after Refused or Goodbye, else never by itself."""
        ...

    async def send(self, request: Request) -> None:
        """Hand a request to the hub. Raises NotAttached when there is no line."""
        ...

    def named(self, by: str) -> None:
        """Who acts from here on; told to the hub at the next hello."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


def is_url(target: str) -> bool:
    return target.startswith(("ws://", "wss://"))


class HubLink:
    """A Link over a WebSocket. `target`: the path of a Unix socket, or a ws:// or wss:// URL."""

    def __init__(self, target: str, *, version: str, by: str = "", retry: bool = True) -> None:
        self.target = target
        self._version = version
        self._by = by
        self._retry = retry
        self._socket: Any = None
        self._far = is_url(target)

    def named(self, by: str) -> None:
        """Who acts from here on; told to the hub at the next hello."""
        self._by = by

    async def events(self) -> AsyncIterator[LinkEvent]:
        wait = FIRST_WAIT
        while True:
            welcomed = False
            try:
                async with self._connected() as socket:
                    await socket.send(_ENCODER.encode(Hello(version=self._version, by=self._by)).decode())
                    async for frame in socket:
                        reply = _DECODER.decode(frame)
                        if isinstance(reply, Welcome):
                            welcomed = True
                            wait = FIRST_WAIT
                            self._socket = socket
                            yield Attached(reply.version, reply.read_only)
                            continue
                        yield reply
                        if isinstance(reply, Refused | Goodbye):
                            return
                reason = "the hub closed the connection"
            except msgspec.DecodeError as error:
                reason = f"a message that can't be read: {error}"
            except Exception as error:
                reason = _reason(error)
            finally:
                self._socket = None
            yield Lost(reason)
            if not self._retry:
                return
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))
            if not welcomed:
                wait = min(wait * 2, FAR_MAX_WAIT if self._far else NEAR_MAX_WAIT)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        from websockets.asyncio.client import connect, unix_connect

        ping = FAR_PING if self._far else NEAR_PING
        settings: dict[str, Any] = {
            "compression": None,
            "max_size": MAX_FRAME,
            "ping_interval": ping,
            "ping_timeout": ping * 2,
            "close_timeout": 0.5,
            "open_timeout": 10.0 if self._far else 2.0,
        }
        if self._far:
            opening = connect(self.target, **settings)
        else:
            opening = unix_connect(self.target, "ws://localhost/", **settings)
        async with opening as socket:
            try:
                yield socket
            except (asyncio.CancelledError, GeneratorExit):
                await socket.close()  # whoever quits leaves no word of an error
                raise

    async def send(self, request: Request) -> None:
        socket = self._socket
        if socket is None:
            raise NotAttached
        try:
            await socket.send(_ENCODER.encode(request).decode())
        except Exception as error:
            raise NotAttached(_reason(error)) from error

    async def close(self) -> None:
        socket = self._socket
        if socket is not None:
            await socket.close()


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no hub socket (is the room running?)"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return str(error) or type(error).__name__
