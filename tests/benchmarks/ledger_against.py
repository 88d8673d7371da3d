"""The ledger beside what else could be used: the same events, in one run, everything durable before it is answered.

- one SQLite transaction an order: dedupe insert, conditional update, line, journal; WAL and synchronous=FULL
- Redis 7, appendfsync always: one Lua function with dedupe, reserve, line and stream; pipelined by 100, unix socket
- the limit: the same decoding and the same books over a preallocated file with fdatasync, in this language
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import apsw
import msgspec
from bench import Report, arguments, median
from e2e_world import World
from ledger_load import Apply, events, room

from stockwatch.config import load_room
from stockwatch.events import Event, decode_all
from stockwatch.ledger.balances import Books
from stockwatch.ledger.opening import opening_events

BATCH = 4096
TABLES = """
CREATE TABLE seen (source TEXT, id TEXT, outcome TEXT, PRIMARY KEY (source, id)) WITHOUT ROWID;
CREATE TABLE stock (sku TEXT PRIMARY KEY, available INT CHECK (available >= 0), reserved INT, sold INT) WITHOUT ROWID;
CREATE TABLE line (source TEXT, ord TEXT, sku TEXT, state TEXT, PRIMARY KEY (source, ord)) WITHOUT ROWID;
CREATE TABLE journal (seq INTEGER PRIMARY KEY, raw TEXT, outcome TEXT);
"""
LUA = """#!lua name=stock
redis.register_function('take', function(keys, args)
  if redis.call('SETNX', keys[1], '1') == 0 then return 'duplicate' end
  local available = tonumber(redis.call('HGET', keys[2], 'available') or '0')
  if args[1] == 'order.placed' then
    if available < 1 then return 'short' end
    redis.call('HINCRBY', keys[2], 'available', -1)
    redis.call('HINCRBY', keys[2], 'reserved', 1)
  elseif args[1] == 'order.paid' then
    redis.call('HINCRBY', keys[2], 'reserved', -1)
    redis.call('HINCRBY', keys[2], 'sold', 1)
  elseif args[1] == 'order.cancelled' then
    redis.call('HINCRBY', keys[2], 'reserved', -1)
    redis.call('HINCRBY', keys[2], 'available', 1)
  else
    redis.call('HINCRBY', keys[2], 'available', 1)
  end
  redis.call('HSET', keys[3], 'state', args[1])
  redis.call('XADD', keys[4], '*', 'raw', args[2])
  return 'accepted'
end)
"""


def parsed(made: Sequence[bytes]) -> list[Event]:
    return [event for event in decode_all([raw.rstrip() for raw in made]) if isinstance(event, Event)]


def sqlite_rate(folder: Path, made: Sequence[bytes], skus: Sequence[str]) -> float:
    """Events a second, one transaction each."""
    database = apsw.Connection(str(folder / "orders.db"))
    database.pragma("journal_mode", "wal")
    database.pragma("synchronous", "full")
    database.execute(TABLES)
    with database:
        database.executemany("INSERT INTO stock VALUES (?, 1000000, 0, 0)", [(sku,) for sku in skus])
    change = {
        "order.placed": "UPDATE stock SET available = available - 1, reserved = reserved + 1 "
        "WHERE sku = ? AND available >= 1",
        "order.paid": "UPDATE stock SET reserved = reserved - 1, sold = sold + 1 WHERE sku = ?",
        "order.cancelled": "UPDATE stock SET reserved = reserved - 1, available = available + 1 WHERE sku = ?",
    }
    began = time.monotonic()
    for raw in made:
        event = msgspec.json.decode(raw)
        with database:
            key = event["source"], event["id"]
            if database.execute("SELECT outcome FROM seen WHERE source = ? AND id = ?", key).fetchone():
                continue
            database.execute(
                change.get(event["type"], "UPDATE stock SET available = available + 1 WHERE sku = ?"),
                (event["subject"],),
            )
            outcome = "accepted" if database.changes() else "short"
            database.execute("INSERT INTO seen VALUES (?, ?, ?)", (*key, outcome))
            order = event["data"].get("order")
            if order is not None:
                database.execute(
                    "INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?)",
                    (event["source"], order, event["subject"], event["type"]),
                )
            database.execute("INSERT INTO journal (raw, outcome) VALUES (?, ?)", (raw.decode(), outcome))
    took = time.monotonic() - began
    database.close()
    return len(made) / took


class Redis:
    """A server of our own on a unix socket. Use as a context."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "redis"
        self._folder.mkdir()

    def __enter__(self) -> Redis:
        path = self._folder / "s"
        self._server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(path), "--dir", str(self._folder), "--save", "",
             "--appendonly", "yes", "--appendfsync", "always"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self._socket = socket.socket(socket.AF_UNIX)
        for _ in range(200):
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                time.sleep(0.05)
        self._rest = b""
        self.call([[b"FUNCTION", b"LOAD", LUA.encode()]])
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._server.terminate()
        self._server.wait()

    def call(self, commands: Sequence[Sequence[bytes]]) -> None:
        """Send commands at once and wait for as many answers."""
        out = bytearray()
        for command in commands:
            out += b"*%d\r\n" % len(command)
            for word in command:
                out += b"$%d\r\n%s\r\n" % (len(word), word)
        self._socket.sendall(out)
        left = len(commands)
        while left:
            data = self._rest + self._socket.recv(1 << 16)
            # Answers are bulk strings, numbers or simple strings here: two lines, or one.
            at = 0
            while (end := data.find(b"\r\n", at)) >= 0 and left:
                head = data[at : end + 2]
                assert head[:1] != b"-", head
                stop = end + 2 + (int(head[1:]) + 2 if head[:1] == b"$" else 0)
                if stop > len(data):
                    break
                at, left = stop, left - 1
            self._rest = data[at:]

    def rate(self, made: Sequence[bytes], skus: Sequence[str]) -> float:
        """Events a second, a hundred at once."""
        self.call([[b"HSET", b"s:" + sku.encode(), b"available", b"1000000"] for sku in skus])
        asked = []
        for raw, event in zip(made, parsed(made), strict=True):
            order = event.data.get("order", event.id)
            keys = (
                f"d:{event.source}:{event.id}",
                f"s:{event.subject}",
                f"l:{event.source}:{order}",
                "journal",
            )
            asked.append(
                [b"FCALL", b"take", b"4", *(key.encode() for key in keys), event.type.encode(), raw.rstrip()]
            )
        began = time.monotonic()
        for start in range(0, len(asked), 100):
            self.call(asked[start : start + 100])
        return len(made) / (time.monotonic() - began)


