"""A room's settings as the text of a room.toml, in the order and shape a person would write them.

Pure: returns text. Small tables (attrs, items) are written inline, so that a room of hundreds of SKUs stays
readable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stockwatch.config import Item, Listing, Plays, RestockSource, RoomConfig, Sku, format_duration


def room_toml(room: RoomConfig, heading: str = "") -> str:
    """The whole file. `heading` becomes comment lines at its top."""
    blocks = ["".join(f"# {line}".rstrip() + "\n" for line in heading.splitlines())] if heading else []
    settings = {"id": room.id, "name": room.name, "timezone": room.timezone, "language": room.language}
    blocks.append(_table("[room]", settings))
    for channel in room.channels:
        deduct = None if channel.deduct == "place" else channel.deduct
        keys = {"id": channel.id, "source": channel.source, "title": channel.title, "feed": channel.feed}
        blocks.append(_table("[[channel]]", {**keys, "deduct": deduct}))
    blocks += [_sku(sku) for sku in room.skus]
    blocks += [_listing(listing) for listing in room.listings]
    tiers = {
        "trend": room.playbook.trend,
        "threshold": room.playbook.threshold,
        "critical": room.playbook.critical,
    }
    blocks += [_play(tier, play) for tier, play in tiers.items() if play != Plays()]
    return "\n".join(blocks)


def _sku(sku: Sku) -> str:
    keys = {
        "id": sku.id,
        "title": sku.title,
        "product": sku.product,
        "attrs": sku.attrs or None,
        "stock": sku.stock,
        "lead_time": None if sku.lead_time is None else format_duration(sku.lead_time),
        "trend_sold": sku.trend_sold,
        "safety_line": sku.safety_line,
        "substitutes": list(sku.substitutes) or None,
    }
    return _table("[[sku]]", keys) + "".join("\n" + _restock(source) for source in sku.restock)


def _restock(source: RestockSource) -> str:
    keys = {
        "source": source.source,
        "quantity": source.quantity,
        "lead_time": format_duration(source.lead_time),
        "counts": source.counts,
        "contact": source.contact,
    }
    return "".join("  " + line for line in _table("[[sku.restock]]", keys).splitlines(keepends=True))


def _listing(listing: Listing) -> str:
    items = [_item(item) for item in listing.items]
    keys = {"id": listing.id, "title": listing.title, "slot": listing.slot, "items": items or None}
    return _table("[[listing]]", keys)


def _item(item: Item) -> dict[str, Any]:
    keys: dict[str, Any] = {"sku": item.sku} if item.sku is not None else {"product": item.product}
    keys["qty"] = item.qty
    if item.role != "item":
        keys["role"] = item.role
    return keys


def _play(tier: str, play: Plays) -> str:
    return _table(f"[playbook.{tier}]", {"say": play.say, "steps": list(play.steps) or None})


def _table(name: str, keys: Mapping[str, Any]) -> str:
    return f"{name}\n" + "".join(
        f"{key} = {_value(value)}\n" for key, value in keys.items() if value is not None
    )


def _value(value: Any) -> str:
    """JSON strings and numbers are TOML ones too."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    """A bare key where TOML allows one, else a quoted one."""
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else json.dumps(key, ensure_ascii=False)
