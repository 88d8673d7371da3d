"""Reading a platform's lists of changed orders: page by page, and what a list only names, order by order.

Where a list only names orders, it does not say which of them changed since they were told. It does say that the last
change of each lies in the stretch that was listed. So an order has nothing new to say if it was asked for after the
stretch had ended. Polling comes by again: what was told with a change in the last second of the stretch it leaves
until that stretch is about to pass out of its sight, and asks then whether a second change fell into that second.

Pages of one stretch come one after another, each after a platform's whole latency. So a stretch with many orders is cut
into pieces of a few pages, which are read beside each other: polling keeps up however much there is to list, and
requests are no more often than the client's limiter lets them be. Where a list only names orders, pieces are of one
second, so that little is asked for twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from stockwatch.channels.client import Client
from stockwatch.channels.memory import Remembered
from stockwatch.channels.orders import Order
from stockwatch.channels.wire import ApiError

_S = 1_000_000
_REMEMBERED = 30_000
"""Orders: what five minutes of a very hot stream bring."""
BACK_STRETCH_S = 3
"""Seconds of a stretch in a look further back."""
_SHORT_US = 30 * _S
"""A longer stretch that is polled has much that is new, all of which is asked for anyway."""
_AT_ONCE = 8
"""Pieces that polling reads beside each other."""
_PAGES = 2
"""Pages that a piece is meant to have: fewer leave pages half empty, more take long in turn."""
_MOST = 30
"""Pieces of one stretch: a long one may hold less than polling was last brought."""
_KEPT = 4096
"""Bytes of a row that can't be read that are set aside."""
_FIRST_PAGE, _FIRST_RATE = 50, 20.0
"""Orders on a page, and orders a second, as long as nothing is known of them."""
_ROUNDED_US = 2 * _S
"""What a poll's sight may lose to whole seconds at both of its ends."""
_APART_S, _FAR_APART_S = 1, 2
"""Seconds that an order was asked for after a change that must be in it: platforms round, and clocks may be apart by
what no Date header shows. Looking further back takes no chance."""


class Look:
    """What one reading of lists has brought so far, also where it then failed."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}
        """Order that was asked for -> when, by the platform's clock."""
        self._orders: dict[str, Order] = {}

    @property
    def orders(self) -> list[Order]:
        """Those that differ from what was told, each as it changed last."""
        return list(self._orders.values())

    def add(self, order: Order) -> None:
        """One that changes while lists are read may be in two pieces."""
        before = self._orders.get(order.id)
        if before is None or before.updated_us <= order.updated_us:
            self._orders[order.id] = order


