"""Beside the board, or under it: the selected link's detail and the alerts, as far as there is room.

Owns which of the two panels is shown; gets plain values. The layout itself is in the style sheet.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container

from stockwatch.console.alerts_panel import AlertsPanel
from stockwatch.console.columns import Look
from stockwatch.console.detail import DetailPane
from stockwatch.console.state import Line
from stockwatch.room.view import Detail, RoomView

PANELS = ("-auto", "-detail", "-alerts", "-none")
"""What is shown: what there is room for, one of the two, or nothing."""


class Side(Container):
    """The two panels."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id, classes=PANELS[0])
        self._look = look

    def compose(self) -> ComposeResult:
        marker = "ascii" if self._look.ascii else self._look.spark
        yield DetailPane(self._look.words, marker=marker, id="detail")
        yield AlertsPanel(self._look.words, ascii=self._look.ascii, id="alerts")

    def cycle(self) -> None:
        """The next of PANELS."""
        now = next(name for name in PANELS if self.has_class(name))
        self.remove_class(now)
        self.add_class(PANELS[(PANELS.index(now) + 1) % len(PANELS)])

    @property
    def watches(self) -> bool:
        """Whether a link's detail is on screen, so that it is worth asking for."""
        pane = self.query_one("#detail")
        return pane.display and self.display and pane.size.area > 0

    def show(self, view: RoomView, line: Line | None, detail: Detail | None, look: Look) -> None:
        """Show the link under the cursor and the room's alerts."""
        link = line.link if line else None
        self.query_one("#detail", DetailPane).show(
            link,
            detail if detail is not None and link is not None and detail.listing == link.listing else None,
            restocks=view.restocks,
            channels=dict(look.channels),
            zone=look.zone,
        )
        self.query_one("#alerts", AlertsPanel).show(
            view.alerts,
            now=view.header.clock,
            slots={row.listing: row.slot for row in view.links},
            zone=look.zone,
            focus=link.listing if link else None,
            actions=view.actions,
        )
