"""The text of an export file, whatever wrote it. Reads only the file it is told to."""

from __future__ import annotations

import re
from pathlib import Path

from stockwatch.exits import Exit, Failure
from stockwatch.printable import printable

MAX_EXPORT_BYTES = 512 * 1024 * 1024
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_text(path: Path, encoding: str | None) -> list[str]:
    """The file's lines, line ends kept. Without an encoding: by its mark, else UTF-8, else GB 18030 (what
    Chinese spreadsheets write), else Latin-1, in which anything can be read.

    Raises Failure when it can't be read, is too large, or is not in the encoding that was asked for.
    """
    shown = printable(str(path))
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_EXPORT_BYTES + 1)
    except OSError as error:
        reason = printable(error.strerror or str(error))
        raise Failure(f"{shown}: can't be read: {reason}; check the path", Exit.USAGE) from error
    if len(data) > MAX_EXPORT_BYTES:
        raise Failure(f"{shown}: over {MAX_EXPORT_BYTES} bytes; export fewer days at a time", Exit.USAGE)
    if encoding is not None:
        try:
            return _lines(data.decode(encoding))
        except (UnicodeDecodeError, LookupError):
            raise Failure(
                f"{shown}: is not {printable(encoding)}; correct encoding in MAP.toml", Exit.USAGE
            ) from None
    marked = [name for mark, name in _MARKS if data.startswith(mark)]
    for tried in (*marked, "utf-8", "gb18030"):
        try:
            return _lines(data.decode(tried))
        except UnicodeDecodeError:
            continue
    return _lines(data.decode("latin-1"))


def _lines(text: str) -> list[str]:
    """Lines by CR, LF or both; nothing else that Unicode calls a line end, since titles may hold it."""
    return [line + "\n" for line in re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))]
