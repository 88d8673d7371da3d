"""Rows of a sheet to SKUs and links. Pure.

Owns identity: a row is a SKU by its code; rows of one link number, else of one style, else of one name, are one link. A
code twice is one SKU on two links only if everything else says so, else the second row is left out and named.
"""

from __future__ import annotations

from stockwatch.config import Item, Listing, Sku
from stockwatch.config.problems import Words
from stockwatch.sheets.codes import group_of, settle_codes, settle_running
from stockwatch.sheets.grid import Grid
from stockwatch.sheets.header import Reading
from stockwatch.sheets.listed import numbers_of
from stockwatch.sheets.plan import Good, Link, Plan
from stockwatch.sheets.problems import Problem
from stockwatch.sheets.references import resolve
from stockwatch.sheets.rows import Goods, Row, shown
from stockwatch.sheets.specs import likeness, plain_title

_ALIKE = 0.6
"""How alike two names under one link number must be to be specs of one thing."""


def plan_of(reading: Reading, goods: Goods) -> Plan:
    """What the rows come to. Problems of the rows are in it, in the order of the sheet."""
    return _Planner(reading, goods).run()


class _Planner:
    def __init__(self, reading: Reading, goods: Goods) -> None:
        self._reading = reading
        self._grid: Grid = reading.grid
        self._goods = goods
        self._plan = Plan(problems=list(goods.problems))
        self._by_id: dict[str, Good] = {}
        self._links: dict[str, Link] = {}
        self._first_of_slot: dict[int, Link] = {}

    def run(self) -> Plan:
        rows = self._goods.rows
        settle_codes(self._reading, rows, self._add)
        counting = settle_running(self._reading, rows)
        if counting is not None:
            self._plan.problems.append(counting)
        for row in rows:
            self._place(row)
        links = [link for link in self._links.values() if link.goods]
        self._number_links(links)
        self._name_products(links)
        self._sell(links)
        self._emit(links)
        self._say_unplaced(rows)
        self._plan.problems.sort(key=lambda problem: problem.at)
        return self._plan

    def _place(self, row: Row) -> None:
        """Make the row's SKU, or find the one that it is, and put it on its link."""
        made_up = row.code is None
        base = row.code if row.code is not None else _made_id(row)
        before = self._by_id.get(base)
        if before is None:
            good = Good(base, row, made_up, rows=[row])
            self._by_id[base] = good
            self._join(row).goods.append(good)
            return
        earlier = self._grid.where(before.row.at)
        same_thing = before.row.name == row.name and before.row.attrs == row.attrs
        link = self._links.get(self._key(row))
        elsewhere = link is None or not any(each is before for each in link.goods)
        elsewhere = elsewhere or (row.channel is not None and row.channel != before.row.channel)
        if not (same_thing and elsewhere):
            self._add(
                row,
                "code" if row.code is not None else "name",
                Words(
                    f"{shown(base)} is already in {earlier}: this row was left out; correct the code or delete the row",
                    f"{shown(base)} 在 {earlier} 已经有了:没有用这一行;改正编码或删掉这一行",
                ),
            )
            return
        link = self._join(row)
        if not any(each is before for each in link.goods):
            link.goods.append(before)
        before.rows.append(row)
        self._settle_stock(before, row)

    def _settle_stock(self, good: Good, row: Row) -> None:
        """Stock that is written twice counts once, and only if both say the same."""
        first = good.row
        if row.stock is None:
            return
        if first.stock is None and first.stock_blank:
            first.stock, first.stock_blank = row.stock, False
        elif first.stock != row.stock:
            self._add(
                row,
                "stock",
                Words(
                    f"{shown(good.id)} has {row.stock} here and {first.stock} in {self._grid.where(first.at)}: neither "
                    "was taken; write the whole stock in one of them, and nothing in the other",
                    f"{shown(good.id)} 这里是 {row.stock},{self._grid.where(first.at)} 是 {first.stock}:"
                    "都没有用;在一处写总数,另一处留空",
                ),
            )
            first.stock, first.stock_blank = None, False
        else:
            self._add(
                row,
                "stock",
                Words(
                    f"{shown(good.id)} has {row.stock} in {self._grid.where(first.at)} too: counted once",
                    f"{shown(good.id)} 在 {self._grid.where(first.at)} 也是 {row.stock}:只记一次",
                ),
                serious=False,
            )

    def _join(self, row: Row) -> Link:
        """The row's link, made if it is the first."""
        key = self._key(row)
        link = self._links.get(key)
        if link is None:
            link = self._links[key] = Link(key, slot=row.slot, style=row.style)
            if row.slot is not None:
                self._first_of_slot.setdefault(row.slot, link)
        link.rows.append(row)
        return link

    def _key(self, row: Row) -> str:
        """Rows of one key are one link. Under one number, names that are much alike ("卫衣-黑", "卫衣-灰") are one."""
        key = group_of(row)
        first = None if row.slot is None else self._first_of_slot.get(row.slot)
        if first is None or key in self._links:
            return key
        alike = likeness(plain_title(first.rows[0].name), plain_title(row.name)) >= _ALIKE
        return first.key if alike or (row.style is not None and row.style == first.style) else key

    def _number_links(self, links: list[Link]) -> None:
        """A number belongs to one link: the first that has it."""
        owner: dict[int, Link] = {}
        for link in links:
            if link.slot is None:
                continue
            first = owner.setdefault(link.slot, link)
            if first is not link:
                role = "slot" if self._reading.column("slot") is not None else "running"
                self._add(
                    link.rows[0],
                    role,
                    Words(
                        f"number {link.slot} is that of {shown(first.title)} ({self._grid.where(first.rows[0].at)}): "
                        "this link has none until you give it one",
                        f"{link.slot} 号已经是 {shown(first.title)}({self._grid.where(first.rows[0].at)})的:"
                        "这个链接先没有号,请改",
                    ),
                )
                link.slot = None

    def _name_products(self, links: list[Link]) -> None:
        """SKUs that a viewer picks one of share a product; every link of several SKUs needs its own."""
        taken: set[str] = set()
        for link in links:
            own = [good for good in link.goods if good.product is None]
            if len(link.goods) < 2 or len(own) < len(link.goods):
                continue
            base = (link.style or link.rows[0].name or f"L{link.slot}")[:200]
            name, count = base, 1
            while name in taken:
                count += 1
                name = (
                    f"{base} ({link.slot}号)" if count == 2 and link.slot is not None else f"{base} ({count})"
                )
            taken.add(name)
            for good in own:
                good.product = name

    def _sell(self, links: list[Link]) -> None:
        """What each link sells, its bundles and gifts, and who stands in for whom."""
        ids = {good.id for link in links for good in link.goods}
        for link in links:
            link.id = _free(f"L{link.slot}" if link.slot is not None else f"L-{link.goods[0].id}"[:240], ids)
            ids.add(link.id)
            link.items = self._own_items(link)
        resolve(links, self._add)

    def _own_items(self, link: Link) -> tuple[Item, ...]:
        if len(link.goods) == 1:
            return (Item(sku=link.goods[0].id),)
        product = link.goods[0].product
        whole = {good.id for good in self._by_id.values() if good.product == product}
        if product is not None and whole == {good.id for good in link.goods}:
            return (Item(product=product),)
        self._add(
            link.rows[0],
            "name",
            Words(
                "this link sells a part of another link's specs together with others, which a room file can't say: "
                "the link was left out, its stock counts",
                "这个链接和别的链接共用一部分规格,room.toml 写不了:没有建这个链接,库存照算",
            ),
        )
        return ()

    def _emit(self, links: list[Link]) -> None:
        plan = self._plan
        plain = {good.id for link in links if not link.bundle for good in link.goods}
        bundled = {good.id for link in links if link.bundle for good in link.goods} - plain
        for good in self._by_id.values():
            if good.id not in bundled:
                plan.skus.append(self._sku(good))
                plan.sku_rows[good.id] = good.row
                if good.made_up:
                    plan.made_up.append(good.id)
        for link in links:
            telling = link.slot is not None or len(link.items) > 1 or link.bundle or len(link.goods) > 1
            if link.items and telling:
                plan.listings.append(
                    Listing(id=link.id, title=link.title or link.id, slot=link.slot, items=link.items)
                )
                plan.listing_rows[link.id] = link.rows[0]
        numbers, problems = numbers_of(links, bundled, self._grid.where, self._problem)
        plan.numbers += numbers
        plan.problems += problems

    def _sku(self, good: Good) -> Sku:
        row = good.row
        if row.stock is None:
            self._plan.unstocked.append(good.id)
            if row.stock_blank and self._reading.column("stock") is not None:
                says = Words("no stock: it opens at 0 until you write it", "没有库存:写上之前按 0 开账")
                self._add(row, "stock", says)
        return Sku(
            id=good.id,
            title=row.name or good.id,
            product=good.product,
            attrs=row.attrs,
            stock=row.stock or 0,
            lead_time=row.lead_time,
            safety_line=row.safety_line,
            substitutes=tuple(good.substitutes),
        )

    def _say_unplaced(self, rows: list[Row]) -> None:
        transit = sum(bool(row.transit) for row in rows)
        if transit:
            self._plan.unplaced.append(
                Words(
                    f"{transit} rows have goods in transit: a room file does not hold them; book them as restocks in "
                    "the console once the room runs",
                    f"{transit} 行有在途:room.toml 不记在途;开播后在看板里按补货登记",
                )
            )
        split = [column.name for column in self._reading.columns if column.role == "channel_stock"]
        if split:
            self._plan.unplaced.append(
                Words(
                    f"stock by platform ({', '.join(split)}) was not taken: all platforms sell from one stock",
                    f"各平台的库存({'、'.join(split)})没有用:各平台卖的是同一份库存",
                )
            )

    def _add(self, row: Row, role: str, says: Words, *, serious: bool = True) -> None:
        self._plan.problems.append(self._problem(row, role, None, says, serious=serious))

    def _problem(
        self, row: Row, role: str, channel: str | None, says: Words, *, serious: bool = True
    ) -> Problem:
        column = self._reading.column(role, channel) or self._reading.column(role)
        return Problem((row.at, column or 0), self._grid.where(row.at, column), says, serious)


def _made_id(row: Row) -> str:
    """An id of what the sheet says, where it has no code."""
    base = row.style or row.name or f"{row.at}"
    return "-".join((base, *row.attrs.values()))[:250]


def _free(name: str, taken: set[str]) -> str:
    """`name`, or the first of `name-2`, … that is not taken."""
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}-{count}"
    return free
