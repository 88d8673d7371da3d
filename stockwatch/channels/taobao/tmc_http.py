"""Taobao's messages asked for at its gateway, where its message channel can't be reached.

The queue is the message channel's, and so is what becomes of a message (`intake`). There is no failing here: what is
not confirmed comes again by itself, minutes later. A call that brings nothing counts as one of the app's all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

import msgspec

from stockwatch.channels.client import Client
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.taobao import tmc
from stockwatch.channels.taobao.intake import Intake
from stockwatch.channels.taobao.orders import instant
from stockwatch.channels.wire import ApiError, Ask, Keys, Malformed, decoded
from stockwatch.feeds.base import Backoff
from stockwatch.printable import printable

log = logging.getLogger("stockwatch.channels")

AT_ONCE = 200
"""Messages of one request, and ids of one confirmation: the most that the platform allows."""
_IDLE_S = 0.5
"""Seconds until it is asked again after an answer that was not full."""
_GATHER_S = 0.1
"""Seconds for which confirmations are gathered into one request."""
_MOST_PENDING = 1000
"""Orders named and not fetched, from which on no more messages are asked for: they are as safe over there."""
_DENIED_S = 30.0


class _Sent(msgspec.Struct):
    id: int
    topic: str
    content: str = ""
    pub_time: str = ""


class _Row(msgspec.Struct):
    id: int


class _Rows(msgspec.Struct):
    tmc_message: list[msgspec.Raw] = []


class _Consumed(msgspec.Struct):
    messages: _Rows | None = None


_consumed = msgspec.json.Decoder(_Consumed).decode
_sent = msgspec.json.Decoder(_Sent).decode
_row = msgspec.json.Decoder(_Row).decode


class Unreadable(NamedTuple):
    """A message that can't be understood, as it came."""

    raw: bytes
    why: Malformed


def consume(group: str) -> Ask:
    return Ask("taobao.tmc.messages.consume", {"group_name": group, "quantity": AT_ONCE})


def confirm(messages: Sequence[int], group: str) -> Ask:
    ids = ",".join(map(str, messages))
    return Ask("taobao.tmc.messages.confirm", {"group_name": group, "s_message_ids": ids})


def messages_of(answer: bytes, keys: Keys) -> list[tmc.Message | Unreadable]:
    """What was consumed. Raises ApiError."""
    found = decoded(_consumed, answer, "tmc.messages.consume").messages
    return [] if found is None else [_message_of(bytes(row), keys) for row in found.tmc_message]


def _message_of(raw: bytes, keys: Keys) -> tmc.Message | Unreadable:
    try:
        sent = _sent(raw)
        at_us = instant(sent.pub_time) or None
        return tmc.understood(sent.id, sent.topic, sent.content, at_us, keys)
    except Malformed as malformed:
        return Unreadable(raw, malformed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ApiError) as error:
        return Unreadable(raw, Malformed(f"tmc.messages.consume: {error}", *_id_of(raw)))


def _id_of(raw: bytes) -> list[int]:
    try:
        return [_row(raw).id]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return []


async def follow(feed: PlatformFeed, group: str = "default") -> None:
    """Take messages and confirm them until cancelled."""
    confirmed: asyncio.Queue[int] = asyncio.Queue()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_confirm(feed.client, confirmed, group, feed.channel))
        tasks.create_task(_consume(feed, confirmed, group))


async def _consume(feed: PlatformFeed, confirmed: asyncio.Queue[int], group: str) -> NoReturn:
    intake, backoff = Intake(feed), Backoff(first=1.0, cap=15.0)

    def answer(message: int, reason: str | None) -> None:
        if reason is None:
            confirmed.put_nowait(message)
        else:
            log.info(
                "%s: message %d is left to come again: %s", feed.channel, message, printable(reason, 200)
            )

    while True:
        if feed.pending >= _MOST_PENDING:
            await asyncio.sleep(_IDLE_S)
            continue
        try:
            said = await feed.client.ask(consume(group), tries=2)
            found = messages_of(said, feed.client.keys)
        except ApiError as error:
            log.info("%s: TMC: %s", feed.channel, printable(str(error), 200))
            await asyncio.sleep(
                _DENIED_S if error.kind == "denied" else error.retry_after_s or backoff.next()
            )
            continue
        backoff.reset()
        for one in found:
            if isinstance(one, Unreadable):
                await intake.take_malformed(one.raw, one.why, answer)
            else:
                intake.take(one, answer)
        if len(found) < AT_ONCE:
            await asyncio.sleep(_IDLE_S)


async def _confirm(client: Client, confirmed: asyncio.Queue[int], group: str, channel: str) -> NoReturn:
    """What can't be confirmed comes again, is known and is confirmed then."""
    while True:
        ids = [await confirmed.get()]
        await asyncio.sleep(_GATHER_S)
        while len(ids) < AT_ONCE and not confirmed.empty():
            ids.append(confirmed.get_nowait())
        try:
            await client.ask(confirm(ids, group))
        except ApiError as error:
            log.info("%s: TMC: %d not confirmed: %s", channel, len(ids), printable(str(error), 200))
