"""Files that a command makes: written whole or not at all, never over what is there unless told to.

Owns the proof too: a room's file is loaded before it takes its name.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from stockwatch.config import ConfigError, RoomConfig, load_room
from stockwatch.exits import Exit, Failure
from stockwatch.narration import language, say
from stockwatch.printable import printable


@dataclass(frozen=True, slots=True)
class New:
    """A file to be made. With `room`, its text must load as exactly these settings."""

    path: Path
    content: str | bytes
    room: RoomConfig | None = None

    @property
    def text(self) -> str:
        assert isinstance(self.content, str)
        return self.content


def write_new(files: Sequence[New], *, force: bool, dry_run: bool = False) -> None:
    """Write all of them, the first last, so that its being there means that all are. Raises Failure, with nothing
    written, when one is there already (without `force`) or the room would not load; OSError. With `force` what was
    there is kept as `<name>.bak`. `dry_run`: only prove.
    """
    if not force:
        for file in files:
            if os.path.lexists(file.path):
                raise _is_there(file.path)
    made: list[tuple[Path, New]] = []
    placed: list[Path] = []
    try:
        for file in files:
            made.append((_beside(file, dry_run=dry_run), file))
            if file.room is not None:
                _prove(made[-1][0], file.room)
        for written, file in reversed(made) if not dry_run else ():
            _take_place(written, file.path, force=force)
            placed.append(file.path)
    except BaseException:
        for path in placed if not force else ():
            path.unlink(missing_ok=True)
        raise
    finally:
        for written, _ in made:
            written.unlink(missing_ok=True)


def _beside(file: New, *, dry_run: bool) -> Path:
    """The content in a file of its own, in the folder where it will stand (a dry run writes nothing there)."""
    folder = None if dry_run else file.path.absolute().parent
    handle, name = tempfile.mkstemp(prefix=".stockwatch-", suffix=".new", dir=folder)
    with os.fdopen(handle, "wb") as stream:
        content = file.content
        stream.write(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).chmod(0o644)
    return Path(name)


def _prove(written: Path, room: RoomConfig) -> None:
    try:
        read_back = msgspec.structs.replace(load_room(written), path=None)
    except ConfigError as error:
        said = "\n".join(line.partition(": ")[2] or line for line in error.text(language()).splitlines())
        raise Failure(
            say(
                f"the room would not load, nothing was written:\n{said}",
                f"这样的直播间读不进来,什么都没写:\n{said}",
            ),
            Exit.CHECK_FAILED,
        ) from None
    assert read_back == room, "the text of a room.toml says something else than the settings"


def _take_place(written: Path, target: Path, *, force: bool) -> None:
    if force:
        if target.is_file():
            shutil.copy2(target, target.with_name(f"{target.name}.bak"))
        os.replace(written, target)
        return
    try:
        os.link(written, target)  # unlike a rename, this never takes the place of what came meanwhile
    except FileExistsError:
        raise _is_there(target) from None
    except OSError:  # a file system without links: exclusive creation is the next best
        try:
            with open(target, "xb") as stream:
                stream.write(written.read_bytes())
        except FileExistsError:
            raise _is_there(target) from None


def _is_there(path: Path) -> Failure:
    shown = printable(str(path))
    return Failure(
        say(
            f"{shown}: is there already; name another with -o, or --force to replace it (the old one stays as .bak)",
            f"{shown}:已经存在;用 -o 换个名字,或加 --force 替换(旧文件留作 .bak)",
        ),
        Exit.USAGE,
    )
