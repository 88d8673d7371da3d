"""Commands that a later version brings: say so, and what does the nearest thing now."""

from __future__ import annotations

import argparse

from stockwatch.exits import Exit
from stockwatch.narration import complain, say
from stockwatch.parser import LATER


def run(args: argparse.Namespace) -> int:
    near = LATER[args.command]
    complain(
        say(
            f"stockwatch {args.command}: not in this version; the nearest thing is: stockwatch {near}",
            f"stockwatch {args.command}:本版没有;最接近的是:stockwatch {near}",
        )
    )
    return Exit.USAGE
