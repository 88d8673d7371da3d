"""Which SKUs are to be looked at, and when: those that had events, and those whose time has come. Pure.

A SKU that had no event and is not due costs nothing. Instants are whole seconds since the epoch.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable


class Agenda:
    """Each SKU is due at one second at most: the earliest that it was asked for."""

    def __init__(self) -> None:
        self._stirred: set[str] = set()
        self._heap: list[tuple[int, str]] = []
        """Of each SKU that is due; entries that `_due` does not bear out are past."""
        self._due: dict[str, int] = {}

    def stir(self, skus: Iterable[str]) -> None:
        """They had events: look at them at the next tick."""
        self._stirred.update(skus)

    def at(self, sku: str, second: int) -> None:
        """Look at a SKU then, unless it is looked at before."""
        if self._due.get(sku, second + 1) > second:
            self._due[sku] = second
            heapq.heappush(self._heap, (second, sku))

    def anew(self, sku: str, second: int | None) -> None:
        """It has been looked at: again at `second`, or not before it has events."""
        self._due.pop(sku, None)
        if second is not None:
            self.at(sku, second)

    def next(self) -> int | None:
        """The next second at which there is anything to look at; 0 means at once."""
        if self._stirred:
            return 0
        return self._heap[0][0] if self._heap else None

    def take(self, tick: int) -> tuple[set[str], set[str]]:
        """(due, stirred): the SKUs whose time has come by a tick, and the others that had events since the last one."""
        heap, known = self._heap, self._due
        due: set[str] = set()
        while heap and heap[0][0] <= tick:
            second, sku = heapq.heappop(heap)
            if known.get(sku) == second:
                del known[sku]
                due.add(sku)
        stirred, self._stirred = self._stirred - due, set()
        return due, stirred
