"""What is wrong with a sheet: in which cell, what, and what to do; in both languages. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from stockwatch.config.problems import Words


class SheetError(Exception):
    """A sheet that can't be used at all, or not without an answer. `words` holds it in both languages; text from the
    sheet in it is printable already."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.words = Words(en, zh)


@dataclass(frozen=True, slots=True)
class Problem:
    """One cell (`Sheet1!C14`) or row that was not used as it stands."""

    at: tuple[int, int]
    """Row and column, from 1; column 0 is the whole row."""
    where: str
    says: Words
    serious: bool = True
    """False: worth knowing, nothing was left out for it."""
