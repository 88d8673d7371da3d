"""Serves a hub's picture to consoles over a Unix socket (mode 0600) and takes their intents.

Each console has one sender: it gets a snapshot, then deltas as fast as it reads, at most RATE a second, the first
change at once and tier changes without waiting. What changes while a console is busy is merged, so a slow one gets
fewer, larger deltas and never slows the hub. What a console sends is outside input: bad frames end its connection,
nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from websockets.asyncio.server import Server, ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed

from stockwatch import __version__
from stockwatch.hub.core import unreachable
from stockwatch.hub.hosted import Changes, Hosted
from stockwatch.hub.looks import look
from stockwatch.hub.proposals import propose
from stockwatch.room import intents
from stockwatch.room.picture import Picture
from stockwatch.room.view import Delta, Text

log = logging.getLogger(__name__)

RATE = 20
"""Deltas a second to one console at most."""
MAX_REQUEST = 64 * 1024
HELLO_S = 10.0
DETAIL_EVERY_S = 1.0

_decoder: msgspec.json.Decoder[intents.Request] = msgspec.json.Decoder(intents.Request)
_encoder = msgspec.json.Encoder()


def encoded(reply: intents.Reply) -> str:
    """A reply as one text frame."""
    return _encoder.encode(reply).decode()


class _Viewer:
    """One attached console: what it still has to be told."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.pending: Delta | None = None
        self.wake = asyncio.Event()
        self.urgent = asyncio.Event()
        self.looking = asyncio.Lock()
        self.watching: str | None = None
        self.detail_sent: bytes = b""

    def tell(self, delta: Delta, *, urgent: bool) -> None:
        self.pending = delta if self.pending is None else _joined(self.pending, delta)
        if urgent:
            self.urgent.set()
        self.wake.set()


