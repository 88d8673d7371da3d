"""The platforms' ids beside a room: what is written is read back, and a file that was spoiled says where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwatch.sheets.numbers import read_numbers, write_numbers
from stockwatch.sheets.plan import Number
from stockwatch.sheets.problems import SheetError

IDS = st.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True)
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)


@given(
    st.lists(
        st.builds(Number, NAMES, IDS, st.none() | IDS, NAMES, st.none(), st.just("") | NAMES)
        | st.builds(Number, NAMES, st.none() | IDS, IDS, st.none(), NAMES, st.just("")),
        max_size=5,
    )
)
def test_what_is_written_is_read_back(numbers: list[Number]) -> None:
    assert read_numbers(write_numbers(numbers, "a heading\nof two lines")) == numbers


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('channel = "douyin"\nproduct_id = 3561234567890123456\nsku = "A"', "product_id: an id in quotes"),
        ('channel = "douyin"\nproduct_id = "3.5E+18"\nsku = "A"', "product_id: an id in quotes"),
        ('channel = "douyin"\nsku = "A"', "product_id or sku_id"),
        ('channel = "douyin"\nproduct_id = "1"', "either a sku or a listing"),
        ('channel = "douyin"\nproduct_id = "1"\nsku = "A"\nlisting = "L"', "either a sku or a listing"),
        ('product_id = "1"\nsku = "A"', "channel"),
        ('channel = "douyin"\nproduct = "1"\nsku = "A"', "its keys are"),
        ("x = ", "no TOML"),
    ],
)
def test_an_entry_that_can_not_be_used_is_named(entry: str, says: str) -> None:
    with pytest.raises(SheetError, match=says):
        read_numbers(f"[[map]]\n{entry}\n")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for written in (text, f"map = [{text}]", f"[[map]]\n{text}"):
        try:
            numbers = read_numbers(written)
        except SheetError:
            continue
        assert read_numbers(write_numbers(numbers)) == numbers


def test_a_deep_file_is_refused() -> None:
    with pytest.raises(SheetError):
        read_numbers("map = " + "[" * 100_000)
