"""Sample pictures of a room, made from nothing but arguments: no clock, no randomness."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from stockwatch.console.link import Attached, LinkEvent, NotAttached
from stockwatch.room.intents import Request, Snapshot
from stockwatch.room.view import (
    ActionRow,
    AlertRow,
    Eta,
    FeedRow,
    Header,
    LinkRow,
    RestockRow,
    RoomView,
    SkuRow,
    Text,
)

NOW = 1762866000 - 1762866000 % 60
"""2025-11-11 21:00 in Shanghai."""
TITLES = (
    "联名款卫衣", "基础款卫衣 加绒加厚", "高腰阔腿牛仔裤", "羊毛混纺大衣 双面呢", "袜子三双装",
    "针织开衫", "短款羽绒服",
    "法式衬衫", "打底衫 莫代尔", "运动套装", "真丝睡衣", "格纹半身裙",
)  # fmt: skip
HOSTILE = "\x1b[31mRED\x1b[0m [bold]markup[/bold] \u202eevil\x07 {0} %s"


def spark(peak: int, seed: int) -> tuple[int, ...]:
    """Thirty minutes that rise towards `peak`, unlike each other for different seeds."""
    return tuple((minute * (7 + seed) % 11) * peak // 22 + (peak * minute // 60) for minute in range(30))


def sku(id: str, label: str, *, left: int = 20, tier: int = 0, eta: Eta | None = None) -> SkuRow:
    return SkuRow(
        sku=id, title="联名款卫衣", label=label, tier=tier, sellable=left, available=left, on_hand=left + 3,
        reserved=3, velocity=left / 10, safety_line=50, eta=eta or Eta(),
    )  # fmt: skip


def link(number: int, **changes: object) -> LinkRow:
    """One calm link; `changes` are members of LinkRow."""
    values: dict[str, object] = {
        "listing": f"L{number}",
        "slot": number,
        "title": TITLES[(number - 1) % len(TITLES)],
        "sellable": 40 + number * 3,
        "available": 45 + number * 3,
        "reserved": number % 5,
        "velocity": round(number * 0.7, 1),
        "direction": (0, 1, -1)[number % 3],
        "eta": Eta(NOW + number * 900, NOW + number * 1200, NOW + number * 1800),
        "spark": spark(4 + number, number),
        "channels": (("taobao", number * 3), ("douyin", number * 5), ("kuaishou", number)),
        "sizes": (SkuRow(sku=f"SKU-{number}", title=TITLES[(number - 1) % len(TITLES)], label=""),),
    }
    values.update(changes)
    return LinkRow(**values)  # type: ignore[arg-type]


def tier_links() -> tuple[LinkRow, ...]:
    """One link of every tier, taken and not, with sizes, sold out, presented, oversold."""
    sizes = (
        sku("HOODIE-S", "黑 S", left=41),
        sku("HOODIE-M", "黑 M", left=0, tier=3),
        sku("HOODIE-L", "黑 L", left=0, tier=3),
        sku("HOODIE-XL", "黑 XL", left=60, eta=Eta(NOW + 600, NOW + 840, NOW + 1500)),
    )
    return (
        link(
            3, title="联名款卫衣", tier=3, alert="open", sellable=101, available=104, held=50, reserved=41,
            in_transit=200, velocity=46.0, direction=1, eta=Eta(NOW + 300, NOW + 480, NOW + 720),
            spark=spark(50, 3), broken=("黑 M", "黑 L"), presenting=NOW - 160, sizes=sizes, shortfall=2,
        ),
        link(
            5, title="基础款卫衣 加绒加厚", tier=2, alert="open", sellable=23, available=30, velocity=4.6, direction=1,
            eta=Eta(NOW + 1200, NOW + 2400, NOW + 5400),
        ),
        link(8, title="羊毛混纺大衣 双面呢", tier=2, alert="acknowledged", by="王姐", sellable=18, available=18),
        link(12, title="Limited hoodie, plain", tier=1, alert="open", velocity=12.3, direction=1),
        link(7, title="短款羽绒服", tier=3, alert="acknowledged", by="小李", sellable=0, available=0, eta=Eta()),
        link(1, title="袜子三双装", velocity=0.0, direction=0, eta=Eta(), spark=()),
    )  # fmt: skip


def alerts() -> tuple[AlertRow, ...]:
    def alert(number: int, tier: int, state: str, zh: str, en: str, by: str | None = None) -> AlertRow:
        return AlertRow(
            id=f"SKU-{number}:1", sku=f"SKU-{number}", listing=f"L{number}", title=TITLES[number % len(TITLES)],
            tier=tier, state=state, raised=NOW - number * 60, changed=NOW - number * 60, reason=Text(zh, en), by=by,
        )  # type: ignore[arg-type]  # fmt: skip

    return (
        alert(3, 3, "open", "剩 101 件,每分钟走 46 件,约 21:08 售罄;最快补货 21:10 才到。",
              "101 left at 46 a minute sell out about 21:08; the fastest restock is sellable at 21:10."),
        alert(5, 2, "open", "剩 30 件,低于安全线 69 件。", "30 left, under the safety line of 69."),
        alert(8, 2, "acknowledged", "剩 18 件,低于安全线 40 件。", "18 left, under the safety line of 40.", "王姐"),
        alert(12, 1, "open", "近 5 分钟 61 单,前 5 分钟 24 单。", "61 orders in 5 minutes, 24 in the 5 before."),
        alert(7, 3, "acknowledged", "已售罄,补货没有来源。", "Sold out, no restock source.", "小李"),
    )  # fmt: skip


def feeds() -> tuple[FeedRow, ...]:
    return (
        FeedRow(channel="taobao", title="淘宝", state="live", lag_s=0.4, last=NOW),
        FeedRow(channel="douyin", title="抖音", state="stale", lag_s=45.0, last=NOW - 60),
        FeedRow(
            channel="kuaishou",
            title="快手",
            state="down",
            last=NOW - 240,
            note=Text("connection refused", "connection refused"),
        ),
    )


def room(**changes: object) -> RoomView:
    """A room with every tier and a tail of calm links; `changes` are members of RoomView."""
    values: dict[str, object] = {
        "header": header(),
        "links": (*tier_links(), *(link(number) for number in range(20, 34))),
        "alerts": alerts(),
        "feeds": feeds(),
        "restocks": (
            RestockRow(
                document="R-1", sku="HOODIE-M", title="联名款卫衣 黑 M", source="周边仓", qty=200, state="confirmed",
                due=NOW + 600, asked=NOW - 120, by="小李",
            ),
        ),
        "actions": (ActionRow(at=NOW - 120, by="小李", what=Text("补货 200 件", "Restock of 200"), listing="L3"),),
    }  # fmt: skip
    values.update(changes)
    return RoomView(**values)  # type: ignore[arg-type]


def header(**changes: object) -> Header:
    values: dict[str, object] = {
        "room": "double11", "name": "双11 联名卫衣专场", "mode": "LIVE", "timezone": "Asia/Shanghai", "clock": NOW,
        "seq": 3220, "dead": 3, "short": 2, "presenting": "L3",
    }  # fmt: skip
    values.update(changes)
    return Header(**values)  # type: ignore[arg-type]


def big_room(count: int) -> RoomView:
    """`count` calm links."""
    return room(links=tuple(link(number) for number in range(1, count + 1)), alerts=())


class FakeLink:
    """A hub that says what a test puts in, and keeps what it was asked."""

    def __init__(self, view: RoomView | None = None, *, read_only: bool = False) -> None:
        self.sent: list[Request] = []
        self.broken = False
        self._queue: asyncio.Queue[LinkEvent | None] = asyncio.Queue()
        self.put(Attached("0.1.0", read_only))
        if view is not None:
            self.put(Snapshot(view=view))

    def put(self, event: LinkEvent | None) -> None:
        """Say something to the console; None ends the conversation."""
        self._queue.put_nowait(event)

    async def events(self) -> AsyncIterator[LinkEvent]:
        while (event := await self._queue.get()) is not None:
            yield event

    async def send(self, request: Request) -> None:
        if self.broken:
            raise NotAttached
        self.sent.append(request)

    def named(self, by: str) -> None:
        self.by = by

    async def close(self) -> None:
        self.put(None)
