"""Why the ledger decided as it did, in Chinese: its reasons are sentences of a few known forms in English.

A reason that is of none of them stays as it is. Pure.
"""

from __future__ import annotations

import re

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), chinese)
    for pattern, chinese in (
        (r"the same source and id came before with other content", "同一来源同一编号,内容与先前不同"),
        (r"the line has (?P<a>\d+) units, this says (?P<b>\d+)", "这一行是 {a} 件,这条说 {b} 件"),
        (r"the line consists of other items", "组成与先前不同"),
        (r"the line is of (?P<a>.*), this says (?P<b>.*)", "这一行是 {a},这条说 {b}"),
        (r"document (?P<a>['\"].*['\"]) is booked with other content", "单据 {a} 已记过,内容不同"),
        (r"the document is booked already", "单据已记过"),
        (r"a count as of a later moment stands", "已有更晚时刻的盘点"),
        (r"(?P<a>\d+) more than (?P<b>['\"].*['\"]) ordered have come", "比补货单 {b} 多到了 {a} 件"),
        (r"too little stock for all of (?P<a>\d+); the rest waits", "库存不够 {a} 件,其余等货"),
        (r"the atomic group has (?P<a>\d+) of (?P<b>\d+) members", "整组只到了 {a} 条(应有 {b} 条)"),
        (r"a member of the atomic group is in conflict: (?P<c>.*)", "整组中有一条矛盾:{c}"),
        (
            r"(?P<a>.*): the atomic group asks for (?P<b>\d+), (?P<d>\d+) available",
            "{a}:整组要 {b} 件,可用 {d} 件",
        ),
        (r"(?P<a>.*): (?P<b>\d+) asked, (?P<d>\d+) available", "{a}:要 {b} 件,可用 {d} 件"),
        (r"paid after its reservation expired", "锁单过期后才付款"),
        (
            r"paid, but its order never came or was refused: .*",
            "付了款,但订单没到或没接:退款,或向平台要这笔订单",
        ),
        (r"opening stock", "期初库存"),
        (r"nobody has told its size and SKU", "没人说过它是什么、几件"),
        (
            r"as_of (?P<a>\S+) is before what is remembered of movements \((?P<b>\d+) days\); .*",
            "盘点时刻 {a} 太早,只记得最近 {b} 天的进出;请重新盘点",
        ),
        (
            r"time (?P<a>\S+) \(before its as_of\) is before what is remembered of movements \((?P<b>\d+) days\); .*",
            "盘点是 {a} 报的(比它说的时刻还早),太早,只记得最近 {b} 天的进出;请重新盘点",
        ),
    )
)
_SHORT = re.compile(r"(?P<sku>.+?)(?P<gift> \(gift\))?: (?P<units>\d+) short(?:, |$)", re.DOTALL)
_PLACE = re.compile(r"\{([abcd])\}")


def in_chinese(reason: str) -> str:
    """A reason of the ledger in Chinese. Outside text in it stays as it came."""
    for pattern, chinese in _FORMS:
        if found := pattern.fullmatch(reason):
            return _filled(chinese, found.groupdict())
    parts = list(_SHORT.finditer(reason))
    if parts and "".join(part[0] for part in parts) == reason:
        return ",".join(
            f"{part['sku']}{'(赠品)' if part['gift'] else ''} 缺 {part['units']} 件" for part in parts
        )
    return reason


def _filled(chinese: str, told: dict[str, str]) -> str:
    """In one go: what came from outside may hold anything, also what looks like a place to fill."""
    return _PLACE.sub(
        lambda place: in_chinese(told["c"]) if place[1] == "c" else told[place[1]],
        chinese,
    )
