"""Which of a platform's goods is which SKU of the room. Pure.

By the platform's numbers first, as the room's map says; then by the merchant's code (商家编码) where it is a SKU's or a
listing's id. Nothing is guessed: what neither says is unmapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from stockwatch.channels.orders import Part
from stockwatch.config import Listing, RoomConfig


class Numbered(NamedTuple):
    """One entry of a room's map: a platform's numbers, and the SKU or listing they stand for."""

    channel: str
    product: str
    sku: str
    """"": all of the product's."""
    names: str
    """The SKU or listing."""


class Made(NamedTuple):
    """A SKU in what is sold."""

    sku: str
    qty: int = 1
    gift: bool = False


def bundles(config: RoomConfig) -> list[Listing]:
    """Links that are not one unit of one SKU: what a platform's number of them stands for is the link."""
    return [one for one in config.listings if len(one.items) > 1 or any(item.qty > 1 for item in one.items)]


class Goods:
    """A room's goods as one channel numbers them."""

    def __init__(self, config: RoomConfig, channel: str, numbers: Iterable[Numbered] = ()) -> None:
        self._made_of: dict[str, tuple[Made, ...]] = {
            listing.id: tuple(
                Made(item.sku, item.qty, item.role == "gift") for item in listing.items if item.sku
            )
            for listing in config.listings
        }
        self._made_of.update({sku.id: (Made(sku.id),) for sku in config.skus})
        self._bundles = {
            frozenset((item.sku, item.qty) for item in one.items): one.id
            for one in bundles(config)
            if len({item.sku for item in one.items}) == len(one.items)
        }
        self._numbers: Mapping[tuple[str, str], str] = {
            (number.product, number.sku): number.names for number in numbers if number.channel == channel
        }

    def items_of(self, part: Part) -> tuple[Made, ...]:
        """What one unit of it takes; () when it is unmapped."""
        name = (
            self._numbers.get((part.product, part.sku))
            or self._numbers.get(("", part.sku))
            or self._numbers.get((part.product, ""))
            or part.outer
        )
        return self._made_of.get(name, ())

    def listing_of(self, parts: Sequence[Part]) -> str | None:
        """The link that is a bundle of just these; None where there is none, or a part is unmapped."""
        units: dict[str, int] = {}
        for part in parts:
            made = self.items_of(part)
            if not made:
                return None
            for one in made:
                units[one.sku] = units.get(one.sku, 0) + one.qty * part.qty
        return self._bundles.get(frozenset(units.items())) if units else None

    def sku_of(self, part: Part) -> str | None:
        """The SKU that it is one unit of, and nothing else."""
        made = self.items_of(part)
        return made[0].sku if len(made) == 1 and made[0].qty == 1 and not made[0].gift else None

    def numbered(self) -> list[tuple[str, str, str]]:
        """(product, SKU, our SKU) of all numbers that the map spells out and that stand for one unit of a SKU alone."""
        found = ((*key, self.sku_of(Part(*key, outer=""))) for key in self._numbers if all(key))
        return [(product, number, sku) for product, number, sku in found if sku is not None]

    def numbers_of(self, sku: str) -> list[tuple[str, str]]:
        """The platform's (product, SKU) numbers that stand for one unit of this SKU alone."""
        return [key for key, name in self._numbers.items() if self._made_of.get(name) == (Made(sku),)]