class Lister:
    """`told`: an order as it was told last. `set_aside` takes an order that can't be read, named or as it came, and
    why; `answered` is called with every answer."""

    def __init__(
        self,
        client: Client,
        told: Callable[[str], Order | None],
        set_aside: Callable[[str, str], Awaitable[None]],
        answered: Callable[[], Awaitable[None]],
        *,
        sight_us: int,
    ) -> None:
        """`sight_us`: how far back polling always looks."""
        self.names_only = False
        """Whether the platform's lists only name orders, as far as is known."""
        self.unusable = 0
        self._client = client
        self._told = told
        self._set_aside = set_aside
        self._answered = answered
        self._later_us = max(0, sight_us - _ROUNDED_US)
        self._asked: Remembered[str, int] = Remembered(_REMEMBERED)
        """Order -> when the detail that was told was asked for, by the platform's clock."""
        self._aside: Remembered[str, str] = Remembered(_REMEMBERED)
        """Order that a list named, or a row of it -> why it was set aside."""
        self._rate = _FIRST_RATE
        """Orders a second that polling was last brought."""
        self._page = _FIRST_PAGE
        """Orders on the fullest page so far."""

    def told_as_asked(self, asked: dict[str, int]) -> None:
        """What was asked for then has been told."""
        for name, asked_us in asked.items():
            self._asked.put(name, asked_us)

    def is_known_since(self, name: str, at_us: int) -> bool:
        """Whether the order was asked for at or after an instant of the platform's clock, and told."""
        return (self._asked.get(name) or 0) >= at_us

    async def read(self, since: int, until: int, look: Look, *, back: bool, at_once: int) -> None:
        """Add every order that changed in the stretch and differs from what was told. `back`: what was polled before
        is looked at again. Raises ApiError where some of it could not be read."""
        failed, turn = list[ApiError](), asyncio.Semaphore(at_once)
        pieces, listed = self._pieces(since, until, back=back), set[str]()
        each = iter(pieces)

        async def work() -> None:
            for first, last in each:
                if failed:
                    return
                listed.update(await self._piece(first, last, look, turn, failed, back=back))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(1 if back else min(_AT_ONCE, len(pieces))):
                tasks.create_task(work())
        if failed:
            raise failed[0]
        if not back:
            self._rate = len(listed) * _S / max(_S, until - since)

    def _pieces(self, since: int, until: int, *, back: bool) -> list[tuple[int, int]]:
        """(first, last) instants, which lists round to what they count in."""
        if self.names_only and back:
            return _aligned(since, until, BACK_STRETCH_S)
        if self.names_only and self._rate > 1 and until - since <= _SHORT_US:
            return _aligned(since, until, 1)
        wanted_us = int(_PAGES * self._page / max(self._rate, 0.001)) * _S
        long = max(_S, wanted_us, (until - since) // _MOST // _S * _S)
        if back or long >= until - since:
            return [(since, until)]
        return [(at, min(until, at + long - 1)) for at in range(since // _S * _S, until + 1, long)]

    async def _piece(
        self,
        first: int,
        last: int,
        look: Look,
        turn: asyncio.Semaphore,
        failed: list[ApiError],
        *,
        back: bool,
    ) -> set[str]:
        """Add what lists say of one piece; the orders that these are. The next page is read while details of the one
        before come."""
        adapter, loop, more = self._client.adapter, asyncio.get_running_loop(), None
        listed = set[str]()
        named: asyncio.Task[None] | None = None
        async with asyncio.TaskGroup() as tasks:
            while not failed:
                began = loop.time()
                try:
                    ask = adapter.poll(first, last, more)
                    answer = await self._client.ask(ask, tries=3, waits=False)
                    await self._answered()
                    page = adapter.page(answer, self._client.keys, ask)
                except ApiError as error:
                    failed.append(error)
                    break
                for row, why in page.unusable:
                    await self._put_aside(f"row {hash(row)}", why, row[:_KEPT].decode("utf-8", "replace"))
                self._add(page.orders, look)
                listed.update(page.names, (order.id for order in page.orders))
                self._page = max(self._page, len(page.orders) + len(page.names))
                if named is not None:
                    await named
                named = tasks.create_task(self._named(page.names, last, look, turn, failed, back=back))
                if page.more is None:
                    break
                more = page.more
                if back:  # polling and details come first
                    await named
                    await asyncio.sleep(loop.time() - began)
        return listed

    def _add(self, orders: Iterable[Order], look: Look) -> None:
        for order in orders:
            if self._told(order.id) != order:
                look.add(order)

    def _is_known(self, name: str, last: int, *, back: bool) -> bool:
        """Whether an order that changed last within the stretch until `last` has nothing new to say."""
        end = -(-last // _S) * _S
        if self.is_known_since(name, end + (_FAR_APART_S if back else _APART_S) * _S):
            return True
        told = self._told(name)
        comes_by_again = not back and self._client.platform_us() < end + self._later_us
        return comes_by_again and told is not None and told.updated_us >= end

    async def _named(
        self,
        names: Iterable[str],
        last: int,
        look: Look,
        turn: asyncio.Semaphore,
        failed: list[ApiError],
        *,
        back: bool,
    ) -> None:
        """Add the orders that a list named: whole, and every one that may have changed since it was asked for. One that
        is refused or can't be read holds up no other."""
        left = [name for name in dict.fromkeys(names) if not self._is_known(name, last, back=back)]
        self.names_only = self.names_only or bool(left)

        async def fetch(name: str) -> None:
            async with turn:
                if failed:
                    return
                try:
                    self._add(await self._whole(name, look), look)
                except ApiError as error:
                    failed.append(error)

        async with asyncio.TaskGroup() as tasks:
            for name in left:
                tasks.create_task(fetch(name))

    async def _whole(self, name: str, look: Look) -> list[Order]:
        """The order, or nothing when it was set aside. Raises ApiError when it could not be asked for."""
        client, asked_us, answered = self._client, self._client.platform_us(), False
        try:
            answer = await client.ask(client.adapter.detail(name), tries=3, waits=False)
            answered = True
            await self._answered()
            found = [client.adapter.order(answer, client.keys)]
        except ApiError as error:
            if not answered and error.kind != "refused":
                raise
            await self._put_aside(name, str(error), name)
            found = []
        if look.asked.get(name, 0) > asked_us:
            return []  # it was named again meanwhile, and what was asked for then has come
        look.asked[name] = asked_us
        return found

    async def _put_aside(self, key: str, why: str, shown: str) -> None:
        """Once, however often lists come by it."""
        if self._aside.get(key) != why:
            self._aside.put(key, why)
            self.unusable += 1
            await self._set_aside(shown, f"an order was listed: {why}")


def _aligned(since: int, until: int, seconds: int) -> list[tuple[int, int]]:
    """The stretch in pieces of so many whole seconds, first and last included, none of them in two pieces. Where they
    lie does not depend on the stretch, so that what was asked for late enough once is so each time; what is left at the
    end and makes no piece is left out."""
    first, end = since // _S // seconds * seconds, -(-until // _S)
    return [(at * _S, (at + seconds - 1) * _S) for at in range(first, end - seconds + 2, seconds)]
