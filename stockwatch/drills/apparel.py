"""A middle-sized apparel room: three hours, sixty links, and everything that makes alerts ring falsely.

Presentations lift one link after another three- to tenfold for some minutes; feeds lag, repeat themselves,
go silent and catch up, lose orders; buyers walk away, cancel, return, change sizes; units are held back and
released in waves. Amid that a few true surges happen, named in `surges()`: outside them nothing is urgent.
The stock is such that calm links stay calm; what a platform states always finds its units, because
platforms stop at a shelf of their own.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from typing import Any

from stockwatch.config import Channel, RestockSource, RoomConfig
from stockwatch.drills.ambience import chat, heartbeats, viewers
from stockwatch.drills.apparel_plan import (
    ASKING,
    BROKEN_STOCK,
    END,
    FOLLOWERS,
    GUEST,
    HOST,
    LAUNCH,
    MANAGER,
    ORDERS_PER_MINUTE,
    PLATFORMS,
    RAMP,
    SEED,
    SHELF,
    START,
    STOCKER,
    SURGES,
    TIMEOUT,
    WEIGHTS,
    place_surges,
    presentations,
)
from stockwatch.drills.books import Book
from stockwatch.drills.buyers import Buyers, Fate, Wish
from stockwatch.drills.people import Crew, Restock
from stockwatch.drills.simulator import MINUTE, SECOND, Draft, Profile, Stage, arrivals, pulse
from stockwatch.drills.wardrobe import Link, Wardrobe, wardrobe


class Apparel:
    """One performance. `stage.lines` is the feed once `play` has returned."""

    def __init__(self, seed: int = SEED) -> None:
        self.rng = random.Random(seed)
        self.goods: Wardrobe = wardrobe(self.rng, orders_per_minute=ORDERS_PER_MINUTE)
        place_surges(self.goods)
        self.presentations = presentations(self.rng, self.goods)
        self.restock = self._restock_sources()
        self.stock = self._opening()
        self.book = Book(self.stock, START)
        self.stage = Stage(self.rng, START, self.book, duplicate_share=0.02)
        self.buyers = Buyers(self.stage, TIMEOUT)
        self.crew = Crew(self.stage, "apparel", PLATFORMS)
        self._promised: Counter[str] = Counter()
        """Units that platforms have sold and we have not heard of yet."""

    def play(self) -> list[bytes]:
        self._ambience()
        for link in self.goods.links:
            for at in self._demand(link):
                self.stage.cue(at, partial(self._arrive, link, at))
        self._waves()
        self._gaps()
        self._restocks()
        self.stage.play()
        return self.stage.lines

    # --- the plan -----------------------------------------------------------------------------------------

    def _demand(self, link: Link) -> list[int]:
        """Instants of this link's orders: calm, presented, surging."""
        last = END - TIMEOUT - 2 * MINUTE
        instants = arrivals(self.rng, Profile([(20 * SECOND, link.rate), (last, link.rate)]))
        for presented, begin, dwell, factor in self.presentations:
            if presented is link and factor is not None:
                half_life = self.rng.randint(40, 110) * SECOND
                lift = pulse(begin, dwell, half_life, link.rate * (factor - 1))
                instants += arrivals(self.rng, lift)
        for surge in SURGES:
            if surge.slot == link.slot:
                instants += arrivals(self.rng, surge.profile)
        return sorted(at for at in instants if at < last)

    def _restock_sources(self) -> dict[str, RestockSource]:
        """The guest's garment can be had from a nearby shop; a third of the others from the returns shelf."""
        sources = {}
        broken = set(self.goods.link(RAMP).variants)
        for sku in self.goods.titles:
            if sku in self.goods.link(GUEST).variants:
                sources[sku] = RestockSource(
                    source="同城门店", quantity=60, lead_time=15 * 60, contact="小周"
                )
            elif sku not in broken and self.rng.random() < 0.33:
                promised = self.rng.random() < 0.5
                sources[sku] = RestockSource(
                    source="退货区",
                    quantity=self.rng.choice((20, 30, 50)),
                    lead_time=self.rng.choice((10, 15, 20)) * 60,
                    counts="confirmed" if promised else "received",
                )
        return sources

    def _opening(self) -> dict[str, int]:
        """Enough for three hours, a presentation and a safety line; less where a surge is to bite."""
        stock = {}
        for sku, rate in self.goods.rate_of().items():
            stock[sku] = 40 + int(rate * 180 * 1.6) + self.rng.randint(0, 25)
        for sku, share in self.goods.link(LAUNCH).variants.items():
            stock[sku] += int(420 * share)
        for sku in self.goods.link(FOLLOWERS).variants:
            stock[sku] += 180
        for sku in self.goods.link(RAMP).variants:
            stock[sku] = BROKEN_STOCK.get(self.goods.attrs[sku]["码"], stock[sku])
        return stock

    # --- what happens -------------------------------------------------------------------------------------

    def _arrive(self, link: Link, at: int) -> None:
        """One buyer. A platform sells only what its shelf shows; our storefront asks and may hear no."""
        sku = link.pick(self.rng)
        platform = self.rng.choices(PLATFORMS, weights=WEIGHTS)[0]
        asking = 0.5 if link.slot == RAMP else ASKING[platform.id]
        asks = link.bundle is None and self.rng.random() < asking
        qty = 2 if link.bundle is None and self.rng.random() < 0.05 else 1
        items = link.items(sku)
        needs = {part: n * qty for part, n, _ in items} if items else {sku: qty}
        shelf = {part: self.book.available[part] - self._promised[part] for part in needs}
        if not asks and any(shelf[part] < n + SHELF for part, n in needs.items()):
            return
        fate = self._fate(link, at)
        wish = Wish(
            None if items else sku,
            qty,
            items,
            link.id,
            link.price * qty,
            self.rng.choice(self.goods.siblings(sku)) if fate is Fate.CHANGED else None,
        )
        self._promised.update(needs)

        def answered(outcome: str) -> None:
            assert asks or outcome == "accepted", f"{platform.id} sold {needs} that was not there"
            self._promised.subtract(needs)

        if not self.buyers.buy(platform, at, wish, fate, asks=asks, on_answer=answered):
            self._promised.subtract(needs)

    def _fate(self, link: Link, at: int) -> Fate:
        part = self.rng.random()
        if part >= 0.945 and at > END - 35 * MINUTE:
            return Fate.PAYS
        bounds = ((0.82, Fate.PAYS), (0.86, Fate.CANCELS), (0.93, Fate.CLOSED), (0.945, Fate.FORGOTTEN))
        for bound, fate in bounds:
            if part < bound:
                return fate
        if part < 0.97:
            return Fate.REFUNDED
        changeable = link.product is not None and link.bundle is None and link.slot not in (LAUNCH, RAMP)
        return Fate.CHANGED if part < 0.99 and changeable else Fate.RETURNED

    def _waves(self) -> None:
        """憋单: the launch holds most of its stock back for three waves; some calm links hold too."""
        launch = self.goods.link(LAUNCH)
        begin = next(surge.begin for surge in SURGES if surge.slot == LAUNCH)
        for sku in launch.variants:
            wave = self.stock[sku] // 5
            self.crew.hold(30 * SECOND, STOCKER, sku, 3 * wave)
            for at in (begin + 20 * SECOND, begin + 45 * SECOND, begin + 80 * SECOND):
                self.crew.release(at, STOCKER, sku, wave)
        quiet = [
            entry for entry in self.presentations if entry.factor is not None and entry.link.bundle is None
        ]
        for link, shown, _, _ in quiet[5::8]:
            sku = max(link.variants, key=lambda variant: link.variants[variant])
            held = self.stock[sku] // 3
            self.crew.hold(SECOND * 40, STOCKER, sku, held)
            self.crew.release(shown + 30 * SECOND, STOCKER, sku, held)

    def _gaps(self) -> None:
        """A feed that was silent says from when to when, just before what it has caught up with, or lost."""
        for platform in PLATFORMS:
            for outage in platform.outages:
                span = {"since": self.stage.stamp(outage.begin), "until": self.stage.stamp(outage.end)}
                draft = Draft("feed.gap", platform.source, self.stage.number("gap"), outage.end, span)
                self.stage.say(draft, outage.end + 100)

    def _restocks(self) -> None:
        guest = self.goods.link(GUEST)
        best = sorted(guest.variants, key=lambda sku: -guest.variants[sku])[:2]
        asked = next(surge.begin for surge in SURGES if surge.slot == GUEST) + 5 * MINUTE
        for number, sku in enumerate(best, 1):
            order = Restock(sku, f"DH-{number}", "同城门店", 60)
            at = asked + number * 20 * SECOND
            self.crew.restock(
                order,
                by=MANAGER,
                asked=at,
                confirmed=at + 4 * MINUTE,
                landed=at + 13 * MINUTE,
                due=at + 15 * MINUTE,
            )

    def _ambience(self) -> None:
        heartbeats(self.stage, PLATFORMS, 0, END, 45 * SECOND)
        crowd = [(0, 3500.0), (41 * MINUTE, 5200.0), (44 * MINUTE, 7800.0), (70 * MINUTE, 5600.0)]
        crowd += [(86 * MINUTE, 9800.0), (108 * MINUTE, 6500.0), (END, 4200.0)]
        viewers(self.stage, PLATFORMS, Profile(crowd), 2 * MINUTE)
        pace = Profile([(0, 3.0), (42 * MINUTE, 8.0), (50 * MINUTE, 4.0), (88 * MINUTE, 6.0), (END, 3.0)])
        curious = Profile(
            [(0, 10.0), (42 * MINUTE, 40.0), (55 * MINUTE, 12.0), (158 * MINUTE, 25.0), (END, 12.0)]
        )
        chat(self.stage, PLATFORMS, pace, [(link.slot, link.title) for link in self.goods.links], curious)
        self.crew.list_links(0, [(link.id, link.slot) for link in self.goods.links])
        for link, begin, _, _ in self.presentations:
            self.crew.present(begin, HOST, (link.id, link.slot))

    # --- beside the feed ----------------------------------------------------------------------------------

    def room(self) -> RoomConfig:
        """The settings the feed is played with."""
        feeds = ("replay:apparel.jsonl", None, None)
        return RoomConfig(
            id="apparel",
            name="秋冬新品女装专场",
            timezone="Asia/Shanghai",
            language="zh",
            channels=tuple(
                Channel(id=platform.id, source=platform.source, title=platform.title, feed=feed)
                for platform, feed in zip(PLATFORMS, feeds, strict=True)
            ),
            skus=self.goods.skus(self.stock, self.restock),
            listings=self.goods.listings(),
        )

    def surges(self) -> dict[str, Any]:
        """The true rises in demand, for whoever judges alerts: `factor` is the peak over the calm rate."""
        named = []
        for surge in SURGES:
            link = self.goods.link(surge.slot)
            peak = max(rate for _, rate in surge.profile.points)
            named.append(
                {
                    **self._span(link, surge.begin, surge.end),
                    "factor": round(1 + peak / link.rate, 1),
                    "what": surge.what,
                }
            )
        shown = [
            {**self._span(link, begin, begin + dwell), "factor": factor}
            for link, begin, dwell, factor in self.presentations
            if factor is not None
        ]
        gaps = [
            {
                "source": platform.source,
                "since": self.stage.stamp(outage.begin),
                "until": self.stage.stamp(outage.end),
                "lost": outage.catch_up is None,
            }
            for platform in PLATFORMS
            for outage in platform.outages
        ]
        return {"room": "apparel", "surges": named, "presentations": shown, "gaps": gaps}

    def _span(self, link: Link, begin: int, end: int) -> dict[str, Any]:
        stamp = self.stage.stamp
        return {
            "listing": link.id,
            "slot": link.slot,
            "skus": list(link.variants),
            "begin": stamp(begin),
            "end": stamp(end),
        }
