"""Which running hub a person means."""

from __future__ import annotations

from pathlib import Path

from stockwatch import paths
from stockwatch.exits import Exit, Failure
from stockwatch.narration import say
from stockwatch.printable import printable


def the_hub(name: str | None) -> paths.HubRecord:
    """By room id, by room.toml, or the only one that runs. Raises Failure otherwise."""
    hubs = paths.running_hubs()
    if name is None:
        if len(hubs) == 1:
            return hubs[0]
        if not hubs:
            raise Failure(
                say(
                    "no room is running; start one: stockwatch run ROOM.toml",
                    "没有直播间在跑;可以启动一个:stockwatch run ROOM.toml",
                )
            )
        raise Failure(
            say(
                f"several rooms run, name one: {_names(hubs)}",
                f"有几个直播间在跑,请指明一个:{_names(hubs)}",
            ),
            Exit.USAGE,
        )
    found = [hub for hub in hubs if hub.room == name]
    file = Path(name)
    if not found and file.suffix == ".toml" and file.exists():
        from stockwatch.config import ConfigError, load_room  # attaching by id needs no settings read

        try:
            config = load_room(file)
        except ConfigError:
            config = None
        resolved = str(file.resolve())
        found = [hub for hub in hubs if hub.room_toml == resolved]
        if not found and config is not None:
            record = paths.hub_of(config.ledger_path or paths.default_ledger(config.id))
            found = [record] if record is not None else []
    if not found:
        running = (
            say(f"running: {_names(hubs)}", f"在跑的有:{_names(hubs)}")
            if hubs
            else say(
                "none is running; start one: stockwatch run ROOM.toml",
                "一个都没有在跑;可以启动:stockwatch run ROOM.toml",
            )
        )
        name = printable(name)
        raise Failure(say(f"no running room {name}; {running}", f"没有在跑的直播间 {name};{running}"))
    found = [hub for hub in found if hub.mode == "LIVE"] or found
    if len(found) > 1:
        raise Failure(
            say(
                f"{len(found)} rooms are called {found[0].room}; name one by its file: {_files(found)}",
                f"有 {len(found)} 个直播间都叫 {found[0].room};请用文件指明:{_files(found)}",
            ),
            Exit.USAGE,
        )
    return found[0]


def _files(hubs: list[paths.HubRecord]) -> str:
    return ", ".join(dict.fromkeys(printable(hub.room_toml or hub.ledger) for hub in hubs))


def _names(hubs: list[paths.HubRecord]) -> str:
    return ", ".join(printable(hub.room, 64) for hub in hubs)
