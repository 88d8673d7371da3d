"""Shopify's figures and goods by its GraphQL Admin API: what is asked, and what the answers say. Pure.

A figure is a variant's "available" units, summed over the places that serve online orders. A change is a delta at a
place (`inventoryAdjustQuantities`), which from 2026-04 must say what the figure was (`changeFromQuantity`; a stale one
is refused with CHANGE_FROM_QUANTITY_STALE, and nothing is changed) and carry a key (`@idempotent`): told again under
the same key and with the same figures it counts once. Without the comparison a figure would go below zero
(shopify.dev, "inventoryAdjustQuantities", "Implementing idempotency"). Scopes: read_products, read_inventory,
write_inventory.

Goods are told apart by their product's status here, since the search's own filter is said to lag.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.wire import ApiError, Ask, Kind, Listed, Offer, decoded, id_text, readable

METHOD = "graphql.json"
_PAGE = 100
_MOST_PLACES = 50
_ACTIVE = "ACTIVE"
_ONLY_VARIANT = "Default Title"
_NAMES = uuid.UUID("0b0a9a9e-6f0c-5f7b-9a55-3d9c1e7b2f10")

_READ = """query Figure($id: ID!) {
  productVariant(id: $id) {
    inventoryItem {
      id
      tracked
      inventoryLevels(first: 50) {
        nodes {
          location { id isActive fulfillsOnlineOrders }
          quantities(names: ["available"]) { name quantity }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}"""
_CHANGE = """mutation Change($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { field message code }
  }
}"""
_GOODS = """query Goods($first: Int!, $after: String) {
  productVariants(first: $first, after: $after) {
    nodes {
      id
      title
      sku
      inventoryQuantity
      inventoryItem { tracked }
      product { id title status }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""


class _Place(msgspec.Struct, rename="camel"):
    id: str
    is_active: bool = True
    fulfills_online_orders: bool = True


class _Quantity(msgspec.Struct):
    name: str
    quantity: int


class _Level(msgspec.Struct):
    location: _Place
    quantities: list[_Quantity]

    @property
    def available(self) -> int:
        return sum(one.quantity for one in self.quantities if one.name == "available")


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class _Levels(msgspec.Struct, rename="camel"):
    nodes: list[_Level]
    page_info: _PageInfo


class _Item(msgspec.Struct, rename="camel"):
    id: str
    inventory_levels: _Levels
    tracked: bool = True


class _Counted(msgspec.Struct, rename="camel"):
    inventory_item: _Item


class _Figure(msgspec.Struct, rename="camel"):
    product_variant: _Counted | None = None


class _Tracked(msgspec.Struct):
    tracked: bool = True


class _Product(msgspec.Struct):
    id: str
    title: str = ""
    status: str = _ACTIVE


class _Variant(msgspec.Struct, rename="camel"):
    id: str
    product: _Product
    title: str = ""
    sku: str | None = None
    inventory_quantity: int | None = None
    inventory_item: _Tracked | None = None


class _Variants(msgspec.Struct, rename="camel"):
    nodes: list[msgspec.Raw]
    page_info: _PageInfo


class _Goods(msgspec.Struct, rename="camel"):
    product_variants: _Variants


class _Extensions(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


class _UserError(msgspec.Struct):
    message: str = ""
    code: str | None = None


class _Adjusted(msgspec.Struct, rename="camel"):
    user_errors: list[_UserError] = []


class _Told(msgspec.Struct, rename="camel"):
    inventory_adjust_quantities: _Adjusted | None = None


class _Answer(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] = []


_answer = msgspec.json.Decoder(_Answer).decode
_told = msgspec.json.Decoder(_Told | None).decode
_figure = msgspec.json.Decoder(_Figure).decode
_variant = msgspec.json.Decoder(_Variant).decode
_goods = msgspec.json.Decoder(_Goods).decode

_KINDS: dict[str, Kind] = {
    "THROTTLED": "limited", "ACCESS_DENIED": "denied", "SHOP_INACTIVE": "denied", "INTERNAL_SERVER_ERROR": "broken",
    "TIMEOUT": "broken", "CHANGE_FROM_QUANTITY_STALE": "moved", "IDEMPOTENCY_CONCURRENT_REQUEST": "broken",
}  # fmt: skip


def data_of(body: bytes, leak_s: float) -> bytes:
    """What was asked for. Raises ApiError for errors of the request and of a change alike, which all come as HTTP 200.
    `leak_s`: seconds until a few requests fit again."""
    answer = decoded(_answer, body, METHOD)
    for error in answer.errors:
        code = error.extensions.code
        kind = _KINDS.get(code, "refused")
        raise ApiError(
            kind,
            f"{METHOD}: {code} {error.message}",
            code=code,
            retry_after_s=leak_s if kind == "limited" else None,
        )
    told = decoded(_told, bytes(answer.data), METHOD)
    adjusted = told.inventory_adjust_quantities if told is not None else None
    for wrong in adjusted.user_errors if adjusted is not None else ():
        code = wrong.code or ""
        raise ApiError(_KINDS.get(code, "refused"), f"{METHOD}: {code} {wrong.message}", code=code)
    return bytes(answer.data)


def stock(sku: str) -> Ask:
    return Ask(METHOD, {"query": _READ, "variables": {"id": f"gid://shopify/ProductVariant/{id_text(sku)}"}})


def stock_in(answer: bytes) -> int:
    """Raises ApiError. Where more was sold than there was, 0."""
    _, levels = _levels(answer)
    return max(0, sum(level.available for level in levels))


def _levels(answer: bytes) -> tuple[str, list[_Level]]:
    """(the inventory item, its figures at the places that serve online orders)."""
    variant = decoded(_figure, answer, "productVariant").product_variant
    if variant is None:
        raise ApiError("refused", phrases.NO_VARIANT)
    item = variant.inventory_item
    if not item.tracked:
        raise ApiError("refused", phrases.NOT_TRACKED)
    if item.inventory_levels.page_info.has_next_page:
        raise ApiError("refused", phrases.too_many_places(_MOST_PLACES))
    levels = [
        level
        for level in item.inventory_levels.nodes
        if level.location.is_active and level.location.fulfills_online_orders
    ]
    if not levels:
        raise ApiError("refused", phrases.NO_PLACE)
    return item.id, sorted(levels, key=lambda level: -level.available)


def change(delta: int, once: str, reading: bytes) -> Ask:
    """Added where most is; taken from the fullest places first, all of it or nothing. The key is of what is told, so
    that the same change made of another reading is another one."""
    item, levels = _levels(reading)
    changes: list[dict[str, Any]] = []
    rest = delta
    for level in levels:
        here = rest if rest > 0 else -min(-rest, max(0, level.available))
        if here:
            changes.append({
                "inventoryItemId": item, "locationId": level.location.id, "delta": here,
                "changeFromQuantity": level.available,
            })  # fmt: skip
            rest -= here
    if rest:
        raise ApiError("moved", phrases.less_there("productVariant"))
    told = f"{once} {[(one['locationId'], one['delta'], one['changeFromQuantity']) for one in changes]}"
    given = {
        "name": "available", "reason": "correction", "changes": changes,
        "referenceDocumentUri": f"stockwatch://change/{uuid.uuid5(_NAMES, once)}",
    }  # fmt: skip
    return Ask(
        METHOD, {"query": _CHANGE, "variables": {"input": given, "key": str(uuid.uuid5(_NAMES, told))}}
    )


def goods(after: str | None = None) -> Ask:
    return Ask(METHOD, {"query": _GOODS, "variables": {"first": _PAGE, "after": after}})


def offer(answer: bytes, ask: Ask) -> Offer:
    """Raises ApiError."""
    found = decoded(_goods, answer, "productVariants").product_variants
    listed, bad = readable(found.nodes, _active, "productVariants")
    after = found.page_info.end_cursor if found.page_info.has_next_page else None
    goes_on = after is not None and after != ask.params["variables"]["after"]
    return Offer(tuple(listed), (goods(after),) if goes_on else (), tuple(bad))


def _active(row: bytes) -> tuple[Listed, ...]:
    one = _variant(row)
    return (_listed(one),) if one.product.status == _ACTIVE else ()


def _listed(one: _Variant) -> Listed:
    spec = "" if one.title == _ONLY_VARIANT else one.title
    tracked = one.inventory_item is None or one.inventory_item.tracked
    return Listed(
        _number(one.product.id), _number(one.id), one.product.title, spec, one.sku or "",
        one.inventory_quantity if tracked else None,
    )  # fmt: skip


def _number(gid: str) -> str:
    """The digits that orders name a thing by."""
    return id_text(gid.rpartition("/")[2])
