"""`stockwatch room lessons ROOM`: what the streams of a room have taught, and in which file that stands.

A table on stdout, or with --json the lessons as one object. Reads only.
"""

from __future__ import annotations

import argparse
import json
import sys
from math import exp
from pathlib import Path

from stockwatch import paths
from stockwatch.commands.table import lines
from stockwatch.config import RoomConfig, load_room
from stockwatch.config.checks import room_id as check_room_id
from stockwatch.config.problems import Wrong
from stockwatch.demand.lessons import BadLessons, Lessons, SkuLessons, data_of
from stockwatch.exits import Exit, Failure
from stockwatch.hub.lessons import read
from stockwatch.narration import say
from stockwatch.printable import printable


def run(args: argparse.Namespace) -> int:
    """Raises Failure, ConfigError and OSError, which the command line turns into messages."""
    id_, config = _room(args.room)
    file = paths.lessons_file(id_)
    try:
        lessons = read(id_)
    except BadLessons as error:
        raise Failure(printable(str(error)), Exit.USAGE) from None
    if args.json:
        sys.stdout.write(json.dumps(data_of(lessons or Lessons()), ensure_ascii=False) + "\n")
        return Exit.DONE
    if lessons is None:
        sys.stdout.write(
            say(
                f"none yet: they are written as the room closes, to {printable(str(file))}\n",
                f"还没有:直播间关闭时写到 {printable(str(file))}\n",
            )
        )
        return Exit.DONE
    titles = {} if config is None else {sku.id: sku.title for sku in config.skus}
    head = (
        "SKU",
        say("usual/h", "平时单/时"),
        say("give or take", "上下"),
        say("units an order", "每单件数"),
        say("clustered", "扎堆"),
        say("presented/min", "讲解时单/分"),
        say("streams", "场次"),
    )
    rows = [head, *(_row(sku, one, titles.get(sku)) for sku, one in lessons.skus.items())]
    streams = f"{lessons.streams:g}"
    sys.stdout.write(
        say(f"{streams} streams, {printable(str(file))}\n", f"{streams} 场,{printable(str(file))}\n")
        + "".join(f"{line}\n" for line in lines(rows, range(1, 7)))
    )
    return Exit.DONE


def _room(named: str) -> tuple[str, RoomConfig | None]:
    """(its id, its settings where a room.toml was named)"""
    if named.endswith(".toml"):
        config = load_room(Path(named))
        return config.id, config
    try:
        return str(check_room_id(named, Path())), None
    except Wrong as wrong:
        needs = say(wrong.needs.en, wrong.needs.zh)
        raise Failure(f"{printable(named, 80)}: {needs}", Exit.USAGE) from None


def _row(sku: str, one: SkuLessons, title: str | None) -> tuple[str, ...]:
    shown = one.presented
    return (
        printable(sku if title is None else f"{sku} {title}", 40),
        f"{one.usual * 3600:.3g}",
        f"x{exp(one.varies):.1f}",
        f"{one.units_per_order:.2g}",
        f"{one.clustering[-1]:.1f}" if one.clustering else "-",
        f"{shown.orders / shown.seconds * 60:.3g}" if shown.seconds else "-",
        f"{one.streams:g}",
    )
