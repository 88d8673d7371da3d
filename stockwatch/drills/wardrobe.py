"""The goods of an apparel room: garments in colours and sizes, accessories, gifts, bundles, sixty links.

Pure: a catalogue drawn from a generator that is handed in, and a buyer's choice among its sizes.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from stockwatch.config import Item, Listing, RestockSource, Sku

SIZES = {"S": 0.14, "M": 0.32, "L": 0.28, "XL": 0.17, "XXL": 0.09}
"""Share of demand: M and L take the bulk."""
COLOURS = {"BK": "黑", "WH": "白", "GY": "灰", "BE": "杏", "BL": "蓝", "GN": "绿", "BR": "咖", "PK": "粉"}
CUTS = ("宽松", "修身", "短款", "加厚", "复古", "高腰")
GARMENTS = ("圆领卫衣", "针织开衫", "直筒牛仔裤", "衬衫连衣裙", "羊羔绒外套", "打底衫", "百褶半裙")
ACCESSORIES = (
    "羊毛围巾",
    "帆布包",
    "棒球帽",
    "真皮腰带",
    "保暖手套",
    "发圈套装",
    "打底袜",
    "毛绒耳罩",
    "丝巾",
    "针织帽",
)
GIFTS = ("赠品棉袜", "赠品收纳袋", "赠品发夹", "赠品杯套")


@dataclass
class Link:
    """A link of the room and how it sells."""

    id: str
    slot: int
    title: str
    price: int
    """Minor units."""
    rate: float
    """Orders a minute while nobody talks about it."""
    variants: dict[str, float]
    """Share of its orders by SKU."""
    product: str | None = None
    bundle: tuple[int, str, str] | None = None
    """(pieces of the garment, the other part's SKU, its role) of a bundle."""

    @property
    def top_share(self) -> float:
        """Share of its orders that the part in most demand is in; every bundle holds its other part."""
        return max(self.variants.values()) if self.bundle is None else 1.0

    def pick(self, rng: random.Random) -> str:
        """The variant that one buyer wants."""
        return rng.choices(list(self.variants), weights=list(self.variants.values()))[0]

    def items(self, sku: str) -> tuple[tuple[str, int, str], ...]:
        """The parts of one bundle with this variant; empty for a link that sells one thing."""
        if self.bundle is None:
            return ()
        pieces, other, role = self.bundle
        return ((sku, pieces, "item"), (other, 1, role))


@dataclass
class Wardrobe:
    """All goods and links. `rate_of` is what each SKU sells a minute when nothing happens."""

    links: list[Link] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)
    attrs: dict[str, dict[str, str]] = field(default_factory=dict)

    def link(self, slot: int) -> Link:
        return self.links[slot - 1]

    def rate_of(self) -> dict[str, float]:
        rates = dict.fromkeys(self.titles, 0.0)
        for link in self.links:
            for sku, share in link.variants.items():
                for part, qty, _ in link.items(sku) or ((sku, 1, "item"),):
                    rates[part] += link.rate * share * qty
        return rates

    def siblings(self, sku: str) -> list[str]:
        """Other sizes and colours of the same thing."""
        product = self.products.get(sku)
        return [other for other, its in self.products.items() if its == product and other != sku]

    def skus(self, stock: Mapping[str, int], restock: Mapping[str, RestockSource]) -> tuple[Sku, ...]:
        return tuple(
            Sku(
                id=sku,
                title=title,
                product=self.products.get(sku),
                attrs=self.attrs.get(sku, {}),
                stock=stock[sku],
                restock=(restock[sku],) if sku in restock else (),
            )
            for sku, title in self.titles.items()
        )

    def listings(self) -> tuple[Listing, ...]:
        def items(link: Link) -> tuple[Item, ...]:
            if link.product is None:
                return tuple(Item(sku=sku) for sku in link.variants)
            if link.bundle is None:
                return (Item(product=link.product),)
            pieces, other, role = link.bundle
            second = Item(sku=other, role="gift") if role == "gift" else Item(sku=other)
            return (Item(product=link.product, qty=pieces), second)

        return tuple(
            Listing(id=link.id, title=link.title, slot=link.slot, items=items(link)) for link in self.links
        )


def wardrobe(rng: random.Random, *, orders_per_minute: float) -> Wardrobe:
    """42 garments, 10 accessories, 8 bundles: sixty links in a shuffled order, some 400 SKUs."""
    goods = Wardrobe()
    drafts = [_garment(rng, goods, number) for number in range(42)]
    for number, title in enumerate(ACCESSORIES):
        sku = f"ACC{number + 1:02d}"
        goods.titles[sku] = title
        drafts.append(Link("", 0, title, rng.randrange(1990, 8990, 1000), 0.0, {sku: 1.0}))
    for number, title in enumerate(GIFTS):
        goods.titles[f"GIFT{number + 1}"] = title
    drafts += [_bundle(goods, drafts[number], number) for number in range(8)]
    _popularity(rng, drafts, orders_per_minute)
    rng.shuffle(drafts)
    for slot, link in enumerate(drafts, 1):
        link.id, link.slot = f"L{slot}", slot
    goods.links = drafts
    return goods


def _garment(rng: random.Random, goods: Wardrobe, number: int) -> Link:
    title = f"{CUTS[number // len(GARMENTS)]}{GARMENTS[number % len(GARMENTS)]}"
    product = f"G{number + 1:02d}"
    colours = rng.sample(list(COLOURS), rng.choices((1, 2, 3), weights=(2, 6, 2))[0])
    weights = (1.0,) if len(colours) == 1 else ((0.58, 0.42) if len(colours) == 2 else (0.45, 0.31, 0.24))
    variants = {}
    for colour, share in zip(colours, weights, strict=True):
        for size, part in SIZES.items():
            sku = f"{product}-{colour}-{size}"
            variants[sku] = share * part
            goods.titles[sku], goods.products[sku] = title, product
            goods.attrs[sku] = {"色": COLOURS[colour], "码": size}
    return Link("", 0, title, rng.randrange(7990, 39990, 1000), 0.0, variants, product)


def _bundle(goods: Wardrobe, garment: Link, number: int) -> Link:
    if number % 2 == 0:
        gift = f"GIFT{number // 2 + 1}"
        title = f"{garment.title}2件装+{goods.titles[gift].removeprefix('赠品')}"
        return Link(
            "",
            0,
            title,
            garment.price * 9 // 5,
            0.0,
            dict(garment.variants),
            garment.product,
            (2, gift, "gift"),
        )
    other = f"ACC{number + 1:02d}"
    title = f"{garment.title}+{goods.titles[other]}套装"
    return Link(
        "", 0, title, garment.price + 3000, 0.0, dict(garment.variants), garment.product, (1, other, "item")
    )


def _popularity(rng: random.Random, links: list[Link], orders_per_minute: float) -> None:
    """A few links sell much, most sell little; what comes in one size only sells least per link."""
    ranks = [1 / (rank + 8) for rank in range(len(links))]
    rng.shuffle(ranks)
    weights = [
        rank * (0.45 if len(link.variants) == 1 else 1.0) * (0.6 if link.bundle else 1.0)
        for rank, link in zip(ranks, links, strict=True)
    ]
    for weight, link in zip(weights, links, strict=True):
        link.rate = orders_per_minute * weight / sum(weights)
