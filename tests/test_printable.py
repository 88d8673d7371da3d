"""Outside text that is printed acts on no terminal and hides nothing."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from stockwatch.printable import printable


@given(st.text())
def test_nothing_that_acts_or_hides_passes(text: str) -> None:
    shown = printable(text)
    assert all(unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029" for c in shown)
    shown.encode("utf-8")


def test_what_shows_as_itself_stays() -> None:
    assert printable("联名款卫衣 M [bold] {x} 🧥 é") == "联名款卫衣 M [bold] {x} 🧥 é"


def test_what_is_escaped_can_be_recognised() -> None:
    assert printable("\x1b[31m\n\x9b\u202e\u200b\ud800\U000e0001") == (
        "\\x1b[31m\\x0a\\x9b\\u202e\\u200b\\ud800\\U000e0001"
    )


def test_long_text_is_cut_and_says_so() -> None:
    assert printable("abcdef", 3) == "abc…"
    assert printable("abc", 3) == "abc"
    assert len(printable("\x1b" * 1000, 10)) == 41
