"""Which of a platform's products is which SKU: never the wrong one; what is unclear is listed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.config import Sku
from stockwatch.sheets.matching import LEAST, MARGIN, MAX_ROWS, PlatformRow, Proposal, propose
from stockwatch.sheets.specs import attributes, likeness, plain_title, spec_words


def sku(id: str, title: str = "", spec: str = "") -> Sku:
    return Sku(id=id, title=title or id, attrs=attributes(spec))


def row(product: str, sku_id: str = "", *, title: str = "", spec: str = "", outer: str = "") -> PlatformRow:
    return PlatformRow(product, sku_id, title, spec, outer)


def pairs(found: Proposal) -> dict[str, str]:
    return {f"{match.row.product_id}/{match.row.sku_id}": match.sku for match in found.matches}


HOODIE = [
    sku("A-BK-M", "联名连帽卫衣", "黑/M"),
    sku("A-BK-L", "联名连帽卫衣", "黑/L"),
    sku("A-WH-M", "联名连帽卫衣", "白/M"),
]


def test_the_same_code_is_the_same_goods_whatever_the_title_says() -> None:
    found = propose([row("1", "11", title="完全不同", outer="A-BK-L")], HOODIE)
    assert pairs(found) == {"1/11": "A-BK-L"}
    assert (found.matches[0].how, found.matches[0].score) == ("code", 1.0)
    assert found.unlisted == ("A-BK-M", "A-WH-M")


def test_a_code_in_other_letters_is_found_after_the_exact_ones() -> None:
    skus = [sku("a-1"), sku("A-1"), sku("B-2")]
    found = propose([row("1", outer="A-1"), row("2", outer="ｂ-2 ")], skus)
    assert pairs(found) == {"1/": "A-1", "2/": "B-2"}
    assert [match.how for match in found.matches] == ["code", "code like"]


def test_a_code_on_two_products_is_a_question() -> None:
    found = propose([row("1", outer="A-BK-M"), row("2", outer="A-BK-M")], HOODIE)
    assert not found.matches
    assert [(unclear.row.product_id, unclear.why, unclear.candidates) for unclear in found.unclear] == [
        ("1", "same code twice", (("A-BK-M", 1.0),)),
        ("2", "same code twice", (("A-BK-M", 1.0),)),
    ]


def test_a_code_without_its_zeros_is_shown_and_not_chosen() -> None:
    found = propose([row("1", outer="123")], [sku("00123"), sku("9")])
    assert not found.matches
    assert (found.unclear[0].why, found.unclear[0].candidates) == ("code without zeros", (("00123", 0.9),))


def test_titles_and_specs_find_every_size_of_its_own() -> None:
    rows = [
        row("1", "11", title="【双11】联名连帽卫衣 男女同款", spec="颜色:黑色;尺码:M"),
        row("1", "12", title="【双11】联名连帽卫衣 男女同款", spec="颜色:黑色;尺码:L码"),
        row("1", "13", title="【双11】联名连帽卫衣 男女同款", spec="M,白色"),
    ]
    assert pairs(propose(rows, HOODIE)) == {"1/11": "A-BK-M", "1/12": "A-BK-L", "1/13": "A-WH-M"}


@pytest.mark.parametrize(
    "other",
    [
        row("1", title="联名连帽卫衣", spec="红/XXL"),
        row("1", title="纯棉短袜五双装", spec="黑/M"),
        row("1", title="", spec="黑/M"),
        row("1", title="联名连帽卫衣", spec=""),
        row("1", title="联名连帽卫衣", spec="灰/M"),
    ],
)
def test_what_contradicts_or_says_too_little_is_not_matched(other: PlatformRow) -> None:
    found = propose([other], HOODIE)
    assert not found.matches
    assert [*found.unmatched, *(unclear.row for unclear in found.unclear)] == [other]


def test_one_word_that_differs_outweighs_all_that_agree() -> None:
    skus = [sku("A", "联名连帽卫衣", "黑 M 加绒 男款 长袖")]
    assert not propose([row("1", title="联名连帽卫衣", spec="白 M 加绒 男款 长袖")], skus).matches
    assert propose([row("1", title="联名连帽卫衣", spec="黑 M 加绒 男款")], skus).matches


def test_two_links_of_one_thing_are_a_question_by_title_too() -> None:
    rows = [row(product, title="联名连帽卫衣", spec="黑/M") for product in ("1", "2")]
    found = propose(rows, HOODIE)
    assert not found.matches
    assert [(unclear.row.product_id, unclear.candidates[0]) for unclear in found.unclear] == [
        ("1", ("A-BK-M", 1.0)),
        ("2", ("A-BK-M", 1.0)),
    ]


def test_what_has_been_given_away_is_no_candidate_any_more() -> None:
    rows = [row("1", outer="A-BK-M"), row("2", title="联名连帽卫衣", spec="黑/M")]
    found = propose(rows, HOODIE)
    assert pairs(found) == {"1/": "A-BK-M"}
    assert [each.product_id for each in found.unmatched] == ["2"]


TITLES = st.sampled_from(["联名连帽卫衣", "连帽卫衣", "基础卫衣", "棉袜", "A", ""])
SPECS = st.sampled_from(["黑/M", "黑色 L", "白;M", "均码", "", "38"])
CODES = st.sampled_from(["", "A1", "a1", "00123", "123", "B", "Ｂ"])


@settings(deadline=None)
@given(
    rows=st.lists(
        st.builds(PlatformRow, st.sampled_from("123"), st.sampled_from("12345"), TITLES, SPECS, CODES),
        unique_by=lambda row: row.key,
        max_size=12,
    ),
    skus=st.lists(
        st.builds(sku, CODES.filter(bool), TITLES, SPECS), unique_by=lambda sku: sku.id, max_size=7
    ),
    data=st.data(),
)
def test_one_to_one_complete_and_the_same_in_any_order(
    rows: list[PlatformRow], skus: list[Sku], data: st.DataObject
) -> None:
    found = propose(rows, skus)
    chosen = [match.sku for match in found.matches]
    assert len(set(chosen)) == len(chosen)
    accounted = (
        [match.row for match in found.matches] + [each.row for each in found.unclear] + [*found.unmatched]
    )
    assert sorted(each.key for each in accounted) == sorted(each.key for each in rows)
    assert sorted([*chosen, *found.unlisted]) == sorted(each.id for each in skus)
    for match in found.matches:
        if match.how == "title":
            assert match.score >= LEAST
        if match.how == "code":
            assert match.sku == match.row.outer_id
    assert propose(data.draw(st.permutations(rows)), data.draw(st.permutations(skus))) == found


def test_lists_that_are_too_long_or_repeat_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="product and SKU id"):
        propose([row("1", "1"), row("1", "1")], [])
    with pytest.raises(ValueError, match="at most"):
        propose([row(str(n)) for n in range(MAX_ROWS + 1)], [])


def test_a_long_list_of_one_title_ends_soon() -> None:
    rows = [row(str(n), title="卫衣", spec="黑/M") for n in range(5_000)]
    begin = time.perf_counter()
    found = propose(rows, [sku(f"S{n}", "卫衣", "黑/M") for n in range(5_000)])
    assert time.perf_counter() - begin < 10
    assert (len(found.matches), len(found.unmatched)) == (0, 5_000)


def test_a_real_list_is_matched_soon_and_whole() -> None:
    """1,200 SKUs of 150 products, by title alone."""
    kinds = [f"{a}{b}{c}" for a in ("联名", "基础", "加绒", "宽松", "复古") for b in ("连帽", "圆领", "立领") for c in
             ("卫衣", "夹克", "长裤", "衬衫", "毛衣", "马甲", "风衣", "短裙", "T恤", "大衣")]  # fmt: skip
    specs = [(colour, size) for colour in ("黑", "白") for size in ("S", "M", "L", "XL")]
    skus = [sku(f"{kind}-{c}-{s}", kind, f"{c}/{s}") for kind in kinds for c, s in specs]
    rows = [
        row(str(n), f"{c}{s}", title=f"【热卖】{kind}", spec=f"颜色:{c}色;尺码:{s}")
        for n, kind in enumerate(kinds)
        for c, s in specs
    ]
    begin = time.perf_counter()
    found = propose(rows, skus)
    assert time.perf_counter() - begin < 10
    wrong = [
        m
        for m in found.matches
        if m.sku != f"{kinds[int(m.row.product_id)]}-{m.row.sku_id[0]}-{m.row.sku_id[1:]}"
    ]
    assert not wrong
    assert len(found.matches) == len(skus) == 1_200


@pytest.mark.parametrize(
    ("spec", "attrs"),
    [
        ("黑/M", {"色": "黑", "码": "M"}),
        ("XL 灰色", {"色": "灰色", "码": "XL"}),
        ("颜色:黑;尺码:38", {"色": "黑", "码": "38"}),
        ("颜色分类：米白；尺码：160cm", {"色": "米白", "码": "160cm"}),
        ("均码", {"码": "均码"}),
        ("2XL", {"码": "2XL"}),
        ("香草味 500ml*2", {"规格": "香草味 500ml*2"}),
        ("12", {"规格": "12"}),
        ("", {}),
    ],
)
def test_specs_are_taken_apart_where_that_is_plain(spec: str, attrs: dict[str, str]) -> None:
    assert attributes(spec) == attrs


def test_specs_and_titles_are_compared_by_what_they_mean() -> None:
    assert spec_words("颜色:黑色;尺码:2XL") == spec_words("黑/XXL") == spec_words("ＸＸＬ码，黑")
    assert spec_words("黑/M") != spec_words("黑/L")
    assert likeness(plain_title("【新】联名 卫衣!"), plain_title("联名卫衣")) == 1
    assert likeness("", "") == 0
    assert 0 < MARGIN < 1 - LEAST


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_between_nothing_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
