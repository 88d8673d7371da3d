"""The follow-up list: restocks somebody still has to promise or deliver, and what came of them.

Returns a `RestockUpdate`: confirmed, shipped, refused (asked twice: it can't be taken back) or
received, with what arrived where that differs from what was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from stockwatch.console.dialogs.base import MOST, Dialog, Line
from stockwatch.console.dialogs.entry import NumberEntry
from stockwatch.console.dialogs.rows import Row, Rows
from stockwatch.console.escape import clean, fit
from stockwatch.console.formats import clock_time
from stockwatch.console.words import Words, fill, restock_state, say
from stockwatch.room.view import RestockRow

UpdateState = Literal["confirmed", "shipped", "refused", "received"]
OPEN_STATES = ("asked", "confirmed", "shipped")
_ALLOWED: dict[str, tuple[UpdateState, ...]] = {
    "asked": ("confirmed", "shipped", "refused", "received"),
    "confirmed": ("shipped", "refused", "received"),
    "shipped": ("refused", "received"),
}


@dataclass(frozen=True)
class RestockUpdate:
    """What is known about a restock now. `quantity` None: all of it."""

    document: str
    state: UpdateState
    quantity: int | None = None


class FollowDialog(Dialog[RestockUpdate]):
    """Mark a restock as confirmed, shipped, refused or received."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("f2", "mark('confirmed')", show=False),
        Binding("f3", "mark('shipped')", show=False),
        Binding("f4", "mark('refused')", show=False),
        Binding("f5", "mark('received')", show=False),
    ]
    DEFAULT_CSS = """
    FollowDialog {
        #quantity { width: 14; }
        #all { width: 1fr; color: $muted; }
        #what { margin-top: 1; }
        #told { color: $muted; }
    }
    """

    def __init__(
        self, words: Words, restocks: Sequence[RestockRow], *, zone: tzinfo, ascii: bool = False
    ) -> None:
        """`restocks`: those no longer open are left out."""
        super().__init__(words, ascii=ascii)
        self._restocks = [row for row in restocks if row.state in OPEN_STATES]
        self._zone = zone
        self._sure: str | None = None

    def compose_body(self) -> ComposeResult:
        yield Rows(limit=10, ascii=self.ascii, id="restocks")
        with Horizontal(classes="field gap", id="quantity-row"):
            yield Line(self.words.follow_quantity, classes="label")
            yield NumberEntry(id="quantity", max_length=10)
            yield Line(id="all")
        yield Line(id="told")
        yield Line(id="what")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#restocks", Rows).show([self._row(row) for row in self._restocks], 0)
        self._draw()

    @property
    def _selected(self) -> RestockRow | None:
        index = self.query_one("#restocks", Rows).index
        return self._restocks[index] if index < len(self._restocks) else None

    def action_move(self, step: int) -> None:
        self.query_one("#restocks", Rows).move(step)

    @on(Rows.Selected)
    def _moved(self, event: Rows.Selected) -> None:
        event.stop()
        self._sure = None
        self.query_one("#quantity", NumberEntry).value = ""
        self._draw()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.show_wrong("")

    def action_mark(self, state: UpdateState) -> None:
        row = self._selected
        if row is None or state not in _ALLOWED[row.state]:
            return
        if state == "refused" and self._sure != row.document:
            self._sure = row.document
            self.show_wrong(self.words.follow_refuse_sure)
            return
        entry = self.query_one("#quantity", NumberEntry)
        quantity = None if state == "refused" else entry.number
        if quantity is not None and not 1 <= quantity <= MOST:
            self.show_wrong(fill(self.words.quantity_bad, most=MOST))
            return
        self.dismiss(RestockUpdate(row.document, state, quantity))

    def _draw(self) -> None:
        w, row = self.words, self._selected
        self.show_title(w.follow_title)
        self.show_hint(w.follow_keys if row is not None else w.only_close)
        self.show_wrong("")
        for name in ("#restocks", "#quantity-row"):
            self.query_one(name).display = row is not None
        told = self.query_one("#told", Line)
        told.display = row is not None and row.told is not None
        if row is not None and row.told is not None:
            told.show(self.text(clean(say(row.told, w))))
        what = self.query_one("#what", Line)
        if row is None:
            what.show(self.text(w.follow_none))
            return
        self.query_one("#all", Line).show(
            self.text("  " + fill(w.follow_all, qty=max(row.qty - row.received, 0)))
        )
        keys: dict[UpdateState, str] = {
            "confirmed": w.follow_confirm,
            "shipped": w.follow_ship,
            "refused": w.follow_refuse,
            "received": w.follow_receive,
        }
        what.show(self.text(" · ".join(keys[state] for state in _ALLOWED[row.state])))

    def _row(self, row: RestockRow) -> Row:
        w = self.words
        text = fill(w.follow_line, title=clean(row.title), source=clean(row.source), qty=row.qty)
        due = fill(w.due_at, clock=clock_time(row.due, self._zone))
        by = clean(row.by or "")
        return (
            (fit(restock_state(row.state, w), 7), "bold"),
            (fit(self.text(text), 40, ascii=self.ascii) + " ", ""),
            (fit(due, 12), ""),
            (fit(by, 8, ascii=self.ascii), ""),
        )
