"""A message of Taobao's that can't be taken in is said to have failed, and taken when it comes again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from rehearsal import rehearsal

from stockwatch.channels.taobao import tmc
from stockwatch.channels.taobao.intake import FAILED_FOR_GOOD
from stockwatch.channels.wire import Keys, Nudge
from stockwatch.lab.face import Reply, Request
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware
from stockwatch.lab.outbox import Outbox
from stockwatch.lab.taobao import TOKEN
from stockwatch.lab.world import Booth, now_ms

WARES = [Ware("A", "a", 1000)]
FAULTS = Faults(duplicated=0.0, late_s=0.0, latency_s=0.01, list_lag_s=0.0, again_s=0.4)
NOT_THERE = {"error_response": {"code": 15, "sub_code": "isv.trade-not-exist", "sub_msg": "no such trade"}}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str | None]]:
    """What the lab hears of its messages: their numbers, and reasons."""
    heard: list[tuple[int, str | None]] = []
    confirm, fail = Outbox.confirm, Outbox.fail

    def confirmed(self: Outbox, number: int) -> None:
        heard.append((number, None))
        confirm(self, number)

    def failed(self: Outbox, number: int, reason: str, at_ms: int) -> None:
        heard.append((number, reason))
        fail(self, number, reason, at_ms)

    monkeypatch.setattr(Outbox, "confirm", confirmed)
    monkeypatch.setattr(Outbox, "fail", failed)
    return heard


def no_details(booth: Booth, times: int, answer: Reply) -> None:
    """So many times the platform doesn't give an order's details."""
    handle: Callable[[Request, int], Reply] = booth.face.handle
    left = [times]

    def handled(request: Request, at_ms: int) -> Reply:
        if b"method=taobao.trade.fullinfo.get" in request.body and left[0] > 0:
            left[0] -= 1
            return answer
        return handle(request, at_ms)

    booth.face.handle = handled  # type: ignore[method-assign]


async def test_an_order_whose_detail_was_not_there_arrives_once_when_it_is_sent_again(said: list[Any]):
    """Nothing but the message can bring it: polling rests, and what is refused is not asked for again."""
    async with rehearsal(["taobao"], WARES, FAULTS, every_s=600.0, unpaid_s=600.0) as world:
        booth = world.lab.booths["taobao"]
        booth.buyers.haste = 1e-4
        no_details(booth, 2, Reply(200, json.dumps(NOT_THERE).encode()))
        order = booth.buyers.buy(now_ms())
        assert order is not None
        await world.until(lambda: len(said) == 3, 6)
        (number, why), (again, _), (taken, confirmed) = said
        assert number == again == taken
        assert "trade-not-exist" in why
        assert confirmed is None
        assert booth.outbox.waiting == {}
        placed = [frame for frame in world.sink.frames if b"order.placed" in frame]
        assert len(placed) == len(order.lines)
        assert world.booked() == world.expected()


async def test_a_platform_that_fails_is_told_so_before_its_detail_is_there(said: list[Any]):
    async with rehearsal(["taobao"], WARES, FAULTS, every_s=600.0, unpaid_s=600.0) as world:
        booth, feed = world.lab.booths["taobao"], world.feeds["taobao"]
        booth.buyers.haste = 1e-4
        ask = feed.client.ask

        async def asked(*args: Any, **how: Any) -> bytes:
            return await ask(*args, **{**how, "tries": 1})

        feed.client.ask = asked  # type: ignore[method-assign]
        no_details(booth, 1, Reply(502, b"bad gateway"))
        booth.buyers.buy(now_ms())
        await world.until(lambda: len(said) >= 2, 8)
        assert "502" in said[0][1]
        assert {reason for _, reason in said[1:]} == {None}
        assert world.booked() == world.expected()
        assert world.sink.aside == []


async def test_a_message_that_is_garbled_each_time_is_given_up_after_a_few_failures(said: list[Any]):
    async with rehearsal(
        ["taobao"], WARES, replace(FAULTS, again_s=0.1), every_s=0.5, unpaid_s=600.0
    ) as world:
        booth = world.lab.booths["taobao"]
        booth.buyers.haste = 1e-4
        garbled = {
            "__kind": tmc.byte(tmc.DATA), "id": tmc.int64(650_000_000_000_000_009),
            "topic": "taobao_trade_TradeCreate", "content": b"\x1f\x8bno gzip",
        }  # fmt: skip
        booth.outbox.put(9, tmc.encode(tmc.Frame(tmc.SEND, garbled, TOKEN)))
        for line in booth.lines:
            line.put_nowait(9)
        await world.until(lambda: booth.outbox.waiting == {}, 6)
        assert [reason is None for _, reason in said] == [False] * FAILED_FOR_GOOD + [True]
        assert len(world.sink.aside) == 1


def test_a_failure_says_why_in_128_characters_at_most():
    frame = tmc.decode(tmc.fail("TOKEN", 653171026979364302, "坏\n" * 200))
    assert (frame.kind, frame.token, frame.content["__kind"]) == (tmc.SEND, "TOKEN", 20)
    assert frame.content["id"] == 653171026979364302
    assert len(frame.content["msg"]) == 128
    assert "\n" not in frame.content["msg"]
    assert tmc.message_of(frame, Keys()) is None


async def test_all_messages_of_an_order_are_heard_of_and_the_latest_counts():
    """Told as it was between the two, it is asked for once more, whichever came last."""
    async with rehearsal(["taobao"], WARES, FAULTS, push=False, every_s=600.0, unpaid_s=600.0) as world:
        booth, feed = world.lab.booths["taobao"], world.feeds["taobao"]
        booth.buyers.haste = 1e-4
        order = booth.buyers.buy(now_ms())
        assert order is not None
        heard: list[Any] = []
        feed.nudge([Nudge(str(order.id), "m1", None)], heard.append)
        await world.until(lambda: heard == [None], 5)
        for message, ahead_s in (("m3", 5), ("m2", -5), ("m2", -5)):
            at_us = (order.updated_ms + ahead_s * 1000) * 1000
            feed.nudge([Nudge(str(order.id), message, at_us)], heard.append)
        await world.until(lambda: heard == [None] * 4, 5)
        assert booth.face.door.asked["taobao.trade.fullinfo.get"] == 2
        assert feed.repeated == 1
