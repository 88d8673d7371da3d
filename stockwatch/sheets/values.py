"""What the cells of a run-down sheet say: numbers, codes, ids, link numbers, times. Pure.

Each raises Unusable with what is wrong and what to write, or returns the value.
"""

from __future__ import annotations

import re
import unicodedata

from stockwatch.config.checks import MAX_FIGURE
from stockwatch.config.durations import MAX_SECONDS
from stockwatch.config.problems import Words
from stockwatch.events import is_id
from stockwatch.feeds.csv_values import BadValue, clean, whole
from stockwatch.printable import printable
from stockwatch.sheets.grid import Cell

_NOTHING = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "没有", "none", "n/a", "na", "null", "待定", "tbd"}
)
_UNITS = re.compile(
    r"(?<=\d)\s*(?:件|个|pcs|双|套|盒|瓶|箱|包|条|支|台|只|袋|份|单|张|对|罐|提|组|把|斤|units?)$"
)
_ZERO = re.compile(r"[+-]?0+(?:\.0+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d{2}", re.ASCII)
_SLOT = re.compile(r"(?:第|链接|link|no\.?|#)?\s*(\d{1,9})\s*(?:\.0+|号链接|号链|号|链接)?", re.ASCII)
_DURATION = re.compile(
    r"(\d{1,6}(?:\.5)?)\s*(个?工作日|个?自然日|days?|d|天|日|个?小时|hours?|hrs?|h|时|分钟?|mins?|minutes?|m)?(?:内|后)?",
    re.ASCII,
)


class Unusable(Exception):
    """A cell that can't be used; `says` may be printed."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.says = Words(en, zh)


def tidy(text: str) -> str:
    """Full-width letters and digits as ASCII, one space for any number of white characters, no marks of exports, no
    invisible characters (a copy from a web page brings them)."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return " ".join(clean(seen).split())


def title(text: str) -> str:
    """A title as people wrote it, on one line, without what acts on a terminal or hides."""
    kept = (c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") or c in "\t\n\r")
    return " ".join("".join(kept).split())[:200]


def is_nothing(text: str) -> bool:
    """Blank, or one of the marks for it."""
    return tidy(text).lower() in _NOTHING


def stock(cell: Cell) -> int:
    """A count of units, 0 and above."""
    readable(cell)
    shown = printable(cell.text, 30)
    if cell.rows > 1 and cell.merged is not None:
        raise Unusable(
            f"{shown} is merged over {cell.merged}: is that all of them together? Write every size its own",
            f"{shown} 是 {cell.merged} 的合并单元格:是几行合计吗?请给每个规格各写各的",
        )
    if isinstance(cell.value, bool) or not isinstance(cell.value, str | int | float):
        raise _no_count(shown)
    text = _UNITS.sub("", tidy(cell.text).lower())
    if _ZERO.fullmatch(text):
        return 0
    try:
        count = whole(text)
    except BadValue:
        raise _no_count(shown) from None
    if count < 0:
        raise Unusable(
            f"{shown} is below 0: already oversold, or a slip? Write what is there, 0 if nothing",
            f"{shown} 是负数:已经超卖,还是写错了?写实有件数,没有就写 0",
        )
    return count


def _no_count(shown: str) -> Unusable:
    return Unusable(
        f"{shown} is no count; write a whole number from 0 to {MAX_FIGURE}",
        f"{shown} 不是件数;写 0 到 {MAX_FIGURE} 的整数",
    )


def code(cell: Cell) -> str:
    """A SKU's or style's code as it stands, leading zeros and all."""
    readable(cell)
    _exact(cell)
    _no_moment(cell)
    if isinstance(cell.value, float):
        raise Unusable(
            f"{printable(cell.text, 30)} is a broken number, no code; format the column as text and enter it again",
            f"{printable(cell.text, 30)} 是小数,不是编码;把该列设为文本再重新输入",
        )
    text = tidy(cell.text)
    if not is_id(text):
        raise Unusable(
            f"{printable(text, 30)} is no code: 1-256 characters, no control characters",
            f"{printable(text, 30)} 不能作编码:1–256 个字符,不含控制字符",
        )
    return text


def platform_id(cell: Cell) -> str:
    """A platform's own id: digits as text, never through a float."""
    readable(cell)
    _exact(cell)
    _no_moment(cell)
    text = tidy(cell.text)
    linked = re.search(r"[?&](?:id|item_id|product_id)=(\d{5,25})(?:&|$)", text, re.ASCII)
    text = linked[1] if linked else text
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", text):
        raise Unusable(
            f"{printable(text, 30)} is no id of a platform; copy it from the platform's back-end",
            f"{printable(text, 30)} 不是平台的 ID;从后台复制过来",
        )
    return text


def _exact(cell: Cell) -> None:
    text = tidy(cell.text).lower()
    long = text.isdigit() and len(text) >= 18 and not text[15:].strip("0")
    if cell.rounded or long or _SCIENTIFIC.fullmatch(text):
        raise Unusable(
            f"{printable(cell.text, 30)} was stored as a number and has lost its last digits; format the column as "
            "text first, then paste the id again",
            f"{printable(cell.text, 30)} 存成了数字,末几位已经丢了;先把该列设为文本格式,再重新粘贴",
        )


def _no_moment(cell: Cell) -> None:
    if not isinstance(cell.value, str | int | float) or isinstance(cell.value, bool):
        raise Unusable(
            f"{printable(cell.text, 30)}: the spreadsheet made a date or a truth of it; format the column as text and "
            "enter it again",
            f"{printable(cell.text, 30)}:表格把它变成了日期或真假值;把该列设为文本再重新输入",
        )


def slot(cell: Cell) -> int:
    """A link's number: 3, "3号", "3号链接", "链接3"."""
    readable(cell)
    match = _SLOT.fullmatch(tidy(cell.text).lower())
    number = int(match[1]) if match and not isinstance(cell.value, bool) else 0
    if not 1 <= number <= MAX_FIGURE:
        shown = printable(cell.text, 30)
        raise Unusable(
            f"{shown} is no link number; write one whole number, like 3",
            f"{shown} 不是链接号;写一个整数,如 3",
        )
    return number


def seconds(cell: Cell) -> int:
    """Time until more can be sold; a bare number is days. 1 and above."""
    readable(cell)
    match = _DURATION.fullmatch(tidy(cell.text).lower())
    unit = _unit(match[2] or "d") if match else 0
    total = int(float(match[1]) * unit) if match else 0
    if not 1 <= total <= MAX_SECONDS or isinstance(cell.value, bool):
        shown = printable(cell.text, 30)
        raise Unusable(
            f"{shown} is no single time; write a number of days, or 4小时, 4h, 30分",
            f"{shown} 不是一个时长;写天数,或 4小时、30分",
        )
    return total


def _unit(name: str) -> int:
    if name.startswith(("m", "分")):
        return 60
    return 3_600 if name.startswith("h") or "时" in name else 86_400


def readable(cell: Cell) -> None:
    """Raises `Unusable` for an error or a formula that was never calculated."""
    if cell.broken == "=":
        raise Unusable(
            "a formula whose result was never saved; open the sheet in Excel or WPS, let it calculate, save",
            "公式没有保存结果;用 Excel 或 WPS 打开,算完再保存",
        )
    if cell.broken is not None:
        raise Unusable(
            f"shows {cell.broken}; correct the formula, or write the value",
            f"显示 {cell.broken};改好公式,或直接写值",
        )
