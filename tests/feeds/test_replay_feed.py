"""The `replay:` feed of a live room: once, at its own pace, as if it were now, and on from its cursor."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from stockwatch.events import Event, Invalid, decode, parse_time
from stockwatch.feeds.pacer import Pacer
from stockwatch.feeds.recording import RecordingError
from stockwatch.feeds.replay import ReplayFeed

NOW_US = 2_000_000_000_123_456
DAY_US = 86_400_000_000


class Wall:
    """A clock that a test moves; waiting for a recorded instant moves it too."""

    def __init__(self) -> None:
        self.now_us = NOW_US
        self.waits: list[int] = []

    def now(self) -> int:
        return self.now_us


class JumpingPacer(Pacer):
    """Instead of waiting, time passes."""

    def __init__(self, wall: Wall) -> None:
        super().__init__(clock=lambda: wall.now_us / 1e6)
        self._wall = wall

    async def until(self, at_us: int) -> None:
        while not self.due(at_us):
            self._wall.now_us += 1000
            await asyncio.sleep(0)
        self._wall.waits.append(at_us)


async def _play(feed: ReplayFeed, sink, cursor: str | None = None) -> None:
    await asyncio.wait_for(feed.run(sink, cursor), 10)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def recording(tmp_path: Path, event) -> Path:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\n".join([event(0), event(1), b"", b"nonsense", event(2), event(0), event(3)]) + b"\n")
    return path


def _times(frames: list[bytes]) -> list[int]:
    events = [decode(frame) for frame in frames]
    return [event.time_us for event in events if isinstance(event, Event)]


async def test_the_first_event_is_now_and_the_others_keep_their_distance(recording, sink, wall) -> None:
    await _play(ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink)
    first, *rest = _times(sink.frames)
    assert NOW_US - 1000 < first <= NOW_US
    assert [at - first for at in rest] == [1_000_000, 2_000_000, 0, 3_000_000]
    assert len(wall.waits) == 3
    assert wall.now_us >= NOW_US + 3_000_000
    assert sink.states() == ["connecting", "live", "ended"]
    assert sink.gaps == []
    assert isinstance(decode(sink.frames[2]), Invalid)
    assert sink.frames[2] == b"nonsense"


async def test_lines_are_handed_over_when_they_are_due_and_not_before(recording, sink) -> None:
    feed = ReplayFeed("shop", recording)
    task = asyncio.create_task(feed.run(sink, None))
    await sink.got(1)
    await asyncio.sleep(0.05)
    assert len(sink.frames) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_goes_on_after_its_cursor_with_the_same_times(recording, sink, wall) -> None:
    await _play(ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink)
    whole = list(sink.frames)
    offset = sink.cursor.partition("@")[2]
    for line, played in ((1, 1), (2, 2), (4, 3), (5, 4), (6, 5), (7, 6)):
        sink.frames.clear()
        sink.gaps.clear()
        wall.now_us += DAY_US
        await _play(
            ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink, f"{line}@{offset}"
        )
        assert sink.frames == whole[played:]
        # The rest has been due for a day: it comes at once, and the ledger is told why.
        assert [since for since, _, _ in sink.gaps] == ([None] if played < 6 else [])


async def test_a_restart_within_the_recording_waits_for_what_is_not_due(recording, sink, wall) -> None:
    await _play(ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink)
    offset = int(sink.cursor.partition("@")[2])
    whole = list(sink.frames)
    sink.frames.clear()
    wall.now_us, wall.waits = NOW_US + 1_500_000, []
    await _play(ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink, f"2@{offset}")
    assert sink.frames == whole[2:]
    assert sink.gaps == []
    assert len(wall.waits) == 2


async def test_a_plain_line_number_goes_on_as_if_it_were_now(recording, sink, wall) -> None:
    await _play(ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink, "4")
    assert sink.ids()[0] == "e2"
    assert NOW_US - 1000 < _times(sink.frames)[0] <= NOW_US


@pytest.mark.parametrize("cursor", ["", "x", "1@", "-1", "1" * 40, "json:3"])
async def test_a_cursor_of_another_feed_means_the_beginning(recording, sink, wall, cursor) -> None:
    await _play(ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink, cursor)
    assert len(sink.frames) == 6


async def test_a_repeated_event_is_the_same_event_before_and_after_a_restart(recording, sink, wall) -> None:
    recording.write_bytes(
        recording.read_bytes().replace(b'"qty":1', b'"qty":1,"expires":"2025-11-11T21:00:00Z"')
    )
    await _play(ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink)
    first = decode(sink.frames[0])
    cursor = "5@" + sink.cursor.partition("@")[2]
    sink.frames.clear()
    wall.now_us += DAY_US
    await _play(ReplayFeed("shop", recording, now=wall.now, pacer=JumpingPacer(wall)), sink, cursor)
    again = decode(sink.frames[0])
    assert isinstance(first, Event)
    assert isinstance(again, Event)
    assert (first.id, first.content) == (again.id, again.content)


async def test_a_wild_timestamp_holds_nothing_up(tmp_path: Path, sink, wall, event) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\n".join([event(0), event(9, at_us=parse_time("2099-01-01T00:00:00Z")), event(1)]))
    await _play(ReplayFeed("shop", path, now=wall.now, pacer=JumpingPacer(wall)), sink)
    assert sink.ids() == ["e0", "e9", "e1"]
    assert wall.now_us < NOW_US + 2_000_000


async def test_a_file_that_is_gone_is_said(tmp_path: Path, sink) -> None:
    with pytest.raises(RecordingError, match=r"gone\.jsonl"):
        await _play(ReplayFeed("shop", tmp_path / "gone.jsonl"), sink)
    assert sink.states() == ["connecting", "down"]
    assert "gone.jsonl" in sink.statuses[-1].note.en


async def test_expires_moves_with_the_order(tmp_path: Path, sink, wall, event) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(event(0).replace(b'"qty":1', b'"qty":1,"expires":"2025-11-11T20:15:00+08:00"'))
    await _play(ReplayFeed("shop", path, now=wall.now, pacer=JumpingPacer(wall)), sink)
    moved = msgspec.json.decode(sink.frames[0])
    expires = moved["data"]["expires"]
    assert expires.endswith("+08:00")
    assert parse_time(expires) - parse_time(moved["time"]) == 15 * 60 * 1_000_000


async def test_the_pacer_follows_speed_and_flat_out_never_waits() -> None:
    seconds = [100.0]
    pacer = Pacer(60.0, clock=lambda: seconds[0])
    assert pacer.due(0)
    assert not pacer.due(60_000_000)
    seconds[0] = 101.0
    assert pacer.due(60_000_000)
    assert not pacer.due(60_000_001)
    flat_out = Pacer(0.0, clock=lambda: seconds[0])
    assert flat_out.due(0)
    assert flat_out.due(10**18)
    await asyncio.wait_for(Pacer(1e6).until(1_000_000), 5)
