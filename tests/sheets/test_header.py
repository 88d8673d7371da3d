"""What each column is taken for, in any order, at any place, in both languages; what is asked and not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from stockwatch.sheets.asked import parse_asked
from stockwatch.sheets.names import meaning_of
from stockwatch.sheets.problems import SheetError
from tests.sheets.making import plan, reading_of, workbook

CALLED = {
    "slot": ["链接号", "序号/链接号", "坑位", "Slot", "Link No."],
    "name": ["商品名称", "品名", "宝贝标题", "商品名称(必填)", "Product Name"],
    "code": ["商家编码", "SKU编码", "商家编码/货号/款号", "规格编码", "Seller SKU"],
    "spec": ["规格", "规格/颜色/尺码", "颜色/尺码", "颜色分类", "Variant"],
    "stock": ["库存", "现货", "仓库可用", "可用库存(件)", "库存/现货", "库存", "On hand", "Stock"],
    "price": ["到手价", "直播价", "到手价/直播价", "直播间价", "Live Price"],
    "section": ["福利/主推/备播", "商品类型", "定位"],
    "time": ["上播时间", "排期/上播时间", "讲解时间"],
    "substitutes": ["替代款", "备品/替代款", "换品", "Substitutes"],
    "transit": ["在途", "在途数量", "In transit"],
    "lead_time": ["补货天数", "补货周期", "Lead Time"],
    "gift": ["赠品", "买赠", "Gift"],
    "bundle": ["组合装", "套装内容", "Bundle"],
    "safety_line": ["安全库存"],
}
VALUES = {"slot": "3号", "name": "联名卫衣", "code": "00123", "spec": "黑/M", "stock": "17", "lead_time": "2"}


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in CALLED.items() for name in names])
def test_names_that_sheets_use(role: str, name: str) -> None:
    meaning = meaning_of(name)
    assert meaning is not None
    assert (meaning.role, meaning.channel) == (role, None)
    assert meaning.score >= 0.9


@pytest.mark.parametrize(
    ("name", "role", "channel"),
    [
        ("抖店商品ID", "product_id", "douyin"),
        ("商品ID(抖音)", "product_id", "douyin"),
        ("抖店/商品ID", "product_id", "douyin"),
        ("淘宝 宝贝ID", "product_id", "taobao"),
        ("天猫SKU ID", "sku_id", "taobao"),
        ("快手小店商品id", "product_id", "kuaishou"),
        ("Taobao product id", "product_id", "taobao"),
        ("商品ID", "product_id", None),
        ("抖店库存", "channel_stock", "douyin"),
    ],
)
def test_a_platforms_own_columns(name: str, role: str, channel: str | None) -> None:
    meaning = meaning_of(name)
    assert meaning is not None
    assert (meaning.role, meaning.channel) == (role, channel)


@pytest.mark.parametrize(
    "name",
    [
        "锁定库存",
        "虚拟库存",
        "安全库存",
        "库存预警",
        "在途库存",
        "抖店库存",
        "活动库存",
        "剩余库存合计",
        "库存金额",
        "数量",
        "备货数量",
        "Qty",
    ],
)
def test_figures_that_are_not_the_opening_stock_are_never_taken_for_it(tmp_path: Path, name: str) -> None:
    path = workbook(tmp_path / "a.xlsx", [["商品名称", "商家编码", name], ["卫衣", "A1", 5]])
    reading = reading_of(path)
    assert reading.column("stock") is None
    assert reading.questions


@pytest.mark.parametrize(
    "name", ["产品图片", "商品图", "库存金额", "商品负责人", "规格说明", "赠品成本", "备注", "日常价", ""]
)
def test_names_that_hold_nothing_for_a_room(name: str) -> None:
    assert meaning_of(name) is None


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_columns_in_any_order_at_any_place_under_any_title(tmp_path: Path, data: st.DataObject) -> None:
    others = data.draw(
        st.lists(st.sampled_from([role for role in CALLED if role not in VALUES]), unique=True)
    )
    roles = data.draw(st.permutations([*VALUES, *others]))
    names = [data.draw(st.sampled_from(CALLED[role])) for role in roles]
    left, above = data.draw(st.integers(0, 5)), data.draw(st.integers(0, 8))
    titles = [[None] * data.draw(st.integers(0, 3)) + ["双11联名专场 库存以仓库为准"] for _ in range(above)]
    noise = data.draw(st.sampled_from([[], ["商品图"], ["备注", "佣金"]]))
    rows = [
        *titles,
        [None] * left + [*names, *noise],
        [None] * left + [VALUES.get(role) for role in roles],
    ]
    reading = reading_of(workbook(tmp_path / "a.xlsx", rows))
    assert not reading.questions
    assert reading.header == above + 1
    assert {role: reading.column(role) for role in roles} == {
        role: left + 1 + at for at, role in enumerate(roles)
    }
    (sku,) = plan(tmp_path / "a.xlsx").skus
    assert (sku.id, sku.title, sku.stock, sku.lead_time) == ("00123", "联名卫衣", 17, 2 * 86_400)
    assert sku.attrs == {"色": "黑", "码": "M"}


def test_two_stocks_are_a_question_with_the_flags_that_answer_it(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["商品名称", "商家编码", "库存", "现货"], ["卫衣", "A1", 5, 3]])
    reading = reading_of(path)
    (question,) = reading.questions
    assert question.flags == ("--column 库存=库存", "--column 库存=现货")
    assert reading.column("stock") is None
    for flag, stock in zip(question.flags, (5, 3), strict=True):
        assert [sku.stock for sku in plan(path, flag.removeprefix("--column ")).skus] == [stock]


def test_a_stock_column_without_numbers_is_a_question(tmp_path: Path) -> None:
    rows = [["商品名称", "商家编码", "库存"], *[["卫衣", f"A{n}", "充足"] for n in range(4)]]
    assert "few numbers" in reading_of(workbook(tmp_path / "a.xlsx", rows)).questions[0].says.en


def test_no_stock_at_all_is_a_question_that_none_answers(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["商品名称", "商家编码", "件数甲"], ["卫衣", "A1", 5]])
    assert reading_of(path).questions[0].flags == ("--column 库存=件数甲", "--column 库存=-")
    assert not reading_of(path, "stock=-").questions
    assert plan(path, "库存=C").skus[0].stock == 5


def test_a_column_named_by_a_person_goes_before_what_its_name_says(tmp_path: Path) -> None:
    rows = [["编码甲", "叫什么", "库存"], ["A1", "卫衣", 5], ["A2", "裤子", 6]]
    path = workbook(tmp_path / "a.xlsx", rows)
    assert [sku.title for sku in plan(path, "商品名称=叫什么", "商家编码=A").skus] == ["卫衣", "裤子"]


@pytest.mark.parametrize("flag", ["库存", "=库存", "库存=", "天气=A", "", "库存金额=B"])
def test_a_flag_that_says_nothing_is_refused_with_what_would_do(flag: str) -> None:
    with pytest.raises(SheetError, match="write MEANING=COLUMN"):
        parse_asked([flag])


def test_a_column_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["商品名称", "商家编码", "现货数量"], ["卫衣", "A1", 5]])
    with pytest.raises(SheetError, match="did you mean 现货数量"):
        reading_of(path, "库存=现货数")
    with pytest.raises(SheetError, match="no column ZZ"):
        reading_of(path, "库存=ZZ")


def test_a_header_of_two_rows_with_platforms_above(tmp_path: Path) -> None:
    rows = [
        ["双11", None, None, None, None, None, None],
        ["商品名称", "商家编码", "库存", "抖店", None, "淘宝", None],
        [None, None, None, "商品ID", "SKU ID", "商品ID", "价格"],
        ["卫衣", "A1", 5, "3561200000000000017", "17", "612300000011", 9],
    ]
    merges = ["A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:G2", "A1:G1"]
    path = workbook(tmp_path / "a.xlsx", rows, merges=merges)
    assert reading_of(path).header == 3
    numbers = {(number.channel, number.product_id, number.sku_id) for number in plan(path).numbers}
    assert numbers == {("douyin", "3561200000000000017", "17"), ("taobao", "612300000011", None)}


def test_titles_above_the_header_are_no_part_of_it(tmp_path: Path) -> None:
    rows = [
        ["【双11】旗舰店 晚场排品表", None, None, None, "11月11日", None],
        ["主播:小鹿 运营:阿峰", None, None, None, None, None],
        ["序号", "产品图片", "商品名称", "货号", "仓库可用", "日常价"],
        [1, None, "卫衣", "A1", 5, 199],
        [2, None, "裤子", "A2", 6, 199],
    ]
    reading = reading_of(workbook(tmp_path / "a.xlsx", rows, merges=["A1:D1", "E1:F1", "A2:F2"]))
    assert reading.header == 3
    assert [column.name for column in reading.columns] == rows[2]
    assert [column.role for column in reading.columns] == ["running", None, "name", "style", "stock", None]


def test_the_worksheet_that_is_the_run_down_is_found_or_asked_for(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["商品名称", "商家编码", "库存"], ["卫衣", "A1", 5]])
    book = load_workbook(path)
    book.create_sheet("话术").append(["商品名称", "话术", "卖点", "商家编码"])
    book["话术"].append(["卫衣", "好", "软", "A1"])
    book.save(path)
    reading = reading_of(path)
    assert (reading.grid.name, reading.others) == ("Sheet1", ("话术",))
    book.copy_worksheet(book["Sheet1"]).title = "第二场"
    book.save(path)
    with pytest.raises(SheetError, match=r"Sheet1, 第二场; name one: --sheet Sheet1"):
        reading_of(path)
    assert reading_of(path, sheet="第二场").grid.name == "第二场"
    with pytest.raises(SheetError, match="no such worksheet"):
        reading_of(path, sheet="第三场")


def test_a_sheet_without_a_header_says_what_one_needs(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="at least 商品名称 or 商家编码"):
        reading_of(workbook(tmp_path / "a.xlsx", [["卫衣", "A1", 5], ["裤子", "A2", 6]]))
