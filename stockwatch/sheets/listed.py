"""What the platforms call each SKU and bundle, from the rows that say so. Pure.

A platform's SKU id is that of one SKU, and its product id that of one link: a second use is a slip of copying that
would book orders on the wrong goods, so it is named and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from stockwatch.config.problems import Words
from stockwatch.sheets.plan import Link, Number
from stockwatch.sheets.problems import Problem
from stockwatch.sheets.rows import Row, shown

Told = Callable[[Row, str, str, Words], Problem]
"""(row, role, channel, words) -> the problem, where its cell stands."""


def numbers_of(
    links: Sequence[Link], bundled: set[str], where: Callable[[int], str], problem: Told
) -> tuple[list[Number], list[Problem]]:
    """Every number of the links' rows. `bundled`: SKUs that are no goods but the name of a bundle's link."""
    numbers: list[Number] = []
    problems: list[Problem] = []
    sku_owner: dict[tuple[str, str], str] = {}
    product_owner: dict[tuple[str, str], tuple[Link, int]] = {}
    for link, row, id in _rows(links):
        of_bundle = id in bundled
        target = link.id if of_bundle else id
        for channel, (product_id, sku_id) in row.numbers.items():
            product, sku = product_id, sku_id
            if product is not None:
                first, at = product_owner.setdefault((channel, product), (link, row.at))
                if first is not link:
                    problems.append(problem(row, "product_id", channel, _taken(product, where(at))))
                    continue
            if sku is not None and sku_owner.setdefault((channel, sku), target) != target:
                problems.append(problem(row, "sku_id", channel, _taken(sku, sku_owner[channel, sku])))
                sku = None
            if product is None and sku is None:
                continue
            numbers.append(
                Number(
                    channel=channel,
                    product_id=product,
                    sku_id=sku,
                    sku=None if of_bundle else target,
                    listing=target if of_bundle else None,
                    where=where(row.at),
                )
            )
    return numbers, problems


def _rows(links: Sequence[Link]) -> Iterator[tuple[Link, Row, str]]:
    """Every row of every link with its SKU, in the order of the sheet within a link."""
    for link in links:
        own = {id(row) for row in link.rows}
        for good in link.goods:
            for row in good.rows:
                if id(row) in own:
                    yield link, row, good.id


def _taken(number: str, owner: str) -> Words:
    return Words(
        f"{shown(number)} is already that of {shown(owner)}: not taken here; copy this one's own from the back-end",
        f"{shown(number)} 已经是 {shown(owner)} 的:这里没有用;从后台复制它自己的",
    )
