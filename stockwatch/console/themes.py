"""Colour themes: TOML files to Textual themes.

Owns what a theme file may hold, the variables that our style sheets use beside Textual's, and the
messages for what is wrong with a file. A bad value is left out and reported; a file that can't be used
at all is reported and skipped; nothing here raises for what a file holds. Reads the shipped folder and
the folder it is given.

A file: the members of `textual.theme.Theme` (`primary` is the one that is required) and `[variables]`.
Colours are what Textual understands: `#rrggbb`, names, `ansi_red`, `auto 87%`. Over ssh 256 colours are
the normal case, so shipped colours lie on the cube 00 5f 87 af d7 ff or on its greys 08 12 1c … ee.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.design import ColorSystem
from textual.theme import BUILTIN_THEMES, Theme

from stockwatch.console.escape import clean
from stockwatch.exits import Failure
from stockwatch.paths import shipped

DEFAULT_THEME = "dark"
SHIPPED = ("dark", "light", "colour-blind", "ansi-16", "mono")
"""In the order in which they are offered; the user's own follow by name."""


def default_theme(*, no_color: bool) -> str:
    """The theme where none is asked for: without colours (NO_COLOR) the one that tells tiers by weight."""
    return "mono" if no_color else DEFAULT_THEME


DEFAULT_VARIABLES = {
    "tier-none": "#9e9e9e",
    "tier-trend": "#5fd7ff",
    "tier-threshold": "#ffd75f",
    "tier-critical": "#ff5f5f",
    "tier-none-style": "none",
    "tier-trend-style": "none",
    "tier-threshold-style": "bold",
    "tier-critical-style": "bold",
    "tier-acknowledged": "#9e9e9e",
    "stale": "#af87d7",
    "stale-style": "italic",
    "feed-ok": "#87d787",
    "presenting": "#ff87d7",
    "gone": "#ff8787",
    "rising": "#ffaf5f",
    "falling": "#87afaf",
    "spark": "#5fafaf",
    "muted": "#9e9e9e",
    "cursor-background": "#303030",
    "cursor-foreground": "#eeeeee",
    "cursor-style": "none",
    "heading": "#afafd7",
    "key": "#ffd787",
    "chart-remaining": "#5fafff",
    "chart-velocity": "#ffaf5f",
    "chart-safety": "#ff5f5f",
    "chart-axis": "#9e9e9e",
}
"""Our own variables with the values they have where a theme names none; those ending in `-style` are
text styles.
"""

_COLOURS = (
    "primary", "secondary", "warning", "error", "success", "accent", "foreground", "background",
    "surface", "panel", "boost",
)  # fmt: skip
_SWITCHES = ("dark", "ansi")
_RATIOS = ("luminosity_spread", "text_alpha")
_MEMBERS = ("name", *_COLOURS, *_SWITCHES, *_RATIOS, "variables")
_TEXT_STYLES = frozenset({
    "none", "bold", "b", "dim", "d", "italic", "i", "underline", "u", "reverse", "r", "strike", "s", "not",
})  # fmt: skip
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_PERCENT = re.compile(r"(?:0|[1-9]\d?|100)(?:\.\d+)?%")
_MAX_BYTES = 64 * 1024
_ANSI_VARIABLES = {True: BUILTIN_THEMES["ansi-dark"].variables, False: BUILTIN_THEMES["ansi-light"].variables}
"""What Textual's style sheets take for granted under a theme of terminal colours, by `dark`."""
_TEXTUAL_VARIABLES = (
    frozenset(ColorSystem("#5fafff").generate())
    | frozenset(ColorSystem("ansi_blue", ansi=True).generate())
    | frozenset(_ANSI_VARIABLES[True])
    | frozenset(_ANSI_VARIABLES[False])
)
_KNOWN_VARIABLES = frozenset(DEFAULT_VARIABLES) | _TEXTUAL_VARIABLES


@dataclass(frozen=True)
class ThemeSet:
    """What was found: themes by name, in the order to cycle through, and what was wrong, one message a
    problem.
    """

    themes: dict[str, Theme]
    problems: tuple[str, ...] = ()


def load_all(user_folder: Path | None = None) -> ThemeSet:
    """The shipped themes and the user's (`*.toml` in `user_folder`, which needn't exist).

    A user's theme replaces the shipped one of its name. The default theme is always there, whatever the
    disk holds.
    """
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for path in (*_shipped_files(problems), *_toml_files(user_folder, problems)):
        theme, found = load_theme(path)
        problems.extend(found)
        if theme is not None:
            themes[theme.name] = theme
    if DEFAULT_THEME not in themes:
        themes = {DEFAULT_THEME: Theme(name=DEFAULT_THEME, primary="#5fafff", background="#121212"), **themes}
    return ThemeSet(themes, tuple(problems))


