"""The platforms that a lab holds when asked for: all faults at once, pushes that are not theirs, and what `stockwatch
channel` says of them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path

import httpx
import pytest
from rehearsal import rehearsal

from stockwatch.arguments import LAB_PLATFORMS
from stockwatch.cli import main
from stockwatch.lab.face import Push
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import ALL_PLATFORMS, PLATFORMS, Ware, room_files, write

MORE = tuple(name for name in ALL_PLATFORMS if name not in PLATFORMS)
WITHOUT_END = {"shopify"}
"""Tokens of these do not expire."""
WARES = [Ware("HOODIE-M", "卫衣 M", 100_000), Ware("SOCK", "袜子 均码", 100_000)]


async def test_the_books_end_equal_through_loss_duplicates_dead_tokens_and_an_outage():
    faults = Faults(
        duplicated=0.2, lost=0.15, late_s=0.2, latency_s=0.005, token_s=0.8, failing=0.02, list_lag_s=0.3
    )
    async with rehearsal(MORE, WARES, faults, every_s=0.5, unpaid_s=1.0) as world:
        for booth in world.lab.booths.values():
            booth.buyers.haste = 40.0
        world.rate(50)
        await world.until(lambda: world.orders() >= 25 * len(MORE), 30)
        for booth in world.lab.booths.values():
            booth.out_until = time.monotonic() + 0.5
        await world.until(lambda: world.orders() >= 50 * len(MORE), 30)
        world.rate(0)
        await world.settle()
        assert set(world.sink.outcomes) <= {"accepted", "noop", "duplicate"}, world.sink.outcomes
        assert any(figures.returned for figures in world.booked().values())
        for name in MORE:
            booth, feed = world.lab.booths[name], world.feeds[name]
            assert booth.lost > 0
            assert booth.pushed > 40
            assert booth.face.door.forged == 0, "each request was signed as the platform wants it"
            assert name in WITHOUT_END or booth.face.door.refreshed >= 1, "tokens expired under way"
            assert not feed.unmapped
        world.sink.books.check()


@pytest.mark.parametrize("platform", MORE)
async def test_a_push_that_is_forged_is_refused(platform: str):
    quiet = Faults(latency_s=0, list_lag_s=0)
    async with rehearsal([platform], WARES, quiet, push=False, every_s=30) as world:
        face = world.lab.booths[platform].face
        order = face.shop.place([(face.shop.goods[0], 2)], int(time.time() * 1000))
        assert order is not None
        face.shop.announced.clear()
        now_ms = int(time.time() * 1000)
        mine = face.push("placed", order.id, now_ms, 1)
        theirs = face.push("placed", order.id + 999, now_ms, 2)
        assert mine is not None
        assert theirs is not None
        url = f"http://127.0.0.1:{world.push_port}/push/{platform}"
        async with httpx.AsyncClient(trust_env=False) as http:

            async def knock(push: Push) -> httpx.Response:
                return await http.post(f"{url}?{push.query}", content=push.body, headers=dict(push.headers))

            forged = (
                mine._replace(headers={"content-type": "application/json"}, query=""),
                mine._replace(body=mine.body + b" ") if not mine.query else mine._replace(query=theirs.query),
                theirs._replace(headers=mine.headers, query=mine.query),
            )
            for one in forged:
                assert (await knock(one)).status_code in (401, 403)
            assert world.receiver.counts[platform].forged == len(forged)
            assert world.feeds[platform].pushes == 0
            assert (await knock(mine)).content == world.feeds[platform].client.adapter.acknowledgement
        await world.until(lambda: world.sink.books.stock("HOODIE-M").reserved == 2, 5)


async def test_channels_are_found_ready_and_their_goods_matched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    quiet = Faults(latency_s=0, list_lag_s=0)
    async with rehearsal(MORE, WARES, quiet, push=False, every_s=30) as world:
        for booth in world.lab.booths.values():
            booth.face.shop.place([(booth.face.shop.goods[0], 2)], int(time.time() * 1000) - 2000)
        since = "2026-01-01T00:00:00+08:00"
        files = room_files(WARES, f"127.0.0.1:{world.lab_port}", "127.0.0.1:1", world.lab.booths, since)
        numbers = files.pop("lab.map.toml")
        write(tmp_path, files)
        toml = str(tmp_path / "lab.toml")

        assert await asyncio.to_thread(main, ["channel", "map", toml, "--write"]) == 0
        ids = r'sku_id = "(\d+)"'
        matched = (tmp_path / "lab.map.toml").read_text("utf-8")
        assert sorted(re.findall(ids, matched)) == sorted(re.findall(ids, numbers))
        capsys.readouterr()
        assert await asyncio.to_thread(main, ["channel", "preflight", toml, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert {(row["channel"], row["step"]): row["state"] for row in told["steps"]} == {
            (name, step): "note" if step == "push" else "ok"  # nobody listens there
            for name in MORE
            for step in ("credentials", "orders", "clock", "detail", "goods", "stock", "push")
        }

        keys = tmp_path / "wechat.keys.toml"
        keys.write_text(
            keys.read_text().replace("lab-wechat-token", "").replace("lab-wechat-secret", "s3cret")
        )
        assert await asyncio.to_thread(main, ["channel", "preflight", toml, "--json"]) == 1
        said = capsys.readouterr()
        assert "invalid appsecret" in said.out
        assert "s3cret" not in said.out + said.err


def test_what_can_be_asked_for_is_what_there_is():
    assert LAB_PLATFORMS == ALL_PLATFORMS
