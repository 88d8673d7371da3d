"""What interrupts a person: which of the alerts call, once for what is one thing, and again when nobody answers. Pure.

A TREND is a badge: it calls only when its pessimistic sell-out comes within the lead time and an hour. THRESHOLD and
CRITICAL call. What is one thing calls once:

- sizes of one link within a minute: a link that has called says nothing more at the same tier or a lower one;
- sizes that run out one by one (断码): a link calls by how much of its demand is in sizes at that tier, from a fifth on
  and again with every further fifth. The main size calls by itself, a side size is a badge;
- surges of many links at once are traffic that came in, not news of each: from the fifth link within two minutes on
  one call says so, and for five minutes no TREND calls;
- a source that closes is the last call for many links: from the fifth within two minutes on one call says so, and for
  five minutes none at that tier calls for the same closing, nor again for want of an answer;
- figures of one platform that somebody else changed within a minute (an ERP's sync) call once, from the fifth on once
  more to say how many, and none of that platform calls for five minutes then. One figure calls once in ten minutes.

An alert that nobody has taken calls again: CRITICAL every two minutes, three times; THRESHOLD once, after five, unless
its link has called at a higher tier since. Of many links that nobody takes, from the fifth within two minutes on one
call tells for five minutes. All memory comes from the calls, so that the same alerts give the same calls. Instants in
microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from stockwatch.alerts.alert import AlertEvent, OpenAlert
from stockwatch.alerts.crowd import Crowd
from stockwatch.alerts.facts import Closing, Terms
from stockwatch.alerts.lines import NO_SOURCE_S
from stockwatch.alerts.reasons import Words
from stockwatch.alerts.tiers import CRITICAL, THRESHOLD, TIER_NAMES, TREND
from stockwatch.demand.outlook import Forecast
from stockwatch.printable import printable

_SECOND_US = 1_000_000
NEAR_S = 3600
"""A TREND calls when nine sell-outs in ten are later than the lead time and this, and the tenth is not."""
FORESEEN_MIN = 90
"""What is likelier to be gone later is told by when it may be gone at the soonest."""
NAMED = 3
"""Sizes that are named; of more only their number is."""
SAME_US = 60 * _SECOND_US
RECENT_US = 600 * _SECOND_US
"""A TREND says nothing of a link that has called so lately."""
AGAIN_US = {THRESHOLD: 300 * _SECOND_US, CRITICAL: 120 * _SECOND_US}
AGAIN_NEAR_S = 2 * 3600
"""A THRESHOLD whose sell-out has moved further away than this calls no more."""
AGAIN_TIMES = {THRESHOLD: 1, CRITICAL: 3}


BROKEN = 0.2
"""The share of a link's demand from which on its sizes at a tier call, and by how much it grows between calls."""


class Sizes(msgspec.Struct, frozen=True):
    """Of a link that has several: those at a tier or above it."""

    title: str
    labels: tuple[str, ...]
    share: float
    """Of the link's demand that is theirs, as far as it could be seen while they were there."""
    gone: bool
    """None of them has anything left, also nothing held back or sold ahead of its arrival."""
    every: bool
    """There are no others."""


class Figures(NamedTuple):
    """What a call says."""

    title: str
    left: int
    """Everything that can be sold or released."""
    held: int
    """Units of it that are held back."""
    eta: Forecast
    """Seconds from now, until all of that is sold."""
    sizes: Sizes | None
    closing: Closing | None = None
    """The source that is about to close."""


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


