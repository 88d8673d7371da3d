"""Python, the libraries and their versions, SQLite, time zones, and the files that ship with stockwatch."""

from __future__ import annotations

import platform
import re
import zoneinfo
from collections.abc import Iterator
from importlib import metadata

from stockwatch import __version__, paths
from stockwatch.config.problems import Words
from stockwatch.doctor.finding import Finding
from stockwatch.exits import Failure

SQLITE_NEEDED = (3, 51, 3)
"""Older ones can corrupt a database when a write-ahead log is reset."""
REINSTALL = Words(
    "run: pip install --upgrade --force-reinstall stockwatch",
    "运行:pip install --upgrade --force-reinstall stockwatch",
)


def python() -> Iterator[Finding]:
    running = f"{platform.python_implementation()} {platform.python_version()}"
    text = f"stockwatch {__version__}, {running}, {platform.platform(terse=True)}"
    yield Finding.ok("python", text, text)


def versions() -> Iterator[Finding]:
    """What the installed package says it requires, against what is installed."""
    try:
        required = metadata.requires("stockwatch") or []
    except metadata.PackageNotFoundError:
        yield Finding.note(
            "libraries",
            "stockwatch runs from source, not installed: versions not checked",
            "stockwatch 未安装,直接从源码运行:没有检查版本",
        )
        return
    good = []
    for requirement in required:
        if "extra ==" in requirement:
            continue
        name, specifiers = split_requirement(requirement)
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Finding.bad("libraries", f"{name} is not installed", f"没有安装 {name}", REINSTALL)
            continue
        if all(satisfies(found, specifier) for specifier in specifiers):
            good.append(f"{name} {found}")
        else:
            wanted = ", ".join(specifiers)
            yield Finding.bad(
                "libraries", f"{name} {found}, needed is {wanted}", f"{name} {found},需要 {wanted}", REINSTALL
            )
    if good:
        text = ", ".join(good)
        yield Finding.ok("libraries", text, text)


def split_requirement(requirement: str) -> tuple[str, list[str]]:
    """`textual<8.3,>=8.2.8; marker` to (`textual`, [`<8.3`, `>=8.2.8`])."""
    bare = requirement.partition(";")[0].strip()
    match = re.match(r"[A-Za-z0-9._-]+(?:\[[^\]]*\])?", bare)
    assert match is not None, requirement
    rest = bare[match.end() :].strip().strip("()")
    return match[0].partition("[")[0], [part.strip() for part in rest.split(",") if part.strip()]


def satisfies(version: str, specifier: str) -> bool:
    """Whether `8.2.8` satisfies `>=8.2.8`. Knows the comparisons that our own requirements use; others
    pass.
    """
    match = re.fullmatch(r"(>=|<=|<|>|==)\s*([0-9.]+)", specifier)
    if match is None:
        return True
    have, want = release(version), release(match[2])
    length = max(len(have), len(want))
    have, want = have + (0,) * (length - len(have)), want + (0,) * (length - len(want))
    return {
        ">=": have >= want,
        "<=": have <= want,
        "<": have < want,
        ">": have > want,
        "==": have == want,
    }[match[1]]


def release(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: `8.2.8rc1` to (8, 2, 8)."""
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def sqlite() -> Iterator[Finding]:
    try:
        import apsw
    except ImportError as error:
        yield Finding.bad("sqlite", f"apsw can't be loaded ({error})", f"加载不了 apsw({error})", REINSTALL)
        return
    version = apsw.sqlite_lib_version()
    if release(version) >= SQLITE_NEEDED:
        yield Finding.ok("sqlite", version, version)
    else:
        yield Finding.bad(
            "sqlite",
            f"{version} can corrupt a ledger; 3.51.3 or later is needed",
            f"{version} 可能损坏账本;需要 3.51.3 或更新",
            Words("run: pip install --upgrade apsw", "运行:pip install --upgrade apsw"),
        )


def time_zones() -> Iterator[Finding]:
    try:
        zoneinfo.ZoneInfo("Asia/Shanghai")
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        do = Words("run: pip install tzdata", "运行:pip install tzdata")
        yield Finding.bad("time zones", "no time zone data", "没有时区数据", do)
    else:
        yield Finding.ok("time zones", "Asia/Shanghai is known", "认识 Asia/Shanghai")


def shipped_files() -> Iterator[Finding]:
    try:
        themes = len(list(paths.shipped("themes").glob("*.toml")))
        samples = len(paths.samples())
    except Failure as failure:
        yield Finding.bad("files", str(failure), str(failure), REINSTALL)
        return
    if themes and samples:
        yield Finding.ok("files", f"{themes} themes, {samples} samples", f"{themes} 套配色,{samples} 个样例")
    else:
        en, zh = f"{themes} themes, {samples} samples: incomplete", f"{themes} 套配色,{samples} 个样例:不完整"
        yield Finding.bad("files", en, zh, REINSTALL)
