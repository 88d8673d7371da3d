"""`stockwatch attach [ROOM|URL]`: another console on a running room."""

from __future__ import annotations

import argparse
from pathlib import Path

from stockwatch.commands.hubs import the_hub
from stockwatch.config import ConfigError, load_room


def run(args: argparse.Namespace) -> int:
    """Raises Failure when there is no such room, or several and none was named."""
    if args.room is not None and args.room.startswith(("ws://", "wss://")):
        return show(args.room, args, owns_hub=False)
    record = the_hub(args.room)
    return show(record.socket, args, owns_hub=False, language=_language(record.room_toml))


def _language(room_toml: str | None) -> str | None:
    """The language that a room asks for, if its settings can still be read."""
    try:
        return load_room(Path(room_toml)).language if room_toml is not None else None
    except ConfigError:
        return None


def show(target: str, args: argparse.Namespace, *, owns_hub: bool, language: str | None = None) -> int:
    """A console on a hub's socket or URL. `owns_hub`: the hub ends with it (a replay). `language`: the room's, which
    an option overrules; None: by the locale.
    """
    from stockwatch import console

    return console.attach(
        target,
        by=args.as_,
        read_only=args.read_only,
        language=args.lang or language,
        theme=args.theme,
        ascii=True if args.ascii else None,
        owns_hub=owns_hub,
    )