class ViewServer:
    """The socket side of a room in a hub. `changed` is its on_change; `run` serves until cancelled."""

    def __init__(
        self,
        hub: Hosted,
        picture: Picture,
        *,
        read_only: bool = False,
        stop: Callable[[str], None],
        join: Callable[[intents.Join], Awaitable[intents.Joined]] | None = None,
    ) -> None:
        """`join`: serve another room on the ledger; None where there is none to share."""
        self.hub = hub
        self.picture = picture
        self._read_only = read_only
        self._stop = stop
        self._join = join
        self.stays = False
        """Of a replay: a person has asked that it go on without a console."""
        self.on_speed: Callable[[intents.Speed], None] = lambda _: None
        self._viewers: set[_Viewer] = set()
        self._touched: set[str] = set()
        self._urgent = False
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def changed(self, changes: Changes) -> None:
        """Something happened in the room."""
        self._touched |= changes.touched
        if changes.urgent:
            self._urgent = True
            self._hurry.set()
        self._wake.set()

    def changed_header(self) -> None:
        """Mode, speed or the end of a replay: nothing in the room itself."""
        self._wake.set()

    async def run(self, path: Path, listening: Callable[[], None] = lambda: None) -> None:
        """Serve at a Unix socket until cancelled, taking over a stale one: the ledger's lock says who is alive."""
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        mask = os.umask(0o177)
        try:
            server: Server = await unix_serve(self._serve, str(path), max_size=MAX_REQUEST, compression=None)
        finally:
            os.umask(mask)
        listening()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._publish())
                tasks.create_task(self._minutes())
        finally:
            await self._goodbye(server)
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    async def _goodbye(self, server: Server) -> None:
        farewell = encoded(intents.Goodbye(reason=Text("直播间后台已停止", "the hub has stopped")))
        for viewer in list(self._viewers):
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                async with asyncio.timeout(0.5):
                    await viewer.connection.send(farewell)
        server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await server.wait_closed()

    # --- publishing -------------------------------------------------------------------------------------------------

    async def _publish(self) -> None:
        """Turn changes into one delta for all: rows are made once, however many look."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._hurry.clear()
            if self._viewers:
                self._refresh()
            else:
                self._touched_while_alone()
            # The next delta may wait its turn, but never for a tier that changed.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1 / RATE):
                    await self._hurry.wait()

    def _touched_while_alone(self) -> None:
        self._touched.clear()
        self._urgent = False

    def _refresh(self) -> None:
        touched, urgent = self._touched, self._urgent
        self._touched, self._urgent = set(), False
        for channel, status in self.hub.statuses.items():
            self.picture.feed_states[channel] = status
        delta = self.picture.delta(touched)
        if delta is not None:
            for viewer in self._viewers:
                viewer.tell(delta, urgent=urgent)

    async def _minutes(self) -> None:
        """Sparklines and velocities move with time alone: look at warm SKUs again now and then."""
        while True:
            await asyncio.sleep(1.0)
            warm = self.hub.room.warm()
            if warm or self._clock_moved():
                self._touched |= warm
                self._wake.set()

    def _clock_moved(self) -> bool:
        header = self.picture.shown_header
        return header is not None and self.hub.room.now_us // 60_000_000 * 60 != header.clock

    # --- one console ------------------------------------------------------------------------------------------------

    async def _serve(self, connection: ServerConnection) -> None:
        try:
            async with asyncio.timeout(HELLO_S):
                hello = _decoder.decode(await connection.recv())
        except (msgspec.DecodeError, TimeoutError, ConnectionClosed):
            return
        if not isinstance(hello, intents.Hello):
            return
        if hello.protocol != intents.PROTOCOL or hello.version != __version__:
            reason = Text(
                f"后台是 stockwatch {__version__},这个终端是 {hello.version[:32]};请用同一版本,或先 stop 再 run",
                f"the hub runs stockwatch {__version__}, this console is {hello.version[:32]}: use the same version, "
                "or stop the room and run it again",
            )
            with contextlib.suppress(ConnectionClosed):
                await connection.send(encoded(intents.Refused(reason=reason, version=__version__)))
            return
        viewer = _Viewer(connection)
        try:
            await connection.send(encoded(intents.Welcome(version=__version__, read_only=self._read_only)))
            self._refresh()
            snapshot = encoded(intents.Snapshot(view=self.picture.whole()))
            self._viewers.add(viewer)
            await connection.send(snapshot)
            async with asyncio.TaskGroup() as tasks:
                sender = tasks.create_task(self._send(viewer))
                details = tasks.create_task(self._send_details(viewer))
                async for frame in connection:
                    await self._request(viewer, frame, tasks)
                sender.cancel()
                details.cancel()
        except* (ConnectionClosed, msgspec.DecodeError) as ended:
            log.info("console left: %s", ended.exceptions[0])
        finally:
            self._viewers.discard(viewer)

    async def _send(self, viewer: _Viewer) -> None:
        while True:
            await viewer.wake.wait()
            viewer.wake.clear()
            viewer.urgent.clear()
            delta, viewer.pending = viewer.pending, None
            if delta is None:
                continue
            await viewer.connection.send(encoded(intents.Change(delta=delta)))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1 / RATE):
                    await viewer.urgent.wait()

    async def _send_details(self, viewer: _Viewer) -> None:
        while True:
            await self._send_detail(viewer)
            await asyncio.sleep(DETAIL_EVERY_S)

    async def _send_detail(self, viewer: _Viewer) -> None:
        if viewer.watching is None:
            return
        detail = self.picture.detail(viewer.watching)
        if detail is None:
            return
        frame = _encoder.encode(intents.DetailChange(detail=detail))
        if frame != viewer.detail_sent:
            viewer.detail_sent = frame
            await viewer.connection.send(frame.decode())

    async def _look(self, viewer: _Viewer, request: intents.Look) -> None:
        """One at a time for each console, and beside what it asks for otherwise: a search may take a while."""
        async with viewer.looking:
            found = await look(request, self.hub.room, self.hub.journal)
        await viewer.connection.send(encoded(found))

    async def _take_in(self, viewer: _Viewer, request: intents.Join) -> None:
        if self._join is None:
            told = intents.Joined(
                wrong=Text("回放不与别的直播间共用账本", "a replay shares its ledger with no room")
            )
        else:
            told = await self._join(request)
        await viewer.connection.send(encoded(told))

    async def _request(self, viewer: _Viewer, frame: str | bytes, tasks: asyncio.TaskGroup) -> None:
        request = _decoder.decode(frame)
        if isinstance(request, intents.Watch):
            viewer.watching, viewer.detail_sent = request.listing, b""
            await self._send_detail(viewer)
        elif isinstance(request, intents.Propose):
            await viewer.connection.send(encoded(propose(request, self.hub.room)))
        elif isinstance(request, intents.Look):
            tasks.create_task(self._look(viewer, request))
        elif isinstance(request, intents.Join):
            tasks.create_task(self._take_in(viewer, request))
        elif isinstance(request, intents.Stop):
            self._stop("asked by a console")
        elif isinstance(request, intents.Stay):
            self.stays = True
        elif isinstance(request, intents.Speed):
            self.on_speed(request)
        elif not isinstance(request, intents.Hello):
            if self._read_only:
                answer = unreachable("只读房间,不能操作", "this room is read-only", request.id)
            else:
                answer = await self.hub.ask(request)
            await viewer.connection.send(encoded(answer))


def _joined(first: Delta, then: Delta) -> Delta:
    """Two deltas as one: later rows win."""
    links = {row.listing: row for row in (*first.links, *then.links)}
    return Delta(
        header=then.header or first.header,
        links=tuple(links.values()),
        alerts=first.alerts if then.alerts is None else then.alerts,
        feeds=first.feeds if then.feeds is None else then.feeds,
        restocks=first.restocks if then.restocks is None else then.restocks,
        actions=first.actions if then.actions is None else then.actions,
    )
