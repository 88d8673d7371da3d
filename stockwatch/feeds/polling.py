"""The polling feed: asks an HTTP server once a second for what came after our cursor.

Owns the requests: time-outs, the limit on bodies, backing off when the server fails or asks for it, and
marking the gap after an outage, and asking only for what has changed (RFC 9110 section 13: entity tags, and dates where
they can tell). Bodies are cut into messages by `stockwatch.feeds.bodies`. Nothing that a
server answers is fatal. An answer that is the same as the one before and moves no cursor is nothing new.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import msgspec

from stockwatch.feeds import notes
from stockwatch.feeds.base import MAX_BATCH, MAX_BATCH_BYTES, Backoff, FeedStatus, Now, Sink, cut, wall_clock
from stockwatch.feeds.bodies import BadBody, messages_of
from stockwatch.feeds.cursors import MAX_CURSOR_BYTES
from stockwatch.feeds.retry_after import retry_after
from stockwatch.feeds.unpacking import ACCEPTED, Unusable, body_of
from stockwatch.local import is_loopback
from stockwatch.printable import printable
from stockwatch.room.view import Text

CURSOR_HEADER = "Stockwatch-Cursor"
MAX_BODY_BYTES = 32 * 1024 * 1024
_LONGEST_TAG = 1024
_CLEARLY_BEFORE = timedelta(seconds=2)
_BACKLOG = 100
"""An answer of this many messages is a backlog: what follows is asked for at once, and not a second later."""


class _Failed(Exception):
    """A request brought nothing usable; `retry_after_s` when the server said how long to stay away."""

    def __init__(self, note: Text, retry_after_s: float | None = None) -> None:
        super().__init__(note.en)
        self.note = note
        self.retry_after_s = retry_after_s


class _Answer(msgspec.Struct, frozen=True):
    body: bytes
    cursor: str | None
    unless: dict[str, str]
    """Headers by which the same address is asked for again: only if it has changed."""
    kind: str
    """Content type."""


class PollingFeed:
    """Polls `http://` and `https://`. Times are seconds; `now` gives microseconds since the epoch."""

    def __init__(
        self,
        channel: str,
        url: str,
        *,
        now: Now = wall_clock,
        backoff: Backoff | None = None,
        every: float = 1.0,
        answer_timeout: float = 5.0,
        body_timeout: float = 30.0,
        gap_after: float = 5.0,
        max_body: int = MAX_BODY_BYTES,
    ) -> None:
        self.channel = channel
        self._url = httpx.URL(url)
        self._now = now
        self._backoff = backoff or Backoff(first=1.0)
        self._every = every
        self._answer_timeout = answer_timeout
        self._body_timeout = body_timeout
        self._gap_after = gap_after
        """An outage shorter than this is no gap: a request or two that failed among many."""
        self._max_body = max_body
        self._unless: dict[str, str] = {}
        self._last_body: bytes | None = None

    async def run(self, sink: Sink, cursor: str | None) -> None:
        """Poll until cancelled. Only the sink's own exceptions come out."""
        sink.status(self.channel, FeedStatus("connecting"))
        good_us: int | None = None
        resumed = cursor is not None
        live = False
        async with self._client() as client:
            while True:
                began = asyncio.get_running_loop().time()
                try:
                    answer = await self._ask(client, cursor)
                except _Failed as failure:
                    live = False
                    sink.status(self.channel, FeedStatus("down", failure.note))
                    pause = self._backoff.next()
                    if failure.retry_after_s is not None:
                        pause = max(pause, failure.retry_after_s)
                    await asyncio.sleep(pause)
                    continue
                self._backoff.reset()
                now_us = self._now()
                if good_us is None:
                    if resumed:
                        await sink.gap(self.channel, None, now_us)
                elif now_us - good_us >= self._gap_after * 1e6:
                    await sink.gap(self.channel, good_us, now_us)
                good_us = now_us
                if not live:
                    live = True
                    sink.status(self.channel, FeedStatus("live"))
                more = False
                if answer is not None:
                    count = await self._take(sink, answer, cursor)
                    more = count >= _BACKLOG and answer.cursor not in (None, cursor)
                    cursor = answer.cursor or cursor
                    # What the sink took its time for was no outage.
                    good_us = self._now()
                if not more:
                    elapsed = asyncio.get_running_loop().time() - began
                    await asyncio.sleep(max(0.0, self._every - elapsed))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            timeout=httpx.Timeout(self._answer_timeout),
            limits=httpx.Limits(max_connections=1),
            headers={
                "Accept": "application/json, application/x-ndjson",
                "Accept-Encoding": ACCEPTED,
                "User-Agent": "stockwatch",
            },
            trust_env=not is_loopback(str(self._url)),
        )

    async def _ask(self, client: httpx.AsyncClient, cursor: str | None) -> _Answer | None:
        """What the server has after `cursor`; None: nothing new. Raises _Failed."""
        url = self._url if cursor is None else self._url.copy_merge_params({"after": cursor})
        try:
            async with (
                asyncio.timeout(self._body_timeout),
                client.stream("GET", url, headers=self._unless) as response,
            ):
                if response.status_code == 304:
                    return None
                if not response.is_success:
                    raise _failure(response, self._now())
                return _Answer(
                    await body_of(response, self._max_body),
                    _header_cursor(response),
                    _validators(response.headers),
                    response.headers.get("Content-Type", ""),
                )
        except Unusable as unusable:
            raise _Failed(unusable.text) from None
        except (TimeoutError, httpx.TimeoutException):
            raise _Failed(notes.NO_ANSWER) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            raise _Failed(notes.outside(error)) from None

    async def _take(self, sink: Sink, answer: _Answer, cursor: str | None) -> int:
        """Hand over an answer's messages, the cursor with the last of them: how many there were."""
        moves = answer.cursor is not None and answer.cursor != cursor
        if not moves and answer.body == self._last_body:
            return 0
        try:
            messages = messages_of(answer.body)
        except BadBody as bad:
            await sink.set_aside(self.channel, cut(answer.body), str(bad))
            messages = []
        batch: list[bytes] = []
        size = 0
        for message in messages:
            if batch and (len(batch) >= MAX_BATCH or size + len(message) > MAX_BATCH_BYTES):
                await sink.put(self.channel, batch, None)
                batch, size = [], 0
            batch.append(message)
            size += len(message)
        if batch or moves:
            await sink.put(self.channel, batch, answer.cursor)
        # Remembered only now: if the sink fails, the same answer is new to the next run.
        self._last_body = answer.body
        # A tag or a date belongs to the address it came from, and that has the cursor in it.
        self._unless = {} if moves else answer.unless
        return len(messages)


