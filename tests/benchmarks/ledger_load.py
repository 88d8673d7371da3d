"""What the ledger's benchmarks have in common: events in the mix of a hot minute, and a writer driven from outside.

The writer under test is `stockwatch ledger apply`, the product's own: events come through a pipe from another process,
in an open loop (each has an instant at which it is due, whether or not the writer keeps up), answers come back through
another when they are durable.
"""

from __future__ import annotations

import fcntl
import os
import random
import subprocess
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from e2e_world import World, stockwatch

SOURCES = ("taobao/shop-3", "douyin/room-7", "kuaishou/room-9")
ZONE = timezone(timedelta(hours=8))
START = datetime(2025, 11, 11, 20, 0, tzinfo=ZONE)
PIPE_BYTES = 1 << 20
STEP_S = 0.001
_TICK = os.sysconf("SC_CLK_TCK")


def events(
    count: int, *, skus: int = 2000, hot: float = 0.2, seed: int = 1, per_ms: int = 50, tag: str = ""
) -> list[bytes]:
    """60 % placed, 25 % paid, 10 % cancelled, 3 % refunded, 2 % received; 2 % come twice; `hot` of the orders are for
    one SKU. `tag` tells the ids of one load from those of another."""
    rng = random.Random(seed)
    made: list[bytes] = []
    waiting: list[tuple[str, str, str]] = []
    number, stamp, expires, at_ms = 0, "", "", -1
    while len(made) < count:
        number += 1
        if number // per_ms != at_ms:
            at_ms = number // per_ms
            now = START + timedelta(milliseconds=at_ms)
            stamp = now.isoformat(timespec="milliseconds")
            expires = (now + timedelta(minutes=30)).isoformat(timespec="milliseconds")
        if made and rng.random() < 0.02:
            made.append(made[-1 - rng.randrange(min(len(made), 2000))])
            continue
        kind = rng.random()
        if kind < 0.60 or not waiting:
            sku = "SKU-0000" if rng.random() < hot else f"SKU-{rng.randrange(skus):04d}"
            source, order = rng.choice(SOURCES), f"6919{tag}{number:010d}"
            waiting.append((source, order, sku))
            type_, id_ = "order.placed", f"{order}-1"
            data = f'{{"order":"{order}","line":1,"qty":1,"expires":"{expires}"}}'
        elif kind < 0.98:
            pick = rng.randrange(len(waiting))
            waiting[pick], waiting[-1] = waiting[-1], waiting[pick]
            source, order, sku = waiting.pop()
            type_ = "order.paid" if kind < 0.85 else "order.cancelled" if kind < 0.95 else "order.refunded"
            id_, data = f"{order}-{type_[6:]}", f'{{"order":"{order}","line":1}}'
        else:
            source, sku, type_, id_ = (
                "erp",
                f"SKU-{rng.randrange(skus):04d}",
                "stock.received",
                f"r{tag}{number}",
            )
            data = f'{{"document":"r{tag}{number}","qty":30}}'
        made.append(
            f'{{"specversion":"1.0","id":"{id_}","source":"{source}","type":"{type_}","subject":"{sku}",'
            f'"time":"{stamp}","data":{data}}}\n'.encode()
        )
    return made


def room(world: World, skus: int = 2000, stock: int = 1_000_000) -> Path:
    """A room.toml with that many SKUs."""
    lines = ['[room]\nid = "load"\n']
    lines += [f'[[sku]]\nid = "SKU-{n:04d}"\ntitle = "货{n}"\nstock = {stock}\n' for n in range(skus)]
    return world.write("load.toml", "\n".join(lines))


@dataclass(frozen=True)
class Run:
    """What came of one load."""

    seconds: float
    """From the first event's due instant to the last answer."""
    cpu: float
    """CPU seconds of the writer in between."""
    late: list[float]
    """Of each event: seconds from when it was due to its answer."""

    def rate(self) -> float:
        return len(self.late) / self.seconds

    def cpu_us(self) -> float:
        return self.cpu / len(self.late) * 1e6


class Apply:
    """A running `ledger apply`. Use as a context."""

    def __init__(self, world: World, ledger: str, room_file: Path) -> None:
        self.ledger = world.folder / ledger
        self._process = subprocess.Popen(
            [*stockwatch(), "ledger", "apply", str(self.ledger), "--room", str(room_file)],
            env=world.env, cwd=world.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        for pipe in (self._in, self._out):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Apply:
        self.run(
            [
                b'{"specversion":"1.0","id":"ready","source":"x","type":"feed.heartbeat","time":"2025-11-11T19:59:59Z"}\n'
            ],
            1,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def cpu(self) -> float:
        """CPU seconds so far, without those of children."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def rss(self) -> int:
        """Bytes of memory in use."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def run(self, made: Sequence[bytes], rate: float) -> Run:
        """Offer events at a rate, from a process of their own, and time every answer."""
        used, begins = self.cpu(), time.monotonic() + 0.05
        feeder = os.fork()
        if not feeder:
            _feed(self._in, made, rate, begins)
            os._exit(0)
        seen: list[tuple[float, int]] = []
        count = 0
        while count < len(made):
            chunk = os.read(self._out, PIPE_BYTES)
            assert chunk, "the writer has ended"
            count += chunk.count(b"\n")
            seen.append((time.monotonic(), count))
        ended = time.monotonic()
        cpu = self.cpu() - used
        os.waitpid(feeder, 0)
        counts = [count for _, count in seen]
        late = [seen[bisect_right(counts, n)][0] - begins - n / rate for n in range(len(made))]
        return Run(ended - begins, cpu, late)


def _feed(pipe: int, made: Sequence[bytes], rate: float, begins: float) -> None:
    sent = 0
    while sent < len(made):
        now = time.monotonic()
        due = min(len(made), int((now - begins) * rate) + 1) if now >= begins else 0
        if due <= sent:
            time.sleep(max(STEP_S, begins - now))
            continue
        chunk = memoryview(b"".join(made[sent:due]))
        while chunk:
            chunk = chunk[os.write(pipe, chunk) :]
        sent = due


class Probe:
    """What the disk itself takes: appends of 8 KiB with fdatasync, one after the other in a process of its own, beside
    whatever else runs. Use as a context; afterwards `late` holds the seconds of each."""

    def __init__(self, folder: Path, pause_s: float = 0.01) -> None:
        self._file, self._pause_s = folder / "probe", pause_s
        self.late: list[float] = []

    def __enter__(self) -> Probe:
        self._told, telling = os.pipe()
        self._stop, stopping = os.pipe()
        self._child = os.fork()
        if not self._child:
            os.close(stopping)
            self._probe(telling)
            os._exit(0)
        os.close(telling)
        self._stopping = stopping
        return self

    def _probe(self, telling: int) -> None:
        import select

        file = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        late = []
        while not select.select([self._stop], [], [], self._pause_s)[0]:
            began = time.monotonic()
            os.write(file, b"x" * 8192)
            os.fdatasync(file)
            late.append(time.monotonic() - began)
        with os.fdopen(telling, "w") as out:
            out.write(" ".join(map(str, late)))

    def __exit__(self, *_: object) -> None:
        os.close(self._stopping)
        with os.fdopen(self._told) as told:
            self.late = [float(word) for word in told.read().split()]
        os.waitpid(self._child, 0)
        os.close(self._stop)
        self._file.unlink()
