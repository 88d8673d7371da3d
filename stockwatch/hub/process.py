"""The hub's own process: opens the ledger, rebuilds the room, follows the feeds, serves consoles, until it is stopped.

Owns start-up order, signals, the log file and the record by which others find it. SIGTERM and SIGINT stop it cleanly;
SIGHUP is ignored, since a hub outlives the terminal it was started from. When the journal refuses a commit the process
ends with UNREACHABLE and says why in its log: what was not durable was not acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from stockwatch import __version__, paths
from stockwatch.config import RoomConfig, load_room
from stockwatch.exits import Exit
from stockwatch.failures import explain
from stockwatch.feeds.base import FeedStatus
from stockwatch.feeds.open import open_feed
from stockwatch.feeds.recording import merge
from stockwatch.hub.core import Hub, wall_us
from stockwatch.hub.journal import Journal, NoJournal
from stockwatch.hub.ledgerfile import LedgerJournal
from stockwatch.hub.pace import Pacer
from stockwatch.hub.server import ViewServer
from stockwatch.hub.spec import HubSpec
from stockwatch.ledger.balances import Books
from stockwatch.ledger.store import LedgerFailed
from stockwatch.room import intents
from stockwatch.room.picture import Picture
from stockwatch.room.pipeline import Room

log = logging.getLogger("stockwatch.hub")

LOG_BYTES = 8 * 1024 * 1024
LOGS_KEPT = 2
ALONE_S = 30.0
"""A replay whose console has gone ends after this long."""


def main(argv: list[str]) -> int:
    """Entry of the child process: one argument, the HubSpec as JSON."""
    spec = msgspec.json.decode(argv[1], type=HubSpec)
    try:
        config = load_room(Path(spec.room))
        _log_to(paths.log_path(config.id))
        return run_hub(spec, config)
    except Exception as error:
        # The parent reads our last line and says it to who asked.
        code, message = explain(error)
        sys.stderr.write(message + "\n")
        return code


def run_hub(spec: HubSpec, config: RoomConfig, ready: Callable[[], None] = lambda: None) -> int:
    """Run a hub in this process until it is stopped. Raises LedgerBusy and other start-up errors."""
    if spec.replay:
        return asyncio.run(_replay(spec, config, ready))
    journal, room = open_live(config)
    try:
        code = asyncio.run(_live(spec, config, room, journal, ready))
        journal.finish(room)
        return code
    except BaseExceptionGroup as group:
        failed = group.subgroup(LedgerFailed)
        if failed is None:
            raise
        log.critical("stopping, nothing unsaved was acknowledged: %s", failed.exceptions[0])
        return Exit.UNREACHABLE
    finally:
        journal.close()


def open_live(config: RoomConfig) -> tuple[LedgerJournal, Room]:
    """The room as its journal left it, on its locked ledger. Raises LedgerBusy, LedgerError, LedgerCorrupt."""
    ledger = config.ledger_path or paths.default_ledger(config.id)
    journal = LedgerJournal(ledger, wall_us, make_folder=config.ledger_path is None)
    try:

        def make(books: Books) -> Room:
            room = Room(config, books, trusted_clock=True, zone_of=ZoneInfo)
            room.keep_alerts = True
            return room

        room = journal.recall(make)
        room.recall_set_aside(journal.dead_count())
    except BaseException:
        journal.close()
        raise
    return journal, room


async def _live(
    spec: HubSpec,
    config: RoomConfig,
    room: Room,
    journal: LedgerJournal,
    ready: Callable[[], None],
) -> int:
    stopping = asyncio.Event()
    ledger = config.ledger_path or paths.default_ledger(config.id)
    hub, server, picture = _served(spec, room, journal, stopping, wall_us, live=True)
    picture.header_extra = {"mode": "LIVE", "read_only": spec.read_only}
    resumed_us = room.clock.now_us
    room.mark_end(hub.stamp())
    room.open(hub.stamp())
    hub.commit()
    journal.fill_gaps()
    cursors = journal.cursors()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(hub.run())]
        for channel in config.channels:
            if channel.feed is None:
                continue
            feed = open_feed(channel, folder=Path(spec.room).parent)
            assert feed is not None, "the channel has a feed"
            if resumed_us is not None and channel.id not in cursors:
                # A feed with a cursor says itself what it missed; one whose server gives none can't know.
                await hub.gap(channel.id, resumed_us, wall_us())
            running.append(
                tasks.create_task(_follow(feed.run(hub, cursors.get(channel.id)), hub, channel.id))
            )
        running.append(tasks.create_task(server.run(paths.socket_path(ledger))))
        record = _record(spec, config, ledger, "LIVE")
        try:
            ready()
            await stopping.wait()
        finally:
            for task in running:
                task.cancel()
            record()
    hub.work()
    return Exit.DONE


async def _replay(spec: HubSpec, config: RoomConfig, ready: Callable[[], None]) -> int:
    stopping = asyncio.Event()
    room = Room(config, zone_of=ZoneInfo)
    journal = NoJournal()
    journal.trail.follow(room.books)
    pacer = Pacer(spec.speed, from_us=spec.from_us, until_us=spec.until_us)
    hub, server, picture = _served(spec, room, journal, stopping, pacer.now_us, live=False)
    picture.header_extra = {"mode": "REPLAY", "speed": spec.speed, "read_only": spec.read_only}

    def speed(request: intents.Speed) -> None:
        pacer.set(request.factor, paused=request.paused)
        picture.header_extra |= {"speed": pacer.speed, "paused": pacer.paused}
        server.changed_header()

    def ended() -> None:
        picture.header_extra["ended"] = True
        for channel in config.channels:
            hub.status(channel.id, FeedStatus("ended"))
        server.changed_header()

    server.on_speed = speed
    socket = paths.socket_path(replay_ledger(spec))
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(hub.run()),
            tasks.create_task(server.run(socket)),
            tasks.create_task(pacer.play(merge([Path(feed) for feed in spec.feeds]), hub, on_end=ended)),
            tasks.create_task(_end_when_alone(server, stopping)),
        ]
        record = _record(spec, config, replay_ledger(spec), "REPLAY")
        try:
            ready()
            await stopping.wait()
        finally:
            for task in running:
                task.cancel()
            record()
    journal.close()
    return Exit.DONE


def replay_ledger(spec: HubSpec) -> Path:
    """The name of a replay's private ledger: no such file is made, its socket is named by it."""
    return Path(f"{spec.room}#replay-{spec.token}")


