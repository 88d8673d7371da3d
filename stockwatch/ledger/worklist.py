"""The work list of a ledger: what does not add up with the world, and wants a person. Pure.

An entry is on it while it holds and nobody has resolved it: a line as short for as long as units are missing, as an
orphan until somebody tells its size and SKU, as money due until a refund comes; a document that found too little stock
while its SKU still waits for units. Conflicts and late payments stay until a person resolves them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stockwatch.ledger.exceptions import Exceptions
from stockwatch.ledger.figures import Trouble, TroubleKind
from stockwatch.ledger.orders import Orders, Watched, what_is_short
from stockwatch.ledger.shelves import Shelves

if TYPE_CHECKING:
    from collections.abc import Iterable

_PAID = "paid, but its order never came or was refused: refund it, or ask the platform for the order"


def open_exceptions(
    noted: Exceptions, orders: Orders, shelves: Shelves, unknown_skus: Iterable[str]
) -> list[Trouble]:
    """Every open one, oldest first; those of no single event (unknown SKUs) come first."""
    found = [one for one in noted.noted() if one.kind != "waiting_stock" or _still_waits(one, shelves)]
    found += _short(orders)
    for watched in orders.waiting():
        paid = watched.line.has_payment()
        found.append(_of_line("orphan", watched, _PAID if paid else "nobody has told its size and SKU"))
    for watched in orders.unsettled():
        found.append(
            _of_line("money_due", watched, f"{watched.line.money_due()} paid and cancelled, not refunded")
        )
    for sku in unknown_skus:
        found.append(_of_sku(sku))
    still = [one for one in found if noted.is_open(one.key, one.seq)]
    return sorted(still, key=lambda one: (one.seq, one.key))


def _short(orders: Orders) -> Iterator[Trouble]:
    for watched in orders.short():
        yield _of_line("short", watched, what_is_short(watched.line))


def _still_waits(one: Trouble, shelves: Shelves) -> bool:
    return any(cell.debt or cell.hold_target > cell.held for cell in shelves.of(one.sku or ""))


def _of_line(kind: TroubleKind, watched: Watched, detail: str) -> Trouble:
    line = watched.line
    return Trouble(
        key=f"{kind}:{line.source}:{line.order}:{line.line}",
        kind=kind,
        seq=watched.seq,
        source=line.source,
        id=watched.id,
        sku=line.items[0][0] if line.items else line.subject,
        order=line.order,
        line=line.line,
        detail=detail,
        at_us=watched.at_us,
    )


def _of_sku(sku: str) -> Trouble:
    return Trouble(
        key=f"unknown_sku:{sku}",
        kind="unknown_sku",
        seq=0,
        source="",
        id="",
        sku=sku,
        order=None,
        line=None,
        detail="orders name it, no stock document does",
        at_us=0,
    )
