"""Exit codes of every command. stdout is data, stderr is narration."""

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    CHECK_FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


class Failure(Exception):
    """Something that a command could not do and that a person can put right.

    `str()` is the whole message: what happened, where, and what to do. The command line prints it as one
    line, without a traceback, and leaves with `exit_code`. Subclass it, or give your own exception an
    `exit_code`.
    """

    exit_code: Exit = Exit.UNREACHABLE

    def __init__(self, message: str, exit_code: Exit = Exit.UNREACHABLE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
