"""What each kind of value in a room.toml must be.

Owns the checkers: each takes the parsed value and the file's folder, and returns the typed value or
raises `Wrong` with what is needed. They touch the disk only for the mode of a secret's file.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
import zoneinfo
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import msgspec

from stockwatch.config.durations import MAX_SECONDS, format_duration, parse_duration
from stockwatch.config.hours import parse_hours
from stockwatch.config.problems import Words, Wrong, nearest, shown_value
from stockwatch.config.settings import MESSAGES_OVER_HTTP
from stockwatch.printable import printable

Check = Callable[[Any, Path], Any]
"""(parsed value, folder of the file) -> typed value; raises Wrong."""

MAX_FIGURE = 2**31 - 1
MAX_URL = 2048
PLATFORMS = ("douyin", "taobao", "kuaishou", "wechat", "tiktok", "shopify")
FEED_SCHEMES = ("replay", "ws", "wss", "http", "https", *PLATFORMS)
TEMPLATE_NAMES = (
    *("sellable", "title", "velocity", "substitute", "available", "held", "total", "safety_line", "taken"),
    *("可卖", "可用", "本波剩", "未放", "总可卖", "件/分"),
)
"""What `{name}` may stand in a playbook; filled in by the alerts, whose names a test compares."""


def text(value: Any, base: Path) -> str:
    """Any text, at least one character: titles may hold anything."""
    if not isinstance(value, str) or not value:
        raise Wrong(Words("text in quotes is needed, at least one character", "需要引号里的文字,至少一个字"))
    return value


def ident(value: Any, base: Path) -> str:
    """A name that stands in events: 1-256 characters, none of them a control character."""
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= 256
        or any(unicodedata.category(c) == "Cc" for c in value)
    ):
        raise Wrong(
            Words(
                "an id is text of 1-256 characters without control characters",
                "编号是 1–256 个字符的文字,不含控制字符",
            )
        )
    return value


def room_id(value: Any, base: Path) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise Wrong(
            Words(
                "a room id is 1-64 ASCII letters, digits, - and _ (it names files); name may hold anything",
                "直播间编号只用 1–64 个英文字母、数字、- 和 _(文件以它命名);name 可以随意写",
            )
        )
    return value


def whole(minimum: int) -> Check:
    def check(value: Any, base: Path) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= MAX_FIGURE:
            raise Wrong(
                Words(
                    f"a whole number from {minimum} to {MAX_FIGURE} is needed, without quotes",
                    f"需要 {minimum} 到 {MAX_FIGURE} 的整数,不加引号",
                )
            )
        return value

    return check


def hours(value: Any, base: Path) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not 0 < value <= 1_000_000
    ):
        raise Wrong(Words("a number of hours above 0 is needed", "需要大于 0 的小时数"))
    return float(value)


def opening_hours(value: Any, base: Path) -> str:
    if not isinstance(value, str) or parse_hours(value) is None:
        raise Wrong(
            Words(
                'hours are text like "09:00-23:00", or "18:00-02:00" past midnight',
                '营业时间写成 "09:00-23:00",跨零点写 "18:00-02:00"',
            )
        )
    return value


def duration(minimum: int) -> Check:
    def check(value: Any, base: Path) -> int:
        seconds = parse_duration(value) if isinstance(value, str) else None
        if seconds is None:
            needs = Words(
                'a duration is text like "45m", "2h30m", "90s" or "1d"',
                '时长写成 "45m"、"2h30m"、"90s"、"1d" 这样的文字',
            )
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_SECONDS // 60:
                raise Wrong(
                    needs,
                    Words(
                        f'write "{value}m" for minutes or "{value}s" for seconds',
                        f'分钟写 "{value}m",秒写 "{value}s"',
                    ),
                )
            raise Wrong(needs)
        if seconds < minimum:
            raise Wrong(
                Words(
                    f"the shortest is {format_duration(minimum)}; leave the key out if there is no such way",
                    f"最短 {format_duration(minimum)};没有这条途径就不写这一项",
                )
            )
        return seconds

    return check


def every(minimum: int) -> Check:
    """A duration from `minimum` seconds on, or none at all."""
    longer = duration(0)

    def check(value: Any, base: Path) -> int:
        seconds: int = longer(value, base)
        if 0 < seconds < minimum:
            shortest = format_duration(minimum)
            raise Wrong(
                Words(
                    f'the shortest is {shortest}; write "0s" to switch it off',
                    f'最短 {shortest};写 "0s" 关闭',
                )
            )
        return seconds

    return check


def choice(struct: type[msgspec.Struct], field: str) -> Check:
    """One of the values that the field's Literal type names."""
    options = options_of(struct, field)

    def check(value: Any, base: Path) -> str:
        if not isinstance(value, str) or value not in options:
            listed = " | ".join(f'"{option}"' for option in options)
            near = nearest(value, options) if isinstance(value, str) else None
            raise Wrong(
                Words(f"one of {listed} is needed", f"只能是 {listed}"),
                None if near is None else Words(f'did you mean "{near}"?', f'是不是 "{near}"?'),
            )
        return value

    return check


