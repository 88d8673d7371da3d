"""Lines in a state that a person should know of: short of units, without a size or SKU, paid and not refunded.

`Orders` tells it when an event may have brought a line into such a state or out of it; each is kept with the event that
it last got deeper into it with. Units that come in cover a short line without telling, so those are looked at when
asked. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from stockwatch.events import Event
from stockwatch.ledger.figures import MoneyDue
from stockwatch.ledger.lines import Line

State = Literal["short", "orphan", "money_due"]
_SORT_OUT_AT = 1024


class Watched(NamedTuple):
    """A line, and the event that it last got deeper into its state with."""

    line: Line
    seq: int
    at_us: int
    """Of the event, by the decision clock."""
    id: str


class Watch:
    """Every such line of a ledger."""

    def __init__(self) -> None:
        self._lines: dict[State, dict[int, Watched]] = {"short": {}, "orphan": {}, "money_due": {}}
        self._sort_out_at = _SORT_OUT_AT

    def orphan(self, line: Line, event: Event, seq: int) -> None:
        """An event that says something of a line which may wait for its size or SKU."""
        if line.waits():
            self._keep("orphan", line, event, seq)
        else:
            self._lines["orphan"].pop(id(line), None)

    def money(self, line: Line, event: Event, seq: int) -> None:
        """An event about a line that has been cancelled, in part or whole."""
        if line.money_due():
            self._keep("money_due", line, event, seq)
        else:
            self._lines["money_due"].pop(id(line), None)

    def short(self, line: Line, event: Event, seq: int) -> None:
        """An event by which a line has come to lack more units than before."""
        self._keep("short", line, event, seq)
        if len(self._lines["short"]) >= self._sort_out_at:
            self._lines["short"] = {id(watched.line): watched for watched in self.of("short")}
            self._sort_out_at = max(_SORT_OUT_AT, 2 * len(self._lines["short"]))

    def is_kept(self, state: State, line: Line) -> bool:
        """Whether a line is watched for a state; of short ones, whether it has been."""
        return id(line) in self._lines[state]

    def of(self, state: State) -> Iterator[Watched]:
        """The lines in a state now, those last that got deeper into it last."""
        for watched in self._lines[state].values():
            if state != "short" or any(part.short for part in watched.line.parts):
                yield watched

    def dues(self) -> list[MoneyDue]:
        """Lines paid and cancelled, refund still to come."""
        return [
            MoneyDue(line.source, line.order, line.line, line.money_due())
            for line, *_ in self.of("money_due")
        ]

    def put_back(self, state: State, lines: Iterable[Watched]) -> None:
        """Those that were watched before, from a snapshot, in their order."""
        self._lines[state] = {id(watched.line): watched for watched in lines}

    def _keep(self, state: State, line: Line, event: Event, seq: int) -> None:
        kept = self._lines[state]
        kept.pop(id(line), None)
        kept[id(line)] = Watched(line, seq, event.clock_us, event.id)
