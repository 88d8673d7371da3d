"""What a room says to the outside: alert events, actions restated, and the summary that ends a replay.

Owns the members and their order, as the interface documents them. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwatch.alerts import AlertEvent
from stockwatch.events import Event, encode
from stockwatch.ledger.figures import Stock

if TYPE_CHECKING:
    from stockwatch.room.room import Room


def alert_data(event: AlertEvent) -> dict[str, Any]:
    """The `data` of an alert event, members in the documented order."""
    data: dict[str, Any] = {
        "alert": event.alert,
        "tier": event.tier,
        "reason": {"zh": event.reason.zh, "en": event.reason.en},
        "available": event.available,
        "sellable": event.sellable,
        "velocity_per_min": event.velocity_per_min,
        "safety_line": event.safety_line,
        "eta_s": {"p10": event.eta_s.p10_s, "p50": event.eta_s.p50_s, "p90": event.eta_s.p90_s},
    }
    if event.by is not None:
        data["by"] = event.by
    return data


def restated(event: Event) -> bytes:
    """A received event in our compact form, members in the documented order."""
    return encode(
        type=event.type,
        source=event.source,
        id=event.id,
        time=event.time,
        subject=event.subject,
        data=event.data,
    )


def summary(room: Room) -> dict[str, Any]:
    """The last line of a headless replay: counts and the figures of every SKU, by code point."""
    outcomes = dict(room.pipeline.outcomes)
    assert sum(outcomes.values()) == room.pipeline.events, "every event has exactly one outcome"
    skus = {}
    for sku in sorted(room.books.skus()):
        stock = room.books.stock(sku)
        skus[sku] = figures(stock)
    data: dict[str, Any] = {
        "events": room.pipeline.events,
        "outcomes": outcomes,
        "dead": outcomes["invalid"] + outcomes["conflict"],
        "skus": skus,
    }
    if room.pipeline.digest is not None:
        data["digest"] = room.pipeline.digest.hexdigest()
    return data


def figures(stock: Stock) -> dict[str, int]:
    """A SKU's balances by their names on the interface."""
    return {
        "on_hand": stock.on_hand,
        "available": stock.available,
        "held": stock.held,
        "reserved": stock.reserved,
        "sold": stock.sold,
        "shipped": stock.shipped,
        "quarantined": stock.quarantined,
        "in_transit": stock.in_transit,
        "shortfall": stock.shortfall,
        "oversold": stock.oversold,
    }
