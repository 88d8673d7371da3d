"""`stockwatch` alone: running rooms, the samples that came with it, and what to type next."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from stockwatch import __version__, paths
from stockwatch.config.durations import format_duration
from stockwatch.exits import Exit, Failure
from stockwatch.narration import say
from stockwatch.printable import printable


def run(args: argparse.Namespace) -> int:
    """Print it. Reads the records of hubs and the names of samples; opens no ledger."""
    lines = [f"stockwatch {__version__}", ""]
    hubs = paths.running_hubs()
    lines.append(say("Running rooms", "正在跑的直播间"))
    lines += [f"  {line_of(hub)}" for hub in hubs] or [say("  none", "  没有")]
    lines += ["", say("Samples", "样例")]
    try:
        samples = paths.samples()
    except Failure as failure:
        samples = []
        lines.append(f"  {printable(str(failure))}")
    lines += [f"  {name:<12} {printable(shortest(feed))}" for name, feed, _ in samples]
    if not samples:
        lines.append(say("  none", "  没有"))
    lines += ["", say("Type", "可以打"), *_what_to_type(hubs, samples)]
    sys.stdout.write("\n".join(lines) + "\n")
    return Exit.DONE


def line_of(hub: paths.HubRecord) -> str:
    """One running hub on one line."""
    age = max(0, int(time.time()) - hub.started)
    since = format_duration(age - age % 60) if age >= 60 else f"{age}s"
    name = printable(hub.name, 40)
    return f"{printable(hub.room, 64)}  {name}  {printable(hub.mode, 12)}  {since}  pid {hub.pid}"


def shortest(path: Path) -> str:
    """The path from here when it lies below the current folder, else the whole path."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _what_to_type(hubs: list[paths.HubRecord], samples: list[tuple[str, Path, Path]]) -> list[str]:
    typed: list[tuple[str, str]] = []
    if hubs:
        room = printable(hubs[0].room, 64)
        typed.append((f"stockwatch attach {room}", say("open a console on it", "打开它的看板")))
        typed.append((f"stockwatch stop {room}", say("stop it", "停掉它")))
    if samples:
        name = next((name for name, _, _ in samples if name == "double11"), samples[0][0])
        played = f"stockwatch replay {name}.jsonl --speed 60"
        typed.append((played, say("play a sample, an hour in a minute", "回放样例,一分钟放一小时")))
    typed += [
        ("stockwatch run ROOM.toml", say("follow your room", "跟你的直播间")),
        ("stockwatch doctor", say("check this machine", "检查这台机器")),
        ("stockwatch help", say("help on everything, offline", "离线帮助")),
    ]
    width = max(len(command) for command, _ in typed)
    return [f"  {command:<{width}}  {about}" for command, about in typed]
