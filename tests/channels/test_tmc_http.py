"""Taobao's messages asked for at its gateway: the same messages, confirmed no earlier."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rehearsal import BookSink, rehearsal

from stockwatch.channels.taobao import tmc, tmc_http
from stockwatch.channels.trial import steps
from stockwatch.channels.wire import Keys
from stockwatch.config import Channel, ConfigError, RoomConfig, load_room
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware, keys_of
from stockwatch.lab.world import now_ms

WARES = [Ware("A", "a", 10_000), Ware("B", "b", 10_000)]
QUIET = Faults(duplicated=0.0, late_s=0.0, latency_s=0.01, list_lag_s=0.0, again_s=0.5)


class HeldSink(BookSink):
    """A sink that takes nothing until it may."""

    def __init__(self, wares: Sequence[Ware]) -> None:
        super().__init__(wares)
        self.may = asyncio.Event()
        self.asked = asyncio.Event()

    async def put(self, channel: str, frames: Sequence[bytes], cursor: str | None) -> None:
        if frames:
            self.asked.set()
            await self.may.wait()
        await super().put(channel, frames, cursor)


async def test_the_books_end_equal_to_the_platforms_own():
    faults = Faults(
        duplicated=0.2,
        lost=0.1,
        late_s=0.3,
        latency_s=0.01,
        token_s=1.0,
        failing=0.05,
        list_lag_s=0.3,
        again_s=1.0,
    )
    async with rehearsal(["taobao"], WARES, faults, messages="http", every_s=1.0, unpaid_s=1.0) as world:
        world.rate(80)
        await world.until(lambda: world.orders() >= 60, 15)
        world.rate(0)
        await world.settle(15)
        booth = world.lab.booths["taobao"]
        await world.until(lambda: booth.outbox.waiting == {}, 5)
        asked = booth.face.door.asked
        assert asked["taobao.tmc.messages.confirm"] < booth.outbox.confirmed, "confirmed together"
        assert set(world.sink.outcomes) <= {"accepted", "noop", "duplicate"}, world.sink.outcomes


async def test_a_message_is_confirmed_once_its_order_is_handed_over():
    sink = HeldSink(WARES)
    async with rehearsal(
        ["taobao"], WARES, QUIET, messages="http", every_s=600.0, unpaid_s=600.0, sink=sink
    ) as world:
        booth = world.lab.booths["taobao"]
        booth.buyers.haste = 1e-4
        assert booth.buyers.buy(now_ms()) is not None
        await asyncio.wait_for(sink.asked.wait(), 5)
        handed = booth.face.door.asked["taobao.tmc.messages.consume"]
        # Meanwhile it is handed out again, and known.
        await world.until(lambda: booth.face.door.asked["taobao.tmc.messages.consume"] > handed + 2, 5)
        assert booth.outbox.confirmed == 0
        sink.may.set()
        await world.until(lambda: booth.outbox.confirmed == 1 and booth.outbox.waiting == {}, 5)
        assert world.booked() == world.expected()
        assert world.sink.outcomes["duplicate"] == 0


def test_a_message_that_can_not_be_read_keeps_its_id_and_its_neighbours():
    content = '{"tid":1925596844810842,"seller_nick":"s"}'
    rows = [
        {"id": 1172200053212681005, "topic": "taobao_trade_TradeCreate", "pub_time": "2014-01-26 17:39:41",
         "content": content},
        {"id": 1172200053212681006, "topic": "taobao_trade_TradeCreate", "content": "{"},
        {"id": 1172200053212681007, "topic": 5},
        {"topic": "taobao_trade_TradeCreate"},
        {"id": 1172200053212681008, "topic": "taobao_item_ItemUpdate", "content": "{}"},
    ]  # fmt: skip
    answer = json.dumps({"messages": {"tmc_message": rows}}).encode()
    whole, broken, odd, nameless, other = tmc_http.messages_of(answer, Keys())
    assert isinstance(whole, tmc.Message)
    assert whole.nudge is not None
    assert (whole.nudge.order, whole.nudge.message) == ("1925596844810842", "1172200053212681005")
    assert whole.nudge.at_us == 1390729181 * 1_000_000
    for found, ids in ((broken, (1172200053212681006,)), (odd, (1172200053212681007,)), (nameless, ())):
        assert isinstance(found, tmc_http.Unreadable)
        assert found.why.args[1:] == ids
    assert other == tmc.Message(1172200053212681008, "taobao_item_ItemUpdate", None)
    assert tmc_http.messages_of(b'{"request_id":"1"}', Keys()) == []


def room(tmp_path: Path, messages: str) -> Path:
    path = tmp_path / "room.toml"
    path.write_text(
        f'[room]\nid = "r"\n[[channel]]\nid = "t"\nfeed = "taobao:"\nsecret = "env:K"\nmessages = "{messages}"\n'
        '[[sku]]\nid = "A"\ntitle = "a"\nstock = 1\n'
    )
    return path


def test_a_channel_says_that_its_messages_are_asked_for(tmp_path: Path):
    assert load_room(room(tmp_path, "http")).channels[0].messages == "http"
    with pytest.raises(ConfigError, match='or "http"'):
        load_room(room(tmp_path, "https"))


async def test_a_trial_takes_no_messages_from_whoever_follows(tmp_path: Path, monkeypatch: Any):
    for name in ("app_key", "app_secret", "access_token", "refresh_token"):
        monkeypatch.setenv(f"K_{name.upper()}", getattr(keys_of("taobao"), name))
    async with rehearsal(["taobao"], WARES, QUIET, push=False) as world:
        channel = Channel(
            id="taobao", source="taobao", feed=f"taobao:http://127.0.0.1:{world.lab_port}/taobao", secret="env:K",
            messages="http",
        )  # fmt: skip
        config = RoomConfig(id="lab", name="lab", skus=(), channels=(channel,))
        found = {step.name: step async for step in steps(channel, config, [], tmp_path / "tokens.json")}
        assert found["push"].state == "note"
        assert "taobao.tmc.messages.consume" not in world.lab.booths["taobao"].face.door.asked
