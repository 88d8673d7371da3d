"""The hub's one writer: everything enters through one inbox, is applied in order, made durable, published, answered.

Owns the pipeline and the journal while it runs. Intake stamps `received` (increasing) as messages enter; a decision
tick runs once every message stamped before it has been applied. A commit that fails poisons the hub: nothing is
answered and the process stops, to be started again from what is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stockwatch.actions.plan import Plan, plan, raw_events
from stockwatch.events import Event, Invalid, encode, format_time
from stockwatch.feeds.base import FeedStatus
from stockwatch.hub.journal import Journal
from stockwatch.room import intents
from stockwatch.room.clock import SECOND_US
from stockwatch.room.pipeline import Entry, Room
from stockwatch.room.view import Text

log = logging.getLogger(__name__)

BATCH = 4096
"""Messages a commit at most."""
INBOX = 65536
"""Messages waiting at most; a feed that brings more waits itself."""
KEPT_ANSWERS = 1000
GROUP_S = 2
"""An atomic group whose members stop coming is decided after this long."""


def wall_us() -> int:
    """The wall clock, microseconds since the epoch."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class _Frames:
    channel: str
    frames: Sequence[bytes | Event | Invalid]
    cursor: str | None
    received_us: int


@dataclass(slots=True)
class _Asked:
    intent: intents.Intent
    received_us: int
    answer: asyncio.Future[intents.Answer]


@dataclass(slots=True)
class _Carried:
    """An intent whose events are applied, until all their outcomes are durable: a group may hold them back."""

    id: str
    message: Text
    waiting: set[bytes]
    answer: asyncio.Future[intents.Answer]
    wrong: str | None = None


@dataclass(slots=True)
class Changes:
    """What a publisher has to look at again."""

    touched: set[str] = field(default_factory=set)
    urgent: bool = False


