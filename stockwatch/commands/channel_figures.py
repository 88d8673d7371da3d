"""The end of `stockwatch channel preflight`: platforms' figures beside ours, and which differ. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stockwatch.channels.compare import Compared, compare
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.wire import Listed
from stockwatch.config import Channel, RoomConfig
from stockwatch.console.escape import cells, clean, fit
from stockwatch.hub.live import ledger_of
from stockwatch.ledger.balances import Books
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.store import LedgerError
from stockwatch.narration import complain, say
from stockwatch.printable import printable

_TITLE = 28
_FIGURE = 9


def compared(
    config: RoomConfig, offered: Mapping[str, Sequence[Listed]], numbers: Sequence[Numbered]
) -> list[Compared]:
    """What the channels that told their goods say, SKU by SKU."""
    goods = {channel: Goods(config, channel, numbers) for channel in offered}
    here, presale = available_of(config)
    return compare(config, here, offered, goods, presale)


def available_of(config: RoomConfig) -> tuple[dict[str, int], dict[str, int]]:
    """What is here, and what is there for pre-sale. By the room's ledger, for SKUs that it knows; of what is here, what
    it does not know opens with room.toml's stock. Orders alone name the pool of pre-sale and put nothing into it: it is
    known of once somebody has counted or received something there."""
    books = _books_of(config)
    if books is None:
        return {}, {}
    here = {sku.id: books.stock(sku.id).available for sku in config.skus if books.opened(sku.id)}
    presale = {
        sku.id: books.stock_in(sku.id, "presale").available
        for sku in config.skus
        if any(
            cell.pool == "presale" and (cell.opening or cell.received or cell.adjusted)
            for cell in books.cells_of(sku.id)
        )
    }
    return here, presale


def _books_of(config: RoomConfig) -> Books | None:
    """None where there is no ledger, or it can't be read, which is said."""
    path = ledger_of(config)
    if not path.exists():
        return None
    try:
        with LedgerFile(path, read_only=True) as ledger:
            return rebuild(ledger)
    except (LedgerError, OSError) as error:
        shown = printable(str(error), 200)
        complain(
            say(
                f"stockwatch: the ledger can't be read, opening stock is compared: {shown}",
                f"stockwatch:账本读不了,改用期初库存对照:{shown}",
            )
        )
        return None


def as_json(rows: Sequence[Compared]) -> list[dict[str, object]]:
    """The same for programs. Rows of pre-sale name their pool."""
    return [_as_object(row) for row in rows]


def _as_object(row: Compared) -> dict[str, object]:
    found: dict[str, object] = {
        "sku": row.sku, "slot": row.slot, "available": row.available, "platforms": dict(row.platforms),
        "offered": row.offered, "over": row.over, "differ": row.differ,
    }  # fmt: skip
    return found if row.pool == "spot" else found | {"pool": row.pool}


def as_text(rows: Sequence[Compared], channels: Sequence[Channel]) -> str:
    """A table, and in words what is wrong."""
    shown = [channel for channel in channels if any(channel.id in row.platforms for row in rows)]
    heads = [
        say("ours", "可用"),
        *(clean(channel.title or channel.id) for channel in shown),
        say("sum", "合计"),
    ]
    lines = [
        say("Platforms' stock beside ours", "平台库存对照"),
        "  " + " " * _TITLE + "".join(map(_right, heads)),
    ]
    for row in rows:
        number = "" if row.slot is None else say(f"#{row.slot} ", f"{row.slot}号 ")
        number += "" if row.pool == "spot" else say("pre-sale ", "预售 ")
        figures = ["-" if row.available is None else str(row.available)]
        for channel in shown:
            figure = row.platforms.get(channel.id)
            figures.append("-" if figure is None else f"{figure}{'*' if channel.id in row.differ else ''}")
        figures.append(f"{row.offered}{'!' if row.over else ''}")
        title = fit(f"{number}{clean(row.title)}", _TITLE)
        lines.append("  " + title + "".join(map(_right, figures)))
    if any(row.differ for row in rows):
        lines.append(say("  * differs from what we have", "  * 与我们的可用不同"))
    over = [row for row in rows if row.over]
    units = sum(row.over for row in over)
    if over:
        lines.append(
            say(
                f"  ! {len(over)} SKUs: together the platforms offer more than there is, each as if the units were its "
                f"own; {units} units could be sold twice",
                f"  ! {len(over)} 个 SKU:各平台加起来多于实有,都当这些货是自己的;有 {units} 件可能卖重",
            )
        )
        lines.append(
            say("     -> give each platform its share in its back-end", "     -> 到各平台后台按份额分开写")
        )
    return "\n".join(lines) + "\n"


def _right(text: str) -> str:
    return " " * max(1, _FIGURE - cells(text)) + text
