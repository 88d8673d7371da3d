"""The count dialog: what a person counted, why the books change, and what that does, before it is done.

Returns a `CountChoice`. Nothing goes out without a typed figure and a reason; a count that would leave
orders short wants Enter twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from stockwatch.console.dialogs.base import MOST, Dialog, Line
from stockwatch.console.dialogs.entry import ClockEntry, Entry, NumberEntry
from stockwatch.console.dialogs.sizes import SIZE_KEYS, other_size, size_line
from stockwatch.console.escape import clean
from stockwatch.console.words import Words, fill
from stockwatch.room.view import SkuRow


@dataclass(frozen=True)
class CountChoice:
    """`quantity` units of `sku` are on hand, as of `as_of` (epoch seconds; None: now)."""

    sku: str
    quantity: int
    reason: str
    as_of: int | None = None


@dataclass(frozen=True)
class CountEffect:
    """What a count of now would do to one SKU."""

    difference: int
    available_after: int
    short: int
    """Locked units that would become a shortfall."""


def count_effect(row: SkuRow, counted: int) -> CountEffect:
    """The ledger's rule: the difference goes to available (open shortfalls first); what available and
    held can't give comes from the newest reservations."""
    difference = counted - row.on_hand
    if difference >= 0:
        return CountEffect(difference, row.available + max(0, difference - row.shortfall), 0)
    missing = -difference
    from_available = min(missing, row.available)
    from_held = min(missing - from_available, row.held)
    return CountEffect(
        difference, row.available - from_available, min(missing - from_available - from_held, row.reserved)
    )


def instant_of(minutes: int, now: int, zone: tzinfo) -> int | None:
    """The last time it was `minutes` after midnight in `zone`, if that is within the last 12 hours of
    `now`.
    """
    moment = datetime.fromtimestamp(now, zone)
    for days in (0, 1):
        day = moment.date() - timedelta(days=days)
        instant = datetime.combine(day, time(minutes // 60, minutes % 60), zone).timestamp()
        # The room's clock is shown by the minute, so the running minute counts as "not later than now".
        if now - 12 * 3600 <= instant < now + 60:
            return int(min(instant, now))
    return None


class CountDialog(Dialog[CountChoice]):
    """Enter a count."""

    BINDINGS: ClassVar[list[BindingType]] = [*SIZE_KEYS]
    DEFAULT_CSS = """
    CountDialog {
        #quantity { width: 14; }
        #as_of { width: 14; }
        #as_of_hint { color: $muted; }
        #effect { text-style: bold; margin-top: 1; }
    }
    """

    def __init__(
        self,
        words: Words,
        rows: Sequence[SkuRow],
        *,
        zone: tzinfo,
        now: int,
        index: int = 0,
        ascii: bool = False,
    ) -> None:
        """`rows`: the link's sizes, at least one; `index`: the one to start with."""
        super().__init__(words, ascii=ascii)
        self._rows = {row.sku: row for row in rows}
        self._sizes = tuple((row.sku, row.label or row.sku) for row in rows)
        self._sku = rows[index].sku
        self._zone = zone
        self._now = now
        self._sure: tuple[str, int] | None = None

    def compose_body(self) -> ComposeResult:
        w = self.words
        yield Line(id="sizes")
        yield Line(id="now")
        with Horizontal(classes="field gap"):
            yield Line(w.count_quantity, classes="label")
            yield NumberEntry(id="quantity", max_length=10)
        with Horizontal(classes="field"):
            yield Line(w.count_reason, classes="label")
            yield Entry(id="reason", max_length=120)
        with Horizontal(classes="field"):
            yield Line(w.count_as_of, classes="label")
            yield ClockEntry(id="as_of", max_length=5)
            yield Line("  " + w.count_as_of_hint, id="as_of_hint")
        yield Line(id="effect")

    def on_mount(self) -> None:
        super().on_mount()
        self._draw()

    def action_size(self, step: int) -> None:
        sku = other_size(self._sizes, self._sku, step)
        if sku is not None:
            self._sku = sku
            self._sure = None
            self.query_one("#quantity", NumberEntry).value = ""
            self.query_one("#quantity").focus()
            self.show_wrong("")
            self._draw()

    @property
    def _counted(self) -> int | None:
        number = self.query_one("#quantity", NumberEntry).number
        return number if number is not None and number <= MOST else None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._sure = None
        self.show_wrong("")
        self._draw()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "quantity" and self._counted is not None and not self._reason:
            self.query_one("#reason").focus()
            return
        self._submit()

    @property
    def _reason(self) -> str:
        return self.query_one("#reason", Entry).value.strip()

    def _submit(self) -> None:
        w, counted = self.words, self._counted
        if counted is None:
            self._refuse(w.count_quantity_missing, "#quantity")
            return
        if not self._reason:
            self._refuse(w.count_reason_missing, "#reason")
            return
        as_of, clock = None, self.query_one("#as_of", ClockEntry)
        if clock.value:
            minutes = clock.minutes
            as_of = None if minutes is None else instant_of(minutes, self._now, self._zone)
            if as_of is None:
                self._refuse(w.count_as_of_bad, "#as_of")
                return
        short = count_effect(self._rows[self._sku], counted).short
        if short and self._sure != (self._sku, counted):
            self._sure = (self._sku, counted)
            self.show_wrong(fill(w.count_short, units=short) + w.count_short_sure)
            return
        self.dismiss(CountChoice(self._sku, counted, self._reason, as_of))

    def _refuse(self, message: str, field: str) -> None:
        self.show_wrong(message)
        self.query_one(field).focus()

    def _draw(self) -> None:
        w, row = self.words, self._rows[self._sku]
        name = f"{clean(row.title)} {clean(row.label)}".strip()
        self.show_title(fill(w.count_title, title=name))
        sizes = self.query_one("#sizes", Line)
        sizes.show(self.text(size_line(self._sizes, self._sku, w)))
        sizes.display = len(self._sizes) > 1
        booked = fill(
            w.count_now,
            on_hand=row.on_hand,
            available=row.available,
            held=row.held,
            reserved=row.reserved,
            unshipped=row.sold - row.shipped,
            quarantined=row.quarantined,
        )
        self.query_one("#now", Line).show(self.text(booked))
        self.show_hint(w.count_keys)
        counted = self._counted
        effect = self.query_one("#effect", Line)
        effect.display = counted is not None
        if counted is not None:
            effect.show(self.text(self._effect(row, counted)))

    def _effect(self, row: SkuRow, counted: int) -> str:
        w, effect = self.words, count_effect(row, counted)
        if effect.difference == 0:
            text = w.count_same
        else:
            text = fill(
                w.count_effect,
                difference=f"{effect.difference:+d}",
                before=row.on_hand,
                after=counted,
                available_before=row.available,
                available_after=effect.available_after,
            )
        if effect.short:
            text += "\n" + fill(w.count_short, units=effect.short)
        if self.query_one("#as_of", ClockEntry).value:
            text += "\n" + w.count_as_of_note
        return text
