"""`stockwatch feed …` as it is typed: data on stdout, narration on stderr, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from stockwatch.events import Event, decode, parse_time


def _stockwatch(*words: str | Path, locale: str = "C.UTF-8") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "stockwatch", "feed", *map(str, words)],
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, "LC_ALL": locale},
    )


@pytest.fixture
def recording(tmp_path: Path, event) -> Path:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\n".join(event(n) for n in range(5)))
    return path


def test_check_of_a_good_recording_prints_nothing_and_ends_with_0(recording) -> None:
    done = _stockwatch("check", recording)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"5 events: 0 invalid" in done.stderr


def test_narration_is_chinese_where_the_locale_is(recording) -> None:
    done = _stockwatch("check", recording, locale="zh_CN.UTF-8")
    assert done.returncode == 0
    assert "5 条消息:无效 0" in done.stderr.decode()


def test_check_names_each_bad_line_and_ends_with_1(tmp_path, event) -> None:
    path = tmp_path / "bad\x1b[31m.jsonl"
    path.write_bytes(b"\n".join([event(1), b'{"x":"\x1b[2J"', event(1).replace(b'"qty":1', b'"qty":2')]))
    done = _stockwatch("check", path)
    assert done.returncode == 1
    one, two = done.stdout.decode().splitlines()
    assert re.match(r".*bad\\x1b\[31m\.jsonl:2: invalid: ", one)
    assert re.match(r".*:3: conflict: ", two)
    assert b"\x1b" not in done.stdout + done.stderr
    as_json = _stockwatch("check", "--json", path)
    assert as_json.returncode == 1
    *problems, account = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [(p["type"], p["data"]["line"], p["data"]["outcome"]) for p in problems] == [
        ("feed.problem", 2, "invalid"),
        ("feed.problem", 3, "conflict"),
    ]
    assert (account["type"], account["data"]["dead"]) == ("feed.check", 2)


def test_import_writes_a_feed_and_names_bad_rows_on_stderr(tmp_path) -> None:
    export = tmp_path / "orders.csv"
    export.write_bytes(
        "订单编号,商家编码,数量,下单时间\nA,卫衣-M,2,2025-11-11 20:00\nB,,1,2025-11-11 20:00\n".encode(
            "gb18030"
        )
    )
    done = _stockwatch("import", export)
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    event = decode(line)
    assert isinstance(event, Event)
    assert (event.subject, event.data["qty"], event.source) == ("卫衣-M", 2, "import")
    assert b"orders.csv:3: sku: is missing" in done.stderr
    settings = tmp_path / "map.toml"
    settings.write_text('channel = "douyin"\ntimezone = "UTC"\n')
    mapped = decode(_stockwatch("import", export, "--map", settings).stdout.strip())
    assert isinstance(mapped, Event)
    assert (mapped.source, mapped.time) == ("douyin", "2025-11-11T20:00:00.000+00:00")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check", "gone.jsonl"), 2),
        (("import", "gone.csv"), 2),
        (("serve", "gone.jsonl", "--ws", "127.0.0.1:0"), 2),
        (("serve", "{r}", "--ws", "nowhere"), 2),
        (("serve", "{r}", "--ws", "127.0.0.1:99999"), 2),
        (("serve", "{r}", "--ws", "203.0.113.77:8765"), 3),
        (("import", "{r}"), 2),
        (("import", "{r}", "--map", "gone.toml"), 2),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_without_a_traceback(recording, words, code) -> None:
    done = _stockwatch(*(word.replace("{r}", str(recording)) for word in words))
    assert done.returncode == code
    assert done.stdout == b""
    assert 1 <= len(done.stderr.splitlines()) <= 2
    assert b"Traceback" not in done.stderr


class Served:
    """`feed serve` in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.url = ""

    async def ready(self) -> str:
        assert self.process.stderr is not None
        line = (await asyncio.wait_for(self.process.stderr.readline(), 20)).decode()
        found = re.search(r"ws://\S+:\d+", line)
        assert found, line
        return found[0].rstrip(";")

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 20)


@pytest.fixture
async def serve():
    started: list[asyncio.subprocess.Process] = []

    async def start(*words: str | Path) -> Served:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stockwatch", "feed", "serve", *map(str, words), "--ws", "127.0.0.1:0"),
            stderr=asyncio.subprocess.PIPE,
        )
        started.append(process)
        return Served(process)

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_serve_sends_the_recording_as_of_now_and_once_ends_with_its_client(serve, recording) -> None:
    served = await serve(recording, "--speed", "max", "--once")
    async with connect(await served.ready()) as client:
        await client.send('{"type":"subscribe","after":null}')
        frames = [json.loads(await asyncio.wait_for(client.recv(), 10)) for _ in range(5)]
    assert [frame["id"] for frame in frames] == [f"e{n}" for n in range(5)]
    assert [frame["cursor"] for frame in frames] == ["1", "2", "3", "4", "5"]
    assert len({parse_time(frame["time"]) for frame in frames}) == 1
    assert await served.ended() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
async def test_a_signal_ends_it_cleanly(serve, recording, number, code) -> None:
    served = await serve(recording, "--keep-time")
    async with connect(await served.ready()) as client:
        await client.send('{"type":"subscribe","after":null}')
        frame = json.loads(await asyncio.wait_for(client.recv(), 10))
        assert frame["time"].startswith("2025-11-11")
        served.process.send_signal(number)
        assert await served.ended() == code
