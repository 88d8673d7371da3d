"""The Double-11 case: six hours, one limited hoodie, 500 units and 200 more, a surge, a race.

Hour 0 is 20:00. The hoodie sells calmly until a guest brings viewers at 2:48; the crew orders 200 units
from the nearby warehouse at 3:06, which land at 3:21; at 4:02 the plain hoodie takes the overflow; at 4:38
three channels race for the last ten units, and everyone after that is told no. The 700 units are planned
exactly: demand follows a curve of units taken, corrected every two minutes by what the books hold, and
every unpaid order ends before the race.

Platforms state facts only while the opening stock lasts; from 3:20 the platforms' own shelves are empty and
the rest sells through our own storefronts, which ask first. So nothing can be oversold, even if the restock
never comes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial

from stockwatch.config import Channel, Item, Listing, Playbook, Plays, RestockSource, RoomConfig, Sku
from stockwatch.drills.ambience import chat, heartbeats, viewers
from stockwatch.drills.books import Book
from stockwatch.drills.buyers import Buyers, Fate, Wish
from stockwatch.drills.people import Crew, Restock
from stockwatch.drills.simulator import (
    DOUYIN_LAG,
    HOUR,
    KUAISHOU_LAG,
    MINUTE,
    SECOND,
    TAOBAO_LAG,
    Platform,
    Profile,
    Stage,
    arrivals,
)

SEED = 20251111
START = datetime(2025, 11, 11, 20, 0, tzinfo=timezone(timedelta(hours=8)))
END = 6 * HOUR
SURGE = 2 * HOUR + 48 * MINUTE
ASKED = 3 * HOUR + 6 * MINUTE + 20 * SECOND
CONFIRMED = 3 * HOUR + 10 * MINUTE + 5 * SECOND
DUE = 3 * HOUR + 21 * MINUTE
LANDED = DUE - 25 * SECOND
SHELVES_EMPTY = DUE - MINUTE
SWITCHED = 4 * HOUR + 2 * MINUTE
LAST_DOUBT = 4 * HOUR + 18 * MINUTE
"""Who orders from now on pays, so that nothing comes back after the race."""
FINAL_STRETCH = 4 * HOUR + 33 * MINUTE
RACE = 4 * HOUR + 38 * MINUTE
TIMEOUT = 10 * MINUTE
OPENING = 500
RESTOCK = 200
TAKEN = Profile(
    [
        (SURGE, 86.0),
        (3 * HOUR, 150.0),
        (3 * HOUR + 15 * MINUTE, 260.0),
        (3 * HOUR + 30 * MINUTE, 385.0),
        (3 * HOUR + 45 * MINUTE, 510.0),
        (4 * HOUR, 612.0),
        (4 * HOUR + 15 * MINUTE, 652.0),
        (4 * HOUR + 30 * MINUTE, 677.0),
        (FINAL_STRETCH + 4 * MINUTE, 684.0),
    ]
)
"""Units of the hoodie that are to be taken (reserved and sold) at each instant of the surge."""
PLATFORMS = (
    Platform("taobao", "taobao/shop-3", "淘宝", TAOBAO_LAG, "2911"),
    Platform("douyin", "douyin/room-7", "抖音", DOUYIN_LAG, "6919"),
    Platform("kuaishou", "kuaishou/room-9", "快手", KUAISHOU_LAG, "2531"),
)
LINKS = (("L1", 1), ("L2", 2), ("L3", 3), ("L4", 4), ("L5", 5))
PRICES = {"HOODIE-CO": 39900, "HOODIE-BASIC": 19900, "TEE-LS": 12900, "BEANIE": 6900, "SOCK-3": 3900}
LISTING_OF = {"SOCK-3": "L1", "BEANIE": "L2", "HOODIE-CO": "L3", "TEE-LS": "L4", "HOODIE-BASIC": "L5"}
HOST, STOCKER = "阿宁", "小林"


def room() -> RoomConfig:
    """The settings the feed is played with."""
    return RoomConfig(
        id="double11",
        name="双11 联名卫衣专场",
        timezone="Asia/Shanghai",
        language="zh",
        channels=tuple(
            Channel(id=platform.id, source=platform.source, title=platform.title, feed=feed)
            for platform, feed in zip(PLATFORMS, ("replay:double11.jsonl", None, None), strict=True)
        ),
        skus=(
            Sku(
                id="HOODIE-CO",
                title="联名款卫衣",
                stock=OPENING,
                trend_sold=100,
                safety_line=50,
                substitutes=("HOODIE-BASIC",),
                restock=(
                    RestockSource(source="周边仓", quantity=RESTOCK, lead_time=12 * 60, contact="王姐"),
                ),
            ),
            Sku(
                id="HOODIE-BASIC",
                title="基础款卫衣",
                stock=900,
                restock=(RestockSource(source="总仓", quantity=300, lead_time=40 * 60),),
            ),
            Sku(id="TEE-LS", title="长袖打底T恤", stock=400),
            Sku(id="BEANIE", title="毛线帽", stock=300),
            Sku(id="SOCK-3", title="中筒袜三双装", stock=400),
        ),
        listings=(
            Listing(id="L1", title="中筒袜三双装", slot=1, items=(Item(sku="SOCK-3"),)),
            Listing(id="L2", title="毛线帽", slot=2, items=(Item(sku="BEANIE"),)),
            Listing(id="L3", title="联名款卫衣", slot=3, items=(Item(sku="HOODIE-CO"),)),
            Listing(id="L4", title="长袖打底T恤", slot=4, items=(Item(sku="TEE-LS"),)),
            Listing(id="L5", title="基础款卫衣", slot=5, items=(Item(sku="HOODIE-BASIC"),)),
        ),
        playbook=Playbook(
            trend=Plays(say="这款走得快,喜欢的先拍", steps=("盯住弹幕和在线人数", "问周边仓能调多少")),
            threshold=Plays(
                say="还能拍 {sellable} 单,拍了记得付款", steps=("催补货到仓", "准备替代品的链接和话术")
            ),
            critical=Plays(
                say="这款马上没了,没抢到的看看{substitute}", steps=("切到替代品", "只报剩余,不承诺返场")
            ),
        ),
    )


HEADING = """The Double-11 case: six hours, one limited hoodie, and a surge in the third hour.
Play it:  stockwatch replay double11.jsonl --speed 60
Generated together with double11.jsonl by `python -m stockwatch.drills.samples`:
change the generator, not this file."""


class Double11:
    """One performance of the case. `stage.lines` is the feed once `play` has returned."""

    def __init__(self, seed: int = SEED) -> None:
        settings = room()
        self.rng = random.Random(seed)
        book = Book({sku.id: sku.stock for sku in settings.skus}, START)
        self.stage = Stage(self.rng, START, book, duplicate_share=0.02)
        self.book = book
        self.buyers = Buyers(self.stage, TIMEOUT)
        self.crew = Crew(self.stage, settings.id, PLATFORMS)
        self._unanswered = 0

    def play(self) -> list[bytes]:
        self._room()
        self._calm_goods()
        self._plain_hoodie()
        self._flat_hours()
        for at in range(SURGE, FINAL_STRETCH, 2 * MINUTE):
            self.stage.cue(at, partial(self._follow_curve, at))
        self._decisions()
        self.stage.cue(FINAL_STRETCH, self._final_stretch)
        self.stage.cue(RACE, self._race)
        self._too_late()
        self.stage.play()
        return self.stage.lines

    # --- the hoodie ---------------------------------------------------------------------------------------

    def _flat_hours(self) -> None:
        """Half a unit a minute, evenly: nothing may look like a surge before there is one."""
        calm = Profile([(20 * SECOND, 0.52), (SURGE - MINUTE, 0.52)])
        for at in arrivals(self.rng, calm, 86, regular=True):
            self._want_hoodie(at, 2 if self.rng.random() < 0.05 else 1)

    def _follow_curve(self, begin: int) -> None:
        """Orders for the next two minutes, so that the units taken come out on the curve."""
        end = begin + 2 * MINUTE
        missing = int(TAKEN.rate(end - 1)) - self.book.taken("HOODIE-CO") - self._unanswered
        instants = arrivals(self.rng, Profile([(begin, 1.0), (end, 1.0)]), max(missing, 0))
        while instants:
            at = instants.pop(self.rng.randrange(len(instants)))
            double = len(instants) > 0 and begin < FINAL_STRETCH - 10 * MINUTE and self.rng.random() < 0.06
            if double:
                instants.pop()
            self._want_hoodie(at, 2 if double else 1)

    def _want_hoodie(self, at: int, qty: int) -> None:
        asks = at >= SHELVES_EMPTY or self.rng.random() < 0.25
        self._unanswered += qty

        def answered(outcome: str) -> None:
            assert outcome == "accepted", f"the plan left nothing for the order at {at}"
            self._unanswered -= qty

        self._buy(at, "HOODIE-CO", qty, fate=self._fate(at), asks=asks, on_answer=answered)

    def _buy(
        self,
        at: int,
        sku: str,
        qty: int,
        *,
        fate: Fate = Fate.PAYS,
        asks: bool = True,
        platform: Platform | None = None,
        on_answer: Callable[[str], None] | None = None,
    ) -> None:
        """Somebody orders at this instant, on a platform of their own unless one is given."""
        wish = Wish(sku, qty, listing=LISTING_OF[sku], amount=qty * PRICES[sku])
        where = platform or self.rng.choices(PLATFORMS, weights=(30, 45, 25))[0]
        prompt = at >= LAST_DOUBT
        order = partial(
            self.buyers.buy, where, at, wish, fate, asks=asks, promptly=prompt, on_answer=on_answer
        )
        self.stage.cue(at, order)

    def _fate(self, at: int) -> Fate:
        part = self.rng.random()
        if at >= LAST_DOUBT or part < 0.87:
            return Fate.PAYS
        if part < 0.90 and at < RACE - 50 * MINUTE:
            return Fate.REFUNDED
        if part < 0.93:
            return Fate.CANCELS
        return Fate.FORGOTTEN if part < 0.95 else Fate.CLOSED

    def _final_stretch(self) -> None:
        """Exactly as many orders as leave ten units for the race."""
        left = self.book.available["HOODIE-CO"] - self._unanswered - 10
        assert left >= 0, "demand outran the curve"
        even = Profile([(FINAL_STRETCH, 1.0), (RACE - 30 * SECOND, 1.0)])
        for at in arrivals(self.rng, even, left, regular=True):
            self._want_hoodie(at, 1)

    def _race(self) -> None:
        """Thirty people on three channels reach for ten units within five seconds."""
        assert self.book.available["HOODIE-CO"] == 10, "the race is for ten units"
        for number in range(30):
            at = RACE + number * 160 + self.rng.randint(0, 120)
            self._buy(at, "HOODIE-CO", 1, platform=PLATFORMS[number % 3])

    def _too_late(self) -> None:
        """Who comes after the sell-out is told no."""
        hope = Profile([(RACE + 10 * SECOND, 4.0), (RACE + 20 * MINUTE, 1.2), (END - 10 * MINUTE, 0.3)])
        for at in arrivals(self.rng, hope):
            self._buy(at, "HOODIE-CO", 1)

    # --- the rest of the room -----------------------------------------------------------------------------

    def _plain_hoodie(self) -> None:
        calm = Profile([(30 * SECOND, 0.45), (SWITCHED, 0.45)])
        overflow = Profile(
            [
                (SWITCHED, 0.6),
                (SWITCHED + 4 * MINUTE, 4.0),
                (RACE + 15 * MINUTE, 4.5),
                (5 * HOUR + 30 * MINUTE, 1.2),
                (END - 10 * MINUTE, 0.6),
            ]
        )
        instants = arrivals(self.rng, calm, regular=True) + arrivals(self.rng, overflow)
        self._sell("HOODIE-BASIC", instants)

    def _calm_goods(self) -> None:
        for sku, rate in (("TEE-LS", 0.3), ("BEANIE", 0.25), ("SOCK-3", 0.35)):
            calm = Profile([(30 * SECOND, rate), (END - 10 * MINUTE, rate)])
            self._sell(sku, arrivals(self.rng, calm, regular=True))

    def _sell(self, sku: str, instants: Sequence[int]) -> None:
        for at in instants:
            qty = 2 if self.rng.random() < 0.06 else 1
            part = self.rng.random()
            fates = ((0.86, Fate.PAYS), (0.90, Fate.CANCELS), (0.96, Fate.CLOSED), (0.98, Fate.FORGOTTEN))
            fate = next((fate for bound, fate in fates if part < bound), Fate.RETURNED)
            late = at > END - 40 * MINUTE
            self._buy(at, sku, qty, fate=Fate.PAYS if late else fate, asks=self.rng.random() < 0.2)

    def _decisions(self) -> None:
        """What the crew did that night."""
        crew = self.crew
        crew.acknowledge(2 * HOUR + 56 * MINUTE, STOCKER, "HOODIE-CO", "HOODIE-CO:1")
        order = Restock("HOODIE-CO", "DB-1", "周边仓", RESTOCK)
        crew.restock(order, by=STOCKER, asked=ASKED, confirmed=CONFIRMED, landed=LANDED, due=DUE)
        crew.note(SHELVES_EMPTY, STOCKER, "note-1", "平台货架清零,调来的 200 件只走小程序,先问后卖")
        crew.substitute(SWITCHED, HOST, sku="HOODIE-CO", to="HOODIE-BASIC", link=("L5", 5))
        crew.note(RACE + 30 * SECOND, HOST, "note-2", "联名款售罄,只推基础款,不承诺返场")

    def _room(self) -> None:
        heartbeats(self.stage, PLATFORMS, 0, END, MINUTE)
        crowd = Profile(
            [
                (0, 2600.0),
                (SURGE - 2 * MINUTE, 3400.0),
                (SURGE + 6 * MINUTE, 14000.0),
                (4 * HOUR, 17000.0),
                (5 * HOUR, 9000.0),
                (END, 4000.0),
            ]
        )
        viewers(self.stage, PLATFORMS, crowd, 2 * MINUTE)
        titles = {listing.slot or 0: listing.title for listing in room().listings}
        pace = Profile([(0, 0.8), (SURGE - MINUTE, 1.0), (SURGE + 3 * MINUTE, 5.0), (RACE, 5.0), (END, 0.8)])
        curious = Profile(
            [(0, 8.0), (SURGE, 10.0), (4 * HOUR, 30.0), (RACE, 60.0), (5 * HOUR, 35.0), (END, 15.0)]
        )
        chat(
            self.stage,
            PLATFORMS,
            pace,
            [(3, titles[3]), (3, titles[3]), (5, titles[5]), (4, titles[4])],
            curious,
        )
        self.crew.list_links(0, LINKS)
        rota = (("L1", 1), ("L4", 4), ("L3", 3), ("L2", 2), ("L5", 5), ("L3", 3))
        for number, at in enumerate(range(5 * MINUTE, SURGE - 8 * MINUTE, 9 * MINUTE)):
            self.crew.present(at, HOST, rota[number % len(rota)])
        self.crew.present(SURGE - 5 * MINUTE, HOST, ("L3", 3))
