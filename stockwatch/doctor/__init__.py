"""What `stockwatch doctor` looks at: one function a subject, each giving findings. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterator

from stockwatch.doctor.disk import folders, fsync
from stockwatch.doctor.finding import Finding
from stockwatch.doctor.hubs import hubs
from stockwatch.doctor.keys import keys
from stockwatch.doctor.software import python, shipped_files, sqlite, time_zones, versions
from stockwatch.doctor.terminal import clipboard, encoding, multiplexer, size, terminal

__all__ = ["Finding", "examine"]

SUBJECTS = (
    python,
    versions,
    sqlite,
    time_zones,
    shipped_files,
    terminal,
    size,
    encoding,
    multiplexer,
    clipboard,
    keys,
    folders,
    fsync,
    hubs,
)


def examine() -> Iterator[Finding]:
    """Every finding, in a fixed order of subjects. A subject that fails by itself is a finding, not an
    end.
    """
    for subject in SUBJECTS:
        try:
            yield from subject()
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            yield Finding.bad(subject.__name__, f"could not be looked at ({said})", f"查不了({said})")
