"""Starts hub processes that outlive us, and waits until they answer.

The child is its own session leader with no terminal; what it says goes to the room's log. If it ends before it answers,
its last words are ours to say.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from stockwatch import paths
from stockwatch.config import load_room
from stockwatch.exits import Failure
from stockwatch.hub.process import replay_ledger
from stockwatch.hub.spec import HubSpec
from stockwatch.hub.waiting import PATIENCE_S, Waiting
from stockwatch.narration import say

RIVAL_S = 1.0
"""How long a hub that was started at the same moment may need to answer, once it has the ledger and ours has not."""


def start(spec: HubSpec) -> paths.HubRecord:
    """Start a hub for `spec` and return its record once it answers; that of a rival, perhaps for another room, where
    one took the ledger first. Raises Failure when it does not come up."""
    config = load_room(Path(spec.room))
    if spec.replay and not spec.token:
        spec = msgspec.structs.replace(spec, token=secrets.token_hex(8))
    ledger = replay_ledger(spec) if spec.replay else config.ledger_path or paths.default_ledger(config.id)
    socket = paths.socket_path(ledger, config.id)
    log = paths.log_path(config.id)
    paths.make_private(log.parent)
    with log.open("ab") as told:
        said_before = told.tell()
        child = subprocess.Popen(
            [sys.executable, "-m", "stockwatch.hub.process", msgspec.json.encode(spec).decode()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=told,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
    waiting = Waiting(log)
    while waiting.goes_on():
        record = paths.hub_of(ledger, config.id)
        if record is not None and record.pid == child.pid and paths.socket_answers(socket):
            return record
        if child.poll() is not None:
            if (other := _other_hub(ledger)) is not None:
                return other
            words = last_words(log, said_before)
            raise Failure(
                say(f"the room did not start: {words}\nits log: {log}", f"直播间没能启动:{words}\n日志:{log}")
            )
        time.sleep(0.02)
    with contextlib.suppress(OSError):
        child.terminate()
    raise Failure(
        say(
            f"the room did not answer within {PATIENCE_S:.0f} s; its log: {log}",
            f"直播间在 {PATIENCE_S:.0f} 秒内没有回应;日志:{log}",
        )
    )


def _other_hub(ledger: Path) -> paths.HubRecord | None:
    """The hub that took the ledger while ours was starting: two people may start one room at the same moment."""
    until = time.monotonic() + RIVAL_S
    while time.monotonic() < until:
        if (record := paths.hub_of(ledger)) is not None:
            return record
        time.sleep(0.02)
    return None


def last_words(log: Path, start: int) -> str:
    """What a child said before it ended: its last line."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            lines = file.read(64 * 1024).decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1].removeprefix("stockwatch: ") if lines else say("it said nothing", "它什么也没说")
