"""Which row of a sheet names its columns, and what each column holds: scored, and said. Pure.

What can't be told for certain is a question that a person answers with `--column`; the stock column is never guessed
among several, from a name that only resembles, or from a column that holds no counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Final

from stockwatch.config.problems import Words
from stockwatch.printable import printable
from stockwatch.sheets import values
from stockwatch.sheets.asked import Asked, Role, column_called
from stockwatch.sheets.grid import Grid, letters
from stockwatch.sheets.names import ROLES, SURE, Meaning, known_otherwise, meaning_of, normal
from stockwatch.sheets.problems import SheetError

HEADER_ROWS: Final = 40
"""Titles, dates and notes may stand above the header; it is looked for in this many rows."""
_SAMPLED = 400
_MOST_ABOVE = 16
"""Characters of a cell that groups columns; longer ones are titles."""
_WEIGHTS: Final = {
    "name": 3.0,
    "code": 3.0,
    "stock": 3.0,
    "style": 2.0,
    "spec": 2.0,
    "colour": 2.0,
    "size": 2.0,
    "slot": 2.0,
}
_NEEDED_SCORE: Final = 4.0
_IDENTITY: Final = frozenset({"name", "code", "style"})


NOT_KNOWN: Final = Words("not known", "不认识")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the sheet and what it was taken for."""

    at: int
    name: str
    role: str | None = None
    channel: str | None = None
    score: float = 0.0
    why: Words = NOT_KNOWN

    @property
    def letters(self) -> str:
        return letters(self.at)


@dataclass(frozen=True, slots=True)
class Question:
    """What only a person can tell, and the flags that tell it."""

    says: Words
    flags: tuple[str, ...]


@dataclass(slots=True)
class Reading:
    """A worksheet whose columns are known."""

    grid: Grid
    header: int
    """The last row of the header; goods begin below it."""
    columns: list[Column] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    others: tuple[str, ...] = ()
    """Other worksheets, which are left out."""

    def column(self, role: str, channel: str | None = None) -> int | None:
        return next((c.at for c in self.columns if (c.role, c.channel) == (role, channel)), None)

    @property
    def channels(self) -> list[str]:
        """Channels that columns speak of, in their order."""
        return list(dict.fromkeys(c.channel for c in self.columns if c.channel is not None))


def read_header(grids: Sequence[Grid], asked: Asked, sheet: str | None = None) -> Reading:
    """The worksheet that is the run-down, with its columns. Raises SheetError when no row names columns, or several
    worksheets could be meant."""
    if sheet is not None:
        chosen = [grid for grid in grids if normal(grid.name) == normal(sheet)]
        if not chosen:
            raise _no_sheet(sheet, grids)
    else:
        chosen = [grid for grid in grids if not grid.hidden]
    found = [(grid, best) for grid in chosen if (best := _best_header(grid, asked)) is not None]
    if not found:
        raise _no_header(chosen or grids)
    if len(found) > 1:
        with_stock = [
            each for each in found if any(m is not None and m.role == "stock" for m in each[1].meanings)
        ]
        found = with_stock or found
    if len(found) > 1:
        names = [printable(grid.name, 40) for grid, _ in found]
        raise SheetError(
            f"several worksheets could be the run-down: {', '.join(names)}; name one: --sheet {quote(names[0])}",
            f"有几张表都像排品表:{'、'.join(names)};请指定:--sheet {quote(names[0])}",
        )
    grid, header = found[0]
    reading = Reading(grid, header.row, others=tuple(other.name for other in grids if other is not grid))
    _assign(reading, header, asked)
    return reading


@dataclass(slots=True)
class _Header:
    row: int
    names: list[str]
    """By column, from the first."""
    meanings: list[Meaning | None]
    score: float


