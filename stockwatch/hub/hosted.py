"""One room in a hub: the sink of its feeds, and the door by which its consoles' intents come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stockwatch.events import Event, Invalid, encode, format_time
from stockwatch.feeds.base import FeedStatus
from stockwatch.hub.journal import Journal
from stockwatch.room import intents
from stockwatch.room.room import Room


@dataclass(slots=True)
class Changes:
    """What a publisher has to look at again."""

    touched: set[str] = field(default_factory=set)
    urgent: bool = False


class Writer(Protocol):
    """The hub's one writer."""

    journal: Journal

    async def enter(self, key: str, frames: Sequence[bytes | Event | Invalid], cursor: str | None) -> None:
        """Messages, stamped as received now. Waits while the inbox is full: nothing is dropped."""

    async def asked(self, intent: intents.Intent, room: Room) -> intents.Answer:
        """Carry out what a person asked of a room."""

    def now_us(self) -> int: ...


class Hosted:
    """Feeds call `put`, `status` and `gap` (they are their sink); consoles' intents come in by `ask`."""

    def __init__(self, room: Room, writer: Writer, resumed_us: int | None) -> None:
        """`resumed_us`: where an earlier run ended; since then every feed has a gap."""
        self.room = room
        self.statuses: dict[str, FeedStatus] = {}
        self.on_change: Callable[[Changes], None] = lambda _: None
        self._writer = writer
        self._origin_us = writer.now_us()
        self._gaps = 0
        self._resumed_us = resumed_us
        self._sources = {channel.id: channel.source for channel in room.config.channels}

    @property
    def journal(self) -> Journal:
        return self._writer.journal

    def cursor_key(self, channel: str) -> str:
        """The name under which the ledger keeps where a channel's feed goes on: rooms may use the same ids."""
        return f"{self.room.config.id}/{channel}"

    async def put(self, channel: str, frames: Sequence[bytes], cursor: str | None) -> None:
        """Messages of a channel."""
        await self._writer.enter(self.cursor_key(channel), frames, cursor)

    async def set_aside(self, channel: str, raw: bytes, reason: str) -> None:
        """A message that is no event in a way its bytes alone don't show."""
        invalid = Invalid(reason=reason, source=None, id=None, raw=raw)
        await self._writer.enter(self.cursor_key(channel), [invalid], None)

    def status(self, channel: str, status: FeedStatus) -> None:
        """A feed's health changed."""
        self.statuses[channel] = status
        self.on_change(Changes())

    async def gap(self, channel: str, since_us: int | None, until_us: int) -> None:
        """A feed missed a stretch (`since_us` None: since an earlier run): journaled as an event of ours."""
        self._gaps += 1
        zone = self.room.zone
        data: dict[str, str] = {"channel": channel}
        if (source := self._sources.get(channel)) is not None:
            data["source"] = source  # other rooms on the ledger may call a channel the same
        if since_us is None:
            since_us = self._resumed_us
        if since_us is not None:
            data["since"] = format_time(since_us, zone)
        data["until"] = format_time(until_us, zone)
        raw = encode(
            type="feed.gap",
            source=self.room.source,
            id=f"gap:{channel}:{self._origin_us}:{self._gaps}",
            time=format_time(self._writer.now_us(), zone),
            data=data,
        )
        await self.put(channel, [raw], None)

    async def ask(self, intent: intents.Intent) -> intents.Answer:
        """Carry out what a person asked; answered when it is durable. The same id asked again gets the same answer."""
        return await self._writer.asked(intent, self.room)
