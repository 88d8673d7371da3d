"""What a person asks of the room: dialogs, intents, and what came of them.

Owns the intents on their way. "Done" is said only when the hub has answered; an intent whose line was cut is
asked again under the same id (which the hub answers once) if the line is back soon, else said to be
unanswered.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from stockwatch.console.escape import clean
from stockwatch.console.formats import zone_of
from stockwatch.console.header import speed_text
from stockwatch.console.keys import BY_ID
from stockwatch.console.link import NotAttached
from stockwatch.console.state import worst_size
from stockwatch.console.words import fill, say
from stockwatch.exits import Exit
from stockwatch.room.intents import (
    Acknowledge,
    Answer,
    Asked,
    AskRestock,
    Count,
    Present,
    Proposal,
    Propose,
    Release,
    Request,
    Speed,
    Stay,
    Stop,
    Substitute,
    UpdateRestock,
)
from stockwatch.room.view import LinkRow

if TYPE_CHECKING:
    from stockwatch.console.app import Console
    from stockwatch.console.dialogs import (
        CountChoice,
        ReleaseChoice,
        RestockChoice,
        RestockUpdate,
        SubstituteChoice,
        Wants,
    )

# Dialogs are imported when one is opened: none is part of the first picture, and together they cost a fifth of it.

ASK_AGAIN_WITHIN = 10.0
"""Seconds of a cut line after which an intent is no longer asked again: what was meant may be wrong by then.
"""
WAIT_BEFORE_SAYING = 0.7
"""Seconds until "no answer yet" is said; usually the answer is there long before."""
SPEED_SETTLES = 1.0
SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 600.0, 0.0)
"""Of a replay, slowest first; 0 is flat out."""


class Pending(NamedTuple):
    """An intent on its way."""

    intent: Asked
    label: str


class Wanted(NamedTuple):
    """A proposal on its way: the dialog that asked for it, None to open one."""

    listing: str
    dialog: object | None


class Actor:
    """Turns actions into dialogs and intents, and answers into words."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pending: dict[str, Pending] = {}
        self._wanted: dict[str, Wanted] = {}
        self._cut_at: float | None = None
        self._speed_asked: tuple[float, float] = (1.0, 0.0)
        """The speed asked for last, and until when it counts though the hub has not shown it yet."""
        self.hub_read_only = False
        self.stopping = False

    # --- actions ---------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Carry out an action that concerns the room."""
        console = self._console
        action = BY_ID[name]
        if action.changes and console.read_only:
            console.say(console.words.read_only_refused, "bad")
            return
        if action.replay_only and not (console.view and console.view.header.mode == "REPLAY"):
            return
        handler: Callable[[], None] = getattr(self, f"_do_{name}")
        if action.changes and not console.by:
            self.ask_who(handler)
        else:
            handler()

    def ask_who(self, then: Callable[[], None] | None = None) -> None:
        """Ask who acts; then go on with what they wanted."""
        from stockwatch.console.dialogs import WhoDialog

        console = self._console

        def named(name: str | None) -> None:
            if name:
                console.set_by(name)
                if then is not None:
                    then()

        console.push_screen(WhoDialog(console.words, ascii=console.settings.ascii), named)

    def _link(self) -> LinkRow | None:
        line = self._console.board.line
        if line is None:
            self._console.say(self._console.words.no_selection, "bad")
            return None
        return line.link

    def _sku(self, link: LinkRow) -> str | None:
        """The size under the cursor, else the link's most urgent one."""
        line = self._console.board.line
        if line is not None and line.sku is not None:
            return line.sku.sku
        worst = worst_size(link)
        return worst.sku if worst is not None else None

    def _do_acknowledge(self) -> None:
        console, link = self._console, self._link()
        if link is None:
            return
        if link.alert != "open":
            console.say(console.words.nothing_to_acknowledge)
            return
        self.ask(
            Acknowledge(id=new_id(), by=console.by, listing=link.listing), self._named("acknowledge", link)
        )

    def _do_present(self) -> None:
        link = self._link()
        if link is not None:
            listing = None if link.presenting is not None else link.listing
            self.ask(Present(id=new_id(), by=self._console.by, listing=listing), self._named("present", link))

    def _do_restock(self) -> None:
        self._propose("restock")

    def _do_substitute(self) -> None:
        self._propose("substitute")

    def _propose(self, kind: Literal["restock", "substitute"]) -> None:
        link = self._link()
        sku = self._sku(link) if link is not None else None
        if link is not None and sku is not None:
            request = Propose(id=new_id(), kind=kind, sku=sku)
            self._wanted[request.id] = Wanted(link.listing, None)
            self.send(request)

    def wanted(self, message: Wants) -> None:
        """An open dialog wants something worked out again."""
        request = Propose(id=new_id(), kind=message.kind, sku=message.sku, quantity=message.quantity)
        self._wanted = {request.id: Wanted("", message.dialog)}  # only the newest question counts
        self.send(request)

    def _do_count(self) -> None:
        from stockwatch.console.dialogs import CountDialog

        console, link = self._console, self._link()
        if link is None or not link.sizes or console.view is None:
            return
        header = console.view.header
        dialog = CountDialog(
            console.words,
            link.sizes,
            zone=zone_of(header.timezone),
            now=header.clock,
            index=self._size_index(link),
            ascii=console.settings.ascii,
        )

        def chosen(choice: CountChoice | None) -> None:
            if choice is not None:
                intent = Count(
                    id=new_id(),
                    by=console.by,
                    sku=choice.sku,
                    quantity=choice.quantity,
                    reason=choice.reason,
                    as_of=choice.as_of,
                )
                self.ask(intent, self._named("count", link))

        console.push_screen(dialog, chosen)

    def _do_release(self) -> None:
        from stockwatch.console.dialogs import ReleaseDialog

        console, link = self._console, self._link()
        if link is None or not link.sizes:
            return

        def chosen(choice: ReleaseChoice | None) -> None:
            if choice is not None:
                intent = Release(
                    id=new_id(),
                    by=console.by,
                    sku=choice.sku,
                    quantity=choice.quantity,
                    reason=choice.reason,
                )
                self.ask(intent, self._named("release", link))

        index = self._size_index(link)
        console.push_screen(
            ReleaseDialog(console.words, link.sizes, index=index, ascii=console.settings.ascii), chosen
        )

    def _size_index(self, link: LinkRow) -> int:
        sku = self._sku(link)
        return next((index for index, row in enumerate(link.sizes) if row.sku == sku), 0)

    def _do_follow(self) -> None:
        from stockwatch.console.dialogs import FollowDialog

        console = self._console
        if console.view is None:
            return

        def chosen(update: RestockUpdate | None) -> None:
            if update is not None:
                intent = UpdateRestock(
                    id=new_id(),
                    by=console.by,
                    document=update.document,
                    state=update.state,
                    quantity=update.quantity,
                )
                self.ask(intent, console.words.do_restock)

        zone = zone_of(console.view.header.timezone)
        console.push_screen(
            FollowDialog(console.words, console.view.restocks, zone=zone, ascii=console.settings.ascii),
            chosen,
        )

    def _do_faster(self) -> None:
        self._step_speed(1)

    def _do_slower(self) -> None:
        self._step_speed(-1)

    def _step_speed(self, step: int) -> None:
        console = self._console
        assert console.view is not None
        header = console.view.header
        asked, until = self._speed_asked
        now = asked if _now() < until else header.speed
        at = min(range(len(SPEEDS)), key=lambda index: _speed_distance(SPEEDS[index], now))
        speed = SPEEDS[max(0, min(len(SPEEDS) - 1, at + step))]
        self._speed_asked = speed, _now() + SPEED_SETTLES
        self.send(Speed(factor=speed, paused=header.paused))
        shown = speed_text(speed, console.words, ascii=console.settings.ascii)
        console.say(fill(console.words.replay_at, speed=shown))

    def _do_hold(self) -> None:
        console = self._console
        assert console.view is not None
        hold = not console.view.header.paused
        self.send(Speed(paused=hold))
        key = console.keymap_table.shown("hold", zh=console.words.language == "zh")
        console.say(fill(console.words.replay_held, key=key) if hold else console.words.replay_goes_on)

    # --- leaving ---------------------------------------------------------------------------------

    def _do_quit(self) -> None:
        """Ask whether the room goes on. A console that may not change anything, or has no hub, just leaves;
        so does one whose own replay has ended, and that replay ends with it.
        """
        from stockwatch.console.dialogs import QuitDialog

        console = self._console
        view = console.view
        if view is None or console.lost:
            console.leave()
            return
        replay = view.header.mode == "REPLAY"
        if replay and view.header.ended and console.settings.owns_hub:
            self._stop()
            return
        if console.read_only and not console.settings.owns_hub:
            console.leave()
            return

        def chosen(choice: str | None) -> None:
            if choice == "leave" and replay:
                console.run_worker(self._leave_playing(), name="leave")
            elif choice == "leave":
                console.leave()
            elif choice == "stop":
                self._stop()

        name = view.header.name or view.header.room
        console.push_screen(
            QuitDialog(console.words, name, replay=replay, ascii=console.settings.ascii), chosen
        )

    def _stop(self) -> None:
        """Stop the hub; the console ends when it says goodbye or hangs up."""
        self.stopping = True
        self.send(Stop())

    async def _leave_playing(self) -> None:
        """Leave once the replay knows that it goes on without us."""
        try:
            await self._console.link.send(Stay())
        except NotAttached:
            pass
        self._console.leave()

    async def stop_room(self) -> None:
        """Ask the hub to stop, whatever comes of it."""
        try:
            await self._console.link.send(Stop())
        except NotAttached:
            pass

    # --- intents and answers ---------------------------------------------------------------------

    def _named(self, action: str, link: LinkRow) -> str:
        """`认领 3号`: what was asked, of which link."""
        words = self._console.words
        label = BY_ID[action].label
        what = label.zh if words.language == "zh" else label.en
        if link.slot is None:
            return f"{what} {clean(link.title)}"
        return f"{what} {link.slot}号" if words.language == "zh" else f"{what} no. {link.slot}"

    def ask(self, intent: Asked, label: str) -> None:
        """Send an intent, and wait for its answer. `label` is what is said about it, cleaned."""
        self._pending[intent.id] = Pending(intent, label)
        self.send(intent)
        self._console.set_timer(WAIT_BEFORE_SAYING, lambda: self._still_waiting(intent.id))

    def _still_waiting(self, id: str) -> None:
        pending = self._pending.get(id)
        if pending is not None:
            self._console.say(fill(self._console.words.unanswered, what=pending.label))

    def send(self, request: Request) -> None:
        """Hand a request to the hub; one that can't be sent is said to have failed."""
        self._console.run_worker(self._deliver(request), name="send", exit_on_error=True)

    async def _deliver(self, request: Request) -> None:
        console = self._console
        try:
            await console.link.send(request)
        except NotAttached:
            if isinstance(request, Stop):
                console.leave()
                return
            pending = self._pending.pop(getattr(request, "id", ""), None)
            if pending is not None:
                console.say(fill(console.words.failed, what=pending.label), "bad")
            elif isinstance(request, Propose):
                self._wanted.pop(request.id, None)
                console.say(fill(console.words.failed, what=console.words.do_restock), "bad")

    def answered(self, answer: Answer) -> None:
        """The hub has answered an intent."""
        pending = self._pending.pop(answer.id, None)
        wanted = self._wanted.pop(answer.id, None)
        if pending is None and wanted is None:
            return
        words = self._console.words
        what = clean(say(answer.message, words)) or (pending.label if pending else "")
        sentence = fill(words.done if answer.ok else words.failed, what=what)
        self._console.say(sentence, "good" if answer.ok else "bad")
        self._console.looker.answered(sentence, ok=answer.ok)

    def proposed(self, proposal: Proposal) -> None:
        """The hub has worked out a proposal: for the dialog that asked, or for a new one."""
        from stockwatch.console.dialogs import RestockDialog, SubstituteDialog

        wanted = self._wanted.pop(proposal.id, None)
        if wanted is None:
            return
        dialog = wanted.dialog
        if isinstance(dialog, RestockDialog) and proposal.restock is not None:
            if dialog.is_attached:
                dialog.show_proposal(proposal.restock)
        elif isinstance(dialog, SubstituteDialog) and proposal.substitute is not None:
            if dialog.is_attached:
                dialog.show_proposal(proposal.substitute)
        elif dialog is None and len(self._console.screen_stack) == 1:
            self._open(proposal, wanted.listing)

    def _open(self, proposal: Proposal, listing: str) -> None:
        from stockwatch.console.dialogs import RestockDialog, SubstituteDialog

        console = self._console
        view = console.view
        link = next((row for row in view.links if row.listing == listing), None) if view else None
        if view is None or link is None:
            return
        sizes = tuple((size.sku, size.label or size.sku) for size in link.sizes)
        zone, now, ascii = zone_of(view.header.timezone), view.header.clock, console.settings.ascii

        def restock(choice: RestockChoice | None) -> None:
            if choice is not None:
                intent = AskRestock(
                    id=new_id(),
                    by=console.by,
                    sku=choice.sku,
                    source=choice.source,
                    quantity=choice.quantity,
                    lead_time=choice.lead_time,
                    state=choice.state,
                )
                self.ask(intent, self._named("restock", link))

        def substitute(choice: SubstituteChoice | None) -> None:
            if choice is not None:
                intent = Substitute(id=new_id(), by=console.by, sku=choice.sku, to=choice.to)
                self.ask(intent, self._named("substitute", link))

        if proposal.restock is not None:
            console.push_screen(
                RestockDialog(console.words, proposal.restock, zone=zone, now=now, sizes=sizes, ascii=ascii),
                restock,
            )
        elif proposal.substitute is not None:
            console.push_screen(
                SubstituteDialog(console.words, proposal.substitute, sizes=sizes, ascii=ascii), substitute
            )

    # --- the line --------------------------------------------------------------------------------

    def cut_off(self) -> None:
        """The line broke."""
        if self.stopping:
            self._console.leave(Exit.DONE)
        self._cut_at = _now()
        self._wanted.clear()

    def attached(self, *, first: bool) -> None:
        """The line is there (again), with a fresh picture."""
        cut_at, self._cut_at = self._cut_at, None
        waiting, self._pending = self._pending, {}
        soon = cut_at is not None and _now() - cut_at <= ASK_AGAIN_WITHIN
        for pending in waiting.values():
            if soon:
                self.ask(pending.intent, pending.label)
            else:
                self._console.say(fill(self._console.words.unanswered, what=pending.label), "bad")
        if first and not self._console.by and not self._console.read_only:
            self.ask_who()


def new_id() -> str:
    """An id that no other intent has."""
    return secrets.token_hex(8)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _speed_distance(speed: float, now: float) -> float:
    far = 1e9
    return abs((speed or far) - (now or far))
