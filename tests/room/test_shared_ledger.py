"""Two rooms on one ledger: what one sells the other sees, and nothing else of it; either one alone reads it back."""

from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from stockwatch.config import Channel, RoomConfig, Sku
from stockwatch.events import decode
from stockwatch.hub.journal import rebuild
from stockwatch.ledger.balances import Books
from stockwatch.ledger.store import Record
from stockwatch.room.picture import Picture
from stockwatch.room.pipeline import Entry, Pipeline
from stockwatch.room.room import Room, on
from tests.room.build import START, at, config, event, placed

S = 1_000_000
NIGHT = "douyin/2"
"""The second room's channel, whose id in its room.toml is the same as the first room's."""


def second() -> RoomConfig:
    """Sells the same hoodie and socks, and a cap of its own; its channel is called as the first room's is."""
    settings: dict[str, Any] = {
        "id": "night",
        "channels": (Channel(id="douyin", source=NIGHT),),
        "skus": (
            Sku(id="H-M", title="卫衣", stock=99),
            Sku(id="SOCK", title="袜子", stock=99),
            Sku(id="CAP", title="帽子", stock=5),
        ),
        "listings": (),
    }
    return config(**settings)


def both() -> tuple[Pipeline, list[Room]]:
    pipeline = Pipeline(Books(), trusted_clock=True)
    pipeline.keep_alerts = True
    rooms = [on(pipeline, each, zone_of=ZoneInfo) for each in (config(), second())]
    pipeline.open(now(0))
    return pipeline, rooms


def now(seconds: float) -> int:
    return round((START.timestamp() + seconds) * S)


def take(pipeline: Pipeline, *raws: bytes) -> None:
    for raw in raws:
        made = decode(raw)
        pipeline.take(raw, max(made.clock_us, pipeline.now_us + 1))


def on_channel(source: str, raw: bytes, channel: str) -> bytes:
    """The event from a source, with the channel that its data names."""
    made = msgspec.json.decode(raw)
    made["source"], made["data"]["channel"] = source, channel
    return msgspec.json.encode(made)


def said(room: Room) -> list[dict]:
    return [msgspec.json.decode(raw) for raw in room.drain().said]


def test_the_first_room_to_open_says_how_many_there_are():
    pipeline, _ = both()
    stock = {sku: pipeline.books.stock(sku).available for sku in ("H-M", "SOCK", "CAP")}
    assert stock == {"H-M": 20, "SOCK": 30, "CAP": 5}


def test_what_one_room_sells_the_other_sees_as_demand_and_as_stock():
    pipeline, (day, night) = both()
    take(pipeline, *(placed(n, "H-M", f"a{n}") for n in range(6)))
    take(pipeline, *(placed(10 + n, "H-M", f"b{n}", 2, channel=NIGHT) for n in range(3)))
    pipeline.advance(now(60))
    assert day.stock("H-M") == night.stock("H-M")
    assert day.stock("H-M").available == 20 - 6 - 6
    for room in (day, night):
        assert sum(room.demand.spark("H-M", now(60), 30)) == 12
    assert day.log.taken_by["H-M"] == {"douyin": 6, NIGHT: 6}
    assert night.log.taken_by["H-M"] == {"douyin": 6, "douyin/1": 6}


def test_a_sell_out_alarms_each_room_that_has_the_goods_and_only_those():
    pipeline, (day, night) = both()
    take(pipeline, *(placed(n, "CAP", f"c{n}", channel=NIGHT) for n in range(5)))
    take(pipeline, *(placed(5 + n, "SOCK", f"s{n}", 3, channel=NIGHT) for n in range(10)))
    pipeline.advance(now(30))
    alarmed = [
        {made["subject"] for made in said(room) if made["type"] == "alert.raised"} for room in (day, night)
    ]
    assert alarmed == [{"SOCK"}, {"SOCK", "CAP"}]
    assert "CAP" not in day.catalog.of_sku, "another room's goods are not on this board"
    assert {entry.applied.event.source for entry in pipeline.drain() if entry.ours} >= {
        "stockwatch/test",
        "stockwatch/night",
    }


def test_each_room_takes_its_own_alert():
    pipeline, (day, night) = both()
    take(pipeline, *(placed(n, "SOCK", f"s{n}", 3) for n in range(10)))
    pipeline.advance(now(30))
    alert = day.open_alert("SOCK")
    assert alert is not None
    assert night.open_alert("SOCK").id == alert.id, (
        "ids are by SKU and time: only the source tells them apart"
    )
    take(pipeline, event("alert.acknowledged", 31, "SOCK", channel=day.source, alert=alert.id, by="小李"))
    assert day.open_alert("SOCK").by == "小李"
    assert not night.open_alert("SOCK").by


