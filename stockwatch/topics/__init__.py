"""The offline help: topics made from what the program itself goes by.

Commands come from the parser, keys of room.toml from its schema, event members from the vocabulary, hotkeys
from the action registry; only what those can't tell is written here (`terms`). Prints nothing; imports no
Textual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stockwatch.topics import code, commands, room_file, terms
from stockwatch.topics.topic import Topic

__all__ = ["GROUPS", "Topic", "all_topics", "find", "near"]

GROUPS: dict[str, tuple[str, str]] = {
    "commands": ("Commands", "命令"),
    "room.toml": ("Keys of room.toml", "room.toml 的设置项"),
    "tiers": ("Tiers", "预警级别"),
    "words": ("Words", "用词"),
    "outcomes": ("Outcomes of an event", "消息的处理结果"),
    "events": ("Event types", "消息类型"),
    "keys": ("Keys of the console", "看板按键"),
    "exit codes": ("Exit codes", "退出码"),
}
"""Groups in their order, with their headings in English and Chinese."""


def all_topics() -> Iterator[Topic]:
    """Every topic, group by group."""
    yield from commands.topics()
    yield from room_file.topics()
    yield from terms.topics()
    yield from code.topics()


def find(words: str, among: Sequence[Topic] | None = None) -> list[Topic]:
    """Topics, of `among` or of all, named `words`, whatever the case: those with that name, then those whose last part
    it is (`lead_time` finds `sku.lead_time`); if there are none, a whole group of that name.
    """
    wanted = _plain(words)
    topics = list(all_topics()) if among is None else among
    exact = [topic for topic in topics if wanted in map(_plain, topic.names)]
    partly = [topic for topic in topics if any(_plain(name).endswith(f".{wanted}") for name in topic.names)]
    named = exact + [topic for topic in partly if topic not in exact]
    return named or [
        topic for topic in topics if wanted in (topic.group, *map(str.lower, GROUPS[topic.group]))
    ]


def near(words: str) -> list[str]:
    """Names of topics most like `words`."""
    import difflib

    names = {_plain(name): name for topic in all_topics() for name in topic.names}
    close = difflib.get_close_matches(_plain(words), names, n=4, cutoff=0.6)
    inside = [name for plain, name in names.items() if _plain(words) and _plain(words) in plain]
    return list(dict.fromkeys([names[name] for name in close] + inside))[:6]


def _plain(words: str) -> str:
    """`[[sku.restock]]`, `SKU.Restock` and `--speed` as they are looked up."""
    return words.strip().lower().strip("[]").lstrip("-")
