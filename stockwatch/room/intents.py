"""What a person can ask of a room, as messages from a console to its hub, and the answers.

Tagged unions in msgspec JSON, one a WebSocket text frame. An intent is answered once, by the same `id`, when what came
of it is durable; asking again with the same id changes nothing. Durations in seconds, instants in epoch seconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from stockwatch.room.view import Delta, Detail, RestockProposal, RoomView, SubstituteProposal, Text

PROTOCOL = 1


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    pass


class _Intent(_Message, frozen=True):
    id: str
    by: str
    """Who asks: the name given at attach."""


# --- console to hub ---------------------------------------------------------------------------------------------------


class Hello(_Message, tag="hello", frozen=True):
    version: str
    protocol: int = PROTOCOL
    by: str = ""


class Acknowledge(_Intent, tag="acknowledge", frozen=True):
    """Take (认领) every open alert of a link."""

    listing: str


class AskRestock(_Intent, tag="restock", frozen=True):
    """Order more: `asked` when somebody still has to promise it, `confirmed` when they have."""

    sku: str
    source: str
    quantity: int
    lead_time: int
    state: Literal["asked", "confirmed"] = "asked"


class UpdateRestock(_Intent, tag="restock.update", frozen=True):
    """The source has confirmed, shipped, or refused; or the goods are here (`received`, with what arrived)."""

    document: str
    state: Literal["confirmed", "shipped", "refused", "received"]
    quantity: int | None = None
    """None: all that was asked for (or still to come, for received)."""


class Substitute(_Intent, tag="substitute", frozen=True):
    """Send demand for `sku` to `to`: recorded, and the substitute's link becomes the one being presented."""

    sku: str
    to: str


class Present(_Intent, tag="present", frozen=True):
    """The host presents this link now; None: nothing."""

    listing: str | None


class Count(_Intent, tag="count", frozen=True):
    """A person counted what is on hand."""

    sku: str
    quantity: int
    reason: str
    as_of: int | None = None


class Release(_Intent, tag="release", frozen=True):
    """Release (放单) a wave from held stock, or with a negative quantity hold units back (控库)."""

    sku: str
    quantity: int
    reason: str = ""


class Note(_Intent, tag="note", frozen=True):
    text: str


class Stop(_Message, tag="stop", frozen=True):
    """Stop the hub cleanly."""


class Stay(_Message, tag="stay", frozen=True):
    """Of a replay: go on when this console has gone; without it a replay ends with its console."""


class Watch(_Message, tag="watch", frozen=True):
    """Send `Detail` of this link now and when it changes; None: stop."""

    listing: str | None


class Propose(_Message, tag="propose", frozen=True):
    """Ask for a RestockProposal or a SubstituteProposal; answered as Proposal with the same id."""

    id: str
    kind: Literal["restock", "substitute"]
    sku: str
    quantity: int | None = None
    """Try this quantity in place of each source's own."""


class Speed(_Message, tag="speed", frozen=True):
    """Of a replay: factor, 0 flat out; None with pause."""

    factor: float | None = None
    paused: bool = False


Request = (
    Hello
    | Acknowledge
    | AskRestock
    | UpdateRestock
    | Substitute
    | Present
    | Count
    | Release
    | Note
    | Stop
    | Stay
    | Watch
    | Propose
    | Speed
)
Intent = Acknowledge | AskRestock | UpdateRestock | Substitute | Present | Count | Release | Note

# --- hub to console ---------------------------------------------------------------------------------------------------


class Welcome(_Message, tag="welcome", frozen=True):
    version: str
    protocol: int = PROTOCOL
    read_only: bool = False


class Refused(_Message, tag="refused", frozen=True):
    """The hub does not serve this console, e.g. another version; the connection closes after it."""

    reason: Text
    version: str


class Snapshot(_Message, tag="snapshot", frozen=True):
    view: RoomView


class Change(_Message, tag="delta", frozen=True):
    delta: Delta


class DetailChange(_Message, tag="detail", frozen=True):
    detail: Detail


class Answer(_Message, tag="answer", frozen=True):
    """What came of an intent."""

    id: str
    ok: bool
    message: Text


class Proposal(_Message, tag="proposal", frozen=True):
    id: str
    restock: RestockProposal | None = None
    substitute: SubstituteProposal | None = None


class Goodbye(_Message, tag="goodbye", frozen=True):
    """The hub stops."""

    reason: Text


Reply = Welcome | Refused | Snapshot | Change | DetailChange | Answer | Proposal | Goodbye
