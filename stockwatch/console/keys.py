"""What can be done from the console (the action registry), and which keys do it (a keymap that can be
changed).

Pure. Actions are named by id; keys are data. Plain letters and function keys only: ctrl letters clash with
tmux, the terminal's flow control and readline. Letters also work as full-width characters, as a Chinese IME
sends them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from stockwatch.room.view import Text


class Action(NamedTuple):
    id: str
    label: Text
    """Short, for the footer."""
    about: Text
    """One line, for the help."""
    keys: tuple[str, ...]
    """Textual key names or single characters; the first is shown."""
    changes: bool = False
    """Changes the room: refused in a read-only console."""
    dangerous: bool = False
    """Asks before anything happens, with Cancel in front."""
    replay_only: bool = False


def _action(id: str, zh: str, en: str, about_zh: str, about_en: str, *keys: str, **flags: bool) -> Action:
    return Action(id, Text(zh, en), Text(about_zh, about_en), keys, **flags)


ACTIONS: tuple[Action, ...] = (
    _action("acknowledge", "认领", "Take", "认领这个链接的预警", "take (acknowledge) the link's alerts",
            "a", "f2", changes=True),
    _action("restock", "补货", "Restock",
            "补货:先看方案和效果,回车即发", "restock: a proposal with its effect, Enter sends it",
            "r", "f3", changes=True),
    _action("substitute", "换品", "Switch",
            "换品承接:挑一款有货的接上", "send demand to a substitute that is in stock",
            "s", "f4", changes=True),
    _action("present", "讲解", "Present",
            "标记正在讲解这个链接(再按取消)", "mark this link as being presented (again: unmark)",
            "p", "f5", changes=True),
    _action("count", "盘点", "Count",
            "盘点后改实物库存,要写原因", "correct what is on hand after a count, with a reason",
            "c", "f6", changes=True, dangerous=True),
    _action("release", "放单", "Wave", "放一波单,或把库存控起来", "release a wave of held units, or hold units back",
            "w", "f7", changes=True, dangerous=True),
    _action("next_alert", "预警", "Next", "跳到下一个没人认领的预警", "jump to the next alert nobody took",
            "n", "f8"),
    _action("filter", "筛选", "Filter", "筛选:文字、tier:、channel:", "filter: text, tier:, channel:",
            "/", "slash", "、"),
    _action("sort", "排序", "Sort",
            "换一种排序。按紧急:等级高的在前,同级没人认领的在前,再看谁先售罄",
            "sort by something else; urgency: tier, then those nobody took, then the first to sell out",
            "o"),
    _action("pause", "暂停", "Pause", "暂停画面,数据照收", "pause the picture; intake goes on", "space"),
    _action("unfold", "展开", "Unfold", "展开或收起各规格", "unfold or fold the sizes", "enter"),
    _action("panel", "面板", "Panel", "换看:详情、预警、只看表", "look at detail, alerts, or the board alone",
            "tab", "v"),
    _action("theme", "主题", "Theme", "挑一个主题", "choose a theme", "t", "f9"),
    _action("help", "帮助", "Help", "按键与用词", "keys and words", "?", "f1", "question_mark"),
    _action("follow", "跟进", "Follow up",
            "补货跟进:已锁货、已发出、被拒、到仓", "restocks: confirmed, shipped, refused, received",
            "u", changes=True),
    _action("audit", "流水", "Audit",
            "库存流水:每笔变动的时间、来源、谁、为什么",
            "audit trail: every movement, from which message, by whom, why", "h"),
    _action("exceptions", "异常", "Except.",
            "异常单:缺货、矛盾、无主付款等,逐条处理", "exceptions to resolve: short, conflict, orphan, late …",
            "e"),
    _action("hold", "停回放", "Hold", "暂停或继续回放本身", "hold the replay itself, or let it go on",
            ".", "full_stop", "。", replay_only=True),
    _action("slower", "减速", "Slower", "回放减速", "replay slower", "-", "minus", replay_only=True),
    _action("faster", "加速", "Faster", "回放加速", "replay faster",
            "+", "=", "plus", "equals_sign", replay_only=True),
    _action("clear", "清除", "Clear", "清除筛选", "clear the filter", "escape"),
    _action("repaint", "重画", "Repaint", "整屏重画", "paint the whole screen again", "ctrl+l"),
    _action("suspend", "挂起", "Suspend", "挂起到后台,fg 回来", "suspend; fg comes back", "ctrl+z"),
    _action("quit", "退出", "Quit",
            "退出:问一声留下还是停止直播间", "quit: asks whether to leave the room running",
            "q", "f10", "ctrl+c", dangerous=True),
    _action("up", "上", "Up", "上一行", "line up", "up", "k"),
    _action("down", "下", "Down", "下一行", "line down", "down", "j"),
    _action("page_up", "上页", "PgUp", "上一页", "page up", "pageup"),
    _action("page_down", "下页", "PgDn", "下一页", "page down", "pagedown"),
    _action("home", "首行", "Home", "第一行", "first line", "home", "g"),
    _action("end", "末行", "End", "最后一行", "last line", "end", "G"),
)  # fmt: skip

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}

FOOTER: tuple[str, ...] = (
    "acknowledge", "restock", "substitute", "present", "count", "release", "filter", "next_alert", "pause",
    "hold", "faster", "slower", "unfold", "sort", "follow", "exceptions", "audit", "panel", "theme",
    "help", "quit",
)  # fmt: skip
"""Order in the footer, and of importance but for the last ones."""
FOOTER_ALWAYS = ("help", "quit")
"""Shown in however little room: who knows these two finds the others."""

RESERVED = {
    "ctrl+a": "tmux and screen use it", "ctrl+b": "tmux uses it", "ctrl+s": "terminals stop output with it",
    "ctrl+q": "terminals restart output with it",
}  # fmt: skip

_NAMED = {
    "space": " ", "slash": "/", "question_mark": "?", "minus": "-", "plus": "+", "equals_sign": "=",
    "full_stop": ".",
}  # fmt: skip
_SHOWN = {
    "space": Text("空格", "Space"), "enter": Text("回车", "Enter"), "escape": Text("Esc", "Esc"),
    "tab": Text("Tab", "Tab"), "pageup": Text("PgUp", "PgUp"), "pagedown": Text("PgDn", "PgDn"),
    "up": Text("上", "Up"), "down": Text("下", "Down"),
    "home": Text("Home", "Home"), "end": Text("End", "End"),
}  # fmt: skip


class Keymap:
    """Which key does what. `problems` names every clash, reserved key and unknown action of the changes."""

    def __init__(self, changes: Mapping[str, str | tuple[str, ...]] | None = None) -> None:
        """`changes`: action id -> keys, a comma-separated text or a tuple; they replace the action's own
        keys.
        """
        self.problems: list[str] = []
        self.keys_of: dict[str, tuple[str, ...]] = {action.id: action.keys for action in ACTIONS}
        self._action_of: dict[str, str] = {}
        changed: dict[str, tuple[str, ...]] = {}
        for name, keys in (changes or {}).items():
            if name not in BY_ID:
                self.problems.append(f"keys.toml: no action is called {name!r}; actions: {', '.join(BY_ID)}")
                continue
            wanted = _split(keys) if isinstance(keys, str) else tuple(keys)
            if not wanted:
                self.problems.append(
                    f"keys.toml: {name}: no key given; the default stays: {', '.join(BY_ID[name].keys)}"
                )
                continue
            allowed = self._allowed(name, wanted)
            if allowed:
                changed[name] = allowed
        for name, wanted in changed.items():
            self._claim(name, wanted)
        for action in ACTIONS:
            if action.id not in changed:
                self._claim(action.id, action.keys, default=True)

    def _allowed(self, name: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
        kept = []
        for key in wanted:
            plain = _plain(key)
            if plain in RESERVED:
                self.problems.append(f"keys.toml: {name}: {key} can't be used: {RESERVED[plain]}")
            elif len(plain) == 1 and plain.isdigit():
                self.problems.append(
                    f"keys.toml: {name}: {key} can't be used: digits jump to a link's number"
                )
            else:
                kept.append(key)
        return tuple(kept)

    def _claim(self, name: str, keys: tuple[str, ...], *, default: bool = False) -> None:
        held: list[str] = []
        for key in keys:
            plain = _plain(key)
            owner = self._action_of.setdefault(plain, name)
            if owner == name:
                held.append(key)
            else:
                taken = "is given to" if default else "clashes with"
                self.problems.append(f"keys.toml: {name}: {key} {taken} {owner}")
        self.keys_of[name] = tuple(held)

    def action_for(self, key: str, character: str | None) -> str | None:
        """The action of a key press: by the key's name, else by the character, narrow or full-width."""
        found = self._action_of.get(key) or self._action_of.get(_plain(key))
        if found is None and character is not None:
            found = self._action_of.get(character) or self._action_of.get(_plain(character))
        return found

    def shown(self, name: str, *, zh: bool) -> str:
        """The first key of an action as the footer writes it; empty when it has none."""
        keys = self.keys_of.get(name, ())
        return key_label(keys[0], zh=zh) if keys else ""


def _split(keys: str) -> tuple[str, ...]:
    if keys == ",":
        return (",",)
    return tuple(part.strip() or part for part in keys.split(",") if part)


def _plain(key: str) -> str:
    """One form for a key's name and its character, narrow or full-width."""
    if key in _NAMED:
        return _NAMED[key]
    if len(key) == 1:
        return unicodedata.normalize("NFKC", key)
    return key


def digit_of(character: str | None) -> str | None:
    """The digit of a key press, full-width ones included."""
    if character is None or len(character) != 1:
        return None
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain in "0123456789" else None


def key_label(key: str, *, zh: bool) -> str:
    """`F2`, `a`, `空格`, `^L`."""
    if key in _SHOWN:
        return _SHOWN[key].zh if zh else _SHOWN[key].en
    plain = _plain(key)
    if plain.startswith("ctrl+"):
        return "^" + plain[5:].upper()
    if len(plain) > 1 and plain[0] == "f" and plain[1:].isdigit():
        return plain.upper()
    return plain