def options_of(struct: type[msgspec.Struct], field: str) -> tuple[str, ...]:
    """The strings that a field typed Literal (or Literal | None) may be."""
    annotation = next(f.type for f in msgspec.structs.fields(struct) if f.name == field)
    options: list[str] = []
    pending = [annotation]
    while pending:
        for argument in get_args(pending.pop()):
            if isinstance(argument, str):
                options.append(argument)
            else:
                pending.append(argument)
    assert options, (struct, field)
    return tuple(options)


def zone(value: Any, base: Path) -> str:
    needs = Words("an IANA time zone is needed", "需要 IANA 时区名")
    if not isinstance(value, str) or not value:
        raise Wrong(needs)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(value, zoneinfo.available_timezones())
        fix = None if near is None else Words(f'did you mean "{near}"?', f'是不是 "{near}"?')
        raise Wrong(needs, fix) from None
    return value


def path(value: Any, base: Path) -> Path:
    """A file, relative to the folder of the room.toml (`~/` is the home folder)."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise Wrong(
            Words("the path of a file is needed, relative to this file", "需要文件路径,相对于本文件所在目录")
        )
    if value.endswith(("/", os.sep)):
        raise Wrong(Words("this is a folder; name a file in it", "这是目录;写其中的一个文件"))
    return absolute(value, base)


def absolute(value: str, base: Path) -> Path:
    """`value` as an absolute path, `..` taken out, links left as they are."""
    expanded = os.path.expanduser(value) if value.startswith("~/") else value
    return Path(os.path.abspath(base / expanded))


def strings(value: Any, base: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        raise Wrong(Words("a list of texts is needed, none of them empty", "需要文字的列表,每项都不为空"))
    return tuple(value)


def attributes(value: Any, base: Path) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Wrong(Words("a table of texts is needed", "需要由文字组成的表"))
    for name, entry in value.items():
        if not isinstance(entry, str):
            shown = shown_value(entry)
            written = printable(name, 40)
            fix = Words(f'write {written} = "{shown.en}"', f'写成 {written} = "{shown.zh}"')
            simple = isinstance(entry, int | float) and not isinstance(entry, bool)
            raise Wrong(
                Words("every attribute is text in quotes", "每个属性都是引号里的文字"),
                fix if simple else None,
            )
    return dict(value)


def template(value: Any, base: Path) -> str:
    """What the host says; `{name}` is filled in for the names of TEMPLATE_NAMES only."""
    said = text(value, base)
    _check_names(said)
    return said


def templates(value: Any, base: Path) -> tuple[str, ...]:
    """Steps to take, filled in as `template` is."""
    steps = strings(value, base)
    for step in steps:
        _check_names(step)
    return steps


def _check_names(said: str) -> None:
    for name in re.findall(r"\{([^{}]*)\}", said):
        if name not in TEMPLATE_NAMES:
            known = ", ".join(f"{{{each}}}" for each in TEMPLATE_NAMES)
            near = nearest(name, TEMPLATE_NAMES)
            written = printable(name, 40)
            raise Wrong(
                Words(
                    f"{{{written}}} is not filled in; known: {known}", f"{{{written}}} 无法代入;可用:{known}"
                ),
                Words("leave it out", "请去掉")
                if near is None
                else Words(f"did you mean {{{near}}}?", f"是不是 {{{near}}}?"),
            )


def feed(value: Any, base: Path) -> str:
    """`replay:` with a file (made absolute), a ws(s)/http(s) URL, or `<platform>:`."""
    listed = " ".join(f"{scheme}:" for scheme in FEED_SCHEMES)
    needs = Words(f"a feed begins with one of {listed}", f"来源以这些之一开头:{listed}")
    if not isinstance(value, str) or any(unicodedata.category(c) == "Cc" for c in value):
        raise Wrong(needs)
    scheme, colon, rest = value.partition(":")
    if not colon or scheme not in FEED_SCHEMES:
        if "://" not in value and (not colon or "/" in scheme or "." in scheme):
            written = printable(value, 60)
            raise Wrong(needs, Words(f'for a file write "replay:{written}"', f'文件写成 "replay:{written}"'))
        near = nearest(scheme, FEED_SCHEMES)
        raise Wrong(needs, None if near is None else Words(f'did you mean "{near}:"?', f'是不是 "{near}:"?'))
    if scheme == "replay":
        if not rest or rest.endswith("/"):
            raise Wrong(
                Words("a file is needed after replay:", "replay: 后面要写文件"),
                Words('write "replay:sample.jsonl"', '写成 "replay:sample.jsonl"'),
            )
        return f"replay:{absolute(rest, base)}"
    if scheme not in PLATFORMS:
        _check_url(value, scheme)
    elif rest:
        kind = rest.partition(":")[0]
        if kind not in ("http", "https"):
            raise Wrong(
                Words(
                    f"nothing, or another base URL, follows {scheme}:",
                    f"{scheme}: 后面不写,或写另一个接口网址",
                ),
                Words(f'write "{scheme}:"', f'写成 "{scheme}:"'),
            )
        _check_url(rest, kind)
    return value


def messages(value: Any, base: Path) -> str:
    """Where a platform's messages are: a ws(s) URL, or the word for asking for them."""
    if value == MESSAGES_OVER_HTTP:
        return MESSAGES_OVER_HTTP
    scheme = value.partition(":")[0] if isinstance(value, str) else ""
    if scheme not in ("ws", "wss"):
        raise Wrong(
            Words(
                f'a ws:// or wss:// URL, or "{MESSAGES_OVER_HTTP}", is needed',
                f'需要 ws:// 或 wss:// 网址,或 "{MESSAGES_OVER_HTTP}"',
            )
        )
    _check_url(value, scheme)
    return str(value)


