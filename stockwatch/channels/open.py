"""From a channel's settings to its platform's feed: the one place that knows the platforms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from stockwatch.channels.client import Client
from stockwatch.channels.douyin import Douyin
from stockwatch.channels.facts import KnownAs
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.keys import keeper, read_keys, with_kept
from stockwatch.channels.kuaishou import Kuaishou
from stockwatch.channels.shopify import Shopify
from stockwatch.channels.taobao import Taobao, tmc_link
from stockwatch.channels.tiktok import TikTok
from stockwatch.channels.wechat import WeChat
from stockwatch.channels.wire import Adapter
from stockwatch.config import Channel, RoomConfig
from stockwatch.feeds.base import Now, wall_clock

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
) -> PlatformFeed:
    """The feed of a channel that speaks to a platform. Raises ConfigError when its credentials can't be read."""
    client = open_client(channel, tokens, now)
    since = None if channel.since is None else int(datetime.fromisoformat(channel.since).timestamp() * 1e6)
    beside = None
    if client.adapter.name == "taobao":
        beside = partial(_messages, address=channel.messages or tmc_link.ADDRESS)
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
    )


def _messages(feed: PlatformFeed, address: str) -> list[asyncio.Task[None]]:
    return [asyncio.get_running_loop().create_task(tmc_link.follow(feed, address))]
