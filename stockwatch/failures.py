"""What an error that ended a command is called, and the exit code it means.

Owns the difference between what a person can put right (one line, what to do) and a fault of ours (one line,
and the traceback in the log, without local variables, which could hold secrets).
"""

from __future__ import annotations

import errno
import logging
import sys
import traceback
from datetime import datetime
from pathlib import Path

from stockwatch import __version__
from stockwatch.exits import Exit
from stockwatch.printable import printable

MAX_LOG_BYTES = 4 * 1024 * 1024


def explain(error: Exception, language: str = "en") -> tuple[int, str]:
    """(exit code, message that may be printed). Writes the log when the error is not one that we know."""
    from stockwatch.config import ConfigError

    if isinstance(error, ConfigError):
        return Exit.USAGE, "\n".join(printable(line) for line in error.text(language).splitlines())
    code = getattr(error, "exit_code", None)
    if isinstance(code, int):
        return int(code), "\n".join(
            f"stockwatch: {printable(line)}" for line in str(error).splitlines() or [""]
        )
    if isinstance(error, OSError):
        return Exit.UNREACHABLE, _os_error(error, language)
    ours = type(error).__module__.startswith("stockwatch.") and not isinstance(error, AssertionError)
    if ours and str(error):
        # An exception that we define says what happened; one of the language or a library says what broke.
        return Exit.UNREACHABLE, f"stockwatch: {printable(str(error))}"
    return Exit.UNREACHABLE, _unexpected(error, language)


_ADVICE = {
    errno.ENOENT: ("no such file or folder; check the path", "没有这个文件或目录;请检查路径"),
    errno.EACCES: (
        "not allowed; check its permissions and its folder's",
        "没有权限;请检查它和所在目录的权限",
    ),
    errno.EPERM: ("not allowed; check its permissions and its folder's", "没有权限;请检查它和所在目录的权限"),
    errno.EROFS: ("the disk is read-only; name a file elsewhere", "磁盘只读;请换个地方"),
    errno.EISDIR: ("this is a folder; name a file", "这是目录;请写文件"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "路径中有一段是文件而不是目录"),
    errno.ENOSPC: ("the disk is full; make room and try again", "磁盘满了;腾出空间再试"),
    errno.EADDRINUSE: ("the address is in use; choose another port", "地址已被占用;换一个端口"),
    errno.EADDRNOTAVAIL: ("no such address on this machine", "本机没有这个地址"),
    errno.ECONNREFUSED: ("nobody listens there; is it running?", "那里没有程序在听;它在跑吗?"),
    errno.EMFILE: ("too many open files; raise the limit (ulimit -n)", "打开的文件太多;调高上限(ulimit -n)"),
    errno.ENAMETOOLONG: ("the name is too long", "名字太长"),
}


def _os_error(error: OSError, language: str) -> str:
    """One line: what it is about, what the system said, what to do."""
    subject = error.filename if error.filename is not None else ""
    if isinstance(subject, bytes):
        subject = subject.decode("utf-8", errors="replace")
    about = f"{printable(str(subject))}: " if subject != "" else ""
    advice = _ADVICE.get(error.errno or 0)
    if advice is not None:
        return f"stockwatch: {about}{advice[1] if language == 'zh' else advice[0]}"
    return f"stockwatch: {about}{printable(error.strerror or str(error) or type(error).__name__, 300)}"


def _unexpected(error: Exception, language: str) -> str:
    name = type(error).__name__
    said = printable(str(error), 200)
    what = f"{name}: {said}" if said else name
    report = "".join(traceback.format_exception(error))
    try:
        log = _write_log(report)
    except Exception:  # whatever the log's trouble is, the first error is the one to tell
        trace = "\n".join(printable(line) for line in report.splitlines())
        if language == "zh":
            return f"{trace}\nstockwatch: 程序出错({what});日志写不了,经过见上"
        return f"{trace}\nstockwatch: a fault of ours ({what}); the log can't be written, the trace is above"
    shown = printable(str(log))
    if language == "zh":
        return f"stockwatch: 程序出错({what});经过记在 {shown}"
    return f"stockwatch: a fault of ours ({what}); the trace is in {shown}"


def _write_log(report: str) -> Path:
    """Append to the log (0600), beginning a new one when it has grown large."""
    from stockwatch.paths import log_path, make_private

    log = log_path()
    make_private(log.parent)
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    command = " ".join(printable(word, 80) for word in sys.argv[1:2])
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    handler = logging.FileHandler(log, encoding="utf-8", errors="backslashreplace")
    try:
        log.chmod(0o600)
        record = logging.LogRecord(
            "stockwatch",
            logging.ERROR,
            "",
            0,
            f"{now} stockwatch {__version__} {command}\n{report}",
            None,
            None,
        )
        handler.emit(record)
    finally:
        handler.close()
    return log
