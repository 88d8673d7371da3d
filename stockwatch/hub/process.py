"""The hub's own process: a live hub or a replay, until it is stopped.

Owns the entry, the log file and a replay's course. When the journal refuses a commit the process
ends with UNREACHABLE and says why in its log: what was not durable was not acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from stockwatch import paths
from stockwatch.config import RoomConfig, load_room
from stockwatch.exits import Exit
from stockwatch.failures import explain
from stockwatch.feeds.base import FeedStatus
from stockwatch.feeds.recording import merge
from stockwatch.hub.core import Hub
from stockwatch.hub.journal import NoJournal
from stockwatch.hub.ledgerfile import LedgerJournal
from stockwatch.hub.live import LiveHub, listen_to_signals, open_live, write_record
from stockwatch.hub.outbox import check_outbox
from stockwatch.hub.pace import Pacer
from stockwatch.hub.platforms import check_feeds
from stockwatch.hub.server import ViewServer
from stockwatch.hub.spec import HubSpec
from stockwatch.ledger.store import LedgerFailed
from stockwatch.room import intents
from stockwatch.room.picture import Picture
from stockwatch.room.room import Room, alone

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
    check_feeds(config, Path(spec.room))
    if not spec.read_only:
        check_outbox(config)
    journal, room = open_live(config)
    try:
        code = asyncio.run(_live(spec, journal, room, ready))
        journal.finish(room.pipeline)
        return code
    except BaseExceptionGroup as group:
        failed = group.subgroup(LedgerFailed)
        if failed is None:
            raise
        log.critical("stopping, nothing unsaved was acknowledged: %s", failed.exceptions[0])
        return Exit.UNREACHABLE
    finally:
        journal.close()


async def _live(spec: HubSpec, journal: LedgerJournal, room: Room, ready: Callable[[], None]) -> int:
    hub = LiveHub(journal, room, read_only=spec.read_only)
    return await hub.run(room, Path(spec.room), ready)


async def _replay(spec: HubSpec, config: RoomConfig, ready: Callable[[], None]) -> int:
    stopping = asyncio.Event()
    # A replay writes to no webhook: here it has none.
    room = alone(replace(config, restock_webhook=None), zone_of=ZoneInfo)
    journal = NoJournal()
    journal.trail.follow(room.books)
    pacer = Pacer(spec.speed, from_us=spec.from_us, until_us=spec.until_us)
    hub = Hub(room.pipeline, journal, now_us=pacer.now_us, live=False)
    hosted = hub.host(room, None)
    picture = Picture(room)

    def stop(why: str) -> None:
        log.info("stopping: %s", why)
        stopping.set()

    server = ViewServer(hosted, picture, read_only=spec.read_only, stop=stop)
    hosted.on_change = server.changed
    listen_to_signals(stop)
    picture.header_extra = {"mode": "REPLAY", "speed": spec.speed, "read_only": spec.read_only}

    def speed(request: intents.Speed) -> None:
        pacer.set(request.factor, paused=request.paused)
        picture.header_extra |= {"speed": pacer.speed, "paused": pacer.paused}
        server.changed_header()

    def ended() -> None:
        picture.header_extra["ended"] = True
        for channel in config.channels:
            hosted.status(channel.id, FeedStatus("ended"))
        server.changed_header()

    server.on_speed = speed
    ledger = replay_ledger(spec)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(hub.run()),
            tasks.create_task(server.run(paths.socket_path(ledger, config.id))),
            tasks.create_task(pacer.play(merge([Path(feed) for feed in spec.feeds]), hub, on_end=ended)),
            tasks.create_task(_end_when_alone(server, stopping)),
        ]
        record = write_record(config, Path(spec.room), ledger, "REPLAY", paths.log_path(config.id))
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


async def _end_when_alone(server: ViewServer, stopping: asyncio.Event) -> None:
    """A replay ends with its console, also one that was killed, unless a person has said that it stays."""
    alone = 0.0
    while alone < ALONE_S:
        await asyncio.sleep(1.0)
        alone = 0.0 if server.viewers or server.stays else alone + 1.0
    stopping.set()


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
