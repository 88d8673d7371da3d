"""Rows beside the board, as the room has them now: feeds with their health, restocks on their way, what people did.

Reads the room and never changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from stockwatch.ledger.figures import Restock
from stockwatch.room.clock import SECOND_US
from stockwatch.room.log import KEPT_RESOLVED_S
from stockwatch.room.posts import said, stands
from stockwatch.room.room import Room
from stockwatch.room.view import ActionRow, FeedRow, FeedState, RestockRow, Text


class Health(Protocol):
    """How a feed says that it is; members as in `view.FeedRow`."""

    @property
    def state(self) -> FeedState: ...
    @property
    def note(self) -> Text: ...
    @property
    def lag_s(self) -> float | None: ...
    @property
    def pending(self) -> int: ...
    @property
    def unmapped(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def comments(self) -> int: ...
    @property
    def comments_lost(self) -> int: ...


def feeds_of(room: Room, states: Mapping[str, Health]) -> tuple[FeedRow, ...]:
    """One a channel; `states`: what the feeds themselves say, where they are known."""
    rows = []
    for channel in room.config.channels:
        heard = room.log.feeds[channel.id]
        health = states.get(channel.id)
        lag = heard.lag_s if health is None or health.lag_s is None else health.lag_s
        rows.append(
            FeedRow(
                channel=channel.id,
                title=channel.title or channel.id,
                state=health.state if health is not None else ("live" if heard.events else "none"),
                lag_s=None if lag is None else float(round(lag)),
                last=None if heard.last_us is None else heard.last_us // (60 * SECOND_US) * 60,
                dead=heard.dead,
                note=health.note if health is not None else Text("", ""),
                pending=health.pending if health is not None else 0,
                unmapped=health.unmapped if health is not None else 0,
                refused=health.refused if health is not None else 0,
                comments=health.comments if health is not None else 0,
                comments_lost=health.comments_lost if health is not None else 0,
            )
        )
    return tuple(rows)


def restocks_of(room: Room) -> tuple[RestockRow, ...]:
    """Those that are not over, and those that a receiver has just refused."""
    return tuple(
        _restock(room, restock)
        for restock in room.books.restocks().values()
        if restock.state not in ("received", "refused") or _just_refused(room, restock)
    )


def _restock(room: Room, restock: Restock) -> RestockRow:
    post = room.log.posts.get(restock.document)
    return RestockRow(
        document=restock.document,
        sku=restock.sku,
        title=room.title(restock.sku),
        source=restock.source,
        qty=restock.qty,
        state=restock.state,
        due=restock.due_us // SECOND_US,
        by=restock.by,
        received=restock.received,
        told=None if post is None else said(post.outcome, post.status, post.text),
        told_as=None if post is None else stands(post.outcome),
    )


def _just_refused(room: Room, restock: Restock) -> bool:
    """By the webhook: people have not seen it yet, as they have what they entered themselves."""
    post = room.log.posts.get(restock.document)
    if restock.state != "refused" or post is None or post.outcome != "refused":
        return False
    return room.now_us - post.told_us < KEPT_RESOLVED_S * SECOND_US


def actions_of(room: Room) -> tuple[ActionRow, ...]:
    """Oldest first."""
    return tuple(
        ActionRow(at=action.at, by=action.by, what=action.what, listing=action.listing)
        for action in room.log.actions
    )
