"""A platform's own figure of a SKU: read, changed, and never changed twice.

Platforms differ in what a change that goes below zero does (Douyin, Kuaishou and WeChat refuse it, Taobao stops at zero
and keeps silent, Shopify allows it but takes a change only from the figure that was read, TikTok Shop is told the new
figure), and in whether a change that was told twice counts once. So the figure is read first, no more is taken than is
there, and a change whose outcome is unknown is followed by reading, not by another try. Sales go on meanwhile: what a
reading after an unknown outcome tells apart is only whether the figure has moved by about the change.

A figure can be put as well, where the platform takes one: for when both sides disagree and nothing sells. While orders
come in, a change is the right way, since what sold between reading and writing is undone by a figure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from stockwatch.channels import phrases
from stockwatch.channels.client import Client
from stockwatch.channels.wire import ApiError, Ask, Listed, Offer, Overwrites, Pool, Puts, Stepped, Stocked

MOST_ASKS = 2000
"""Requests for what a shop offers, after which a survey stops at the end of the page."""
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


class Place(NamedTuple):
    """A figure of a platform."""

    product: str
    sku: str
    pool: Pool = "spot"


async def read(client: Client, product: str, sku: str, pool: Pool = "spot") -> int:
    """Units that may still be sold of that pool. Raises ApiError."""
    return (await reading_of(client, Place(product, sku, pool)))[1]


def _of(client: Client) -> Stocked:
    adapter = client.adapter
    if not isinstance(adapter, Stocked):
        raise ApiError("refused", phrases.not_read(adapter.name))
    return adapter


async def change(
    client: Client, product: str, sku: str, delta: int, once: str, pool: Pool = "spot"
) -> Changed:
    """Add `delta` units to a SKU's figure of that pool, or take them as far as there are any; its figure of another
    pool stays. Raises ApiError: of kind "unknown" where the change was or may have been made and the figure can't be
    read any more, of any other where nothing was changed."""
    assert delta, "a change changes something"
    place = Place(product, sku, pool)
    name = once if pool == "spot" else f"{once}:step"
    for _ in range(_MOST_TRIES):
        reading, before = await reading_of(client, place)
        # What sold meanwhile is not there to be taken; a figure below zero has nothing to take, and is not added to.
        wanted = max(delta, -max(0, before))
        if wanted == 0:
            return Changed(before, before, 0)
        ask = _change(client, place, wanted, f"{name}:{wanted}", reading)
        try:
            await client.ask(ask, writes=True)
        except ApiError as error:
            if error.kind == "unknown":
                changed = await _after_unknown(client, place, before, wanted, ask, reading)
                if changed is None:
                    continue
                return changed
            if error.kind != "moved" and (error.kind != "refused" or wanted > 0):
                raise
            continue
        return await _after(client, place, before, wanted, reading)
    raise ApiError("refused", phrases.SOLD_FASTER)


async def put(client: Client, product: str, sku: str, units: int) -> Changed:
    """Make the figure this one. Raises ApiError as `change` does; of kind "refused" where the platform takes changes
    only."""
    assert units >= 0, "a figure is not below zero"
    adapter = client.adapter
    if not isinstance(adapter, Puts):
        raise ApiError("refused", phrases.not_put(adapter.name))
    place = Place(product, sku)
    reading, before = await reading_of(client, place)
    wanted = units - before
    if wanted == 0:
        return Changed(before, before, 0)
    try:
        await client.ask(adapter.put(product, sku, units), writes=True)
    except ApiError as error:
        if error.kind != "unknown":
            raise
        # Told again, it would undo what has sold since.
        return by_figure(await _after(client, place, before, wanted, reading))
    return await _after(client, place, before, wanted, reading)


async def reading_of(client: Client, place: Place) -> tuple[bytes, int]:
    """The platform's answer about a SKU, and the figure in it. Raises ApiError: also where there is no such figure."""
    adapter = _of(client)
    answer = await client.ask(adapter.stock(place.product, place.sku))
    if place.pool == "spot":
        return answer, adapter.stock_in(answer, place.sku)
    step = adapter.step_in(answer, place.sku) if isinstance(adapter, Stepped) else None
    if step is None:
        raise ApiError("refused", phrases.no_step(client.adapter.name))
    return answer, step


