"""Which tier a SKU is in, from its figures alone. Pure; no memory: the life cycle is the desk's.

- CRITICAL: nothing is left that could be sold, of a thing that had stock or orders; or the sell-out comes before the
  fastest restock, asked for within five minutes, could be sold (no source: within 20 minutes) with a chance of at
  least 35 %, on at least 5 orders.
- THRESHOLD: what can be sold or released, with what arrives within lead + reaction time, is at or under the safety
  line. Where only some of the ways in which goods may arrive come to that: the chance that what there is by then
  doesn't last so long is more than a quarter (cause `late`).
  Either while a source is about to close, and only because of what comes after that: cause `last_call`.
- TREND: a surge, or the taken-units line (both are the desk's, for they happen once).

Units held back (waves) are not gone: they count as stock, an empty wave alone raises nothing, and while any
are held the tier is THRESHOLD at most, since a person can release them at once. Confirmed arrivals count
by how likely they come before the sell-out; overdue ones a while longer (`arriving.py`). The chance of a sell-out
before an arrival is looked at at each arrival, and at the lead time. The feed's lag lowers what the host is told
(`sellable`), not the tier: a broken feed is its own warning, not a stock alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from stockwatch.alerts import arriving, lines
from stockwatch.alerts.arriving import Arrival
from stockwatch.alerts.facts import Closing, Facts, Terms, believed
from stockwatch.demand import outlook as outlooks
from stockwatch.demand.outlook import NEVER, Forecast, Outlook

NONE, TREND, THRESHOLD, CRITICAL = range(4)
TIER_NAMES = ("", "TREND", "THRESHOLD", "CRITICAL")
CHANCE_CRITICAL = 0.35
CHANCE_CLEAR = 0.10
MIN_ORDERS = lines.SURE_ORDERS
"""Orders a forecast needs before it may raise CRITICAL. It always rests on five minutes or more."""
CRUMBS = 2
"""So few units that come back don't end a sell-out."""
_SECOND_US = 1_000_000


class Verdict(NamedTuple):
    """The tier by stock, and by the wider lines that an open alert must get clear of."""

    tier: int
    """NONE, THRESHOLD or CRITICAL."""
    loose: int
    """The tier that an open alert is still held at; at least `tier`."""
    cause: str
    """`gone`, `sellout`, `line`, `late`, `last_call`, or empty."""
    line: int
    """The safety line, units."""


class Pace(NamedTuple):
    """How a surge that goes on compares with what is usual."""

    orders: int
    """Since it began."""
    seconds: int
    usual: float
    """Orders that are usual in so many seconds."""


class Assessment(NamedTuple):
    """A SKU's state with all its figures: what a row shows and what an alert's sentence is made of."""

    tier: int
    cause: str
    """`gone`, `sellout`, `line`, `late`, `last_call`, `surge`, `sold` (the taken-units line), or empty."""
    available: int
    held: int
    sellable: int
    safety_line: int
    per_min: float
    direction: int
    recent: int
    """Orders in the last five minutes."""
    before: int
    """Orders in the five minutes before."""
    eta: Forecast
    lead_s: int | None
    """By when a restock asked for now is surely there."""
    arrival_us: int | None
    """The first confirmed arrival still to come, not yet due and not yet for sale."""
    coming: int
    """Units of all such arrivals."""
    taken: int
    floor: int
    """The hand-set line, 0 if none."""
    releasable: int
    """Everything that a person could still put on sale."""
    arrival_qty: int = 0
    """Units that come at `arrival_us`."""
    promised: int = 0
    """Units on their way that may be sold already."""
    shortfall: int = 0
    soon: int = 0
    """Units on their way, not yet for sale, that surely come early enough to count against the safety line."""
    doubtful: int = 0
    """Units of which that is possible, not sure."""
    doubt: float = 0.0
    """How likely those of them that are latest don't."""
    short: float = 0.0
    """Probability that what there is and arrives doesn't last as far as the safety line looks ahead."""
    overdue: int = 0
    """Units that should be here and aren't."""
    overdue_us: int | None = None
    """Since when the first of them is overdue."""
    soonest_s: int | None = None
    """When it can be there at the soonest."""
    pace: Pace | None = None
    """Of the surge that goes on, where the rule tells when it began."""
    presented_per_min: float = 0.0
    """Orders a minute that earlier streams had while the link was presented, where the sell-out rests on that."""
    closing: Closing | None = None
    """The source that is about to close."""
    silent_s: int | None = None
    """Seconds for which a feed has been silent by which it sells, longer than chance explains: all that rests on orders
    is older than that."""
    late_s: int = 0
    """By how many seconds orders usually come late, by the slowest channel that sells it: `recent` isn't all in."""

    @property
    def free(self) -> int:
        """Units that may be sold now, as in `Facts.free`."""
        return max(0, self.available + self.promised - self.shortfall)


