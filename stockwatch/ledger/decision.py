"""What one event comes to before it has a place among the answers. Pure."""

from __future__ import annotations

from stockwatch.ledger.figures import Outcome, Taken

Decision = tuple[Outcome, str | None, tuple[str, ...], tuple[Taken, ...]]
"""(outcome, reason, SKUs whose figures changed, units asked for)"""
NO_SKUS: tuple[str, ...] = ()
