"""Topics of the commands: what `--help` says, from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from stockwatch.config.problems import Words
from stockwatch.parser import COMMANDS, build_parser
from stockwatch.topics.topic import Topic


def topics() -> Iterator[Topic]:
    parser = build_parser()
    yield Topic(
        "commands",
        ("stockwatch",),
        Words("All commands.", "全部命令。"),
        lambda: Words(parser.format_help(), parser.format_help()),
    )
    abouts = {name: Words(en, zh) for name, en, zh in COMMANDS}
    for name, command in _parsers(parser).items():
        yield Topic("commands", (name,), abouts[name], _help_of(command))
        for inner_name, inner in _parsers(command).items():
            about = Words(inner.description or "", inner.description or "")
            yield Topic("commands", (f"{name} {inner_name}", f"{name}.{inner_name}"), about, _help_of(inner))


def _help_of(parser: argparse.ArgumentParser) -> Callable[[], Words]:
    def body() -> Words:
        text = parser.format_help()
        return Words(text, text)

    return body


def _parsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}
