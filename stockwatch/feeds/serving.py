"""`feed serve` as a process: the server until a signal, or until every client has got all.

Owns the event loop, the signals and the exit code.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stockwatch.exits import Exit, Failure
from stockwatch.feeds.recording import read
from stockwatch.feeds.serve import FeedServer, Player, Say
from stockwatch.printable import printable


def serve_until_stopped(
    paths: Sequence[Path], host: str, port: int, *, speed: float, keep_time: bool, once: bool, say: Say
) -> int:
    """Serve recordings; returns the exit code. Raises RecordingError, and Failure when the address can't be
    used.

    SIGINT ends it with 130, SIGTERM with 0.
    """
    for path in paths:
        # A recording that can't be read is said before anyone connects.
        next(read(path), None)
    return asyncio.run(_serve(paths, host, port, speed=speed, keep_time=keep_time, once=once, say=say))


async def _serve(
    paths: Sequence[Path], host: str, port: int, *, speed: float, keep_time: bool, once: bool, say: Say
) -> int:
    player = Player(paths, speed, keep_time=keep_time)
    feeds = FeedServer(player, say)
    try:
        server = await feeds.listen(host, port)
    except OSError as error:
        reason = printable(error.strerror or str(error))
        raise Failure(f"can't listen on {printable(host)}:{port}: {reason}; choose another --ws") from error
    stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    for number, code in ((signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.DONE)):
        asyncio.get_running_loop().add_signal_handler(number, _stop, stopped, int(code))
    for sock in server.sockets:
        address = sock.getsockname()
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        url = f"ws://{shown}:{address[1]}"
        say(
            f"serving {len(paths)} recording(s) at {url}; Ctrl-C ends it",
            f"正在转播 {len(paths)} 份录制:{url};按 Ctrl-C 结束",
        )
    playing = asyncio.create_task(_play(player, say))
    served = asyncio.create_task(feeds.served_all.wait())
    ends: set[asyncio.Future[Any]] = {stopped, playing, *((served,) if once else ())}
    try:
        while not stopped.done() and not (once and served.done()):
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if playing in done:
                playing.result()
                ends.discard(playing)
        return stopped.result() if stopped.done() else Exit.DONE
    finally:
        for task in (playing, served):
            task.cancel()
        server.close()
        await server.wait_closed()


async def _play(player: Player, say: Say) -> None:
    await player.play()
    if player.skipped:
        say(f"{player.skipped} lines over 1 MiB were left out", f"{player.skipped} 行超过 1 MiB,没有发送")
    count = len(player.frames)
    say(
        f"all {count} lines played; serving goes on for clients that come back",
        f"全部 {count} 行已放完;继续等待重新连接的客户端",
    )


def _stop(stopped: asyncio.Future[int], code: int) -> None:
    if not stopped.done():
        stopped.set_result(code)