def test_presenting_is_each_rooms_own_and_a_restock_is_everyones():
    pipeline, (day, night) = both()
    take(pipeline, on_channel("douyin/1", event("product.pinned", 1, listing="L1"), "douyin"))
    assert day.presenting is not None
    assert night.presenting is None
    for n, (sku, room, by) in enumerate((("H-M", day, "小李"), ("CAP", night, "阿强"))):
        restock = {"document": f"d{n}", "qty": 50, "source": "周边仓", "by": by}
        take(
            pipeline,
            event(
                "stock.ordered", 2 + n, sku, channel=room.source, due=at(600), state="confirmed", **restock
            ),
            event("action.restock", 2 + n, sku, channel=room.source, state="confirmed", **restock),
        )
    assert [arrival.qty for arrival in night.facts("H-M").arrivals] == [50]
    assert [action.by for action in night.log.actions] == ["小李", "阿强"]
    assert "阿强" not in [action.by for action in day.log.actions], "the day sells no caps"


def test_a_gap_is_one_of_the_channel_that_had_it_and_not_of_another_by_the_same_name():
    pipeline, (day, night) = both()
    take(pipeline, placed(0, "H-M", "a", channel=NIGHT), placed(1, "H-M", "b"))
    missed = {"source": NIGHT, "since": at(10), "until": at(120)}
    take(
        pipeline,
        on_channel(night.source, event("feed.gap", 130, **missed), "douyin"),
        placed(131, "H-M", "c"),
    )
    spans = [
        {name: coverage.uncovered(now(135) // S) for name, coverage in room.demand._channels.items()}
        for room in (day, night)
    ]
    gap = (now(10) // S, now(120) // S)
    assert spans[0][NIGHT] == [gap]
    assert spans[1]["douyin"] == [gap]
    assert gap not in spans[0]["douyin"]
    assert gap not in spans[1]["douyin/1"]


def test_a_reservation_of_either_room_expires_once():
    pipeline, rooms = both()
    for n, channel in enumerate(("douyin/1", NIGHT)):
        take(
            pipeline,
            event("order.requested", n, "H-M", channel=channel, order=f"r{n}", line=1, qty=4, expires=at(60)),
        )
    assert pipeline.books.stock("H-M").available == 12
    pipeline.advance(now(90))
    assert pipeline.books.stock("H-M").available == 20
    assert len([entry for entry in pipeline.drain() if entry.applied.event.type == "order.expired"]) == 2
    assert all(room.stock("H-M").available == 20 for room in rooms)


def evening(seed: int, length: int = 1500) -> list[bytes]:
    """Orders on both rooms' channels, late ones, duplicates and cancellations among them."""
    rng, made = random.Random(seed), []
    for n in range(length):
        sku = rng.choice(("H-M", "H-L", "SOCK", "CAP"))
        source = rng.choice(("douyin/1", "own/1", NIGHT))
        if made and rng.random() < 0.05:
            made.append(made[rng.randrange(len(made))])
        elif rng.random() < 0.2:
            made.append(event("order.cancelled", n, channel=source, order=f"o{rng.randrange(n + 1)}", line=1))
        else:
            made.append(placed(max(0, n - rng.choice((0, 0, 0, 40))), sku, f"o{n}", channel=source))
    return made


def recalled(entries: list[Entry], settings) -> Room:
    """One room alone, from what the journal of both holds."""
    room = on(Pipeline(Books(), trusted_clock=True), settings, zone_of=ZoneInfo)
    room.pipeline.keep_alerts = True
    kept = [entry for entry in entries if entry.applied.place is not None]
    records = [
        Record(n, entry.received_us, entry.applied.event.raw, entry.applied.outcome)
        for n, entry in enumerate(kept, 1)
    ]
    rebuild(records, room.pipeline)
    return room


def shown(room: Room) -> bytes:
    return msgspec.json.encode(Picture(room).whole())


@pytest.mark.parametrize("seed", range(4))
def test_either_room_reads_itself_back_from_the_one_journal(seed):
    pipeline, rooms = both()
    take(pipeline, *evening(seed))
    pipeline.advance(now(1600))
    entries = pipeline.drain()
    for room in rooms:
        again = recalled(entries, room.config)
        again.pipeline.advance(now(1600))
        again.move_to(pipeline)
        pipeline.rooms.remove(again)
        assert shown(again) == shown(room)
