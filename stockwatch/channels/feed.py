"""One platform as a feed: pushes name orders, details are fetched, and polling finds what no push named.

Pushes are an early word and nothing rests on them: where the feed goes on after a restart is the update time up to
which polling has handed over everything. So a push is acknowledged as soon as it is known to be true, and one that is
lost costs the seconds until the next poll.

Every poll looks back a few seconds, since a platform's lists lag its books; once a minute it looks back further. What
was told before and stands as it stood is not told again.

Where a list only names orders, it does not say which of them changed since they were told. So they are all asked for,
and before the cursor passes them; but the look further back goes in short slices, as an order that is named in one and
was asked for after its end has nothing new to say.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, tzinfo

from stockwatch.channels.client import Client
from stockwatch.channels.comments import Comments
from stockwatch.channels.facts import KnownAs, facts_of
from stockwatch.channels.goods import Goods
from stockwatch.channels.memory import Remembered
from stockwatch.channels.orders import Order, Part
from stockwatch.channels.readback import ReadBack
from stockwatch.channels.wire import ApiError, Nudge
from stockwatch.feeds.base import MAX_BATCH, Backoff, FeedStatus, Now, Sink, cut, wall_clock
from stockwatch.printable import printable

log = logging.getLogger("stockwatch.channels")

_S = 1_000_000
MAX_PENDING = 50_000
"""Orders named and not fetched yet. Beyond it, pushes are left to polling."""
_REMEMBERED = 30_000
"""Orders, and messages: what five minutes of a very hot stream bring, at about 1 KB each."""
_GAP_AFTER_US = 5 * _S
_KEPT = 4096
"""Bytes of an unusable message that are set aside."""
_DENIED_S = 30.0
"""Seconds until a platform that did not let us in is asked again: a person has to do something first."""
_AGAIN_S = 5.0
"""Seconds until a detail that could not be fetched is asked for again."""


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
        fetchers: int = 96,
        beside: Callable[[PlatformFeed], Iterable[asyncio.Task[None]]] | None = None,
        comments: Comments | None = None,
        read_back: ReadBack | None = None,
    ) -> None:
        """`since_us`: orders placed before are none of the room's; None: since the feed first ran. `beside` starts what
        brings pushes by a connection of its own. `read_back` reads the platform's own figures meanwhile."""
        self.channel = channel
        self.client = client
        self.goods = goods
        self.comments = comments
        """What takes the live room's comments, where the channel has any."""
        self.unmapped: dict[Part, int] = {}
        """Goods that stand for no SKU of ours -> lines of them."""
        self.pushes = self.repeated = self.older = self.unusable = 0
        self._source = source
        self._zone = zone
        self._since_us = since_us
        self._known = known
        self._now = now
        self._every_s, self._back_us = every_s, int(look_back_s * _S)
        self._sweep_s, self._sweep_back_us = sweep_s, int(sweep_back_s * _S)
        self._fetchers = fetchers
        self._beside = beside
        self._read_back = read_back
        self._upto_us = 0
        self._pending: dict[str, Nudge] = {}
        self._fetching: set[str] = set()
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._told: Remembered[str, Order] = Remembered(_REMEMBERED)
        self._ids: Remembered[str, frozenset[int]] = Remembered(_REMEMBERED)
        """Order -> hashes of the events that were told of it."""
        self._messages: Remembered[str, bool] = Remembered(_REMEMBERED)
        self._asked: Remembered[str, int] = Remembered(_REMEMBERED)
        """Order that a list named -> when the detail that was told was asked for, by the platform's clock."""
        self._asking: dict[str, int] = {}
        """The same for details that are not told yet."""
        self._aside: Remembered[str, str] = Remembered(_REMEMBERED)
        """Order that a list named -> why it was set aside."""
        self._names_only = False
        self._subjects: Remembered[str, str] = Remembered(_REMEMBERED)
        """What was told of a line may not have reached the ledger yet."""
        self._shown = FeedStatus("connecting")
        self._lag_s: float | None = None
        self._sink: Sink

    @property
    def pending(self) -> int:
        """Orders known to have changed whose detail is still to come (待查明细)."""
        return len(self._pending) + len(self._fetching)

    # --- figures ---------------------------------------------------------------------------------

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

    def nudge(self, nudges: Iterable[Nudge]) -> None:
        """A push names these orders. Never waits: what is too much is left to polling."""
        for nudge in nudges:
            self.pushes += 1
            if nudge.message and self._messages.get(nudge.message):
                self.repeated += 1
                continue
            if nudge.message:
                self._messages.put(nudge.message, True)
            if len(self._pending) >= MAX_PENDING:
                continue
            if nudge.order not in self._pending:
                self._queue.put_nowait(nudge.order)
            self._pending[nudge.order] = nudge

    async def _fetch(self) -> None:
        while True:
            order = await self._queue.get()
            nudge = self._pending.pop(order, None)
            if nudge is None or self._was_told(nudge):
                continue
            if order in self._fetching:
                # Another fetch of it is under way and may bring what was before this push.
                self._pending[order] = nudge
                asyncio.get_running_loop().call_later(0.2, self._queue.put_nowait, order)
                continue
            self._fetching.add(order)
            ask = self.client.adapter.detail(order)
            try:
                while (pause := self.client.pause(ask.method)) > 0:  # noqa: ASYNC110 - until an instant
                    # Where requests must wait, polling may be quicker, and the request is left out.
                    await asyncio.sleep(pause)
                if self._was_told(nudge):
                    continue
                answer = await self.client.ask(ask)
                found = self.client.adapter.order(answer, self.client.keys)
            except ApiError as error:
                self._not_fetched(nudge, error)
                if error.kind == "refused":
                    await self._sink.set_aside(
                        self.channel,
                        f"{nudge.order} {nudge.message}".encode(),
                        f"an order was named: {error}",
                    )
            else:
                await self._tell([found], None)
            finally:
                self._fetching.discard(order)
                self._show()

    def _was_told(self, nudge: Nudge) -> bool:
        """Whether polling was quicker. Of two changes within one second the later may still be missing, and is found
        by the next poll, which looks back further than that."""
        told = self._told.get(nudge.order)
        return told is not None and nudge.at_us is not None and told.updated_us + _S > nudge.at_us

    def _not_fetched(self, nudge: Nudge, error: ApiError) -> None:
        if error.kind == "refused":
            self.unusable += 1
            return
        log.warning("%s: order %s could not be fetched: %s", self.channel, printable(nudge.order), error)
        if nudge.order not in self._pending:
            self._pending[nudge.order] = nudge
            asyncio.get_running_loop().call_later(_AGAIN_S, self._queue.put_nowait, nudge.order)

    async def set_aside(self, raw: bytes, reason: str) -> None:
        """What came by a connection beside and can't be used."""
        await self._sink.set_aside(self.channel, cut(raw[:_KEPT]), reason)

    # --- polling ---------------------------------------------------------------------------------

    async def run(self, sink: Sink, cursor: str | None) -> None:
        """Until cancelled. Only the sink's own exceptions come out."""
        self._sink = sink
        sink.status(self.channel, self._shown)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._fetchers):
                    tasks.create_task(self._fetch())
                if self.comments is not None:
                    tasks.create_task(self.comments.run(sink, self._show))
                running = list(self._beside(self)) if self._beside is not None else []
                if self._read_back is not None:
                    running.append(tasks.create_task(self._read_back.run(self)))
                try:
                    await self._poll(cursor)
                finally:
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
        resumed, good_us, swept = cursor is not None, None, 0.0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            sweeps = began - swept >= self._sweep_s
            since = max(first, upto - (self._sweep_back_us if sweeps else self._back_us))
            until = min(self.client.platform_us(), since + self.client.adapter.window_us)
            orders: list[Order] = []
            try:
                await self._list(since, until, orders, again=sweeps and good_us is not None)
            except ApiError as error:
                # What came before it failed is told: with thousands of details to ask for, some request always fails.
                await self._tell(orders, None)
                self._told_as_asked()
                await self._failed(error, backoff)
                continue
            backoff.reset()
            now_us = self._now()
            if good_us is None and resumed:
                await self._sink.gap(self.channel, None, now_us)
            elif good_us is not None and now_us - good_us >= _GAP_AFTER_US + int(self._every_s * _S):
                await self._sink.gap(self.channel, good_us, now_us)
            good_us = now_us
            swept = began if sweeps else swept
            upto = max(upto, until)
            await self._tell(orders, f"{first}:{upto}")
            self._told_as_asked()
            self._upto_us = until
            self._show("live")
            if until >= self.client.platform_us() - self._back_us:
                await asyncio.sleep(max(0.0, self._every_s - (loop.time() - began)))

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
        self._show("down", str(error))
        await asyncio.sleep(_DENIED_S if error.kind == "denied" else error.retry_after_s or backoff.next())

    async def _list(self, since: int, until: int, found: list[Order], *, again: bool) -> None:
        """Add every order that changed in the stretch and differs from what was told. `again`: most of the stretch was
        polled before."""
        adapter = self.client.adapter
        self._asking = {}
        length = max(self._back_us - _S, _S) if again and self._names_only else 0
        for first, last in _slices(since, until, length):
            more = None
            while True:
                ask = adapter.poll(first, last, more)
                page = adapter.page(await self.client.ask(ask, tries=3, waits=False), self.client.keys, ask)
                self.unusable += page.unusable
                self._add(page.orders, found)
                await self._named(page.names, last, found)
                if page.more is None:
                    break
                more = page.more

    def _add(self, orders: Iterable[Order], found: list[Order]) -> None:
        found += [order for order in orders if self._told.get(order.id) != order]

    async def _named(self, names: Iterable[str], until: int, found: list[Order]) -> None:
        """Add the orders that a list named as changed last before `until`: whole, and every one that may have changed
        since it was asked for, or ApiError. One that is refused or can't be read holds up no other."""
        # A second more: platforms round.
        left = [name for name in dict.fromkeys(names) if (self._asked.get(name) or 0) < until + _S]
        self._names_only = self._names_only or bool(left)
        failed, each = list[ApiError](), iter(left)

        async def fetch() -> None:
            for name in each:
                if failed:
                    return
                try:
                    self._add(await self._whole(name), found)
                except ApiError as error:
                    failed.append(error)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(self._fetchers, len(left))):
                tasks.create_task(fetch())
        if failed:
            raise failed[0]

    async def _whole(self, name: str) -> list[Order]:
        """The order, or nothing when it was set aside. Raises ApiError when it could not be asked for."""
        client, asked_us, answered = self.client, self.client.platform_us(), False
        try:
            answer = await client.ask(client.adapter.detail(name), tries=3, waits=False)
            answered = True
            found = [client.adapter.order(answer, client.keys)]
        except ApiError as error:
            if not answered and error.kind != "refused":
                raise
            if self._aside.get(name) != str(error):
                self._aside.put(name, str(error))
                self.unusable += 1
                await self._sink.set_aside(self.channel, name.encode(), f"an order was listed: {error}")
            found = []
        self._asking[name] = asked_us
        return found

    def _told_as_asked(self) -> None:
        """What was asked for has been told."""
        for name, asked_us in self._asking.items():
            self._asked.put(name, asked_us)
        self._asking = {}

    # --- telling ---------------------------------------------------------------------------------

    async def _tell(self, orders: list[Order], cursor: str | None) -> None:
        """Hand over what these orders say that was not said before, the cursor with the last of it."""
        frames: list[bytes] = []
        told: list[tuple[Order, frozenset[int]]] = []
        for order in orders:
            if order.created_us < self._first_us:
                self._is_older(order)
                continue
            before = self._told.get(order.id)
            if before is not None and before.updated_us > order.updated_us:
                continue  # a detail that was asked for earlier and came later
            said = facts_of(
                order,
                channel=self.channel, source=self._source, goods=self.goods, known=self._known_as, zone=self._zone,
            )  # fmt: skip
            for part in said.unmapped:
                self.unmapped[part] = self.unmapped.get(part, 0) + 1
            for key, subject in said.subjects:
                self._subjects.put(key, subject)
            ids = self._ids.get(order.id) or frozenset()
            frames += [frame for frame in said.frames if hash(frame) not in ids]
            told.append((order, ids | {hash(frame) for frame in said.frames}))
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

    def _show(self, state: str | None = None, note: str = "") -> None:
        now = FeedStatus(
            self._shown.state if state is None else state,  # type: ignore[arg-type]
            note if state is not None else self._shown.note,
            round(self._lag_s, 1) if self._lag_s is not None else None,
            pending=self.pending,
            unmapped=len(self.unmapped),
            comments=0 if self.comments is None else self.comments.taken,
            comments_lost=0 if self.comments is None else self.comments.lost,
        )
        if now != self._shown:
            self._shown = now
            self._sink.status(self.channel, now)


def _slices(since: int, until: int, length: int) -> Iterator[tuple[int, int]]:
    """The stretch in pieces of `length`, the last one shorter; 0: in one."""
    while 0 < length < until - since:
        yield since, since + length
        since += length
    yield since, until


def _read_cursor(cursor: str | None) -> tuple[int | None, int | None]:
    """(placed since, handed over up to); Nones for a cursor that is none of ours."""
    first, _, upto = (cursor or "").partition(":")
    if first.isdigit() and upto.isdigit() and len(first) < 20 and len(upto) < 20:
        return int(first), int(upto)
    return None, None
