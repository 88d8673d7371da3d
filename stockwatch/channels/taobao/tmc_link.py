"""Taobao's message channel, connected: what it brings goes to the feed, and is confirmed or failed (`intake`).

An answer goes out by the connection that brought the message. What was not answered before a connection was lost comes
again by the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from stockwatch.channels.client import Client
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.taobao import tmc
from stockwatch.channels.taobao.intake import Intake
from stockwatch.channels.wire import Malformed
from stockwatch.feeds.base import Backoff
from stockwatch.local import is_loopback
from stockwatch.printable import printable

log = logging.getLogger("stockwatch.channels")

ADDRESS = "ws://mc.api.taobao.com/"
_PULL_EVERY_S = 15.0
_ANSWER_WITHIN_S = 10.0
_CLOSE_S = 1.0
_LOST = (OSError, WebSocketException, InvalidHandshake, InvalidURI, TimeoutError, Malformed)


async def attempt(client: Client, address: str, group: str = "default") -> str | None:
    """Connect once and leave again, taking no message from whoever follows: None, or what was wrong in one line."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S), _connect(address) as connection:
            await _greet(connection, client, group)
    except _LOST as error:
        return printable(str(error) or type(error).__name__, 200)
    return None


async def follow(feed: PlatformFeed, address: str = ADDRESS, group: str = "default") -> None:
    """Keep a conversation going until cancelled."""
    backoff, intake = Backoff(first=1.0, cap=15.0), Intake(feed)
    while True:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S) as within:
                async with _connect(address) as connection:
                    token = await _greet(connection, feed.client, group)
                    await connection.send(tmc.pull(token))
                    within.reschedule(None)
                    backoff.reset()
                    await _listen(connection, intake, token)
        except _LOST as error:
            log.info("%s: TMC: %s", feed.channel, printable(str(error) or type(error).__name__, 200))
        await asyncio.sleep(backoff.next())


def _connect(address: str) -> connect:
    proxy: Literal[True] | None = None if is_loopback(address) else True
    return connect(
        address,
        max_size=tmc.MAX_FRAME,
        compression=None,
        proxy=proxy,
        ping_interval=20,
        close_timeout=_CLOSE_S,
    )


async def _greet(connection: ClientConnection, client: Client, group: str) -> str:
    await connection.send(tmc.connect(client.keys, client.platform_us(), group))
    answer = tmc.decode(await _binary(connection))
    if answer.kind != tmc.CONNECTACK or answer.status or not answer.token:
        raise Malformed(f"not let in: {answer.status} {answer.phrase}")
    return answer.token


async def _listen(connection: ClientConnection, intake: Intake, token: str) -> None:
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    def answer(message: int, reason: str | None) -> None:
        said = tmc.confirm(token, message) if reason is None else tmc.fail(token, message, reason)
        answers.put_nowait(said)

    sending = asyncio.get_running_loop().create_task(_send(connection, answers))
    try:
        while True:
            try:
                async with asyncio.timeout(_PULL_EVERY_S):
                    raw = await _binary(connection)
            except TimeoutError:
                await connection.send(tmc.pull(token))
                continue
            try:
                message = tmc.message_of(tmc.decode(raw), intake.feed.client.keys)
            except Malformed as malformed:
                await intake.take_malformed(raw, malformed, answer)
                continue
            if message is not None:
                intake.take(message, answer)
    finally:
        sending.cancel()


async def _send(connection: ClientConnection, answers: asyncio.Queue[bytes]) -> None:
    """Until the connection is lost, of which whoever listens hears."""
    with contextlib.suppress(*_LOST):
        while True:
            await connection.send(await answers.get())


async def _binary(connection: ClientConnection) -> bytes:
    raw = await connection.recv()
    if isinstance(raw, str):
        raise Malformed("a text where a frame must be")
    return raw