def _served(
    spec: HubSpec,
    room: Room,
    journal: Journal,
    stopping: asyncio.Event,
    now_us: Callable[[], int],
    *,
    live: bool,
) -> tuple[Hub, ViewServer, Picture]:
    """A hub and its socket, and the signals that end both."""
    picture = Picture(room)
    hub = Hub(room, journal, now_us=now_us, live=live)

    def stop(why: str) -> None:
        log.info("stopping: %s", why)
        stopping.set()

    server = ViewServer(hub, picture, read_only=spec.read_only, stop=stop)
    hub.on_change = server.changed
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, signal.Signals(number).name)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return hub, server, picture


async def _follow(feed: Coroutine[None, None, None], hub: Hub, channel: str) -> None:
    """Run one feed; one that breaks by a fault of ours is shown as down and does not take the room with it."""
    try:
        await feed
        hub.status(channel, FeedStatus("ended"))
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.exception("feed %s failed", channel)
        hub.status(channel, FeedStatus("down", note=f"{type(error).__name__}: {error}"))


async def _end_when_alone(server: ViewServer, stopping: asyncio.Event) -> None:
    """A replay ends with its console, also one that was killed, unless a person has said that it stays."""
    alone = 0.0
    while alone < ALONE_S:
        await asyncio.sleep(1.0)
        alone = 0.0 if server.viewers or server.stays else alone + 1.0
    stopping.set()


def _record(spec: HubSpec, config: RoomConfig, ledger: Path, mode: str) -> Callable[[], None]:
    """Write the record others find this hub by; the returned call removes it."""
    record = paths.HubRecord(
        pid=os.getpid(),
        room=config.id,
        name=config.name,
        language=config.language,
        ledger=str(ledger),
        room_toml=spec.room,
        socket=str(paths.socket_path(ledger)),
        started=wall_us() // 1_000_000,
        version=__version__,
        mode=mode,
        log=str(paths.log_path(config.id)),
    )
    paths.write_record(record)
    return partial(paths.remove_record, record)


def _log_to(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    quiet_libraries()
    handler = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8")
    logging.basicConfig(
        handlers=[handler],
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def quiet_libraries() -> None:
    """No line for every frame or poll: they say nothing new, and an address may hold a token."""
    for name in ("websockets", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