def _best_header(grid: Grid, asked: Asked) -> _Header | None:
    told = {normal(name): role for role, name in asked.items()}
    best: _Header | None = None
    for row in range(1, min(grid.rows, HEADER_ROWS) + 1):
        for header in _candidates(grid, row):
            scores: dict[Role, float] = {}
            for name, meaning in zip(header.names, header.meanings, strict=True):
                key, score = told.get(normal(name)), 1.0
                if key is None and meaning is not None:
                    key, score = (meaning.role, meaning.channel), meaning.score
                if key is not None:
                    scores[key] = max(scores.get(key, 0.0), _WEIGHTS.get(key[0], 1.0) * score)
            header.score = sum(scores.values())
            identified = any(role in _IDENTITY for role, _ in scores)
            if header.score < _NEEDED_SCORE or len(scores) < 2 or not identified:
                continue
            if best is None or header.score > best.score:
                best = header
    return best


def _candidates(grid: Grid, row: int) -> list[_Header]:
    """The row as a header; below a cell that spans columns, also with the row under it."""
    if len(grid.filled(row)) < 2:
        return []
    upper = [grid.text(row, column) for column in range(1, grid.columns + 1)]
    found = [_Header(row, upper, [_meaning(name) for name in upper], 0.0)]
    spans = any(
        (cell := grid.cells.get((row, column))) is not None
        and cell.merged is not None
        and cell is grid.cells.get((row, column + 1))
        for column in range(1, grid.columns)
    )
    if spans and row < grid.rows and len(set(upper) - {""}) > 1:
        lower = (grid.text(row + 1, column) for column in range(1, grid.columns + 1))
        both = [_joined(above, below) for above, below in zip(upper, lower, strict=True)]
        found.append(_Header(row + 1, [name for name, _ in both], [meaning for _, meaning in both], 0.0))
    return found


def _joined(above: str, below: str) -> tuple[str, Meaning | None]:
    """What a column is called by two rows: by the lower one, unless the upper one tells more (抖店 above 商品ID)."""
    if below in ("", above):
        return above, _meaning(above)
    own = _meaning(below)
    if not above or len(above) > _MOST_ABOVE or known_otherwise(below):
        return below, own
    together = _meaning(f"{above} {below}")
    if together is None or (own is not None and together.channel is None and own.score >= together.score):
        return below, own
    return f"{above} {below}", together


def _meaning(name: str) -> Meaning | None:
    return meaning_of(name) if 0 < len(name) <= 60 else None


def _assign(reading: Reading, header: _Header, asked: Asked) -> None:
    """Give every role its column, and say why; put what is unsure into the questions."""
    told: dict[int, Role] = {}
    for key, name in asked.items():
        if name != "-" and (at := column_called(reading.grid, header.names, name)):
            told[at] = key
    candidates: dict[Role, list[tuple[float, int, int]]] = {}
    for at, meaning in enumerate(header.meanings, 1):
        if meaning is not None and at not in told:
            key = (meaning.role, meaning.channel)
            candidates.setdefault(key, []).append((-meaning.score, meaning.rank, at))
    taken: dict[int, Role] = dict(told)
    for key, options in candidates.items():
        if key in asked:
            continue
        options.sort()
        if key == ("stock", None) and not _sure_of_stock(reading, header, options):
            continue
        taken[options[0][2]] = key
    if ("slot", None) in taken.values():
        taken = {at: key for at, key in taken.items() if key != ("running", None)}
    for at, name in enumerate(header.names, 1):
        if name:
            reading.columns.append(_column(at, name, header.meanings[at - 1], taken.get(at), told=at in told))
    if not candidates.get(("stock", None)) and ("stock", None) not in asked:
        _ask_for_stock(reading, header)


