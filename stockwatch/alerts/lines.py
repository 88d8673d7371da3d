"""The safety line, what can be sold, and how far ahead both look. Pure arithmetic.

The safety line is the demand that, three times in four, is not exceeded until more can be on sale: over the
lead time of the fastest restock, the team's reaction time and `HANDS_S`; where that time takes it past the closing of
a source, over what a restock takes that is asked for then (`last_call.py`). A line set by hand is a floor under it. Few
orders are weak evidence among hundreds of SKUs: fewer than `SURE_ORDERS` speak for `UNITS_AN_ORDER` units each,
so that two orders can warn of the last eight units and never of seventy.
"""

from __future__ import annotations

from math import sqrt

from stockwatch.alerts.facts import HANDS_S, Facts, Terms
from stockwatch.demand.outlook import Outlook, chance_sold, demand_quantile
from stockwatch.demand.series import HISTORY

NO_SOURCE_S = 15 * 60
"""Without a restock source, a sell-out this near is CRITICAL."""
AHEAD = 12
"""A rate isn't extrapolated further than this many times as long as it has been seen: five minutes of a burst tell
of an hour, a steady half hour of six. A longer lead time counts as this, or every presentation of a thing that takes
days to come would be CRITICAL."""
SEEN_MIN_S = 300
"""What is seen of a thing that was out of stock meanwhile is shorter, and counts as this."""
LEAD_MAX_S = AHEAD * HISTORY
"""Six hours, as long as a stream lasts: a factory's lead time of ten days doesn't mean that ten days of the
present rate must lie in stock."""
MIN_ORDERS = 2
"""Orders a demand line needs: one order is no rate."""
SURE_ORDERS = 5
"""Orders from which on a demand line is as high as it comes out; CRITICAL asks for as many."""
UNITS_AN_ORDER = 4
"""How much of a demand line each order bears while there are fewer.

Measured on ten apparel rooms of other seeds (500 SKUs, 3 h): nothing lost inside true surges, THRESHOLD 6 s later
on average."""
Z_LINE = 0.6744897501960817
"""The demand does not exceed the line three times in four; an open THRESHOLD clears above 97 %."""
Z_LINE_CLEAR = 1.8807936081512509
CHANCE_LINE, CHANCE_LINE_CLEAR = 0.25, 0.03
"""What remains above each, where units that may not come in time make it a question of chance."""
_Z_UNSEEN = 1.6448536269514722


def deadline(terms: Terms, outlook: Outlook) -> int:
    """Seconds that a sell-out must be away so that a restock asked for within `HANDS_S` can still come first, as far as
    the outlook reaches."""
    lead_s = terms.lead_s if terms.lead_decided_s is None else terms.lead_decided_s
    return HANDS_S + (NO_SOURCE_S if lead_s is None else min(lead_s, _reach(outlook)))


def horizon(terms: Terms, outlook: Outlook) -> int:
    """Seconds that the safety line looks ahead."""
    return _ahead(terms, _reach(outlook))


def furthest(terms: Terms) -> int:
    """The longest horizon that any outlook gives."""
    return _ahead(terms, LEAD_MAX_S)


def _reach(outlook: Outlook) -> int:
    """The longest lead time that an outlook can tell of."""
    return AHEAD * max(outlook.seen_s, SEEN_MIN_S)


def _ahead(terms: Terms, reach_s: int) -> int:
    lead_s = terms.lead_s if terms.lead_reacted_s is None else terms.lead_reacted_s
    return (NO_SOURCE_S if lead_s is None else min(lead_s, reach_s)) + terms.reaction_s + HANDS_S


def without_closing(terms: Terms) -> Terms:
    """The same, as if whatever is open now stayed open."""
    return terms._replace(lead_decided_s=None, lead_reacted_s=None, closing=None)


def safety_line(terms: Terms, outlook: Outlook) -> int:
    """Units; the hand-set line when nothing sells."""
    if outlook.orders < MIN_ORDERS:
        return terms.floor
    line = int(demand_quantile(outlook, horizon(terms, outlook), Z_LINE) + 0.5)
    if outlook.orders < SURE_ORDERS:
        line = min(line, UNITS_AN_ORDER * outlook.orders)
    return max(terms.floor, line)


def clear_floor(terms: Terms) -> int:
    """Units that a hand-set line must be clear of."""
    return terms.floor + max(2, terms.floor // 5) if terms.floor else 0


def clear_line(terms: Terms, outlook: Outlook) -> int:
    """Units above which an open THRESHOLD may end: a fifth (at least 2) above the hand-set line, and 97 % of demand,
    however few the orders: what was worth a warning is not over because evidence thins out."""
    floor = clear_floor(terms)
    if outlook.orders < MIN_ORDERS:
        return floor
    return max(floor, int(demand_quantile(outlook, horizon(terms, outlook), Z_LINE_CLEAR) + 1.5))


def chance_short(terms: Terms, outlook: Outlook, units: int, *, clear: bool) -> float:
    """Probability that `units` don't last as far as the safety line (`clear`: the clear line) looks ahead; 1 at or
    under the hand-set line."""
    floor = clear_floor(terms) if clear else terms.floor
    if units <= floor:
        return 1.0
    scarce = not clear and outlook.orders < SURE_ORDERS and units > UNITS_AN_ORDER * outlook.orders
    return (
        0.0 if scarce or outlook.orders < MIN_ORDERS else chance_sold(outlook, units, horizon(terms, outlook))
    )


def unseen(outlook: Outlook, lag_s: float) -> int:
    """What channels may have sold that hasn't reached us: an upper bound (95 %) of demand over the feed's
    lag."""
    mean = outlook.rate * lag_s
    if mean <= 0.0:
        return 0
    return int(mean + _Z_UNSEEN * sqrt(outlook.lumps * mean) + 0.5)


def sellable(facts: Facts, outlook: Outlook) -> int:
    """Orders of one unit that can still be taken, for the host: never negative, never above what is free."""
    free = facts.free
    return max(0, free - unseen(outlook, facts.lag_s)) if free and facts.lag_s > 0 else free
