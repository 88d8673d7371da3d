"""What a key and a table of a room.toml are. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute

import msgspec

from stockwatch.config import checks
from stockwatch.config.problems import Words


@dataclass(frozen=True)
class Key:
    """One key with a value."""

    name: str
    check: checks.Check
    example: str
    """As it would be written in the file."""
    about: Words
    required: bool = False
    like: str | None = None
    """Left out, it has the value of this key of the same table."""
    to: str = ""
    """The struct's field; default: the name."""
    private: bool = False
    """Its value is never printed."""

    @property
    def field(self) -> str:
        return self.to or self.name

    @property
    def is_duration(self) -> bool:
        """Seconds inside, written as "45m"."""
        return self.name in DURATIONS


DURATIONS = frozenset({"lead_time", "latest", "reaction_time", "read_back"})


@dataclass(frozen=True)
class Table:
    """A table, or an array of tables (`many`)."""

    name: str
    make: type[msgspec.Struct]
    about: Words
    keys: tuple[Key, ...] = ()
    tables: tuple[Table, ...] = ()
    many: bool = False
    inline: bool = False
    """Written as `name = [{ … }]`, the way people write it."""
    required: bool = False
    to: str = ""
    merge: bool = False
    """Its keys are fields of the struct around it."""
    names: frozenset[str] = attribute(init=False, default=frozenset())

    def __post_init__(self) -> None:
        names = frozenset([*(key.name for key in self.keys), *(table.name for table in self.tables)])
        object.__setattr__(self, "names", names)

    @property
    def field(self) -> str:
        return self.to or self.name

    def key(self, name: str) -> Key | None:
        return next((key for key in self.keys if key.name == name), None)

    def table(self, name: str) -> Table | None:
        return next((table for table in self.tables if table.name == name), None)


def header(path: tuple[str, ...], table: Table) -> str:
    """How the table's header is written, e.g. `[[sku.restock]]`."""
    dotted = ".".join(path)
    return f"[[{dotted}]]" if table.many else f"[{dotted}]"


def walk(table: Table, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Table]]:
    """Every table of the schema with its path, from the top."""
    yield path, table
    for inner in table.tables:
        yield from walk(inner, (*path, inner.name))
