"""The wave dialog: release units that are held back (放单), or hold back units that are available (控库).

Returns a `ReleaseChoice` whose quantity is signed as the intent wants it: positive releases, negative
holds. Nothing goes out without a typed number, and never more than there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from stockwatch.console.dialogs.base import Dialog, Line
from stockwatch.console.dialogs.entry import Entry, NumberEntry
from stockwatch.console.dialogs.sizes import SIZE_KEYS, other_size, size_line
from stockwatch.console.escape import clean
from stockwatch.console.words import Words, fill
from stockwatch.room.view import SkuRow


@dataclass(frozen=True)
class ReleaseChoice:
    """Release `quantity` units of `sku`; hold them back where it is negative."""

    sku: str
    quantity: int
    reason: str = ""


class ReleaseDialog(Dialog[ReleaseChoice]):
    """Release or hold."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "turn", show=False), *SIZE_KEYS]
    DEFAULT_CSS = """
    ReleaseDialog {
        #quantity { width: 14; }
        #effect { text-style: bold; margin-top: 1; }
    }
    """

    def __init__(self, words: Words, rows: Sequence[SkuRow], *, index: int = 0, ascii: bool = False) -> None:
        """`rows`: the link's sizes, at least one. Starts with releasing where units are held, else with
        holding.
        """
        super().__init__(words, ascii=ascii)
        self._rows = {row.sku: row for row in rows}
        self._sizes = tuple((row.sku, row.label or row.sku) for row in rows)
        self._sku = rows[index].sku
        self._releasing = rows[index].held > 0

    def compose_body(self) -> ComposeResult:
        w = self.words
        yield Line(id="sizes")
        yield Line(id="now")
        with Horizontal(classes="field gap"):
            yield Line(w.release_what, classes="label")
            yield Line(id="what")
        with Horizontal(classes="field"):
            yield Line(w.release_quantity, classes="label")
            yield NumberEntry(id="quantity", max_length=10)
        with Horizontal(classes="field"):
            yield Line(w.release_reason, classes="label")
            yield Entry(id="reason", max_length=120)
        yield Line(id="effect")

    def on_mount(self) -> None:
        super().on_mount()
        self._draw()

    @property
    def _most(self) -> int:
        row = self._rows[self._sku]
        return row.held if self._releasing else row.available

    def action_turn(self) -> None:
        self._releasing = not self._releasing
        self.show_wrong("")
        self._draw()

    def action_size(self, step: int) -> None:
        sku = other_size(self._sizes, self._sku, step)
        if sku is not None:
            self._sku = sku
            self.query_one("#quantity", NumberEntry).value = ""
            self.show_wrong("")
            self._draw()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.show_wrong("")
        self._draw()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        quantity = self.query_one("#quantity", NumberEntry).number
        if not quantity:
            self.show_wrong(self.words.release_missing)
        elif quantity > self._most:
            self.show_wrong(fill(self.words.release_too_many, most=self._most))
        else:
            signed = quantity if self._releasing else -quantity
            self.dismiss(ReleaseChoice(self._sku, signed, self.query_one("#reason", Entry).value.strip()))
            return
        self.query_one("#quantity").focus()

    def _draw(self) -> None:
        w, row = self.words, self._rows[self._sku]
        self.show_title(fill(w.release_title, title=f"{clean(row.title)} {clean(row.label)}".strip()))
        sizes = self.query_one("#sizes", Line)
        sizes.show(self.text(size_line(self._sizes, self._sku, w)))
        sizes.display = len(self._sizes) > 1
        self.query_one("#now", Line).show(
            self.text(fill(w.release_now, held=row.held, available=row.available))
        )
        self.query_one("#what", Line).show(self.text(w.release_do if self._releasing else w.release_hold))
        self.show_hint(w.release_keys)
        quantity = self.query_one("#quantity", NumberEntry).number
        effect = self.query_one("#effect", Line)
        possible = quantity is not None and 0 < quantity <= self._most
        effect.display = possible
        if quantity is not None and quantity > self._most:
            self.show_wrong(fill(w.release_too_many, most=self._most))
        if quantity is not None and possible:
            signed = quantity if self._releasing else -quantity
            effect.show(
                self.text(
                    fill(
                        w.release_effect,
                        held_before=row.held,
                        held_after=row.held - signed,
                        available_before=row.available,
                        available_after=row.available + signed,
                    )
                )
            )
