"""How punctual each restock source has been: its latest restocks, promised against received. Pure."""

from __future__ import annotations

KEPT = 12
"""The latest restocks of a source that tell of its next."""
ENOUGH = 3
"""Fewer tell nothing."""
PROMISED_MIN_US = 60 * 1_000_000
"""A promise for sooner than this is a record made afterwards, not a promise."""
SLIP_MAX = 3.0
"""Later than this many times its time, a restock tells of a mishap, not of the source."""


class Punctuality:
    """What became of the promises of all sources. Instants in microseconds since the epoch."""

    def __init__(self) -> None:
        self._slips: dict[str, dict[tuple[str, str], float]] = {}
        """By source, of each (SKU, document) in the order in which they were complete."""

    def received(
        self, source: str, sku: str, document: str, asked_us: int, due_us: int, came_us: int
    ) -> None:
        """The last of a restock has come; told again, only the first time counts."""
        promised_in = due_us - asked_us
        if promised_in < PROMISED_MIN_US or came_us < asked_us:
            return
        known = self._slips.setdefault(source, {})
        known.setdefault((sku, document), min(SLIP_MAX, (came_us - due_us) / promised_in))
        if len(known) > KEPT:
            del known[next(iter(known))]

    def slips(self, source: str) -> tuple[float, ...]:
        """How late the latest restocks were, as shares of the time that they were promised in (negative: early);
        empty while too few are known."""
        known = self._slips.get(source, {})
        return tuple(known.values()) if len(known) >= ENOUGH else ()
