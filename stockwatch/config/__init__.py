"""room.toml <-> typed settings.

Owns the shape and the defaults of a room's settings, and the messages for what is wrong with them:
file, line where known, key, value, and the fix. Reads and writes only the file it is told to. Durations
are whole seconds here. Paths are resolved relative to the file. Secrets are references (`env:NAME`,
`file:PATH`), never values.
"""

from stockwatch.config.durations import format_duration, parse_duration
from stockwatch.config.load import load_room
from stockwatch.config.problems import ConfigError
from stockwatch.config.save import save_room
from stockwatch.config.settings import (
    MESSAGES_OVER_HTTP,
    AlertSettings,
    Channel,
    Item,
    Listing,
    Playbook,
    Plays,
    RestockSource,
    RoomConfig,
    Sku,
)

__all__ = [
    "MESSAGES_OVER_HTTP",
    "AlertSettings",
    "Channel",
    "ConfigError",
    "Item",
    "Listing",
    "Playbook",
    "Plays",
    "RestockSource",
    "RoomConfig",
    "Sku",
    "format_duration",
    "load_room",
    "parse_duration",
    "save_room",
]
