"""What `stockwatch room new` says: the columns, the questions, the cells that could not be used, and what came of it.

Text from the sheet is made printable where it enters a line.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stockwatch.config import RoomConfig
from stockwatch.config.problems import Words
from stockwatch.narration import complain, say
from stockwatch.printable import printable
from stockwatch.sheets.header import Column, Reading
from stockwatch.sheets.names import ROLES, SURE, channel_title
from stockwatch.sheets.plan import Plan
from stockwatch.sheets.rows import Goods

MOST_PROBLEMS = 100
"""Lines of problems that a person is shown; --json has all."""


@dataclass(slots=True)
class Outcome:
    """How far it came."""

    reading: Reading
    goods: Goods | None = None
    plan: Plan | None = None
    room: RoomConfig | None = None
    written: list[Path] = field(default_factory=list)
    old_ledger: Path | None = None
    stale: Path | None = None
    """A file of platforms' numbers from before; this sheet has none."""


def tell_columns(reading: Reading, file: str) -> None:
    """What each column was taken for, and which were not used."""
    grid = reading.grid
    tab = "" if grid.plain else f" [{printable(grid.name, 40)}]"
    complain(
        say(
            f"{file}{tab}: header in row {grid.lines.get(reading.header, reading.header)}",
            f"{file}{tab}:表头在第 {grid.lines.get(reading.header, reading.header)} 行",
        )
    )
    used = [column for column in reading.columns if column.role is not None]
    rows = [(column.letters, _cut(column.name, 24), _taken_for(column), say(*column.why)) for column in used]
    widths = [max((_width(row[at]) for row in rows), default=0) for at in range(3)]
    for row in rows:
        shown = (_padded(text, width) for text, width in zip(row, widths, strict=False))
        letter, name, taken = shown
        complain(f"  {letter}  {name}  → {taken}  {row[3]}".rstrip())
    unused: dict[Words, list[str]] = {}
    for column in reading.columns:
        if column.role is None:
            unused.setdefault(column.why, []).append(f"{column.letters} {_cut(column.name, 24)}")
    for why, names in unused.items():
        complain(say(f"  not used ({why.en}): {', '.join(names)}", f"  没有用({why.zh}):{'、'.join(names)}"))
    if reading.others:
        tabs = [printable(name, 30) for name in reading.others]
        complain(
            say(
                f"  other worksheets, not read: {', '.join(tabs)} (--sheet NAME)",
                f"  其他工作表,没有读:{'、'.join(tabs)}(--sheet 表名)",
            )
        )


def _taken_for(column: Column) -> str:
    assert column.role is not None
    role = say(*ROLES[column.role])
    mark = "" if column.score >= SURE else "?"
    return f"{'' if column.channel is None else channel_title(column.channel) + ' '}{role}{mark}"


def tell_questions(reading: Reading) -> None:
    """What a person has to say before anything is written, each with the flags that say it."""
    for question in reading.questions:
        complain(say(question.says.en, question.says.zh))
        for flag in question.flags:
            complain(f"  {printable(flag)}")
    complain(say("nothing was written; add one of the flags", "什么都没写;加上其中一个参数再来"))


def tell_outcome(outcome: Outcome, *, refused: bool) -> None:
    """Cells that could not be used, what was left out, what was written, and what to type next."""
    goods, plan, room = outcome.goods, outcome.plan, outcome.room
    assert goods is not None
    assert plan is not None
    assert room is not None
    _tell_problems(plan)
    _tell_left_out(outcome, goods, plan)
    serious = sum(problem.serious for problem in plan.problems)
    units = sum(sku.stock for sku in plan.skus)
    en = f"{len(plan.skus)} SKUs, {units} units, {len(plan.listings)} links, {len(room.channels)} channels"
    zh = f"{len(plan.skus)} 个 SKU,{units} 件,{len(plan.listings)} 个链接,{len(room.channels)} 个渠道"
    if serious:
        cells = "cell" if serious == 1 else "cells"
        en, zh = f"{en}; {serious} {cells} to correct", f"{zh};{serious} 处要改"
    if refused:
        complain(say(f"{en}: not written (--strict)", f"{zh}:没有写(--strict)"))
        return
    if not outcome.written:
        complain(say(f"{en}: it loads; nothing was written (--dry-run)", f"{zh}:能读;没有写(--dry-run)"))
        return
    names = ", ".join(printable(str(path)) for path in outcome.written)
    complain(say(f"{names}: {en}", f"{names}:{zh}"))
    if outcome.old_ledger is not None:
        complain(
            say(
                f"note: a ledger of room {room.id} is there already: its SKUs keep the stock they have in it; "
                "--id NAME begins a new one",
                f"提示:直播间 {room.id} 已有账本,里面的 SKU 沿用账上库存;要重新开账就加 --id 新编号",
            )
        )
    if outcome.stale is not None:
        stale = printable(str(outcome.stale))
        complain(
            say(
                f"note: {stale} is not from this sheet, which has no platform's ids; delete it if it is out of date",
                f"提示:{stale} 不是这张表的(表里没有平台 ID);过期了就删掉",
            )
        )
    first = printable(str(outcome.written[0]))
    complain(say(f"next: stockwatch config check {first}", f"下一步:stockwatch config check {first}"))


