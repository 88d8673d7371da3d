"""A live hub: the one writer of a ledger, and the rooms that it serves on it, each with its feeds and its own socket.

It begins with one room; `stockwatch run` of another room.toml on the same ledger asks it to serve that one too, and the
newcomer's past is read back beside the running rooms. A room can be closed while others go on; the hub ends with its
last one. What it refuses, it refuses in words, and the running rooms do not notice.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from stockwatch import __version__, paths
from stockwatch.config import ConfigError, RoomConfig, load_room
from stockwatch.exits import Exit
from stockwatch.feeds.base import FeedStatus
from stockwatch.feeds.notes import outside
from stockwatch.hub import lessons
from stockwatch.hub.core import Hub, wall_us
from stockwatch.hub.hosted import Hosted
from stockwatch.hub.journal import rebuild
from stockwatch.hub.ledgerfile import LedgerJournal, recall_beside
from stockwatch.hub.outbox import check_outbox, open_outbox
from stockwatch.hub.platforms import RoomFeeds, check_feeds
from stockwatch.hub.server import ViewServer
from stockwatch.ledger.balances import Books
from stockwatch.ledger.store import LedgerError
from stockwatch.room import intents
from stockwatch.room.picture import Picture
from stockwatch.room.pipeline import Pipeline
from stockwatch.room.room import Room, on
from stockwatch.room.view import Text

log = logging.getLogger("stockwatch.hub")

AT_ONCE = 2000
"""Events that a newcomer reads back while the running rooms wait: a few hundredths of a second."""
GROUP_WAIT_S = 0.05


def ledger_of(config: RoomConfig) -> Path:
    """Where a live room's ledger lies."""
    return config.ledger_path or paths.default_ledger(config.id)


def make_live(config: RoomConfig, books: Books) -> Room:
    """A live room on a pipeline of its own."""
    pipeline = Pipeline(books, trusted_clock=True)
    pipeline.keep_alerts = True
    return on(pipeline, config, zone_of=ZoneInfo)


def open_live(config: RoomConfig) -> tuple[LedgerJournal, Room]:
    """The room as its journal left it, on its locked ledger. Raises LedgerBusy, LedgerError, LedgerCorrupt."""
    journal = LedgerJournal(ledger_of(config), wall_us, make_folder=config.ledger_path is None)
    try:
        room = journal.recall(partial(make_live, config))
        room.pipeline.recall_set_aside(journal.dead_count())
    except BaseException:
        journal.close()
        raise
    return journal, room


