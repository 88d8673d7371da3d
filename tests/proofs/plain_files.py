"""What is done to snapshots, which are plain files, in the log of a disk (`faults`).

Inside the context `os.fsync`, `Path.rename` and `Path.unlink` are watched. What a file holds is looked up when it is
synced or renamed: at a rename, all that no sync has covered is not on the disk yet. Needs /proc.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from faults import Op


class PlainFiles:
    """Use as a context, with the log of the disk that they lie on."""

    def __init__(self, log: list[Op]) -> None:
        self._log = log
        self._known: dict[str, bytes] = {}
        """Name -> what the log says that it holds."""

    def __enter__(self) -> PlainFiles:
        self._real: tuple[Any, Any, Any] = os.fsync, Path.rename, Path.unlink
        fsync, rename, unlink = self._real

        def watched_fsync(file: int) -> None:
            fsync(file)
            name = os.readlink(f"/proc/self/fd/{file}")
            if stat.S_ISDIR(os.fstat(file).st_mode):
                self._log.append(Op("sync folder", name))
            elif ".snap." in name:
                self._written(name)
                self._log.append(Op("sync", name))

        def watched_rename(path: Path, target: Path) -> Path:
            if ".snap." in path.name:
                self._written(str(path))
                self._known[str(target)] = self._known.pop(str(path))
                self._log.append(Op("rename", str(path), data=os.fsencode(target)))
            return Path(rename(path, target))

        def watched_unlink(path: Path, missing_ok: bool = False) -> None:
            unlink(path, missing_ok=missing_ok)
            if ".snap." in path.name:
                self._known.pop(str(path), None)
                self._log.append(Op("delete", str(path)))

        os.fsync = watched_fsync  # type: ignore[assignment]
        Path.rename, Path.unlink = watched_rename, watched_unlink  # type: ignore[method-assign, assignment]
        return self

    def __exit__(self, *_: object) -> None:
        os.fsync, Path.rename, Path.unlink = self._real  # type: ignore[method-assign]

    def _written(self, name: str) -> None:
        content = Path(name).read_bytes()
        if self._known.get(name) != content:
            self._log += [Op("truncate", name), Op("write", name, data=content)]
            self._known[name] = content
