"""Topics from the registries of other rooms: event types and their members, hotkeys, exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stockwatch.config.problems import Words
from stockwatch.console.keys import ACTIONS
from stockwatch.exits import Exit
from stockwatch.topics.terms import EVENTS
from stockwatch.topics.topic import Topic
from stockwatch.vocabulary import members_of

_EXITS = {
    Exit.DONE: Words(
        "Done. Lines set aside are counted on stderr; --strict makes them exit 1.",
        "完成。搁置的行数写在 stderr;加 --strict 则退出 1。",
    ),
    Exit.CHECK_FAILED: Words("The check failed.", "检查没有通过。"),
    Exit.USAGE: Words("Wrong usage, or settings that can't be used.", "用法不对,或设置不能用。"),
    Exit.UNREACHABLE: Words("Could not reach or start something.", "有东西连不上或启动不了。"),
    Exit.INTERRUPTED: Words("Interrupted.", "被中断。"),
}


def topics() -> Iterator[Topic]:
    for type_, about in EVENTS.items():
        yield Topic("events", (type_,), about, _members(type_))
    for action in ACTIONS:
        about = Words(f"{action.label.en}: {action.about.en}", f"{action.label.zh}:{action.about.zh}")
        yield Topic(
            "keys", (action.keys[0], action.id, *action.keys[1:]), about, _keys(action.id, action.keys)
        )
    for code in Exit:
        yield Topic("exit codes", (f"exit {code.value}", code.name), _EXITS[code])


def _members(type_: str) -> Callable[[], Words]:
    def body() -> Words:
        members = members_of(type_)
        if not members:
            return Words("  data: nothing is asked of it.", "  data:没有要求。")
        rows = [(name if needed else f"[{name}]", rule) for name, (rule, needed) in members.items()]
        width = max(len(name) for name, _ in rows)
        text = "\n".join(f"  {name:<{width}}  {rule}" for name, rule in rows)
        return Words(f"{text}\n  [optional]", f"{text}\n  [可不写]")

    return body


def _keys(name: str, keys: tuple[str, ...]) -> Callable[[], Words]:
    text = ", ".join(keys)
    return lambda: Words(
        f"  keys: {text}\n  in keys.toml: {name}", f"  按键:{text}\n  在 keys.toml 里叫:{name}"
    )
