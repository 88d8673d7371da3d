"""A platform's own figure of a SKU: read, changed, and never changed twice.

Platforms differ in what a change that goes below zero does (Douyin refuses it, Taobao stops at zero and keeps silent),
and in whether a change that was told twice counts once. So the figure is read first, no more is taken than is there,
and a change whose outcome is unknown is followed by reading, not by another try. Sales go on meanwhile: what a reading
after an unknown outcome tells apart is only whether the figure has moved by about the change.
"""

from __future__ import annotations

from typing import NamedTuple

from stockwatch.channels.client import Client
from stockwatch.channels.wire import ApiError, Listed, Offer, Stocked

_MOST_ASKS = 2000


class Changed(NamedTuple):
    """What came of a change."""

    before: int
    after: int
    """Read afterwards; sales in between are in it."""
    applied: int
    """What was told and taken; less than asked where there was too little, 0 where nothing was."""
    sure: bool = True
    """False: the platform did not say, and the figures allow either."""


async def read(client: Client, product: str, sku: str) -> int:
    """Units that may still be sold. Raises ApiError."""
    adapter = _of(client)
    return adapter.stock_in(await client.ask(adapter.stock(product, sku)), sku)


def _of(client: Client) -> Stocked:
    adapter = client.adapter
    if not isinstance(adapter, Stocked):
        raise ApiError("refused", f"{adapter.name}: its figures and goods are not read by this version")
    return adapter


async def change(client: Client, product: str, sku: str, delta: int, once: str) -> Changed:
    """Add `delta` units, or take them as far as there are any. Raises ApiError where nothing was changed."""
    assert delta, "a change changes something"
    adapter = _of(client)
    before = await read(client, product, sku)
    wanted = max(delta, -before)
    for _ in range(3):
        if wanted == 0:
            return Changed(before, before, 0)
        ask = adapter.change(product, sku, wanted, f"{once}:{wanted}")
        try:
            await client.ask(ask, writes=True)
        except ApiError as error:
            if error.kind == "unknown":
                return await _after_unknown(client, product, sku, before, wanted, once)
            if error.kind != "refused" or wanted > 0:
                raise
            # Sold meanwhile: less is there than was read.
            before = await read(client, product, sku)
            wanted = max(wanted, -before)
            continue
        return Changed(before, await read(client, product, sku), wanted)
    raise ApiError("refused", "it sold faster than the figure could be lowered")


async def _after_unknown(
    client: Client, product: str, sku: str, before: int, wanted: int, once: str
) -> Changed:
    adapter = _of(client)
    if adapter.repeatable:
        # Under the same name it counts once, however often it is told.
        ask = adapter.change(product, sku, wanted, f"{once}:{wanted}")
        for _ in range(3):
            try:
                await client.ask(ask, writes=True)
            except ApiError as error:
                if error.kind != "unknown":
                    raise
                continue
            return Changed(before, await read(client, product, sku), wanted)
    after = await read(client, product, sku)
    if after == before + wanted:
        return Changed(before, after, wanted)
    if after == before:
        return Changed(before, after, 0)
    nearer = abs(after - before - wanted) < abs(after - before)
    return Changed(before, after, wanted if nearer else 0, sure=False)


async def offers(client: Client) -> list[Listed]:
    """All that the shop offers. Raises ApiError."""
    adapter = _of(client)
    found: list[Listed] = []
    asks = [adapter.goods()]
    for _ in range(_MOST_ASKS):
        if not asks:
            return found
        ask = asks.pop(0)
        offer: Offer = adapter.offer(await client.ask(ask), ask)
        found += offer.goods
        asks += offer.more
    raise ApiError("refused", f"the shop lists more than {_MOST_ASKS} pages of goods")
