"""The work list: what does not add up with the world, until it is over or a person has resolved it.

`F2` asks what was done and posts `Resolves`; the list is asked for again when the hub has answered, and whenever the
room has more or fewer of them.
"""

from __future__ import annotations

import secrets
from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from stockwatch.console.dialogs.records import RecordsDialog
from stockwatch.console.dialogs.rows import Row
from stockwatch.console.escape import clean, fit
from stockwatch.console.formats import NOTHING, clock_seconds, day
from stockwatch.console.words import Words, fill, say
from stockwatch.room.intents import Exceptions, Found, WorkList
from stockwatch.room.view import ExceptionRow

_TIME, _KIND = 9, 8
_ROOM_FOR_ORDERS = 75


class Resolves(Message):
    """A person has dealt with one."""

    def __init__(self, dialog: ExceptionsDialog, row: ExceptionRow, note: str) -> None:
        super().__init__()
        self.dialog = dialog
        self.row = row
        self.note = note


class OpensAudit(Message):
    """The trail of a SKU is wanted."""

    def __init__(self, sku: str, search: str) -> None:
        super().__init__()
        self.sku = sku
        self.search = search


class ExceptionsDialog(RecordsDialog):
    """Open exceptions, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,d,r", "resolve", show=False),
        Binding("h", "audit", show=False),
    ]

    def __init__(self, words: Words, *, zone: tzinfo, may_resolve: bool = True, ascii: bool = False) -> None:
        super().__init__(words, ascii=ascii)
        self._zone = zone
        self._may_resolve = may_resolve
        self._listed: tuple[ExceptionRow, ...] = ()
        self._total = 0
        self._forgotten = 0
        self._resolving: ExceptionRow | None = None

    def ask(self) -> None:
        self.look_up(Exceptions(id=secrets.token_hex(6)))

    def found(self, answer: Found) -> None:
        if not isinstance(answer, WorkList) or not self.is_answer(answer):
            return
        # The cursor stays on the exception it is on, whatever comes before it.
        here = self._current
        self._listed, self._total, self._forgotten = answer.rows, answer.total, answer.forgotten
        at = next((n for n, row in enumerate(self._listed) if here is not None and row.key == here.key), None)
        self._show(self.rows.index if at is None else at)

    def draw(self) -> None:
        self._show(None)

    def _show(self, index: int | None) -> None:
        w = self.words
        shown = fill(w.exceptions_shown, shown=len(self._listed)) if len(self._listed) < self._total else ""
        self.show_title(fill(w.exceptions_title, count=self._total) + shown)
        self.show_hint(w.exceptions_note_keys if self.is_typing else w.exceptions_keys)
        self.show_state(fill(w.exceptions_forgotten, count=self._forgotten) if self._forgotten else "")
        self.query_one("#head").display = False
        self.show_rows([self._row(row) for row in self._listed], w.exceptions_none, index)
        self.moved()

    @property
    def _current(self) -> ExceptionRow | None:
        index = self.rows.index
        return self._listed[index] if index < len(self._listed) else None

    def _row(self, row: ExceptionRow) -> Row:
        w = self.words
        room = self.width - _TIME - _KIND - 2
        name = max(min(room // 3, 28), 12)
        # Where there is little room the sentence needs it; the order is in the lines below.
        order = min(room // 4, 24) if room >= _ROOM_FOR_ORDERS else 0
        what = max(room - name - order - 2, 0)
        times = f" {fill(w.exceptions_times, count=row.count)}" if row.count > 1 else ""
        colour = "$tier-critical" if row.kind in ("short", "conflict") else "$tier-threshold"
        return (
            (fit(clock_seconds(row.at or None, self._zone), _TIME), "$muted"),
            (fit(_kinds(w).get(row.kind, clean(row.kind)), _KIND), colour),
            (fit(clean(row.title or row.sku) or NOTHING, name, ascii=self.ascii) + " ", "bold"),
            (fit(clean(say(row.what, w)) + times, what, ascii=self.ascii) + " ", ""),
            (fit(clean(row.order or row.id), order, ascii=self.ascii), "$muted"),
        )

    def moved(self) -> None:
        row, w = self._current, self.words
        if row is None:
            self.show_about("")
            return
        parts = [
            _kinds(w).get(row.kind, clean(row.kind)),
            clean(row.title or row.sku),
            clean(say(row.what, w)),
        ]
        if row.order:
            parts.append(f"{clean(row.order)} / {row.line}")
        if row.id:
            parts.append(f"{clean(row.source)} {clean(row.id)}")
        if row.at:
            parts.append(f"{day(row.at, self._zone)} {clock_seconds(row.at, self._zone)}")
        if row.seq:
            parts.append(f"#{row.seq}")
        self.show_about(" · ".join(part for part in parts if part))

    def seq_of(self, index: int) -> int:
        return self._listed[index].seq if index < len(self._listed) else 0

    def changed(self) -> None:
        """The room has more or fewer of them, or what they say has changed."""
        if not self.waiting:
            self.ask()

    def answered(self, sentence: str, *, ok: bool) -> None:
        """What came of an intent while this is open."""
        self.show_wrong("" if ok else sentence)
        self.ask()

    # --- keys ------------------------------------------------------------------------------------

    def action_resolve(self) -> None:
        if self._current is None:
            return
        if not self._may_resolve:
            self.show_wrong(self.words.read_only_refused)
            return
        self._resolving = self._current
        self.type_in(self.words.exceptions_note)
        self.show_hint(self.words.exceptions_note_keys)

    def typed(self, text: str) -> None:
        row, self._resolving = self._resolving, None
        if row is not None:
            self.post_message(Resolves(self, row, text))

    def action_audit(self) -> None:
        row = self._current
        if row is not None and row.sku:
            self.post_message(OpensAudit(row.sku, row.order))


def _kinds(w: Words) -> dict[str, str]:
    return {
        "short": w.kind_short, "conflict": w.kind_conflict, "orphan": w.kind_orphan, "late": w.kind_late,
        "unknown_sku": w.kind_unknown_sku, "money_due": w.kind_money_due, "waiting_stock": w.kind_waiting_stock,
    }  # fmt: skip
