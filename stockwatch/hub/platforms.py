"""A live room's feeds, and the address its platforms push to: what `hub.live` starts for each of its channels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, tzinfo
from pathlib import Path

from stockwatch import paths
from stockwatch.channels.feed import PlatformFeed
from stockwatch.channels.goods import Numbered
from stockwatch.channels.known import Known
from stockwatch.channels.open import open_platform, platform_of
from stockwatch.channels.readback import See
from stockwatch.channels.receiver import Receiver
from stockwatch.channels.serving import Listen, serve
from stockwatch.config import Channel, ConfigError, RoomConfig
from stockwatch.feeds.base import Feed, FeedStatus, Sink
from stockwatch.feeds.open import open_feed
from stockwatch.ledger.balances import Books
from stockwatch.printable import printable
from stockwatch.room.figures import Told
from stockwatch.room.view import Text
from stockwatch.sheets.numbers import read_numbers
from stockwatch.sheets.problems import SheetError

log = logging.getLogger("stockwatch.hub")

_LISTEN_AGAIN_S = 5.0


def numbers_of(toml: Path) -> list[Numbered]:
    """What the room's map says; [] without one. Raises ConfigError naming the file."""
    file = paths.map_file(toml)
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{printable(str(file))}: {printable(str(error))}; make it readable UTF-8"
        ) from None
    try:
        return [
            Numbered(
                number.channel,
                number.product_id or "",
                number.sku_id or "",
                number.sku or number.listing or "",
            )
            for number in read_numbers(text)
        ]
    except SheetError as error:
        raise ConfigError(f"{printable(str(file))}: {error}") from None


def check_feeds(config: RoomConfig, toml: Path) -> None:
    """Whether all feeds of a room can be opened, before anything else of it is. Raises ConfigError."""
    for _ in RoomFeeds(config, toml, books=Books(), zone=UTC):
        pass


class RoomFeeds:
    """The feeds of one room. Opening raises ConfigError; a channel without one is left out."""

    def __init__(
        self,
        config: RoomConfig,
        toml: Path,
        *,
        books: Books,
        zone: tzinfo,
        see: See = lambda _: Told(False, None),
    ) -> None:
        """`see`: what the room makes of a platform's figure that was read back."""
        self._config = config
        self._books = books
        native = [channel for channel in config.channels if platform_of(channel) is not None]
        numbers = numbers_of(toml) if native else []
        self.platforms: dict[str, PlatformFeed] = {}
        for channel in native:
            self.platforms[channel.id] = open_platform(
                channel,
                config,
                numbers,
                tokens=tokens_file(config, channel),
                zone=zone,
                known=Known(books, channel.source).as_sku,
                see=see,
            )
        self._folder = toml.parent

    def __iter__(self) -> Iterator[Feed]:
        for channel in self._config.channels:
            feed = self.platforms.get(channel.id) or open_feed(channel, folder=self._folder)
            if feed is not None:
                yield feed

    async def receive(self, sink: Sink) -> None:
        """Serve the address that platforms push to, if the room has one, until cancelled."""
        listen = self._config.push_listen
        if listen is None or not self.platforms:
            return
        host, _, port = listen.rpartition(":")
        at = Listen(host.strip("[]"), int(port), self._config.push_certificate, self._config.push_key)
        app = Receiver(self.platforms, sink)
        while True:
            try:
                await serve(
                    app, at, lambda port: log.info("pushes come to %s:%d/push/CHANNEL", at.host, port)
                )
            except OSError as error:
                # Polling goes on; only the early word is missing.
                log.error("can't listen on %s for pushes: %s", listen, error)
                note = Text(f"无法在 {listen} 接收推送", f"can't listen on {listen}")
                for channel in self.platforms:
                    sink.status(channel, FeedStatus("connecting", note))
            await asyncio.sleep(_LISTEN_AGAIN_S)


def tokens_file(config: RoomConfig, channel: Channel) -> Path:
    """Where a channel's refreshed tokens are kept."""
    return paths.data_dir() / "tokens" / f"{config.id}-{channel.id.encode().hex()}.json"
