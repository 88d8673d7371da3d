"""Consoles on a hub's socket: a snapshot, then deltas; intents answered; bad ones turned away; slow ones merged."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed

from stockwatch import __version__
from stockwatch.hub.core import Changes, Hub
from stockwatch.hub.server import ViewServer
from stockwatch.room import intents
from stockwatch.room.picture import Picture
from stockwatch.room.view import merge
from tests.hub.test_core import Memory, Wall, live
from tests.room.build import placed

decoder: msgspec.json.Decoder[intents.Reply] = msgspec.json.Decoder(intents.Reply)
HELLO = intents.Hello(version=__version__, by="小林")


class Served:
    """A hub that serves, worked by hand."""

    def __init__(self, hub: Hub, server: ViewServer, path: Path) -> None:
        self.hub = hub
        self.server = server
        self.path = path
        self.stopped: list[str] = []

    async def happens(self, *raws: bytes) -> None:
        await self.hub.hosted[0].put("douyin", raws, None)
        self.hub.work()

    @contextlib.asynccontextmanager
    async def console(self, hello: intents.Hello = HELLO) -> AsyncIterator[ClientConnection]:
        async with unix_connect(str(self.path), max_size=None) as connection:
            await say(connection, hello)
            yield connection


async def say(connection: ClientConnection, request: intents.Request) -> None:
    await connection.send(msgspec.json.encode(request).decode())


async def hear(connection: ClientConnection) -> intents.Reply:
    return decoder.decode(await asyncio.wait_for(connection.recv(), 5))


async def hear_until(connection: ClientConnection, kind: type) -> intents.Reply:
    while not isinstance(reply := await hear(connection), kind):
        pass
    return reply


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async for one in serving(read_only=False):
        yield one


async def serving(*, read_only: bool) -> AsyncIterator[Served]:
    hub = live(Memory(), Wall())
    stopped: list[str] = []
    server = ViewServer(hub.hosted[0], Picture(hub.hosted[0].room), read_only=read_only, stop=stopped.append)
    hub.hosted[0].on_change = server.changed
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.sock"
        running = asyncio.create_task(server.run(path))
        worker = asyncio.create_task(hub.run())
        while not path.exists():  # noqa: ASYNC110 - a socket file has no event
            await asyncio.sleep(0.005)
        one = Served(hub, server, path)
        one.stopped = stopped
        yield one
        worker.cancel()
        running.cancel()
        await asyncio.gather(running, worker, return_exceptions=True)
        assert not path.exists()


async def test_the_socket_is_ours_alone(served: Served):
    assert stat.S_IMODE(os.stat(served.path).st_mode) == 0o600


async def test_a_console_gets_the_picture_and_then_what_changes(served: Served):
    async with served.console() as console:
        welcome = await hear(console)
        assert isinstance(welcome, intents.Welcome)
        snapshot = await hear(console)
        assert isinstance(snapshot, intents.Snapshot)
        await served.happens(placed(0, "SOCK", "a", qty=7))
        change = await hear_until(console, intents.Change)
        view = merge(snapshot.view, change.delta)
        assert {row.listing: row.available for row in view.links}["SOCK"] == 23


async def test_an_intent_is_answered_by_its_id(served: Served):
    async with served.console() as console:
        await say(console, intents.Release(id="w", by="小林", sku="SOCK", quantity=-5))
        answer = await hear_until(console, intents.Answer)
        assert (answer.id, answer.ok) == ("w", True)
        await say(console, intents.Release(id="w2", by="小林", sku="SOCK", quantity=99))
        answer = await hear_until(console, intents.Answer)
        assert not answer.ok


async def test_a_proposal_names_sources_with_what_they_would_change(served: Served):
    await served.happens(placed(0, "H-M", "all", qty=20))
    async with served.console() as console:
        await say(console, intents.Propose(id="p", kind="restock", sku="H-M"))
        proposal = (await hear_until(console, intents.Proposal)).restock
        assert {option.source for option in proposal.options} == {"周边仓", "总仓"}
        assert [option.best for option in proposal.options] == [True, False]
        await say(console, intents.Propose(id="q", kind="substitute", sku="H-M"))
        substitute = (await hear_until(console, intents.Proposal)).substitute
        assert [(c.sku, c.configured) for c in substitute.candidates] == [("SOCK", True), ("H-L", False)]


async def test_watching_a_link_brings_its_detail(served: Served):
    await served.happens(placed(0, "H-M", "a"))
    async with served.console() as console:
        await say(console, intents.Watch(listing="L1"))
        detail = (await hear_until(console, intents.DetailChange)).detail
        assert detail.listing == "L1"
        assert sum(detail.velocity) == 1


async def test_another_version_is_told_so(served: Served):
    async with served.console(intents.Hello(version="0.0.0", by="x")) as console:
        refused = await hear(console)
        assert isinstance(refused, intents.Refused)
        assert __version__ in refused.reason.en
        with pytest.raises(ConnectionClosed):
            await hear(console)


@pytest.mark.parametrize("frame", ["{", '{"type":"nope"}', '{"type":"count","id":1}', "[" * 5000, "null"])
async def test_garbage_ends_its_own_connection_and_nothing_else(served: Served, frame: str):
    async with served.console() as good, served.console() as bad:
        await hear_until(good, intents.Snapshot)
        await hear_until(bad, intents.Snapshot)
        await bad.send(frame)
        with pytest.raises(ConnectionClosed):
            await hear_until(bad, intents.Goodbye)
        await served.happens(placed(0, "SOCK", "a"))
        await hear_until(good, intents.Change)


async def test_a_console_that_does_not_read_costs_the_hub_nothing(served: Served):
    async with served.console() as slow, served.console() as quick:
        snapshot = await hear_until(quick, intents.Snapshot)
        slow.transport.pause_reading()
        view = snapshot.view
        for n in range(300):
            await served.hub.hosted[0].put("douyin", [placed(n, "SOCK", f"o{n}")], None)
            if n % 50 == 0:
                await asyncio.sleep(0.06)
        while {row.listing: row.reserved for row in view.links}["SOCK"] != 30:
            view = merge(view, (await hear_until(quick, intents.Change)).delta)
        assert served.server.viewers == 2


async def test_stop_is_asked_for_and_consoles_are_told(served: Served):
    async with served.console() as console:
        await hear_until(console, intents.Snapshot)
        await say(console, intents.Stop())
        while not served.stopped:  # noqa: ASYNC110 - it is a plain list
            await asyncio.sleep(0.01)


async def test_a_read_only_room_takes_no_intents():
    async for served in serving(read_only=True):
        async with served.console() as console:
            assert (await hear_until(console, intents.Welcome)).read_only
            await say(console, intents.Release(id="w", by="x", sku="SOCK", quantity=-1))
            answer = await hear_until(console, intents.Answer)
            assert not answer.ok
            assert served.hub.hosted[0].room.books.stock("SOCK").held == 0


async def test_nothing_is_sent_while_nothing_changes(served: Served):
    async with served.console() as console:
        await hear_until(console, intents.Snapshot)
        served.server.changed(Changes({"SOCK"}))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(console.recv(), 0.3)


async def test_a_replay_that_a_person_leaves_running_knows_it(served: Served):
    async with served.console() as connection:
        await hear_until(connection, intents.Snapshot)
        assert not served.server.stays
        await say(connection, intents.Stay())
        await say(connection, intents.Note(id="n", by="x", text="后面的话"))
        assert (await hear_until(connection, intents.Answer)).ok
    assert served.server.stays
    assert served.stopped == []
