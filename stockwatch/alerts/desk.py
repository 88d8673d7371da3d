"""The life of alerts: one open alert a SKU, raised, escalated, resolved, and quiet in between.

`evaluate` is called at decision ticks for SKUs that had events or are due; it changes nothing but the
desk's own memory and returns what happened. All memory comes from the calls, so that replaying the same
calls rebuilds it. Instants in microseconds.

How an alert moves:
- Up: at once, `raised` or `escalated`, the highest tier only. An escalation makes an acknowledged alert
  ring again.
- Down: when its tier has not held by the wider lines (`Verdict.loose`) at any look for the whole of its
  hold time, THRESHOLD 300 s, CRITICAL 120 s, it is `resolved`; if a lower tier by stock holds then, that
  one is raised in the same tick, taken by whoever had taken the old one. The wider lines: THRESHOLD a fifth
  (at least 2 units) above the hand-set line and 97 % of demand in place of 75 %; CRITICAL a 10 % chance in
  place of 35 %, and more than 2 units left.
- A feed that is silent for longer than chance explains takes nothing away: forecasts rest on the seconds that were
  covered, at last on what they were before, so that neither silence nor what catches up after it raises or ends
  anything by itself. What there is in stock does.
- TREND is an edge: a surge raises once, and again only after 600 s without one. The taken-units line raises
  once per SKU, ever. Either is used up if an alert is open then. TREND resolves after 600 s without a surge.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Literal

import msgspec

from stockwatch.alerts import looks, reasons, tiers
from stockwatch.alerts.alert import AlertEvent, OpenAlert, State
from stockwatch.alerts.arriving import Arrival
from stockwatch.alerts.facts import Facts, Terms, believed
from stockwatch.alerts.last_call import terms_of, terms_turn
from stockwatch.alerts.reasons import Words
from stockwatch.alerts.tiers import CRITICAL, NONE, THRESHOLD, TREND, Assessment, Pace, Verdict
from stockwatch.config import RoomConfig
from stockwatch.demand import Demand, detector
from stockwatch.demand.demand import STILL
from stockwatch.demand.outlook import NOTHING, Forecast, Outlook
from stockwatch.demand.series import V300, V600, V1800, Series
from stockwatch.demand.surge import WATERMARK_S, Surge
from stockwatch.instants import second_of_day

SECOND_US = 1_000_000
CALM_US = 600 * SECOND_US
HOLD_US = {THRESHOLD: 300 * SECOND_US, CRITICAL: 120 * SECOND_US}


class Desk:
    """The alerts of a room. `zone` is the room's; it may be set later, before the first alert."""

    def __init__(self, config: RoomConfig, demand: Demand, zone: tzinfo = UTC) -> None:
        """Raises ValueError for a `trend_rule` that isn't known."""
        self._zone = zone
        self._demand = demand
        self._settings = config.alerts
        self._skus = {sku.id: sku for sku in config.skus}
        self._detector = detector(config.alerts.trend_rule, config.alerts.trend_false_alarm_hours)
        self._states: dict[str, State] = {}

    @property
    def zone(self) -> tzinfo:
        return self._zone

    @zone.setter
    def zone(self, zone: tzinfo) -> None:
        self._zone = zone
        for state in self._states.values():
            if state.turns_us is not None:
                state.turns_us = 0

    # --- deciding ---------------------------------------------------------------------------------

    def evaluate(self, sku: str, now_us: int, facts: Facts) -> tuple[tuple[AlertEvent, ...], int | None]:
        """Look at one SKU at a tick. Returns what happened, and when it must be looked at again with no
        event.

        None: only an event can change anything. `now_us` never decreases.
        """
        state = self._states.get(sku)
        if state is None:
            state = self._states[sku] = State(self.terms(sku, now_us))
            state.turns_us = self._turns_us(sku, now_us)
        elif state.turns_us is not None:
            state.terms = self.terms(sku, now_us)
            if now_us >= state.turns_us:
                state.turns_us = self._turns_us(sku, now_us)
        self._note_stock(sku, state, now_us, facts)
        demand = self._demand
        series = demand.at(sku, now_us)
        fresh = False
        look_s: int | None = None
        state.pace = None
        if series is not None and series.order_sums[V1800]:
            surge = demand.surge(series, self._detector, now_us)
            look_s = surge.look_s
            state.pace = _pace(surge, series.mark)
            if surge.on:
                fresh = state.trend_us is None or now_us - state.trend_us > CALM_US
                state.trend_us = now_us
        state.calm_above = state.wait_above = above = None
        if not state.tier and not state.shut and not facts.arrivals and not facts.shortfall:
            state.calm_above = above = looks.calm_above(demand, state.terms, series)
        units = facts.available + facts.held
        if looks.nothing_near(above, units, demand, now_us):
            # Far above any line there is nothing to judge.
            verdict: Verdict | None = None
            want, cause = NONE, ""
            if series is not None and state.turns_us is None:
                state.wait_above = looks.wait_above(demand, state.terms, series)
                state.wait_orders = series.count + looks.WAIT_ORDERS
                state.wait_units = series.total + looks.WAIT_UNITS
        else:
            verdict = self._judge(state, series, now_us, facts)
            want, cause = verdict.tier, verdict.cause
        if fresh and not want:
            want, cause = TREND, "surge"
        trend_sold = state.terms.trend_sold
        if trend_sold is not None and not state.sold_rang and facts.taken >= trend_sold:
            state.sold_rang = True
            if not want:
                want, cause = TREND, "sold"
                state.trend_us = now_us
        events: tuple[AlertEvent, ...] = ()
        if want > state.tier or state.tier:
            if verdict is None:
                verdict = self._judge(state, series, now_us, facts)
            if want > state.tier:
                events = (self._rise(sku, now_us, facts, tier=want, cause=cause, verdict=verdict),)
            else:
                events = self._settle(sku, state, verdict, now_us, facts)
            state.calm_above = state.wait_above = None
        if series is not None:
            series.fresh = None
        return events, looks.due_us(state, series, look_s, now_us, facts)

    def calm(self, sku: str, now_us: int, available: int, held: int, taken: int) -> tuple[bool, int | None]:
        """Whether a SKU that had events since the last look needs none now, and when it must be looked at then.

        It can wait far above the line, with nothing open, nothing on its way, the taken-units line not in reach, and
        no order old enough to count: orders do from the watermark on, which is when it must be looked at. Looks
        that were due anyway stay due. The caller answers for there being no shortfall and nothing in transit.
        """
        state = self._states.get(sku)
        if (
            state is None
            or available <= 0
            or not looks.nothing_near(state.calm_above, available + held, self._demand, now_us)
        ):
            return False, None
        trend_sold = state.terms.trend_sold
        if trend_sold is not None and not state.sold_rang and taken >= trend_sold:
            return False, None
        counts_us = self._demand.fresh(sku)
        if counts_us is not None and counts_us <= now_us:
            return False, None
        return True, counts_us

    def wait(self, sku: str, now_us: int, available: int, held: int, taken: int) -> tuple[bool, int | None]:
        """Whether a look that is due could change nothing, though orders have come to count, and when to look then.

        It can wait far above the line as in `calm`, also with all orders in that have come, while no restock source
        opens or closes and those orders can't make a surge. They are weighed at the next look, as they would be now.
        """
        state = self._states.get(sku)
        if (
            state is None
            or (above := state.wait_above) is None
            or available <= 0
            or available + held <= above
            or (series := self._demand.peek(sku)) is None
            or series.count > state.wait_orders
            or series.total > state.wait_units
        ):
            return False, None
        trend_sold = state.terms.trend_sold
        if trend_sold is not None and not state.sold_rang and taken >= trend_sold:
            return False, None
        if not self._demand.can_wait(series, self._detector, now_us):
            return False, None
        state.calm_above = above
        series.fresh = None
        counts = series.next_from(now_us // SECOND_US - WATERMARK_S)
        return True, None if counts is None else (counts + 1 + WATERMARK_S) * SECOND_US

    def _judge(self, state: State, series: Series | None, now_us: int, facts: Facts) -> Verdict:
        rate = state.outlook = self._outlook(state, series, facts)
        return tiers.judge(
            facts, state.terms, rate, now_us, had_stock=state.had_stock, wide=state.tier > TREND
        )

    def _outlook(self, state: State | None, series: Series | None, facts: Facts) -> Outlook:
        """What the orders say; while a feed is silent for so long that none are left, what they last said."""
        if series is None:
            return NOTHING
        rate = self._demand.estimate(series, censored=not facts.held)
        if rate.orders or state is None or self._demand.silent_since(series) is None:
            return rate
        return state.outlook

    def _note_stock(self, sku: str, state: State, now_us: int, facts: Facts) -> None:
        if facts.arrivals or facts.shortfall:
            free = believed(facts, now_us).free
        else:
            free = facts.available
        if free or facts.held:
            state.had_stock = True
        if state.shut != (free == 0):
            state.shut = free == 0
            if state.shut:
                self._demand.close(sku, now_us)
            else:
                self._demand.open(sku, now_us)

    def _rise(
        self, sku: str, now_us: int, facts: Facts, *, tier: int, cause: str, verdict: Verdict
    ) -> AlertEvent:
        state = self._states[sku]
        raised = state.tier == NONE
        what = self._figures(sku, state, now_us, facts, verdict)._replace(tier=tier, cause=cause)
        reason = reasons.reason(what, now_us, self.zone)
        state.count += 1
        if raised:
            state.alert = f"{sku}:{state.count}"
            state.raised_us = now_us
        state.tier = tier
        state.by = None
        state.changed_us = now_us
        state.reason = reason
        state.calm_since = None
        return self._event("raised" if raised else "escalated", sku, now_us, what, reason)

    def _settle(
        self, sku: str, state: State, verdict: Verdict, now_us: int, facts: Facts
    ) -> tuple[AlertEvent, ...]:
        if state.tier == TREND:
            if state.trend_us is not None and now_us - state.trend_us < CALM_US:
                return ()
        elif verdict.loose >= state.tier:
            state.calm_since = None
            return ()
        else:
            if state.calm_since is None:
                state.calm_since = now_us
            if now_us - state.calm_since < HOLD_US[state.tier]:
                return ()
        what = self._figures(sku, state, now_us, facts, verdict)
        reason = reasons.resolved_reason(state.tier, what, now_us, self.zone)
        state.count += 1
        ended = self._event("resolved", sku, now_us, what, reason)
        by = state.by
        state.tier = NONE
        state.alert = ""
        state.by = None
        state.calm_since = None
        state.changed_us = now_us
        if not verdict.tier:
            return (ended,)
        lower = self._rise(sku, now_us, facts, tier=verdict.tier, cause=verdict.cause, verdict=verdict)
        state.by = by
        return (ended, msgspec.structs.replace(lower, by=by))

    def _event(
        self,
        kind: Literal["raised", "escalated", "resolved"],
        sku: str,
        now_us: int,
        what: Assessment,
        reason: Words,
    ) -> AlertEvent:
        state = self._states[sku]
        return AlertEvent(
            kind=kind,
            id=f"{sku}:{state.count}",
            alert=state.alert,
            sku=sku,
            at_us=now_us,
            tier=tiers.TIER_NAMES[state.tier],
            reason=reason,
            available=what.available,
            sellable=what.sellable,
            velocity_per_min=what.per_min,
            safety_line=what.safety_line,
            eta_s=what.eta,
            cause=what.cause,
            left=what.free + what.held,
            held=what.held,
        )

    # --- people -----------------------------------------------------------------------------------

    def acknowledge(self, which: str, by: str, now_us: int) -> OpenAlert | None:
        """Somebody takes (认领) an open alert, named by its id or its SKU. None: there is no such open alert.

        The first one stays its owner until it escalates or ends; asking again changes nothing.
        """
        state = self._states.get(which)
        sku = which
        if state is None or not state.tier:
            sku = which.rpartition(":")[0]
            state = self._states.get(sku)
            if state is None or not state.tier or state.alert != which:
                return None
        if state.by is None:
            state.by = by
            state.changed_us = now_us
        return state.opened(sku)

    # --- reading ----------------------------------------------------------------------------------

    def terms(self, sku: str, now_us: int) -> Terms:
        """A SKU's settings at an instant; one that room.toml doesn't name has no restock source and no lines."""
        known = self._skus.get(sku)
        if known is None:
            return Terms(None, self._settings.reaction_time, 0, None, sku)
        return terms_of(known, self._settings, second_of_day(now_us, self.zone))

    def _turns_us(self, sku: str, now_us: int) -> int | None:
        known = self._skus.get(sku)
        if known is None:
            return None
        turns = terms_turn(known, self._settings, second_of_day(now_us, self.zone))
        return None if turns is None else (now_us // SECOND_US + turns) * SECOND_US

    def alert(self, sku: str) -> OpenAlert | None:
        state = self._states.get(sku)
        return None if state is None or not state.tier else state.opened(sku)

    def open_alerts(self) -> list[OpenAlert]:
        """In the order in which the SKUs were first looked at."""
        return [state.opened(sku) for sku, state in self._states.items() if state.tier]

    def assess(self, sku: str, now_us: int, facts: Facts) -> Assessment:
        """All figures of a SKU for a row or a dialog. Reads only; its tier is the open alert's if that is
        higher."""
        state = self._states.get(sku)
        if state is None:
            state = State(self.terms(sku, now_us))
        what = self._figures(sku, state, now_us, facts, None)
        return what._replace(tier=max(what.tier, state.tier))

    def ahead(
        self, sku: str, now_us: int, facts: Facts, ats: Sequence[int]
    ) -> list[tuple[int, int, int]] | None:
        """What will be left after each of `ats` seconds (`outlook.left_after`); None when nothing sells."""
        rate = self._outlook(self._states.get(sku), self._demand.at(sku, now_us), facts)
        return tiers.ahead(facts, rate, now_us, ats) if rate.rate > 0.0 else None

    def surge_since(self, sku: str, now_us: int) -> int | None:
        """When the surge began that goes on, epoch seconds; None while there is none."""
        series = self._demand.at(sku, now_us)
        return None if series is None or series.watch is None else series.watch.since

    def preview(self, sku: str, now_us: int, facts: Facts, extra: Arrival) -> tuple[int, Forecast]:
        """Tier by stock (0, 2, 3) and sell-out if the restock `extra` were confirmed now."""
        state = self._states.get(sku)
        rate = self._outlook(state, self._demand.at(sku, now_us), facts)
        had_stock = state is not None and state.had_stock
        return tiers.preview(facts, self.terms(sku, now_us), rate, now_us, extra, had_stock=had_stock)

    def _figures(
        self, sku: str, state: State, now_us: int, facts: Facts, verdict: Verdict | None
    ) -> Assessment:
        demand = self._demand
        series = demand.at(sku, now_us)
        rate, velocity, recent = NOTHING, STILL, (0, 0)
        silent_s, late_s = None, 0
        if series is not None:
            rate = self._outlook(state, series, facts)
            since = demand.silent_since(series)
            silent_s = None if since is None else now_us // SECOND_US - since
            late_s = demand.late_s(series)
            velocity = demand.velocity_of(series)
            recent = (series.order_sums[V300], series.order_sums[V600] - series.order_sums[V300])
        return tiers.assess(
            facts,
            state.terms if state.turns_us is None else self.terms(sku, now_us),
            rate,
            now_us,
            had_stock=state.had_stock,
            velocity=velocity,
            recent=recent,
            verdict=verdict,
            pace=state.pace,
        )._replace(silent_s=silent_s, late_s=late_s)


def _pace(surge: Surge, mark: int) -> Pace | None:
    """`mark`: seconds before it have been counted."""
    if surge.since is None:
        return None
    seconds = max(1, mark - surge.since)
    return Pace(surge.orders, seconds, surge.usual * seconds)
