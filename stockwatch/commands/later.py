"""Commands that a later version brings: say so, and what does the nearest thing now."""

from __future__ import annotations

import argparse

from stockwatch.cli import LATER, complain, say
from stockwatch.exits import Exit


def run(args: argparse.Namespace) -> int:
    near = LATER[args.command]
    complain(
        say(
            f"stockwatch {args.command}: not in this version; the nearest thing is: stockwatch {near}",
            f"stockwatch {args.command}:本版没有;最接近的是:stockwatch {near}",
        )
    )
    return Exit.USAGE
