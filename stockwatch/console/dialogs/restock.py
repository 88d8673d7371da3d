"""The restock dialog: a proposal that one Enter sends, its effect on tier and sell-out shown first.

It only asks: nothing is bought by Enter, so the best option is preselected. Posts `Wants` to the app
when another quantity or size has to be worked out; the app answers with `show_proposal`. Returns a
`RestockChoice`.
"""

from __future__ import annotations

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
from stockwatch.console.dialogs.sizes import SIZE_KEYS, Sizes, Wants, other_size, size_line
from stockwatch.console.escape import clean, fit
from stockwatch.console.formats import clock_time, count, eta_clock, rate, span
from stockwatch.console.words import Words, fill, tier_word
from stockwatch.room.view import RestockOption, RestockProposal

_SOURCES_SEEN = 7


@dataclass(frozen=True)
class RestockChoice:
    """What is to be asked for."""

    sku: str
    source: str
    quantity: int
    lead_time: int
    state: Literal["asked", "confirmed"]


class RestockDialog(Dialog[RestockChoice]):
    """Choose source and quantity of a restock."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("tab,shift+tab", "toggle_state", show=False, priority=True),
        *SIZE_KEYS,
        *(Binding(f"f{n}", f"source({n - 1})", show=False) for n in range(1, 6)),
    ]
    DEFAULT_CSS = """
    RestockDialog {
        #effect { text-style: bold; margin-top: 1; }
        #quantity { width: 14; }
    }
    """

    def __init__(
        self,
        words: Words,
        proposal: RestockProposal,
        *,
        zone: tzinfo,
        now: int,
        sizes: Sizes = (),
        ascii: bool = False,
    ) -> None:
        """`now`: the room's decision clock, epoch seconds; `sizes`: the link's sizes, to change between."""
        super().__init__(words, ascii=ascii)
        self._zone = zone
        self._now = now
        self._sizes = sizes
        self._state: Literal["asked", "confirmed"] = "asked"
        self._edited = False
        self._waiting = False
        self._take(proposal)

    def _take(self, proposal: RestockProposal) -> None:
        """Start from this proposal: the best option first, no quantity typed yet."""
        self._proposal = proposal
        self._options = list(proposal.options)
        self._effects = {_key(option): option for option in proposal.options}
        self._index = next((index for index, option in enumerate(self._options) if option.best), 0)

    def compose_body(self) -> ComposeResult:
        yield Line(id="sizes")
        yield Line(id="now")
        yield Rows(limit=_SOURCES_SEEN, ascii=self.ascii, id="sources")
        with Horizontal(classes="field gap", id="quantity-row"):
            yield Line(self.words.restock_quantity, classes="label")
            yield NumberEntry(id="quantity", max_length=10)
        with Horizontal(classes="field", id="state-row"):
            yield Line(self.words.restock_state, classes="label")
            yield Line(id="state")
        yield Line(id="effect")
        yield Line(id="phone")

    def on_mount(self) -> None:
        super().on_mount()
        self._start()

    def _start(self) -> None:
        self._edited = False
        if self._options:
            self._set_quantity(self._options[self._index].quantity)
        self._draw()
        # The field loses the focus while it is hidden for want of a proposal.
        self.query_one("#quantity").focus()

    def show_proposal(self, proposal: RestockProposal) -> None:
        """What the app worked out. One for another SKU than asked for last is left aside."""
        if proposal.sku != self._proposal.sku or not self.is_mounted:
            return
        self._waiting = False
        if not self._options:
            self._take(proposal)
            self._start()
            return
        self._proposal = proposal
        self._effects.update((_key(option), option) for option in proposal.options)
        self._draw()

    # --- what is chosen
    # -------------------------------------------------------------------------------------

    @property
    def quantity(self) -> int | None:
        number = self.query_one("#quantity", NumberEntry).number
        return number if number is not None and 1 <= number <= MOST else None

    def _set_quantity(self, quantity: int) -> None:
        entry = self.query_one("#quantity", NumberEntry)
        entry.value = str(quantity)
        entry.select_all()

    def action_move(self, step: int) -> None:
        self.action_source(max(0, min(self._index + step, len(self._options) - 1)))

    def action_source(self, index: int) -> None:
        if not 0 <= index < len(self._options):
            return
        self._index = index
        if not self._edited:
            self._set_quantity(self._options[index].quantity)
        self._draw()

    def action_toggle_state(self) -> None:
        self._state = "confirmed" if self._state == "asked" else "asked"
        self._draw()

    def action_size(self, step: int) -> None:
        sku = other_size(self._sizes, self._proposal.sku, step)
        if sku is None:
            return
        label = dict(self._sizes)[sku]
        self._take(
            RestockProposal(sku=sku, title=label, tier=0, available=0, velocity=0.0, eta=self._proposal.eta)
        )
        self._waiting = True
        self._draw()
        self.post_message(Wants(self, "restock", sku))

    @on(Rows.Selected)
    def _row_clicked(self, event: Rows.Selected) -> None:
        event.stop()
        if event.index != self._index:
            self.action_source(event.index)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if not self._options:
            return
        quantity = self.quantity
        option = self._options[self._index]
        if quantity != option.quantity:
            self._edited = True
        if quantity is not None and (option.source, option.lead_time, quantity) not in self._effects:
            self.post_message(Wants(self, "restock", self._proposal.sku, quantity))
        self._draw()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._options:
            self.dismiss(None)
            return
        quantity = self.quantity
        if quantity is None:
            self.show_wrong(fill(self.words.quantity_bad, most=MOST))
            return
        option = self._options[self._index]
        self.dismiss(
            RestockChoice(
                self._proposal.sku, option.source, quantity, option.waits + option.lead_time, self._state
            )
        )

    # --- what is shown
    # --------------------------------------------------------------------------------------

    def _draw(self) -> None:
        w, proposal = self.words, self._proposal
        self.show_title(fill(w.restock_title, title=clean(proposal.title)))
        self.query_one("#sizes", Line).show(self.text(size_line(self._sizes, proposal.sku, w)))
        self.query_one("#sizes").display = len(self._sizes) > 1
        now = fill(
            w.restock_now,
            available=count(proposal.available),
            velocity=rate(proposal.velocity),
            eta=eta_clock(proposal.eta, self._zone),
        )
        self.query_one("#now", Line).show(self.text(now))
        for name in ("#sources", "#quantity-row", "#state-row", "#phone"):
            self.query_one(name).display = bool(self._options)
        self.show_hint(w.restock_keys if self._options or self._waiting else w.only_close)
        effect = self.query_one("#effect", Line)
        if not self._options:
            effect.show(self.text(w.restock_recomputing if self._waiting else w.restock_none))
            return
        self.query_one("#sources", Rows).show([self._row(option) for option in self._options], self._index)
        asked = self._state == "asked"
        self.query_one("#state", Line).show(
            self.text(w.restock_state_asked if asked else w.restock_state_confirmed)
        )
        option, quantity = self._options[self._index], self.quantity
        phone = self.query_one("#phone", Line)
        notes = []
        if option.waits:
            opens = clock_time(option.due - option.lead_time, self._zone)
            notes.append(fill(w.restock_closed, clock=opens))
        if option.contact is not None:
            notes.append(fill(w.restock_phone, contact=clean(option.contact)))
        phone.display = bool(notes)
        phone.show(self.text(" · ".join(notes)))
        self.show_wrong("" if quantity is not None else fill(w.quantity_bad, most=MOST))
        effect.show(self.text(self._effect(option, quantity)))

    def _effect(self, option: RestockOption, quantity: int | None) -> str:
        if quantity is None:
            return ""
        known = self._effects.get((option.source, option.lead_time, quantity))
        if known is None:
            return self.words.restock_recomputing
        return fill(
            self.words.restock_effect,
            before=self._tier(self._proposal.tier),
            after=self._tier(known.tier_after),
            eta_before=eta_clock(self._proposal.eta, self._zone),
            eta_after=eta_clock(known.eta_after, self._zone),
        )

    def _tier(self, tier: int) -> str:
        return tier_word(tier, self.words) if tier else self.words.no_tier

    def _row(self, option: RestockOption) -> Row:
        w = self.words
        ready = fill(
            w.restock_ready,
            clock=clock_time(option.due, self._zone),
            age=span(option.waits + option.lead_time, w.language),
        )
        counts = w.restock_counts_confirmed if option.counts == "confirmed" else w.restock_counts_received
        return (
            (fit(clean(option.source), 16, ascii=self.ascii) + " ", "bold"),
            (fit(fill(w.restock_units, quantity=option.quantity), 10, "right") + "  ", ""),
            (fit(ready, 19), ""),
            (fit(counts, 16), ""),
            (w.restock_best if option.best else "", "bold"),
        )


def _key(option: RestockOption) -> tuple[str, int, int]:
    return option.source, option.lead_time, option.quantity
