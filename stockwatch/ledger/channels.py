"""Which channel an event's source belongs to, and when its orders hold stock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockwatch.ledger.figures import Deduct

Channels = Mapping[str, tuple[str, Deduct]]
"""source -> (channel id, when its orders hold stock)"""


class ChannelList:
    """The channels of a ledger, by source."""

    def __init__(self, channels: Channels) -> None:
        self.by_source: dict[str, tuple[str, Deduct]] = dict(channels)

    def name(self, source: str) -> str:
        """The channel's id; a source that no channel claims is a channel named after it."""
        channel = self.by_source.get(source)
        return source if channel is None else channel[0]

    def deduct(self, source: str) -> Deduct:
        """When its orders hold stock; at once where nobody has said."""
        channel = self.by_source.get(source)
        return "place" if channel is None else channel[1]


def channels_of(data: dict[str, Any]) -> dict[str, tuple[str, Deduct]]:
    """The channels of a ledger.configured event."""
    channels: dict[str, tuple[str, Deduct]] = {}
    told = data.get("channels")
    if isinstance(told, dict):
        for source, channel in told.items():
            if isinstance(channel, dict) and isinstance(channel.get("id"), str):
                channels[source] = channel["id"], "pay" if channel.get("deduct") == "pay" else "place"
    return channels
