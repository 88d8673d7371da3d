"""What is to happen in the apparel room: its platforms, its true surges, and who is presented when.

Pure data and two functions that lay it over a wardrobe; `apparel` performs it. Change figures here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from stockwatch.drills.simulator import HOUR, MINUTE, SECOND, Lag, Outage, Platform, Profile, pulse
from stockwatch.drills.wardrobe import Link, Wardrobe

SEED = 60
START = datetime(2025, 11, 20, 19, 30, tzinfo=timezone(timedelta(hours=8)))
END = 3 * HOUR
TIMEOUT = 8 * MINUTE
SILENT = Outage(65 * MINUTE, 71 * MINUTE, 20 * SECOND)
LOST = Outage(129 * MINUTE, 133 * MINUTE, None)
PLATFORMS = (
    Platform("douyin", "douyin/room-2204", "抖音", Lag(1_000, 3_000, 150_000, 0.006), "6920", (SILENT,)),
    Platform("taobao", "taobao/shop-88", "淘宝", Lag(500, 3_000, 180_000, 0.006), "2920", (LOST,)),
    Platform("kuaishou", "kuaishou/room-31", "快手", Lag(1_000, 5_000, 90_000, 0.006), "2540"),
)
WEIGHTS = (50, 30, 20)
ASKING = {"douyin": 0.0, "taobao": 0.05, "kuaishou": 0.35}
"""Share of each channel's orders that come through our own storefront there, which asks."""
SHELF = 4
"""A platform calls a SKU sold out when no more than this is left of it."""
HOST, STOCKER, MANAGER = "可可", "阿杰", "敏姐"
ORDERS_PER_MINUTE = 10.5
PEAK_PER_SKU = 0.55
"""Orders a minute that a presentation brings to a link's best size at most."""


@dataclass(frozen=True)
class Surge:
    """A true rise in demand for one link. At `end` its consequences (unpaid, empty sizes) are over too."""

    slot: int
    profile: Profile
    end: int
    what: str

    @property
    def begin(self) -> int:
        return self.profile.begin


LAUNCH, GUEST, FLASH, FOLLOWERS, RAMP = 17, 33, 8, 46, 52
SURGES = (
    Surge(
        FLASH,
        pulse(21 * MINUTE, 2 * MINUTE, 60 * SECOND, 6.0),
        36 * MINUTE,
        "a viewer with a following names the link; it flares up and dies down",
    ),
    Surge(
        LAUNCH,
        pulse(42 * MINUTE, 30 * SECOND, 25 * SECOND, 320.0),
        60 * MINUTE,
        "3, 2, 1: a limited link goes up and is released in three waves",
    ),
    Surge(
        GUEST,
        Profile([(84 * MINUTE, 5.5), (103 * MINUTE, 5.5), (108 * MINUTE, 0.0)]),
        120 * MINUTE,
        "a guest brings viewers for twenty minutes; two sizes are restocked",
    ),
    Surge(
        FOLLOWERS,
        Profile([(112 * MINUTE, 6.0), (124 * MINUTE, 6.0), (128 * MINUTE, 0.0)]),
        142 * MINUTE,
        "a short video sends buyers to an accessory",
    ),
    Surge(
        RAMP,
        Profile(
            [
                (136 * MINUTE, 0.3),
                (148 * MINUTE, 8.0),
                (157 * MINUTE, 8.0),
                (160 * MINUTE, 2.5),
                (170 * MINUTE, 1.5),
            ]
        ),
        END,
        "a slow ramp that empties M and L, for which no restock exists",
    ),
)
BROKEN_STOCK = {"M": 28, "L": 25}
RAMP_RATE = 0.09
"""Calm orders a minute of the link that the ramp then empties: it must not run low by itself."""


class Presentation(NamedTuple):
    """The host turns to a link."""

    link: Link
    begin: int
    dwell: int
    """ms."""
    factor: float | None
    """What it multiplies the link's demand by; None where a surge says what happens."""


def place_surges(goods: Wardrobe) -> None:
    """Garments that no bundle shares surge; FOLLOWERS is an accessory, RAMP has one colour."""
    links = goods.links
    in_bundles = {link.product for link in links if link.bundle}
    alone = [link for link in links if link.product not in in_bundles and link.bundle is None]
    parts = {link.bundle[1] for link in links if link.bundle}
    garments = [link for link in alone if link.product is not None]
    accessory = next(link for link in alone if link.product is None and not parts & set(link.variants))
    one_colour = next(link for link in garments if len(link.variants) == 5)
    garments.remove(one_colour)
    two_colours = [link for link in garments if len(link.variants) == 10]
    for slot, link in zip(
        (LAUNCH, GUEST, FLASH, FOLLOWERS, RAMP), (*two_colours[:3], accessory, one_colour), strict=True
    ):
        here, there = slot - 1, links.index(link)
        links[here], links[there] = links[there], links[here]
    one_colour.rate = RAMP_RATE
    for slot, link in enumerate(links, 1):
        link.id, link.slot = f"L{slot}", slot


def presentations(rng: random.Random, goods: Wardrobe) -> list[Presentation]:
    """Every link is presented in turn; those that surge, when they do."""
    surging = {surge.slot for surge in SURGES}
    presented = {LAUNCH: 3 * MINUTE, GUEST: 5 * MINUTE}
    fixed = sorted((surge.begin, surge.slot) for surge in SURGES if surge.slot in presented)
    queue = [link for link in goods.links if link.slot not in surging]
    rng.shuffle(queue)
    plan: list[Presentation] = []
    at = 90 * SECOND
    while queue and at < END - 6 * MINUTE:
        dwell = rng.randint(120, 215) * SECOND
        if fixed and at + dwell > fixed[0][0]:
            begin, slot = fixed.pop(0)
            plan.append(Presentation(goods.link(slot), begin, presented[slot], None))
            at = begin + presented[slot]
            continue
        link = queue.pop()
        most = PEAK_PER_SKU / (link.rate * link.top_share)
        factor = round(min(3 + 7 * rng.random(), max(most, 2.0)), 1)
        plan.append(Presentation(link, at, dwell, factor))
        at += dwell
    return plan


HEADING = """A middle-sized apparel room: three hours, three channels, sixty links.
The true surges in it are named in apparel.surges.json.
Generated together with apparel.jsonl by `python -m stockwatch.drills.samples`:
change the generator, not this file."""
