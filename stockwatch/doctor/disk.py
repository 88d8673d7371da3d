"""The folders, and how fast the disk makes a write durable: every order waits for that once."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from stockwatch import paths
from stockwatch.config.problems import Words
from stockwatch.doctor.finding import Finding
from stockwatch.exits import Failure

PROBES = 100
PROBE_BYTES = 4096
LONGEST_S = 2.0
SLOW_MS = 50.0
"""A batch of orders is answered after one fsync; within 150 ms they must be on the screen."""


def folders() -> Iterator[Finding]:
    for name, find in (
        ("data", paths.data_dir),
        ("state", paths.state_dir),
        ("runtime", paths.runtime_dir),
    ):
        yield _folder(name, find)


def _folder(name: str, find: Callable[[], Path]) -> Finding:
    try:
        folder = find()
    except Failure as failure:
        return Finding.bad(name, str(failure), str(failure))
    there = nearest_existing(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        variable = f"XDG_{name.upper()}_{'DIR' if name == 'runtime' else 'HOME'}"
        why = error.strerror or str(error)
        return Finding.bad(
            name,
            f"{folder}: can't be written ({why})",
            f"{folder}:写不了({why})",
            Words(f"put its permissions right, or set {variable}", f"改好权限,或设置 {variable}"),
        )
    if there == folder:
        return Finding.ok(name, str(folder), str(folder))
    return Finding.ok(name, f"{folder} (made when needed)", f"{folder}(需要时创建)")


def nearest_existing(folder: Path) -> Path:
    """The folder, or the nearest thing above it that exists (a file in the way, if that is what there is)."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def fsync() -> Iterator[Finding]:
    there = nearest_existing(paths.default_ledger("probe").parent)
    try:
        took = sorted(probe(there))
    except OSError as error:
        why = error.strerror or str(error)
        yield Finding.bad("fsync", f"{there}: failed ({why})", f"{there}:失败({why})")
        return
    p50, p99 = median(took), took[min(len(took) - 1, int(len(took) * 0.99))]
    text = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms ({len(took)} x {PROBE_BYTES} bytes, {there})"
    if p99 <= SLOW_MS:
        yield Finding.ok("fsync", text, text)
    else:
        yield Finding.note(
            "fsync",
            f"{text}: slow",
            f"{text}:慢",
            Words("put the ledger on a local disk ([ledger] path)", "把账本放到本地磁盘([ledger] path)"),
        )


def probe(folder: Path) -> list[float]:
    """Milliseconds of each append that was made durable, as the ledger's log does it. Raises OSError."""
    took: list[float] = []
    block = b"\0" * PROBE_BYTES
    with tempfile.TemporaryFile(dir=folder) as file:
        begin = time.perf_counter()
        while len(took) < PROBES and time.perf_counter() - begin < LONGEST_S:
            start = time.perf_counter()
            file.write(block)
            file.flush()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - start) * 1000)
    return took