def _shipped_files(problems: list[str]) -> list[Path]:
    try:
        folder = shipped("themes")
    except Failure as error:
        problems.append(clean(str(error)))
        return []
    return [folder / f"{name}.toml" for name in SHIPPED]


def _toml_files(folder: Path | None, problems: list[str]) -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        problems.append(f"{_shown(folder)}: cannot list the folder: {error.strerror}")
        return []


def load_theme(path: Path) -> tuple[Theme | None, list[str]]:
    """One file. Each problem is a message that names file and key; None when no theme can be made of it."""
    where = _shown(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None, [f"{where}: larger than {_MAX_BYTES // 1024} KiB; this is not a theme"]
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return None, [f"{where}: cannot read the theme: {error.strerror}"]
    except UnicodeDecodeError:
        return None, [f"{where}: not UTF-8 text; save it as UTF-8"]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return None, [f"{where}: not valid TOML: {clean(str(error))}"]
    return _theme(table, path.stem, where)


def _theme(table: dict[str, Any], stem: str, where: str) -> tuple[Theme | None, list[str]]:
    problems = [f"{where}: {_unknown(key, _MEMBERS)}" for key in table if key not in _MEMBERS]
    values: dict[str, Any] = {}
    for key in _COLOURS:
        if key in table:
            if _is_colour(table[key]):
                values[key] = table[key]
            else:
                problems.append(
                    f"{where}: {key} = {_value(table[key])} is not a colour; write it as '#5fafff'"
                )
    for key in _SWITCHES:
        if key in table:
            if isinstance(table[key], bool):
                values[key] = table[key]
            else:
                problems.append(f"{where}: {key} = {_value(table[key])} must be true or false")
    for key in _RATIOS:
        if key in table:
            if _is_ratio(table[key]):
                values[key] = float(table[key])
            else:
                problems.append(f"{where}: {key} = {_value(table[key])} must be a number from 0 to 1")
    name = table.get("name", stem)
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        problems.append(f"{where}: name {_value(name)} must be 1-32 of a-z, 0-9, - and _")
        return None, problems
    if "primary" not in values:
        problems.append(f"{where}: primary is missing or not a colour; without it there is no theme")
        return None, problems
    variables = _variables(table.get("variables", {}), where, problems)
    if values.get("ansi"):
        variables = {**_ANSI_VARIABLES[values.get("dark", True)], **variables}
    return Theme(name=name, variables=variables, **values), problems


def _variables(table: Any, where: str, problems: list[str]) -> dict[str, str]:
    if not isinstance(table, dict):
        problems.append(f"{where}: variables must be a table: [variables]")
        return {}
    kept: dict[str, str] = {}
    for key, value in table.items():
        at = f"{where}: [variables]"
        if key not in _KNOWN_VARIABLES:
            problems.append(f"{at} {_unknown(key, _KNOWN_VARIABLES)}")
        elif _is_style_name(key):
            if isinstance(value, str) and value.split() and set(value.split()) <= _TEXT_STYLES:
                kept[key] = value
            else:
                problems.append(f"{at} {key} = {_value(value)} is not a text style such as 'bold' or 'none'")
        elif _is_colour(value, allow_percent=True):
            kept[key] = value
        else:
            problems.append(f"{at} {key} = {_value(value)} is not a colour; write it as '#5fafff'")
    return kept


def _is_style_name(key: str) -> bool:
    return key.endswith(("-style", "-style-hover"))


def _is_colour(value: Any, *, allow_percent: bool = False) -> bool:
    if not isinstance(value, str):
        return False
    colour, _, percent = value.strip().rpartition(" ") if allow_percent and " " in value else (value, "", "")
    if percent and not _PERCENT.fullmatch(percent):
        return False
    if colour == "auto" and allow_percent:
        return True
    try:
        Color.parse(colour)
    except ColorParseError:
        return False
    return True


def _is_ratio(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _unknown(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, sorted(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown key {_value(key)}{hint}"


def _value(value: Any) -> str:
    """A value from a file, as it may be shown."""
    text = clean(str(value) if not isinstance(value, str) else value)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


def _shown(path: Path) -> str:
    return clean(str(path))