def _sure_of_stock(reading: Reading, header: _Header, options: list[tuple[float, int, int]]) -> bool:
    names = [printable(header.names[at - 1], 30) for _, _, at in options]
    score, _, at = options[0]
    if len(options) > 1:
        says = Words(
            f"which column is the stock to open with: {', '.join(names)}?",
            f"哪一列是开播库存:{'、'.join(names)}?",
        )
    elif -score < SURE:
        says = Words(f"is {names[0]} the stock to open with?", f"{names[0]} 是开播库存吗?")
    elif not _holds_counts(reading.grid, header.row, at):
        says = Words(
            f"{names[0]} holds few numbers: is it the stock to open with?",
            f"{names[0]} 这列大多不是数字:它是开播库存吗?",
        )
    else:
        return True
    flags = [_flag("库存", header.names[at - 1], at, header) for _, _, at in options]
    reading.questions.append(Question(says, tuple(flags)))
    return False


def _ask_for_stock(reading: Reading, header: _Header) -> None:
    """No column is the stock: say which could be."""
    numeric = [
        at
        for at, name in enumerate(header.names, 1)
        if name
        and header.meanings[at - 1] is None
        and not known_otherwise(name)
        and _holds_counts(reading.grid, header.row, at)
    ]
    flags = [_flag("库存", header.names[at - 1], at, header) for at in numeric[:4]]
    says = Words(
        "no column is the stock to open with; name it, or say that there is none",
        "没有找到开播库存那一列;请指定,或说明没有",
    )
    reading.questions.append(Question(says, (*flags, "--column 库存=-")))


def _flag(role: str, name: str, at: int, header: _Header) -> str:
    """The flag as it can be typed: by name where that is plain and the only one, else by letters."""
    plain = name.isalnum() and header.names.count(name) == 1
    return f"--column {role}={name if plain else letters(at)}"


def _holds_counts(grid: Grid, header: int, at: int) -> bool:
    """Whether at least half of what stands in a column, and anything at all, is a count."""
    good = filled = 0
    for row in range(header + 1, min(grid.rows, header + _SAMPLED) + 1):
        cell = grid.cells.get((row, at))
        if cell is None or values.is_nothing(cell.text):
            continue
        filled += 1
        try:
            values.stock(cell)
            good += 1
        except values.Unusable:
            good += cell.merged is not None or cell.text.startswith("-")
    return good * 2 >= filled if filled else True


def _column(at: int, name: str, meaning: Meaning | None, role: Role | None, *, told: bool) -> Column:
    shown = printable(name, 60)
    if role is not None:
        if told:
            return Column(at, shown, role[0], role[1], 1.0, Words("as you said", "按你指定"))
        assert meaning is not None
        if meaning.score >= SURE:
            why = Words("by its name", "按名称")
        else:
            said = f"--column {ROLES[role[0]].zh}=-"
            why = Words(f"name is alike; not so? {said}", f"名称相近;不对就加 {said}")
        return Column(at, shown, role[0], role[1], meaning.score, why)
    if meaning is not None:
        about = ROLES[meaning.role]
        if meaning.role == "stock":
            return Column(at, shown, why=Words("stock? not taken until you say", "像库存,未经指定不用"))
        return Column(at, shown, why=Words(f"another {about.en}", f"另一个{about.zh}"))
    if known_otherwise(name):
        return Column(at, shown, why=Words("the room file has no place for it", "room.toml 不记这个"))
    return Column(at, shown, why=NOT_KNOWN)


def _no_sheet(name: str, grids: Sequence[Grid]) -> SheetError:
    listed = [printable(grid.name, 40) for grid in grids]
    shown = printable(name, 40)
    return SheetError(
        f"--sheet {shown}: no such worksheet; there are: {', '.join(listed)}",
        f"--sheet {shown}:没有这张表;有:{'、'.join(listed)}",
    )


def _no_header(grids: Sequence[Grid]) -> SheetError:
    names = ", ".join(printable(grid.name, 40) for grid in grids)
    return SheetError(
        f"no row among the first {HEADER_ROWS} names the columns ({names}); a header has at least 商品名称 or 商家编码 "
        "and 库存 - `stockwatch room new --example` writes one to compare with",
        f"前 {HEADER_ROWS} 行里没有表头({names});表头至少要有 商品名称 或 商家编码,以及 库存 —— "
        "`stockwatch room new --example` 会写一份样表供对照",
    )
