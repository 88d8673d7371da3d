"""Taobao takes a figure (full) as well as a change of it (delta), each with its own rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from rehearsal import Rehearsal, rehearsal

from stockwatch.channels.stock import Changed, change, put
from stockwatch.channels.wire import ApiError, Ask
from stockwatch.lab.face import Reply, Request
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware
from stockwatch.lab.shop import Good

WARES = [Ware("A", "卫衣 黑 M", 20), Ware("B", "袜子", 5)]
QUIET = Faults(latency_s=0, list_lag_s=0)


@pytest.fixture
async def world() -> AsyncIterator[Rehearsal]:
    async with rehearsal(["taobao"], WARES, QUIET, push=False, every_s=30) as made:
        yield made


def goods(world: Rehearsal) -> list[Good]:
    return list(world.lab.booths["taobao"].face.shop.goods)


def at(good: Good) -> tuple[str, str]:
    return str(good.product), str(good.sku)


def quantities(product: str, pairs: str, **more: Any) -> Ask:
    return Ask("taobao.skus.quantity.update", {"num_iid": product, "skuid_quantities": pairs, **more})


async def test_a_figure_is_put_and_a_change_is_added(world: Rehearsal):
    client, good = world.feeds["taobao"].client, goods(world)[0]
    assert await put(client, *at(good), 27) == Changed(20, 27, 7)
    assert await change(client, *at(good), 3, "c1") == Changed(27, 30, 3)
    assert await put(client, *at(good), 30) == Changed(30, 30, 0)
    assert world.lab.booths["taobao"].face.door.asked["taobao.skus.quantity.update"] == 2, (
        "what stands is not written"
    )
    assert await put(client, *at(good), 0) == Changed(30, 0, -30)
    assert good.stock == 0


async def test_a_figure_is_taken_as_it_is_and_a_delta_stops_at_zero(world: Rehearsal):
    client, (good, other) = world.feeds["taobao"].client, goods(world)
    adapter = client.adapter
    await client.ask(adapter.change(*at(good), -90, "c1", b""), writes=True)  # type: ignore[attr-defined]
    assert good.stock == 0
    await client.ask(adapter.put(*at(good), 4), writes=True)  # type: ignore[attr-defined]
    assert good.stock == 4
    await client.ask(quantities(str(good.product), f"{good.sku}:6"), writes=True)
    assert good.stock == 6, "a quantity is a figure where nothing else is said"
    for wrong in (
        adapter.put(*at(good), -1),  # type: ignore[attr-defined]
        adapter.put(str(good.product), str(other.sku), 9),  # type: ignore[attr-defined]
        quantities(str(good.product), f"{good.sku}:8;{good.sku}:-1", type=1),
        quantities(str(good.product), ";".join([f"{good.sku}:1"] * 21), type=2),
    ):
        with pytest.raises(ApiError) as caught:
            await client.ask(wrong, writes=True)
        assert caught.value.kind == "refused"
    assert (good.stock, other.stock) == (6, 5)


@pytest.mark.parametrize(
    ("made", "sold", "expected"),
    [
        (True, 0, Changed(20, 50, 30)),
        (False, 0, Changed(20, 20, 0)),
        (True, 4, Changed(20, 46, 30, sure=False)),
        (False, 4, Changed(20, 16, 0, sure=False)),
    ],
)
async def test_a_figure_whose_answer_is_lost_is_read_and_not_told_again(
    world: Rehearsal, made: bool, sold: int, expected: Changed
):
    booth, good = world.lab.booths["taobao"], goods(world)[0]
    handle, told = booth.face.handle, []

    def loses(request: Request, at_ms: int) -> Reply:
        if b"quantity.update" not in request.body:
            return handle(request, at_ms)
        told.append(request)
        if made:
            handle(request, at_ms)
        good.stock -= sold
        raise ConnectionResetError

    booth.face.handle = loses  # type: ignore[method-assign]
    assert await put(world.feeds["taobao"].client, *at(good), 50) == expected
    assert len(told) == 1


async def test_a_platform_that_takes_changes_only_is_not_put_to():
    async with rehearsal(["kuaishou"], WARES, QUIET, push=False, every_s=30) as made:
        good = made.lab.booths["kuaishou"].face.shop.goods[0]
        with pytest.raises(ApiError, match="changed, not put"):
            await put(made.feeds["kuaishou"].client, *at(good), 5)
        assert good.stock == 20
