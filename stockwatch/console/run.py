"""Starts the console on a real terminal, and ends the process decently whatever happens."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stockwatch import __version__, paths
from stockwatch.exits import Exit, Failure

# Read when Textual is imported: nothing moves by itself on an operator's screen, nor creeps over a slow line.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")

from stockwatch.console.app import Console, Settings
from stockwatch.console.keyfile import FILE, user_keymap
from stockwatch.console.keys import Keymap
from stockwatch.console.link import HubLink
from stockwatch.console.spark import SPARK_STYLES
from stockwatch.console.words import pick_ascii


def build(
    target: str,
    *,
    by: str | None,
    read_only: bool,
    language: str | None,
    theme: str | None,
    ascii: bool | None,
    bell: bool = True,
    owns_hub: bool,
    spark: str | None,
) -> Console:
    """The console, not yet running; arguments as of `stockwatch.console.attach`."""
    config = _config_dir()
    keymap = Keymap() if config is None else user_keymap(config / FILE)
    settings = Settings(
        by=by,
        read_only=read_only,
        language=language,
        theme=theme,
        ascii=pick_ascii(os.environ) if ascii is None else ascii,
        bell=bell,
        spark=next((style for style in SPARK_STYLES if style == spark), "braille"),
        owns_hub=owns_hub,
        keymap=keymap,
        user_themes=None if config is None else config / "themes",
    )
    return Console(HubLink(target, version=__version__, by=by or ""), settings)


def drive(app: Console) -> int:
    """Run it on a terminal that is known to be usable; its exit code. A fault of ours is raised once the terminal is
    restored: the command line says it in one line and keeps its traceback in the log.
    """
    try:
        result = app.run()
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    if app.fault is not None:
        raise app.fault
    if app.parting:
        sys.stderr.write(app.parting + "\n")
    return int(app.return_code or 0) if result is None else int(result)


def _config_dir() -> Path | None:
    """The user's own settings; None where no home folder is known."""
    try:
        return paths.config_dir()
    except Failure:
        return None
