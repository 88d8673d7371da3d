"""Places at which a writer can be told to die, so that it can be proven that nothing is lost there.

For developers only. `STOCKWATCH_CRASH_AT=name:count` in the environment makes the process kill itself (SIGKILL) the
`count`-th time it passes the place `name`; see `NAMES`. The variable is read once, at import. Where it is not set
`passing` is None, and a commit costs a few comparisons with None, an event nothing.

A snapshot is mostly written by a forked child: it dies there alone, and the writer goes on without that snapshot. A
child counts on from where its parent stood at the fork.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

VARIABLE = "STOCKWATCH_CRASH_AT"
NAMES = (
    "before-journal",  # a commit has begun, nothing of it is written
    "before-commit",  # all of it is written, nothing is synced
    "after-commit",  # it is durable, nobody has been answered
    "in-snapshot",  # the state is written, without the end that makes the file whole
    "after-snapshot",  # it has its name, and those that it replaces are still there
)


def told(value: str | None) -> Callable[[str], None] | None:
    """What `passing` is for this value of the variable. Raises ValueError where it names no place."""
    if not value:
        return None
    wanted, _, count = value.partition(":")
    if wanted not in NAMES or not count.isdecimal() or int(count) < 1:
        raise ValueError(f"{VARIABLE}={value}: must be NAME:COUNT, NAME one of {', '.join(NAMES)}")
    left = int(count)

    def passing(name: str) -> None:
        nonlocal left
        assert name in NAMES, name
        left -= name == wanted
        if name == wanted and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return passing


passing = told(os.environ.get(VARIABLE))
"""Call it with the name of the place that is passed, unless it is None."""
