"""Several figures of a platform changed together, each answered for by itself.

Where a platform changes several SKUs by one request, they go in as few as it takes; where it does not, one after
another. As with one figure, each is read first and no more is taken than is there. A request whose outcome is unknown
is followed by reading, and is sent again, byte for byte and under the same name, only where the figures do not show
that all of it was carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from stockwatch.channels import phrases
from stockwatch.channels.client import Client
from stockwatch.channels.stock import Changed, Place, by_figure, change, reading_of
from stockwatch.channels.wire import ApiError, Ask, Batches, Wanted

_MOST_TRIES = 4

Came = Changed | ApiError
"""What came of one SKU; the error is one that `change` raises."""
_Read = tuple[bytes, int]
"""An answer about a SKU, and the figure in it."""
_Told = tuple[Wanted, _Read]
"""What is asked for, and what was read before."""


async def change_several(
    client: Client, wanted: Sequence[Wanted], once: str, *, whole: bool = False
) -> tuple[Came, ...]:
    """Add to figures, or take from them as far as there is something: what came of each, in the same order. `once`
    names this call and no other. `whole`: SKUs of one product, all or none; nothing is taken unless all is there.

    Raises ApiError: refused where the platform can't do it as a whole. What happens to a SKU is an outcome of its own.
    """
    assert all(one.delta for one in wanted), "a change changes something"
    assert len(set(map(_place, wanted))) == len(wanted), "a figure is named once"
    adapter = client.adapter
    if whole:
        _check_whole(client, wanted)
    if not isinstance(adapter, Batches):
        return tuple([await _alone(client, one, once) for one in wanted])
    came: list[Came] = []
    for nth, at in enumerate(range(0, len(wanted), adapter.batch)):
        # Not named by what it holds: told anew after a crash, with fewer SKUs in it, it must not count twice.
        batch = _Batch(client, adapter, wanted[at : at + adapter.batch], f"{once}:{nth}", whole=whole)
        came += await batch.change()
    return tuple(came)


def _check_whole(client: Client, wanted: Sequence[Wanted]) -> None:
    adapter = client.adapter
    if not isinstance(adapter, Batches):
        raise ApiError("refused", phrases.not_all_or_none(adapter.name))
    if len({one.product for one in wanted}) > 1 or len(wanted) > adapter.batch:
        raise ApiError("refused", phrases.one_product(adapter.batch))


async def _alone(client: Client, one: Wanted, once: str) -> Came:
    try:
        return await change(client, one.product, one.sku, one.delta, f"{once}:{one.sku}", one.pool)
    except ApiError as error:
        return error


class _Batch:
    """One request's worth."""

    def __init__(
        self, client: Client, adapter: Batches, wanted: Sequence[Wanted], once: str, *, whole: bool
    ) -> None:
        self._client = client
        self._adapter = adapter
        self._wanted = wanted
        self._once = once
        self._whole = whole

    async def change(self) -> list[Came]:
        readings = await self._read(self._wanted)
        told = [
            (one._replace(delta=delta), read)
            for one, read in zip(self._wanted, readings, strict=True)
            if not isinstance(read, ApiError) and (delta := max(one.delta, -max(0, read[1])))
        ]
        if self._whole and [one for one, _ in told] != list(self._wanted):
            without = ApiError("refused", phrases.NOT_ALL)
            return [read if isinstance(read, ApiError) else without for read in readings]
        came = await self._tell(told) if told else {}
        return [
            read if isinstance(read, ApiError) else came.get(_place(one), Changed(read[1], read[1], 0))
            for one, read in zip(self._wanted, readings, strict=True)
        ]

    async def _tell(self, told: Sequence[_Told]) -> dict[Place, Came]:
        """The request, made and read back."""
        try:
            outcomes = await self._ask(told)
        except ApiError as error:
            return {_place(one): error for one, _ in told}
        done = [
            one
            for (one, _), outcome in zip(told, outcomes, strict=True)
            if outcome is None or outcome.kind == "unknown"
        ]
        after = dict(zip(map(_place, done), await self._read(done), strict=True))
        return {
            _place(one): await self._came(one, before, outcome, after.get(_place(one)))
            for (one, (_, before)), outcome in zip(told, outcomes, strict=True)
        }

    async def _ask(self, told: Sequence[_Told]) -> Sequence[ApiError | None]:
        """What the platform says of each. Raises ApiError: nothing was changed."""
        items = [one for one, _ in told]
        answers = [answer for _, (answer, _) in told]
        ask = self._adapter.several(items, self._once, answers, whole=self._whole)
        unknown: ApiError | None = None
        for _ in range(_MOST_TRIES):
            try:
                return await self._answered(ask, items)
            except ApiError as error:
                if unknown is None and error.kind != "unknown":
                    raise
                unknown = unknown or error
                if error.kind == "spent":  # it was carried out: the figures tell of which
                    break
            if all(
                not isinstance(read, ApiError) and read[1] == before + one.delta
                for (one, (_, before)), read in zip(told, await self._read(items), strict=True)
            ):
                return [None] * len(items)
        return [unknown] * len(items)

    async def _answered(self, ask: Ask, items: Sequence[Wanted]) -> Sequence[ApiError | None]:
        answer = await self._client.ask(ask, writes=True)
        try:
            return self._adapter.came_of(answer, items, whole=self._whole)
        except ApiError as error:
            raise ApiError("unknown", error.text) from None

    async def _came(
        self, one: Wanted, before: int, outcome: ApiError | None, after: _Read | ApiError | None
    ) -> Came:
        if outcome is not None and outcome.kind != "unknown":
            if outcome.kind == "refused" and one.delta < 0 and not self._whole:
                # It sold meanwhile: what is left is taken.
                return await _alone(self._client, one, self._once)
            return outcome
        if after is None or isinstance(after, ApiError):
            why = phrases.NOT_ASKED if after is None else after.text
            return ApiError("unknown", phrases.perhaps_changed(why))
        changed = Changed(before, after[1], one.delta)
        return changed if outcome is None else by_figure(changed)

    async def _read(self, wanted: Iterable[Wanted]) -> list[_Read | ApiError]:
        return await asyncio.gather(*map(self._read_one, wanted))

    async def _read_one(self, one: Wanted) -> _Read | ApiError:
        try:
            return await reading_of(self._client, _place(one))
        except ApiError as error:
            return error


def _place(one: Wanted) -> Place:
    return Place(one.product, one.sku, one.pool)
