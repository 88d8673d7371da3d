"""Which of a platform's products is which SKU of the room: proposed, never decided twice. Pure.

In order: the same code (商家编码 = SKU id) first; then a code that differs in case, width or white space only; then
title and spec by a score. Every platform row and every SKU is proposed once at most. Where two could be meant they
are listed as unclear with their scores, and not chosen.

Score, 0 to 1: 0.55 x likeness of titles (`specs.likeness`) + 0.45 x likeness of specs
(shared words over all words). It proposes at `LEAST` and above, and only when it beats every other candidate
of both sides by `MARGIN`. A spec that contradicts (黑 against 白) is worth 0, so it never reaches LEAST.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from stockwatch.config import Sku
from stockwatch.sheets.specs import likeness, plain_title, spec_words
from stockwatch.sheets.values import tidy

LEAST: Final = 0.75
MARGIN: Final = 0.08
MAX_ROWS: Final = 20_000
_TITLE, _SPEC = 0.55, 0.45
_LIKE_TITLE: Final = 0.5
"""Titles less alike than this are not compared further."""
_MOST_PAIRS: Final = 2_000_000
_SHOWN: Final = 5

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
How = Literal["code", "code like", "title"]


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One SKU of a platform's product list. Ids are decimal strings; "" is what the platform does not say."""

    product_id: str
    sku_id: str = ""
    title: str = ""
    spec: str = ""
    outer_id: str = ""
    stock: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.product_id, self.sku_id


@dataclass(frozen=True, slots=True)
class Match:
    """This row is proposed to be that SKU."""

    row: PlatformRow
    sku: str
    how: How
    score: float


