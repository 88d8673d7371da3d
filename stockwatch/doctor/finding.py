"""One finding of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stockwatch.config.problems import Words


@dataclass(frozen=True)
class Finding:
    """`says` what is so; `do` what to do about it. Both may hold outside text: print them escaped."""

    name: str
    state: Literal["ok", "note", "bad"]
    says: Words
    do: Words | None = None

    @classmethod
    def ok(cls, name: str, en: str, zh: str) -> Finding:
        return cls(name, "ok", Words(en, zh))

    @classmethod
    def note(cls, name: str, en: str, zh: str, do: Words | None = None) -> Finding:
        return cls(name, "note", Words(en, zh), do)

    @classmethod
    def bad(cls, name: str, en: str, zh: str, do: Words | None = None) -> Finding:
        return cls(name, "bad", Words(en, zh), do)
