"""From a channel's `feed` setting to the feed: the one place that knows the schemes, but for platforms, which are
`stockwatch.channels.open`'s.

Opens nothing but the recording it checks for; connecting is the feed's own business.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from stockwatch.config import Channel, ConfigError
from stockwatch.feeds.base import Feed, Now, wall_clock
from stockwatch.feeds.polling import PollingFeed
from stockwatch.feeds.replay import ReplayFeed
from stockwatch.feeds.websocket import WebSocketFeed
from stockwatch.printable import printable

_SCHEMES = "replay:FILE, ws://, wss://, http:// or https://"


def open_feed(channel: Channel, *, folder: Path = Path(), now: Now = wall_clock) -> Feed | None:
    """The feed of a channel, None when it has none. A relative path is taken from `folder`, where room.toml
    lies.

    Raises ConfigError naming the channel, the value, and what to write instead.
    """
    if channel.feed is None:
        return None
    scheme, _, rest = channel.feed.partition(":")
    scheme = scheme.lower()
    if scheme == "replay":
        return ReplayFeed(channel.id, _recording(channel, rest, folder), now=now)
    if scheme in ("ws", "wss"):
        return WebSocketFeed(channel.id, _address(channel), now=now)
    if scheme in ("http", "https"):
        return PollingFeed(channel.id, _address(channel), now=now)
    raise _error(
        channel, f"unknown kind of feed {scheme!r}" if rest else "not an address", f"write {_SCHEMES}"
    )


def _recording(channel: Channel, written: str, folder: Path) -> Path:
    path = folder / written
    if not written or not path.exists():
        raise _error(
            channel, f"there is no file {str(path)!r}", "name a recording; paths are relative to room.toml"
        )
    if path.is_dir():
        raise _error(channel, f"{str(path)!r} is a folder", "name a recording (.jsonl) in it")
    return path


def _address(channel: Channel) -> str:
    written = channel.feed or ""
    try:
        parts = urlsplit(written)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0) and not parts.fragment
    except ValueError:
        usable = False
    if not usable or not written.isprintable() or " " in written:
        raise _error(channel, "not an address that can be connected to", "write scheme://host[:port]/path")
    return written


def _error(channel: Channel, problem: str, fix: str) -> ConfigError:
    written = printable(channel.feed or "", 200)
    return ConfigError(f"channel {printable(channel.id)}: feed = {written!r}: {printable(problem)}; {fix}")
