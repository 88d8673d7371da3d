"""How a tier or a state is coloured, as style strings for Textual's `Content`, from the theme in force.

Owns the names of our theme variables where a widget draws them itself; style sheets use the same variables
directly.
"""

from __future__ import annotations

from collections.abc import Mapping

TIERS = ("tier-none", "tier-trend", "tier-threshold", "tier-critical")


def tier_style(tier: int, variables: Mapping[str, str]) -> str:
    """Weight and colour of a tier; `variables` are the app's `theme_variables`."""
    return tone(TIERS[tier], variables)


def tone(name: str, variables: Mapping[str, str]) -> str:
    """The style of one of our variables, with its `-style` companion where the theme has one."""
    weight = variables.get(f"{name}-style", "none")
    return f"${name}" if weight == "none" else f"{weight} ${name}"


def piece_style(colour: str, variables: Mapping[str, str]) -> str:
    """The style of a piece: `tier:N`, `strong`, the name of a theme variable, or none."""
    if colour in ("", "strong"):
        return "bold" if colour else ""
    if colour.startswith("tier:"):
        return tier_style(int(colour[5:]), variables)
    return tone(colour, variables)
