"""A platform's own figure of a SKU: read, changed, and never changed twice.

Platforms differ in what a change that goes below zero does (Douyin, Kuaishou and WeChat refuse it, Taobao stops at zero
and keeps silent, Shopify allows it but takes a change only from the figure that was read, TikTok Shop is told the new
figure), and in whether a change that was told twice counts once. So the figure is read first, no more is taken than is
there, and a change whose outcome is unknown is followed by reading, not by another try. Sales go on meanwhile: what a
reading after an unknown outcome tells apart is only whether the figure has moved by about the change.
"""

from __future__ import annotations

from typing import NamedTuple

from stockwatch.channels.client import Client
from stockwatch.channels.wire import ApiError, Ask, Listed, Offer, Overwrites, Stocked

_MOST_ASKS = 2000
_MOST_TRIES = 3


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
    """Add `delta` units, or take them as far as there are any. Raises ApiError: of kind "unknown" where the change was
    or may have been made and the figure can't be read any more, of any other where nothing was changed."""
    assert delta, "a change changes something"
    for _ in range(_MOST_TRIES):
        reading, before = await _reading(client, product, sku)
        # What sold meanwhile is not there to be taken; a figure below zero has nothing to take, and is not added to.
        wanted = max(delta, -max(0, before))
        if wanted == 0:
            return Changed(before, before, 0)
        ask = _of(client).change(product, sku, wanted, f"{once}:{wanted}", reading)
        try:
            await client.ask(ask, writes=True)
        except ApiError as error:
            if error.kind == "unknown":
                changed = await _after_unknown(client, product, sku, before, wanted, ask, reading)
                if changed is None:
                    continue
                return changed
            if error.kind != "moved" and (error.kind != "refused" or wanted > 0):
                raise
            continue
        return await _after(client, product, sku, before, wanted, reading)
    raise ApiError("refused", "it sold faster than the figure could be changed")


async def _reading(client: Client, product: str, sku: str) -> tuple[bytes, int]:
    adapter = _of(client)
    answer = await client.ask(adapter.stock(product, sku))
    return answer, adapter.stock_in(answer, sku)


async def _after(client: Client, product: str, sku: str, before: int, wanted: int, reading: bytes) -> Changed:
    """A change that was or may have been taken, read back."""
    try:
        answer, after = await _reading(client, product, sku)
    except ApiError as error:
        raise ApiError("unknown", f"changed perhaps, and not read back: {error}", code=error.code) from None
    adapter = client.adapter
    sure = not (isinstance(adapter, Overwrites) and adapter.undone(reading, answer, sku))
    return Changed(before, after, wanted, sure)


async def _after_unknown(
    client: Client, product: str, sku: str, before: int, wanted: int, ask: Ask, reading: bytes
) -> Changed | None:
    """None: it was not made, for sure, and the figure is another by now. Raises ApiError as `change` does."""
    if _of(client).repeatable:
        # Under the same name it counts once, however often it is told.
        for _ in range(3):
            try:
                await client.ask(ask, writes=True)
            except ApiError as error:
                if error.kind == "moved" or (error.kind == "refused" and wanted < 0):
                    return None
                if error.kind == "refused":
                    raise
                continue
            return await _after(client, product, sku, before, wanted, reading)
    changed = await _after(client, product, sku, before, wanted, reading)
    if changed.after == before + wanted:
        return changed
    if changed.after == before:
        return changed._replace(applied=0)
    nearer = abs(changed.after - before - wanted) < abs(changed.after - before)
    return changed._replace(applied=wanted if nearer else 0, sure=False)


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
