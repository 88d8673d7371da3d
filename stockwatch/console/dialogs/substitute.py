"""The substitute dialog: the best candidates with stock and velocity, what would change, and what the
host would say.

Returns a `SubstituteChoice`. Posts `Wants` to the app when another size is wanted; the app answers with
`show_proposal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from stockwatch.console.dialogs.base import Dialog, Line
from stockwatch.console.dialogs.rows import Row, Rows
from stockwatch.console.dialogs.sizes import SIZE_KEYS, Sizes, Wants, other_size, size_line
from stockwatch.console.escape import clean, fit
from stockwatch.console.formats import count, rate
from stockwatch.console.words import Words, fill, say
from stockwatch.room.view import Candidate, SubstituteProposal


@dataclass(frozen=True)
class SubstituteChoice:
    """Send the demand for `sku` to the SKU `to`, sold by `listing`."""

    sku: str
    to: str
    listing: str


class SubstituteDialog(Dialog[SubstituteChoice]):
    """Choose what takes the demand."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter", "take", show=False),
        *SIZE_KEYS,
        *(Binding(f"f{n}", f"select({n - 1})", show=False) for n in range(1, 6)),
    ]

    def __init__(
        self, words: Words, proposal: SubstituteProposal, *, sizes: Sizes = (), ascii: bool = False
    ) -> None:
        super().__init__(words, ascii=ascii)
        self._proposal = proposal
        self._sizes = sizes
        self._waiting = False

    def compose_body(self) -> ComposeResult:
        yield Line(id="sizes")
        yield Rows(limit=8, ascii=self.ascii, id="candidates")
        yield Line(id="changes", classes="gap")
        yield Line(id="say", classes="say gap")

    def on_mount(self) -> None:
        super().on_mount()
        self._draw(0)

    def show_proposal(self, proposal: SubstituteProposal) -> None:
        """What the app worked out. The selected candidate stays selected while it is still there."""
        if proposal.sku != self._proposal.sku or not self.is_mounted:
            return
        self._waiting = False
        selected = self._selected
        self._proposal = proposal
        skus = [one.sku for one in proposal.candidates]
        self._draw(skus.index(selected.sku) if selected is not None and selected.sku in skus else 0)

    @property
    def _selected(self) -> Candidate | None:
        index = self.query_one("#candidates", Rows).index
        candidates = self._proposal.candidates
        return candidates[index] if index < len(candidates) else None

    def action_move(self, step: int) -> None:
        self.query_one("#candidates", Rows).move(step)

    def action_select(self, index: int) -> None:
        self.query_one("#candidates", Rows).select(index)

    def action_size(self, step: int) -> None:
        sku = other_size(self._sizes, self._proposal.sku, step)
        if sku is not None:
            self._proposal = SubstituteProposal(sku=sku, title=dict(self._sizes)[sku])
            self._waiting = True
            self._draw(0)
            self.post_message(Wants(self, "substitute", sku))

    def on_key(self, event: events.Key) -> None:
        # Digits choose too; a full-width one from an input method is the same digit.
        if event.character is not None and len(event.character) == 1 and event.character.isdecimal():
            event.stop()
            self.action_select(int(event.character) - 1)

    @on(Rows.Selected)
    def _moved(self, event: Rows.Selected) -> None:
        event.stop()
        self._draw(event.index)

    def action_take(self) -> None:
        candidate = self._selected
        if candidate is None:
            self.dismiss(None)
        else:
            self.dismiss(SubstituteChoice(self._proposal.sku, candidate.sku, candidate.listing))

    def _draw(self, index: int) -> None:
        w, proposal = self.words, self._proposal
        self.show_title(fill(w.substitute_title, title=clean(proposal.title)))
        sizes = self.query_one("#sizes", Line)
        sizes.show(self.text(size_line(self._sizes, proposal.sku, w)))
        sizes.display = len(self._sizes) > 1
        rows = self.query_one("#candidates", Rows)
        rows.show([self._row(one) for one in proposal.candidates], index)
        rows.display = bool(proposal.candidates)
        self.show_hint(w.substitute_keys if proposal.candidates or self._waiting else w.only_close)
        candidate = self._selected
        talk = self.query_one("#say", Line)
        talk.display = candidate is not None
        if candidate is None:
            self.query_one("#changes", Line).show(
                self.text(w.restock_recomputing if self._waiting else w.substitute_none)
            )
            return
        changes = w.substitute_changes_no_number if candidate.slot is None else w.substitute_changes
        self.query_one("#changes", Line).show(self.text(fill(changes, number=candidate.slot)))
        talk.show(self.text(f"{w.say}: ") + clean(say(candidate.say, w)))

    def _row(self, one: Candidate) -> Row:
        w = self.words
        stock = fill(w.substitute_stock, sellable=count(one.sellable), velocity=rate(one.velocity))
        kind = w.substitute_configured if one.configured else w.substitute_same_product
        number = "" if one.slot is None else str(one.slot)
        return (
            (fit(number, 4, "right") + "  ", "bold"),
            (fit(clean(one.title), 26, ascii=self.ascii) + "  ", ""),
            (fit(self.text(stock), 25) + " ", ""),
            (kind, ""),
        )
