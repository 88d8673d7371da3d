"""What must fit together in a room's settings: names that exist, ids that are unique, links that sell
something.

Works on the values as read, by field, with what was wrong already left out, so that one mistake is told
once. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stockwatch.config.problems import KeyPath, Words, nearest, shown_value
from stockwatch.local import is_loopback

Add = Callable[[KeyPath, Words], None]
Values = dict[str, Any]

MOST_SUGGESTIONS = 50
"""A search for the nearest among a thousand names takes some 20 ms: the first typos get one, all are told."""


class _Names:
    """The ids of the room's SKUs, or their products."""

    def __init__(self, kind: str, known: set[str]) -> None:
        self.kind = kind
        self.known = known
        self.suggestions = 0

    def no_such(self, name: str) -> Words:
        """What to say of a name that is not known."""
        shown = shown_value(name)
        near = None
        if self.suggestions < MOST_SUGGESTIONS:
            self.suggestions += 1
            near = nearest(name, sorted(self.known))
        if near is not None:
            near_shown = shown_value(near)
            return Words(
                f"{shown.en} is no {self.kind} of this room; did you mean {near_shown.en}?",
                f"{shown.zh} 不是本直播间的 {self.kind};是不是 {near_shown.zh}?",
            )
        key = "id" if self.kind == "sku" else "product"
        return Words(
            f"{shown.en} is no {self.kind} of this room; add a [[sku]] with {key} = {shown.en} or take it out",
            f"{shown.zh} 不是本直播间的 {self.kind};加一个 {key} = {shown.zh} 的 [[sku]],或去掉它",
        )


def check_together(document: dict[str, Any], values: Values, add: Add) -> None:
    """Call `add(path, what)` for everything that doesn't fit. `values` is what the schema's root table
    read."""
    channels: list[Values] = values.get("channels", [])
    skus: list[Values] = values.get("skus", [])
    listings: list[Values] = values.get("listings", [])
    _unique(channels, "channel", "id", add)
    _unique(channels, "channel", "source", add)
    _unique(skus, "sku", "id", add)
    _unique(listings, "listing", "id", add)
    _unique(listings, "listing", "slot", add)
    sku_ids = _Names("sku", {sku["id"] for sku in skus if "id" in sku})
    products = _Names("product", {sku["product"] for sku in skus if "product" in sku})
    _check_substitutes(skus, sku_ids, add)
    for index, listing in enumerate(listings):
        raw = document["listing"][index]
        _check_items(index, raw, listing, skus=sku_ids, products=products, add=add)
    _check_listing_names(listings, skus, add)
    _check_webhook(values, add)


def _check_webhook(values: Values, add: Add) -> None:
    """A webhook has a secret, and leaves this machine encrypted unless told otherwise."""
    url = values.get("restock_webhook")
    if url is None:
        return
    if "restock_secret" not in values:
        add(
            ("restock", "webhook"),
            Words(
                'it has no secret, so nobody could tell our requests from others; write secret = "env:NAME" or '
                '"file:PATH" beside it',
                '没有密钥,对方分不清是不是我们发的;在旁边写 secret = "env:变量名" 或 "file:路径"',
            ),
        )
    if not values.get("restock_local", False) and (url.startswith("http:") or is_loopback(url)):
        add(
            ("restock", "webhook"),
            Words(
                "it is this machine, or http, which others can read; write an https:// URL, or local = true beside it "
                "to allow that",
                "它是本机,或不加密的 http;写 https:// 网址,或在旁边写 local = true 表示允许",
            ),
        )


def _unique(entries: list[Values], table: str, name: str, add: Add) -> None:
    """No two entries share the value of `name`."""
    first: dict[Any, int] = {}
    for index, entry in enumerate(entries):
        value = entry.get(name)
        if value is None:
            continue
        if value in first:
            shown = shown_value(value)
            nth = first[value] + 1
            add(
                (table, index, name),
                Words(
                    f"{shown.en} is already that of [[{table}]] number {nth}; every {name} is different",
                    f"{shown.zh} 已用于第 {nth} 个 [[{table}]];每个 {name} 都要不同",
                ),
            )
        else:
            first[value] = index


def _check_substitutes(skus: list[Values], known: _Names, add: Add) -> None:
    for index, sku in enumerate(skus):
        seen: set[str] = set()
        for nth, name in enumerate(sku.get("substitutes", ())):
            where: KeyPath = ("sku", index, "substitutes", nth)
            shown = shown_value(name)
            if name not in known.known:
                add(where, known.no_such(name))
            elif name == sku.get("id"):
                add(
                    where,
                    Words(
                        f"{shown.en} can't stand in for itself; name another SKU",
                        f"{shown.zh} 不能换成自己;写别的 SKU",
                    ),
                )
            elif name in seen:
                add(
                    where,
                    Words(f"{shown.en} stands here twice; once will do", f"{shown.zh} 写了两次;一次就够"),
                )
            seen.add(name)


def _check_items(
    index: int, raw: Values, listing: Values, *, skus: _Names, products: _Names, add: Add
) -> None:
    path: KeyPath = ("listing", index)
    if "items" not in listing:
        if "items" not in raw:
            add(
                path,
                Words(
                    'items is missing: a link sells something; write items = [{ sku = "HOODIE-CO" }]',
                    '缺少 items:链接总要卖点什么;写 items = [{ sku = "HOODIE-CO" }]',
                ),
            )
        return
    items: list[Values] = listing["items"]
    for nth, item in enumerate(items):
        written = raw["items"][nth]
        where: KeyPath = (*path, "items", nth)
        if ("sku" in written) == ("product" in written):
            add(where, Words("name either a sku or a product", "sku 和 product 恰好写一个"))
        if "sku" in item and item["sku"] not in skus.known:
            add((*where, "sku"), skus.no_such(item["sku"]))
        if "product" in item and item["product"] not in products.known:
            add((*where, "product"), products.no_such(item["product"]))
    if all(written.get("role") == "gift" for written in raw["items"]):
        add(
            (*path, "items"),
            Words(
                'a link sells at least one item that is no gift; leave role out or write role = "item"',
                '链接至少卖一样正品,不能全是赠品;去掉 role 或写 role = "item"',
            ),
        )


def _check_listing_names(listings: list[Values], skus: list[Values], add: Add) -> None:
    """A SKU without a link has one by itself, under its own id: another link can't take that name."""
    items = [item for listing in listings for item in listing.get("items", ())]
    sold = {item.get("sku") for item in items}
    products = {item.get("product") for item in items} - {None}
    alone = {
        sku["id"]
        for sku in skus
        if "id" in sku and sku["id"] not in sold and sku.get("product") not in products
    }
    for index, listing in enumerate(listings):
        if listing.get("id") in alone:
            shown = shown_value(listing["id"])
            add(
                ("listing", index, "id"),
                Words(
                    f"{shown.en} is the id of a SKU that no link sells, which is a link by itself; "
                    "give this link another id",
                    f"{shown.zh} 是一个没有链接的 SKU 的编号,它自己就是一个链接;给这个链接换个编号",
                ),
            )
