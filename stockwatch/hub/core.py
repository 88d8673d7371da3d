"""The hub's one writer: everything enters through one inbox, is applied in order, made durable, published, answered.

Owns the pipeline of one ledger and its journal while it runs; rooms are `host`ed on it and `leave` again. Intake
stamps `received` (increasing) as messages enter; a decision tick runs once every message stamped before it has been
applied. A commit that fails poisons the hub: nothing is answered and the process stops, to be started again from what
is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stockwatch.actions.plan import Plan, plan, raw_events
from stockwatch.events import Event, Invalid
from stockwatch.hub.hosted import Changes, Hosted
from stockwatch.hub.journal import Journal
from stockwatch.room import intents
from stockwatch.room.clock import SECOND_US
from stockwatch.room.pipeline import Entry, Pipeline
from stockwatch.room.room import Room
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
    key: str
    """Of the cursor."""
    frames: Sequence[bytes | Event | Invalid]
    cursor: str | None
    received_us: int


@dataclass(slots=True)
class _Asked:
    intent: intents.Intent
    room: Room
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


class Hub:
    """What a room's feeds and consoles say comes in through its `Hosted`."""

    def __init__(
        self,
        pipeline: Pipeline,
        journal: Journal,
        *,
        now_us: Callable[[], int] = wall_us,
        live: bool = True,
    ) -> None:
        """`live`: the wall clock drives decisions. Else (a replay) its pacer calls the pipeline itself."""
        self.pipeline = pipeline
        self.journal = journal
        self.hosted: list[Hosted] = []
        self.now_us = now_us
        self._live = live
        self._inbox: deque[_Frames | _Asked] = deque()
        self._held = 0
        self._wake = asyncio.Event()
        self._space = asyncio.Event()
        self._space.set()
        self._stamp = pipeline.clock.now_us or 0
        self._answers: dict[str, intents.Answer] = {}
        self._asked: dict[str, asyncio.Future[intents.Answer]] = {}
        self._carried: list[_Carried] = []
        self._own = 0
        self._grouped_us: int | None = None

    # --- rooms ------------------------------------------------------------------------------------------------------

    def host(self, room: Room, resumed_us: int | None = None) -> Hosted:
        """A room of this pipeline: from now on it is told what changes. `resumed_us`: where its earlier run ended."""
        hosted = Hosted(room, self, resumed_us)
        self.hosted.append(hosted)
        return hosted

    def leave(self, hosted: Hosted) -> None:
        """The room is closed; the ledger and its other rooms go on."""
        self.hosted.remove(hosted)
        self.pipeline.rooms.remove(hosted.room)

    # --- intake ------------------------------------------------------------------------------------------

    async def enter(self, key: str, frames: Sequence[bytes | Event | Invalid], cursor: str | None) -> None:
        """Messages, stamped as received now. Waits while the inbox is full: nothing is dropped."""
        while self._held >= INBOX:
            self._space.clear()
            await self._space.wait()
        self._held += len(frames)
        self._inbox.append(_Frames(key, frames, cursor, self._next_stamp(len(frames))))
        self._wake.set()

    def stamp(self) -> int:
        """A stamp for something that happens now."""
        return self._next_stamp(1)

    def _next_stamp(self, count: int) -> int:
        """The stamp of the first of `count` messages; each has one of its own, a microsecond apart."""
        first = max(self.now_us(), self._stamp + 1)
        self._stamp = first + max(count, 1) - 1
        return first

    # --- intents ----------------------------------------------------------------------------------------------------

    async def asked(self, intent: intents.Intent, room: Room) -> intents.Answer:
        """Carry out what a person asked; answered when it is durable. The same id asked again gets the same answer."""
        known = self._answers.get(intent.id)
        if known is not None:
            return known
        future = self._asked.get(intent.id)
        if future is None:
            future = self._asked[intent.id] = asyncio.get_running_loop().create_future()
            self._inbox.append(_Asked(intent, room, self._next_stamp(8), future))
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
        due = self.pipeline.next_tick()
        if due is None:
            return 1.0
        return min(max((due * SECOND_US - self.now_us()) / SECOND_US, 0.0) + 0.001, 1.0)

    def work(self) -> None:
        """Apply what waits (at most a batch), let due ticks run, commit, publish, answer."""
        now_us = self.now_us()
        refused: list[tuple[_Asked, Plan]] = []
        cursors: dict[str, str] = {}
        count = 0
        inbox = self._inbox
        while inbox and count < BATCH:
            item = inbox.popleft()
            if isinstance(item, _Frames):
                for n, raw in enumerate(item.frames):
                    self.pipeline.take(raw, item.received_us + n)
                count += len(item.frames)
                self._held -= len(item.frames)
                if item.cursor is not None:
                    cursors[item.key] = item.cursor
            else:
                planned = self._carry_out(item)
                if planned.refused:
                    refused.append((item, planned))
                count += 1
        if self._held < INBOX:
            self._space.set()
        if self._live and not inbox:
            self._close_late_groups(now_us)
            self.pipeline.advance(now_us)
        self.commit(cursors)
        for item, planned in refused:
            self._answer(item.intent.id, item.answer, planned.message, ok=False)

    def _carry_out(self, item: _Asked) -> Plan:
        zone = item.room.zone
        planned = plan(item.intent, item.room, now_us=item.received_us, zone=zone)
        events = raw_events(planned, item.intent, source=item.room.source, now_us=item.received_us, zone=zone)
        for n, raw in enumerate(events):
            self.pipeline.take(raw, item.received_us + n)
        if events:
            self._carried.append(_Carried(item.intent.id, planned.message, set(events), item.answer))
        return planned

    def _close_late_groups(self, now_us: int) -> None:
        """A group that nobody finishes would hold back everyone's outcomes: its time is up after GROUP_S."""
        if not self.pipeline.books.open_groups():
            self._grouped_us = None
        elif self._grouped_us is None:
            self._grouped_us = now_us
        elif now_us - self._grouped_us > GROUP_S * SECOND_US:
            self._own += 1
            stamp = self._next_stamp(1)
            self.pipeline.close_groups(stamp, f"closed:{stamp}:{self._own}")

    def commit(self, cursors: dict[str, str] | None = None) -> None:
        """Make what the room has done durable and publish it."""
        entries = self.pipeline.drain()
        if entries or cursors:
            self.journal.append(entries, cursors or {}, self.pipeline)
        for hosted in self.hosted:
            news = hosted.room.drain()
            if entries or news.touched or news.tier_changed:
                hosted.on_change(Changes(news.touched, news.tier_changed))
        if self._carried:
            self._settle(entries)

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
