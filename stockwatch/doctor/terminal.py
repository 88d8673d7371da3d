"""The terminal: what it is, how many colours, how large, which encoding, what lies between, and its
clipboard.
"""

from __future__ import annotations

import codecs
import locale
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from stockwatch.config.problems import Words
from stockwatch.doctor.finding import Finding

SMALLEST = (80, 24)


def terminal() -> Iterator[Finding]:
    name = os.environ.get("TERM", "")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield Finding.note(
            "terminal",
            f"none here (TERM={name or 'unset'}): rooms are shown as text, once",
            f"这里没有终端(TERM={name or '未设'}):直播间只以文字显示一次",
        )
        return
    if name in ("", "dumb"):
        do = Words("set TERM, e.g. export TERM=xterm-256color", "设置 TERM,如 export TERM=xterm-256color")
        yield Finding.bad(
            "terminal",
            f"TERM={name or 'unset'} can show no console",
            f"TERM={name or '未设'} 显示不了看板",
            do,
        )
        return
    depth = colour_depth(name, os.environ)
    no_colour = " (NO_COLOR is set)" if os.environ.get("NO_COLOR") else ""
    text_en, text_zh = f"TERM={name}, {depth} colours{no_colour}", f"TERM={name},{depth} 色{no_colour}"
    if depth in ("16777216", "256"):
        yield Finding.ok("terminal", text_en, text_zh)
    else:
        yield Finding.note(
            "terminal",
            text_en,
            text_zh,
            Words(
                "use --theme ansi-16, or a terminal with 256 colours", "用 --theme ansi-16,或换 256 色的终端"
            ),
        )


def colour_depth(name: str, environ: os._Environ[str] | dict[str, str]) -> str:
    """How many colours the terminal says it has; `?` when its entry is not known on this machine."""
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16777216"
    try:
        import curses

        curses.setupterm(name, sys.stdout.fileno())
        colours = curses.tigetnum("colors")
    except (ImportError, OSError, ValueError, curses.error):
        colours = -1
    if colours < 0:
        return "256" if "256color" in name else "?"
    return str(colours)


def size() -> Iterator[Finding]:
    if not sys.stdout.isatty():
        return
    columns, rows = shutil.get_terminal_size()
    text = f"{columns}x{rows}"
    if columns >= SMALLEST[0] and rows >= SMALLEST[1]:
        yield Finding.ok("size", text, text)
    else:
        do = Words("make the window larger: 80x24 shows everything", "把窗口放大:80x24 才放得下")
        yield Finding.note("size", text, text, do)


def encoding() -> Iterator[Finding]:
    found = locale.getpreferredencoding(False)
    setting = next(
        (f"{v}={os.environ[v]}" for v in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(v)), "LANG unset"
    )
    try:
        unicode = codecs.lookup(found).name == "utf-8"
    except LookupError:
        unicode = False
    if unicode:
        yield Finding.ok("encoding", f"{found} ({setting})", f"{found}({setting})")
    else:
        yield Finding.bad(
            "encoding",
            f"{found} ({setting}) can't show Chinese titles",
            f"{found}({setting})显示不了中文标题",
            Words("run: export LANG=C.UTF-8", "运行:export LANG=C.UTF-8"),
        )


def multiplexer() -> Iterator[Finding]:
    if os.environ.get("TMUX"):
        version = _output("tmux", "-V") or "tmux"
        yield Finding.ok("tmux", version, version)
    elif os.environ.get("STY"):
        yield Finding.note(
            "screen", "inside GNU screen: colours may be fewer", "在 GNU screen 里:颜色可能变少"
        )
    if os.environ.get("SSH_CONNECTION"):
        yield Finding.ok("ssh", "over SSH: a room outlives the connection", "通过 SSH:断线后直播间照跑")


def clipboard() -> Iterator[Finding]:
    """OSC 52 asks the terminal to copy; nothing tells whether it did."""
    if not sys.stdout.isatty():
        return
    if os.environ.get("TMUX") and _output("tmux", "show-options", "-s", "-v", "set-clipboard") != "on":
        yield Finding.note(
            "clipboard",
            "tmux keeps what programs copy from the terminal",
            "tmux 不让程序把内容复制到终端剪贴板",
            Words("run: tmux set -s set-clipboard on", "运行:tmux set -s set-clipboard on"),
        )
    else:
        yield Finding.ok(
            "clipboard",
            "by OSC 52; whether the terminal obeys can't be told",
            "用 OSC 52;终端是否照办无从得知",
        )


def _output(*command: str) -> str | None:
    """First line of what a command prints, or None when it can't be run within a second."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=1, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.decode("utf-8", errors="replace").splitlines()
    return lines[0].strip() if lines else None
