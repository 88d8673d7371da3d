"""Text fields of the dialogs: what is typed or pasted is made harmless, and digits may be full-width.

Owns no meaning: `digits` is the one rule for what counts as a number typed with a Chinese input method on.
"""

from __future__ import annotations

import unicodedata

from textual.widgets import Input

from stockwatch.console.escape import clean


def digits(text: str) -> str:
    """The ASCII digits of `text`: full-width ones made plain, everything else left out."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(char for char in plain if char in "0123456789")


class Entry(Input):
    """A line of text, without a blinking cursor: an idle screen sends nothing."""

    DEFAULT_CSS = """
    Entry {
        height: 1;
        border: none;
        padding: 0;
        background: $panel;
        color: $foreground;
        &:focus { border: none; background-tint: transparent; text-style: bold; }
    }
    """

    def __init__(self, value: str = "", *, id: str, max_length: int = 120, placeholder: str = "") -> None:
        super().__init__(
            self.accept(value), id=id, max_length=max_length, placeholder=placeholder, compact=True
        )
        self.cursor_blink = False

    @classmethod
    def accept(cls, text: str) -> str:
        """What of typed or pasted text goes into the field."""
        return clean(text)

    def replace(self, text: str, start: int, end: int) -> None:
        super().replace(self.accept(text), start, end)


class NumberEntry(Entry):
    """A whole number; the value is always ASCII digits or empty."""

    @classmethod
    def accept(cls, text: str) -> str:
        return digits(text)

    def replace(self, text: str, start: int, end: int) -> None:
        if text and not self.accept(text):
            self.restricted()
            return
        super().replace(text, start, end)

    @property
    def number(self) -> int | None:
        """The number in the field, None while it is empty."""
        return int(self.value) if self.value else None


class ClockEntry(Entry):
    """A time of day, `20:05`; full-width digits and colons, and `2005`, are understood."""

    @classmethod
    def accept(cls, text: str) -> str:
        plain = unicodedata.normalize("NFKC", text)
        return "".join(char for char in plain if char in "0123456789:")

    @property
    def minutes(self) -> int | None:
        """Minutes after midnight; None if what stands there is no time of day."""
        text = self.value if ":" in self.value else f"{self.value[:-2]}:{self.value[-2:]}"
        hours, _, minutes = text.partition(":")
        if not (hours.isdigit() and minutes.isdigit() and len(minutes) == 2):
            return None
        if int(hours) > 23 or int(minutes) > 59:
            return None
        return int(hours) * 60 + int(minutes)
