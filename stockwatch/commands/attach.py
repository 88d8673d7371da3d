"""`stockwatch attach [ROOM|URL]`: another console on a running room."""

from __future__ import annotations

import argparse

from stockwatch.commands.hubs import the_hub


def run(args: argparse.Namespace) -> int:
    """Raises Failure when there is no such room, or several and none was named."""
    if args.room is not None and args.room.startswith(("ws://", "wss://")):
        return show(args.room, args, owns_hub=False)
    record = the_hub(args.room)
    return show(record.socket, args, owns_hub=False, language=record.language)


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
        bell=not args.no_bell,
        owns_hub=owns_hub,
    )
