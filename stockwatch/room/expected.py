"""Units that restock sources have promised a room and that are not here yet: as what arrivals they count. Pure."""

from __future__ import annotations

from stockwatch.alerts import Arrival, Punctuality
from stockwatch.config import RestockSource, Sku
from stockwatch.events import Event
from stockwatch.ledger.balances import Books
from stockwatch.room.clock import SECOND_US


class Expected:
    """What is on its way to a room's SKUs, and how punctual its sources have been. Instants in microseconds since the
    epoch."""

    def __init__(self) -> None:
        self.punctuality = Punctuality()

    def arrivals(self, sku: str, settings: Sku | None, books: Books) -> tuple[Arrival, ...]:
        """Units promised and not here yet, with when they may be sold; `settings`: what room.toml says of the SKU."""
        sources = {source.source: source for source in settings.restock} if settings else {}
        return tuple(
            self.arrival(
                sources.get(restock.source),
                restock.source,
                restock.in_transit,
                restock.due_us,
                restock.asked_us,
            )
            for restock in books.restocks().values()
            if restock.sku == sku and restock.in_transit
        )

    def arrival(
        self, settings: RestockSource | None, source: str, qty: int, due_us: int, asked_us: int
    ) -> Arrival:
        """Units of a source, promised for `due_us` when they were asked for. The source's range goes with a promise
        that leaves it room; a nearer one is taken at its word."""
        soonest_us = None
        if settings is not None and due_us - asked_us >= settings.surely * SECOND_US:
            soonest_us = due_us - (settings.surely - settings.lead_time) * SECOND_US
        counts = settings is not None and settings.counts == "confirmed"
        return Arrival(qty, due_us, counts, asked_us, soonest_us, self.punctuality.slips(source))

    def received(self, event: Event, books: Books) -> None:
        """A stock.received was booked: how punctual its source was, once all of the restock is there."""
        document = event.data.get("restock")
        for restock in books.restocks().values() if isinstance(document, str) else ():
            if (restock.sku, restock.document) == (event.subject, document) and restock.state == "received":
                self.punctuality.received(
                    restock.source,
                    restock.sku,
                    restock.document,
                    restock.asked_us,
                    restock.due_us,
                    event.time_us,
                )
