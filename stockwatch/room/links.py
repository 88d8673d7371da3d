"""Links (链接): which row of the board shows which SKUs, from room.toml alone.

Every SKU has a link: one that names it, one that offers its product, else one made for its product (sizes and colours
of one thing share a row), else one of its own with its id and title. SKUs that only the feed knows get one when first
met. Pure; a `Catalog` only grows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from stockwatch.config import Item, Listing, RoomConfig, Sku


@dataclass(frozen=True, slots=True)
class Link:
    """One link. `sizes` are the SKUs a viewer picks one of; a bundle has `parts` (SKU, qty, role) beside or instead."""

    listing: str
    title: str
    slot: int | None
    sizes: tuple[str, ...]
    parts: tuple[tuple[str, int, str], ...] = ()
    choices: tuple[tuple[tuple[str, ...], int], ...] = ()
    """Of the parts that are sold, not given: (the SKUs of which a viewer picks one, how many of it)."""

    @property
    def skus(self) -> tuple[str, ...]:
        """Every SKU whose figures this link shows, each once, sizes first."""
        return tuple(dict.fromkeys((*self.sizes, *(sku for sku, _, _ in self.parts))))


@dataclass(slots=True)
class Catalog:
    """All links of a room, in the order of room.toml, those met later at the end."""

    links: dict[str, Link] = field(default_factory=dict)
    of_sku: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """SKU -> the links that show it; the first is the one its alerts are shown under."""

    def add(self, link: Link) -> None:
        assert link.listing not in self.links, link.listing
        self.links[link.listing] = link
        for sku in link.skus:
            self.of_sku[sku] = (*self.of_sku.get(sku, ()), link.listing)

    def meet(self, sku: str) -> bool:
        """Make a link for a SKU that none shows yet. True when one was made."""
        if sku in self.of_sku:
            return False
        listing = sku if sku not in self.links else f"sku:{sku}"
        self.add(Link(listing=listing, title=sku, slot=None, sizes=(sku,)))
        return True


def numbered(link: Link) -> tuple[str, str]:
    """What people call a link in a sentence, zh and en: its number, or its title. Outside text."""
    return (link.title, link.title) if link.slot is None else (f"{link.slot}号", f"#{link.slot}")


def named(sku: str, made: Catalog, config: RoomConfig) -> tuple[str, str]:
    """What people call a SKU in a sentence, zh and en: its link, and which size of it. Outside text."""
    if sku not in made.of_sku:
        return sku, sku
    link = made.links[made.of_sku[sku][0]]
    settings = next((one for one in config.skus if one.id == sku), None) if len(link.skus) > 1 else None
    label = "" if settings is None else " ".join(settings.attrs.values())
    zh, en = numbered(link)
    return f"{zh} {label}".rstrip(), f"{en} {label}".rstrip()


def catalog(config: RoomConfig) -> Catalog:
    """The links of a room as configured: listings in their order, then what no listing names."""
    made = Catalog()
    by_product: dict[str, list[str]] = {}
    for sku in config.skus:
        if sku.product is not None:
            by_product.setdefault(sku.product, []).append(sku.id)
    for listing in config.listings:
        made.add(_configured(listing, by_product))
    # A SKU whose only links are bundles that give it away still needs a row of its own to be seen and restocked.
    rowed = {sku for link in made.links.values() for sku in link.sizes}
    for sku in config.skus:
        if sku.id in rowed:
            continue
        made_here = _automatic(
            sku, [other for other in by_product.get(sku.product or "", []) if other not in rowed]
        )
        rowed.update(made_here.sizes)
        if made_here.listing in made.links:
            made_here = Link(f"sku:{sku.id}", made_here.title, None, made_here.sizes)
        made.add(made_here)
        for size in made_here.sizes:  # its own row comes first: that is where its alert belongs
            others = [listing for listing in made.of_sku[size] if listing != made_here.listing]
            made.of_sku[size] = (made_here.listing, *others)
    return made


def _configured(listing: Listing, by_product: dict[str, list[str]]) -> Link:
    sizes: list[str] = []
    parts: list[tuple[str, int, str]] = []
    choices: dict[tuple[str, ...], int] = {}
    plain = len([item for item in listing.items if item.role == "item"]) == 1
    for item in listing.items:
        if item.role == "item" and item.qty == 1 and plain:
            sizes.extend(_skus_of(item, by_product))
        else:
            skus = _skus_of(item, by_product)
            parts.extend((sku, item.qty, item.role) for sku in skus)
            if item.role != "gift":
                choices[tuple(skus)] = choices.get(tuple(skus), 0) + item.qty
    return Link(listing.id, listing.title, listing.slot, tuple(sizes), tuple(parts), tuple(choices.items()))


def _skus_of(item: Item, by_product: dict[str, list[str]]) -> list[str]:
    if item.sku is not None:
        return [item.sku]
    assert item.product is not None, "config: an item names a sku or a product"
    return by_product.get(item.product, [])


def _automatic(sku: Sku, same_product: list[str]) -> Link:
    if sku.product is not None and len(same_product) > 1:
        return Link(sku.product, sku.title, None, tuple(same_product))
    return Link(sku.id, sku.title, None, (sku.id,))
