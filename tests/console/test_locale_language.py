"""The language and character set of the screen where nothing is set: by the locale, as the commands have it."""

from __future__ import annotations

import pytest

from stockwatch.console.words import pick_ascii, pick_language
from stockwatch.narration import language


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        # What Python makes of it where zh_CN is not installed, as on most servers.
        ({"LANG": "zh_CN.UTF-8", "LC_CTYPE": "C.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({}, "en"),
    ],
)
def test_the_screen_speaks_the_language_of_the_commands(env, expected, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert pick_language(None, env) == expected == language()


def test_glyphs_follow_the_character_set_alone():
    assert not pick_ascii({"LANG": "zh_CN.UTF-8", "LC_CTYPE": "C.UTF-8"})
    assert pick_ascii({"LANG": "zh_CN.UTF-8", "LC_CTYPE": "C"})
