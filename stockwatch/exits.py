"""Exit codes of every command. stdout is data, stderr is narration."""

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    CHECK_FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    INTERRUPTED = 130
