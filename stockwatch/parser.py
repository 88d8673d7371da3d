"""What can be typed: every command, and the answer to a mistake (its arguments: `arguments`).

Leaves with exit code 2 on wrong usage. Imports nothing but argparse and sys until a mistake is made: `--version` and
`--help` answer at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from stockwatch import __version__
from stockwatch.arguments import ARGUMENTS
from stockwatch.narration import complain, say

USAGE = 2  # stockwatch.exits, whose enum costs an import

COMMANDS: tuple[tuple[str, str, str], ...] = (
    (
        "run",
        "follow a room: start its hub, or join the one on its ledger, and show it",
        "跟一个直播间:启动后台,或加入账本已有的后台,并显示看板",
    ),
    ("attach", "another console on a running room", "给正在跑的直播间再开一个看板"),
    ("ps", "running rooms", "正在跑的直播间"),
    (
        "stop",
        "stop a room cleanly; its hub ends with its last room",
        "干净地停掉一个直播间;最后一间停了后台才结束",
    ),
    ("hub", "the hub alone, without a screen (systemd, containers)", "只跑后台,不开屏幕(systemd、容器)"),
    ("replay", "play feeds through the real pipeline", "用真实流程回放录制的消息"),
    ("drill", "a rehearsal that reacts to you (not in this version)", "会随操作变化的演练(本版没有)"),
    ("report", "the review after a stream (not in this version)", "播后复盘(本版没有)"),
    ("prompter", "the host's screen (not in this version)", "主播提词屏(本版没有)"),
    ("feed", "serve, check or import feeds", "转播、检查、导入消息"),
    (
        "ledger",
        "apply events to a ledger, show, verify, export, back up or rebuild it",
        "记账、看账、查账、导出、备份、重建",
    ),
    (
        "room",
        "make a room.toml from a run-down sheet (.xlsx, .csv); what its streams have taught",
        "用排品表(.xlsx、.csv)生成 room.toml;以前的直播学到了什么",
    ),
    (
        "channel",
        "test a platform's channel, check all before going live, match its goods with SKUs",
        "测试平台渠道、开播前检查、平台商品与 SKU 对照",
    ),
    (
        "lab",
        "look-alikes of the platforms with buyers behind them, and a room that follows them",
        "本机的平台模拟器,带一群买家,和一个接着它们的直播间",
    ),
    ("config", "check or show a room.toml, and where files lie", "检查或查看 room.toml,以及文件在哪里"),
    ("doctor", "check this machine: terminal, disk, versions", "检查这台机器:终端、磁盘、版本"),
    ("help", "offline help for a command, a key, a tier, a word", "离线帮助:命令、设置项、预警级别、词语"),
)
LATER = {"drill": "replay", "report": "ledger show", "prompter": "attach --read-only"}
"""Commands of a later version, and what does the nearest thing now."""


class Parser(argparse.ArgumentParser):
    """argparse, with the nearest known word in its errors, and nothing from the command line printed raw."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        from stockwatch.printable import printable

        complain(f"{self.prog}: {printable(message)}")
        complain(say(f"try: {self.prog} --help", f"试试:{self.prog} --help"))
        sys.exit(USAGE)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            listed = ", ".join(known)
            near = _nearest(str(value), known)
            if near is not None:
                hint = say(f"did you mean {near}?", f"是不是 {near}?")
            else:
                hint = say(f"known: {listed}", f"可用:{listed}")
            kind = say("command", "命令") if isinstance(action, argparse._SubParsersAction) else action.dest
            raise argparse.ArgumentError(
                None, say(f"no such {kind}: {value}; {hint}", f"没有这个{kind}:{value};{hint}")
            )


def _nearest(word: str, known: Sequence[str]) -> str | None:
    import difflib

    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return close[0] if close else None


def build_parser() -> Parser:
    """The whole command line."""
    parser = Parser(
        prog="stockwatch",
        description=say(
            "The operator console for stock in live commerce. "
            "Without a command: running rooms, samples, what to type.",
            "直播带货的库存看板。不带命令:正在跑的直播间、样例、该打什么。",
        ),
    )
    parser.add_argument("--version", action="version", version=f"stockwatch {__version__}")
    commands = parser.add_subparsers(dest="command", metavar=say("COMMAND", "命令"), parser_class=Parser)
    for name, en, zh in COMMANDS:
        about = say(en, zh)
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(parser_=command)
        ARGUMENTS[name](command)
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Arguments to a namespace, with every default. Leaves with exit code 2 on wrong usage, 0 after help."""
    parser = build_parser()
    args, unknown = parser.parse_known_args(argv)
    if unknown and args.command not in LATER:
        active: Parser = getattr(args, "parser_", parser)
        active.error(_unknown_argument(active, unknown[0]))
    if args.command == "replay" and args.speed is None:
        args.speed = "max" if args.headless else "1"
    return args


def _unknown_argument(parser: Parser, word: str) -> str:
    options = [option for action in parser._actions for option in action.option_strings]
    name = word.partition("=")[0]
    near = _nearest(name, options) if name.startswith("-") else None
    if near is not None:
        return say(f"unknown option {name}; did you mean {near}?", f"没有选项 {name};是不是 {near}?")
    return say(f"unexpected: {word}", f"多余的:{word}")
