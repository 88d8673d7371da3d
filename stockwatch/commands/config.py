"""`stockwatch config check|show|path`: what is wrong with a room.toml, what it says, and where files lie.

Reads only; creates nothing but the runtime folder. `check` prints every problem on stdout (that is what was
asked for) and leaves with 1; whatever may surprise later but is no error is narrated on stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stockwatch import paths
from stockwatch.config import ConfigError, RoomConfig, load_room
from stockwatch.config.checks import PLATFORMS
from stockwatch.config.origins import Setting, settings_of
from stockwatch.exits import Exit, Failure
from stockwatch.narration import complain, language, say
from stockwatch.printable import printable


def run(args: argparse.Namespace) -> int:
    """Do one of the three. Raises ConfigError (show, path)."""
    return {"check": check, "show": show, "path": where}[args.config_command](args)


def check(args: argparse.Namespace) -> int:
    try:
        config = load_room(args.room)
    except ConfigError as error:
        sys.stdout.write(error.text(language()) + "\n")
        count = len(error.problems)
        complain(say(f"{count} problem{'s' if count != 1 else ''}", f"{count} 个问题"))
        return Exit.CHECK_FAILED
    for note in notes(config):
        complain(say(f"note: {note[0]}", f"提示:{note[1]}"))
    file = printable(str(args.room))
    counts = (len(config.channels), len(config.skus), len(config.listings))
    complain(
        say(
            f"{file}: good: {counts[0]} channels, {counts[1]} SKUs, {counts[2]} links",
            f"{file}:没有问题:{counts[0]} 个渠道,{counts[1]} 个 SKU,{counts[2]} 个链接",
        )
    )
    return Exit.DONE


def notes(config: RoomConfig) -> Iterator[tuple[str, str]]:
    """What is no error in the file and may still surprise on this machine, in English and Chinese."""
    if not config.channels:
        yield "no [[channel]]: this room follows no feed", "没有 [[channel]]:这个直播间不接任何消息"
    if not config.skus:
        yield "no [[sku]]: every SKU starts at 0", "没有 [[sku]]:所有 SKU 从 0 开始"
    for channel in config.channels:
        name = printable(channel.id, 40)
        kind, _, rest = (channel.feed or "").partition(":")
        if not kind:
            yield f"channel {name} has no feed", f"渠道 {name} 没有 feed"
        elif kind in PLATFORMS and channel.secret is None:
            yield (
                f'channel {name}: {kind}: needs credentials: secret = "file:PATH" or "env:NAME"',
                f'渠道 {name}:{kind}: 需要凭证:secret = "file:路径" 或 "env:变量名"',
            )
        elif kind == "replay" and not Path(rest).is_file():
            file = printable(rest)
            yield f"channel {name}: no such file now: {file}", f"渠道 {name}:现在没有这个文件:{file}"
        tail = "_APP_KEY" if kind in PLATFORMS else ""
        yield from _secret_notes((f"channel {name}", f"渠道 {name}"), channel.secret, tail)
    if config.restock_webhook is not None:
        yield from _secret_notes(("[restock]", "[restock]"), config.restock_secret, "")


def _secret_notes(whose: tuple[str, str], reference: str | None, tail: str) -> Iterator[tuple[str, str]]:
    """`tail`: what follows the name of an environment variable that must be set."""
    kind, _, rest = (reference or "").partition(":")
    if kind == "env" and not os.environ.get(rest + tail):
        yield f"{whose[0]}: {rest}{tail} is not set here", f"{whose[1]}:这里没有设置 {rest}{tail}"
    elif kind == "file" and not Path(rest).is_file():
        file = printable(rest)
        yield f"{whose[0]}: no secret file now: {file}", f"{whose[1]}:现在没有密钥文件:{file}"


def show(args: argparse.Namespace) -> int:
    settings = settings_of(args.room)
    if args.json:
        rows = [
            {
                "key": row.key,
                "value": row.value,
                "from": "default" if row.line is None else "file",
                "line": row.line,
            }
            for row in settings
        ]
        _write_json({"file": str(args.room.absolute()), "settings": rows})
        return Exit.DONE
    file = printable(str(args.room))
    for row in settings:
        origin = say("default", "默认") if row.line is None else f"{file}:{row.line}"
        sys.stdout.write(f"{row.key} = {_shown(row)}  # {origin}\n")
    return Exit.DONE


def _shown(row: Setting) -> str:
    """A value for people: outside text escaped, and what an absent one means."""
    if row.value is None:
        return say("(none)", "(无)")
    return _literal(row.value)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return f'"{printable(value)}"'
    if isinstance(value, list):
        return f"[{', '.join(_literal(entry) for entry in value)}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{printable(name)} = {_literal(entry)}" for name, entry in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return str(value)


def where(args: argparse.Namespace) -> int:
    found = {name: str(path) for name, path in _places(args.room)}
    if args.json:
        _write_json(found)
        return Exit.DONE
    width = max(map(len, found))
    for name, path in found.items():
        sys.stdout.write(f"{name:<{width}}  {printable(path)}\n")
    return Exit.DONE


def _places(room: Path | None) -> Iterator[tuple[str, Path]]:
    yield "config", paths.config_dir()
    yield "data", paths.data_dir()
    yield "state", paths.state_dir()
    yield "cache", paths.cache_dir()
    yield "runtime", paths.runtime_dir()
    yield "log", paths.log_path()
    for kind in ("themes", "sample_feeds"):
        try:
            yield kind, paths.shipped(kind)
        except Failure as failure:
            complain(f"stockwatch: {printable(str(failure))}")
    if room is not None:
        config = load_room(room)
        ledger = config.ledger_path or paths.default_ledger(config.id)
        yield "ledger", ledger
        yield "socket", paths.socket_path(ledger, config.id)
        yield "room_log", paths.log_path(config.id)


def _write_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
