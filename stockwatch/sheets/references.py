"""Cells that name other goods of the sheet: bundles (组合装), gifts (赠品) and substitutes (替代款). Pure.

A name is a code, a style, a product's name, or a link's number ("5号"); what can't be found, or could be two things, is
said and left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from stockwatch.config import Item
from stockwatch.config.problems import Words
from stockwatch.sheets.plan import Good, Link
from stockwatch.sheets.rows import Row, shown
from stockwatch.sheets.specs import plain_title, spec_words
from stockwatch.sheets.values import tidy

_MOST: Final = 50
"""Names in one cell."""
_QUANTITY = re.compile(
    r"(?:(?P<before>\d{1,4})\s*(?:件|个|双|盒|瓶|包|条|只|x|×|\*)\s*)?(?P<name>.+?)"
    r"\s*(?:[*x×]\s*(?P<after>\d{1,4})\s*(?:件|个|双|盒|瓶|包|条|只)?)?",
    re.ASCII | re.IGNORECASE,
)
_SLOT = re.compile(r"(?:链接)?\s*#?(\d{1,6})\s*(?P<sure>号链接|号)?", re.ASCII)
Resolved = Good | Link


class Add(Protocol):
    """Told of what is wrong with a row's cell of a role."""

    def __call__(self, row: Row, role: str, says: Words, *, serious: bool = True) -> None: ...


class Names:
    """What each name of the sheet stands for."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._goods: dict[str, Good] = {}
        self._links: dict[str, list[Link]] = {}
        self._slots: dict[int, Link] = {}
        for link in links:
            if link.slot is not None:
                self._slots[link.slot] = link
            names = {plain_title(name) for row in link.rows for name in (row.name, row.style) if name}
            for name in names - {""}:
                self._links.setdefault(name, []).append(link)
            for good in link.goods:
                self._goods.setdefault(good.id.lower(), good)

    def find(self, text: str) -> Resolved | None:
        """The one thing that `text` names; None if there is none, or there are several."""
        wanted = tidy(text)
        good = self._goods.get(wanted.lower())
        if good is not None:
            return good
        slot = _SLOT.fullmatch(wanted)
        if slot is not None and slot["sure"]:
            return self._slots.get(int(slot[1]))
        named = self._links.get(plain_title(wanted), [])
        if len(named) == 1:
            return named[0]
        return self._slots.get(int(slot[1])) if slot is not None and not named else None


def resolve(links: Sequence[Link], add: Add) -> None:
    """Put what cells name into the links' items (bundles, then gifts) and the SKUs' substitutes.

    A bundle is made of goods, never of bundles.
    """
    bundling = [(link, row) for link in links if (row := _first(link, "bundle")) is not None]
    if bundling:
        names = Names([link for link in links if _first(link, "bundle") is None])
        for link, row in bundling:
            _make_bundle(link, row, names, add)
    names = Names([link for link in links if not link.bundle])
    for link in links:
        row = _first(link, "gift")
        if row is not None and link.items:
            own = {(item.sku, item.product) for item in link.items}
            gifts = _parts(row, "gift", link, names, add) or ()
            link.items += tuple(gift for gift in gifts if (gift.sku, gift.product) not in own)
    for link in links:
        if not link.bundle:
            _substitute(link, names, add)


def _make_bundle(link: Link, row: Row, names: Names, add: Add) -> None:
    parts = _parts(row, "bundle", link, names, add)
    if parts is None:
        return
    link.items, link.bundle = tuple(parts), True
    if any(each.stock for each in link.rows):
        says = Words(
            "a bundle has no stock of its own: it sells what its parts have; this figure was not taken",
            "组合装没有自己的库存,卖的是各单品的库存:这个数没有用",
        )
        add(row, "stock", says)


def _first(link: Link, role: str) -> Row | None:
    return next((row for row in link.rows if getattr(row, role)), None)


def _parts(row: Row, role: str, link: Link, names: Names, add: Add) -> list[Item] | None:
    """The items that the cell names, None if one of them can't be told."""
    items: list[Item] = []
    serious = role == "bundle"
    for text in _split(getattr(row, role), r"[+＋&、,，;；\n]|加"):
        match = _QUANTITY.fullmatch(tidy(text))
        found = names.find(text) or (names.find(match["name"]) if match is not None else None)
        if found is None or found is link or any(found is good for good in link.goods) or not _sold(found):
            add(row, role, _not_found(text, role), serious=serious)
            return None
        counts = (
            [int(each) for each in (match["before"], match["after"]) if each] if match is not None else []
        )
        quantity = counts[0] if counts and names.find(text) is None else 1
        if quantity < 1 or len(counts) > 1:
            add(row, role, _not_found(text, role), serious=serious)
            return None
        items.append(_item(found, quantity, role))
    return items or None


