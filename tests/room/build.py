"""Small rooms and events for tests of the pipeline, the picture and what people ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from stockwatch.config import Channel, Item, Listing, RestockSource, RoomConfig, Sku
from stockwatch.room.room import Room, alone

START = datetime(2025, 11, 11, 12, 0, 0, tzinfo=UTC)


def config(**members: Any) -> RoomConfig:
    """Two channels; a hoodie in two sizes with a restock source, socks, and a bundle of both."""
    settings: dict[str, Any] = {
        "id": "test",
        "name": "测试间",
        "timezone": "Asia/Shanghai",
        "channels": (
            Channel(id="douyin", source="douyin/1"),
            Channel(id="own", source="own/1"),
        ),
        "skus": (
            Sku(
                id="H-M",
                title="卫衣",
                product="HOODIE",
                attrs={"码": "M"},
                stock=20,
                substitutes=("SOCK",),
                restock=(
                    RestockSource(source="周边仓", quantity=50, lead_time=600, contact="王姐"),
                    RestockSource(source="总仓", quantity=100, lead_time=3600, counts="confirmed"),
                ),
            ),
            Sku(id="H-L", title="卫衣", product="HOODIE", attrs={"码": "L"}, stock=10),
            Sku(id="SOCK", title="袜子", stock=30),
        ),
        "listings": (
            Listing(id="L1", title="联名卫衣", slot=1, items=(Item(product="HOODIE"),)),
            Listing(
                id="L2",
                title="卫衣+袜子",
                slot=2,
                items=(Item(sku="H-M", qty=1), Item(sku="SOCK", qty=2, role="gift")),
            ),
        ),
    }
    return RoomConfig(**(settings | members))


def at(seconds: float) -> str:
    """A time in the room, seconds after its start."""
    return (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def event(
    kind: str, seconds: float, subject: str | None = None, *, channel: str = "douyin/1", **data: Any
) -> bytes:
    """One event as it would arrive; its id follows from its content."""
    members: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"{kind}:{data.get('order', data.get('document', seconds))}:{data.get('line', data.get('state', 1))}",
        "source": channel,
        "type": kind,
        "time": at(seconds),
        "data": data,
    }
    if subject is not None:
        members["subject"] = subject
    return msgspec.json.encode(members)


def placed(seconds: float, sku: str, order: str, qty: int = 1, **data: Any) -> bytes:
    return event("order.placed", seconds, sku, order=order, line=1, qty=qty, **data)


def played(raws: list[bytes], room: Room | None = None) -> Room:
    room = room if room is not None else alone(config(), zone_of=ZoneInfo)
    for raw in raws:
        room.pipeline.take(raw)
    return room