def _change(client: Client, place: Place, delta: int, once: str, reading: bytes) -> Ask:
    adapter = _of(client)
    if place.pool == "spot":
        return adapter.change(place.product, place.sku, delta, once, reading)
    assert isinstance(adapter, Stepped), "it has been read"
    return adapter.change_step(place.product, place.sku, delta, once, reading)


async def _after(client: Client, place: Place, before: int, wanted: int, reading: bytes) -> Changed:
    """A change that was or may have been taken, read back."""
    try:
        answer, after = await reading_of(client, place)
    except ApiError as error:
        raise ApiError("unknown", phrases.perhaps_changed(error.text), code=error.code) from None
    adapter = client.adapter
    sure = not (isinstance(adapter, Overwrites) and adapter.undone(reading, answer, place.sku))
    return Changed(before, after, wanted, sure)


async def _after_unknown(
    client: Client, place: Place, before: int, wanted: int, ask: Ask, reading: bytes
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
                if error.kind != "spent":
                    continue
            return await _after(client, place, before, wanted, reading)
    return by_figure(await _after(client, place, before, wanted, reading))


def by_figure(told: Changed) -> Changed:
    """What came of a change that nobody answered for, as far as the figures before and after it tell. `told`: as if it
    had been made."""
    before, after, wanted = told.before, told.after, told.applied
    if after == before + wanted:
        return told
    if after == before:
        return told._replace(applied=0)
    nearer = abs(after - before - wanted) < abs(after - before)
    return told._replace(applied=wanted if nearer else 0, sure=False)


class Offered(NamedTuple):
    """What a shop offers, as far as it was asked."""

    goods: list[Listed]
    unusable: list[str]
    """Rows that can't be read, and why."""
    mark: str = ""
    """Where to go on, as `survey` takes it; "": this was all."""


async def survey(client: Client, mark: str = "", *, most: int = MOST_ASKS) -> Offered:
    """What the shop offers, page by page, from the page that `mark` names (""): the first. Stops at the end of a page
    once `most` requests were made. Raises ApiError; ValueError for a mark that is none."""
    adapter = _of(client)
    first = adapter.goods()
    asks = [Ask(first.method, _gone_on(first.params, mark)) if mark else first]
    found = Offered([], [])
    made = 0
    while asks:
        if made >= most and len(asks) == 1 and asks[0].method == first.method:
            return found._replace(mark=_mark(first.params, asks[0].params))
        ask, made = asks.pop(0), made + 1
        offer: Offer = adapter.offer(await client.ask(ask), ask)
        found.goods.extend(offer.goods)
        found.unusable.extend(offer.unusable)
        asks = [*offer.more, *asks]
    return found


def _mark(first: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """What a page's request has and the first's has not, as JSON."""
    return json.dumps(_apart(first, params), separators=(",", ":"))


def _apart(first: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in params.items():
        before = first.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := _apart(before, value):
                found[name] = inner
        elif value != before:
            found[name] = value
    return found


def _gone_on(first: Mapping[str, Any], mark: str) -> dict[str, Any]:
    try:
        read = json.loads(mark)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict) or not read:
        raise ValueError("no mark of a page of goods")
    return _joined(first, read)


def _joined(first: Mapping[str, Any], apart: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(first)
    for name, value in apart.items():
        before = joined.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            joined[name] = _joined(before, value)
        elif isinstance(value, str | int) and not isinstance(before, Mapping):
            joined[name] = value
        else:
            raise ValueError("no mark of a page of goods")
    return joined
