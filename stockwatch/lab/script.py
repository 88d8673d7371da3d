"""What happens in a lab and when: phases, one after another. Pure.

[[phase]]
for = "60s"            # also 2m
rate = 5               # orders a second on each platform
chat = 3               # comments a second on Douyin; optional
out = ["douyin"]       # platforms that answer nothing meanwhile; optional
hot = { SOCK = 20 }    # SKU -> how many times as often it is bought; optional
set = { douyin = { SOCK = 500 } }  # what somebody writes over the platforms' figures as it begins; optional
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from typing import Annotated, Any

import msgspec

from stockwatch.printable import printable

_TIME = re.compile(r"(\d{1,6})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class ScriptError(Exception):
    """A script that can't be followed. `str()` says where and what to write."""


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stretch of a lab's life."""

    seconds: int
    rate: Annotated[float, msgspec.Meta(ge=0, le=2000)] = 0.0
    chat: Annotated[float, msgspec.Meta(ge=0, le=2000)] = 0.0
    out: tuple[str, ...] = ()
    hot: dict[str, Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]] = {}
    set: dict[str, dict[str, Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]]] = {}


def read_script(text: str, platforms: tuple[str, ...], skus: Collection[str]) -> list[Phase]:
    """The phases. Raises ScriptError."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScriptError(f"no TOML: {printable(str(error), 200)}") from None
    phases = document.get("phase")
    if set(document) != {"phase"} or not isinstance(phases, list) or not phases:
        raise ScriptError("it holds [[phase]] tables and nothing else")
    return [_phase(nth, phase, platforms, skus) for nth, phase in enumerate(phases, 1)]


def _phase(nth: int, phase: Any, platforms: tuple[str, ...], skus: Collection[str]) -> Phase:
    values = dict(phase) if isinstance(phase, dict) else {}
    seconds = seconds_of(values.pop("for", None))
    if seconds is None:
        raise ScriptError(f'[[phase]] number {nth}: for: write a time like "60s" or "2m"')
    try:
        found = msgspec.convert({**values, "seconds": seconds}, Phase)
    except msgspec.ValidationError as error:
        raise ScriptError(f"[[phase]] number {nth}: {printable(str(error), 200)}") from None
    if unknown := set(found.out) - set(platforms):
        raise ScriptError(f"[[phase]] number {nth}: out: no platform {printable(min(unknown), 40)}")
    if unknown := found.set.keys() - set(platforms):
        raise ScriptError(f"[[phase]] number {nth}: set: no platform {printable(min(unknown), 40)}")
    if strange := {sku for figures in found.set.values() for sku in figures} - set(skus):
        raise ScriptError(f"[[phase]] number {nth}: set: no SKU {printable(min(strange), 80)}")
    return found


def seconds_of(value: Any) -> int | None:
    """Seconds of a text like "90s"; None for anything else."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) * _SECONDS[found[2]] if found else None
