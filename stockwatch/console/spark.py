"""A row's velocity of the last half hour as a few characters, scaled to the row's own highest minute.

Pure. Braille is the default (neutral width in every terminal); eighth blocks and ASCII are there for fonts
and terminals that show braille as boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

SparkStyle = Literal["braille", "block", "ascii"]
SPARK_STYLES: tuple[SparkStyle, ...] = ("braille", "block", "ascii")

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII = " .:-=+*#"
_LEFT = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT = (0x00, 0x80, 0xA0, 0xB0, 0xB8)


def buckets(values: Sequence[int], count: int) -> list[int]:
    """`values`, oldest first, in `count` equal spans of time: the highest of each, so that a burst stays
    visible.

    Fewer values than spans: missing ones are 0 on the left, the newest value stays at the right edge.
    """
    if count <= 0:
        return []
    if len(values) <= count:
        return [0] * (count - len(values)) + list(values)
    size = len(values)
    return [max(values[size * i // count : size * (i + 1) // count]) for i in range(count)]


def sparkline(values: Sequence[int], width: int, style: SparkStyle) -> str:
    """Exactly `width` one-cell characters; blank where nothing sold, at least the lowest step where
    something did.
    """
    if width <= 0:
        return ""
    columns = buckets(values, width * 2 if style == "braille" else width)
    top = max(columns, default=0)
    if top <= 0:
        return " " * width
    steps = 4 if style == "braille" else len(BLOCKS if style == "block" else ASCII) - 1
    levels = [-(-max(value, 0) * steps // top) for value in columns]
    if style == "braille":
        pairs = zip(levels[::2], levels[1::2], strict=True)
        return "".join(chr(0x2800 + _LEFT[a] + _RIGHT[b]) if a or b else " " for a, b in pairs)
    glyphs = BLOCKS if style == "block" else ASCII
    return "".join(glyphs[level] for level in levels)
