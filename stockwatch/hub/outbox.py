"""Restocks on their way out by the room's webhook: each is sent until it is answered, and every try is journaled.

What is to be sent is what the room's own events say (`room.posts`), so a hub that was killed goes on where it stood: a
try whose answer was not journaled is made again under the same id. A room without a webhook has no outbox, a replay
and a read-only hub neither. What a receiver does never ends the room.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from stockwatch.config import RoomConfig
from stockwatch.events import format_time
from stockwatch.feeds.base import Backoff, wall_clock
from stockwatch.hub.hosted import Changes, Hosted
from stockwatch.room import intents
from stockwatch.room.posts import Post
from stockwatch.room.view import Text
from stockwatch.webhook.answers import read_answer
from stockwatch.webhook.secret import read_key
from stockwatch.webhook.signing import id_of

if TYPE_CHECKING:
    from stockwatch.webhook.sender import Came, Sender

log = logging.getLogger("stockwatch.hub")

GIVE_UP_S = 2 * 3600.0
"""A restock that could not be told for so long is a person's: the stream it was for may be over."""
AT_ONCE = 4
BY = "webhook"
_NEVER = Text("", "")


def check_outbox(config: RoomConfig) -> None:
    """Whether a room's webhook can be signed for, before anything of the room is opened. Raises ConfigError."""
    if config.restock_webhook is not None:
        read_key(config.restock_secret)


def open_outbox(hosted: Hosted) -> Outbox | None:
    """The outbox of a room that has a webhook. Raises ConfigError when its secret can't be read."""
    config = hosted.room.config
    if config.restock_webhook is None:
        return None
    # Only now: the client is half of what starting a hub loads.
    from stockwatch.webhook.sender import Sender

    return Outbox(hosted, Sender(config.restock_webhook, read_key(config.restock_secret)))


class Outbox:
    """`run` until the room is closed; `beside` wraps what is told of the room's changes."""

    def __init__(
        self,
        hosted: Hosted,
        sender: Sender,
        *,
        now_us: Callable[[], int] = wall_clock,
        backoff: Callable[[], Backoff] = lambda: Backoff(first=1.0, cap=120.0),
        give_up_s: float = GIVE_UP_S,
    ) -> None:
        self._hosted = hosted
        self._sender = sender
        self._now_us = now_us
        self._backoff = backoff
        self._give_up_s = give_up_s
        self._wake = asyncio.Event()
        self._taken: set[str] = set()
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def beside(self, on_change: Callable[[Changes], None]) -> Callable[[Changes], None]:
        """`on_change`, and a look at what there is to send: called after each commit, so all of it is durable."""

        def both(changes: Changes) -> None:
            on_change(changes)
            if self._hosted.room.log.posts.any_waiting:
                self._wake.set()

        return both

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._wake.clear()
                    for post in self._hosted.room.log.posts.waiting():
                        if post.document not in self._taken:
                            self._taken.add(post.document)
                            tasks.create_task(self._deliver(post))
                    await self._wake.wait()
        finally:
            await self._sender.aclose()

    async def _deliver(self, post: Post) -> None:
        try:
            await self._until_answered(post)
        except Exception:
            log.exception("telling restock %s failed; it is sent again when the hub starts", post.document)
        # Not taken again in this run even where the ledger did not book the outcome: that would be a loop.

    async def _until_answered(self, post: Post) -> None:
        backoff = self._backoff()
        while True:
            if (over := self._over(post)) is not None:
                await self._tell(over)
                return
            async with self._at_once:
                came = await self._sender.send(id_of(post.document), self._body(post))
            told = self._what(post, came)
            if not await self._tell(told) or not post.open:
                return
            pause_s = max(backoff.next(), came.retry_after_s or 0.0)
            left_s = self._give_up_s - self._age_s(post)
            await asyncio.sleep(max(0.0, min(pause_s, left_s)))

    def _age_s(self, post: Post) -> float:
        return (self._now_us() - post.at_us) / 1e6

    def _over(self, post: Post) -> intents.WebhookTold | None:
        """Why there is no use in sending it any more, if so."""
        restock = self._hosted.room.books.restocks().get(post.document)
        if restock is not None and restock.state in ("refused", "shipped", "received"):
            return _told(post, "settled")
        if self._age_s(post) >= self._give_up_s:
            return _told(post, "late", status=post.status, text=post.text)
        return None

    def _body(self, post: Post) -> bytes:
        """The same bytes at every try."""
        room = self._hosted.room
        zone = room.zone
        asked = {
            "document": post.document,
            "room": room.config.id,
            "sku": post.sku,
            "title": room.title(post.sku),
            "source": post.source,
            "qty": post.qty,
            "state": post.state,
            "due": format_time(post.at_us + post.lead_time_s * 1_000_000, zone),
            "by": post.by,
        }
        return msgspec.json.encode(
            {"type": "restock.asked", "timestamp": format_time(post.at_us, zone), "data": asked}
        )

    def _what(self, post: Post, came: Came) -> intents.WebhookTold:
        if came.kind != "heard":
            outcome = "retrying" if came.kind == "again" else "failed"
            return _told(post, outcome, status=came.status, text=came.text)
        answer = read_answer(came.body, document=post.document, qty=post.qty, asked_us=post.at_us)
        told = _told(post, answer.outcome, status=came.status, text=Text(answer.text, answer.text))
        return msgspec.structs.replace(told, quantity=answer.qty, due_us=answer.due_us)

    async def _tell(self, told: intents.WebhookTold) -> bool:
        """Journal it; False when the ledger did not."""
        answer = await self._hosted.ask(told)
        log.info("restock %s: %s", told.document, answer.message.en)
        return answer.ok


def _told(post: Post, outcome: str, *, status: int | None = None, text: Text = _NEVER) -> intents.WebhookTold:
    attempt = post.attempts + 1
    digest = hashlib.sha256(post.document.encode()).hexdigest()[:32]
    return intents.WebhookTold(
        id=f"webhook:{digest}:{attempt}",
        by=BY,
        document=post.document,
        attempt=attempt,
        outcome=outcome,  # type: ignore[arg-type]
        status=status,
        text=text,
    )
