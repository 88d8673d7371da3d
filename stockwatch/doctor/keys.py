"""The user's own keys for the console: what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator

from stockwatch import paths
from stockwatch.config.problems import Words
from stockwatch.doctor.finding import Finding


def keys() -> Iterator[Finding]:
    """One finding a problem of keys.toml; none where there is no such file."""
    path = paths.config_dir() / paths.KEYS_FILE
    if not path.exists():
        return
    # Only now: the console's keys bring parts of the screen's library, which a check of this machine needs not load.
    from stockwatch.console.keyfile import user_keymap

    problems = user_keymap(path).problems
    for problem in problems:
        yield Finding.note("keys", problem, problem, Words(f"edit {path}", f"修改 {path}"))
    if not problems:
        yield Finding.ok("keys", f"{path} is in order", f"{path} 没有问题")