def log_cpu(folder: Path, made: Sequence[bytes], opening: Sequence[bytes]) -> tuple[float, float]:
    """(events a second, CPU seconds) of the limit: a child of its own, as the writer is."""
    told, telling = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        books = Books()
        for event in decode_all(opening):
            books.apply(event)
        encode = msgspec.json.Encoder().encode_lines
        file = os.open(folder / "log", os.O_RDWR | os.O_CREAT)
        os.posix_fallocate(file, 0, sum(map(len, made)) + len(made))
        out = os.open(os.devnull, os.O_WRONLY)
        began, cpu = time.monotonic(), time.process_time()
        for start in range(0, len(made), BATCH):
            run = made[start : start + BATCH]
            known = [one for event in decode_all(run) for one in books.apply(event)]
            os.write(file, b"".join(run))
            os.fdatasync(file)
            os.write(out, encode([(one.event.source, one.event.id, one.outcome, one.seq) for one in known]))
        os.write(telling, f"{len(made) / (time.monotonic() - began)} {time.process_time() - cpu}".encode())
        os._exit(0)
    os.close(telling)
    with os.fdopen(told) as answer:
        rate, cpu_s = answer.read().split()
    os.waitpid(child, 0)
    return float(rate), float(cpu_s)


def main() -> int:
    args = arguments(__doc__)
    report = Report()
    rounds, size = (5, 1_000_000) if args.full else (3, 300_000)
    few = 20_000 if args.full else 6_000
    redis = shutil.which("redis-server")
    with World() as world:
        settings = room(world)
        made = events(size)
        skus = [f"SKU-{n:04d}" for n in range(2000)]
        opening = opening_events(load_room(settings), Books(), "2025-11-11T19:00:00Z")
        ours, sqlite, redises, log, cpu = [], [], [], [], []
        for n in range(rounds):
            folder = world.folder / str(n)
            folder.mkdir()
            with Apply(world, f"{n}/a.db", settings) as writer:
                run = writer.run(made, 1e9)
            rate, cpu_s = log_cpu(folder, made, opening)
            ours.append(run.rate())
            log.append(run.rate() / rate)
            cpu.append(run.cpu / cpu_s)
            sqlite.append(run.rate() / sqlite_rate(folder, made[:few], skus))
            if redis is not None:
                with Redis(folder) as server:
                    redises.append(run.rate() / server.rate(made[: few * 5], skus))
        beside = f"{median(ours):,.0f} events/s of ours; median of {rounds} ratios, run beside run"
        report.at_least("against a SQLite transaction an order", median(sqlite), 20, "x", beside)
        if redis is None:
            print("skipped: against Redis (there is no redis-server here; Debian's package is redis-server)")
        else:
            report.at_least(
                "against Redis, appendfsync always, Lua, pipelined by 100", median(redises), 8, "x", beside
            )
        report.at_least(
            "against a raw log with fdatasync",
            median(log),
            0.8,
            "x",
            f"{beside}; {median(cpu):.2f} x its CPU",
        )
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
