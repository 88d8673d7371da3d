"""A channel's live comments on their way into the room: each once, no more than a room can use, in no order's way.

`take` is the receiver's and never waits; `run` hands over in batches. They have a source of their own,
`<source>/comments`: that viewers chat says nothing about whether orders still come.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo

from stockwatch.channels.douyin.comments import Comment, receive_comments
from stockwatch.channels.memory import Remembered
from stockwatch.events import encode, format_time
from stockwatch.feeds.base import Sink

log = logging.getLogger("stockwatch.channels")

PER_S, BURST = 100.0, 500
"""Comments that are kept in a second on average, and at once: the journal keeps every one."""
MOST_WAITING = 2000
_REMEMBERED = 30_000
_PAUSE_S = 0.1


class Comments:
    """Those of one live room. The secret stays here."""

    def __init__(
        self,
        channel: str,
        *,
        source: str,
        secret: str,
        room: str,
        zone: tzinfo = UTC,
        per_s: float = PER_S,
        burst: int = BURST,
    ) -> None:
        self.taken = self.repeated = self.lost = self.unusable = 0
        """Comments; `lost` are those that were too many."""
        self._channel = channel
        self._source = f"{source}/comments"
        self._secret = secret
        self._room = room
        self._zone = zone
        self._per_us, self._burst = per_s / 1e6, float(burst)
        self._left, self._left_at_us = self._burst, 0
        self._known: Remembered[str, bool] = Remembered(_REMEMBERED)
        self._waiting: deque[Comment] = deque()
        self._wake = asyncio.Event()

    def take(self, headers: Mapping[str, str], body: bytes, now_us: int) -> None:
        """A push. `now_us`: by the platform's clock. Raises Forged, Malformed."""
        heard = receive_comments(headers, body, secret=self._secret, room=self._room, now_us=now_us)
        self.unusable += heard.unusable
        self._left = min(self._burst, self._left + max(0, now_us - self._left_at_us) * self._per_us)
        self._left_at_us = now_us
        for comment in heard.comments:
            if self._known.get(comment.id):
                self.repeated += 1
                continue
            self._known.put(comment.id, True)
            if self._left < 1 or len(self._waiting) >= MOST_WAITING:
                self.lost += 1
                continue
            self._left -= 1
            self.taken += 1
            self._waiting.append(comment)
        self._wake.set()

    async def run(self, sink: Sink, changed: Callable[[], None]) -> None:
        """Hand over until cancelled; `changed` is called when the counts have. Only the sink's exceptions come out."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            frames = [self._event(comment) for comment in self._waiting]
            self._waiting.clear()
            if frames:
                await sink.put(self._channel, frames, None)
            changed()
            await asyncio.sleep(_PAUSE_S)

    def _event(self, comment: Comment) -> bytes:
        return encode(
            type="chat.message",
            source=self._source,
            id=comment.id,
            time=format_time(comment.at_us, self._zone),
            data={"channel": self._channel, "user": comment.user, "text": comment.text},
        )
