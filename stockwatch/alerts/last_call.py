"""Restock sources that close: what the lines look ahead to while one is about to. Pure.

A restock that is asked for later never comes earlier, and one asked for after its source has closed comes only once
that has opened again. A safety line that looks ahead to when a restock decided within the reaction time could be sold
therefore moves, that long before a closing, to what can come after it: that is the last call. The same holds for
CRITICAL and the five minutes of a decision. Every source with hours is allowed for, so that one that stays open makes
another's closing matter less or not at all.
"""

from __future__ import annotations

from stockwatch.alerts.facts import HANDS_S, Closing, Terms
from stockwatch.config import AlertSettings, Sku
from stockwatch.config.hours import DAY_S


def terms_of(sku: Sku, settings: AlertSettings, second: int) -> Terms:
    """A SKU's settings at `second` of the room's day."""
    soonest, surely = sku.fastest_restock(second) or (None, None)
    terms = Terms(surely, settings.reaction_time, sku.safety_line or 0, sku.trend_sold, sku.title, soonest)
    if sku.restock_turns(second) is None:
        return terms
    reach = settings.reaction_time + HANDS_S
    decided, reacted = sku.fastest_restock(second + HANDS_S), sku.fastest_restock(second + reach)
    assert decided is not None
    assert reacted is not None
    return terms._replace(
        lead_decided_s=decided[1], lead_reacted_s=reacted[1], closing=_closing(sku, second, reach)
    )


def terms_turn(sku: Sku, settings: AlertSettings, second: int) -> int | None:
    """Seconds until `terms_of` may look further ahead than now, or a source opens or closes; None if never."""
    reach = settings.reaction_time + HANDS_S
    turns = (sku.restock_turns(second + ahead) for ahead in (0, HANDS_S, reach))
    return min((turn for turn in turns if turn is not None), default=None)


def _closing(sku: Sku, second: int, within_s: int) -> Closing | None:
    """The closing within so many seconds that puts a restock off the most: by more than a decision takes, and until
    after the end of that time."""
    found: tuple[int, Closing] | None = None
    for source in sku.restock:
        in_s = source.closes(second)
        if in_s is None or not 0 < in_s <= min(within_s, DAY_S):
            continue
        before, after = sku.fastest_restock(second + in_s - 1), sku.fastest_restock(second + in_s)
        assert before is not None
        assert after is not None
        later = after[1] - before[1]
        if before[1] != source.surely or later <= HANDS_S or in_s + after[1] <= within_s + before[1]:
            continue
        if found is None or later > found[0]:
            found = later, Closing(source.source, in_s, in_s + after[0], in_s + after[1])
    return None if found is None else found[1]
