"""TikTok Shop's figures and goods, version 202309: what is asked, and what the answers say. Pure.

`inventory/search` tells a SKU's available and committed (ordered, not sent yet) units by warehouse. A change sets what
is available: what sold between reading and setting is undone by it, and may be sold again. So the figure is read just
before, and whether orders came is told by the committed units before and after; the platform offers no comparison, no
delta and no name for a change.

Names and limits are as merchants' public programs have them, one of them from a recorded answer. Uncertain: that what
is set is the available units without the committed, and that warehouses which a change does not name stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.wire import ApiError, Ask, Id, Listed, Offer, decoded, id_text, readable

READ = "product/202309/inventory/search"
CHANGE = "product/202309/products/:id/inventory/update"
GOODS = "product/202309/products/search"
_PAGE = 100
_ON_SALE = "ACTIVATE"


class _Warehouse(msgspec.Struct):
    warehouse_id: Id
    available_quantity: int = 0


class _Sku(msgspec.Struct):
    id: Id
    total_available_quantity: int | None = None
    total_committed_quantity: int | None = None
    warehouse_inventory: list[_Warehouse] | None = None


class _Product(msgspec.Struct):
    skus: list[_Sku] | None = None


class _Inventory(msgspec.Struct):
    inventory: list[_Product] | None = None


class _Kept(msgspec.Struct):
    quantity: int = 0


class _Attribute(msgspec.Struct):
    value_name: str = ""


class _Offered(msgspec.Struct):
    id: Id
    seller_sku: str | None = None
    inventory: list[_Kept] | None = None
    sales_attributes: list[_Attribute] | None = None


class _OnSale(msgspec.Struct):
    id: Id
    title: str = ""
    skus: list[msgspec.Raw] | None = None


class _Goods(msgspec.Struct):
    products: list[msgspec.Raw] | None = None
    next_page_token: str | None = None


class _Wrong(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Told(msgspec.Struct):
    errors: list[_Wrong] | None = None


_inventory = msgspec.json.Decoder(_Inventory).decode
_on_sale = msgspec.json.Decoder(_OnSale).decode
_offered = msgspec.json.Decoder(_Offered).decode
_goods = msgspec.json.Decoder(_Goods).decode
_told = msgspec.json.Decoder(_Told | None).decode


def stock(sku: str) -> Ask:
    return Ask(READ, {"query": {}, "body": {"sku_ids": [id_text(sku)]}})


def _sku(answer: bytes, sku: str) -> _Sku:
    for product in decoded(_inventory, answer, READ).inventory or ():
        for one in product.skus or ():
            if str(one.id) == sku:
                return one
    raise ApiError("refused", phrases.no_sku(READ, sku))


def stock_in(answer: bytes, sku: str) -> int:
    """Units of all warehouses. Raises ApiError."""
    found = _sku(answer, sku)
    if found.warehouse_inventory:
        return sum(one.available_quantity for one in found.warehouse_inventory)
    if found.total_available_quantity is None:
        raise ApiError("broken", phrases.no_figure(READ))
    return found.total_available_quantity


def undone(before: bytes, after: bytes, sku: str) -> bool:
    """Whether orders came, went or left between the readings, or can't be told. Raises ApiError."""
    first, last = (_sku(reading, sku).total_committed_quantity for reading in (before, after))
    return first is None or first != last


def change(product: str, sku: str, delta: int, reading: bytes) -> Ask:
    """Added where most is, taken from the fullest warehouses first. Raises ApiError."""
    warehouses = sorted(_sku(reading, sku).warehouse_inventory or (), key=lambda one: -one.available_quantity)
    if not warehouses:
        raise ApiError("refused", phrases.no_warehouse(READ))
    figures = list(_figures(warehouses, delta))
    body = {"skus": [{"id": id_text(sku), "inventory": figures}]}
    return Ask(CHANGE, {"id": id_text(product), "query": {}, "body": body})


def _figures(warehouses: list[_Warehouse], delta: int) -> Iterator[dict[str, Any]]:
    rest = delta
    for one in warehouses:
        here = rest if rest > 0 else -min(-rest, max(0, one.available_quantity))
        if here:
            rest -= here
            yield {"warehouse_id": id_text(one.warehouse_id), "quantity": one.available_quantity + here}
    if rest:
        raise ApiError("moved", phrases.less_there(READ))


def carried_out(data: bytes) -> None:
    """Whether a change was taken, which an answer of success may deny. Raises ApiError."""
    told = decoded(_told, data, CHANGE)
    for wrong in (told.errors if told is not None else None) or ():
        raise ApiError("refused", f"{CHANGE}: {wrong.code} {wrong.message}", code=str(wrong.code))


def goods(token: str | None = None) -> Ask:
    query = {"page_size": str(_PAGE)} | ({"page_token": token} if token else {})
    return Ask(GOODS, {"query": query, "body": {"status": _ON_SALE}})


def offer(answer: bytes, ask: Ask) -> Offer:
    """Raises ApiError."""
    found = decoded(_goods, answer, GOODS)
    listed, bad = list[Listed](), list[str]()
    products, wrong = readable(found.products, lambda row: (_on_sale(row),), GOODS)
    for product in products:
        here, unusable = readable(product.skus, partial(_listed, product), GOODS)
        listed += here
        bad += unusable
    goes_on = found.next_page_token not in (None, "", ask.params["query"].get("page_token"))
    return Offer(tuple(listed), (goods(found.next_page_token),) if goes_on else (), (*wrong, *bad))


def _listed(product: _OnSale, row: bytes) -> tuple[Listed]:
    sku = _offered(row)
    listed = Listed(
        id_text(product.id), id_text(sku.id), product.title,
        " ".join(one.value_name for one in sku.sales_attributes or () if one.value_name), sku.seller_sku or "",
        None if sku.inventory is None else sum(one.quantity for one in sku.inventory),
    )  # fmt: skip
    return (listed,)
