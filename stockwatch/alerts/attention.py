"""What interrupts a person: which of the alerts call, once for what is one thing, and again when nobody answers. Pure.

A TREND is a badge: it calls only when its pessimistic sell-out comes within the lead time and an hour. THRESHOLD and
CRITICAL call. What is one thing calls once:

- sizes of one link within a minute: a link that has called says nothing more at the same tier or a lower one;
- surges of many links at once are traffic that came in, not news of each: from the fifth link within two minutes on
  one call says so, and for five minutes no TREND calls.

An alert that nobody has taken calls again: CRITICAL every two minutes, three times; THRESHOLD once, after five. All
memory comes from the calls, so that the same alerts give the same calls. Instants in microseconds.
"""

from __future__ import annotations

import msgspec

from stockwatch.alerts.desk import AlertEvent, OpenAlert
from stockwatch.alerts.facts import Terms
from stockwatch.alerts.lines import NO_SOURCE_S
from stockwatch.alerts.reasons import Words
from stockwatch.alerts.tiers import CRITICAL, THRESHOLD, TIER_NAMES, TREND
from stockwatch.demand.outlook import Forecast

_SECOND_US = 1_000_000
NEAR_S = 3600
"""A TREND calls when nine sell-outs in ten are later than the lead time and this, and the tenth is not."""
FORESEEN_MIN = 90
"""What is likelier to be gone later is told by when it may be gone at the soonest."""
SAME_US = 60 * _SECOND_US
MANY, MANY_US, TOLD_US = 5, 120 * _SECOND_US, 300 * _SECOND_US
AGAIN_US = {THRESHOLD: 300 * _SECOND_US, CRITICAL: 120 * _SECOND_US}
AGAIN_TIMES = {THRESHOLD: 1, CRITICAL: 3}


class Call(msgspec.Struct, frozen=True):
    """One interruption."""

    number: int
    """Counts up from 1."""
    at_us: int
    tier: int
    listing: str | None
    """The link it is about; None: many."""
    text: Words


class _Rung(msgspec.Struct):
    """What has called for an open alert."""

    at_us: int
    tier: int
    times: int
    text: Words


class Attention:
    """Of a room."""

    def __init__(self) -> None:
        self.last: Call | None = None
        self._rung: dict[str, _Rung] = {}
        """By alert."""
        self._of_link: dict[str, tuple[int, int]] = {}
        """(when, tier) of each link's last call."""
        self._rising: list[tuple[int, str]] = []
        """(when, link) of TRENDs within `MANY_US`."""
        self._told_us: int | None = None

    def heard(self, event: AlertEvent, listing: str, title: str, terms: Terms) -> Call | None:
        """Something happened to an alert: the call that it makes."""
        if event.kind == "resolved":
            self._rung.pop(event.alert, None)
            return None
        tier, now_us = TIER_NAMES.index(event.tier), event.at_us
        if event.by is not None:
            return None
        if tier == TREND:
            many = self._many(now_us, listing)
            if many:
                return self._call(now_us, TREND, None, many)
            if not _near(event.eta_s, terms) or self._told(now_us):
                return None
        text = Words(f"{title} {_what(event).zh}", f"{title}: {_what(event).en}")
        last = self._of_link.get(listing)
        self._rung[event.alert] = _Rung(now_us, tier, 0, text)
        if last is not None and now_us - last[0] <= SAME_US and tier <= last[1]:
            return None
        self._of_link[listing] = (now_us, tier)
        return self._call(now_us, tier, listing, text)

    def look(self, alert: OpenAlert, listing: str, now_us: int) -> Call | None:
        """An open alert at a later instant: the call that it makes again."""
        rung = self._rung.get(alert.id)
        if rung is None or alert.by is not None or rung.tier not in AGAIN_US:
            return None
        if rung.times >= AGAIN_TIMES[rung.tier] or now_us - rung.at_us < AGAIN_US[rung.tier]:
            return None
        last = self._of_link.get(listing)
        if last is not None and now_us - last[0] < SAME_US:
            return None
        rung.at_us = now_us
        rung.times += 1
        waited = (now_us - alert.changed_us) // (60 * _SECOND_US)
        text = Words(
            f"{waited} 分钟没人认领:{rung.text.zh}", f"nobody has taken it for {waited} min: {rung.text.en}"
        )
        self._of_link[listing] = (now_us, rung.tier)
        return self._call(now_us, rung.tier, listing, text)

    def _many(self, now_us: int, listing: str) -> Words | None:
        self._rising = [one for one in self._rising if now_us - one[0] <= MANY_US]
        self._rising.append((now_us, listing))
        links = len({link for _, link in self._rising})
        if links < MANY or self._told(now_us):
            return None
        self._told_us = now_us
        return Words(
            f"流量进来了:2 分钟内 {links} 个链接起量", f"traffic came in: {links} links speed up within 2 min"
        )

    def _told(self, now_us: int) -> bool:
        return self._told_us is not None and now_us - self._told_us <= TOLD_US

    def _call(self, now_us: int, tier: int, listing: str | None, text: Words) -> Call:
        number = 1 if self.last is None else self.last.number + 1
        self.last = Call(number, now_us, tier, listing, text)
        return self.last


def _near(eta: Forecast, terms: Terms) -> bool:
    lead_s = NO_SOURCE_S if terms.lead_s is None else terms.lead_s
    return eta.p10_s is not None and eta.p10_s <= lead_s + NEAR_S


def _what(event: AlertEvent) -> Words:
    """In how many minutes it is gone, and what is left."""
    if event.available <= 0:
        return Words("没货了", "nothing left")
    left = Words(f"剩 {event.available} 件", f"{event.available} left")
    p10, p50, p90 = (None if at is None else round(at / 60) for at in event.eta_s)
    if p10 is None:
        return left
    if p50 is None or p90 is None or p50 > FORESEEN_MIN:
        return Words(f"最快 {p10} 分售罄,{left.zh}", f"gone in {p10} min at the soonest, {left.en}")
    return Words(
        f"约 {p50} 分({p10}–{p90})售罄,{left.zh}", f"gone in about {p50} min ({p10}–{p90}), {left.en}"
    )


__all__ = ["AGAIN_TIMES", "AGAIN_US", "MANY", "Attention", "Call"]
