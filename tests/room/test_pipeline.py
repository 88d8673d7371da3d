"""The room as one machine: outcomes, ticks, expiries, alerts and what a replay prints."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from stockwatch.config import Sku
from stockwatch.events import decode
from stockwatch.room.clock import SECOND_US
from stockwatch.room.room import Room, alone
from stockwatch.room.said import summary
from tests.room.build import config, event, placed, played


def said(room: Room) -> list[dict]:
    return [msgspec.json.decode(raw) for raw in room.drain().said]


def test_opening_stock_is_there_before_the_first_event_and_not_counted_as_one():
    room = played([placed(0, "H-M", "a")])
    assert room.books.stock("H-M").available == 19
    assert room.books.stock("H-L").available == 10
    assert room.pipeline.events == 1
    assert summary(room)["outcomes"]["accepted"] == 1


def test_an_empty_feed_still_has_its_opening_stock():
    room = alone(config())
    room.pipeline.finish()
    assert summary(room)["skus"]["SOCK"]["on_hand"] == 30


@pytest.mark.parametrize(
    ("source", "kind", "grace"), [("own/1", "order.requested", 0), ("douyin/1", "order.placed", 60)]
)
def test_an_unpaid_order_comes_back_a_request_at_once_a_fact_a_minute_later(source, kind, grace):
    from tests.room.build import at

    due = 30 + grace
    raws = [event(kind, 0, "H-M", channel=source, order="a", line=1, qty=3, expires=at(30))]
    room = played([*raws, event("feed.heartbeat", due - 0.5)])
    assert room.books.stock("H-M").reserved == 3
    room.pipeline.take(event("feed.heartbeat", due + 1.5))
    assert room.books.stock("H-M").reserved == 0
    booked = [
        entry for entry in room.pipeline.drain() if entry.ours and entry.applied.event.type == "order.expired"
    ]
    assert [(e.applied.event.source, e.applied.event.id) for e in booked] == [(source, "expired:a:1")]


def test_a_paid_order_does_not_come_back():
    from tests.room.build import at

    room = played(
        [
            placed(0, "H-M", "a", expires=at(30)),
            event("order.paid", 5, order="a", line=1),
            event("feed.heartbeat", 500),
        ]
    )
    assert room.books.stock("H-M").sold == 1


def test_selling_out_raises_critical_at_the_next_tick_and_not_before():
    room = played([placed(0, "SOCK", f"o{n}", qty=10) for n in range(3)])
    assert said(room) == []
    room.pipeline.take(event("feed.heartbeat", 1.2))
    raised = said(room)
    assert [(e["type"], e["subject"], e["data"]["tier"]) for e in raised] == [
        ("alert.raised", "SOCK", "CRITICAL")
    ]
    assert raised[0]["id"] == "SOCK:1"
    assert raised[0]["time"] == "2025-11-11T20:00:01.000+08:00"
    assert set(raised[0]["data"]) == {
        "alert", "tier", "reason", "available", "sellable", "velocity_per_min", "safety_line", "eta_s",
    }  # fmt: skip


def test_a_replay_ends_with_the_first_tick_after_the_last_event_and_until_goes_on():
    room = played([placed(0.5, "SOCK", "o", qty=30)])
    room.pipeline.finish()
    assert [e["type"] for e in said(room)] == ["alert.raised"]
    assert room.now_us == (decode(placed(0, "SOCK", "x")).time_us // SECOND_US + 1) * SECOND_US
    on = played([placed(0.5, "SOCK", "o", qty=30, expires="2025-11-11T12:10:00Z")])
    on.pipeline.finish(decode(placed(700, "SOCK", "x")).time_us)
    assert on.books.stock("SOCK").available == 30


def test_acknowledged_alerts_and_actions_are_printed_as_they_come():
    room = played([placed(0, "SOCK", "o", qty=30), event("feed.heartbeat", 2)])
    room.pipeline.take(event("alert.acknowledged", 3, "SOCK", alert="SOCK:1", by="小林"))
    room.pipeline.take(event("action.substitute", 4, "SOCK", by="小林", to="H-M", order="x"))
    assert [e["type"] for e in said(room)] == ["alert.raised", "alert.acknowledged", "action.substitute"]
    assert room.open_alert("SOCK").by == "小林"


def test_recorded_alerts_are_not_believed_but_recomputed():
    room = played(
        [
            event("alert.raised", 0, "SOCK", channel="stockwatch/test", alert="SOCK:1", tier="CRITICAL"),
            placed(1, "SOCK", "o"),
            event("feed.heartbeat", 5),
        ]
    )
    assert room.open_alert("SOCK") is None
    assert said(room) == []


def test_duplicates_count_once_in_velocity():
    once = played([placed(n, "SOCK", f"o{n}") for n in range(10)])
    twice = played([raw for n in range(10) for raw in [placed(n, "SOCK", f"o{n}")] * 2])
    now = once.now_us + 60 * SECOND_US
    assert once.demand.velocity("SOCK", now) == twice.demand.velocity("SOCK", now)
    assert twice.pipeline.outcomes["duplicate"] == 10


def test_an_unfinished_atomic_group_holds_back_what_comes_after_it_and_nothing_is_lost():
    room = played(
        [
            event(
                "order.requested",
                0,
                "SOCK",
                channel="own/1",
                order="g",
                line=1,
                qty=1,
                atomic="g",
                atomic_of=2,
            ),
            placed(1, "H-M", "a"),
        ]
    )
    assert [e.applied.event.type for e in room.pipeline.drain() if not e.ours] == []
    room.pipeline.finish()
    assert sum(room.pipeline.outcomes.values()) == room.pipeline.events == 2
    assert room.pipeline.outcomes["rejected"] == 1


def test_a_wild_timestamp_does_not_run_the_clock_away():
    room = played([placed(0, "SOCK", "a"), placed(86_400, "SOCK", "b"), placed(2, "SOCK", "c")])
    assert room.pipeline.clock.now_us == decode(placed(2, "SOCK", "x")).time_us
    assert room.books.stock("SOCK").reserved == 3


def test_a_restock_counts_as_arriving_from_its_promise_on():
    room = played([placed(0, "H-M", "a")])
    room.pipeline.take(
        event(
            "stock.ordered",
            1,
            "H-M",
            document="r",
            qty=50,
            source="周边仓",
            due="2025-11-11T12:10:00Z",
            state="asked",
        )
    )
    assert room.facts("H-M").arrivals == ()
    room.pipeline.take(
        event(
            "stock.ordered",
            2,
            "H-M",
            document="r",
            qty=40,
            source="周边仓",
            due="2025-11-11T12:10:00Z",
            state="confirmed",
        )
    )
    assert [(a.qty, a.counts) for a in room.facts("H-M").arrivals] == [(40, False)]
    room.pipeline.take(event("stock.received", 3, "H-M", document="in", qty=40, restock="r"))
    assert room.facts("H-M").arrivals == ()
    assert room.books.stock("H-M").available == 59


@pytest.mark.parametrize(
    "kind", [f"action.{what}" for what in ("restock", "substitute", "count", "release", "x")]
)
@pytest.mark.parametrize("value", [None, "+d", -1.5, True, {"a": [1]}, 10**30])
def test_an_action_from_a_feed_may_hold_anything(kind, value):
    names = ("qty", "by", "source", "state", "to", "reason", "document", "listing")
    room = played(
        [event(kind, 1, "H-M", **dict.fromkeys(names, value)), event(kind, 2), placed(3, "H-M", "a")]
    )
    assert room.pipeline.outcomes["accepted"] == 3


def test_a_decision_follows_the_orders_own_times_to_the_second():
    def rings(decisive: int | None) -> list[tuple[str, str]]:
        raws = [placed(60 * n, "H-M", f"s{n}") for n in range(13)]
        for n in range(30):
            time = 780 + n + (n == decisive)
            raws += [placed(time, "H-M", f"b{n}"), event("feed.heartbeat", 780.9 + n)]
        room = alone(config(skus=(Sku(id="H-M", title="卫衣", stock=9000),), listings=()), zone_of=ZoneInfo)
        played(raws, room)
        return [(e["type"], e["time"]) for e in said(room)]

    ((kind, time),) = rings(None)
    assert kind == "alert.raised"
    moved = [rings(n) != [(kind, time)] for n in range(30)]
    assert any(moved), "the order that tips the scales, a second later, rings a second later"


def test_nobody_outside_speaks_as_the_ledger():
    evil = event(
        "ledger.configured", 1, channel="stockwatch", channels={"douyin/1": {"id": "evil", "deduct": "pay"}}
    )
    early = event("stock.counted", 1, "LATER", channel="stockwatch", document="opening", qty=999)
    room = played([evil, early, placed(2, "H-M", "a")])
    assert room.pipeline.outcomes["invalid"] == 2
    assert room.books.stock("H-M").reserved == 1, "placed orders still hold stock"
    assert room.books.stock("LATER").on_hand == 0
