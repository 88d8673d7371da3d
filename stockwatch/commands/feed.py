"""`stockwatch feed serve|check|import`: recordings as a live server, validated, or made from an order export.

Owns what is printed: data on stdout, narration on stderr. The work is done in `stockwatch.feeds`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stockwatch.exits import Exit, Failure
from stockwatch.narration import complain, say
from stockwatch.printable import printable


def run(args: argparse.Namespace) -> int:
    """One of the three. Raises Failure or ConfigError, which the command line turns into messages."""
    if args.feed_command == "serve":
        return _serve(args)
    if args.feed_command == "check":
        return _check(args)
    assert args.feed_command == "import", args.feed_command
    return _import(args)


def _serve(args: argparse.Namespace) -> int:
    from stockwatch.feeds.serving import serve_until_stopped

    host, port = _address(str(args.ws))
    speed = _speed(args.speed)
    return serve_until_stopped(
        _found(args.feeds),
        host,
        port,
        speed=speed,
        keep_time=bool(args.keep_time),
        once=bool(args.once),
        say=_say,
    )


def _check(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.feeds.check import Account, check
    from stockwatch.feeds.check_report import account_json, account_text

    account = Account()
    out = sys.stdout.buffer
    for problem in check(_found(args.feeds), account):
        if args.json:
            found = {"type": "feed.problem", "data": problem}
            out.write(msgspec.json.encode(found) + b"\n")
        else:
            file, reason = printable(problem.file), printable(problem.reason, 500)
            out.write(f"{file}:{problem.line}: {problem.outcome}: {reason}\n".encode())
    if args.json:
        out.write(account_json(account) + b"\n")
    out.flush()
    for line in account_text(account):
        _say(*line)
    return Exit.CHECK_FAILED if account.dead else Exit.DONE


def _import(args: argparse.Namespace) -> int:
    from stockwatch.feeds.csv_columns import ImportSettings, load_settings
    from stockwatch.feeds.csv_import import NoHeader, import_rows
    from stockwatch.feeds.csv_text import read_text

    path = Path(args.file)
    shown = printable(str(path))
    settings = load_settings(Path(args.map)) if args.map else ImportSettings()
    lines = read_text(path, settings.encoding)
    bad = 0

    def set_aside(number: int, reason: str) -> None:
        nonlocal bad
        bad += 1
        complain(f"{shown}:{number}: {printable(reason, 500)}")

    out = sys.stdout.buffer
    events = 0
    try:
        for raw in import_rows(lines, settings, set_aside):
            events += 1
            out.write(raw + b"\n")
    except NoHeader as error:
        raise Failure(f"{shown}: {error}", Exit.USAGE) from None
    out.flush()
    _say(
        f"{shown}: {events} events, {bad} rows set aside; times without an offset are in {settings.zone}",
        f"{shown}:{events} 条消息,{bad} 行有问题没有用;不带时区的时间按 {settings.zone}",
    )
    return Exit.DONE


def _found(feeds: Sequence[Path | str]) -> list[Path]:
    """The files as given, or shipped samples of that name where there is no such file (after an install)."""
    from stockwatch.paths import find_sample

    paths = [Path(feed) for feed in feeds]
    return [path if path.exists() or path.is_absolute() else find_sample(path.name) or path for path in paths]


def _address(text: str) -> tuple[str, int]:
    """HOST:PORT, IPv6 in brackets. Raises Failure."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and len(port) < 6 and int(port) < 65536):
        raise Failure(
            f"--ws: {printable(text)} is no address; write HOST:PORT, e.g. 127.0.0.1:8765", Exit.USAGE
        )
    return host, int(port)


def _speed(value: str | float) -> float:
    """A factor, or max (0: flat out). Raises Failure."""
    if value == "max":
        return 0.0
    try:
        speed = float(value)
    except ValueError:
        speed = -1.0
    if not 0 < speed <= 1_000_000:
        message = f"--speed: {printable(str(value))} is no speed; write a factor above 0, like 60, or max"
        raise Failure(message, Exit.USAGE)
    return speed


def _say(en: str, zh: str) -> None:
    complain(say(en, zh))
