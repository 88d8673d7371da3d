"""Rows to SKUs and links: nothing is invented, and what can't be used is named by its cell."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from stockwatch.config import Item
from tests.sheets.making import Rows, goods_of, plan, told, workbook

HEADER = ["链接号", "商品名称", "商家编码", "规格", "库存"]


def make(
    tmp_path: Path,
    rows: Rows,
    *,
    header: Rows = (),
    merges: tuple[str, ...] = (),
    hidden: tuple[int, ...] = (),
) -> Path:
    return workbook(tmp_path / "a.xlsx", [*(header or [HEADER]), *rows], merges=merges, hidden=hidden)


def test_a_product_with_its_sizes_is_one_link(tmp_path: Path) -> None:
    rows = [
        [3, "联名卫衣", "A-M", "黑/M", 10],
        [None, None, "A-L", "黑/L", 20],
        ["5号", "袜子", "B", None, 30],
    ]
    made = plan(make(tmp_path, rows, merges=("A2:A3", "B2:B3")))
    assert [(sku.id, sku.title, sku.product, sku.stock) for sku in made.skus] == [
        ("A-M", "联名卫衣", "联名卫衣", 10),
        ("A-L", "联名卫衣", "联名卫衣", 20),
        ("B", "袜子", None, 30),
    ]
    assert [(link.id, link.slot, link.items) for link in made.listings] == [
        ("L3", 3, (Item(product="联名卫衣"),)),
        ("L5", 5, (Item(sku="B"),)),
    ]
    assert not told(made)


def test_blank_cells_below_a_name_go_on_with_it_even_unmerged(tmp_path: Path) -> None:
    made = plan(
        make(
            tmp_path, [[3, "卫衣", "A-M", "M", 1], [None, None, "A-L", "L", 2], [None, "裤子", "B", None, 3]]
        )
    )
    assert [(sku.title, sku.product) for sku in made.skus] == [
        ("卫衣", "卫衣"),
        ("卫衣", "卫衣"),
        ("裤子", None),
    ]
    assert [link.id for link in made.listings] == ["L3"]


@pytest.mark.parametrize(
    ("written", "stock", "says"),
    [
        ("１２０", 120, ""),
        ("1,200件", 1200, ""),
        (0, 0, ""),
        ("0", 0, ""),
        (12.0, 12, ""),
        (None, None, "no stock: it opens at 0"),
        ("—", None, "no stock: it opens at 0"),
        (-3, None, "below 0"),
        ("-3", None, "below 0"),
        (1.5, None, "no count"),
        ("充足", None, "no count"),
        ("1.2万", None, "no count"),
        ("100+", None, "no count"),
        ("50/60", None, "no count"),
        (3_000_000_000, None, "no count"),
        (True, None, "no count"),
        ("9" * 400, None, "no count"),
    ],
)
def test_stock_is_a_count_or_is_left_out_and_named(
    tmp_path: Path, written: object, stock: int | None, says: str
) -> None:
    made = plan(
        make(
            tmp_path, [[3, "卫衣", "A", None, written], [4, "裤子", "B", None, 1], [5, "帽子", "C", None, 1]]
        )
    )
    assert made.skus[0].stock == (stock or 0)
    assert (made.unstocked == ["A"]) is (stock is None)
    if says:
        (problem,) = told(made, serious=True)
        assert problem.startswith("Sheet1!E2: ")
        assert says in problem
    else:
        assert not told(made)


def test_a_name_that_was_not_found_is_not_the_product_above(tmp_path: Path) -> None:
    rows = [[1, "帽子", "HAT", "黑", 5], [2, "#N/A", "GLV", "#REF!", 6], [3, "=A1", "BELT", None, 7]]
    made = plan(make(tmp_path, rows))
    assert [(sku.id, sku.title) for sku in made.skus] == [("HAT", "帽子"), ("GLV", "GLV"), ("BELT", "BELT")]
    assert [(link.slot, link.title) for link in made.listings] == [(1, "帽子"), (2, "GLV"), (3, "BELT")]
    assert told(made) == [
        "Sheet1!B3: product name: shows #N/A; correct the formula, or write the value",
        "Sheet1!D3: spec: shows #REF!; correct the formula, or write the value",
        "Sheet1!B4: product name: a formula whose result was never saved; "
        "open the sheet in Excel or WPS, let it calculate, save",
    ]


def test_stock_merged_over_sizes_is_never_given_to_each(tmp_path: Path) -> None:
    rows = [[3, "卫衣", "A-M", "M", 300], [None, None, "A-L", "L", None], [4, "裤子", "B", None, 1]]
    made = plan(make(tmp_path, rows, merges=("A2:A3", "B2:B3", "E2:E3")))
    assert [sku.stock for sku in made.skus] == [0, 0, 1]
    (problem,) = told(made)
    assert problem.startswith("Sheet1!E2: opening stock: 300 is merged over E2:E3")


def test_a_row_twice_is_left_out_the_second_time(tmp_path: Path) -> None:
    rows = [[3, "卫衣", "A", "M", 5], [3, "卫衣", "A", "M", 5], [4, "裤子", "A", None, 9]]
    made = plan(make(tmp_path, rows))
    assert [(sku.id, sku.stock) for sku in made.skus] == [("A", 5)]
    assert [line.partition(":")[0] for line in told(made, serious=True)] == ["Sheet1!C3", "Sheet1!C4"]
    assert all("already in Sheet1!2" in line for line in told(made))


def test_one_sku_on_two_links_counts_its_stock_once(tmp_path: Path) -> None:
    same = plan(make(tmp_path, [[3, "卫衣", "A", "M", 5], [9, "卫衣", "A", "M", 5]]))
    assert [(sku.id, sku.stock) for sku in same.skus] == [("A", 5)]
    assert [(link.slot, link.items) for link in same.listings] == [
        (3, (Item(sku="A"),)),
        (9, (Item(sku="A"),)),
    ]
    assert "counted once" in told(same, serious=False)[0]
    other = plan(make(tmp_path, [[3, "卫衣", "A", "M", 5], [9, "卫衣", "A", "M", 7]]))
    assert [(sku.id, sku.stock) for sku in other.skus] == [("A", 0)]
    assert "neither was taken" in told(other, serious=True)[0]
    assert other.unstocked == ["A"]
    blank = plan(make(tmp_path, [[3, "卫衣", "A", "M", None], [9, "卫衣", "A", "M", 7]]))
    assert [(sku.id, sku.stock) for sku in blank.skus] == [("A", 7)]


def test_a_number_of_two_products_stays_with_the_first(tmp_path: Path) -> None:
    made = plan(make(tmp_path, [[3, "卫衣", "A", None, 5], [3, "帆布袋", "B", None, 5]]))
    assert [(link.id, link.slot) for link in made.listings] == [("L3", 3)]
    assert "Sheet1!A3: number 3 is that of 卫衣 (Sheet1!2)" in told(made, serious=True)[0]


def test_names_that_hold_the_spec_are_one_link_under_one_number(tmp_path: Path) -> None:
    made = plan(make(tmp_path, [[3, "联名连帽卫衣 黑", "A", None, 5], [3, "联名连帽卫衣 灰", "B", None, 5]]))
    assert [(link.slot, len(link.items)) for link in made.listings] == [(3, 1)]
    assert [sku.title for sku in made.skus] == ["联名连帽卫衣 黑", "联名连帽卫衣 灰"]
    assert len({sku.product for sku in made.skus}) == 1


def test_one_code_for_all_sizes_is_the_styles_and_said(tmp_path: Path) -> None:
    made = plan(make(tmp_path, [[3, "卫衣", "WY01", "黑/M", 1], [3, "卫衣", "WY01", "黑/L", 2]]))
    assert [(sku.id, sku.product) for sku in made.skus] == [("WY01-黑-M", "WY01"), ("WY01-黑-L", "WY01")]
    assert "stands for 2 specs" in told(made, serious=True)[0]
    assert made.made_up == ["WY01-黑-M", "WY01-黑-L"]


def test_one_code_for_some_sizes_is_a_slip(tmp_path: Path) -> None:
    rows = [[3, "卫衣", "WY-M", "M", 1], [3, "卫衣", "WY-M", "L", 2], [3, "卫衣", "WY-XL", "XL", 3]]
    made = plan(make(tmp_path, rows))
    assert [(sku.id, sku.stock) for sku in made.skus] == [("WY-M", 1), ("WY-XL", 3)]
    assert "Sheet1!C3: WY-M is already in Sheet1!2" in told(made, serious=True)[0]


def test_a_running_number_is_no_link_number(tmp_path: Path) -> None:
    header = [["序号", *HEADER[1:]]]
    counting = plan(
        make(
            tmp_path,
            [[1, "卫衣", "A", "M", 1], [2, "卫衣", "B", "L", 2], [3, "裤子", "C", None, 3]],
            header=header,
        )
    )
    assert [link.slot for link in counting.listings] == [None]
    assert "counts rows" in told(counting, serious=False)[0]
    naming = plan(
        make(
            tmp_path,
            [[1, "卫衣", "A", "M", 1], [1, "卫衣", "B", "L", 2], [2, "裤子", "C", None, 3]],
            header=header,
        )
    )
    assert [link.slot for link in naming.listings] == [1, 2]
    asked = plan(
        make(tmp_path, [[1, "卫衣", "A", "M", 1], [2, "卫衣", "B", "L", 2]], header=header), "链接号=序号"
    )
    assert [link.slot for link in asked.listings] == [1, 2]


def test_without_codes_ids_are_made_of_what_the_sheet_says(tmp_path: Path) -> None:
    made = plan(
        workbook(
            tmp_path / "a.xlsx",
            [["商品名称", "颜色", "尺码", "库存"], ["卫衣", "黑", "M", 1], ["裤子", "", "", 2]],
        )
    )
    assert [sku.id for sku in made.skus] == ["卫衣-黑-M", "裤子"]
    assert made.made_up == ["卫衣-黑-M", "裤子"]


def test_style_codes_that_differ_are_codes_when_there_is_nothing_else(tmp_path: Path) -> None:
    made = plan(
        workbook(tmp_path / "a.xlsx", [["款号", "商品名称", "库存"], ["A1", "卫衣", 1], ["A2", "裤子", 2]])
    )
    assert ([sku.id for sku in made.skus], made.made_up) == (["A1", "A2"], [])


def test_titles_totals_notes_and_repeated_headers_are_no_goods(tmp_path: Path) -> None:
    rows = [
        [None, "福利款", None, None, None],
        [3, "卫衣", "A", "M", 5],
        HEADER,
        [None, None, None, None, None],
        [4, "裤子", "B", None, 6],
        ["合计", None, None, None, 11],
        [None, "小计:", None, None, 11],
        ["备注:以仓库实际为准", None, None, None, None],
        [None, None, None, None, 11],
    ]
    reading, goods = goods_of(make(tmp_path, rows))
    assert [row.code for row in goods.rows[:2]] == ["A", "B"]
    assert goods.skipped == [2, 4, 7, 8, 9, 10]
    assert reading.header == 1


def test_a_note_across_the_sheet_is_no_goods(tmp_path: Path) -> None:
    rows = [[3, "卫衣", "A", "M", 5], ["以上库存以仓库为准", None, None, None, None]]
    made = plan(make(tmp_path, rows, merges=("A3:E3",)))
    assert [sku.id for sku in made.skus] == ["A"]
    assert not told(made)


def test_problems_come_in_the_order_of_the_sheet(tmp_path: Path) -> None:
    rows = [
        [3, "卫衣", "A", "M", None],
        ["x", "裤子", "B", None, 1],
        [3, "帽子", "A", None, -1],
        [9, "袜子", "C", None, 2],
    ]
    places = [problem.at for problem in plan(make(tmp_path, rows)).problems]
    assert places == sorted(places)
    assert {row for row, _ in places} == {2, 3, 4}


def test_hidden_rows_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    path = make(tmp_path, [[3, "卫衣", "A", "M", 5], [4, "裤子", "B", None, 6]], hidden=(3,))
    assert [sku.id for sku in plan(path).skus] == ["A"]
    assert [sku.id for sku in plan(path, with_hidden=True).skus] == ["A", "B"]


HEADER_IDS = ["商品名称", "商家编码", "库存", "抖店商品ID", "抖店SKU ID"]


@pytest.mark.parametrize(
    "lost",
    [3561234567890120000, "3561234567890120000", "3.56123E+18", "3.56123456789012E+18", 3561234567890123456],
)
def test_an_id_that_lost_its_digits_is_named_and_not_used(tmp_path: Path, lost: object) -> None:
    rows = [HEADER_IDS, ["卫衣", "A", 5, lost, "17"], ["裤子", "B", 6, "3561234567890123456", None]]
    made = plan(workbook(tmp_path / "a.xlsx", rows))
    assert [(number.sku, number.product_id, number.sku_id) for number in made.numbers] == [
        ("A", None, "17"),
        ("B", "3561234567890123456", None),
    ]
    (problem,) = told(made, serious=True)
    assert problem.startswith("Sheet1!D2: product id: ")
    assert "format the column as text" in problem


def test_a_code_that_lost_its_digits_is_not_used_either(tmp_path: Path) -> None:
    rows = [HEADER, [3, "卫衣", 6912345678901230000, "M", 5], [4, "裤子", 6912345678901, None, 6]]
    made = plan(workbook(tmp_path / "a.xlsx", rows))
    assert [sku.id for sku in made.skus] == ["卫衣-M", "6912345678901"]
    assert made.made_up == ["卫衣-M"]


def test_an_id_used_twice_is_never_on_two_goods(tmp_path: Path) -> None:
    rows = [
        HEADER_IDS,
        ["卫衣", "A", 5, "3561234567890123456", "170000000001"],
        ["卫衣", "B", 5, "3561234567890123456", "170000000001"],
        ["裤子", "C", 5, "3561234567890123456", None],
    ]
    made = plan(workbook(tmp_path / "a.xlsx", [*rows[:2], [*rows[2]], rows[3]]))
    assert [(number.sku, number.product_id, number.sku_id) for number in made.numbers] == [
        ("A", "3561234567890123456", "170000000001"),
        ("B", "3561234567890123456", None),
    ]
    assert [line.split(": ")[0] for line in told(made, serious=True)] == ["Sheet1!E3", "Sheet1!D4"]


def test_links_and_products_of_one_name_keep_apart(tmp_path: Path) -> None:
    rows = [
        [3, "卫衣", "A", "M", 1],
        [3, "卫衣", "B", "L", 1],
        [9, "卫衣", "C", "S", 1],
        [9, "卫衣", "D", "XL", 1],
    ]
    made = plan(make(tmp_path, rows))
    assert [sku.product for sku in made.skus] == ["卫衣", "卫衣", "卫衣 (9号)", "卫衣 (9号)"]
    assert [link.items for link in made.listings] == [(Item(product="卫衣"),), (Item(product="卫衣 (9号)"),)]
    header = ["货号", "商品名称", "商家编码", "库存", "赠品"]
    rows = [header, ["S1", "卫衣", "A", 1, "B"], ["S2", "卫衣", "A", None, "B"], ["S3", "袜子", "B", 1, None]]
    assert [link.id for link in plan(workbook(tmp_path / "b.xlsx", rows)).listings] == ["L-A", "L-A-2"]


def test_no_link_takes_the_id_of_a_sku(tmp_path: Path) -> None:
    made = plan(make(tmp_path, [[3, "卫衣", "L4", None, 1], [4, "裤子", "B", None, 1]]))
    assert [link.id for link in made.listings] == ["L3", "L4-2"]


def test_a_code_that_became_a_date_is_named(tmp_path: Path) -> None:
    made = plan(make(tmp_path, [[3, "卫衣", datetime(2025, 3, 5), "M", 1], [4, "裤子", "B", None, 1]]))  # noqa: DTZ001
    assert [sku.id for sku in made.skus] == ["卫衣-M", "B"]
    assert "Sheet1!C2: SKU code: 2025-03-05: the spreadsheet made a date" in told(made, serious=True)[0]


def test_goods_below_a_title_are_no_more_of_what_stands_above_it(tmp_path: Path) -> None:
    made = plan(
        make(
            tmp_path, [[3, "卫衣", "A", "M", 1], [None, "▼返场", None, None, None], [None, None, "B", "L", 2]]
        )
    )
    assert [(sku.id, sku.title) for sku in made.skus] == [("A", "卫衣"), ("B", "B")]


def test_ids_of_no_platform_are_asked_for(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [["商品名称", "商家编码", "库存", "商品ID"], ["卫衣", "A", 5, "612300000011"]]
    )
    made = plan(path)
    assert not made.numbers
    assert "Sheet1!D2: of which platform" in told(made, serious=True)[0]
    assert [number.channel for number in plan(path, channels=["taobao"]).numbers] == ["taobao"]


def test_a_platform_column_says_whose_ids_a_row_has(tmp_path: Path) -> None:
    rows = [
        ["平台", "商品名称", "商家编码", "库存", "商品ID"],
        ["抖音", "卫衣", "A", 5, "3561200000000000017"],
        ["淘宝", "卫衣", "A", 5, "612300000011"],
    ]
    made = plan(workbook(tmp_path / "a.xlsx", rows))
    assert [(n.sku, n.channel, n.product_id) for n in made.numbers] == [
        ("A", "douyin", "3561200000000000017"),
        ("A", "taobao", "612300000011"),
    ]
    assert [(sku.id, sku.stock) for sku in made.skus] == [("A", 5)]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2", 172_800),
        (2, 172_800),
        ("2天", 172_800),
        ("4小时", 14_400),
        ("30分钟", 1_800),
        ("1.5天", 129_600),
        ("３天内", 259_200),
    ],
)
def test_restock_times(tmp_path: Path, written: object, seconds: int) -> None:
    made = plan(workbook(tmp_path / "a.xlsx", [["商品名称", "库存", "补货天数"], ["卫衣", 5, written]]))
    assert made.skus[0].lead_time == seconds


@pytest.mark.parametrize("written", ["3-5天", "快", 0, "99999天", True])
def test_a_restock_time_that_is_none_is_left_out(tmp_path: Path, written: object) -> None:
    made = plan(workbook(tmp_path / "a.xlsx", [["商品名称", "库存", "补货天数"], ["卫衣", 5, written]]))
    assert made.skus[0].lead_time is None
    assert "Sheet1!C2: restock time: " in told(made, serious=True)[0]


def test_goods_in_transit_are_not_opening_stock_and_said(tmp_path: Path) -> None:
    made = plan(workbook(tmp_path / "a.xlsx", [["商品名称", "库存", "在途"], ["卫衣", 5, 20]]))
    assert made.skus[0].stock == 5
    assert "in transit" in made.unplaced[0].en
