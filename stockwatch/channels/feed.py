"""One platform as a feed: pushes name orders, details are fetched, and polling finds what no push named.

Pushes are an early word and nothing rests on them: where the feed goes on after a restart is the update time up to
which polling has handed over everything. So a push is acknowledged as soon as it is known to be true, and one that is
lost costs the seconds until the next poll. Where a platform sends again what was not taken in, whoever brings its
messages hears what came of each (`nudge`).

Every poll looks back a few seconds, since a platform's lists lag its books. Once a minute a look goes further back,
beside polling and behind it: however long it takes, what is new is found as quickly as ever. What was told before and
stands as it stood is not told again. How lists are read: `stockwatch.channels.lister`; when a feed is torn:
`stockwatch.channels.coverage`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo

from stockwatch.channels import notes
from stockwatch.channels.client import Client
from stockwatch.channels.comments import Comments
from stockwatch.channels.completing import Completer
from stockwatch.channels.coverage import Coverage
from stockwatch.channels.facts import KnownAs, facts_of
from stockwatch.channels.goods import Goods
from stockwatch.channels.lister import Lister, Look
from stockwatch.channels.memory import Remembered
from stockwatch.channels.orders import Order, Part
from stockwatch.channels.readback import ReadBack
from stockwatch.channels.waiting import Heard, NotTaken, Waiting
from stockwatch.channels.wire import ApiError, Nudge
from stockwatch.feeds.base import MAX_BATCH, Backoff, FeedStatus, Now, Sink, cut, wall_clock
from stockwatch.feeds.notes import NOTHING, together
from stockwatch.printable import printable
from stockwatch.room.view import Text

log = logging.getLogger("stockwatch.channels")

_S = 1_000_000
_REMEMBERED = 30_000
"""Orders, and messages: what five minutes of a very hot stream bring, at about 1 KB each."""
_KEPT = 4096
"""Bytes of an unusable message that are set aside."""
_DENIED_S = 30.0
"""Seconds until a platform that did not let us in is asked again: a person has to do something first."""
_AGAIN_S = 5.0
"""Seconds until a detail that could not be fetched is asked for again."""
_BACK_AT_ONCE = 8
"""Details that a look further back asks for together: polling and pushes come first."""


class PlatformFeed:
    """See `stockwatch.feeds.base.Feed`. `nudge` is what receivers of pushes call."""

    def __init__(
        self,
        channel: str,
        client: Client,
        goods: Goods,
        *,
        source: str,
        zone: tzinfo = UTC,
        since_us: int | None = None,
        known: KnownAs = lambda _: None,
        now: Now = wall_clock,
        every_s: float = 2.0,
        look_back_s: float = 5.0,
        sweep_s: float = 60.0,
        sweep_back_s: float = 300.0,
        gap_s: float = 5.0,
        fetchers: int = 96,
        beside: Callable[[PlatformFeed], Iterable[asyncio.Task[None]]] | None = None,
        comments: Comments | None = None,
        read_back: ReadBack | None = None,
    ) -> None:
        """`since_us`: orders placed before are none of the room's; None: since the feed first ran. `beside` starts what
        brings pushes by a connection of its own. `gap_s`: seconds without any answer, beyond those between
        two polls, after which the feed was torn. `read_back` reads the platform's own figures meanwhile."""
        self.channel = channel
        self.client = client
        self.goods = goods
        self.comments = comments
        """What takes the live room's comments, where the channel has any."""
        self.unmapped: dict[Part, int] = {}
        """Goods that stand for no SKU of ours -> lines of them."""
        self.pushes = self.older = self.unusable_pushes = 0
        self._not_fetched_why = ""
        self.refused = 0
        """Pushes to its address that were not true; shown as of the latest poll, whoever floods it."""
        self._source = source
        self._zone = zone
        self._since_us = since_us
        self._known = known
        self._now = now
        self._every_s, self._back_us = every_s, int(look_back_s * _S)
        self._sweep_s, self._sweep_back_us = sweep_s, int(sweep_back_s * _S)
        self._gap_us = int((gap_s + every_s) * _S)
        self._fetchers = fetchers
        self._beside = beside
        self._read_back = read_back
        self._upto_us = 0
        self._waiting = Waiting(_REMEMBERED)
        self._told: Remembered[str, Order] = Remembered(_REMEMBERED)
        self._ids: Remembered[str, frozenset[int]] = Remembered(_REMEMBERED)
        """Order -> hashes of the events that were told of it."""
        self._subjects: Remembered[str, str] = Remembered(_REMEMBERED)
        """What was told of a line may not have reached the ledger yet."""
        self._shown = FeedStatus("connecting")
        self._lag_s: float | None = None
        self._sink: Sink
        self._first_us = 0
        self._begun = asyncio.Event()
        """It is known since when orders are the room's."""
        self._coverage = Coverage(self._gap_us)
        self._lister = Lister(
            client, self._told.get, self._set_named_aside, self._answered, sight_us=self._back_us
        )
        self._completer = Completer(client)
        self._back_note = NOTHING
        """Why the last look further back came to nothing."""

    @property
    def pending(self) -> int:
        """Orders known to have changed whose detail is still to come (待查明细)."""
        return len(self._waiting)

    @property
    def repeated(self) -> int:
        """Pushes that had come before."""
        return self._waiting.repeated

    # --- figures ---------------------------------------------------------------------------------

    @property
    def unusable(self) -> int:
        """Orders that can't be read or are another shop's."""
        return self.unusable_pushes + self._lister.unusable

    @property
    def is_live(self) -> bool:
        """Whether polling goes well."""
        return self._shown.state == "live"

    @property
    def is_busy(self) -> bool:
        """Whether orders wait for the platform's leave."""
        adapter = self.client.adapter
        return self.pending > 0 or self.client.pause(adapter.poll(0, 0, None).method) > 0

    def has_told(self, at_us: int) -> bool:
        """Whether all orders that changed until then have been handed over, lists that lag allowed for."""
        return self._upto_us >= at_us + self._back_us

    async def tell_figure(self, event: bytes) -> None:
        """What the platform says it has."""
        await self._sink.put(self.channel, [event], None)

    # --- pushes ----------------------------------------------------------------------------------

    def nudge(self, nudges: Iterable[Nudge], heard: Heard | None = None) -> None:
        """A push names these orders. Never waits: what is too much is left to polling. `heard` is called for each."""
        for nudge in nudges:
            self.pushes += 1
            self._waiting.name(nudge, heard)

    async def _fetch(self) -> None:
        await self._begun.wait()
        while True:
            with self._waiting.asking(await self._waiting.next()) as named:
                if named is not None:
                    named.outcome = await self._fetch_one(named.nudge)
            self._show()

    async def _fetch_one(self, nudge: Nudge) -> NotTaken | None:
        """Ask for the order and tell what it says; None: told."""
        if self._was_told(nudge):
            return None
        ask, answered = self.client.adapter.detail(nudge.order), False
        try:
            while (pause := self.client.pause(ask.method)) > 0:  # noqa: ASYNC110 - until an instant
                # Where requests must wait, polling may be quicker, and the request is left out.
                await asyncio.sleep(pause)
            if self._was_told(nudge):
                return None
            asked_us = self.client.platform_us()
            answer = await self.client.ask(ask)
            answered = True
            self._not_fetched_why = ""
            await self._answered()
            found = self.client.adapter.order(answer, self.client.keys)
        except ApiError as error:
            # What can't be read now can't be in five seconds; once it has changed, it is named again.
            for_good = answered or error.kind == "refused"
            self._not_fetched(nudge, error, for_good=for_good)
            if for_good:
                await self._sink.set_aside(
                    self.channel, f"{nudge.order} {nudge.message}".encode(), f"an order was named: {error}"
                )
            return NotTaken(str(error), for_good)
        await self._tell([found], None)
        self._lister.told_as_asked({nudge.order: asked_us})
        return None

    def _was_told(self, nudge: Nudge) -> bool:
        """Whether polling was quicker. Of two changes within one second the later may still be missing. The next poll
        finds it, which looks back further than that; but a list of names tells nothing of it, so that the order is
        asked for again."""
        told = self._told.get(nudge.order)
        if told is None or nudge.at_us is None or told.updated_us + _S <= nudge.at_us:
            return False
        if not self._lister.names_only or told.updated_us >= nudge.at_us + _S:
            return True
        return self._lister.is_known_since(nudge.order, nudge.at_us + _S)

    def _not_fetched(self, nudge: Nudge, error: ApiError, *, for_good: bool) -> None:
        if for_good:
            self.unusable_pushes += 1
            return
        why = str(error)
        if why != self._not_fetched_why:  # once, not for each of the orders that wait, each time
            self._not_fetched_why = why
            log.warning("%s: order %s could not be fetched: %s", self.channel, printable(nudge.order), why)
        again_s = _DENIED_S if error.kind == "denied" else error.retry_after_s or 0.0
        self._waiting.again(nudge, max(_AGAIN_S, again_s))

    async def set_aside(self, raw: bytes, reason: str) -> None:
        """What came by a connection beside and can't be used."""
        await self._sink.set_aside(self.channel, cut(raw[:_KEPT]), reason)

    # --- polling ---------------------------------------------------------------------------------

    async def run(self, sink: Sink, cursor: str | None) -> None:
        """Until cancelled. Only the sink's own exceptions come out."""
        self._sink = sink
        self._coverage = Coverage(self._gap_us, resumed=cursor is not None)
        sink.status(self.channel, self._shown)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._fetchers):
                    tasks.create_task(self._fetch())
                if self.comments is not None:
                    tasks.create_task(self.comments.run(sink, self._show))
                running = list(self._beside(self)) if self._beside is not None else []
                running.append(tasks.create_task(self._look_back()))
                if self._read_back is not None:
                    running.append(tasks.create_task(self._read_back.run(self)))
                try:
                    await self._poll(cursor)
                finally:
                    self._completer.close()
                    for task in running:
                        task.cancel()
        finally:
            await self.client.aclose()

    async def _poll(self, cursor: str | None) -> None:
        first, upto = _read_cursor(cursor)
        backoff = Backoff(first=1.0)
        if first is None or upto is None:
            if self._since_us is None:
                await self._meet(backoff)
            # Whole seconds, as most platforms write them.
            now = self.client.platform_us() // _S * _S
            first = upto = now if self._since_us is None else self._since_us
        elif self._since_us is not None:
            first = min(first, self._since_us)
        self._first_us = first
        self._begun.set()
        self._completer.foresee(product for product, _, _ in self.goods.numbered())
        loop, back_us = asyncio.get_running_loop(), self._sweep_back_us
        while True:
            began = loop.time()
            since = max(first, upto - back_us)
            until = min(self.client.platform_us(), since + self.client.adapter.window_us)
            look = Look()
            try:
                await self._lister.read(since, until, look, back=False, at_once=self._fetchers)
            except ApiError as error:
                # What came before it failed is told: with thousands of details to ask for, some request always fails.
                await self._tell_looked(look, None)
                await self._failed(error, backoff)
                continue
            backoff.reset()
            back_us = self._back_us
            upto = max(upto, until)
            await self._tell_looked(look, f"{first}:{upto}")
            self._upto_us = until
            self._show("live", together(self._back_note, self._completer.note()))
            if until >= self.client.platform_us() - self._back_us:
                await asyncio.sleep(max(0.0, self._every_s - (loop.time() - began)))

    async def _look_back(self) -> None:
        """Again and again, what polling has been past for some time. It fails alone: polling goes on."""
        loop = asyncio.get_running_loop()
        wait_s = self._sweep_s
        while True:
            await asyncio.sleep(wait_s)
            began, upto = loop.time(), self._upto_us
            wait_s = self._every_s
            since, until = max(self._first_us, upto - self._sweep_back_us), upto - self._back_us
            if since >= until or until < self.client.platform_us() - self._sweep_back_us:
                continue  # there is nothing yet, or polling is still catching up
            look = Look()
            try:
                await self._lister.read(since, until, look, back=True, at_once=_BACK_AT_ONCE)
            except ApiError as error:
                log.info("%s: looking back failed: %s", self.channel, error)
                self._back_note = notes.look_back_failed(notes.said(error))
            else:
                self._back_note = NOTHING
                wait_s = max(self._every_s, self._sweep_s - (loop.time() - began))
            await self._tell_looked(look, None)

    async def _meet(self, backoff: Backoff) -> None:
        """Until the platform has answered once, so that its clock is known: what is since now is so by that clock."""
        while True:
            now = self.client.platform_us()
            try:
                await self.client.ask(
                    self.client.adapter.poll(now - 60 * _S, now, None), tries=3, waits=False
                )
            except ApiError as error:
                await self._failed(error, backoff)
            else:
                return

    async def _failed(self, error: ApiError, backoff: Backoff) -> None:
        self._show("down", notes.said(error))
        await asyncio.sleep(_DENIED_S if error.kind == "denied" else error.retry_after_s or backoff.next())

    async def _set_named_aside(self, name: str, why: str) -> None:
        await self._sink.set_aside(self.channel, name.encode(), why)

    async def _answered(self) -> None:
        """The platform has said how orders stand."""
        if (torn := self._coverage.answered(self._now())) is not None:
            await self._sink.gap(self.channel, *torn)

    # --- telling ---------------------------------------------------------------------------------

    async def _tell_looked(self, look: Look, cursor: str | None) -> None:
        await self._tell(look.orders, cursor)
        self._lister.told_as_asked(look.asked)

    async def _tell(self, orders: list[Order], cursor: str | None) -> None:
        """Hand over what these orders say that was not said before, the cursor with the last of it."""
        frames: list[bytes] = []
        news = [order for order in orders if order.created_us >= self._first_us]
        wholes = {id(order): whole for order, whole in await self._completer.complete(news)}
        told: list[tuple[Order, frozenset[int]]] = []
        for order in orders:
            if order.created_us < self._first_us:
                self._is_older(order)
                continue
            before = self._told.get(order.id)
            if before is not None and before.updated_us > order.updated_us:
                continue  # a detail that was asked for earlier and came later
            whole = wholes[id(order)]
            said = facts_of(
                whole.order,
                channel=self.channel, source=self._source, goods=self.goods, known=self._known_as, zone=self._zone,
            )  # fmt: skip
            for part in said.unmapped:
                self.unmapped[part] = self.unmapped.get(part, 0) + 1
            for key, subject in said.subjects:
                self._subjects.put(key, subject)
            ids = self._ids.get(order.id) or frozenset()
            frames += [frame for frame in said.frames if hash(frame) not in ids]
            said_ids = ids | {hash(frame) for frame in said.frames}
            if whole.again:
                self._ids.put(order.id, said_ids)
                self._waiting.again(Nudge(order.id, "", None), _AGAIN_S)
            else:
                told.append((order, said_ids))
            self._lag_s = max(0.0, (self.client.platform_us() - order.updated_us) / _S)
        for at in range(0, len(frames), MAX_BATCH):
            await self._sink.put(self.channel, frames[at : at + MAX_BATCH], None)
        if cursor is not None:
            await self._sink.put(self.channel, [], cursor)
        # Remembered only now: if the sink fails, all of it is new to the next run.
        for order, ids in told:
            self._told.put(order.id, order)
            self._ids.put(order.id, ids)

    def _is_older(self, order: Order) -> None:
        """One placed before the room: none of its lines is told, but the platform's figures move with it."""
        if self._told.get(order.id) == order:
            return
        self.older += 1
        self._told.put(order.id, order)
        if self._read_back is not None:
            self._read_back.older(order, lambda part: [made.sku for made in self.goods.items_of(part)])

    def _known_as(self, order: str) -> str | None:
        return self._subjects.get(order) or self._known(order)

    def _show(self, state: str | None = None, note: Text = NOTHING) -> None:
        now = FeedStatus(
            self._shown.state if state is None else state,  # type: ignore[arg-type]
            note if state is not None else self._shown.note,
            round(self._lag_s, 1) if self._lag_s is not None else None,
            pending=self.pending,
            unmapped=len(self.unmapped),
            refused=self.refused,
            comments=0 if self.comments is None else self.comments.taken,
            comments_lost=0 if self.comments is None else self.comments.lost,
        )
        if now != self._shown:
            self._shown = now
            self._sink.status(self.channel, now)


def _read_cursor(cursor: str | None) -> tuple[int | None, int | None]:
    """(placed since, handed over up to); Nones for a cursor that is none of ours."""
    first, _, upto = (cursor or "").partition(":")
    if first.isdigit() and upto.isdigit() and len(first) < 20 and len(upto) < 20:
        return int(first), int(upto)
    return None, None
