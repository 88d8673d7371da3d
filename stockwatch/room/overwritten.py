"""What a room says of a platform's figure that somebody else changed: in the alerts, as a call, as an event. Pure.

Titles are outside text: whoever shows them escapes them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stockwatch.alerts.reasons import Words
from stockwatch.instants import format_time
from stockwatch.room.figures import Overwrite

if TYPE_CHECKING:
    from stockwatch.room.room import Room

STEPS = (
    Words("问 ERP 和同事:谁改了这个渠道的库存", "ask who changed it: the ERP's sync, or a colleague"),
    Words("直播期间关掉自动同步", "switch the automatic sync off while live"),
    Words("在平台后台改回", "put it back in the platform's back-end"),
)
"""What to do about it."""


def sentence(one: Overwrite, room: Room) -> Words:
    """Which link, on which channel, from what to what, and when."""
    link = room.catalog.links[room.catalog.of_sku[one.sku][0]]
    sku = room.skus.get(one.sku)
    label = " ".join(sku.attrs.values()) if sku is not None and len(link.skus) > 1 else ""
    number = (link.title,) * 2 if link.slot is None else (f"{link.slot}号", f"#{link.slot}")
    zh, en = (" ".join(filter(None, (name, label, channel_title(one.channel, room)))) for name in number)
    clock = datetime.fromtimestamp(one.seen_us // 1_000_000, UTC).astimezone(room.zone).strftime("%H:%M:%S")
    return Words(
        f"{zh} 被外部改 {one.was}→{one.now}({clock})",
        f"{en} changed from outside {one.was}→{one.now} ({clock})",
    )


def channel_title(channel: str, room: Room) -> str:
    """What people call a channel."""
    titles = (one.title for one in room.config.channels if one.id == channel)
    return next(titles, None) or channel


def data(one: Overwrite, room: Room) -> dict[str, Any]:
    """The `data` of alert.overwritten, members in the documented order."""
    said = sentence(one, room)
    found: dict[str, Any] = {"alert": one.id, "channel": one.channel}
    if one.listing:
        found["listing"] = one.listing
    return found | {
        "reason": {"zh": said.zh, "en": said.en},
        "from": one.was,
        "to": one.now,
        "since": format_time(one.since_us, room.zone),
        "as_of": format_time(one.at_us, room.zone),
    }
