"""The line to a hub, over a real Unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import rooms
from websockets.asyncio.server import unix_serve

from stockwatch.console import once
from stockwatch.console.link import Attached, HubLink, LinkEvent, Lost, NotAttached
from stockwatch.exits import Exit
from stockwatch.room.intents import (
    PROTOCOL,
    Acknowledge,
    Goodbye,
    Hello,
    Refused,
    Reply,
    Request,
    Snapshot,
    Stop,
    Welcome,
)
from stockwatch.room.view import Text

Heard = list[LinkEvent]


class Hub:
    """A small hub: welcomes, sends one picture, keeps what it is told."""

    def __init__(self, *first: Reply) -> None:
        self.first = first or (Welcome(version="0.1.0"), Snapshot(view=rooms.room()))
        self.told: list[Request] = []
        self.sockets: list[Any] = []

    async def __call__(self, socket: Any) -> None:
        self.sockets.append(socket)
        async for frame in socket:
            request = msgspec.json.decode(frame, type=Request)
            self.told.append(request)
            if isinstance(request, Hello):
                for reply in self.first:
                    await socket.send(msgspec.json.encode(reply).decode())


async def listen(link: HubLink, heard: Heard) -> None:
    async for event in link.events():
        heard.append(event)


async def until(true: Callable[[], bool], what: str) -> None:
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"never: {what}")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "hub")


async def with_link(path: str, then: Callable[[HubLink, Heard], Awaitable[None]]) -> Heard:
    link, heard = HubLink(path, version="0.1.0", by="王姐"), Heard()
    task = asyncio.create_task(listen(link, heard))
    try:
        await then(link, heard)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return heard


async def test_hello_welcome_picture_and_a_request(path: str) -> None:
    hub = Hub()

    async def talk(link: HubLink, heard: Heard) -> None:
        await until(lambda: len(heard) == 2, "a picture")
        await link.send(Acknowledge(id="1", by="王姐", listing="L3"))
        await until(lambda: len(hub.told) == 2, "the request")

    async with unix_serve(hub, path):
        heard = await with_link(path, talk)
    assert heard == [Attached("0.1.0", False), Snapshot(view=rooms.room())]
    assert hub.told == [
        Hello(version="0.1.0", protocol=PROTOCOL, by="王姐"), Acknowledge(id="1", by="王姐", listing="L3"),
    ]  # fmt: skip


async def test_whoever_quits_is_not_taken_for_a_failure(path: str) -> None:
    hub = Hub()

    async def attached(link: HubLink, heard: Heard) -> None:
        await until(lambda: len(heard) == 2, "a picture")

    async with unix_serve(hub, path):
        await with_link(path, attached)
        await until(lambda: hub.sockets[0].close_code is not None, "the end of the line")
    assert hub.sockets[0].close_code == 1000


async def test_a_lost_hub_is_said_and_found_again(path: str) -> None:
    hub = Hub()

    async def lose(link: HubLink, heard: Heard) -> None:
        async with unix_serve(hub, path):
            await until(lambda: len(heard) == 2, "a picture")
            hub.sockets[0].transport.abort()  # as kill -9 does
            await until(lambda: any(isinstance(event, Lost) for event in heard), "the loss")
        lost = len(heard)
        with pytest.raises(NotAttached):
            await link.send(Stop())
        async with unix_serve(hub, path):
            await until(lambda: any(isinstance(event, Snapshot) for event in heard[lost:]), "a picture again")

    await with_link(path, lose)


async def test_refused_and_goodbye_end_the_line(path: str) -> None:
    for last in (Refused(reason=Text("版本", "version"), version="9"), Goodbye(reason=Text("停", "stop"))):
        async with unix_serve(Hub(last), path):
            link, heard = HubLink(path, version="0.1.0"), Heard()
            await asyncio.wait_for(listen(link, heard), 20)
            assert heard == [last]


async def test_garbage_is_a_lost_line_with_a_reason(path: str) -> None:
    async def garbage(socket: Any) -> None:
        await socket.recv()
        await socket.send("{not json")
        await socket.wait_closed()

    async with unix_serve(garbage, path):
        link, heard = HubLink(path, version="0.1.0", retry=False), Heard()
        await asyncio.wait_for(listen(link, heard), 20)
        (lost,) = heard
        assert isinstance(lost, Lost)
        assert "can't be read" in lost.reason


async def test_once_prints_the_picture_as_plain_text(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    view = rooms.room(links=(*rooms.room().links, rooms.link(50, title=rooms.HOSTILE)))
    async with unix_serve(Hub(Welcome(version="0.1.0"), Snapshot(view=view)), path):
        code = await asyncio.to_thread(once, path, language="zh", ascii=False, width=120)
    out = capsys.readouterr().out
    assert code == Exit.DONE
    assert "双11 联名卫衣专场" in out
    assert "剩 101 件" in out
    assert "断M,L" in out
    assert not any(ord(character) < 32 and character != "\n" for character in out)


def test_once_without_a_hub_says_so(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert once(path) == Exit.UNREACHABLE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "no hub" in shown.err
