"""A figure that somebody else changed stands in the header in red, as far as the feeds' health leaves room."""

from __future__ import annotations

import pytest

from stockwatch.console.escape import cells
from stockwatch.console.header import HeaderState, header_lines
from stockwatch.console.words import words
from stockwatch.room.view import Text
from tests.console import rooms

SAID = Text("3号 抖店 被外部改 20→500(20:13:05)", "#3 Douyin changed from outside 20→500 (20:13:05)")


def lines(width: int, said: Text = SAID, feeds=(), language="zh", lost=False):  # type: ignore[no-untyped-def]
    header = rooms.header(overwritten=2, overwrite=said)
    return header_lines(HeaderState(header, tuple(feeds), lost=lost), words(language), width)


@pytest.mark.parametrize(
    ("language", "count", "said"), [("zh", "改库 2", SAID.zh), ("en", "2 changed outside", SAID.en)]
)
@pytest.mark.parametrize("width", [80, 120])
def test_both_languages_say_how_many_and_the_latest_in_red(language, count, said, width):
    first, second = lines(width, language=language)
    assert (count, "short") in first
    assert (said, "short") in second


@pytest.mark.parametrize("width", [0, 1, 24, 40, 60, 80, 120])
def test_the_feeds_health_is_never_pushed_out_and_nothing_from_outside_is_obeyed(width):
    hostile = Text(rooms.HOSTILE * 3, rooms.HOSTILE * 3)
    _, second = lines(width, hostile, rooms.feeds())
    assert sum(cells(text) for text, _ in second) == width
    assert "\x1b" not in "".join(text for text, _ in second)
    _, calm = header_lines(HeaderState(rooms.header(), tuple(rooms.feeds())), words("zh"), width)
    feeds = [piece for piece in calm if piece[1] in ("good", "bad", "warn")]
    assert [piece for piece in second if piece[1] in ("good", "bad", "warn")] == feeds


def test_a_picture_that_is_old_says_so_first():
    _, second = lines(80, lost=True)
    assert "short" not in {style for _, style in second}
