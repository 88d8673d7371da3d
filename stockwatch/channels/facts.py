"""What an order's snapshot says, as events. Pure, and the same for every platform.

One snapshot tells all of the order's facts so far, whatever was told before: each fact's id and content follow from the
order alone, so that the ledger takes the second telling for a duplicate. Partial shipments are told unit by unit for
that reason: a sum would need to know what was told before. Refunds of some units of a line go by what the platform
calls them, and never come to more than the line. What of it goes back on the shelf is the ledger's to bound: only units
that have not been shipped.

A line is (order, 1), where the order is the platform's, with the line's own id behind a slash where it has one: numbers
within an order would move when a platform leaves a closed line out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import Any, NamedTuple

from stockwatch.channels.goods import Goods, Made
from stockwatch.channels.orders import Line, Order, Part
from stockwatch.events import encode
from stockwatch.instants import format_time

_UNIT_BY_UNIT = 500
"""More units of one line in parts than this are told when all of them have gone."""

KnownAs = Callable[[str], str | None]
"""What the ledger has a line down as: order -> SKU; None: it does not know the line, or it has several components."""


class Told(NamedTuple):
    """The events of a snapshot."""

    frames: tuple[bytes, ...]
    unmapped: tuple[Part, ...] = ()
    """Goods that stand for no SKU of ours; booked under the platform's own ids."""
    subjects: tuple[tuple[str, str], ...] = ()
    """(order, the SKU that its line stands for) of lines of one component."""


def unknown_subject(channel: str, part: Part) -> str:
    """The name under which goods are booked that no SKU of ours is known for."""
    return f"{channel}:{part.product}" + (f"/{part.sku}" if part.sku else "")


def order_key(order: Order, line: Line) -> str:
    """What the ledger calls the order of a line."""
    return order.id if line.id in ("", order.id) else f"{order.id}/{line.id}"


def facts_of(order: Order, *, channel: str, source: str, goods: Goods, known: KnownAs, zone: tzinfo) -> Told:
    """All that `order` says about its lines."""
    teller = _Teller(order, channel, source, goods, known, zone)
    frames = tuple(frame for line in order.lines if line.qty > 0 for frame in teller.line(line))
    return Told(frames, tuple(teller.unmapped), tuple(teller.subjects))


class _Teller:
    def __init__(
        self, order: Order, channel: str, source: str, goods: Goods, known: KnownAs, zone: tzinfo
    ) -> None:
        self._order = order
        self._channel = channel
        self._source = source
        self._goods = goods
        self._known = known
        self._zone = zone
        self.unmapped: list[Part] = []
        self.subjects: list[tuple[str, str]] = []

    def line(self, line: Line) -> Iterator[bytes]:
        key = order_key(self._order, line)
        items = self._items(line)
        subject = items[0]["sku"] if len(items) == 1 and items[0]["qty"] == 1 and not line.gift else None
        if subject is not None:
            self.subjects.append((key, subject))
        before = self._known(key)
        if before is not None and subject is not None and before != subject:
            # 改码, or goods that were mapped only now: the line is known as something else.
            yield self._event(
                "order.changed",
                key,
                f"changed:{before}>{subject}",
                self._order.updated_us,
                before,
                to=subject,
            )
        placed: dict[str, Any] = {"qty": line.qty}
        # Whatever may read otherwise the next time belongs to the id: told anew it changes nothing, and is no conflict.
        tail = f":{subject}" if subject is not None else ""
        if self._order.expires_us is not None:
            placed["expires"] = format_time(self._order.expires_us, self._zone)
            tail += f":{self._order.expires_us // 1_000_000}"
        holds = self._order.holds if line.holds is None else line.holds
        if holds is not None:
            placed["holds"] = holds
            tail += ":h" if holds else ":n"
        if subject is None:
            placed["items"] = items
        if line.presale:
            placed["pool"] = "presale"
        if via := ":".join(filter(None, (line.room, line.author))):
            placed["via"] = via
        if subject is None or before in (None, subject):
            yield self._event("order.placed", key, f"placed{tail}", self._order.created_us, subject, **placed)
        if line.paid_us is not None:
            yield self._event("order.paid", key, "paid", line.paid_us)
        # A platform may call the line shipped when all that was left of it has gone.
        shipped = min(line.shipped, line.qty - sum(one.qty for one in line.returned if one.kept))
        if shipped >= line.qty:
            yield self._event("order.shipped", key, "shipped", line.shipped_us)
        elif line.qty <= _UNIT_BY_UNIT:
            for unit in range(1, shipped + 1):
                yield self._event("order.shipped", key, f"shipped:{unit}", line.shipped_us, qty=1)
        yield from self._returned(key, line)
        if line.cancelled:
            yield self._event("order.cancelled", key, "cancelled", line.closed_us)
        elif line.refunded:
            # Never shipped: it lies where it lay. The id tells the two apart, since what shipped in between changes it.
            kept = line.shipped == 0
            name = "refunded:unshipped" if kept else "refunded"
            yield self._event("order.refunded", key, name, line.closed_us, restock=kept)

    def _returned(self, key: str, line: Line) -> Iterator[bytes]:
        """Refunds of some of the line's units, by their ids; what would go beyond the line is left out."""
        left = line.qty
        for one in sorted(line.returned):
            units = min(one.qty, left)
            if units <= 0 or (units < one.qty and one.kept):
                continue
            left -= units
            yield self._event(
                "order.refunded", key, f"refunded:{one.id}:{units}", one.at_us or line.closed_us,
                qty=units, restock=one.kept,
            )  # fmt: skip

    def _items(self, line: Line) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        for part in line.parts or (line.goods,):
            found = self._goods.items_of(part)
            if not found:
                self.unmapped.append(part)
                found = (Made(unknown_subject(self._channel, part)),)
            for made in found:
                item: dict[str, Any] = {"sku": made.sku, "qty": made.qty * part.qty}
                if line.gift or made.gift:
                    item["role"] = "gift"
                items.append(item)
        return items

    def _event(
        self, type_: str, key: str, name: str, at_us: int, subject: str | None = None, **data: Any
    ) -> bytes:
        return encode(
            type=type_,
            source=self._source,
            id=f"{key}:{name}",
            time=format_time(at_us or self._order.updated_us or self._order.created_us, self._zone),
            subject=subject,
            data={"order": key, "line": 1, **data},
        )
