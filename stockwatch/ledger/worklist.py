"""The work list of a ledger: what does not add up with the world, and wants a person. Pure.

An entry is on it while it holds and nobody has resolved it: a line as short for as long as units are missing, as an
orphan until somebody tells its size and SKU, as money due until a refund comes; a document that found too little stock
while its SKU still waits for units. Conflicts and late payments stay until a person resolves them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stockwatch.ledger.exceptions import Exceptions, key_of
from stockwatch.ledger.figures import Trouble, TroubleKind
from stockwatch.ledger.lines import Line
from stockwatch.ledger.orders import what_is_short
from stockwatch.ledger.shelves import Shelves
from stockwatch.ledger.watch import State, Watch, Watched

if TYPE_CHECKING:
    from collections.abc import Iterable

_PAID = "paid, but its order never came or was refused: refund it, or ask the platform for the order"


def open_exceptions(
    noted: Exceptions, watch: Watch, shelves: Shelves, unknown_skus: Iterable[str]
) -> list[Trouble]:
    """Every open one, oldest first; those of no single event (unknown SKUs) come first."""
    found = [one for one in noted.noted() if one.kind != "waiting_stock" or _still_waits(one, shelves)]
    found += _short(watch)
    for watched in watch.of("orphan"):
        paid = watched.line.has_payment()
        found.append(_of_line("orphan", watched, _PAID if paid else "nobody has told its size and SKU"))
    for watched in watch.of("money_due"):
        due = watched.line.money_due()
        found.append(_of_line("money_due", watched, f"{due} paid and cancelled, not refunded", due))
    for sku in unknown_skus:
        found.append(_of_sku(sku))
    still = [one for one in found if noted.is_open(one.key, one.seq)]
    return sorted(still, key=lambda one: (one.seq, one.key))


def count_open(noted: Exceptions, watch: Watch, shelves: Shelves, unknown_skus: Iterable[str]) -> int:
    """How many `open_exceptions` would list; costs less where there are many conflicts."""
    many = noted.count("conflict") + noted.count("late")
    waiting = (
        [one for one in noted.noted() if one.kind == "waiting_stock"] if noted.count("waiting_stock") else []
    )
    found = [one.seq for one in waiting if _still_waits(one, shelves)]
    states: tuple[State, ...] = ("short", "orphan", "money_due")
    of_lines = sum(
        noted.is_open(_key(state, one.line), one.seq) for state in states for one in watch.of(state)
    )
    return many + len(found) + of_lines + sum(noted.is_open(f"unknown_sku:{sku}", 0) for sku in unknown_skus)


def _key(kind: TroubleKind, line: Line) -> str:
    return key_of(kind, line.source, f"{line.order}:{line.line}")


def _short(watch: Watch) -> Iterator[Trouble]:
    for watched in watch.of("short"):
        missing = sum(part.short for part in watched.line.parts)
        yield _of_line("short", watched, what_is_short(watched.line), missing)


def _still_waits(one: Trouble, shelves: Shelves) -> bool:
    return any(cell.debt or cell.hold_target > cell.held for cell in shelves.of(one.sku or ""))


def _of_line(kind: TroubleKind, watched: Watched, detail: str, units: int = 0) -> Trouble:
    line = watched.line
    return Trouble(
        key=_key(kind, line),
        kind=kind,
        seq=watched.seq,
        source=line.source,
        id=watched.id,
        sku=line.items[0][0] if line.items else line.subject,
        order=line.order,
        line=line.line,
        detail=detail,
        at_us=watched.at_us,
        units=units,
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
