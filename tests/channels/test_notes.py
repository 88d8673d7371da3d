"""What is wrong with a platform is said in both languages."""

from __future__ import annotations

from typing import get_args

import httpx
import pytest

from stockwatch.channels import notes
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
