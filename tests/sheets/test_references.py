"""Bundles, gifts and substitutes name other goods of the sheet, by code, name, style or link number."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockwatch.config import Item
from stockwatch.sheets.plan import Plan
from tests.sheets.making import plan, told, workbook

HEADER = ["链接号", "商品名称", "商家编码", "颜色", "尺码", "库存", "替代款", "赠品", "组合装"]
GOODS = [
    [5, "基础卫衣", "B-M", "黑", "M", 5],
    [5, "基础卫衣", "B-L", "黑", "L", 5],
    [7, "棉袜", "SOCK/1", None, None, 99],
]


def made(
    tmp_path: Path, *, substitutes: str = "", gift: str = "", bundle: str = "", stock: int | None = 5
) -> Plan:
    rows = [
        HEADER,
        [3, "联名卫衣", "A-M", "黑", "M", stock, substitutes, gift, bundle],
        *([] if bundle else [[3, "联名卫衣", "A-L", "黑", "L", stock]]),
        *GOODS,
    ]
    return plan(workbook(tmp_path / "a.xlsx", rows))


@pytest.mark.parametrize("written", ["5号", "5号链接", "链接5号", "5", "基础卫衣", "【爆款】基础卫衣"])
def test_a_substitute_stands_in_size_for_size(tmp_path: Path, written: str) -> None:
    skus = {sku.id: sku.substitutes for sku in made(tmp_path, substitutes=written).skus}
    assert skus == {"A-M": ("B-M",), "A-L": ("B-L",), "B-M": (), "B-L": (), "SOCK/1": ()}


def test_several_substitutes_keep_their_order_and_a_code_may_hold_a_slash(tmp_path: Path) -> None:
    skus = {sku.id: sku.substitutes for sku in made(tmp_path, substitutes="SOCK/1").skus}
    assert skus["A-M"] == ("SOCK/1",)
    skus = {sku.id: sku.substitutes for sku in made(tmp_path, substitutes="棉袜、5号").skus}
    assert skus["A-L"] == ("SOCK/1", "B-L")


@pytest.mark.parametrize("written", ["不存在的款", "3号", "99号", "联名卫衣"])
def test_a_substitute_that_is_nothing_or_itself_is_named_once(tmp_path: Path, written: str) -> None:
    plan = made(tmp_path, substitutes=written)
    assert not any(sku.substitutes for sku in plan.skus)
    (problem,) = told(plan, serious=True)
    assert problem.startswith("Sheet1!G2: substitute ")


@pytest.mark.parametrize(
    ("written", "item"),
    [
        ("SOCK/1", Item(sku="SOCK/1", role="gift")),
        ("棉袜*2", Item(sku="SOCK/1", qty=2, role="gift")),
        ("2双棉袜", Item(sku="SOCK/1", qty=2, role="gift")),
        ("棉袜×３", Item(sku="SOCK/1", qty=3, role="gift")),
        ("基础卫衣", Item(product="基础卫衣", role="gift")),
    ],
)
def test_a_gift_is_given_with_the_link(tmp_path: Path, written: str, item: Item) -> None:
    link = next(link for link in made(tmp_path, gift=written).listings if link.slot == 3)
    assert link.items == (Item(product="联名卫衣"), item)


def test_a_gift_that_the_sheet_does_not_have_is_said_and_not_counted(tmp_path: Path) -> None:
    plan = made(tmp_path, gift="运费险")
    assert next(link for link in plan.listings if link.slot == 3).items == (Item(product="联名卫衣"),)
    assert "Sheet1!H2: gift 运费险" in told(plan, serious=False)[0]


def test_a_link_that_can_not_be_sold_can_not_be_given(tmp_path: Path) -> None:
    """Link 9 shares one of the sizes of link 5, which a room file can't say."""
    rows = [
        HEADER,
        *GOODS,
        [9, "基础卫衣", "B-M", "黑", "M", None],
        [9, "基础卫衣", "B-S", "黑", "S", 4],
        [3, "联名卫衣", "A-M", "黑", "M", 5, None, "9号"],
    ]
    made = plan(workbook(tmp_path / "a.xlsx", rows))
    assert {link.slot: link.items for link in made.listings} == {
        5: (Item(product="基础卫衣"),),
        7: (Item(sku="SOCK/1"),),
        3: (Item(sku="A-M"),),
    }
    assert {sku.id for sku in made.skus} == {"A-M", "B-M", "B-L", "B-S", "SOCK/1"}
    assert [line.partition(": ")[0] for line in told(made)] == ["Sheet1!B5", "Sheet1!H7"]


def test_a_bundle_sells_its_parts_and_has_no_stock_of_its_own(tmp_path: Path) -> None:
    plan = made(tmp_path, bundle="B-M*2+SOCK/1", stock=None)
    assert "A-M" not in {sku.id for sku in plan.skus}
    assert next(link for link in plan.listings if link.slot == 3).items == (
        Item(sku="B-M", qty=2),
        Item(sku="SOCK/1", qty=1),
    )
    assert not told(plan)
    assert "Sheet1!F2: a bundle has no stock" in told(made(tmp_path, bundle="5号+棉袜", stock=5))[0]


@pytest.mark.parametrize("written", ["2件装", "A-M*2", "B-M+没有的", "B-M*0", "2件B-M*2"])
def test_a_bundle_that_can_not_be_told_stays_goods_of_its_own(tmp_path: Path, written: str) -> None:
    plan = made(tmp_path, bundle=written)
    assert "A-M" in {sku.id for sku in plan.skus}
    (problem,) = told(plan, serious=True)
    assert problem.startswith("Sheet1!I2: bundle: ")


def test_a_code_that_is_sold_alone_too_stays_goods(tmp_path: Path) -> None:
    rows = [
        HEADER,
        [1, "礼盒", "X", None, None, 5, None, None, None],
        [2, "礼盒", "X", None, None, None, None, None, "SOCK/1*2"],
        *GOODS,
    ]
    made = plan(workbook(tmp_path / "a.xlsx", rows))
    assert ("X", 5) in {(sku.id, sku.stock) for sku in made.skus}
    assert [link.items for link in made.listings[:2]] == [(Item(sku="X"),), (Item(sku="SOCK/1", qty=2),)]


def test_bundles_are_never_made_of_bundles(tmp_path: Path) -> None:
    rows = [
        HEADER,
        [1, "甲", "X", None, None, None, None, None, "Y"],
        [2, "乙", "Y", None, None, None, "1号", "X", "X"],
        *GOODS,
    ]
    plan_made = plan(workbook(tmp_path / "a.xlsx", rows))
    assert {"X", "Y"} <= {sku.id for sku in plan_made.skus}
    assert len([line for line in told(plan_made) if "bundle: " in line]) == 2