def _sold(found: Resolved) -> bool:
    """Whether an item can name it: a link whose specs are a product, or one SKU."""
    return isinstance(found, Good) or len(found.goods) == 1 or bool(found.items and found.goods[0].product)


def _item(found: Resolved, quantity: int, role: str) -> Item:
    goods = found.goods if isinstance(found, Link) else [found]
    single = len(goods) == 1
    product = None if single else goods[0].product
    sku = goods[0].id if product is None else None
    return Item(sku=sku, product=product, qty=quantity, role="gift" if role == "gift" else "item")


def _not_found(text: str, role: str) -> Words:
    if role == "gift":
        return Words(
            f"gift {shown(text)}: no such goods in this sheet, so its stock is not counted; add a row for it, and name "
            "its code here",
            f"赠品 {shown(text)}:表里没有这样商品,它的库存不计;给它加一行,这里写它的编码",
        )
    return Words(
        f"bundle: {shown(text)} is no other goods of this sheet; write codes, like A100*2+B200. The row is kept as "
        "goods of its own",
        f"组合装:{shown(text)} 不是表里的其他商品;用编码写,如 A100*2+B200。这一行先按单独的商品算",
    )


def _substitute(link: Link, names: Names, add: Add) -> None:
    """Give the link's SKUs what the sheet says stands in for them: the same size and colour where there is one."""
    rows = [row for row in link.rows if row.substitutes]
    if not rows:
        return
    told: set[str] = set()
    for good in link.goods:
        row = next((each for each in rows if any(each is own for own in good.rows)), rows[0])
        whole = names.find(row.substitutes)
        texts = [row.substitutes] if whole is not None else _split(row.substitutes, r"[、,，;；/\n|]|或")
        for text in texts:
            found = names.find(text)
            if found is None or found is link:
                if text not in told:
                    told.add(text)
                    add(row, "substitutes", _no_substitute(text), serious=True)
                continue
            stand_in = _like(good, found)
            if stand_in is None and text not in told:
                told.add(text)
                add(row, "substitutes", _no_such_size(text, good), serious=False)
            if stand_in is not None and stand_in.id not in (good.id, *good.substitutes):
                good.substitutes.append(stand_in.id)


def _like(good: Good, found: Resolved) -> Good | None:
    """Of several, the one of the same spec, else the only one of the same size."""
    goods = found.goods if isinstance(found, Link) else [found]
    if len(goods) == 1:
        return goods[0]
    wanted = spec_words(" ".join(good.row.attrs.values()))
    tests: tuple[Callable[[Good], bool], ...] = (
        lambda each: spec_words(" ".join(each.row.attrs.values())) == wanted,
        lambda each: bool(good.row.attrs.get("码")) and each.row.attrs.get("码") == good.row.attrs.get("码"),
    )
    for test in tests:
        same = [each for each in goods if test(each)]
        if len(same) == 1:
            return same[0]
    return None


def _no_substitute(text: str) -> Words:
    return Words(
        f"substitute {shown(text)}: not one other thing of this sheet; write its code, or its link number like 5号",
        f"替代款 {shown(text)}:表里找不到,或不止一个;写它的编码,或链接号如 5号",
    )


def _no_such_size(text: str, good: Good) -> Words:
    label = shown(" ".join(good.row.attrs.values()) or good.id)
    return Words(
        f"substitute {shown(text)}: it has no one spec like {label}; name a SKU by its code",
        f"替代款 {shown(text)}:它没有唯一对应 {label} 的规格;用编码指定",
    )


def _split(text: str, at: str) -> list[str]:
    return [part.strip() for part in re.split(at, text) if part.strip()][:_MOST]
