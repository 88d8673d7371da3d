"""A hub with one room: what most tests of a hub need."""

from __future__ import annotations

from typing import Any

from stockwatch.hub.core import Hub
from stockwatch.hub.journal import Journal
from stockwatch.room.room import Room


def hub_with(room: Room, journal: Journal, **settings: Any) -> Hub:
    """The room is `hub.hosted[0]`, as if it had just been started on its journal."""
    hub = Hub(room.pipeline, journal, **settings)
    hub.host(room, room.pipeline.clock.now_us)
    return hub
