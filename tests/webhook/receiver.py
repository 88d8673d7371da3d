"""A receiver of restocks as a team would run one, on a real socket: answers as told, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec

Reply = tuple[int, dict[str, str], bytes]
OK: Reply = (200, {}, b"")


class Request:
    """One POST as it came."""

    def __init__(self, target: str, headers: dict[str, str], body: bytes) -> None:
        self.target = target
        self.headers = headers
        self.body = body

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def asked(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body)["data"]


class Receiver:
    """Gives one reply a request, the last one for ever. None: never answers; bytes are sent raw; a float of seconds
    before a reply is how late it is."""

    def __init__(self) -> None:
        self.replies: list[Reply | bytes | tuple[float, Reply] | None] = [OK]
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.url = ""
        self._changed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append(Request(head[0].split(" ")[1], headers, body))
                self.times.append(asyncio.get_running_loop().time())
                self._changed.set()
                self._changed = asyncio.Event()
                await self._reply(writer)
        writer.close()

    async def _reply(self, writer: asyncio.StreamWriter) -> None:
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        if reply is None:
            await asyncio.sleep(60)
            return
        if isinstance(reply, bytes):
            writer.write(reply)
            await writer.drain()
            writer.close()
            return
        if isinstance(reply[0], float):
            await asyncio.sleep(reply[0])
            reply = reply[1]
        status, headers, body = reply
        fields = {"Content-Length": str(len(body))} | headers
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items())]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    async def was_sent(self, times: int) -> None:
        async with asyncio.timeout(5):
            while len(self.requests) < times:
                await self._changed.wait()


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/restock?token=hush"
    try:
        yield receiver
    finally:
        server.close()
