"""What a person can ask of a room, as messages from a console to its hub, and the answers.

Tagged unions in msgspec JSON, one a WebSocket text frame. An intent is answered once, by the same `id`, when what came
of it is durable; asking again with the same id changes nothing. Durations in seconds, instants in epoch seconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from stockwatch.room.view import (
    Delta,
    Detail,
    ExceptionRow,
    MovementRow,
    RestockProposal,
    RoomView,
    SubstituteProposal,
    Text,
)

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


class Resolve(_Intent, tag="resolve", frozen=True):
    """A person has dealt with an exception; `exception` is its key, `note` says how."""

    exception: str
    note: str = ""


class WebhookTold(_Intent, tag="webhook.told", frozen=True):
    """The hub itself: what came of one try to tell a restock's source by webhook. No console can say so."""

    document: str
    attempt: int
    """The first is 1."""
    outcome: Literal["retrying", "answered", "confirmed", "refused", "failed", "late", "settled"]
    status: int | None = None
    """Of HTTP."""
    text: Text = Text("", "")
    """The answer, shortened and safe to print."""
    quantity: int | None = None
    """What was confirmed; None: all that was asked for."""
    due_us: int | None = None
    """When it will be there, microseconds since the epoch; None: as asked."""


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


class Audit(_Message, tag="audit", frozen=True):
    """Ask for movements, newest first; answered as Movements with the same id."""

    id: str
    sku: str | None = None
    """None: of every SKU."""
    search: str = ""
    """Only rows that hold every word of it."""
    stands_for: dict[str, tuple[str, ...]] = {}
    """Words of it -> event types and outcomes that the asker's screen calls so: rows of these hold the word too."""
    before: int | None = None
    """Only those of events before this seq: the next page."""
    limit: int = 50


class Exceptions(_Message, tag="exceptions", frozen=True):
    """Ask for the work list; answered as WorkList with the same id."""

    id: str


class Show(_Message, tag="show", frozen=True):
    """Ask for the message at a place of the journal; answered as Shown with the same id."""

    id: str
    seq: int


class Speed(_Message, tag="speed", frozen=True):
    """Of a replay: factor, 0 flat out; None with pause."""

    factor: float | None = None
    paused: bool = False


class Join(_Message, tag="join", frozen=True):
    """Ask the hub to serve another room on its ledger too; answered by Joined when that room answers, or why not."""

    room: str
    """Absolute path of its room.toml."""


Request = (
    Hello
    | Join
    | Acknowledge
    | AskRestock
    | UpdateRestock
    | Substitute
    | Present
    | Count
    | Release
    | Resolve
    | Note
    | Audit
    | Exceptions
    | Show
    | Stop
    | Stay
    | Watch
    | Propose
    | Speed
)
Asked = Acknowledge | AskRestock | UpdateRestock | Substitute | Present | Count | Release | Resolve | Note
"""What a console asks for."""
Intent = Asked | WebhookTold

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


class Movements(_Message, tag="movements", frozen=True):
    """A page of the audit trail."""

    id: str
    rows: tuple[MovementRow, ...]
    upto: int
    """The last event that the trail knows."""
    seq: int
    """The last event of the journal: further means that the trail lags."""
    missing: int = 0
    """Earlier events that the trail does not know yet."""
    wrong: Text = Text("", "")
    """Why there is nothing to show, or why it may be old."""


class WorkList(_Message, tag="worklist", frozen=True):
    id: str
    rows: tuple[ExceptionRow, ...]
    """The newest first, at most 500."""
    total: int
    forgotten: int = 0
    """Earlier ones that made room."""


class Shown(_Message, tag="shown", frozen=True):
    """A message as it came, as text. Outside text; empty when it is kept no more."""

    id: str
    seq: int
    text: str


class Joined(_Message, tag="joined", frozen=True):
    wrong: Text | None = None
    """Why the room did not join."""


class Goodbye(_Message, tag="goodbye", frozen=True):
    """The hub stops."""

    reason: Text


Look = Audit | Exceptions | Show
"""What a console asks to look at; it changes nothing and may take a moment."""
Found = Movements | WorkList | Shown
Reply = Welcome | Refused | Snapshot | Change | DetailChange | Answer | Proposal | Found | Joined | Goodbye
