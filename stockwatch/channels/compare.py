"""What the platforms say they have, beside what we have: before a stream, SKU by SKU. Pure.

A platform takes orders against its own figure. Where their figures add up to more than there is, every platform
believes that it owns the same units, and what they sell together may be short. What is here is compared with what is
here, and what is sold as pre-sale (阶梯库存) with that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stockwatch.channels.goods import Goods
from stockwatch.channels.orders import Part
from stockwatch.channels.wire import Listed, Pool
from stockwatch.config import RoomConfig
from stockwatch.room.links import catalog


class Compared(NamedTuple):
    """One SKU, in one pool."""

    sku: str
    title: str
    slot: int | None
    """The number of its link, where it has one."""
    available: int | None
    """What we have; None: the ledger has never been told of a stock for pre-sale."""
    platforms: Mapping[str, int]
    """channel -> what it says it has, under all its numbers for one unit of the SKU."""
    pool: Pool = "spot"

    @property
    def offered(self) -> int:
        """By all platforms together."""
        return sum(self.platforms.values())

    @property
    def differ(self) -> list[str]:
        """Channels whose figure is not ours."""
        if self.available is None:
            return []
        return [channel for channel, units in self.platforms.items() if units != self.available]

    @property
    def over(self) -> int:
        """Units that the platforms offer beyond what there is."""
        return 0 if self.available is None else max(0, self.offered - self.available)


def compare(
    config: RoomConfig,
    available: Mapping[str, int],
    offered: Mapping[str, Sequence[Listed]],
    goods: Mapping[str, Goods],
    presale: Mapping[str, int] | None = None,
) -> list[Compared]:
    """Every SKU of the room that some platform tells a figure of, in the room's order, what is here first. `available`
    and `presale`: what we have in either pool. `offered` and `goods`: by channel. Bundles are left out: no figure of
    theirs is one SKU's."""
    found: dict[tuple[str, Pool], dict[str, int]] = {}
    for channel, listed in offered.items():
        for one in listed:
            sku = goods[channel].sku_of(Part(one.product, one.sku, one.outer))
            if sku is None:
                continue
            figures: tuple[tuple[Pool, int | None], ...] = ("spot", one.stock), ("presale", one.step)
            for pool, stock in figures:
                if stock is not None:
                    units = found.setdefault((sku, pool), {})
                    units[channel] = units.get(channel, 0) + max(0, stock)
    links = catalog(config)
    pools: tuple[Pool, ...] = ("spot", "presale")
    return [
        Compared(
            sku.id,
            " ".join((sku.title, *sku.attrs.values())),
            links.links[links.of_sku[sku.id][0]].slot,
            available.get(sku.id, sku.stock or 0) if pool == "spot" else (presale or {}).get(sku.id),
            found[sku.id, pool],
            pool,
        )
        for sku in config.skus
        for pool in pools
        if (sku.id, pool) in found
    ]