class LiveHub:
    """`run` serves the first room, and those that join, until the last is closed or a signal ends all."""

    def __init__(self, journal: LedgerJournal, first: Room, *, read_only: bool = False) -> None:
        self._journal = journal
        self._ledger = ledger_of(first.config)
        self._hub = Hub(first.pipeline, journal)
        self._read_only = read_only
        self._log = paths.log_path(first.config.id)
        """One for all its rooms, named for the first."""
        self._stopping = asyncio.Event()
        self._joining = asyncio.Lock()
        self._rooms: dict[str, Path] = {}
        """Room id -> its room.toml."""
        self._tasks: asyncio.TaskGroup
        self._serving: set[asyncio.Task[None]] = set()

    async def run(self, first: Room, toml: Path, ready: Callable[[], None]) -> int:
        """Raises what the journal raises when a commit fails, in a group."""
        listen_to_signals(self._stop_all)
        pipeline = self._hub.pipeline
        pipeline.mark_end(self._hub.stamp())
        resumed_us = pipeline.clock.now_us
        lessons.begin_with(first)
        pipeline.open(self._hub.stamp())
        self._hub.commit()
        self._journal.fill_gaps()
        async with asyncio.TaskGroup() as self._tasks:
            writer = self._tasks.create_task(self._hub.run())
            await self._serve(first, toml, resumed_us)
            try:
                ready()
                await self._stopping.wait()
            finally:
                for task in (*self._serving, writer):
                    task.cancel()
        self._hub.work()
        return Exit.DONE

    def _stop_all(self, why: str) -> None:
        log.info("stopping: %s", why)
        self._stopping.set()

    # --- a room -----------------------------------------------------------------------------------------------------

    async def _serve(self, room: Room, toml: Path, resumed_us: int | None) -> asyncio.Task[None]:
        """Start a room's feeds, socket and record; returns once it answers. The task ends when the room is closed."""
        up = asyncio.Event()
        task = self._tasks.create_task(self._room(room, toml, resumed_us, up))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        waiting = self._tasks.create_task(up.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return task

    async def _room(self, room: Room, toml: Path, resumed_us: int | None, up: asyncio.Event) -> None:
        config, closing = room.config, asyncio.Event()
        hosted = self._hub.host(room, resumed_us)
        self._rooms[config.id] = toml

        def close(why: str) -> None:
            log.info("room %s is closed: %s", config.id, why)
            closing.set()

        picture = Picture(room)
        picture.header_extra = {"mode": "LIVE", "read_only": self._read_only}
        server = ViewServer(hosted, picture, read_only=self._read_only, stop=close, join=self.join)
        outbox = None if self._read_only else open_outbox(hosted)
        hosted.on_change = server.changed if outbox is None else outbox.beside(server.changed)
        cursors = self._journal.cursors()
        feeds = RoomFeeds(config, toml, books=room.books, zone=room.zone, see=room.see)
        remove = None
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(server.run(paths.socket_path(self._ledger, config.id), up.set))]
                running.append(tasks.create_task(feeds.receive(hosted)))
                if outbox is not None:
                    running.append(tasks.create_task(outbox.run()))
                for feed in feeds:
                    cursor = cursors.get(hosted.cursor_key(feed.channel))
                    if resumed_us is not None and cursor is None:
                        # A feed with a cursor says itself what it missed; one whose server gives none can't know.
                        await hosted.gap(feed.channel, resumed_us, wall_us())
                    running.append(
                        tasks.create_task(follow_feed(feed.run(hosted, cursor), hosted, feed.channel))
                    )
                remove = write_record(config, toml, self._ledger, "LIVE", self._log)
                await closing.wait()
                for task in running:
                    task.cancel()
        except* OSError:
            # A newcomer whose socket or record can't be made must not end the rooms that run.
            if len(self._rooms) == 1:
                raise
            log.exception("room %s could not be served", config.id)
        finally:
            if remove is not None:
                remove()
            self._hub.leave(hosted)
            lessons.keep(room)
            del self._rooms[config.id]
            if not self._rooms:
                self._stopping.set()

    # --- a newcomer -------------------------------------------------------------------------------------------------

    async def join(self, request: intents.Join) -> intents.Joined:
        """Serve another room.toml on this ledger, or say why not."""
        async with self._joining:
            try:
                return await self._join(Path(request.room))
            except (ConfigError, LedgerError, OSError) as error:
                log.warning("%s did not join: %s", request.room, error)
                return intents.Joined(wrong=Text(str(error), str(error)))

    async def _join(self, toml: Path) -> intents.Joined:
        config = await asyncio.to_thread(load_room, toml)
        await asyncio.to_thread(check_feeds, config, toml)
        if not self._read_only:
            await asyncio.to_thread(check_outbox, config)
        if paths.ledger_key(ledger_of(config)) != paths.ledger_key(self._ledger):
            return intents.Joined(
                wrong=Text(f"{config.id} 不在这个账本上", f"{config.id} is not on this ledger")
            )
        if (other := self._rooms.get(config.id)) is not None:
            if other == toml:
                return intents.Joined()
            return intents.Joined(
                wrong=Text(
                    f"这个账本上已有直播间 {config.id}({other});两个直播间不能同名",
                    f"a room {config.id} runs on this ledger already ({other}); two rooms can't have one id",
                )
            )
        room = await asyncio.to_thread(recall_beside, self._ledger, partial(make_live, config))
        await asyncio.to_thread(lessons.begin_with, room)
        await self._catch_up(room)
        heard = [feed.last_us for feed in room.log.feeds.values() if feed.last_us is not None]
        room.move_to(self._hub.pipeline)
        self._hub.pipeline.open(self._hub.stamp())
        self._hub.commit()
        log.info("room %s joins", config.id)
        task = await self._serve(room, toml, max(heard, default=None))
        if task.done():
            return intents.Joined(
                wrong=Text("开不了它的套接字,见日志", "its socket could not be opened; see the log")
            )
        return intents.Joined()

    async def _catch_up(self, room: Room) -> None:
        """Bring it to where the ledger stands now. Returns with nothing between the two, so no `await` may follow
        before it moves over."""
        pipeline = self._hub.pipeline
        while True:
            behind = self._journal.last_seq - room.books.place
            if behind > AT_ONCE:
                await asyncio.to_thread(rebuild, self._journal.read_beside(room.books), room.pipeline)
            elif pipeline.books.pending() or pipeline.books.place != self._journal.last_seq:
                await asyncio.sleep(
                    GROUP_WAIT_S
                )  # an atomic group is open: what it comes to is not known yet
            else:
                rebuild(self._journal.read_on(room.books), room.pipeline, settled=self._journal.settled_seq)
                return


def listen_to_signals(stop: Callable[[str], None]) -> None:
    """SIGTERM and SIGINT stop the hub; SIGHUP is ignored, since a hub outlives its terminal."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, signal.Signals(number).name)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


async def follow_feed(feed: Coroutine[None, None, None], hosted: Hosted, channel: str) -> None:
    """Run one feed; one that breaks by a fault of ours is shown as down and does not take the room with it."""
    try:
        await feed
        hosted.status(channel, FeedStatus("ended"))
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.exception("feed %s failed", channel)
        hosted.status(channel, FeedStatus("down", outside(f"{type(error).__name__}: {error}")))


def write_record(
    config: RoomConfig, toml: Path, ledger: Path, mode: str, log_file: Path
) -> Callable[[], None]:
    """Write the record others find this room by; the returned call removes it."""
    record = paths.HubRecord(
        pid=os.getpid(),
        room=config.id,
        name=config.name,
        language=config.language,
        ledger=str(ledger),
        room_toml=str(toml),
        socket=str(paths.socket_path(ledger, config.id)),
        started=wall_us() // 1_000_000,
        version=__version__,
        mode=mode,
        log=str(log_file),
    )
    paths.write_record(record)
    return partial(paths.remove_record, record)
