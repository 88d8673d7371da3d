"""What a sheet comes to: SKUs, links, and the platforms' numbers, with where each stands. Pure shapes."""

from __future__ import annotations

from dataclasses import dataclass, field

from stockwatch.config import Item, Listing, Sku
from stockwatch.config.problems import Words
from stockwatch.sheets.problems import Problem
from stockwatch.sheets.rows import Row


@dataclass(frozen=True, slots=True)
class Number:
    """What a platform calls a SKU, or a link that is a bundle: decimal strings, as the sheet has them."""

    channel: str
    product_id: str | None
    sku_id: str | None
    sku: str | None
    listing: str | None
    where: str


@dataclass(slots=True)
class Good:
    """A SKU being made: its id, and the row that it comes from."""

    id: str
    row: Row
    made_up: bool = False
    """The sheet has no code for it."""
    product: str | None = None
    substitutes: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    """Every row that it stands in."""


@dataclass(slots=True)
class Link:
    """A link being made: its rows, and the SKUs that they are."""

    key: str
    rows: list[Row] = field(default_factory=list)
    goods: list[Good] = field(default_factory=list)
    slot: int | None = None
    style: str | None = None
    items: tuple[Item, ...] = ()
    bundle: bool = False
    id: str = ""

    @property
    def title(self) -> str:
        return self.rows[0].name or (self.goods[0].id if self.goods else "")


@dataclass(slots=True)
class Plan:
    """The whole: what goes into the room file and beside it, and what has to be said of it."""

    skus: list[Sku] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sku_rows: dict[str, Row] = field(default_factory=dict)
    listing_rows: dict[str, Row] = field(default_factory=dict)
    unstocked: list[str] = field(default_factory=list)
    """SKUs whose opening stock the sheet does not say, or not so that it can be used."""
    made_up: list[str] = field(default_factory=list)
    """SKUs without a code in the sheet."""
    unplaced: list[Words] = field(default_factory=list)
    """What the sheet says and a room file has no place for."""
