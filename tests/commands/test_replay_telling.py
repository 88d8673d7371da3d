"""A headless replay as people read it: one line an alert or action, in their language, whatever a feed puts there."""

from __future__ import annotations

import pytest

from stockwatch.commands.replay import Teller
from stockwatch.events import encode


def told(**data: object) -> str:
    raw = encode(
        type="alert.acknowledged",
        source="s",
        id="1",
        time="2025-11-11T20:00:07.000+08:00",
        subject="H\x1b[31mM",
        data=data,
    )
    return Teller().line(raw).decode()


@pytest.mark.parametrize(("locale", "words"), [("zh_CN.UTF-8", "剩 5 件"), ("en_US.UTF-8", "5 left")])
def test_it_says_why_in_the_users_language(monkeypatch, locale, words):
    monkeypatch.setenv("LC_ALL", locale)
    line = told(tier="THRESHOLD", by="小林", reason={"zh": "剩 5 件", "en": "5 left"})
    assert line.startswith("20:00:07")
    assert words in line
    assert "by 小林" in line


@pytest.mark.parametrize("value", [5, None, {"en": 5, "zh": 5}, {"en": {}}, [1], "\x1b]0;title\x07[red]"])
def test_hostile_members_are_one_line_of_plain_text(value):
    line = told(reason=value, by=value, tier=value)
    assert line.count("\n") == 1
    assert "\x1b" not in line