class Attention:
    """Of a room."""

    def __init__(self) -> None:
        self.last: Call | None = None
        self._rung: dict[str, _Rung] = {}
        """By alert."""
        self._of_link: dict[str, tuple[int, int]] = {}
        """(when, tier) of each link's last call."""
        self._rising = Crowd()
        """TRENDs."""
        self._closing: dict[tuple[str, int], Crowd] = {}
        """By source and tier: last calls before it closes."""
        self._shares: dict[tuple[str, int], float] = {}
        """By link and tier: the share of its sizes there, at the last call for that."""
        self._unanswered: dict[int, Crowd] = {}
        """By tier: links that nobody has taken."""
        self._of_figure: dict[tuple[str, str], int] = {}
        """(channel, SKU) whose figure somebody else changed -> when that called."""
        self._of_channel: dict[str, Crowd] = {}
        """Figures that somebody else changed."""
        self._channel_us: dict[str, int] = {}
        """When a channel's figures last called."""

    def heard(
        self, event: AlertEvent, listing: str, title: str, terms: Terms, sizes: Sizes | None = None
    ) -> Call | None:
        """Something happened to an alert: the call that it makes. `sizes`: of a link with several, those at the tier of
        the event after it."""
        tier, now_us = TIER_NAMES.index(event.tier), event.at_us
        if event.kind == "resolved":
            self._rung.pop(event.alert, None)
            if sizes is not None:
                known = self._shares.get((listing, tier), 0.0)
                self._shares[listing, tier] = min(known, sizes.share)
            return None
        if event.by is not None:
            return None
        if tier == TREND:
            self._rising.join(now_us, listing)
            links = self._rising.tell(now_us)
            if links is not None:
                return self._call(
                    now_us,
                    TREND,
                    None,
                    Words(
                        f"流量进来了:2 分钟内 {links} 个链接起量",
                        f"traffic came in: {links} links speed up within 2 min",
                    ),
                )
            recent = now_us - self._last_of(listing) <= RECENT_US
            if recent or self._rising.told(now_us) or not _near(event.eta_s, terms):
                return None
        if sizes is not None and tier > TREND:
            known = self._shares.get((listing, tier), 0.0)
            if sizes.share < known + BROKEN and not sizes.every:
                return None
            self._shares[listing, tier] = sizes.share
        if event.cause == "last_call" and terms.closing is not None:
            closing = self._closing.setdefault((terms.closing.source, tier), Crowd())
            closing.join(now_us, listing)
            links = closing.tell(now_us)
            if links is not None:
                return self._call(now_us, tier, None, _closes(terms.closing, links))
            if closing.told(now_us):
                return None
        text = _said(Figures(title, event.left, event.held, event.eta_s, sizes, terms.closing), tier)
        last = self._of_link.get(listing)
        self._rung[event.alert] = _Rung(now_us, tier, 0)
        if last is not None and now_us - last[0] <= SAME_US and tier <= last[1]:
            return None
        self._of_link[listing] = (now_us, tier)
        return self._call(now_us, tier, listing, text)

    def look(self, alert: OpenAlert, listing: str, now_us: int, now: Callable[[], Figures]) -> Call | None:
        """An open alert at a later instant: the call that it makes again, with the figures of `now`."""
        rung = self._rung.get(alert.id)
        if rung is None or alert.by is not None or rung.tier not in AGAIN_US:
            return None
        last = self._of_link.get(listing)
        if last is not None and last[1] > rung.tier and last[0] >= rung.at_us:
            return None
        again_us = AGAIN_US[rung.tier]
        if (
            rung.times >= AGAIN_TIMES[rung.tier]
            or now_us - max(rung.at_us, self._last_of(listing)) < again_us
        ):
            return None
        rung.at_us = now_us
        rung.times += 1
        waited = (now_us - alert.changed_us) // (60 * _SECOND_US)
        figures = now()
        soonest = figures.eta.p10_s
        if rung.tier == THRESHOLD and (soonest is None or soonest > AGAIN_NEAR_S):
            return None
        many = self._unanswered.setdefault(rung.tier, Crowd())
        many.join(now_us, listing)
        links = many.tell(now_us)
        if links is not None:
            return self._call(now_us, rung.tier, None, _unanswered(links, rung.tier))
        if many.told(now_us):
            return None
        text = _said(figures, rung.tier)
        self._of_link[listing] = (now_us, rung.tier)
        return self._call(
            now_us,
            rung.tier,
            listing,
            Words(f"{waited} 分钟没人认领:{text.zh}", f"nobody has taken it for {waited} min: {text.en}"),
        )

    def overwritten(
        self, now_us: int, channel: str, sku: str, listing: str, text: Words, title: str
    ) -> Call | None:
        """Somebody else changed a platform's figure of a SKU: the call that it makes. `title`: the channel's."""
        changed = self._of_channel.setdefault(channel, Crowd())
        changed.join(now_us, listing)
        links = changed.tell(now_us)
        if links is not None:
            many = Words(
                f"{title} 2 分钟内 {links} 个链接的库存被外部改",
                f"{title}: stock of {links} links changed from outside within 2 min",
            )
            return self._call(now_us, CRITICAL, None, many)
        if changed.told(now_us):
            return None
        figure_us = self._of_figure.get((channel, sku))
        if figure_us is not None and now_us - figure_us <= RECENT_US:
            return None
        called_us = self._channel_us.get(channel)
        if called_us is not None and now_us - called_us <= SAME_US:
            return None
        self._of_figure[channel, sku] = self._channel_us[channel] = now_us
        return self._call(now_us, CRITICAL, listing, text)

    def _last_of(self, listing: str) -> int:
        last = self._of_link.get(listing)
        return -(1 << 62) if last is None else last[0]

    def _call(self, now_us: int, tier: int, listing: str | None, text: Words) -> Call:
        number = 1 if self.last is None else self.last.number + 1
        self.last = Call(number, now_us, tier, listing, text)
        return self.last


