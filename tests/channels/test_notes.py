"""What is wrong with a platform is said in both languages."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import httpx
import pytest

import stockwatch.channels
from stockwatch.channels import notes, phrases
from stockwatch.channels.client import Client
from stockwatch.channels.douyin import Douyin
from stockwatch.channels.wire import ApiError, Keys, Kind
from stockwatch.feeds.notes import NOTHING, together
from stockwatch.room.view import Text


def test_every_kind_of_failure_has_its_words_in_both_languages():
    told = {notes.said(ApiError(kind, "order.detail: 7 no")) for kind in get_args(Kind)}
    assert len(told) == len(get_args(Kind))
    for text in told:
        assert text.zh != text.en
        assert text.zh.endswith("order.detail: 7 no")
        assert text.en.endswith("order.detail: 7 no")


def _notes_in(path: Path) -> Iterator[tuple[int, str]]:
    """The literal text of what every ApiError of a file says, with its line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ApiError":
            note = node.args[1]
            both = isinstance(note, ast.Call) and isinstance(note.func, ast.Name) and note.func.id == "Text"
            for part in () if both else ast.walk(note):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.lineno, part.value


def test_what_adapters_say_in_their_own_words_comes_from_the_phrases_of_both_languages():
    room = Path(stockwatch.channels.__file__).parent
    found = {path: list(_notes_in(path)) for path in room.rglob("*.py")}
    assert sum(map(len, found.values())) > 10
    # What was asked, a status, the mark of a log or what the platform itself said may stand there; a sentence may not.
    ours = re.compile(r"[\w./]*:?( HTTP)? ?(429)?| \(log |\)")
    wrong = [
        f"{path.name}:{line}: {text}"
        for path, notes_of in found.items()
        for line, text in notes_of
        if not ours.fullmatch(text)
    ]
    assert wrong == []


def _phrases() -> Iterator[tuple[str, Text]]:
    for name, value in vars(phrases).items():
        if isinstance(value, Text):
            yield name, value
        elif inspect.isfunction(value) and value.__module__ == phrases.__name__ and name[0] != "_":
            given = [
                Text("店", "shop") if "Text" in str(one.annotation) else "7"
                for one in inspect.signature(value).parameters.values()
            ]
            yield name, value(*given)


def test_every_phrase_is_chinese_for_one_and_english_for_the_other():
    told = dict(_phrases())
    assert len(told) > 15
    for name, text in told.items():
        assert re.search(r"[\u4e00-\u9fff]{2}", text.zh), name
        assert not re.search(r"[\u4e00-\u9fff]", text.en), name


def test_notes_that_say_nothing_leave_no_trace():
    assert together(NOTHING, NOTHING) == NOTHING
    assert together(NOTHING, Text("慢", "slow"), Text("停", "out")) == Text("慢;停", "slow; out")


async def test_a_platform_that_does_not_answer_is_told_of_in_both_languages():
    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    client = Client(Douyin(), Keys(app_key="1", app_secret="s"), transport=httpx.MockTransport(late))
    with pytest.raises(ApiError) as raised:
        await client.ask(Douyin().detail("1"), tries=1)
    assert notes.said(raised.value) == Text(
        "平台没答上来:对方没有按时回应", "platform failed: the server did not answer in time"
    )
    assert str(raised.value) == "the server did not answer in time"
