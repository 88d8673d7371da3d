"""Every problem in a room.toml is told with its line: the finder must be right on every TOML that tomllib accepts."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.config.lines import find_lines, line_of, quote_keys
from stockwatch.config.problems import KeyPath


def paths_of(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Every path of a parsed document."""
    found = {path} if path else set()
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, child in children:
        found |= paths_of(child, (*path, step))
    return found


TRICKY = {
    "strings that look like keys": 'a = """\nb = 1\n[c]\n"""\nd = 4\n',
    "quotes at the end of a long string": 'a = """x""""\nb = """"x"""""\nc = 3\n',
    "literal strings": "a = '''\n[[x]]\n'''''\nb = 'c = \"'\nd = 5\n",
    "escaped quotes": 'a = "\\"b = 1"\nc = """\\""" # d\n"""\ne = 4\n',
    "comments": "# a = 1\nb = 2 # c = 3 ]\n[d] # [e]\nf = 5\n",
    "arrays over lines": 'a = [\n  1, # one ]\n\n  [2,\n   3],\n  "]",\n]\nb = 9\n',
    "inline tables": 'a = { b = 1, c = { d = "}" }, e = [{ f = 1 }, { f = 2 }] }\ng = 2\n',
    "dotted and quoted keys": 'a.b."c.d" = 1\n"e\\u0020f" = 2\n\'g\' . h = 3\n',
    "arrays of tables in arrays of tables": "[[a]]\nx = 2\n[[a.b]]\ny = 4\n[[a.b]]\ny = 6\n"
    "[[a]]\n[a.c]\nz = 9\n[[a.b]]\ny = 11\n",
    "a table named after what it holds": "[a.b]\nc = 2\n[a]\nd = 4\n",
    "spaces in headers": '[[ a . "b" ]]\nc = 2\n[ d ]\ne = 4\n',
    "dates with a space": "a = 1979-05-27 07:32:00Z\nb = [1979-05-27 07:32:00, 07:32:00]\nc = 3\n",
    "empty things": 'a = []\nb = {}\nc = ""\nd = \'\'\ne = """"""\n[f]\n[[g]]\n',
    "tabs and no line end": "\ta\t=\t1\t#x\n\t[b]\n\tc\t=\t3",
    "windows lines": "a = 1\r\nb = '''\r\n'''\r\nc = 4\r\n",
}


@pytest.mark.parametrize("text", TRICKY.values(), ids=TRICKY.keys())
def test_the_finder_knows_exactly_the_paths_that_tomllib_knows(text: str) -> None:
    assert set(find_lines(text)) == paths_of(tomllib.loads(text))


def test_values_that_are_their_own_line_numbers() -> None:
    text = TRICKY["arrays of tables in arrays of tables"]
    document, lines = tomllib.loads(text), find_lines(text)
    checked = 0
    for path in paths_of(document):
        value: Any = document
        for step in path:
            value = value[step]
        if isinstance(value, int):
            assert lines[path] == value
            checked += 1
    assert checked == 5
    assert lines["a", 0] == 1
    assert lines["a", 1] == 7
    assert lines["a", 0, "b", 1] == 5
    assert lines["a", 1, "c"] == 8


def test_lines_after_long_strings_and_windows_line_ends() -> None:
    lines = find_lines(TRICKY["windows lines"])
    assert (lines["a",], lines["b",], lines["c",]) == (1, 2, 4)
    lines = find_lines(TRICKY["escaped quotes"])
    assert (lines["c",], lines["e",]) == (2, 4)
    lines = find_lines(TRICKY["arrays over lines"])
    assert (lines["a", 0], lines["a", 1], lines["a", 1, 1], lines["a", 2], lines["b",]) == (2, 4, 5, 6, 8)


def test_the_line_of_what_is_missing_is_the_line_of_what_holds_it() -> None:
    lines = find_lines("[room]\n\n[[sku]]\nid = 1\n")
    assert line_of(lines, ("sku", 0, "title")) == 3
    assert line_of(lines, ("nothing",)) is None


keys = st.one_of(
    st.sampled_from(["a", "b", "c-d", "1"]), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
)
scalars = st.one_of(
    st.integers(-9, 9),
    st.booleans(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(['"""', "'''", "\\", "#", "[[a]]", "b = 1", "]", "}", '"\n"']),
    st.datetimes(),
)
documents = st.dictionaries(
    keys,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(documents, st.booleans())
def test_any_document_that_can_be_written_is_found_whole(document: dict[str, Any], multiline: bool) -> None:
    text = tomli_w.dumps(document, multiline_strings=multiline)
    parsed = tomllib.loads(text)
    assert quote_keys(text) == text
    lines = find_lines(text)
    assert set(lines) == paths_of(parsed)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_chinese_keys_need_no_quotes_and_texts_are_left_alone() -> None:
    text = "attrs = { 色 = \"黑 = 白\", 码=\"M\" } # 尺 = 1\nattrs2.款 = 2\n\"款\" = '''\n色 = 1'''\n"
    quoted = quote_keys(text)
    assert tomllib.loads(quoted) == {
        "attrs": {"色": "黑 = 白", "码": "M"},
        "attrs2": {"款": 2},
        "款": "色 = 1",
    }
    assert quoted.count("\n") == text.count("\n")
    assert "# 尺 = 1" in quoted
