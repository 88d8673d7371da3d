"""Which of a sheet's codes and numbers are what they are called: of SKUs or of styles, of links or of rows.

Pure; corrects the rows before SKUs are made of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stockwatch.config.problems import Words
from stockwatch.sheets.header import Reading
from stockwatch.sheets.problems import Problem
from stockwatch.sheets.references import Add
from stockwatch.sheets.rows import Row, shown


def group_of(row: Row) -> str:
    """Rows of the same are one link."""
    thing = row.style or row.name or row.code or str(row.at)
    return thing if row.slot is None else f"{row.slot}\0{thing}"


def settle_codes(reading: Reading, rows: Sequence[Row], add: Add) -> None:
    """Tell codes of SKUs from codes of styles, which stand on every size."""
    if reading.column("code") is None:
        styles = Counter(row.style for row in rows if row.style)
        if styles and max(styles.values()) == 1 and not any(row.attrs for row in rows):
            for row in rows:
                row.code, row.style = row.style, None
        return
    sizes = Counter(group_of(row) for row in rows)
    sharing: dict[str, list[Row]] = {}
    for row in rows:
        if row.code is not None:
            sharing.setdefault(row.code, []).append(row)
    for code, same in sharing.items():
        specs = {tuple(sorted(row.attrs.items())) for row in same}
        merged = any(row.code_shared for row in same)
        groups = {group_of(row) for row in same}
        if len(same) < 2 or len(groups) > 1:
            continue
        # Copied by mistake, a code stands on some of the sizes; a style's code stands on all of them.
        whole = len(specs) == len(same) == sizes[groups.pop()]
        if not (merged or whole):
            continue
        for row in same:
            row.code, row.style = None, row.style or code
        add(
            same[0],
            "code",
            Words(
                f"{shown(code)} stands for {len(same)} specs: taken as the style's code; their SKU ids are made of "
                "it and the spec - write each spec's own code if the platforms have one",
                f"{shown(code)} 用于 {len(same)} 个规格:当作款号,SKU 编号由它加规格组成;"
                "平台上每个规格有自己的编码就请各写各的",
            ),
        )


def settle_running(reading: Reading, rows: Sequence[Row]) -> Problem | None:
    """A running number that differs between the sizes of one thing counts rows, and is no link number; either way it is
    said what it was taken for."""
    column = reading.column("running")
    if column is None or not any(row.slot for row in rows):
        return None
    slots: dict[str, set[int | None]] = {}
    for row in rows:
        slots.setdefault(row.style or row.name, set()).add(row.slot)
    counted = [row.slot for row in rows if row.slot is not None]
    if any(len(found) > 1 for found in slots.values()) and len(set(counted)) == len(counted):
        for row in rows:
            row.slot = None
        says = Words(
            "the running number differs between the specs of one product: it counts rows and was not taken for "
            "link numbers (--column 链接号=序号 takes it)",
            "序号在同一商品的规格之间不同:只是行号,没有当链接号(要当就加 --column 链接号=序号)",
        )
    else:
        says = Words(
            "the running number was taken for the link numbers; not so? --column 序号=-",
            "序号当作链接号用了;不对就加 --column 序号=-",
        )
    return Problem((reading.header, column), reading.grid.where(reading.header, column), says, serious=False)
