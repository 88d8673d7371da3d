"""What a call says of goods that aren't on the shelf: held back, or sold ahead of their arrival."""

from __future__ import annotations

from stockwatch.config import RestockSource, Sku
from stockwatch.room.room import alone
from tests.room.build import at, config, event

SOURCE = RestockSource(source="周边仓", quantity=50, lead_time=1200, counts="confirmed")


def calls_of(*raws, skus, **members):
    room = alone(config(skus=skus, listings=(), **members))
    calls = []
    for raw in raws:
        room.pipeline.take(raw)
        call = room.attention.last
        if call is not None and call not in calls:
            calls.append(call)
    return calls


def sold(seconds, units, sku="A"):
    return event("order.paid", seconds, sku, order=f"o{sku}{seconds}", line=1, qty=units)


def test_units_sold_ahead_of_their_arrival_are_not_said_to_be_gone():
    """The shelf is empty, buyers aren't turned away: what is left is what is on its way."""
    promise = {"document": "p1", "qty": 30, "source": "周边仓", "due": at(5000)}
    skus = (Sku(id="A", title="卫衣", stock=3, restock=(SOURCE,), safety_line=20),)
    calls = calls_of(
        event("stock.ordered", 1, "A", channel="wms/1", **promise),
        *(sold(10 + n, 1) for n in range(14)),
        event("feed.heartbeat", 40),
        skus=skus,
    )
    assert [call.text.zh for call in calls] == ["卫衣 约 27 分(14–63)售罄,剩 25 件"]


def test_sizes_held_back_are_not_gone():
    skus = tuple(
        Sku(id=size, title="卫衣", product="H", attrs={"码": size}, stock=9, safety_line=9) for size in "ML"
    )
    held = [
        event("stock.held", 0, size, channel="wms/1", document=f"h{size}", qty=9, reason="波", by="x")
        for size in "ML"
    ]
    calls = calls_of(*held, event("feed.heartbeat", 5), skus=skus)
    assert [call.text.zh for call in calls] == ["卫衣 各规格都到线"]
