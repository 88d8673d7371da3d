"""The platforms' own ids of a room's goods: the file beside a room.toml (`double11.map.toml`), written and read. Pure.

[[map]]
channel = "douyin"
product_id = "3561234567890123456"   # decimal strings: they never pass through a float
sku_id = "1789012345678901234"       # optional
sku = "HOODIE-BK-M"                  # or listing = "L7", for a link that is a bundle
where = "Sheet1!4"                   # optional
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from typing import Any, Final

from stockwatch.events import is_id
from stockwatch.printable import printable
from stockwatch.sheets.plan import Number
from stockwatch.sheets.problems import SheetError

MAX_TEXT: Final = 8 * 1024 * 1024
_KEYS: Final = ("channel", "product_id", "sku_id", "sku", "listing", "where")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def write_numbers(numbers: Sequence[Number], heading: str = "") -> str:
    """The text of the file. `heading` becomes comment lines."""
    blocks = ["".join(f"# {line}\n" for line in heading.splitlines())] if heading else []
    for number in numbers:
        pairs = [(key, getattr(number, key)) for key in _KEYS]
        rows = [f"{key} = {_quoted(value)}\n" for key, value in pairs if value]
        blocks.append("[[map]]\n" + "".join(rows))
    return "\n".join(blocks)


def read_numbers(text: str) -> list[Number]:
    """What the file says. Raises SheetError naming the entry, what is wrong with it, and the fix."""
    if len(text) > MAX_TEXT:
        raise SheetError("the map is larger than 8 MiB", "对照文件超过 8 MiB")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        why = printable(str(error), 200)
        raise SheetError(f"the map is no TOML: {why}", f"对照文件不是 TOML:{why}") from None
    entries = document.get("map", [])
    if set(document) - {"map"} or not isinstance(entries, list):
        raise SheetError("the map holds [[map]] entries and nothing else", "对照文件里只能有 [[map]]")
    return [_number(nth, entry) for nth, entry in enumerate(entries, 1)]


def _number(nth: int, entry: Any) -> Number:
    if not isinstance(entry, dict) or set(entry) - set(_KEYS):
        raise _wrong(nth, f"its keys are {', '.join(_KEYS)}", f"键只能是 {'、'.join(_KEYS)}")
    for key, value in entry.items():
        platform = key in ("product_id", "sku_id")
        if not isinstance(value, str) or not (_ID.fullmatch(value) if platform else is_id(value)):
            raise _wrong(nth, f"{key}: an id in quotes is needed", f"{key}:需要引号里的编号")
    if "channel" not in entry or not {"product_id", "sku_id"} & set(entry):
        raise _wrong(
            nth, "channel, and product_id or sku_id, are needed", "要有 channel,以及 product_id 或 sku_id"
        )
    if ("sku" in entry) == ("listing" in entry):
        raise _wrong(nth, "name either a sku or a listing", "sku 和 listing 恰好写一个")
    return Number(
        channel=entry["channel"],
        product_id=entry.get("product_id"),
        sku_id=entry.get("sku_id"),
        sku=entry.get("sku"),
        listing=entry.get("listing"),
        where=entry.get("where", ""),
    )


def _wrong(nth: int, en: str, zh: str) -> SheetError:
    return SheetError(f"[[map]] number {nth}: {en}", f"第 {nth} 个 [[map]]:{zh}")


def _quoted(text: str) -> str:
    """JSON strings are TOML ones, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
