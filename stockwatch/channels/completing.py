"""What an order leaves unsaid and its platform says elsewhere: after-sales of lines that were refunded in part, and
whether a product's stock is taken when it is ordered or when it is paid (拍下/付款减库存).

A product is asked for once an hour, those of the room's map before an order names them, and never holds up an order
for long: an order that can't wait goes by the channel's `deduct`, which `note` says. An after-sale is asked for with
each change of its order; where it can't be read for now the order is told without it and asked for again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from stockwatch.channels import notes
from stockwatch.channels.client import Client
from stockwatch.channels.memory import Remembered
from stockwatch.channels.orders import Line, Order, Returned
from stockwatch.channels.wire import AfterSales, ApiError, Products
from stockwatch.feeds.notes import NOTHING, together
from stockwatch.printable import printable
from stockwatch.room.view import Text

log = logging.getLogger("stockwatch.channels")

_PRODUCTS = 5_000
"""Products remembered."""
_WAIT_S = 0.5
"""What the orders of one batch wait for products, all together."""
_FRESH_S, _AGAIN_S = 3600.0, 60.0
"""Seconds until a product is asked for again, and one that could not be read."""
_AT_ONCE = 8
_ASKED_TOGETHER = 8
_FORESEEN = 500
"""Products of the map that are asked for at the start."""
_FOR_GOOD = frozenset(("denied", "refused"))
"""Answers that another try does not change."""


class Whole(NamedTuple):
    """An order with what it left unsaid, as far as that could be read."""

    order: Order
    again: bool = False
    """Something is still unsaid that another try may bring."""


class _Known(NamedTuple):
    holds: bool | None
    until: float


class Completer:
    """One channel's."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: Remembered[str, _Known] = Remembered(_PRODUCTS)
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._patience: dict[str, float] = {}
        """Product that is being asked for -> loop time until which orders wait for it."""
        self._turn = asyncio.Semaphore(_ASKED_TOGETHER)
        self._products_note = self._sales_note = NOTHING

    def note(self) -> Text:
        """What can't be read."""
        return together(self._products_note, self._sales_note)

    def foresee(self, products: Iterable[str]) -> None:
        """Ask for products that orders will name."""
        if isinstance(self._client.adapter, Products):
            now = asyncio.get_running_loop().time()
            for product in islice(dict.fromkeys(products), _FORESEEN):
                self._start(product, now)

    def close(self) -> None:
        for task in self._asking.values():
            task.cancel()

    async def complete(self, orders: Sequence[Order]) -> list[tuple[Order, Whole]]:
        """Each with what it comes to. Never raises ApiError."""
        await self._learn(orders)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(order: Order) -> tuple[Order, Whole]:
            if not any(line.unsaid for line in order.lines):
                return order, Whole(self._held(order))
            async with turn:
                return order, await self._with_after_sales(self._held(order))

        if not any(line.unsaid for order in orders for line in order.lines):
            return [(order, Whole(self._held(order))) for order in orders]
        return list(await asyncio.gather(*(one(order) for order in orders)))

    # --- products --------------------------------------------------------------------------------

    def _held(self, order: Order) -> Order:
        """With what is known of its products."""
        if order.holds is not None or all(line.holds is not None for line in order.lines):
            return order
        return order._replace(lines=tuple(self._line_held(line) for line in order.lines))

    def _line_held(self, line: Line) -> Line:
        known = self._known.get(line.goods.product) if line.holds is None else None
        return line if known is None else line._replace(holds=known.holds)

    async def _learn(self, orders: Sequence[Order]) -> None:
        """Ask for products that are not known, and wait for them a little. Paid or closed, an order holds nothing."""
        if not isinstance(self._client.adapter, Products):
            return
        now = asyncio.get_running_loop().time()
        wanted = {
            line.goods.product
            for order in orders
            if order.holds is None
            for line in order.lines
            if line.holds is None and line.paid_us is None and not line.cancelled and line.goods.product
        }
        for product in wanted:
            known = self._known.get(product)
            if product not in self._asking and (known is None or known.until <= now):
                self._start(product, now)
        unknown = [product for product in wanted if self._known.get(product) is None]
        if not unknown:
            return
        wait_s = max(self._patience[product] for product in unknown) - now
        if wait_s > 0:
            await asyncio.wait([self._asking[product] for product in unknown], timeout=wait_s)
        if any(self._known.get(product) is None for product in unknown):
            self._products_note = notes.deduct_as_set(notes.SLOW)

    def _start(self, product: str, now: float) -> None:
        self._asking[product] = asyncio.get_running_loop().create_task(self._ask(product))
        self._patience[product] = now + _WAIT_S

    async def _ask(self, product: str) -> None:
        adapter, loop = self._client.adapter, asyncio.get_running_loop()
        assert isinstance(adapter, Products)
        try:
            async with self._turn:
                answer = await self._client.ask(adapter.product(product), tries=2, waits=False)
            holds, fresh_s, self._products_note = adapter.holds(answer), _FRESH_S, NOTHING
            if holds is None:
                self._products_note = notes.deduct_as_set(notes.UNTOLD)
        except ApiError as error:
            log.info("%s: product %s: %s", adapter.name, printable(product), error)
            known = self._known.get(product)
            holds, fresh_s = known.holds if known is not None else None, _AGAIN_S
            self._products_note = notes.deduct_as_set(notes.said(error))
        finally:
            self._asking.pop(product, None)
            self._patience.pop(product, None)
        self._known.put(product, _Known(holds, loop.time() + fresh_s))

    # --- after-sales -----------------------------------------------------------------------------

    async def _with_after_sales(self, order: Order) -> Whole:
        adapter, again, lines = self._client.adapter, False, list[Line]()
        answers: dict[str, bytes] = {}
        for line in order.lines:
            returned: tuple[Returned, ...] = ()
            if line.unsaid and isinstance(adapter, AfterSales):
                try:
                    if line.unsaid not in answers:
                        ask = adapter.after_sale(line.unsaid)
                        answers[line.unsaid] = await self._client.ask(ask, tries=2, waits=False)
                    returned, self._sales_note = adapter.returned(answers[line.unsaid], line), NOTHING
                except ApiError as error:
                    again = again or error.kind not in _FOR_GOOD
                    self._sales_note = notes.refunds_unread(notes.said(error))
            lines.append(line._replace(returned=line.returned + returned))
        return Whole(order._replace(lines=tuple(lines)), again)