def _failure(response: httpx.Response, now_us: int) -> _Failed:
    said = f"HTTP {response.status_code} {response.reason_phrase}".strip()
    zh = en = said
    if response.is_redirect:
        place = response.headers.get("Location", "an unknown place")
        zh += f",已搬到 {place}:请把这个地址写进 room.toml"
        en += f", moved to {place}: write that address in room.toml"
    return _Failed(
        Text(printable(zh, 200), printable(en, 200)), retry_after(response.headers.get("Retry-After"), now_us)
    )


def _validators(headers: httpx.Headers) -> dict[str, str]:
    """What to ask with next time. A date has whole seconds: one that is not clearly before the answer's own would hide
    what was added within its second."""
    unless = {}
    tag = headers.get("ETag", "")
    if 0 < len(tag) <= _LONGEST_TAG and tag.isascii() and tag.isprintable():
        unless["If-None-Match"] = tag
    try:
        modified = parsedate_to_datetime(headers["Last-Modified"])
        apart = parsedate_to_datetime(headers["Date"]) - modified
    except (KeyError, ValueError, TypeError, OverflowError):
        return unless
    if apart >= _CLEARLY_BEFORE:
        unless["If-Modified-Since"] = format_datetime(modified.astimezone(UTC), usegmt=True)
    return unless


def _header_cursor(response: httpx.Response) -> str | None:
    value: str = response.headers.get(CURSOR_HEADER, "")
    return value if 0 < len(value) <= MAX_CURSOR_BYTES else None
