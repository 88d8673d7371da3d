"""`stockwatch hub ROOM.toml`: the hub alone, in the foreground, for systemd and containers."""

from __future__ import annotations

import argparse
import logging
import sys

from stockwatch.commands.run import room_file
from stockwatch.config import load_room
from stockwatch.exits import Exit, Failure
from stockwatch.hub.process import quiet_libraries, run_hub
from stockwatch.hub.spec import HubSpec


def run(args: argparse.Namespace) -> int:
    """Runs until SIGTERM or SIGINT. Its log goes to stderr."""
    if args.listen is not None:
        raise Failure("--listen is not in this version: consoles attach on the same machine", Exit.USAGE)
    file = room_file(args.room)
    config = load_room(file)
    quiet_libraries()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    return run_hub(HubSpec(room=str(file.resolve())), config)
