"""What a person said of the columns with `--column`: what is meant, and which column. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stockwatch.config.problems import Words, nearest
from stockwatch.feeds.csv_columns import plain_name
from stockwatch.printable import printable
from stockwatch.sheets.grid import Grid, column_of
from stockwatch.sheets.names import ROLES, SURE, Meaning, meaning_of, normal
from stockwatch.sheets.problems import SheetError

Role = tuple[str, str | None]
"""A role, and the channel that it is of."""
Asked = Mapping[Role, str]
"""What a person said: role to a column's name or letters; `-` for none."""


def parse_asked(flags: Sequence[str]) -> dict[Role, str]:
    """`库存=现货`, `stock=F`, `抖店商品ID=链接`, `库存=-` to roles. Raises SheetError."""
    asked: dict[Role, str] = {}
    for flag in flags:
        role, sign, column = flag.partition("=")
        meaning = _role_called(role)
        if not sign or not column.strip() or meaning is None:
            shown = printable(flag, 60)
            known_en = ", ".join(words.en for words in ROLES.values())
            known_zh = "、".join(words.zh for words in ROLES.values())
            raise SheetError(
                f"--column {shown}: write MEANING=COLUMN, like stock=F; meanings: {known_en}",
                f"--column {shown}:写成 含义=列,如 库存=现货;含义有:{known_zh}",
            )
        asked[meaning.role, meaning.channel] = column.strip()
    return asked


def _role_called(name: str) -> Meaning | None:
    plain = plain_name(normal(name))
    for role, words in ROLES.items():
        if plain in (plain_name(role), plain_name(words.en), plain_name(normal(words.zh))):
            return Meaning(role, 1.0, 0)
    meaning = meaning_of(name)
    return meaning if meaning is not None and meaning.score >= SURE else None


def column_called(grid: Grid, names: Sequence[str], name: str) -> int:
    """The column that a person means by its name in the header or its letters. Raises SheetError."""
    wanted = plain_name(normal(name))
    for same in (
        [at for at, own in enumerate(names, 1) if own and normal(own) == normal(name)],
        [at for at, own in enumerate(names, 1) if own and plain_name(normal(own)) == wanted],
    ):
        if same:
            return same[0]
    at = column_of(name)
    if at is not None and at <= grid.columns:
        return at
    shown = printable(name, 40)
    near = nearest(name, [own for own in names if own])
    hint = Words(
        f"; did you mean {printable(near, 40)}?"
        if near
        else "; write its name in the header, or its letters",
        f";是不是 {printable(near, 40)}?" if near else ";写表头里的名字,或列的字母",
    )
    raise SheetError(f"--column: no column {shown}{hint.en}", f"--column:没有 {shown} 这一列{hint.zh}")