@dataclass(frozen=True, slots=True)
class Unclear:
    """Rows that could be one of several SKUs, or SKUs that could be one of several rows: a person says which."""

    row: PlatformRow
    candidates: tuple[tuple[str, float], ...]
    """SKU ids with their scores, the best first, five at most."""
    why: Literal["same code twice", "close scores", "code without zeros"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found for one channel. Every row is in exactly one of matches, unclear, unmatched."""

    matches: tuple[Match, ...]
    unclear: tuple[Unclear, ...]
    unmatched: tuple[PlatformRow, ...]
    unlisted: tuple[str, ...]
    """SKUs that no row was proposed for (some of them candidates of an unclear row)."""


def propose(rows: Sequence[PlatformRow], skus: Sequence[Sku]) -> Proposal:
    """Match one channel's product list with the room's SKUs. The same for any order of either.

    Raises ValueError for more than MAX_ROWS of either, or two rows of the same product and SKU id.
    """
    if len(rows) > MAX_ROWS or len(skus) > MAX_ROWS:
        raise ValueError(f"at most {MAX_ROWS} rows and SKUs can be matched at a time")
    if len({row.key for row in rows}) != len(rows):
        raise ValueError("two rows have the same product and SKU id; a product list names each once")
    finder = _Finder(sorted(rows, key=lambda row: row.key), sorted(skus, key=lambda sku: sku.id))
    finder.by_code(lambda code: code, "code", 1.0)
    finder.by_code(lambda code: tidy(code).casefold().replace(" ", ""), "code like", 0.97)
    finder.without_zeros()
    finder.by_title()
    return finder.proposal()


class _Finder:
    def __init__(self, rows: Sequence[PlatformRow], skus: Sequence[Sku]) -> None:
        self._rows = {row.key: row for row in rows}
        self._skus = {sku.id: sku for sku in skus}
        self._open_rows = dict(self._rows)
        self._open_skus = dict(self._skus)
        self._matches: list[Match] = []
        self._unclear: list[Unclear] = []

    def by_code(self, plain: Callable[[str], str], how: How, score: float) -> None:
        """Rows whose code is that of one SKU, and of no other row."""
        skus = _grouped((plain(sku.id), sku.id) for sku in self._open_skus.values())
        rows = _grouped(
            (plain(row.outer_id), row.key) for row in self._open_rows.values() if row.outer_id.strip()
        )
        for code, keys in rows.items():
            ids = skus.get(code, [])
            if len(ids) == 1 and len(keys) == 1:
                self._match(self._rows[keys[0]], ids[0], how, score)
            elif ids:
                for key in keys:
                    self._set_aside(self._rows[key], [(id, score) for id in ids], "same code twice")

    def without_zeros(self) -> None:
        """A code that lost its leading zeros somewhere is shown, and left to a person."""
        skus = _grouped((id.lstrip("0"), id) for id in self._open_skus if id.isascii() and id.isdigit())
        for row in list(self._open_rows.values()):
            code = tidy(row.outer_id)
            ids = skus.get(code.lstrip("0"), []) if code.isascii() and code.isdigit() else []
            if ids:
                self._set_aside(row, [(id, 0.9) for id in ids], "code without zeros")

    def by_title(self) -> None:
        """What is left, by title and spec."""
        of_row: dict[tuple[str, str], list[tuple[float, str]]] = {}
        of_sku: dict[str, list[tuple[float, tuple[str, str]]]] = {}
        for key, id, score in self._scores():
            of_row.setdefault(key, []).append((score, id))
            of_sku.setdefault(id, []).append((score, key))
        for key, found in sorted(of_row.items()):
            found.sort(key=lambda each: (-each[0], each[1]))
            score, id = found[0]
            others = [each for each, _ in found[1:]] + [each for each, other in of_sku[id] if other != key]
            if all(score >= other + MARGIN for other in others):
                self._match(self._rows[key], id, "title", score)
        for key, found in sorted(of_row.items()):
            left = [(id, score) for score, id in found if id in self._open_skus]
            if key in self._open_rows and left:
                self._set_aside(self._rows[key], left, "close scores")

    def _scores(self) -> list[tuple[tuple[str, str], str, float]]:
        """Pairs of open rows and SKUs at LEAST or above; none when there are too many to compare them all, since
        nothing beats what was not looked at. Titles are compared once each.
        """
        rows = _grouped((plain_title(row.title), row.key) for row in self._open_rows.values())
        skus = _grouped((plain_title(sku.title), sku.id) for sku in self._open_skus.values())
        row_specs = {key: spec_words(row.spec) for key, row in self._open_rows.items()}
        sku_specs = {id: spec_words(" ".join(sku.attrs.values())) for id, sku in self._open_skus.items()}
        if len(rows) * len(skus) > _MOST_PAIRS:
            return []
        found: list[tuple[tuple[str, str], str, float]] = []
        budget = _MOST_PAIRS
        for title, keys in rows.items():
            for other, ids in skus.items():
                alike = likeness(title, other)
                if alike < _LIKE_TITLE:
                    continue
                budget -= len(keys) * len(ids)
                if budget < 0:
                    return []
                for key in keys:
                    for id in ids:
                        score = _TITLE * alike + _SPEC * _like_spec(row_specs[key], sku_specs[id])
                        if score >= LEAST:
                            found.append((key, id, round(score, 4)))
        return found

    def _match(self, row: PlatformRow, sku: str, how: How, score: float) -> None:
        self._matches.append(Match(row, sku, how, score))
        del self._open_rows[row.key], self._open_skus[sku]

    def _set_aside(
        self,
        row: PlatformRow,
        candidates: list[tuple[str, float]],
        why: Literal["same code twice", "close scores", "code without zeros"],
    ) -> None:
        self._unclear.append(Unclear(row, tuple(candidates[:_SHOWN]), why))
        del self._open_rows[row.key]

    def proposal(self) -> Proposal:
        return Proposal(
            matches=tuple(sorted(self._matches, key=lambda match: match.row.key)),
            unclear=tuple(sorted(self._unclear, key=lambda unclear: unclear.row.key)),
            unmatched=tuple(self._open_rows.values()),
            unlisted=tuple(self._open_skus),
        )


def _like_spec(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared words over all words when one says no more than the other; 0 when each says something that the other
    does not (黑 against 白); two goods without a spec are alike."""
    if not one and not other:
        return 1.0
    if one - other and other - one:
        return 0.0
    return len(one & other) / len(one | other)


def _grouped(pairs: Iterable[tuple[_Key, _Value]]) -> dict[_Key, list[_Value]]:
    found: dict[_Key, list[_Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
