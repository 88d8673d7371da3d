"""`stockwatch run ROOM.toml`: start the hub of the room's ledger if none runs, and attach a console."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stockwatch import paths
from stockwatch.commands.attach import show
from stockwatch.config import load_room
from stockwatch.exits import Exit
from stockwatch.hub.spec import HubSpec


def run(args: argparse.Namespace) -> int:
    """Raises ConfigError for the room's settings, Failure when the hub does not come up."""
    file = room_file(args.room)
    config = load_room(file)
    ledger = config.ledger_path or paths.default_ledger(config.id)
    record = paths.hub_of(ledger)
    if record is None:
        from stockwatch.hub.spawn import start

        record = start(HubSpec(room=str(file.resolve())))
        sys.stderr.write(f"stockwatch: room {record.room} runs (pid {record.pid}); its log: {record.log}\n")
    else:
        sys.stderr.write(f"stockwatch: room {record.room} runs already (pid {record.pid}); attaching\n")
    if args.detach:
        return Exit.DONE
    return show(record.socket, args, owns_hub=False, language=config.language)


def room_file(name: str) -> Path:
    """The file as given, or a shipped sample's when there is no such file."""
    file = Path(name)
    if file.exists() or file.is_absolute():
        return file
    return paths.find_sample(file.name) or file
