"""Restocks that leave by the room's webhook: what was asked, how often it was tried, what came of it.

A function of the room's own events: `action.restock` with a member `webhook` asks for one, each `action.webhook` tells
of a try. Both carry the instant at which the hub booked them (microseconds), and one is the hub's own only where that
is the stamp it was received with: a recording that is fed in, or a channel that plays the room, sends nothing and
answers nothing. Pure; bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

import msgspec

from stockwatch.events import Event
from stockwatch.room.view import Text, Told

KEPT = 500
"""Posts that have ended are remembered up to this many; open ones always."""
Outcome = Literal["waiting", "retrying", "answered", "confirmed", "refused", "failed", "late", "settled"]
_OUTCOMES = frozenset(get_args(Outcome))
_OPEN = frozenset({"waiting", "retrying"})
ASKS, TELLS = "action.restock", "action.webhook"


class Post(msgspec.Struct, kw_only=True):
    """One restock on its way out."""

    document: str
    sku: str
    source: str
    qty: int
    lead_time_s: int
    state: str
    by: str
    at_us: int
    """When it was asked for."""
    ours: bool
    """Asked for in this very hub: only such a one is sent."""
    outcome: Outcome = "waiting"
    attempts: int = 0
    status: int | None = None
    """The last answer's HTTP status."""
    text: Text = Text("", "")
    """The last answer, shortened. Outside text."""
    told_us: int = 0
    """When the last try was told of."""

    @property
    def open(self) -> bool:
        """Whether an answer is still to come."""
        return self.outcome in _OPEN


class Posts:
    """Those of one room, by document, in the order they were asked for."""

    def __init__(self) -> None:
        self._posts: dict[str, Post] = {}
        self._waiting: dict[str, Post] = {}
        """Those to send."""

    def __contains__(self, document: str) -> bool:
        return document in self._posts

    def get(self, document: str) -> Post | None:
        return self._posts.get(document)

    def waiting(self) -> Iterator[Post]:
        """Those of ours that nobody has answered yet, oldest first."""
        yield from list(self._waiting.values())

    @property
    def any_waiting(self) -> bool:
        return bool(self._waiting)

    def heard(self, event: Event, received_us: int) -> None:
        """An event of the room's own source; any but the two kinds is passed over."""
        if event.type == ASKS:
            self._asked(event, received_us)
        elif event.type == TELLS:
            self._told(event, received_us)

    def _asked(self, event: Event, received_us: int) -> None:
        data = event.data
        at_us, document = data.get("webhook"), data.get("document")
        if type(at_us) is not int or not isinstance(document, str) or document in self._posts:
            return
        members = {name: data.get(name) for name in ("source", "qty", "state", "by")}
        members |= {"document": document, "sku": event.subject, "lead_time_s": data.get("lead_time_s")}
        try:
            post = msgspec.convert(
                members | {"at_us": at_us, "ours": at_us == received_us}, Post, strict=True
            )
        except msgspec.ValidationError:
            return  # a recording may hold anything
        self._posts[document] = post
        if post.ours:
            self._waiting[document] = post
        self._forget()

    def _told(self, event: Event, received_us: int) -> None:
        data: dict[str, Any] = event.data
        document, outcome, attempt = data.get("document"), data.get("outcome"), data.get("attempt")
        post = self._posts.get(document) if isinstance(document, str) else None
        if post is None or not isinstance(outcome, str) or outcome not in _OUTCOMES or not post.open:
            return
        if post.ours and data.get("at_us") != received_us:
            return
        status = data.get("status")
        post.outcome = outcome  # type: ignore[assignment]
        post.status = status if type(status) is int else None
        post.text = text_of(data.get("text"))
        post.told_us = received_us
        if type(attempt) is int and attempt > post.attempts:
            post.attempts = attempt
        if not post.open:
            self._waiting.pop(post.document, None)

    def _forget(self) -> None:
        if len(self._posts) <= KEPT:
            return
        for document, post in self._posts.items():
            if not (post.ours and post.open):
                del self._posts[document]
                return


def text_of(value: Any) -> Text:
    """A text of an event's data in both languages; empty when it is none."""
    if not isinstance(value, dict):
        return Text("", "")
    zh, en = value.get("zh"), value.get("en")
    return Text(zh if isinstance(zh, str) else "", en if isinstance(en, str) else "")


def said(outcome: str, status: int | None, text: Text) -> Text:
    """What came of a post, for people."""
    zh, en = _WORDS.get(outcome, ("?", "?"))
    code = "" if status is None else f" {status}"
    return Text(
        f"{zh}{code}" + (f":{text.zh}" if text.zh else ""),
        f"{en}{code}" + (f": {text.en}" if text.en else ""),
    )


def stands(outcome: Outcome) -> Told:
    """How it is to be taken."""
    return _STANDS.get(outcome, "bad")


_STANDS: dict[str, Told] = {
    "waiting": "waiting", "retrying": "trouble", "answered": "good", "confirmed": "good", "settled": "good",
}  # fmt: skip
_WORDS = {
    "waiting": ("webhook 等回应", "webhook awaits an answer"),
    "retrying": ("webhook 没通,重发中", "webhook failed, trying again"),
    "answered": ("webhook 已收到", "webhook heard"),
    "confirmed": ("webhook 已确认", "webhook confirmed"),
    "refused": ("webhook 回绝", "webhook refused"),
    "failed": ("webhook 不收,请电话联系", "webhook did not take it, call them"),
    "late": ("webhook 一直没通,已放弃,请电话联系", "webhook given up, call them"),
    "settled": ("webhook 不再发:已人工处理", "webhook no longer sent: settled by hand"),
}
