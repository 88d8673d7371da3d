"""From a channel's settings to its platform's feed: the one place that knows the platforms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from stockwatch.channels.client import Client
from stockwatch.channels.comments import Comments
from stockwatch.channels.douyin import Douyin
from stockwatch.channels.facts import KnownAs
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.keys import keeper, read_keys, with_kept
from stockwatch.channels.kuaishou import Kuaishou
from stockwatch.channels.readback import ReadBack, See
from stockwatch.channels.shopify import Shopify
from stockwatch.channels.taobao import Taobao, tmc_http, tmc_link
from stockwatch.channels.tiktok import TikTok
from stockwatch.channels.wechat import WeChat
from stockwatch.channels.wire import Adapter
from stockwatch.config import MESSAGES_OVER_HTTP, Channel, ConfigError, RoomConfig
from stockwatch.feeds.base import Now, wall_clock
from stockwatch.printable import printable
from stockwatch.room.figures import Told

ADAPTERS: dict[str, Callable[[], Adapter]] = {
    "douyin": Douyin,
    "kuaishou": Kuaishou,
    "taobao": Taobao,
    "wechat": WeChat,
    "tiktok": TikTok,
    "shopify": Shopify,
}


def platform_of(channel: Channel) -> tuple[str, str | None] | None:
    """(platform, base URL or None for its own) of a channel that speaks to one; None for any other."""
    scheme, _, rest = (channel.feed or "").partition(":")
    return (scheme, rest or None) if scheme in ADAPTERS else None


def open_client(channel: Channel, tokens: Path, now: Now = wall_clock) -> Client:
    """Raises ConfigError when its credentials can't be read. `tokens`: where refreshed ones are kept."""
    found = platform_of(channel)
    assert found is not None
    written = read_keys(channel.secret, channel.id)
    if channel.shop:
        written = replace(written, shop=channel.shop)
    return Client(
        ADAPTERS[found[0]](),
        with_kept(written, tokens),
        base_url=found[1],
        now=now,
        rate=channel.rate,
        keep=keeper(written, tokens),
        kept=lambda: with_kept(written, tokens),
        written=written,
    )


def open_platform(
    channel: Channel,
    config: RoomConfig,
    numbers: Iterable[Numbered],
    *,
    tokens: Path,
    zone: tzinfo,
    known: KnownAs = lambda _: None,
    now: Now = wall_clock,
    see: See = lambda _: Told(False, None),
) -> PlatformFeed:
    """The feed of a channel that speaks to a platform. `see`: what the room makes of a figure that was read back.
    Raises ConfigError when its credentials can't be read."""
    client = open_client(channel, tokens, now)
    since = None if channel.since is None else int(datetime.fromisoformat(channel.since).timestamp() * 1e6)
    beside = None
    comments = _comments(channel, config, client, zone)
    if client.adapter.name == "taobao":
        beside = partial(taobao_messages, where=channel.messages)
    read_back = None
    if channel.read_back:
        read_back = ReadBack(see, source=channel.source, zone=zone, every_s=channel.read_back)
    return PlatformFeed(
        channel.id,
        client,
        Goods(config, channel.id, numbers),
        source=channel.source,
        zone=zone,
        since_us=since,
        known=known,
        now=now,
        beside=beside,
        comments=comments,
        read_back=read_back,
    )


def _comments(channel: Channel, config: RoomConfig, client: Client, zone: tzinfo) -> Comments | None:
    """Raises ConfigError where a live room is named whose comments could never come."""
    if channel.live_room is None:
        return None
    secret, problem = client.keys.comments_secret, ""
    if client.adapter.name != "douyin":
        problem = "only Douyin pushes comments; take it out"
    elif not secret:
        problem = "the keys have no comments_secret; write the mini-game app's secret for data pushes there"
    elif config.push_listen is None:
        problem = "comments are pushed, and the room listens nowhere; write [push] listen"
    elif len(channel.source) > 240:
        problem = "the source is too long for its comments to have one; write a shorter source"
    if problem:
        raise ConfigError(f"channel {printable(channel.id)}: live_room: {problem}")
    return Comments(channel.id, source=channel.source, secret=secret, room=channel.live_room, zone=zone)


def taobao_messages(feed: PlatformFeed, where: str | None) -> list[asyncio.Task[None]]:
    """`where`: as the channel's `messages`."""
    asked = where == MESSAGES_OVER_HTTP
    following = tmc_http.follow(feed) if asked else tmc_link.follow(feed, where or tmc_link.ADDRESS)
    return [asyncio.get_running_loop().create_task(following)]
