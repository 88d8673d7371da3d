"""Douyin's figures: what `sku.stockNum` says, and requests that change one or several. Pure.

A change is told as more or less (`incremental`) under an idempotent id, which counts once a shop in 24 hours; one that
would take a figure below zero is refused. Several go in one request: `sku.syncStockBatchMultiProducts`, where each
stands or falls by itself if that is asked for, or `sku.syncStockBatch`, where SKUs of one product change all or not at
all. The former refuses an id that was carried out, and does not say again what came of each.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stockwatch.channels.meanings import Means, kind_of
from stockwatch.channels.wire import ApiError, Ask, Wanted, decoded

BATCH = 50
"""SKUs in one request, at most."""
_PLAIN = 0
"""sku_type of a figure that is kept for no warehouse apart."""


class _Stock(msgspec.Struct):
    stock_num: int


class _Result(msgspec.Struct):
    uniq_id: str = ""
    status_code: int | None = None
    status_message: str | None = None


class _Results(msgspec.Struct):
    results: list[_Result] | None = None


_stock = msgspec.json.Decoder(_Stock).decode
_results = msgspec.json.Decoder(_Results).decode


def figure(answer: bytes) -> int:
    """Units that may still be sold; those that unpaid orders hold (prehold) are not in it. Raises ApiError."""
    return decoded(_stock, answer, "sku.stockNum").stock_num


def change(product: str, sku: str, delta: int, once: str) -> Ask:
    params = {
        "product_id": product, "sku_id": sku, "stock_num": delta, "incremental": True, "idempotent_id": once,
    }  # fmt: skip
    return Ask("sku.syncStock", params)


def several(wanted: Sequence[Wanted], once: str, *, whole: bool) -> Ask:
    """See `stockwatch.channels.wire.Batches`."""
    common = {"incremental": True, "idempotent_id": once}
    if whole:
        skus = [{"sku_id": one.sku, "sku_type": _PLAIN, "stock_num": one.delta} for one in wanted]
        return Ask("sku.syncStockBatch", {**common, "product_id": wanted[0].product, "sku_sync_list": skus})
    items = [
        {"product_id": one.product, "sku_id": one.sku, "stock_num": one.delta, "uniq_id": str(nth)}
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
        return ApiError("unknown", f"{what}: no word of this SKU")
    if result.status_code == 0:
        return None
    said = result.status_message or ""
    kind = kind_of(means, result.status_code, said)
    return ApiError(
        "unknown" if kind == "broken" else kind,
        f"{what}: {result.status_code} {said}",
        code=str(result.status_code),
    )
