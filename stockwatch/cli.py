"""The `stockwatch` command: runs one command, and decides what becomes of its errors.

Owns the exit code and the streams' encoding. Every command is a module `stockwatch.commands.<name>` with
`run(args) -> int`, imported when it runs and not before. stdout is data, stderr is narration.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from stockwatch.narration import complain, language
from stockwatch.parser import LATER, parse

UNREACHABLE, INTERRUPTED = 3, 130  # stockwatch.exits, whose enum costs an import


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Never raises for what a command does; SystemExit for wrong
    usage.
    """
    _make_streams_safe()
    try:
        try:
            args = parse(sys.argv[1:] if argv is None else argv)
        except SystemExit:
            sys.stdout.flush()  # of --help: a reader that is gone is noticed here, not when Python ends
            raise
        code = _dispatch(args)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return UNREACHABLE  # whoever read our output is gone: quiet, but not "done"
    except Exception as error:
        from stockwatch.failures import explain

        _drop_stdout()
        code, message = explain(error, language())
        complain(message)
        return code


def _dispatch(args: argparse.Namespace) -> int:
    from importlib import import_module

    name = args.command or "overview"
    module = import_module(f"stockwatch.commands.{'later' if name in LATER else name}")
    return int(module.run(args))


def _make_streams_safe() -> None:
    """No character may stop us: a terminal shows what its encoding lacks as `\\u5377`; a file or pipe gets
    UTF-8.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for the process's life
        elif hasattr(stream, "reconfigure"):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _drop_stdout() -> None:
    """What could not be written will not be tried again when Python ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (OSError, ValueError):
            pass
