"""What a room says of a platform's figure that somebody else changed: in the alerts, as a call, as an event. Pure.

Titles are outside text: whoever shows them escapes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwatch.alerts.reasons import Words
from stockwatch.instants import format_time, in_zone
from stockwatch.room.figures import SPOT, Overwrite
from stockwatch.room.links import named

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
    channel = channel_title(one.channel, room)
    zh, en = (f"{name} {channel}" for name in named(one.sku, room.catalog, room.config))
    if one.pool != SPOT:
        zh, en = f"{zh} {pool_title(one.pool).zh}", f"{en} {pool_title(one.pool).en}"
    clock = in_zone(one.seen_us, room.zone).strftime("%H:%M:%S")
    return Words(
        f"{zh} 被外部改 {one.was}→{one.now}({clock})",
        f"{en} changed from outside {one.was}→{one.now} ({clock})",
    )


def pool_title(pool: str) -> Words:
    """What people call a pool other than `spot`."""
    return Words("预售", "pre-sale") if pool == "presale" else Words(pool, pool)


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
    if one.pool != SPOT:
        found["pool"] = one.pool
    return found | {
        "reason": {"zh": said.zh, "en": said.en},
        "from": one.was,
        "to": one.now,
        "since": format_time(one.since_us, room.zone),
        "as_of": format_time(one.at_us, room.zone),
    }
