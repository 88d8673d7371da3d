"""A shop's night by seed: the messages that its platforms and its warehouse send, in the order things happen.

Orders run through families (placed or asked for, paid, shipped, cancelled, refunded, in parts or whole), some messages
are wrong on purpose. `wild` adds what the model does not know: changes of SKU, atomic groups, inspections, counts as of
a moment, other places.
"""

from __future__ import annotations

import random
from typing import Any

from stockwatch.events import encode, format_time

_SECOND_US = 1_000_000
_START_US = 1_762_862_400_000_000


class Shop:
    """Its sources, opening stock and messages."""

    def __init__(self, rng: random.Random, *, wild: bool, pays: str, orders: int | None = None) -> None:
        """`orders`: how many, some of which are about the same order; a few unless told."""
        self._rng = rng
        self._wild = wild
        self.sources = ["taobao/shop-3", "douyin/room-7", pays]
        self.skus = ["HOODIE", "SOCK", "TEE"][: rng.randrange(1, 4)]
        self.stock = {sku: rng.choice((0, 2, 5, 12, 60)) for sku in self.skus}
        self._time_us = _START_US
        self._number = 0
        self._groups = 0
        self._streams: list[list[bytes]] = []
        count = rng.randrange(4, 22) if orders is None else orders
        self._orders = max(17, count * 3 // 4)
        for n in range(count):
            self._streams.append(self._order(n))
        self._streams.append(self._warehouse(max(rng.randrange(1, 7), count // 20)))
        self.messages = self._interleaved()

    def _interleaved(self) -> list[bytes]:
        """Each stream keeps its order; which one goes on is chance."""
        streams = [list(stream) for stream in self._streams if stream]
        mixed = []
        while streams:
            stream = self._rng.choice(streams)
            mixed.append(stream.pop(0))
            if not stream:
                streams.remove(stream)
        return mixed

    def _message(
        self, kind: str, subject: str | None, sender: str, *, id: str | None = None, **data: Any
    ) -> bytes:
        """`sender`: the source."""
        self._number += 1
        self._time_us += self._rng.randrange(0, 20 * _SECOND_US)
        told = {name: value for name, value in data.items() if value is not None}
        id, stamp = id or f"m{self._number}", format_time(self._time_us)
        return encode(type=kind, source=sender, id=id, time=stamp, subject=subject, data=told)

    # --- orders ----------------------------------------------------------------------------------

    def _order(self, number: int) -> list[bytes]:
        rng = self._rng
        source = rng.choice(self.sources)
        line: dict[str, Any] = {"order": f"o{number % self._orders}", "line": rng.choice((None, None, 1, 2))}
        qty = rng.choice((1, 1, 1, 2, 3, 7))
        bundle = rng.random() < 0.25
        sku = rng.choice(self.skus) if rng.random() < 0.97 else "UNKNOWN"
        subject = None if bundle and rng.random() < 0.7 else sku
        size: dict[str, Any] = {"qty": qty, **line}
        if bundle:
            parts = rng.sample(self.skus, rng.randrange(1, len(self.skus) + 1))
            roles = ("item", "gift")
            size["items"] = [
                {"sku": part, "qty": rng.randrange(1, 3), "role": rng.choice(roles)} for part in parts
            ]
        made = []
        if rng.random() < 0.5:
            made.append(self._message("order.requested", subject, source, **size, **self._group()))
        if rng.random() < 0.8:
            made.append(self._message("order.placed", subject, source, **size))
        named = None if bundle else subject
        made += [self._follow_up(source, named, qty, line) for _ in range(rng.randrange(0, 5))]
        if rng.random() < 0.1:
            wrong = size | {"qty": qty + rng.randrange(2)}
            made.append(self._message("order.placed", rng.choice(self.skus), source, **wrong))
        if rng.random() < 0.08:
            # The same id with other content.
            id = f"twice-{number}"
            made += [self._message("note.added", None, source, id=id, text=text) for text in ("one", "two")]
        return made

    def _follow_up(self, source: str, subject: str | None, qty: int, line: dict[str, Any]) -> bytes:
        rng = self._rng
        kind = rng.choice(("paid", "paid", "paid", "shipped", "cancelled", "refunded", "expired"))
        part = rng.choice((None, None, 1, max(1, qty - 1), qty))
        if kind == "expired":
            part = None
        if self._wild and rng.random() < 0.15:
            to, of = rng.choice(self.skus), subject or rng.choice(self.skus)
            return self._message("order.changed", of, source, to=to, qty=part, **line)
        restock = rng.choice((None, True, False)) if kind == "refunded" else None
        return self._message(
            f"order.{kind}",
            subject if rng.random() < 0.5 else None,
            source,
            qty=part,
            restock=restock,
            **line,
        )

    def _group(self) -> dict[str, Any]:
        """A request may be a member of an atomic group, which may stay incomplete."""
        rng = self._rng
        if not self._wild or rng.random() < 0.6:
            return {}
        self._groups += rng.random() < 0.5
        return {"atomic": f"g{self._groups}", "atomic_of": rng.choice((None, 1, 2, 3))}

    # --- the warehouse ---------------------------------------------------------------------------

    def _warehouse(self, count: int) -> list[bytes]:
        made = []
        for number in range(count):
            made += self._document(number)
        return made

    def _document(self, number: int) -> list[bytes]:
        rng, sku = self._rng, self._rng.choice(self.skus)
        told: dict[str, Any] = {"document": f"doc-{number}", "by": "老王", "reason": "模拟"}
        kind = rng.choice(
            ("received", "received", "adjusted", "counted", "held", "unheld", "restock", "twice", "wild")
        )
        if kind == "restock":
            return self._restock(sku, f"doc-{number}")
        if kind == "wild":
            return self._wild_document(sku, told) if self._wild else []
        if kind == "twice":
            # One document under two ids, and then with other content.
            sizes = (2, 2, rng.choice((2, 3)))
            return [self._message("stock.received", sku, "wms", **told, qty=qty) for qty in sizes]
        qty = {
            "received": rng.randrange(1, 12), "adjusted": rng.choice((-9, -2, -1, 1, 4)), "counted": rng.randrange(15),
            "held": rng.randrange(1, 6), "unheld": rng.randrange(1, 6),
        }[kind]  # fmt: skip
        return [self._message(f"stock.{kind}", sku, "wms", **told, qty=qty)]

    def _restock(self, sku: str, document: str) -> list[bytes]:
        rng = self._rng
        due = format_time(self._time_us + 3600 * _SECOND_US)
        order = {"document": document, "qty": rng.randrange(2, 30), "source": "周边仓", "due": due}
        made = [
            self._message("stock.ordered", sku, "wms", **order, state=state)
            for state in ("asked", "confirmed", "shipped")
            if rng.random() < 0.8
        ]
        for part in range(rng.randrange(0, 3)):
            came = {"qty": rng.randrange(1, 9), "restock": document, "final": rng.random() < 0.3}
            made += [self._message("stock.received", sku, "wms", document=f"{document}-{part}", **came)]
        return made

    def _wild_document(self, sku: str, told: dict[str, Any]) -> list[bytes]:
        rng = self._rng
        kind = rng.choice(("inspected", "as_of", "damaged", "elsewhere"))
        if kind == "inspected":
            more: dict[str, Any] = {"ok": rng.randrange(0, 4), "written_off": rng.randrange(0, 3)}
            return [self._message("stock.inspected", sku, "wms", **told, **more)]
        if kind == "as_of":
            moment = max(_START_US, self._time_us - rng.randrange(600) * _SECOND_US)
            more = {"qty": rng.randrange(20), "as_of": format_time(moment)}
            return [self._message("stock.counted", sku, "wms", **told, **more)]
        more = {"qty": 5, "damaged": rng.randrange(6)}
        if kind == "elsewhere":
            more = {"qty": 4, "pool": "presale", "location": "north"}
        return [self._message("stock.received", sku, "wms", **told, **more)]
