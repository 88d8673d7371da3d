"""An ASGI application served by uvicorn within a running loop: signals, logs and the socket stay ours.

Whoever connects and does not get through its request's head in time is hung up on: only so many connections are held,
and heads that trickle would keep all of them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

HEAD_WITHIN_S = 10.0
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Listen(NamedTuple):
    """Where to listen, and with which certificate."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


async def serve(
    app: App,
    at: Listen,
    ready: Callable[[int], None] = lambda _: None,
    *,
    websockets: bool = False,
    most: int = 800,
) -> None:
    """Serve until cancelled; `ready` is told the port. At most `most` connections. Raises OSError when it can't listen
    there."""
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    # It warns of each request that is none, as often as somebody likes to send one.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)

    class Hurried(H11Protocol):
        """Hangs up where no request's head is whole in time."""

        _late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._wait_no_more()
            elif self._late is None:
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_no_more()
            super().connection_lost(exc)

        def _wait(self) -> None:
            self._late = asyncio.get_running_loop().call_later(HEAD_WITHIN_S, self._hang_up)

        def _wait_no_more(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

        def _hang_up(self) -> None:
            # After an upgrade the connection is somebody else's.
            if self.transport.get_protocol() is self:
                self.transport.close()

    class Quiet(uvicorn.Server):
        """Leaves signals to whoever runs the loop."""

        def capture_signals(self) -> Any:
            return nullcontext()

    family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
    # Only of a socket that says TCP does asyncio send small packets at once; others let each answer wait 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((at.host, at.port))
    except OSError:
        listening.close()
        raise
    config = uvicorn.Config(
        app,
        interface="asgi3",
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio" if websockets else "none",
        http=Hurried,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        h11_max_incomplete_event_size=64 * 1024,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
        limit_concurrency=most,
        ssl_certfile=at.certificate,
        ssl_keyfile=at.key,
    )
    server = Quiet(config)
    ready(listening.getsockname()[1])
    try:
        await server.serve(sockets=[listening])
    finally:
        for one in getattr(server, "servers", ()):
            one.close()
        listening.close()
