"""`channel test` sees what is there, whatever this machine's clock says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from rehearsal import rehearsal

from stockwatch.channels.trial import Step, steps
from stockwatch.config import Channel, RoomConfig, Sku
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware, keys_of


@pytest.mark.parametrize("platform", ["douyin", "taobao"])
async def test_orders_are_found_by_the_platforms_clock(platform: str, tmp_path: Path, monkeypatch):
    for name in ("app_key", "app_secret", "access_token", "refresh_token"):
        monkeypatch.setenv(f"K_{name.upper()}", getattr(keys_of(platform), name))
    async with rehearsal(
        [platform], [Ware("A", "a", 100)], Faults(latency_s=0, list_lag_s=0, skew_s=400.0), push=False
    ) as world:
        shop = world.lab.booths[platform].face.shop
        assert shop.place([(shop.goods[0], 1)], int((time.time() + 400) * 1000)) is not None
        channel = Channel(
            id=platform, source=platform, feed=f"{platform}:http://127.0.0.1:{world.lab_port}/{platform}",
            secret="env:K",
        )  # fmt: skip
        config = RoomConfig(id="lab", name="lab", skus=(Sku(id="A", title="a"),), channels=(channel,))
        found: dict[str, Step] = {
            step.name: step async for step in steps(channel, config, [], tmp_path / "tokens.json")
        }
    assert "1 orders" in found["orders"].says.en
    assert (found["clock"].state, found["detail"].state) == ("note", "ok")
