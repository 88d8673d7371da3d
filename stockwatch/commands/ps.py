"""`stockwatch ps [--json]`: running rooms, one a line."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from stockwatch import paths
from stockwatch.commands.overview import line_of
from stockwatch.exits import Exit
from stockwatch.narration import complain, say


def run(args: argparse.Namespace) -> int:
    """Prints nothing but a note on stderr when none runs."""
    hubs = paths.running_hubs()
    if args.json:
        sys.stdout.write(json.dumps([asdict(hub) for hub in hubs], ensure_ascii=False) + "\n")
    else:
        for hub in hubs:
            sys.stdout.write(line_of(hub) + "\n")
        if not hubs:
            complain(say("stockwatch: no room is running", "stockwatch:没有直播间在跑"))
    return Exit.DONE
