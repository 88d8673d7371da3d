"""Where the webhook's secret is read: an environment variable, or a file that nobody else may read.

It goes nowhere else.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from stockwatch.config import ConfigError
from stockwatch.printable import printable
from stockwatch.webhook.signing import key_of

_MAX_FILE = 4096


def read_key(reference: str | None) -> bytes:
    """The signing key that `[restock] secret` refers to. Raises ConfigError saying what is wrong and the fix."""
    kind, _, where = (reference or "").partition(":")
    if kind == "env":
        secret = os.environ.get(where, "").strip()
        if not secret:
            raise _error(f"{where} is not set", f"set {where} to the secret that the receiver knows")
    elif kind == "file":
        secret = _from_file(Path(where))
    else:
        raise _error("there is none", 'write secret = "env:NAME", or "file:PATH" of a file of mode 0600')
    try:
        return key_of(secret)
    except ValueError as error:
        raise _error(
            str(error), "agree with the receiver on 32 random bytes, e.g. whsec_ and their Base64"
        ) from None


def _from_file(path: Path) -> str:
    shown = printable(str(path))
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise _error(f"others may read {shown}", f"run chmod 600 {shown}")
            content = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise _error(f"{shown}: {error.strerror}", "name the file that holds the secret") from None
    try:
        secret = content.decode().strip()
    except UnicodeDecodeError:
        secret = ""
    if not secret or len(content) > _MAX_FILE or "\n" in secret:
        raise _error(f"{shown} is not one line of text", "write the secret into it, and nothing else")
    return secret


def _error(problem: str, fix: str) -> ConfigError:
    return ConfigError(f"[restock] secret: {problem}; {fix}")
