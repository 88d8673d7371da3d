"""A plan as the settings of a room, and as the text of a room.toml with the comments that a person needs. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from stockwatch.config import Channel, RoomConfig
from stockwatch.config.checks import PLATFORMS
from stockwatch.config.problems import Words
from stockwatch.drills.rooms import room_toml
from stockwatch.printable import printable
from stockwatch.sheets.grid import Grid
from stockwatch.sheets.names import channel_title
from stockwatch.sheets.plan import Plan
from stockwatch.sheets.rows import Row

_PLAIN_STEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def room_id(stem: str) -> str:
    """A room's id after a file's name: the name itself where that may be one, else `room-` and eight letters and digits
    that stay the same for the name."""
    if _PLAIN_STEM.fullmatch(stem):
        return stem
    return f"room-{hashlib.sha256(stem.encode('utf-8', 'replace')).hexdigest()[:8]}"


def settings(plan: Plan, *, id: str, name: str, channels: Sequence[str]) -> RoomConfig:
    """The room that the plan comes to; everything that the sheet does not say is left to the defaults."""
    return RoomConfig(
        id=id,
        name=name,
        channels=tuple(Channel(id=each, source=each, title=channel_title(each)) for each in channels),
        skus=tuple(plan.skus),
        listings=tuple(plan.listings),
    )


def document(
    room: RoomConfig, plan: Plan, grid: Grid, *, source: str, map_name: str | None, language: str
) -> str:
    """The text of the file. `source`: the sheet's file name; `map_name`: the file of the platforms' numbers, if any."""
    zh = language == "zh"
    heading = _heading(room, source, grid.name, map_name)
    lines = room_toml(room, heading.zh if zh else heading.en).splitlines()
    skus, links, channels = iter(room.skus), iter(room.listings), iter(room.channels)
    unstocked = set(plan.unstocked)
    told: list[str] = []
    unsaid = False
    for line in lines:
        if line == "[[sku]]":
            sku = next(skus)
            unsaid = sku.id in unstocked
            told.append(f"[[sku]]  # {grid.where(plan.sku_rows[sku.id].at)}")
        elif line == "[[listing]]":
            about = _about(plan.listing_rows[next(links).id])
            told += [line if not about else f"[[listing]]  # {about}"]
        elif line == "[[channel]]":
            channel = next(channels)
            told.append(line)
            if channel.id in PLATFORMS:
                told.append(_feed_hint(channel.id, zh=zh))
        elif unsaid and line == "stock = 0":
            told.append(
                f"stock = 0  # {'表里没有可用的库存:填好再开播' if zh else 'not in the sheet: fill it in'}"
            )
            unsaid = False
        else:
            told.append(line)
    return "\n".join(told) + "\n"


def _heading(room: RoomConfig, source: str, sheet: str, map_name: str | None) -> Words:
    file, tab = printable(source, 100), printable(sheet, 60)
    en = [
        f"{room.id}: made from {file} ({tab}). Change it here, or change the sheet and make it anew with --force.",
        "Check it with: stockwatch config check FILE    What each key means: stockwatch help room.toml",
        "stock is booked once, when the ledger first meets a SKU; the ledger goes by the room's id.",
        "Not from the sheet, so at their defaults: restock sources, alerts, playbook.",
    ]
    zh = [
        f"{room.id}:由 {file}({tab})生成。可以直接改,也可以改表再用 --force 重新生成。",
        "检查:stockwatch config check 文件    每项的意思:stockwatch help room.toml",
        "stock 只在账本第一次见到 SKU 时记一次;账本按直播间编号(id)存。",
        "表里没有、用默认值的:补货来源、预警、话术。",
    ]
    if map_name is not None:
        name = printable(map_name, 100)
        en.append(f"The platforms' own ids are beside it, in {name}.")
        zh.append(f"各平台的商品 ID 在旁边的 {name}。")
    return Words("\n".join(en), "\n".join(zh))


def _about(row: Row) -> str:
    """What the sheet says of a link and a room file has no key for, for whoever reads the file."""
    price = f"¥{row.price}" if row.price[:1].isdigit() else row.price
    return " · ".join(printable(text, 60) for text in (row.section, price, row.time) if text)


def _feed_hint(channel: str, *, zh: bool) -> str:
    about = "接平台时去掉 #,并配好密钥" if zh else "take the # off to follow the platform, with its keys set"
    return f'# feed = "{channel}:"  # {about}'
