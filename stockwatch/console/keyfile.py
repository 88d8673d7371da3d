"""The user's own keys: `keys.toml` in their config folder, one line an action: `acknowledge = "x, f2"`.

Owns reading that file; what its keys mean and which clash is the keymap's (`keys`). Nothing here raises for what the
file holds, and a file that isn't there is no problem.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from stockwatch.console.escape import clean
from stockwatch.console.keys import Keymap
from stockwatch.paths import KEYS_FILE

FILE = KEYS_FILE
MAX_BYTES = 64 * 1024


def load_keys(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """(keys by action id, what was wrong with the file). A line that can't be used is left out and named."""
    shown = clean(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}, ()
    except OSError as error:
        return {}, (f"{shown}: can't be read: {error.strerror}",)
    if len(content) > MAX_BYTES:
        return {}, (f"{shown}: larger than {MAX_BYTES // 1024} KiB; this is no list of keys",)
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return {}, (f"{shown}: not UTF-8 text; save it as UTF-8",)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return {}, (f"{shown}: not valid TOML: {clean(str(error))}",)
    keys: dict[str, str] = {}
    problems: list[str] = []
    for name, value in table.items():
        if isinstance(value, str):
            keys[name] = value
        else:
            problems.append(f'{FILE}: {clean(name)}: write the keys as text, like {clean(name)} = "x, f2"')
    return keys, tuple(problems)


def user_keymap(path: Path) -> Keymap:
    """The keymap with the user's changes; its `problems` name those of the file too."""
    changes, problems = load_keys(path)
    keymap = Keymap(changes)
    keymap.problems[:0] = problems
    return keymap
