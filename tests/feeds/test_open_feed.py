"""From a channel's setting to its feed, or to a message that says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockwatch.config import Channel, ConfigError
from stockwatch.feeds.open import open_feed
from stockwatch.feeds.polling import PollingFeed
from stockwatch.feeds.replay import ReplayFeed
from stockwatch.feeds.websocket import WebSocketFeed


def _channel(feed: str | None) -> Channel:
    return Channel(id="shop", source="shop", feed=feed)


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("ws://127.0.0.1:8765", WebSocketFeed),
        ("wss://example.com/orders?room=7", WebSocketFeed),
        ("WS://[::1]:8765/", WebSocketFeed),
        ("http://localhost:8000/orders", PollingFeed),
        ("https://例子.测试/订单", PollingFeed),
    ],
)
async def test_each_scheme_has_its_feed(setting: str, kind: type) -> None:
    feed = open_feed(_channel(setting))
    assert type(feed) is kind
    assert feed.channel == "shop"


async def test_a_recording_is_looked_for_beside_the_room(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_bytes(b"")
    assert isinstance(open_feed(_channel("replay:r.jsonl"), folder=tmp_path), ReplayFeed)
    assert isinstance(open_feed(_channel(f"replay:{tmp_path / 'r.jsonl'}")), ReplayFeed)


def test_a_channel_may_have_no_feed() -> None:
    assert open_feed(_channel(None)) is None


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("replay:gone.jsonl", "gone.jsonl"),
        ("replay:", "no file"),
        ("replay:.", "folder"),
        ("ftp://example.com/", "ws://"),
        ("r.jsonl", "replay:FILE"),
        ("", "replay:FILE"),
        ("ws:", "scheme://host"),
        ("ws://", "scheme://host"),
        ("http://host:99999/", "scheme://host"),
        ("http://host:0/", "scheme://host"),
        ("http://[::1/", "scheme://host"),
        ("ws://a b/", "scheme://host"),
        ("ws://host/#part", "scheme://host"),
        ("ws://host/\x1b[31m", "scheme://host"),
        ("\x1b]0;x\x07:", "replay:FILE"),
    ],
)
def test_what_is_no_feed_is_refused_with_the_fix(tmp_path: Path, setting: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_feed(_channel(setting), folder=tmp_path)
    message = str(caught.value)
    assert says in message
    assert message.startswith("channel shop: feed = ")
    assert message.isprintable()
