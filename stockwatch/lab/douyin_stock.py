"""The figures of the Douyin look-alike: read, and changed one by one or several at once. Pure.

A change by a delta needs an idempotent id. `sku.syncStock` and `sku.syncStockBatch` take an id that was carried out
and change nothing again; `sku.syncStockBatchMultiProducts` refuses it. No figure goes below zero. A SKU that is sold by
steps (阶梯发货) has two figures; a plain one has no step stock to change.
"""

from __future__ import annotations

from typing import Any

from stockwatch.lab.face import Reply, reply
from stockwatch.lab.shop import Good, Shop

_MOST = 50
_MEMBERS = {False: "stock_num", True: "step_stock_num"}
"""By whether it is of pre-sale."""


class Figures:
    """Of one shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._done: set[str] = set()
        """Idempotent ids of what was carried out."""

    def handle(self, method: str, params: dict[str, Any]) -> Reply:
        match method:
            case "sku.stockNum":
                return self._read(params)
            case "sku.syncStock":
                return self._sync(params)
            case "sku.syncStockBatch":
                return self._sync_product(params)
            case "sku.syncStockBatchMultiProducts":
                return self._sync_several(params)
            case _:
                return wrong(20001, "isv.method-invalid", f"no method {method[:40]}")

    def _good(self, params: dict[str, Any]) -> Good | None:
        wanted = (str(params.get("sku_id", "")), str(params.get("code", "")))
        return next(
            (g for g in self._shop.goods if str(g.sku) == wanted[0] or (wanted[1] and g.outer == wanted[1])),
            None,
        )

    def _read(self, params: dict[str, Any]) -> Reply:
        good = self._good(params)
        if good is None:
            return _NO_SKU
        held = {False: 0, True: 0}
        for order in self._shop.orders.values():
            for line in order.lines:
                if line.good is good and line.status == "unpaid":
                    held[line.presale] += line.qty
        return ok(
            {
                "sku_id": good.sku, "code": good.outer, **stock_of(good),
                "prehold_stock_num": held[False], "prehold_step_stock_num": held[True],
            }
        )  # fmt: skip

    def _sync(self, params: dict[str, Any]) -> Reply:
        good, delta, id_ = self._good(params), bool(params.get("incremental")), _id(params)
        if good is None:
            return _NO_SKU
        if delta and not id_:
            return _NO_ID
        if id_ in self._done:
            return ok(True)
        item = {**params, "sku_id": good.sku, "product_id": good.product}
        ((_, _, why),) = self._planned([item], delta)
        if why:
            return wrong(50002, "isv.stock-not-enough", why)
        self._carry_out([item], delta, id_)
        return ok(True)

    def _sync_product(self, params: dict[str, Any]) -> Reply:
        """All of a product's SKUs that are named, or none."""
        delta, id_ = bool(params["incremental"]), _id(params)
        if delta and not id_:
            return _NO_ID
        if id_ in self._done:
            return ok(True)
        items = [{**item, "product_id": params["product_id"]} for item in params["sku_sync_list"]]
        if not 0 < len(items) <= _MOST:
            return _wrong_items()
        kinds = ((self._good({"sku_id": item["sku_id"]}), item["sku_type"]) for item in items)
        if any(good is not None and stock_of(good)["sku_type"] != kind for good, kind in kinds):
            return wrong(20001, "isv.parameter-invalid", "sku_type is not the SKU's")
        if failed := next((why for _, _, why in self._planned(items, delta) if why), ""):
            return wrong(50002, "isv.business-failed", failed)
        self._carry_out(items, delta, id_)
        return ok(True)

    def _sync_several(self, params: dict[str, Any]) -> Reply:
        """Of any products; one that fails fails all, unless the caller allows for some."""
        delta, id_, items = bool(params["incremental"]), _id(params), params["items"]
        if not id_:
            return _NO_ID
        if not 0 < len(items) <= _MOST:
            return _wrong_items()
        if id_ in self._done:
            return wrong(50002, "isv.business-failed:-20002", "Token已被使用")
        failed = next((why for _, _, why in self._planned(items, delta) if why), "")
        if failed and params.get("allow_partial_success") is not True:
            return wrong(50002, "isv.business-failed", failed)
        return ok({"results": self._carry_out(items, delta, id_)})

    def _planned(
        self, items: list[dict[str, Any]], delta: bool
    ) -> list[tuple[Good | None, dict[bool, int], str]]:
        """Of each item, in turn: the SKU, what its figures (by whether they are of pre-sale) would be, and why that
        can't be."""
        figures: dict[tuple[int, bool], int] = {}
        planned: list[tuple[Good | None, dict[bool, int], str]] = []
        for item in items:
            good, why = self._good({"sku_id": item["sku_id"]}), ""
            if good is None or str(good.product) != str(item["product_id"]):
                planned.append((None, {}, "no such sku"))
                continue
            told = {presale: item[name] for presale, name in _MEMBERS.items() if name in item}
            if not told or (good.step is None and told.get(True)):
                planned.append((good, {}, "no such stock"))
                continue
            after = dict[bool, int]()
            for presale, units in told.items():
                before = figures.get((good.sku, presale), good.left(presale))
                after[presale] = before + units if delta else units
            if min(after.values()) < 0:
                why = "库存不足"
            else:
                figures |= {(good.sku, presale): units for presale, units in after.items()}
            planned.append((good, after, why))
        return planned

    def _carry_out(self, items: list[dict[str, Any]], delta: bool, id_: str) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        for item, (good, after, why) in zip(items, self._planned(items, delta), strict=True):
            changes = {False: 0, True: 0}
            if good is not None and not why:
                for presale, units in after.items():
                    changes[presale] = units - good.left(presale)
                    if changes[presale]:
                        good.move(changes[presale], presale)
                if id_:
                    self._done.add(id_)
            results.append(
                {
                    "sku_id": int(item["sku_id"]), "uniq_id": item.get("uniq_id", ""),
                    "stock_num": good.left(False) if good is not None else 0, "change_num": changes[False],
                    "step_stock_num": good.left(True) if good is not None else 0,
                    "step_change_num": changes[True], "status_code": 50002 if why else 0, "status_message": why,
                }
            )  # fmt: skip
        return results


def stock_of(good: Good) -> dict[str, int]:
    """A SKU's figures by the platform's names."""
    return {
        "sku_type": 0 if good.step is None else 10,
        "stock_num": good.stock,
        "step_stock_num": good.step or 0,
    }


def _id(params: dict[str, Any]) -> str:
    return str(params.get("idempotent_id", ""))


def _wrong_items() -> Reply:
    return wrong(20001, "isv.parameter-invalid", f"1 to {_MOST} items of plain stock")


def ok(data: Any) -> Reply:
    return reply(
        {"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "log_id": "lab", "data": data}
    )


def wrong(code: int, sub_code: str, said: str) -> Reply:
    return reply(
        {"code": code, "msg": said, "sub_code": sub_code, "sub_msg": said, "log_id": "lab", "data": None}
    )


_NO_SKU = wrong(50002, "isv.sku-not-found", "no such sku")
_NO_ID = wrong(20001, "isv.parameter-invalid", "idempotent_id is needed")
