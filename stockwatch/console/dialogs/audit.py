"""The audit trail of a SKU: every movement, newest first: when, what, from which message, by whom, why.

A page at a time from the hub, the next one when the cursor nears the end; the newest again whenever the room has moved
and the cursor is at the top. Left and Right go through the sizes of the link, `a` shows every SKU, `/` searches.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType

from stockwatch.console.dialogs.records import RecordsDialog
from stockwatch.console.dialogs.rows import Row
from stockwatch.console.escape import cells, clean, fit
from stockwatch.console.formats import clock_seconds, day
from stockwatch.console.words import Words, fill, say
from stockwatch.room.intents import Audit, Found, Movements
from stockwatch.room.view import MovementRow, SkuRow

PAGE = 50
_NEAR_END = 10
_TIME, _WHAT, _LEFT = 9, 7, 6
_LEAST_REST = 8


class AuditDialog(RecordsDialog):
    """Movements of one SKU, or of all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,、", "search", show=False),
        Binding("left", "size(-1)", show=False),
        Binding("right", "size(1)", show=False),
        Binding("a", "all", show=False),
    ]

    def __init__(
        self,
        words: Words,
        sizes: Sequence[SkuRow],
        *,
        zone: tzinfo,
        index: int = 0,
        search: str = "",
        everything: bool = False,
        ascii: bool = False,
    ) -> None:
        """`sizes`: the SKUs of a link, `index` the one to begin with; `everything`: begin with every SKU."""
        super().__init__(words, ascii=ascii)
        self._sizes = tuple(sizes)
        self._index = index
        self._all = everything or not sizes
        self._zone = zone
        self._search = search
        self._found: tuple[MovementRow, ...] = ()
        self._complete = False
        self._page_before: int | None = None
        self._answer: Movements | None = None

    # --- asking ----------------------------------------------------------------------------------

    @property
    def sku(self) -> str | None:
        return None if self._all else self._sizes[self._index].sku

    def ask(self) -> None:
        """The newest page."""
        self._ask(None)

    def _ask(self, before: int | None) -> None:
        self._page_before = before
        self.look_up(
            Audit(
                id=secrets.token_hex(6),
                sku=self.sku,
                search=self._search,
                stands_for=stands_for(self._search, self.words),
                before=before,
                limit=PAGE,
            )
        )

    def found(self, answer: Found) -> None:
        if not isinstance(answer, Movements) or not self.is_answer(answer):
            return
        self._answer = answer
        rows = answer.rows
        if self._page_before is not None:
            rows = (*self._found, *rows)
        self._complete = len(answer.rows) < PAGE
        self._found = rows
        self.draw()

    def changed(self, sizes: Sequence[SkuRow] | None) -> None:
        """The room has moved; `sizes`: the link's SKUs as they are now, None where it is not known."""
        if sizes is not None and len(sizes) == len(self._sizes):
            self._sizes = tuple(sizes)
            self._show_title()
        if self.rows.index == 0 and not self.waiting and not self.is_typing:
            self.ask()

    # --- showing ---------------------------------------------------------------------------------

    def _show_title(self) -> None:
        w = self.words
        if self._all:
            self.show_title(w.audit_everything)
            return
        row = self._sizes[self._index]
        title = fill(
            w.audit_title, title=" ".join(part for part in (clean(row.title), clean(row.label)) if part)
        )
        now = fill(
            w.audit_now,
            available=row.available,
            reserved=row.reserved,
            sold=row.sold,
            in_transit=row.in_transit,
        )
        self.show_title(f"{title}  {now}")

    def draw(self) -> None:
        w = self.words
        self._show_title()
        self.show_hint(w.audit_keys)
        self.show_state(self._state())
        self.show_head("  " + "".join(text for text, _ in self._cells(_Head(w))))
        empty = fill(w.audit_none_found, text=clean(self._search)) if self._search else w.audit_empty
        self.show_rows([self._row(row) for row in self._found], empty)
        self.moved()

    def _state(self) -> str:
        w, answer = self.words, self._answer
        told = [fill(w.filter_active, text=clean(self._search))] if self._search else []
        if answer is not None:
            if answer.wrong.en:
                told.append(clean(say(answer.wrong, w)))
            elif answer.upto < answer.seq:
                told.append(fill(w.audit_lags, upto=answer.upto, seq=answer.seq))
            if answer.missing:
                told.append(fill(w.audit_missing, count=answer.missing))
        return "  ".join(told)

    def _row(self, row: MovementRow) -> Row:
        return self._cells(_Told(row, self.words, self._zone, whose=self._all))

    def _cells(self, told: _Head | _Told) -> tuple[tuple[str, str], ...]:
        """Cut to columns: what has no room on 80 columns is in the lines below."""
        room = self.width - _TIME - _WHAT - _LEFT - 2
        moved = max(min(room // 2, 34), 16)
        left_over = max(room - moved - 2, 0)
        of = min(left_over, 26)
        rest = left_over - of
        if rest < _LEAST_REST:
            of, rest = left_over, 0
        pieces = [
            (fit(told.time, _TIME), "$muted"),
            (fit(told.what, _WHAT), told.colour),
            (fit(told.moved, moved, ascii=self.ascii) + " ", ""),
            (fit(told.left, _LEFT, "right") + "  ", "bold"),
            (fit(told.of, of, ascii=self.ascii) + " ", ""),
            (fit(told.rest, rest, ascii=self.ascii), "$muted"),
        ]
        return tuple(pieces)

    def moved(self) -> None:
        index = self.rows.index
        if index < len(self._found):
            self.show_about(self._about(self._found[index]))
        else:
            self.show_about("")
        near = index >= len(self._found) - _NEAR_END
        if self._found and near and not self._complete and not self.waiting:
            self._ask(self._found[-1].seq)

    def _about(self, row: MovementRow) -> str:
        """Everything about a movement, the most telling first."""
        w = self.words
        told = _Told(row, w, self._zone, whose=False)
        when = f"#{row.seq} {day(row.at, self._zone)} {clock_seconds(row.at, self._zone)}"
        parts = [when, f"{told.whose} {told.what} {told.moved}".strip(), f"{w.audit_left} {row.left}"]
        if row.place:
            parts.append(clean(row.place))
        if row.order:
            parts.append(f"{clean(row.order)} / {row.line}")
        if row.document:
            parts.append(clean(row.document))
        parts.append(f"{clean(row.source)} {clean(row.id)}")
        if row.by:
            parts.append(clean(row.by))
        if why := clean(say(row.why, w)):
            parts.append(why)
        return " · ".join(parts)

    def seq_of(self, index: int) -> int:
        return self._found[index].seq if index < len(self._found) else 0

    # --- keys ------------------------------------------------------------------------------------

    def _anew(self) -> None:
        self._found, self._complete, self.answered_once = (), False, False
        self.rows.show((), 0)
        self.draw()
        self.ask()

    def action_size(self, step: int) -> None:
        if self._sizes:
            self._index = 0 if self._all else (self._index + step) % len(self._sizes)
            self._all = False
            self._anew()

    def action_all(self) -> None:
        if not self._all:
            self._all = True
            self._anew()

    def action_search(self) -> None:
        self.type_in(self.words.audit_search, self._search)

    def typed(self, text: str) -> None:
        self._search = text
        self._anew()


class _Head:
    """The columns' names."""

    colour = "$muted"

    def __init__(self, words: Words) -> None:
        self.time, self.what, self.moved = words.audit_time, words.audit_what, words.audit_moved
        self.left, self.of, self.rest = words.audit_left, words.audit_of, words.audit_who


class _Told:
    """A movement in words."""

    def __init__(self, row: MovementRow, words: Words, zone: tzinfo, *, whose: bool) -> None:
        self.time = clock_seconds(row.at, zone)
        outcome = _outcomes(words).get(row.outcome, "")
        self.what = _events(words).get(row.type) or clean(row.type.rpartition(".")[2])
        self.colour = {
            "rejected": "$tier-threshold",
            "conflict": "$tier-critical",
            "short": "$tier-critical",
        }.get(row.outcome, "")
        figures = _figures(words)
        # What is missing comes first: it is what a cut must not take away.
        moved = sorted(row.changes, key=lambda change: change[0] != "shortfall")
        changes = " ".join(f"{figures.get(name) or clean(name)}{units:+}" for name, units in moved)
        self.whose = clean(row.title or row.sku)
        told = [self.whose] if whose and cells(self.whose) else []
        self.moved = " ".join(
            [*told, *([outcome] if outcome and outcome not in changes else []), changes]
        ).strip()
        self.left = str(row.left)
        self.of = clean(row.document or row.order)
        why = clean(say(row.why, words))
        self.rest = " ".join(part for part in (clean(row.by) or clean(row.source), why) if part)


def stands_for(search: str, w: Words) -> dict[str, tuple[str, ...]]:
    """Words of a search that are (part of) what the screen calls an event or an outcome, with what it calls so."""
    names = [*_events(w).items(), *_outcomes(w).items()]
    found = {
        word: tuple([name for name, label in names if word.lower() in label.lower()])
        for word in search.split()
    }
    return {word: names for word, names in found.items() if names}


def _figures(w: Words) -> dict[str, str]:
    return {
        "available": w.available, "held": w.held, "reserved": w.reserved, "sold": w.sold, "shipped": w.shipped_units,
        "quarantined": w.quarantined, "shortfall": w.shortfall, "in_transit": w.in_transit,
    }  # fmt: skip


def _outcomes(w: Words) -> dict[str, str]:
    return {"rejected": w.outcome_rejected, "short": w.outcome_short, "conflict": w.outcome_conflict}


def _events(w: Words) -> dict[str, str]:
    return {
        "order.placed": w.event_placed, "order.requested": w.event_requested, "order.paid": w.event_paid,
        "order.shipped": w.event_shipped, "order.cancelled": w.event_cancelled, "order.expired": w.event_expired,
        "order.refunded": w.event_refunded, "order.changed": w.event_changed, "stock.ordered": w.event_ordered,
        "stock.received": w.event_received, "stock.counted": w.event_counted, "stock.adjusted": w.event_adjusted,
        "stock.inspected": w.event_inspected, "stock.held": w.event_held, "stock.unheld": w.event_unheld,
        "action.resolved": w.event_resolved,
    }  # fmt: skip