def listen(value: Any, base: Path) -> str:
    """HOST:PORT."""
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    whole = port.isascii() and port.isdigit() and int(port[:6]) < 65536
    if not colon or not whole or not re.fullmatch(r"[0-9A-Za-z.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]", host):
        raise Wrong(
            Words("HOST:PORT is needed", "需要 主机:端口"),
            Words('write "127.0.0.1:8790"', '写成 "127.0.0.1:8790"'),
        )
    return str(value)


def webhook(value: Any, base: Path) -> str:
    """An https or http URL without a user in it. It may hold a token, so what is wrong with it never quotes it."""
    scheme = value.partition(":")[0] if isinstance(value, str) else ""
    if (
        scheme not in ("http", "https")
        or len(value) > MAX_URL
        or not value.isprintable()
        or not value.isascii()
    ):
        raise Wrong(Words("an https:// URL is needed", "需要 https:// 网址"))
    _check_url(value, scheme)
    if "@" in urlsplit(value).netloc:
        raise Wrong(Words("no user may stand in it", "网址里不能有用户名"))
    return str(value)


def flag(value: Any, base: Path) -> bool:
    if not isinstance(value, bool):
        raise Wrong(Words("true or false is needed, without quotes", "需要 true 或 false,不加引号"))
    return value


def instant(value: Any, base: Path) -> str:
    """A moment, RFC 3339 with an offset."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Wrong(
            Words("a moment with its offset is needed", "需要带时区的时刻"),
            Words('write "2026-11-11T18:00:00+08:00"', '写成 "2026-11-11T18:00:00+08:00"'),
        )
    return str(value)


def _check_url(value: str, scheme: str) -> None:
    try:
        url = urlsplit(value)
        host, has_password, port = url.hostname, url.password is not None, url.port
    except ValueError:
        host, has_password, port = None, False, None
    if not value.startswith(f"{scheme}://") or not host or port == 0 or " " in value:
        raise Wrong(
            Words("a URL with a host is needed", "需要带主机名的网址"),
            Words(f'write "{scheme}://host:port/path"', f'写成 "{scheme}://主机:端口/路径"'),
        )
    if has_password:
        raise Wrong(
            Words("a password must not stand in this file", "密码不能写在本文件里"),
            Words('write secret = "env:NAME" beside it', '在旁边写 secret = "env:变量名"'),
            hide=True,
        )


def secret(value: Any, base: Path) -> str:
    """`env:NAME`, or `file:PATH` of a file that nobody else may read. The value itself is never looked
    at."""
    needs = Words(
        "secrets never stand in this file, only where to find them", "密钥不写在本文件里,只写在哪里能找到它"
    )
    kind, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if kind == "env":
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", rest):
            raise Wrong(Words("the name of an environment variable follows env:", "env: 后面是环境变量名"))
        return f"env:{rest}"
    if kind != "file" or not rest or "\0" in rest:
        raise Wrong(needs)
    where = absolute(rest, base)
    try:
        mode = where.stat().st_mode
    except OSError:
        return f"file:{where}"  # not on this machine: a replay needs no secret
    if mode & 0o077:
        raise Wrong(
            Words("others may read that file", "别人能读这个文件"),
            Words(f"run chmod 600 {printable(str(where))}", f"运行 chmod 600 {printable(str(where))}"),
        )
    return f"file:{where}"
