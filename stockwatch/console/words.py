"""Every word of the interface, Chinese and English alike, and the choice between them.

`words(language)` gives the table: `words("zh").sellable == "可卖"`. Words with `{placeholders}` are
filled with `fill(word, name=value)`, never with `str.format`, because titles may hold braces. The
lexicon modules own the entries, both languages side by side; this module owns the choice of language,
of ASCII, and of glyphs. Reads no environment: it is handed one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from stockwatch.console.formats import age, clock_time, count, eta_clock, eta_minutes, rate, zone_of
from stockwatch.console.lexicon.board import BoardWords
from stockwatch.console.lexicon.dialogs import DialogWords
from stockwatch.console.lexicon.panes import PaneWords
from stockwatch.console.lexicon.records import RecordWords
from stockwatch.console.lexicon.terms import Terms
from stockwatch.console.lexicon.word import Language, Word
from stockwatch.room.view import AlertRow, Text

__all__ = [
    "Language",
    "Words",
    "age",
    "alert_word",
    "clock_time",
    "count",
    "eta_clock",
    "eta_minutes",
    "fill",
    "pick_ascii",
    "pick_language",
    "rate",
    "restock_state",
    "say",
    "tier_full",
    "tier_glyph",
    "tier_word",
    "words",
    "zone_of",
]

_TIER_GLYPHS = (" ", "▴", "❖", "✖")
"""East Asian neutral, so one cell wide in every terminal."""
_TIER_ASCII = (" ", "^", "*", "!")
_LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_CHARSET_VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")
"""Apart, since Python sets LC_CTYPE=C.UTF-8 itself where the locale that LANG names is not installed."""
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Words(Terms, BoardWords, PaneWords, DialogWords, RecordWords):
    """The table in one language. Immutable; get it from `words`."""

    __slots__ = ("language",)

    def __init__(self, language: Language) -> None:
        self.language: Language = language


@cache
def words(language: Language) -> Words:
    return Words(language)


def all_words() -> dict[str, Word]:
    """Every entry by its name, for checks and documentation."""
    return {
        name: word for owner in Words.__mro__ for name, word in vars(owner).items() if isinstance(word, Word)
    }


def fill(word: str, **values: object) -> str:
    """`word` with each `{name}` replaced by its value, once: braces in a value stay as they are.

    Raises KeyError for a placeholder without a value.
    """
    return _PLACEHOLDER.sub(lambda found: str(values[found.group(1)]), word)


def say(text: Text, table: Words) -> str:
    """A sentence of the room in the table's language. Outside text: clean it before it is drawn."""
    return text.zh if table.language == "zh" else text.en


def pick_language(setting: str | None, env: Mapping[str, str]) -> Language:
    """The setting where there is one, else what the locale says (`zh*` is Chinese), else English."""
    if setting == "zh":
        return "zh"
    if setting == "en":
        return "en"
    return "zh" if _locale(env, _LANGUAGE_VARIABLES).lower().startswith(("zh", "chinese")) else "en"


def pick_ascii(env: Mapping[str, str]) -> bool:
    """Whether to draw with ASCII glyphs only: unless the locale's character set is UTF-8.

    Chinese text is sent as it is all the same; this decides sparklines, tier marks, frames and ellipses.
    """
    charset = _locale(env, _CHARSET_VARIABLES).partition(".")[2].partition("@")[0]
    return charset.lower().replace("-", "") != "utf8"


def _locale(env: Mapping[str, str], variables: tuple[str, ...]) -> str:
    """The first of the variables that is not empty."""
    return next((env[name] for name in variables if env.get(name)), "")


def tier_glyph(tier: int, *, ascii: bool = False) -> str:
    """One cell; a blank for no tier."""
    return (_TIER_ASCII if ascii else _TIER_GLYPHS)[tier]


def tier_word(tier: int, table: Words) -> str:
    """At most 6 cells; the word for "none" at 0."""
    return (table.tier_none, table.tier_trend, table.tier_threshold, table.tier_critical)[tier]


def alert_word(alert: AlertRow, table: Words) -> str:
    """At most 6 cells: its tier, or that it is about a platform's figure."""
    return table.alert_overwrite if alert.kind == "overwrite" else tier_word(alert.tier, table)


def tier_full(tier: int, table: Words) -> str:
    return (table.tier_none_full, table.tier_trend_full, table.tier_threshold_full, table.tier_critical_full)[
        tier
    ]


def restock_state(state: str, words: Words) -> str:
    """The state of a restock in at most 6 cells."""
    return {
        "asked": words.restock_asked,
        "confirmed": words.restock_confirmed,
        "shipped": words.restock_shipped,
        "refused": words.restock_refused,
        "received": words.restock_received,
    }[state]
