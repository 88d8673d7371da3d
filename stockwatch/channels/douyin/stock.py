"""Douyin's figures: what `sku.stockNum` says, and requests that change one or several. Pure.

A change is told as more or less (`incremental`) under an idempotent id, which counts once a shop in 24 hours; one that
would take a figure below zero is refused. Several go in one request: `sku.syncStockBatchMultiProducts`, where each
stands or falls by itself if that is asked for, or `sku.syncStockBatch`, where SKUs of one product change all or not at
all. The former refuses an id that was carried out, and does not say again what came of each.

A SKU of type 10 (阶梯库存) has two figures: `stock_num` is what is here, `step_stock_num` what is sold as pre-sale once
that is gone. Each is changed by the member of its own name. `sku.syncStock` can't do without `stock_num`, which is 0
more where the other is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.meanings import Means, kind_of
from stockwatch.channels.wire import ApiError, Ask, Pool, Wanted, decoded, reader

READ = "sku.stockNum"
BATCH = 50
"""SKUs in one request, at most."""
_PLAIN, _REGIONAL, _STEPPED = 0, 1, 10
_MEMBERS: dict[Pool, str] = {"spot": "stock_num", "presale": "step_stock_num"}


class _Stock(msgspec.Struct):
    stock_num: int
    step_stock_num: int = 0
    sku_type: int = _PLAIN


class _Result(msgspec.Struct):
    uniq_id: str = ""
    status_code: int | None = None
    status_message: str | None = None


class _Results(msgspec.Struct):
    results: list[_Result] | None = None


_stock = reader(_Stock)
_results = msgspec.json.Decoder(_Results).decode


def figure(answer: bytes) -> int:
    """Units of pool `spot` that may still be sold; those that unpaid orders hold (prehold) are not in it. Raises
    ApiError."""
    return decoded(_stock, answer, READ).stock_num


def step_figure(answer: bytes) -> int | None:
    """The same of pool `presale`; None where the SKU has no step stock."""
    found = decoded(_stock, answer, READ)
    return stepped(found.sku_type, found.step_stock_num)


def stepped(sku_type: int, units: int | None) -> int | None:
    """Units of step stock of a SKU of that type. A plain one says 0, and means that it has none."""
    return units or 0 if sku_type == _STEPPED or units else None


def change(product: str, sku: str, delta: int, once: str, pool: Pool) -> Ask:
    params: dict[str, Any] = {"stock_num": 0, _MEMBERS[pool]: delta}
    params |= {"product_id": product, "sku_id": sku, "incremental": True, "idempotent_id": once}
    return Ask("sku.syncStock", params)


def several(wanted: Sequence[Wanted], once: str, readings: Sequence[bytes], *, whole: bool) -> Ask:
    """See `stockwatch.channels.wire.Batches`."""
    common = {"incremental": True, "idempotent_id": once}
    if whole:
        skus: dict[str, dict[str, Any]] = {}
        for one, reading in zip(wanted, readings, strict=True):
            type_ = decoded(_stock, reading, READ).sku_type
            if type_ == _REGIONAL:
                raise ApiError("refused", phrases.by_warehouse("sku.syncStockBatch"))
            # A stepped SKU that is told as a plain one would lose its step stock.
            row = skus.setdefault(one.sku, {"sku_id": one.sku, "sku_type": type_})
            row[_MEMBERS[one.pool]] = one.delta
        params = {**common, "product_id": wanted[0].product, "sku_sync_list": list(skus.values())}
        return Ask("sku.syncStockBatch", params)
    items = [
        {"product_id": one.product, "sku_id": one.sku, _MEMBERS[one.pool]: one.delta, "uniq_id": str(nth)}
        for nth, one in enumerate(wanted)
    ]
    # Unless that is said, one that fails fails all.
    return Ask("sku.syncStockBatchMultiProducts", {**common, "items": items, "allow_partial_success": True})


def came_of(
    answer: bytes, wanted: Sequence[Wanted], means: Sequence[Means], *, whole: bool
) -> tuple[ApiError | None, ...]:
    """See `stockwatch.channels.wire.Batches`."""
    if whole:
        return (None,) * len(wanted)
    what = "sku.syncStockBatchMultiProducts"
    by_name = {result.uniq_id: result for result in decoded(_results, answer, what).results or ()}
    return tuple(_error(by_name.get(str(nth)), means, what) for nth in range(len(wanted)))


def _error(result: _Result | None, means: Sequence[Means], what: str) -> ApiError | None:
    if result is None or result.status_code is None:
        return ApiError("unknown", phrases.unsaid(what))
    if result.status_code == 0:
        return None
    said = result.status_message or ""
    kind = kind_of(means, result.status_code, said)
    return ApiError(
        "unknown" if kind == "broken" else kind,
        f"{what}: {result.status_code} {said}",
        code=str(result.status_code),
    )
