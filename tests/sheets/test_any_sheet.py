"""Whatever goods a sheet names, what is made of them is a room that loads, and none of its stock is invented."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockwatch.config import load_room
from stockwatch.sheets import document
from stockwatch.sheets.goods import plan_of
from stockwatch.sheets.numbers import read_numbers, write_numbers
from tests.sheets.making import goods_of

HEADER = (
    "链接号",
    "商品名称",
    "商家编码",
    "货号",
    "规格",
    "库存",
    "替代款",
    "赠品",
    "组合装",
    "抖店商品ID",
    "抖店SKU ID",
    "补货天数",
)
NAMES = ("卫衣", "卫衣 加绒", "裤子", "袜子", "L3", "A", '"怪"名\\', "合计", "")
CODES = ("A", "B", "a", "00123", "L3", "L-A", "卫衣", "裤子-M", "")
SPECS = ("黑/M", "黑/L", "M", "颜色:黑;尺码:M", "规格=1", "", "", "\U0001f9e6")
STOCKS = ("0", "5", "７", "-1", "很多", "1.5", "", "12件")
OTHER = ("", "", "", "3号", "A", "卫衣", "B*2+袜子", "裤子、A", "没有的")
IDS = ("", "", "3561200000000000017", "3561200000000000022", "3.5E+18", "612300000011")

ROW = st.tuples(
    st.sampled_from(("1", "3", "3号", "4", "x", "")),
    *map(st.sampled_from, (NAMES, CODES, ("", "", "S1", "S2"), SPECS, STOCKS, OTHER, OTHER, OTHER, IDS, IDS)),
    st.sampled_from(("", "2", "3-5", "4小时")),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12))
def test_every_sheet_makes_a_room_that_loads(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    reading, goods = goods_of(path, "库存=库存")
    plan = plan_of(reading, goods)
    room = document.settings(plan, id="r", name="n", channels=["douyin"])
    for language in ("en", "zh"):
        text = document.document(room, plan, reading.grid, source="a.csv", map_name=None, language=language)
        (tmp_path / "room.toml").write_text(text, encoding="utf-8")
        loaded = load_room(tmp_path / "room.toml")
        assert (loaded.skus, loaded.listings, loaded.channels) == (room.skus, room.listings, room.channels)
    # Every unit stands in a cell of the sheet, and no cell is counted twice.
    written = Counter(row.stock for row in goods.rows if row.stock)
    assert Counter(sku.stock for sku in plan.skus if sku.stock) <= written
    assert {sku.id for sku in plan.skus if not sku.stock} >= set(plan.unstocked)
    # A number is of one SKU or link of this room, and no SKU id is of two.
    assert read_numbers(write_numbers(plan.numbers)) == plan.numbers
    known = {sku.id for sku in plan.skus}
    links = {link.id for link in plan.listings}
    assert all((n.sku in known) if n.sku is not None else (n.listing in links) for n in plan.numbers)
    owners = {(n.sku_id, n.sku, n.listing) for n in plan.numbers if n.sku_id is not None}
    assert len({sku_id for sku_id, _, _ in owners}) == len(owners)
    # Whatever was not used was said.
    assert len(goods.rows) + len(goods.skipped) <= len(rows)
    left_out = len(goods.rows) - sum(len(good_rows) for good_rows in _rows_of(plan.sku_rows.values()))
    assert left_out == 0 or plan.problems


def _rows_of(rows: object) -> list[list[object]]:
    return [[row] for row in rows]  # type: ignore[attr-defined]
