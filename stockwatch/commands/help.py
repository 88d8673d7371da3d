"""`stockwatch help [KEY]`: help on everything, offline. Without a key, the names of all topics."""

from __future__ import annotations

import argparse
import sys
import textwrap

from stockwatch.exits import Exit
from stockwatch.narration import complain, language, say
from stockwatch.printable import printable
from stockwatch.topics import GROUPS, all_topics, find, near


def run(args: argparse.Namespace) -> int:
    """Print the topics of that name. 2 when there is none, with the nearest."""
    key = " ".join(args.key).strip()
    if not key:
        sys.stdout.write(_contents())
        return Exit.DONE
    found = find(key)
    if not found:
        shown = printable(key, 60)
        names = near(key)
        hint = (
            say(f"did you mean {', '.join(names)}?", f"是不是 {'、'.join(names)}?")
            if names
            else say("stockwatch help lists them all", "stockwatch help 列出全部")
        )
        complain(say(f"no help on {shown}; {hint}", f"没有关于 {shown} 的帮助;{hint}"))
        return Exit.USAGE
    sys.stdout.write("\n".join(topic.text(language()) for topic in found))
    return Exit.DONE


def _contents() -> str:
    parts = [say("stockwatch help KEY explains any of these.\n", "stockwatch help 词 解释以下任何一个。\n")]
    names: dict[str, list[str]] = {}
    for topic in all_topics():
        names.setdefault(topic.group, []).append(topic.names[0].replace(" ", "\u00a0"))
    for group, heading in GROUPS.items():
        listed = textwrap.fill(
            "  ".join(names[group]),
            width=78,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        parts.append(f"{say(*heading)}\n{listed}\n".replace("\u00a0", " "))
    return "\n".join(parts)
