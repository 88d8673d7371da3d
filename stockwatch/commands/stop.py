"""`stockwatch stop [ROOM]`: stop a room cleanly. Its hub ends with its last room, and lets go of the ledger first."""

from __future__ import annotations

import argparse
import os
import signal
import time
from pathlib import Path

from stockwatch import paths
from stockwatch.commands.hubs import the_hub
from stockwatch.exits import Exit, Failure
from stockwatch.narration import complain, say
from stockwatch.printable import printable

PATIENCE_S = 20.0


def run(args: argparse.Namespace) -> int:
    """Raises Failure when there is no such room or it does not stop."""
    hub = the_hub(args.room)
    shared = any(other.pid == hub.pid and other != hub for other in paths.running_hubs())
    if shared:
        from stockwatch.hub.asking import ask
        from stockwatch.room.intents import Goodbye, Stop

        ask(hub, Stop(), Goodbye)
    else:
        try:
            os.kill(hub.pid, signal.SIGTERM)
        except ProcessLookupError:
            return Exit.DONE
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        gone = not paths.process_lives(hub.pid) or _is_zombie(hub.pid)
        if gone or (shared and paths.read_record(paths.record_path(Path(hub.socket))) is None):
            complain(
                say(
                    f"stockwatch: room {printable(hub.room)} has stopped",
                    f"stockwatch:直播间 {printable(hub.room)} 已停止",
                )
            )
            return Exit.DONE
        time.sleep(0.05)
    raise Failure(
        say(
            f"room {hub.room} (pid {hub.pid}) did not stop within {PATIENCE_S:.0f} s; its log: {hub.log}",
            f"直播间 {hub.room}(pid {hub.pid})在 {PATIENCE_S:.0f} 秒内没有停下;日志:{hub.log}",
        )
    )


def _is_zombie(pid: int) -> bool:
    """Ended, but not waited for by its parent: where init does not reap (containers) it stays in the table."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[:1] == [b"Z"]
    except OSError:
        return False