def judge(
    facts: Facts, terms: Terms, outlook: Outlook, now_us: int, *, had_stock: bool, wide: bool
) -> Verdict:
    """The tier by stock. `wide`: also work out `loose` (else it equals `tier`)."""
    facts = believed(facts, now_us)
    line = lines.safety_line(terms, outlook)
    free = facts.free
    held = facts.held
    if free + held == 0:
        touched = had_stock or facts.taken > 0 or facts.quarantined > 0
        tier = CRITICAL if touched else NONE
        return Verdict(tier, tier, "gone" if touched else "", line)
    wide_line = lines.clear_line(terms, outlook) if wide else line
    if free + held > max(line, wide_line, CRUMBS if wide else 0):
        return Verdict(NONE, NONE, "", line)
    arrivals = facts.arrivals
    chance = 0.0
    if not held and (wide or outlook.orders >= MIN_ORDERS):
        chance = _chance_too_late(free, arrivals, terms, outlook, now_us)
        if chance >= CHANCE_CRITICAL and outlook.orders >= MIN_ORDERS:
            cause = "sellout"
            if terms.closing is not None:
                unclosed = lines.without_closing(terms)
                if _chance_too_late(free, arrivals, unclosed, outlook, now_us) < CHANCE_CRITICAL:
                    cause = "last_call"
            return Verdict(CRITICAL, CRITICAL, cause, line)
    left = free + held
    expected = _in_time(arrivals, terms, outlook, now_us)
    cause = _under(left, expected, line, terms, outlook)
    tier = THRESHOLD if cause else NONE
    loose = tier
    if wide:
        if chance >= CHANCE_CLEAR or (free <= CRUMBS and not held):
            loose = CRITICAL
        elif _under(left, expected, wide_line, terms, outlook, clear=True):
            loose = THRESHOLD
    if cause and terms.closing is not None:
        unclosed = lines.without_closing(terms)
        expected = _in_time(arrivals, unclosed, outlook, now_us)
        if not _under(left, expected, lines.safety_line(unclosed, outlook), unclosed, outlook):
            cause = "last_call"
    return Verdict(tier, loose, cause, line)


def _in_time(
    arrivals: Sequence[Arrival], terms: Terms, outlook: Outlook, now_us: int
) -> list[tuple[float, int]]:
    """(probability, units) not yet for sale that come as far as the safety line looks ahead, the most first; with what
    is overdue and still believed."""
    if not arrivals:
        return [(1.0, 0)]
    return arriving.by(arrivals, now_us + lines.horizon(terms, outlook) * _SECOND_US, now_us)


def _under(
    left: int,
    expected: Sequence[tuple[float, int]],
    line: int,
    terms: Terms,
    outlook: Outlook,
    *,
    clear: bool = False,
) -> str:
    """Whether what is left and expected is under a line (`clear`: the clear line): surely (`line`), too likely
    (`late`), or not (empty)."""
    if left + expected[0][1] <= line:
        return "line"
    if left + expected[-1][1] > line:
        return ""
    limit = lines.CHANCE_LINE_CLEAR if clear else lines.CHANCE_LINE
    return "late" if _short(left, expected, terms, outlook, clear=clear) > limit else ""


def _short(
    left: int, expected: Sequence[tuple[float, int]], terms: Terms, outlook: Outlook, *, clear: bool
) -> float:
    """Probability that what is left and expected doesn't last as far as a line looks ahead."""
    return sum(
        chance * lines.chance_short(terms, outlook, left + units, clear=clear) for chance, units in expected
    )


def _chance_too_late(
    free: int, arrivals: Sequence[Arrival], terms: Terms, outlook: Outlook, now_us: int
) -> float:
    """Chance that everything is sold before more can be: before the next arrival, or within the lead time."""
    lead_s = lines.deadline(terms, outlook)
    if not arrivals:
        return outlooks.chance_sold(outlook, free, lead_s)
    ways = arriving.scenarios(arrivals, now_us)
    return sum(outlooks.gone_by(outlook, free, coming, lead_s) for coming in ways) / len(ways)


