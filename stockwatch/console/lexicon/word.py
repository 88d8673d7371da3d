"""One word of the interface in both languages, as a class attribute that reads in its owner's language."""

from __future__ import annotations

from typing import Literal, Protocol, Self, overload

Language = Literal["zh", "en"]


class Speaker(Protocol):
    """Whatever has words: it knows its language."""

    @property
    def language(self) -> Language: ...


class Word:
    """Both languages side by side, so that neither can be forgotten. `short` words fit 6 cells (checked
    by a test).
    """

    __slots__ = ("en", "short", "zh")

    def __init__(self, zh: str, en: str, *, short: bool = False) -> None:
        self.zh = zh
        self.en = en
        self.short = short

    @overload
    def __get__(self, speaker: None, owner: type) -> Self: ...
    @overload
    def __get__(self, speaker: Speaker, owner: type) -> str: ...
    def __get__(self, speaker: Speaker | None, owner: type) -> Self | str:
        if speaker is None:
            return self
        return self.zh if speaker.language == "zh" else self.en


def short(zh: str, en: str) -> Word:
    """A word for a column head or a narrow mark: at most 6 cells in either language."""
    return Word(zh, en, short=True)
