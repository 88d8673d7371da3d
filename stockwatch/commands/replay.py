"""`stockwatch replay FEED…`: recordings through the real pipeline, in a console or headless.

Headless, stdout gets JSON Lines (with --json) or a plain account; what was set aside is counted on stderr and makes the
exit code 1 with --strict. In a console, a private hub plays the feeds and ends with its console.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from stockwatch.config import RoomConfig, load_room
from stockwatch.events import parse_time
from stockwatch.exits import Exit, Failure
from stockwatch.narration import complain, language, say
from stockwatch.printable import printable


def run(args: argparse.Namespace) -> int:
    """Play it. Raises Failure, ConfigError and RecordingError, which the command line turns into messages."""
    feeds = [found(Path(feed)) for feed in args.feeds]
    room_file = Path(args.room) if args.room else beside(feeds[0])
    config = load_room(room_file)
    from_us, until_us = instant(args.from_, "--from"), instant(args.until, "--until")
    speed = speed_of(args.speed)
    if args.headless or args.json:
        return headless(config, feeds, args, from_us, until_us, speed)
    from stockwatch.commands.attach import show
    from stockwatch.hub.spawn import start
    from stockwatch.hub.spec import HubSpec

    spec = HubSpec(
        room=str(room_file.resolve()),
        feeds=tuple(str(feed.resolve()) for feed in feeds),
        speed=speed,
        from_us=from_us,
        until_us=until_us,
    )
    record = start(spec)
    return show(record.socket, args, owns_hub=True, language=config.language)


def found(feed: Path) -> Path:
    """The feed as given, or a shipped sample of that name when there is no such file (after an install)."""
    if feed.exists() or feed.is_absolute():
        return feed
    from stockwatch.paths import find_sample

    return find_sample(feed.name) or feed


def beside(feed: Path) -> Path:
    """The .toml of the same stem beside a feed. Raises Failure when there is none."""
    room_file = feed.with_suffix(".toml")
    if not feed.exists():
        raise Failure(
            say(
                f"{printable(str(feed))}: no such file; `stockwatch` alone lists the samples",
                f"{printable(str(feed))}:没有这个文件;单打 `stockwatch` 会列出样例",
            ),
            Exit.USAGE,
        )
    if not room_file.exists():
        raise Failure(
            say(
                f"{printable(str(feed))}: no room settings beside it ({printable(room_file.name)}); "
                "name them with --room ROOM.toml",
                f"{printable(str(feed))}:旁边没有直播间设置({printable(room_file.name)});请用 --room ROOM.toml 指明",
            ),
            Exit.USAGE,
        )
    return room_file


def instant(text: str | None, option: str) -> int | None:
    """An RFC 3339 time as microseconds. Raises Failure naming the option."""
    if text is None:
        return None
    at_us = parse_time(text)
    if at_us is None:
        raise Failure(
            say(
                f"{option}: {printable(text)} is not a time with an offset; write it as 2025-11-11T22:40:00+08:00",
                f"{option}:{printable(text)} 不是带时区的时间;请写成 2025-11-11T22:40:00+08:00",
            ),
            Exit.USAGE,
        )
    return at_us


def speed_of(text: str | None) -> float:
    """`N`, `xN`, `×N` or `max` (0: flat out). Raises Failure."""
    if text is None:
        return 1.0
    if text == "max":
        return 0.0
    try:
        speed = float(text.lstrip("x×"))
    except ValueError:
        speed = -1.0
    if not 0 < speed <= 1_000_000:
        raise Failure(
            say(
                f"--speed: {printable(text)} is not a speed; write a factor like 60, or max",
                f"--speed:{printable(text)} 不是速度;请写倍数如 60,或 max",
            ),
            Exit.USAGE,
        )
    return speed


def headless(
    config: RoomConfig,
    feeds: list[Path],
    args: argparse.Namespace,
    from_us: int | None,
    until_us: int | None,
    speed: float,
) -> int:
    """Without a console. A speed other than max is paced in real time; the bytes are the same."""
    from stockwatch.feeds.recording import merge
    from stockwatch.hub.headless import play, replay_room, summary_line

    room = replay_room(config)
    lines = merge(feeds)
    if args.speed is not None and speed != 0:
        from stockwatch.hub.pace import paced

        lines = paced(lines, room.pipeline, speed, from_us)
    out = sys.stdout.buffer
    tell = Teller() if not args.json else None
    for said in play(
        room,
        lines,
        batch=1 if speed != 0 and args.speed is not None else args.batch,
        from_us=from_us,
        until_us=until_us,
    ):
        out.write(said + b"\n" if tell is None else tell.line(said))
        if speed != 0:
            out.flush()
    if tell is None:
        out.write(summary_line(room) + b"\n")
    else:
        out.write(tell.end(room))
    out.flush()
    outcomes, events = room.pipeline.outcomes, room.pipeline.events
    dead = outcomes["invalid"] + outcomes["conflict"]
    if dead:
        invalid, conflicts = outcomes["invalid"], outcomes["conflict"]
        complain(
            say(
                f"stockwatch: {dead} of {events} lines set aside ({invalid} invalid, {conflicts} conflicts); "
                "`stockwatch feed check` names them",
                f"stockwatch:{events} 行中有 {dead} 行搁置(无效 {invalid},冲突 {conflicts});"
                "`stockwatch feed check` 会逐行指出",
            )
        )
    return Exit.CHECK_FAILED if dead and args.strict else Exit.DONE


class Teller:
    """A headless replay for people: a line an alert or action, then the figures."""

    def line(self, raw: bytes) -> bytes:
        event: dict[str, Any] = msgspec.json.decode(raw)
        data = event["data"]
        reason = data.get("reason")
        text = reason.get(language()) if isinstance(reason, dict) else None
        by = data.get("by")
        words = [
            str(event["time"])[11:19],
            str(event.get("subject") or ""),
            str(data.get("tier") or ""),
            str(event["type"]),
            f"by {by}" if by else "",
            str(text or ""),
        ]
        return (printable("  ".join(word for word in words if word)) + "\n").encode()

    def end(self, room: Any) -> bytes:
        rows = [
            f"{room.pipeline.events} events, "
            + ", ".join(f"{n} {kind}" for kind, n in room.pipeline.outcomes.items() if n)
        ]
        rows.append(
            f"{'SKU':<24}{'on hand':>9}{'available':>10}{'reserved':>9}{'sold':>7}{'short':>6}{'oversold':>9}"
        )
        for sku in sorted(room.books.skus()):
            stock = room.books.stock(sku)
            rows.append(
                f"{printable(sku):<24}{stock.on_hand:>9}{stock.available:>10}{stock.reserved:>9}{stock.sold:>7}"
                f"{stock.shortfall:>6}{stock.oversold:>9}"
            )
        return ("\n".join(rows) + "\n").encode()
