"""Reading a platform's lists of changed orders: page by page, and what a list only names, order by order.

Where a list only names orders, it does not say which of them changed since they were told. It does say that the last
change of each lies in the stretch that was listed. So an order has nothing new to say if it was asked for after the
stretch had ended. Polling comes by again: what was told with a change in the last second of the stretch it leaves
until that stretch is about to pass out of its sight, and asks then whether a second change fell into that second.
Stretches are the shorter the more orders are named, so that pages stay full and little is asked for twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

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
_ROUNDED_US = 2 * _S
"""What a poll's sight may lose to whole seconds at both of its ends."""
_APART_S, _FAR_APART_S = 1, 2
"""Seconds that an order was asked for after a change that must be in it: platforms round, and clocks may be apart by
what no Date header shows. Looking further back takes no chance."""


class Look:
    """What one reading of lists has brought so far, also where it then failed."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        """Those that differ from what was told."""
        self.asked: dict[str, int] = {}
        """Order that was asked for -> when, by the platform's clock."""


class Lister:
    """`told`: an order as it was told last. `set_aside` takes the name of an order that can't be read, and why;
    `answered` is called with every answer."""

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
        """Order that a list named -> why it was set aside."""
        self._many = False
        """Whether polling was last named more than one order a second."""

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
        adapter, named = self._client.adapter, 0
        short = back or (self._many and until - since <= _SHORT_US)
        whole = not self.names_only or not short
        pieces = [(since, until)] if whole else _pieces(since, until, BACK_STRETCH_S if back else 1)
        for first, last in pieces:
            more = None
            while True:
                began = asyncio.get_running_loop().time()
                ask = adapter.poll(first, last, more)
                answer = await self._client.ask(ask, tries=3, waits=False)
                await self._answered()
                page = adapter.page(answer, self._client.keys, ask)
                self.unusable += page.unusable
                self._add(page.orders, look)
                named += len(page.names)
                await self._named(page.names, last, look, back=back, at_once=at_once)
                if page.more is None:
                    break
                more = page.more
                if back:  # polling and details come first
                    await asyncio.sleep(asyncio.get_running_loop().time() - began)
        if not back:
            self._many = named * _S > until - since

    def _add(self, orders: Iterable[Order], look: Look) -> None:
        look.orders += [order for order in orders if self._told(order.id) != order]

    def _is_known(self, name: str, last: int, *, back: bool) -> bool:
        """Whether an order that changed last within the stretch until `last` has nothing new to say."""
        end = -(-last // _S) * _S
        if self.is_known_since(name, end + (_FAR_APART_S if back else _APART_S) * _S):
            return True
        told = self._told(name)
        comes_by_again = not back and self._client.platform_us() < end + self._later_us
        return comes_by_again and told is not None and told.updated_us >= end

    async def _named(self, names: Iterable[str], last: int, look: Look, *, back: bool, at_once: int) -> None:
        """Add the orders that a list named: whole, and every one that may have changed since it was asked for, or
        ApiError. One that is refused or can't be read holds up no other."""
        left = [name for name in dict.fromkeys(names) if not self._is_known(name, last, back=back)]
        self.names_only = self.names_only or bool(left)
        failed, each = list[ApiError](), iter(left)

        async def fetch() -> None:
            for name in each:
                if failed:
                    return
                try:
                    self._add(await self._whole(name, look), look)
                except ApiError as error:
                    failed.append(error)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(at_once, len(left))):
                tasks.create_task(fetch())
        if failed:
            raise failed[0]

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
            if self._aside.get(name) != str(error):
                self._aside.put(name, str(error))
                self.unusable += 1
                await self._set_aside(name, f"an order was listed: {error}")
            found = []
        look.asked[name] = asked_us
        return found


def _pieces(since: int, until: int, seconds: int) -> Iterator[tuple[int, int]]:
    """The stretch in pieces of so many whole seconds, first and last included, none of them in two pieces. Where they
    lie does not depend on the stretch, so that what was asked for late enough once is so each time; what is left at the
    end and makes no piece is left out."""
    first, end = since // _S // seconds * seconds, -(-until // _S)
    while first + seconds - 1 <= end:
        yield first * _S, (first + seconds - 1) * _S
        first += seconds
