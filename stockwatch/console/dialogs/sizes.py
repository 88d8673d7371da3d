"""The sizes of one link that a dialog can be about, with the keys that change between them."""

from __future__ import annotations

from typing import Literal

from textual.binding import Binding, BindingType
from textual.message import Message

from stockwatch.console.escape import clean
from stockwatch.console.words import Words

Sizes = tuple[tuple[str, str], ...]
"""(SKU, label) of each size of the link; empty or one where there is nothing to change."""


SIZE_KEYS: tuple[BindingType, ...] = (
    Binding("f6", "size(-1)", show=False),
    Binding("f7", "size(1)", show=False),
)


class Wants(Message):
    """Work this out: a proposal for `sku`, with `quantity` in place of the sources' own where it is
    given.
    """

    def __init__(
        self, dialog: object, kind: Literal["restock", "substitute"], sku: str, quantity: int | None = None
    ) -> None:
        super().__init__()
        self.dialog = dialog
        self.kind: Literal["restock", "substitute"] = kind
        self.sku = sku
        self.quantity = quantity


def other_size(sizes: Sizes, sku: str, step: int) -> str | None:
    """The SKU `step` sizes on, round the end; None when there is no other."""
    ids = [one for one, _ in sizes]
    if len(ids) < 2 or sku not in ids:
        return None
    return ids[(ids.index(sku) + step) % len(ids)]


def size_line(sizes: Sizes, sku: str, words: Words) -> str:
    """`规格:S [M] L · F6/F7 换规格`; empty where there is one size only."""
    if len(sizes) < 2:
        return ""
    labels = [f"[{clean(label)}]" if one == sku else clean(label) for one, label in sizes]
    here = next((index for index, (one, _) in enumerate(sizes) if one == sku), 0)
    # A long row of sizes is shown around the one the dialog is about.
    first = max(0, min(here - 3, len(labels) - 7))
    shown = labels[first : first + 7]
    before, after = ("… " if first else ""), (" …" if first + 7 < len(labels) else "")
    return f"{words.size}: {before}{' '.join(shown)}{after} · {words.size_keys}"
