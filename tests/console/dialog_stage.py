"""A stage for one screen or widget: our themes, no hub, no clock; and values to show on it."""

from __future__ import annotations

import math
from datetime import timedelta, timezone

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from stockwatch.console import themes
from stockwatch.console.dialogs import Wants
from stockwatch.room.view import (
    AlertRow,
    Candidate,
    Detail,
    Eta,
    LinkRow,
    Mark,
    RestockOption,
    RestockProposal,
    RestockRow,
    SkuRow,
    SubstituteProposal,
    Text,
)

ZONE = timezone(timedelta(hours=8))
NOW = 1762869600
"""2025-11-11 22:00 in the room."""
HOSTILE = "\x1b[31mRED\x1b]0;t\x07[bold]x[/bold][@click=app.quit]\u202eevil\u2028{0}%s"
HOSTILE_SHOWN = "␛[31mRED␛]0;t␇[bold]x[/bold][@click=app.quit]\\u202eevil\\u2028{0}%s"


def at(minutes: int) -> int:
    return NOW + 60 * minutes


class Stage(App[None]):
    """Shows one screen and keeps what it returned, and what it asked for."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, shown: Screen | Widget, theme: str = "dark") -> None:
        super().__init__()
        self.shown = shown
        self.first_theme = theme
        self.result: object = "nothing yet"
        self.wanted: list[tuple[str, str, int | None]] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.DEFAULT_VARIABLES)

    def compose(self) -> ComposeResult:
        if not isinstance(self.shown, Screen):
            yield self.shown

    def on_mount(self) -> None:
        for theme in themes.load_all().themes.values():
            self.register_theme(theme)
        self.theme = self.first_theme
        if isinstance(self.shown, Screen):
            self.push_screen(self.shown, self.returned)

    def returned(self, result: object) -> None:
        self.result = result

    def on_wants(self, event: Wants) -> None:
        self.wanted.append((event.kind, event.sku, event.quantity))

    def text(self) -> str:
        """What stands on the screen, blanks at line ends left out."""
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def proposal(quantity: int | None = None, sku: str = "HM", title: str = "联名款卫衣 黑 M") -> RestockProposal:
    def option(source: str, own: int, minutes: int, contact: str | None, best: bool) -> RestockOption:
        units = quantity or own
        after = units // 5
        return RestockOption(
            source=source, quantity=units, lead_time=minutes * 60, counts="confirmed" if best else "received",
            contact=contact, due=at(minutes), tier_after=0 if units >= 200 else 2,
            eta_after=Eta(at(after - 5), at(after), at(after + 20)), best=best,
        )  # fmt: skip

    return RestockProposal(
        sku=sku, title=title, tier=3, available=23, velocity=4.6, eta=Eta(at(6), at(8), at(12)),
        options=(
            option("周边仓", 200, 10, "王姐", best=True),
            option("厂家直发 一个特别特别长的来源", 500, 120, None, best=False),
        ),
    )  # fmt: skip


SIZES = (("HM", "黑 M"), ("HL", "黑 L"), ("GX", "灰 XL"))


def sku(name: str = "HM", label: str = "黑 M", **changes: object) -> SkuRow:
    figures: dict[str, object] = {
        "sku": name, "title": "联名款卫衣", "label": label, "sellable": 20, "available": 23, "held": 50,
        "reserved": 41, "sold": 300, "shipped": 100, "quarantined": 2, "on_hand": 316,
    }  # fmt: skip
    figures.update(changes)
    return SkuRow(**figures)  # type: ignore[arg-type]


def substitutes(title: str = "联名款卫衣 黑 M", sku: str = "HM") -> SubstituteProposal:
    return SubstituteProposal(
        sku=sku,
        title=title,
        candidates=(
            Candidate(
                sku="BASIC", listing="L5", slot=5, title="基础款卫衣", sellable=412, velocity=3.2, configured=True,
                say=Text("3号断了,看5号,同版型,现货412件。", "Number 3 is out, see 5: same cut, 412 in stock."),
            ),
            Candidate(
                sku="GREY", listing="L9", slot=None, title="联名款卫衣 灰", sellable=60, velocity=12.0,
                configured=False, say=Text("灰色还有60件。", "Grey: 60 left."),
            ),
        ),
    )  # fmt: skip


def restocks() -> tuple[RestockRow, ...]:
    return (
        RestockRow(
            document="r1", sku="HM", title="联名款卫衣", source="周边仓", qty=200, state="asked", due=at(10),
            asked=NOW, by="小李",
        ),
        RestockRow(
            document="r2", sku="HL", title="基础款卫衣", source="厂家", qty=500, state="confirmed", due=at(110),
            asked=NOW, by="阿强", received=120,
        ),
        RestockRow(document="r3", sku="HL", title="x", source="y", qty=5, state="received", asked=NOW, received=5),
    )  # fmt: skip


def alert_rows() -> tuple[AlertRow, ...]:
    def row(
        name: str, listing: str, title: str, tier: int, minutes: int, zh: str, en: str, **more: object
    ) -> AlertRow:
        values: dict[str, object] = {"state": "open", **more}
        return AlertRow(
            id=name, sku=name, listing=listing, title=title, tier=tier, raised=at(-minutes), changed=at(-minutes),
            reason=Text(zh, en), **values,
        )  # type: ignore[arg-type]  # fmt: skip

    return (
        row("C", "L12", "袜子三双装", 1, 1, "近5分钟84件,是前5分钟的3.1倍。", "84 in 5 min, 3.1x the 5 before."),
        row(
            "HM", "L3", "联名款卫衣", 3, 8, "黑 M 剩23件,每分钟走4.6件,约22:08售罄,最快补货22:10才到。",
            "M: 23 left at 4.6/min, gone about 22:08; the fastest restock lands 22:10.",
            steps=(Text("通知周边仓调货", "Call the nearby warehouse"), Text("准备5号承接", "Get number 5 ready")),
            say=Text("M码剩23件,拍了记得付款。", "Only 23 left in M."),
        ),
        row("HL", "L3", "联名款卫衣", 2, 6, "黑 L 剩40件,低于安全线69。", "L: 40 left, under the safety line of 69."),
        row(
            "B", "L5", "基础款卫衣 加绒加厚特别长的标题一直写到放不下为止", 2, 66, "剩120件,低于安全线150。",
            "120 left, under the safety line of 150.", state="acknowledged", by="小李",
        ),
        row("D", "L14", "法式衬衫", 2, 20, "补货到仓,已高于安全线。", "Restocked.", state="resolved"),
    )  # fmt: skip


SLOTS: dict[str, int | None] = {"L3": 3, "L5": 5, "L12": 12, "L14": None}


def chart_detail(minutes: int = 50, listing: str = "L3") -> Detail:
    start = NOW - 60 * minutes
    left = [max(0, 500 - i * i // 5) + (200 if i >= 40 else 0) for i in range(minutes)]
    marks = ((5, "present"), (12, "trend"), (28, "threshold"), (38, "restock"), (45, "critical"))
    return Detail(
        listing=listing,
        minutes=tuple(start + 60 * i for i in range(minutes)),
        remaining=tuple(left),
        velocity=tuple(int(8 + i / 3 + 4 * math.sin(i)) for i in range(minutes)),
        safety_line=69,
        lead_time=600,
        marks=tuple(Mark(start + 60 * i, kind, Text("", "")) for i, kind in marks if i < minutes),  # type: ignore[arg-type]
    )


def link_row(**changes: object) -> LinkRow:
    sizes = (
        sku("HS", "黑 S", sellable=60, available=69, held=0, quarantined=0),
        sku("HM", "黑 M", tier=3, in_transit=200),
        sku("HL", "黑 L", tier=2, shortfall=3),
        sku("GX", "灰 XL"),
    )
    values: dict[str, object] = {
        "listing": "L3", "slot": 3, "title": "联名款卫衣 加绒", "tier": 3, "sizes": sizes,
        "channels": (("douyin", 120), ("taobao", 88), ("kuaishou", 40)),
    }  # fmt: skip
    values.update(changes)
    return LinkRow(**values)  # type: ignore[arg-type]
