"""Outside text on a terminal: shown, never acted on; cut by cells."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.console.escape import cells, clean, fit, lines, plain_glyphs

ANY_TEXT = st.text(st.characters(), max_size=60)
NASTY = st.text(
    st.sampled_from("ab 中\x1b\x9b\x00\x7f\t\n\r\u202e\u2066\u200b\u200d\ufe0f\u0301👨👩⚠\ud800\ufeff\u2028"),
    max_size=30,
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("联名款卫衣 黑 M", "联名款卫衣 黑 M"),
        ("a\x1b[31mb", "a␛[31mb"),
        ("\x9b31m", "\\x9b31m"),
        ("a\x00b\x7f", "a␀b␡"),
        ("one\ttwo\nthree\r\n", "one two three  "),
        ("\u202eevil", "\\u202eevil"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("line\u2028sep\u2029", "line\\u2028sep\\u2029"),
        ("\ud800 alone", "\\ud800 alone"),
        ("\ufeffbom", "\\ufeffbom"),
        ("blank\u3164name", "blank\\u3164name"),
        ("👨\u200d👩\u200d👧", "👨👩👧"),
        ("a\u200db", "a\\u200db"),
        ("⚠\ufe0f", "⚠"),
        ("é e\u0301", "é e\u0301"),
        ("\u0301first", "◌\u0301first"),
        ("z" + "\u0301" * 5, "z" + "\u0301" * 3 + "\\u0301" * 2),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_what_a_terminal_would_act_on_is_shown(raw, shown):
    assert clean(raw) == shown


@settings(max_examples=120)
@given(ANY_TEXT | NASTY)
def test_clean_text_is_harmless_and_stays_as_it_is(raw):
    shown = clean(raw)
    assert clean(shown) == shown
    shown.encode("utf-8")
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def test_every_single_character_is_harmless():
    bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    for start in range(0, sys.maxunicode + 1, 256):
        shown = clean("a".join(map(chr, range(start, start + 256))))
        assert shown.count("a") >= 255, "what stands beside it stays"
        assert not bad.intersection(map(unicodedata.category, shown)), hex(start)


def test_long_text_is_cleaned_too():
    assert clean("\x1b" * 5000) == "␛" * 5000


@settings(max_examples=120)
@given(ANY_TEXT | NASTY, st.integers(-2, 30), st.sampled_from(["left", "right", "center"]), st.booleans())
def test_fit_always_fills_exactly_its_cells(raw, width, align, ascii):
    assert cells(fit(clean(raw), width, align, ascii=ascii)) == max(width, 0)


@pytest.mark.parametrize(
    ("text", "width", "align", "ascii", "shown"),
    [
        ("卫衣", 6, "left", False, "卫衣  "),
        ("卫衣", 6, "right", False, "  卫衣"),
        ("卫衣", 6, "center", False, " 卫衣 "),
        ("联名款卫衣", 5, "left", False, "联名…"),
        ("联名款卫衣", 6, "left", False, "联名… "),
        ("联名款卫衣", 6, "left", True, "联名.."),
        ("联名款卫衣", 5, "left", True, "联.. "),
        ("联名款卫衣", 1, "left", False, " "),
        ("abcdef", 4, "right", False, "abc…"),
        ("a b", 2, "left", False, "a…"),
        ("abc", 0, "left", False, ""),
    ],
)
def test_a_wide_glyph_is_never_cut_in_half(text, width, align, ascii, shown):
    assert fit(text, width, align, ascii=ascii) == shown


def test_lines_break_between_words_and_anywhere_in_chinese():
    assert lines("the fastest restock lands", 12) == ["the fastest", "restock", "lands"]
    assert lines("黑 M 剩23件,每分钟走4.6件", 14) == ["黑 M 剩23件,每", "分钟走4.6件"]


def test_a_line_never_begins_with_a_full_stop():
    assert lines("一二三四。", 8) == ["一二三", "四。"]


@settings(max_examples=120)
@given(ANY_TEXT, st.integers(2, 30))
def test_lines_keep_every_character_and_fit(raw, width):
    text = clean(raw)
    broken = lines(text, width)
    assert all(cells(line) <= width for line in broken)
    assert "".join(broken).replace(" ", "") == text.replace(" ", "")


def test_lines_beyond_the_limit_end_with_an_ellipsis():
    assert lines("one two three four", 5, 2) == ["one", "two …"]
    assert lines("one", 5, 1) == ["one"]
    assert lines("one two", 3, 0) == []
    assert lines("one", 0) == []


def test_our_own_marks_have_an_ascii_form():
    assert plain_glyphs("紧急 → 无 · 6–12…") == "紧急 -> 无 | 6-12.."
