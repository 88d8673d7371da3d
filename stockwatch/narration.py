"""What commands say to a person: in the user's language, on stderr. Imports nothing but os and sys."""

from __future__ import annotations

import os
import sys


def language() -> str:
    """zh or en, by the locale's variables in the order that POSIX gives them."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def say(en: str, zh: str) -> str:
    """The sentence in the user's language."""
    return zh if language() == "zh" else en


def complain(message: str) -> None:
    """Narrate on stderr. `message` must be printable already. A closed stderr is nothing to fail for."""
    try:
        print(message, file=sys.stderr, flush=True)  # noqa: T201 - this is where narration goes
    except (OSError, ValueError):
        pass
