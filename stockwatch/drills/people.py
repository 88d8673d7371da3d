"""What the room's own people do, as the console records it: who, what was asked, what came of it.

Events carry the room's own source. Owns their wording only; no I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stockwatch.drills.simulator import MINUTE, Draft, Platform, Stage


@dataclass(frozen=True)
class Restock:
    """More of a SKU: the document it goes by, where from, units."""

    sku: str
    document: str
    source: str
    qty: int


@dataclass
class Crew:
    """The operators of a room. `act` says one action and the events beside it, in order."""

    stage: Stage
    room: str
    platforms: Sequence[Platform]

    def act(self, at: int, document: str, events: Sequence[tuple[str, str | None, dict[str, Any]]]) -> None:
        for number, (kind, subject, data) in enumerate(events, 1):
            draft = Draft(kind, f"stockwatch/{self.room}", f"{document}:{number}", at, data, subject)
            self.stage.say(draft)

    def acknowledge(self, at: int, by: str, sku: str, alert: str) -> None:
        self.act(at, f"ack-{alert}", [("alert.acknowledged", sku, {"alert": alert, "by": by})])

    def note(self, at: int, by: str, document: str, text: str) -> None:
        self.act(at, document, [("note.added", None, {"text": text, "by": by})])

    def restock(self, order: Restock, *, by: str, asked: int, confirmed: int, landed: int, due: int) -> None:
        """Ask, get a promise, receive: three steps of one document, each an action with its stock event.

        `due` is when the source promised it for, `landed` when it was there.
        """
        document, qty = order.document, order.qty
        for at, state in ((asked, "asked"), (confirmed, "confirmed")):
            action = {"by": by, "source": order.source, "qty": qty, "lead_time_s": (due - asked) // 1000}
            action |= {"state": state, "document": document}
            ask = {
                "document": document,
                "qty": qty,
                "source": order.source,
                "due": self.stage.stamp(due),
                "state": state,
                "by": by,
            }
            events = [("action.restock", order.sku, action), ("stock.ordered", order.sku, ask)]
            self.act(at, f"{document}-{state}", events)
        receipt = {"document": f"{document}-in", "qty": qty, "restock": document, "final": True, "by": by}
        done = {"by": by, "document": document, "state": "received", "qty": qty}
        events = [("action.restock", order.sku, done), ("stock.received", order.sku, receipt)]
        self.act(landed, f"{document}-received", events)

    def substitute(self, at: int, by: str, *, sku: str, to: str, link: tuple[str, int]) -> None:
        listing, _ = link
        switch = ("action.substitute", sku, {"by": by, "to": to, "listing": listing})
        self.act(at, f"switch-{sku}", [switch, *self._pins(by, link)])

    def present(self, at: int, by: str, link: tuple[str, int]) -> None:
        """The host turns to a link (its id and slot) on every channel."""
        self.act(at, self.stage.number("pin"), self._pins(by, link))

    def hold(self, at: int, by: str, sku: str, qty: int) -> None:
        """控库: keep units back before they are released in waves."""
        document = self.stage.number("HOLD-")
        action = ("action.release", sku, {"by": by, "qty": -qty})
        self.act(at, document, [action, ("stock.held", sku, {"document": document, "qty": qty, "by": by})])

    def release(self, at: int, by: str, sku: str, qty: int) -> None:
        """放单: a wave."""
        document = self.stage.number("WAVE-")
        action = ("action.release", sku, {"by": by, "qty": qty})
        self.act(at, document, [action, ("stock.unheld", sku, {"document": document, "qty": qty, "by": by})])

    def list_links(self, at: int, links: Sequence[tuple[str, int]]) -> None:
        """Every link goes up on every channel, told by the channel."""
        for listing, slot in links:
            for platform in self.platforms:
                data = {"listing": listing, "channel": platform.id, "slot": slot}
                draft = Draft("product.listed", platform.source, self.stage.number("up"), at, data)
                self.stage.say(draft, at + self.stage.rng.randint(0, MINUTE // 6))

    def _pins(self, by: str, link: tuple[str, int]) -> list[tuple[str, str | None, dict[str, Any]]]:
        listing, slot = link
        return [
            ("product.pinned", None, {"channel": platform.id, "listing": listing, "by": by, "slot": slot})
            for platform in self.platforms
        ]
