"""`stockwatch room new SHEET`: a room.toml from the spreadsheet that a live room already has (排品表).

Owns the order of things: read, say what each column was taken for, ask where a person has to tell, make the room, prove
that it loads, write it. The file's text is on stdout with --dry-run, one JSON object with --json; narration on stderr.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from stockwatch import paths
from stockwatch.commands.room_files import New, write_new
from stockwatch.commands.room_report import Outcome, as_json, tell_columns, tell_outcome, tell_questions
from stockwatch.config import RoomConfig
from stockwatch.config.checks import room_id as check_room_id
from stockwatch.config.problems import Wrong
from stockwatch.exits import Exit, Failure
from stockwatch.narration import complain, language, say
from stockwatch.printable import printable
from stockwatch.sheets.asked import parse_asked
from stockwatch.sheets.document import document, room_id, settings
from stockwatch.sheets.goods import plan_of
from stockwatch.sheets.header import Reading, read_header
from stockwatch.sheets.names import CHANNELS, channel_of
from stockwatch.sheets.numbers import write_numbers
from stockwatch.sheets.plan import Plan
from stockwatch.sheets.problems import SheetError
from stockwatch.sheets.read import read_grids
from stockwatch.sheets.rows import read_rows


def run(args: argparse.Namespace) -> int:
    """Raises Failure and OSError, which the command line turns into messages."""
    if args.room_command == "lessons":
        from stockwatch.commands import lessons

        return lessons.run(args)
    assert args.room_command == "new", args.room_command
    if args.example:
        return _example(args)
    if args.sheet is None and args.channel and channel_of(args.channel[-1]) is None:
        args.sheet = Path(args.channel.pop())  # `--channel 抖店 SHEET`: the last word is no channel
    if args.sheet is None:
        raise Failure(
            say(
                "name the sheet: stockwatch room new SHEET.xlsx; --example writes one to start from",
                "请给出表格:stockwatch room new 排品表.xlsx;--example 会写一份样表",
            ),
            Exit.USAGE,
        )
    try:
        return _new(args)
    except SheetError as error:
        shown = printable(str(args.sheet))
        raise Failure(say(f"{shown}: {error.words.en}", f"{shown}:{error.words.zh}"), Exit.USAGE) from None


def _new(args: argparse.Namespace) -> int:
    sheet: Path = args.sheet
    asked = parse_asked(args.column)
    named = _channels(args.channel)
    reading = read_header(read_grids(sheet), asked, args.sheet_name)
    if not args.json:
        tell_columns(reading, printable(sheet.name))
    if reading.questions:
        if args.json:
            sys.stdout.write(as_json(Outcome(reading)) + "\n")
        tell_questions(reading)
        return Exit.USAGE
    goods = read_rows(reading, named, with_hidden=args.hidden)
    plan = plan_of(reading, goods)
    if not plan.skus:
        raise SheetError(
            f"no goods were found below the header (row {reading.header})",
            f"表头(第 {reading.header} 行)下面没有找到商品",
        )
    target = args.output if args.output is not None else Path("room.toml")
    room = _room(args, reading, plan, named)
    outcome = Outcome(reading, goods, plan, room)
    serious = sum(problem.serious for problem in plan.problems)
    refused = bool(args.strict and serious)
    files = _files(room, plan, reading, sheet, target)
    if args.dry_run or refused:
        write_new(files, force=True, dry_run=True)
        if args.dry_run and not args.json:
            sys.stdout.write(files[0].text)
    else:
        write_new(files, force=args.force)
        outcome.written = [file.path for file in files]
        outcome.old_ledger = _old_ledger(room)
        stale = paths.map_file(target)
        outcome.stale = stale if stale not in outcome.written and os.path.lexists(stale) else None
    if args.json:
        sys.stdout.write(as_json(outcome) + "\n")
    else:
        tell_outcome(outcome, refused=refused)
    return Exit.CHECK_FAILED if refused else Exit.DONE


def _room(args: argparse.Namespace, reading: Reading, plan: Plan, named: list[str]) -> RoomConfig:
    used = [number.channel for number in plan.numbers]
    channels = list(dict.fromkeys((*named, *reading.channels, *used)))
    stem = args.output.stem if args.output is not None and args.output.stem != "room" else args.sheet.stem
    id = args.id if args.id is not None else room_id(stem)
    try:
        check_room_id(id, Path())
    except Wrong as wrong:
        raise Failure(
            say(f"--id {printable(id, 40)}: {wrong.needs.en}", f"--id {printable(id, 40)}:{wrong.needs.zh}"),
            Exit.USAGE,
        ) from None
    name = args.name or printable(args.sheet.stem, 100)
    return settings(plan, id=id, name=name, channels=channels)


def _files(room: RoomConfig, plan: Plan, reading: Reading, sheet: Path, target: Path) -> list[New]:
    """The room's file, and beside it the platforms' numbers, if there are any."""
    beside = paths.map_file(target) if plan.numbers else None
    map_name = None if beside is None else beside.name
    text = document(room, plan, reading.grid, source=sheet.name, map_name=map_name, language=language())
    files = [New(target, text, room)]
    if beside is not None:
        source = printable(sheet.name, 100)
        heading = say(
            f"What the platforms call the goods of {printable(target.name, 100)}, from {source}.",
            f"{printable(target.name, 100)} 的商品在各平台的 ID,来自 {source}。",
        )
        files.append(New(beside, write_numbers(plan.numbers, heading)))
    return files


def _channels(named: list[str]) -> list[str]:
    """Channel ids of what --channel says: 抖店, 淘宝,快手. Raises Failure."""
    found: list[str] = []
    for word in (word for text in named for word in re.split(r"[,\uff0c、\s]+", text) if word):
        channel = word if word in CHANNELS else channel_of(word)
        if channel is None:
            known = say(", ".join(CHANNELS), "、".join(title for title, _ in CHANNELS.values()))
            shown = printable(word, 40)
            raise Failure(
                say(f"--channel {shown}: known: {known}", f"--channel {shown}:可用:{known}"), Exit.USAGE
            )
        found.append(channel)
    return list(dict.fromkeys(found))


def _old_ledger(room: RoomConfig) -> Path | None:
    """The ledger that a room of this id already has."""
    ledger = paths.default_ledger(room.id)
    return ledger if os.path.lexists(ledger) else None


def _example(args: argparse.Namespace) -> int:
    from io import BytesIO

    from stockwatch.sheets.example import write_example

    target = args.output if args.output is not None else Path(say("run-down.xlsx", "排品表.xlsx"))
    content = BytesIO()
    write_example(content)
    write_new([New(target, content.getvalue())], force=args.force)
    shown = printable(str(target))
    complain(
        say(
            f"{shown}: an example; put your goods in, then: stockwatch room new {shown}",
            f"{shown}:样表已写好;换成你的商品,然后:stockwatch room new {shown}",
        )
    )
    return Exit.DONE
