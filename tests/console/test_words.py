"""Words: both languages whole, short words short, placeholders alike, and the right language chosen."""

import re
from pathlib import Path

import pytest

import stockwatch.console
from stockwatch.console.escape import cells, clean
from stockwatch.console.keys import BY_ID
from stockwatch.console.words import (
    Words,
    all_words,
    fill,
    pick_ascii,
    pick_language,
    restock_state,
    say,
    tier_full,
    tier_glyph,
    tier_word,
    words,
)
from stockwatch.room.view import TIERS, Text

ENTRIES = sorted(all_words().items())
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize(("name", "word"), ENTRIES, ids=[name for name, _ in ENTRIES])
def test_every_word_is_there_in_both_languages(name, word):
    assert word.zh.strip()
    assert word.en.strip()
    assert not CHINESE.search(word.en)
    assert clean(word.zh) == word.zh
    assert clean(word.en) == word.en
    assert set(re.findall(r"\{(\w+)\}", word.zh)) == set(re.findall(r"\{(\w+)\}", word.en))
    assert "{}" not in word.zh + word.en
    if word.short:
        assert cells(word.zh) <= 6
        assert cells(word.en) <= 6


def test_every_word_is_said_somewhere():
    folder = Path(stockwatch.console.__file__).parent
    source = "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))
    said = set(re.findall(r"\b(?:w|_?words|table)\s*\.\s*(\w+)", source))
    assert {name for name, _ in ENTRIES} <= said


def test_column_words_are_the_operators_own():
    zh = words("zh")
    assert [zh.sellable, zh.available, zh.reserved, zh.in_transit, zh.velocity, zh.eta] == [
        "可卖", "可用", "锁单", "在途", "件/分", "约售罄",
    ]  # fmt: skip
    labels = [
        BY_ID[name].label.zh
        for name in ("acknowledge", "restock", "substitute", "count", "release", "present")
    ]
    assert labels == ["认领", "补货", "换品", "盘点", "放单", "讲解"]
    assert [zh.stale, zh.down, zh.replay] == ["滞后", "断流", "回放"]


def test_tables_are_one_object_a_language():
    assert words("en") is words("en")
    assert isinstance(words("zh"), Words)


def test_filling_leaves_braces_of_outside_text_alone():
    assert fill("补货 {title}", title="{0} {title} %s") == "补货 {0} {title} %s"
    with pytest.raises(KeyError):
        fill("{missing}")


@pytest.mark.parametrize(
    ("setting", "env", "language"),
    [
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_US.UTF-8"}, "zh"),
        (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, {}, "en"),
        ("fr", {"LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_setting_rules_then_the_locale(setting, env, language):
    assert pick_language(setting, env) == language


@pytest.mark.parametrize(
    ("env", "ascii"),
    [
        ({"LANG": "zh_CN.UTF-8"}, False),
        ({"LANG": "C.utf8"}, False),
        ({"LANG": "en_US.utf-8@euro"}, False),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, True),
        ({"LC_ALL": "", "LANG": "zh_CN.GBK"}, True),
        ({"LANG": "zh_CN"}, True),
        ({}, True),
    ],
)
def test_ascii_unless_the_locale_is_utf8(env, ascii):
    assert pick_ascii(env) is ascii


def test_tiers_differ_by_glyph_and_word_in_one_cell():
    for ascii in (False, True):
        glyphs = [tier_glyph(tier, ascii=ascii) for tier in range(len(TIERS))]
        assert len(set(glyphs)) == 4
        assert all(cells(glyph) == 1 for glyph in glyphs)
        assert not ascii or all(glyph.isascii() for glyph in glyphs)
    assert [tier_word(tier, words("zh")) for tier in range(4)] == ["正常", "趋势", "阈值", "紧急"]
    assert tier_full(3, words("en")).startswith("CRITICAL")


def test_sentences_of_the_room_come_in_the_tables_language():
    assert say(Text("剩3件", "3 left"), words("zh")) == "剩3件"
    assert say(Text("剩3件", "3 left"), words("en")) == "3 left"


@pytest.mark.parametrize("state", ["asked", "confirmed", "shipped", "refused", "received"])
def test_every_restock_state_has_a_short_word(state):
    assert all(0 < cells(restock_state(state, words(language))) <= 6 for language in ("zh", "en"))