def eta(facts: Facts, outlook: Outlook, now_us: int) -> Forecast:
    """Seconds until everything is sold that is free, held back, or arrives before that."""
    facts = believed(facts, now_us)
    left = facts.free + facts.held
    if left == 0:
        return Forecast(0, 0, 0)
    if outlook.rate <= 0.0:
        return NEVER
    return outlooks.forecast(outlook, left, arriving.scenarios(facts.arrivals, now_us))


def ahead(facts: Facts, outlook: Outlook, now_us: int, ats: Sequence[int]) -> list[tuple[int, int, int]]:
    """What may be sold after each of `ats` seconds without anything being released, as `outlook.left_after` has it."""
    facts = believed(facts, now_us)
    left, ways = facts.free, arriving.scenarios(facts.arrivals, now_us)
    return [outlooks.left_after(outlook, left, seconds, ways) for seconds in ats]


def assess(
    facts: Facts,
    terms: Terms,
    outlook: Outlook,
    now_us: int,
    *,
    had_stock: bool = False,
    velocity: tuple[float, int] = (0.0, 0),
    recent: tuple[int, int] = (0, 0),
    surging: bool = False,
    verdict: Verdict | None = None,
    pace: Pace | None = None,
) -> Assessment:
    """Tier, line, what can be sold, and when it is gone. `verdict`: what `judge` said, if it was asked
    already."""
    if verdict is None:
        verdict = judge(facts, terms, outlook, now_us, had_stock=had_stock, wide=False)
    tier, cause = verdict.tier, verdict.cause
    if not tier and surging:
        tier, cause = TREND, "surge"
    real = believed(facts, now_us)
    to_come: list[Arrival] = []
    overdue: list[Arrival] = []
    for item in facts.arrivals:
        if item.due_us <= now_us:
            overdue.append(item)
        elif not item.counts:
            to_come.append(item)
    first_us = min((item.due_us for item in to_come), default=None)
    until_us = now_us + lines.horizon(terms, outlook) * _SECOND_US
    soon = doubtful = 0
    doubt = short = 0.0
    for item in real.arrivals:
        if not item.counts:
            chance = item.chance_by(until_us, now_us)
            if chance >= 1.0:
                soon += item.qty
            elif chance > 0.0:
                doubtful += item.qty
                doubt = max(doubt, 1.0 - chance)
    if doubtful:
        left, expected = real.free + real.held, _in_time(real.arrivals, terms, outlook, now_us)
        short = _short(left, expected, terms, outlook, clear=False)
    return Assessment(
        tier=tier,
        cause=cause,
        available=facts.available,
        held=facts.held,
        sellable=lines.sellable(real, outlook),
        safety_line=verdict.line,
        per_min=velocity[0],
        direction=velocity[1],
        recent=recent[0],
        before=recent[1],
        eta=eta(real, outlook, now_us),
        lead_s=terms.lead_s,
        arrival_us=first_us,
        coming=sum(item.qty for item in to_come),
        taken=facts.taken,
        floor=terms.floor,
        releasable=facts.releasable,
        arrival_qty=sum(item.qty for item in to_come if item.due_us == first_us),
        promised=real.promised,
        shortfall=facts.shortfall,
        soon=soon,
        doubtful=doubtful,
        doubt=doubt,
        short=short,
        overdue=sum(item.qty for item in overdue),
        overdue_us=min((item.due_us for item in overdue), default=None),
        soonest_s=terms.soonest_s,
        pace=pace,
        presented_per_min=60.0 * outlook.presented,
        closing=terms.closing,
    )


def preview(
    facts: Facts, terms: Terms, outlook: Outlook, now_us: int, extra: Arrival, *, had_stock: bool = False
) -> tuple[int, Forecast]:
    """Tier by stock and sell-out if `extra` were confirmed now: what a restock's preview asks about."""
    after = msgspec.structs.replace(facts, arrivals=(*facts.arrivals, extra))
    verdict = judge(after, terms, outlook, now_us, had_stock=had_stock, wide=False)
    return verdict.tier, eta(after, outlook, now_us)
