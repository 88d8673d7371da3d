"""A replay gives the same bytes at any speed, for any batch size, hash seed, zone and locale; another input, others."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from stockwatch.drills.load import CHAOS, lines, room, room_text
from stockwatch.events import format_time, parse_time
from stockwatch.feeds.recording import merge
from stockwatch.hub.headless import play, replay_room, summary_line
from stockwatch.hub.journal import NoJournal
from stockwatch.hub.pace import Pacer
from stockwatch.room.room import Room
from tests.hub.one_room import hub_with

LOAD = replace(CHAOS, seconds=1200.0)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chaos")
    path = folder / "chaos.jsonl"
    path.write_bytes(b"\n".join(lines(7, LOAD)) + b"\n")
    (folder / "chaos.toml").write_text(room_text(LOAD), encoding="utf-8")
    return path


def replayed(feed: Path, *options: str, **environment: str) -> bytes:
    command = [sys.executable, "-m", "stockwatch", "replay", str(feed), "--headless", "--json", *options]
    return subprocess.run(command, check=True, capture_output=True, env=os.environ | environment).stdout


@pytest.fixture(scope="module")
def expected(feed: Path) -> bytes:
    return replayed(feed, "--speed", "max")


def test_the_feed_is_worth_the_test(expected: bytes):
    rows = [msgspec.json.decode(line) for line in expected.splitlines()]
    alerts = [row for row in rows if row["type"].startswith("alert.")]
    outcomes = rows[-1]["data"]["outcomes"]
    assert len(alerts) >= 20
    assert {row["data"]["tier"] for row in alerts} == {"TREND", "THRESHOLD", "CRITICAL"}
    assert outcomes["short"]
    assert outcomes["rejected"]
    assert outcomes["duplicate"]
    assert rows[-1]["data"]["events"] == sum(outcomes.values())


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (("--speed", "max", "--batch", "1"), {}),
        (("--speed", "max", "--batch", "4096"), {"PYTHONHASHSEED": "1"}),
        (("--speed", "max"), {"PYTHONHASHSEED": "4242", "TZ": "America/New_York", "LC_ALL": "C"}),
        (("--speed", "max"), {"TZ": "Asia/Kolkata", "LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}),
        (("--speed", "1200"), {}),
    ],
)
def test_the_same_bytes_whatever_is_around_it(feed: Path, expected: bytes, options, environment):
    assert replayed(feed, *options, **environment) == expected


def test_a_second_more_in_one_time_changes_what_is_said(feed: Path, expected: bytes, tmp_path: Path):
    rows = feed.read_bytes().splitlines()
    event = msgspec.json.decode(rows[len(rows) // 2])
    event["time"] = format_time((parse_time(event["time"]) or 0) + 1_000_000)
    path = tmp_path / "moved.jsonl"
    path.write_bytes(
        b"\n".join([*rows[: len(rows) // 2], msgspec.json.encode(event), *rows[len(rows) // 2 + 1 :]])
    )
    (tmp_path / "moved.toml").write_text(room_text(LOAD), encoding="utf-8")
    assert replayed(path, "--speed", "max") != expected


class Said(NoJournal):
    """A hub's journal that listens."""

    def __init__(self, room: Room) -> None:
        self.said: list[bytes] = []
        self._room = room
        drain = room.drain

        def heard():
            out = drain()
            self.said.extend(out.said)
            return out

        room.drain = heard  # type: ignore[method-assign]


@pytest.mark.parametrize("speed", [0.0, 2400.0, 100_000.0])
async def test_a_replay_in_a_console_decides_what_a_headless_one_decides(
    feed: Path, expected: bytes, speed: float
):
    a_room = replay_room(room(LOAD))
    journal = Said(a_room)
    pacer = Pacer(speed)
    hub = hub_with(a_room, journal, now_us=pacer.now_us, live=False)
    ended: list[bool] = []
    await asyncio.wait_for(pacer.play(merge([feed]), hub, on_end=lambda: ended.append(True)), 60)
    assert ended
    assert b"\n".join([*journal.said, summary_line(a_room)]) + b"\n" == expected


async def test_pausing_and_changing_speed_on_the_way_changes_no_decision(feed: Path, expected: bytes):
    a_room = replay_room(room(LOAD))
    journal = Said(a_room)
    pacer = Pacer(500.0)
    hub = hub_with(a_room, journal, now_us=pacer.now_us, live=False)
    playing = asyncio.create_task(pacer.play(merge([feed]), hub, on_end=lambda: None))
    for speed, paused in [(None, True), (900.0, False), (None, True), (200.0, False), (50_000.0, False)]:
        await asyncio.sleep(0.05)
        pacer.set(speed, paused=paused)
    await asyncio.wait_for(playing, 60)
    assert b"\n".join([*journal.said, summary_line(a_room)]) + b"\n" == expected


def test_from_prints_only_what_comes_after_and_until_stops_there(feed: Path, expected: bytes):
    rows = [msgspec.json.decode(line) for line in expected.splitlines()[:-1]]
    middle = rows[len(rows) // 2]["time"]
    late = replayed(feed, "--speed", "max", "--from", middle)
    assert late.splitlines()[:-1] == [
        line for line, row in zip(expected.splitlines(), rows, strict=False) if row["time"] >= middle
    ]
    assert late.splitlines()[-1] == expected.splitlines()[-1], "what came before was applied all the same"
    early = replayed(feed, "--speed", "max", "--until", middle)
    assert early.splitlines()[:-1] == [
        line for line, row in zip(expected.splitlines(), rows, strict=False) if row["time"] <= middle
    ]


def test_playing_in_one_process_gives_the_same_too(feed: Path, expected: bytes):
    a_room = replay_room(room(LOAD))
    said = list(play(a_room, merge([feed]), batch=17))
    assert b"\n".join([*said, summary_line(a_room)]) + b"\n" == expected
