"""Starts the console on a real terminal, and ends the process decently whatever happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from stockwatch import __version__
from stockwatch.exits import Exit

# Read when Textual is imported: nothing moves by itself on an operator's screen, nor creeps over a slow line.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")

from stockwatch.console.app import Console, Settings
from stockwatch.console.link import HubLink
from stockwatch.console.spark import SPARK_STYLES
from stockwatch.console.words import pick_ascii


def run_console(
    target: str,
    *,
    by: str | None,
    read_only: bool,
    language: str | None,
    theme: str | None,
    ascii: bool | None,
    owns_hub: bool,
    spark: str | None,
    keymap: Mapping[str, str] | None,
) -> int:
    """As `stockwatch.console.attach`, on a terminal that is known to be usable."""
    settings = Settings(
        by=by,
        read_only=read_only,
        language=language,
        theme=theme,
        ascii=pick_ascii(os.environ) if ascii is None else ascii,
        spark=next((style for style in SPARK_STYLES if style == spark), "braille"),
        owns_hub=owns_hub,
        keymap=keymap,
        user_themes=user_themes(os.environ),
    )
    app = Console(HubLink(target, version=__version__, by=by or ""), settings)
    try:
        result = app.run()
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    if app.parting:
        sys.stderr.write(app.parting + "\n")
    return int(app.return_code or 0) if result is None else int(result)


def user_themes(env: Mapping[str, str]) -> Path:
    """Where the user's own themes lie."""
    base = env.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "stockwatch" / "themes"