def _near(eta: Forecast, terms: Terms) -> bool:
    lead_s = NO_SOURCE_S if terms.lead_s is None else terms.lead_s
    return eta.p10_s is not None and eta.p10_s <= lead_s + NEAR_S


def _said(now: Figures, tier: int) -> Words:
    sizes = now.sizes
    if sizes is not None and tier > TREND and (sizes.every or len(sizes.labels) > 1):
        return _of_sizes(sizes, tier)
    what = _what(now)
    if now.closing is None or tier == TREND or now.left <= 0:
        return Words(f"{now.title} {what.zh}", f"{now.title}: {what.en}")
    closes = _until(now.closing)
    return Words(f"{now.title} {what.zh},{closes.zh}", f"{now.title}: {what.en}, {closes.en}")


def _what(now: Figures) -> Words:
    """In how many minutes it is gone, and what is left."""
    if now.left <= 0:
        return Words("没货了", "nothing left")
    left = Words(
        f"剩 {now.left} 件" + (f"(未放 {now.held})" if now.held else ""),
        f"{now.left} left" + (f" ({now.held} held back)" if now.held else ""),
    )
    p10, p50, p90 = (None if at is None else round(at / 60) for at in now.eta)
    if p10 is None:
        return left
    if p50 is None or p90 is None or p50 > FORESEEN_MIN:
        return Words(f"最快 {p10} 分售罄,{left.zh}", f"gone in {p10} min at the soonest, {left.en}")
    return Words(
        f"约 {p50} 分({p10}–{p90})售罄,{left.zh}", f"gone in about {p50} min ({p10}–{p90}), {left.en}"
    )


def _closes(closing: Closing, links: int) -> Words:
    until = _until(closing)
    return Words(f"{until.zh}:{links} 个链接要在那之前补", f"{until.en}: {links} links need a restock before")


def _until(closing: Closing) -> Words:
    minutes = max(1, round(closing.in_s / 60))
    source = printable(closing.source, 32)
    return Words(f"{source} {minutes} 分后截单", f"{source} takes orders for {minutes} more min")


def _unanswered(links: int, tier: int) -> Words:
    state = _STATE[tier]
    return Words(
        f"2 分钟内 {links} 个{state.zh}的链接没人认领", f"nobody has taken {links} links that are {state.en}"
    )


_STATE = {THRESHOLD: Words("到线", "at their line"), CRITICAL: Words("告急", "about to be gone")}


def _of_sizes(sizes: Sizes, tier: int) -> Words:
    if sizes.every and sizes.gone:
        return Words(f"{sizes.title} 各规格都没货了", f"{sizes.title}: every size is gone")
    state = Words("断码", "gone") if sizes.gone else _STATE[tier]
    if sizes.every:
        return Words(f"{sizes.title} 各规格都{state.zh}", f"{sizes.title}: all sizes {state.en}")
    percent = round(100 * sizes.share)
    named = sizes.labels[:NAMED]
    more = len(sizes.labels) - len(named)
    return Words(
        f"{sizes.title} {state.zh}:{'、'.join(named)}{f'等 {more + len(named)} 个' if more else ''},占需求 {percent}%",
        f"{sizes.title}: {', '.join(named)}{f' and {more} more' if more else ''} {state.en}, {percent} % of its demand",
    )


__all__ = ["AGAIN_TIMES", "AGAIN_US", "Attention", "Call", "Figures", "Sizes"]