def _tell_problems(plan: Plan) -> None:
    for problem in plan.problems[:MOST_PROBLEMS]:
        note = "" if problem.serious else say("note: ", "提示:")
        complain(f"{problem.where}: {note}{say(*problem.says)}")
    more = len(plan.problems) - MOST_PROBLEMS
    if more > 0:
        complain(say(f"… and {more} more; --json has them all", f"……还有 {more} 处;--json 列出全部"))


def _tell_left_out(outcome: Outcome, goods: Goods, plan: Plan) -> None:
    lines = outcome.reading.grid.lines
    for rows, en, zh in (
        (goods.hidden, "hidden rows, left out (--hidden takes them)", "隐藏的行,没有用(要用加 --hidden)"),
        (goods.skipped, "rows that are no goods (titles, totals, notes)", "不是商品的行(标题、合计、备注)"),
    ):
        if rows:
            listed = _ranges([lines.get(row, row) for row in rows])
            complain(say(f"{en}: {listed}", f"{zh}:{listed}"))
    if plan.made_up:
        some = ", ".join(printable(id, 30) for id in plan.made_up[:3])
        count = len(plan.made_up)
        complain(
            say(
                f"{count} SKUs have no code in the sheet; their ids are made of what it says: {some} …",
                f"{count} 个 SKU 表里没有商家编码,编号由表里的内容组成:{some} …",
            )
        )
    if outcome.reading.column("stock") is None:
        complain(say("no stock column: every SKU opens at 0", "没有库存列:所有 SKU 按 0 开账"))
    elif plan.unstocked:
        count = len(plan.unstocked)
        complain(say(f"{count} SKUs open at 0, marked in the file", f"{count} 个 SKU 先按 0 开账,文件里标了"))
    for words in plan.unplaced:
        complain(say(*words))
    if outcome.room is not None and not outcome.room.channels:
        complain(say("no platform: add --channel 抖店", "没有渠道:加 --channel 抖店"))


def _ranges(rows: list[int]) -> str:
    """3-5, 9: ascending rows, twelve ranges at most."""
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and ranges[-1][1] == row - 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:12]]
    return ", ".join(shown) + (" …" if len(ranges) > 12 else "")


def as_json(outcome: Outcome) -> str:
    """Everything, as one JSON object; words in both languages."""
    reading, plan, room = outcome.reading, outcome.plan, outcome.room
    found: dict[str, Any] = {
        "sheet": reading.grid.name,
        "header_row": reading.grid.lines.get(reading.header, reading.header),
        "columns": [
            {
                "column": column.letters,
                "name": column.name,
                "role": column.role,
                "channel": column.channel,
                "score": round(column.score, 2),
                "why": column.why._asdict(),
            }
            for column in reading.columns
        ],
        "questions": [
            {"says": question.says._asdict(), "flags": list(question.flags)} for question in reading.questions
        ],
        "problems": [],
    }
    if plan is not None and room is not None and outcome.goods is not None:
        found["problems"] = [
            {"where": each.where, "serious": each.serious, "says": each.says._asdict()}
            for each in plan.problems
        ]
        lines = reading.grid.lines
        found |= {
            "room": room.id,
            "channels": [channel.id for channel in room.channels],
            "skus": len(plan.skus),
            "units": sum(sku.stock for sku in plan.skus),
            "links": len(plan.listings),
            "unstocked": plan.unstocked,
            "made_up": plan.made_up,
            "skipped_rows": [lines.get(row, row) for row in outcome.goods.skipped],
            "hidden_rows": [lines.get(row, row) for row in outcome.goods.hidden],
            "notes": [words._asdict() for words in plan.unplaced],
        }
    found["written"] = [str(path) for path in outcome.written]
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _width(text: str) -> int:
    """Cells on a terminal."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def _cut(text: str, most: int) -> str:
    while _width(text) > most:
        text = text.removesuffix("…")[:-1] + "…"
    return text


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