class Hub:
    """Feeds call `put`, `status` and `gap` (they are its sink); consoles' intents come in by `ask`."""

    def __init__(
        self,
        room: Room,
        journal: Journal,
        *,
        now_us: Callable[[], int] = wall_us,
        live: bool = True,
    ) -> None:
        """`live`: the wall clock drives decisions. Else (a replay) its pacer calls `room.advance` itself."""
        self.room = room
        self.journal = journal
        self.statuses: dict[str, FeedStatus] = {}
        self._now_us = now_us
        self._live = live
        self.on_change: Callable[[Changes], None] = lambda _: None
        self._inbox: deque[_Frames | _Asked] = deque()
        self._held = 0
        self._wake = asyncio.Event()
        self._space = asyncio.Event()
        self._space.set()
        self._stamp = room.clock.now_us or 0
        self._answers: dict[str, intents.Answer] = {}
        self._asked: dict[str, asyncio.Future[intents.Answer]] = {}
        self._carried: list[_Carried] = []
        self._source = f"stockwatch/{room.config.id}"
        self._own = 0
        self._resumed_us = room.clock.now_us
        """Where an earlier run ended: since then every feed has a gap."""
        self._grouped_us: int | None = None
        self._origin_us = now_us()

    # --- the sink of feeds ------------------------------------------------------------------------------------------

    async def put(self, channel: str, frames: Sequence[bytes], cursor: str | None) -> None:
        """Messages of a channel, stamped as received now. Waits while the inbox is full: nothing is dropped."""
        await self._enter(channel, frames, cursor)

    async def set_aside(self, channel: str, raw: bytes, reason: str) -> None:
        """A message that is no event in a way its bytes alone don't show."""
        await self._enter(channel, [Invalid(reason=reason, source=None, id=None, raw=raw)], None)

    async def _enter(
        self, channel: str, frames: Sequence[bytes | Event | Invalid], cursor: str | None
    ) -> None:
        while self._held >= INBOX:
            self._space.clear()
            await self._space.wait()
        self._held += len(frames)
        self._inbox.append(_Frames(channel, frames, cursor, self._next_stamp(len(frames))))
        self._wake.set()

    def status(self, channel: str, status: FeedStatus) -> None:
        """A feed's health changed."""
        self.statuses[channel] = status
        self.on_change(Changes())

    async def gap(self, channel: str, since_us: int | None, until_us: int) -> None:
        """A feed missed a stretch (`since_us` None: since an earlier run): journaled as an event of ours."""
        self._own += 1
        data: dict[str, str] = {"channel": channel}
        if since_us is None:
            since_us = self._resumed_us
        if since_us is not None:
            data["since"] = format_time(since_us, self.room.zone)
        data["until"] = format_time(until_us, self.room.zone)
        raw = encode(
            type="feed.gap",
            source=self._source,
            id=f"gap:{channel}:{self._origin_us}:{self._own}",
            time=format_time(self._now_us(), self.room.zone),
            data=data,
        )
        await self.put(channel, [raw], None)

    def stamp(self) -> int:
        """A stamp for something that happens now."""
        return self._next_stamp(1)

    def _next_stamp(self, count: int) -> int:
        """The stamp of the first of `count` messages; each has one of its own, a microsecond apart."""
        first = max(self._now_us(), self._stamp + 1)
        self._stamp = first + max(count, 1) - 1
        return first

    # --- intents ----------------------------------------------------------------------------------------------------

    async def ask(self, intent: intents.Intent) -> intents.Answer:
        """Carry out what a person asked; answered when it is durable. The same id asked again gets the same answer."""
        known = self._answers.get(intent.id)
        if known is not None:
            return known
        future = self._asked.get(intent.id)
        if future is None:
            future = self._asked[intent.id] = asyncio.get_running_loop().create_future()
            self._inbox.append(_Asked(intent, self._next_stamp(8), future))
            self._wake.set()
        return await asyncio.shield(future)

    # --- the writer -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled. Raises what the journal raises when a commit fails: the hub must then end."""
        while True:
            self.work()
            if self._inbox:
                await asyncio.sleep(0)
                continue
            self._wake.clear()
            try:
                async with asyncio.timeout(self._until_tick()):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _until_tick(self) -> float | None:
        """Seconds of wall clock until a tick may be due; None when only a message can bring one."""
        if not self._live:
            return None
        due = self.room.next_tick()
        if due is None:
            return 1.0
        return min(max((due * SECOND_US - self._now_us()) / SECOND_US, 0.0) + 0.001, 1.0)

    def work(self) -> None:
        """Apply what waits (at most a batch), let due ticks run, commit, publish, answer."""
        now_us = self._now_us()
        refused: list[tuple[_Asked, Plan]] = []
        cursors: dict[str, str] = {}
        count = 0
        inbox = self._inbox
        while inbox and count < BATCH:
            item = inbox.popleft()
            if isinstance(item, _Frames):
                for n, raw in enumerate(item.frames):
                    self.room.take(raw, item.received_us + n)
                count += len(item.frames)
                self._held -= len(item.frames)
                if item.cursor is not None:
                    cursors[item.channel] = item.cursor
            else:
                planned = self._carry_out(item)
                if planned.refused:
                    refused.append((item, planned))
                count += 1
        if self._held < INBOX:
            self._space.set()
        if self._live and not inbox:
            self._close_late_groups(now_us)
            self.room.advance(now_us)
        self.commit(cursors)
        for item, planned in refused:
            self._answer(item.intent.id, item.answer, planned.message, ok=False)

    def _carry_out(self, item: _Asked) -> Plan:
        zone = self.room.zone
        planned = plan(item.intent, self.room, now_us=item.received_us, zone=zone)
        events = raw_events(planned, item.intent, source=self._source, now_us=item.received_us, zone=zone)
        for n, raw in enumerate(events):
            self.room.take(raw, item.received_us + n)
        if events:
            self._carried.append(_Carried(item.intent.id, planned.message, set(events), item.answer))
        return planned

    def _close_late_groups(self, now_us: int) -> None:
        """A group that nobody finishes would hold back everyone's outcomes: its time is up after GROUP_S."""
        if not self.room.books.open_groups():
            self._grouped_us = None
        elif self._grouped_us is None:
            self._grouped_us = now_us
        elif now_us - self._grouped_us > GROUP_S * SECOND_US:
            self._own += 1
            stamp = self._next_stamp(1)
            self.room.close_groups(stamp, f"closed:{stamp}:{self._own}")

    def commit(self, cursors: dict[str, str] | None = None) -> None:
        """Make what the room has done durable and publish it."""
        out = self.room.drain()
        if out.entries or cursors:
            self.journal.append(out.entries, cursors or {}, self.room)
        if out.touched or out.entries or out.tier_changed:
            self.on_change(Changes(out.touched, out.tier_changed))
        if self._carried:
            self._settle(out.entries)

    def _settle(self, entries: Sequence[Entry]) -> None:
        """Answer the intents all of whose events have become durable. One that the ledger refused says so."""
        known = {entry.raw: entry.applied for entry in entries}
        for carried in self._carried:
            for raw in carried.waiting & known.keys():
                applied = known[raw]
                if applied.outcome in ("conflict", "invalid", "rejected"):
                    carried.wrong = f"{applied.outcome}: {applied.reason}"
            carried.waiting -= known.keys()
            if carried.waiting:
                continue
            message = carried.message
            if carried.wrong is not None:
                message = Text(
                    f"账本没有记下({carried.wrong})", f"the ledger did not book it ({carried.wrong})"
                )
            self._answer(carried.id, carried.answer, message, ok=carried.wrong is None)
        self._carried = [carried for carried in self._carried if carried.waiting]

    def _answer(self, id: str, future: asyncio.Future[intents.Answer], message: Text, *, ok: bool) -> None:
        answer = intents.Answer(id=id, ok=ok, message=message)
        if len(self._answers) >= KEPT_ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._answers[id] = answer
        self._asked.pop(id, None)
        if not future.done():
            future.set_result(answer)


def unreachable(reason_zh: str, reason_en: str, id: str) -> intents.Answer:
    """An answer that says no."""
    return intents.Answer(id=id, ok=False, message=Text(reason_zh, reason_en))
