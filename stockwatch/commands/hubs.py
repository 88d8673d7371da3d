"""Which running hub a person means."""

from __future__ import annotations

from pathlib import Path

from stockwatch import paths
from stockwatch.config import ConfigError, load_room
from stockwatch.exits import Exit, Failure
from stockwatch.printable import printable


def the_hub(name: str | None) -> paths.HubRecord:
    """By room id, by room.toml, or the only one that runs. Raises Failure otherwise."""
    hubs = paths.running_hubs()
    if name is None:
        if len(hubs) == 1:
            return hubs[0]
        if not hubs:
            raise Failure("no room is running; start one: stockwatch run ROOM.toml")
        raise Failure(f"several rooms run, name one: {_names(hubs)}", Exit.USAGE)
    found = [hub for hub in hubs if hub.room == name]
    file = Path(name)
    if not found and file.suffix == ".toml" and file.exists():
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
            f"running: {_names(hubs)}" if hubs else "none is running; start one: stockwatch run ROOM.toml"
        )
        raise Failure(f"no running room {printable(name)}; {running}")
    live = [hub for hub in found if hub.mode == "LIVE"]
    return (live or found)[0]


def _names(hubs: list[paths.HubRecord]) -> str:
    return ", ".join(printable(hub.room, 64) for hub in hubs)
