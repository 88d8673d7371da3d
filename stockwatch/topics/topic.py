"""One topic of the offline help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stockwatch.config.problems import Words


@dataclass(frozen=True)
class Topic:
    """`names`: what it is looked up by, the first shown; `about`: one sentence; `body`: the rest, made when
    asked.
    """

    group: str
    names: tuple[str, ...]
    about: Words
    body: Callable[[], Words] | None = None

    def text(self, language: str) -> str:
        """The whole topic, ending with a line end."""
        about = self.about.zh if language == "zh" else self.about.en
        if self.body is None:
            return f"{self.names[0]}\n  {about}\n"
        body = self.body()
        rest = body.zh if language == "zh" else body.en
        return f"{self.names[0]}\n  {about}\n\n{rest.rstrip()}\n"
