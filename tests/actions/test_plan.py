"""What people ask for: the events it becomes, the refusals, and that asking twice changes nothing."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stockwatch.actions.plan import plan, raw_events
from stockwatch.events import Event, decode
from stockwatch.room import intents
from stockwatch.room.room import Room
from tests.room.build import config, event, placed, played

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def room() -> Room:
    return played([placed(0, "H-M", "a", qty=2)])


def do(room: Room, intent: Any) -> list[Event]:
    """Carry an intent out; the events that were booked."""
    now = room.now_us + 1_000_000
    planned = plan(intent, room, now_us=now, zone=ZONE)
    events = []
    for raw in raw_events(planned, intent, source="stockwatch/test", now_us=now, zone=ZONE):
        event = decode(raw)
        assert isinstance(event, Event), event
        room.pipeline.take(event, now)
        events.append(event)
    return events


def refusal(room: Room, intent: Any) -> str:
    planned = plan(intent, room, now_us=room.now_us, zone=ZONE)
    assert planned.refused
    assert planned.message.zh
    return planned.message.en


def ask(**changes: Any) -> intents.AskRestock:
    members = {"id": "i1", "by": "小林", "sku": "H-M", "source": "周边仓", "quantity": 50, "lead_time": 600}
    return intents.AskRestock(**(members | changes))


def test_a_restock_is_asked_confirmed_and_received(room):
    asked = do(room, ask())
    assert [e.type for e in asked] == ["action.restock", "stock.ordered"]
    assert room.books.stock("H-M").in_transit == 0, "asked is not promised"
    do(room, intents.UpdateRestock(id="i2", by="王姐", document="i1", state="confirmed", quantity=40))
    assert room.books.stock("H-M").in_transit == 40
    do(room, intents.UpdateRestock(id="i3", by="仓库", document="i1", state="received"))
    stock = room.books.stock("H-M")
    assert (stock.in_transit, stock.available) == (0, 18 + 40)
    assert room.books.restocks()["i1"].state == "received"
    assert "received in full" in refusal(
        room, intents.UpdateRestock(id="i4", by="仓库", document="i1", state="received")
    )


def test_a_refused_restock_is_over(room):
    do(room, ask())
    do(room, intents.UpdateRestock(id="i2", by="王姐", document="i1", state="refused"))
    assert "refused" in refusal(
        room, intents.UpdateRestock(id="i3", by="x", document="i1", state="confirmed")
    )


def test_a_restock_never_goes_back(room):
    do(room, ask(state="confirmed"))
    again = intents.UpdateRestock(id="i2", by="x", document="i1", state="confirmed", quantity=10)
    assert "confirmed already" in refusal(room, again)
    do(room, intents.UpdateRestock(id="i3", by="x", document="i1", state="shipped"))
    assert "shipped already" in refusal(
        room, intents.UpdateRestock(id="i4", by="x", document="i1", state="refused")
    )


def test_the_same_intent_twice_is_one_restock(room):
    do(room, ask(state="confirmed"))
    do(room, ask(state="confirmed"))
    assert room.books.stock("H-M").in_transit == 50


def test_a_part_of_a_delivery_leaves_the_rest_on_its_way(room):
    do(room, ask(state="confirmed"))
    do(room, intents.UpdateRestock(id="i2", by="仓库", document="i1", state="received", quantity=30))
    assert room.books.stock("H-M").in_transit == 20


def test_taking_a_link_takes_all_its_alerts_once(room):
    for n in range(20):
        room.pipeline.take(placed(1 + n / 10, "H-L", f"l{n}"))
    room.pipeline.take(event("feed.heartbeat", 5))
    assert room.open_alert("H-L").by is None
    taken = do(room, intents.Acknowledge(id="a1", by="阿宁", listing="L1"))
    assert [e.data["by"] for e in taken] == ["阿宁"]
    assert room.open_alert("H-L").by == "阿宁"
    assert "no alert" in refusal(room, intents.Acknowledge(id="a2", by="小林", listing="L1"))


def test_taking_a_bundle_leaves_the_alerts_that_stand_on_other_links(room):
    room.pipeline.take(placed(1, "SOCK", "all", qty=30))
    room.pipeline.take(event("feed.heartbeat", 5))
    assert "no alert" in refusal(room, intents.Acknowledge(id="a", by="阿宁", listing="L2"))
    assert do(room, intents.Acknowledge(id="b", by="阿宁", listing="SOCK"))


def test_what_a_platform_presents_can_be_ended_though_nobody_configured_it(room):
    room.pipeline.take(event("product.pinned", 1, listing="elsewhere", channel="douyin"))
    do(room, intents.Present(id="p", by="x", listing=None))
    assert room.presenting is None


def test_a_substitute_is_recorded_and_presented(room):
    events = do(room, intents.Substitute(id="s", by="小林", sku="H-M", to="SOCK"))
    assert [e.type for e in events] == ["action.substitute", "product.pinned", "product.pinned"]
    assert {e.data.get("channel") for e in events[1:]} == {"douyin", "own"}
    assert room.presenting is not None
    assert room.presenting[0] == "SOCK"


def test_an_empty_substitute_is_refused(room):
    room.pipeline.take(placed(1, "SOCK", "all", qty=30))
    assert "nothing left" in refusal(room, intents.Substitute(id="s", by="x", sku="H-M", to="SOCK"))


def test_a_count_needs_a_reason_and_sets_what_is_on_hand(room):
    assert "reason" in refusal(room, intents.Count(id="c", by="x", sku="H-M", quantity=5, reason="  "))
    do(room, intents.Count(id="c", by="x", sku="H-M", quantity=25, reason="盘点"))
    stock = room.books.stock("H-M")
    assert (stock.on_hand, stock.reserved, stock.available) == (25, 2, 23)


def test_waves_hold_back_and_release_what_is_there(room):
    do(room, intents.Release(id="w1", by="x", sku="H-M", quantity=-10))
    assert (room.books.stock("H-M").available, room.books.stock("H-M").held) == (8, 10)
    do(room, intents.Release(id="w2", by="x", sku="H-M", quantity=4))
    assert (room.books.stock("H-M").available, room.books.stock("H-M").held) == (12, 6)
    assert "only 6" in refusal(room, intents.Release(id="w3", by="x", sku="H-M", quantity=7))


def test_presenting_begins_moves_and_ends(room):
    do(room, intents.Present(id="p1", by="x", listing="L1"))
    do(room, intents.Present(id="p2", by="x", listing="L2"))
    assert room.presenting[0] == "L2"
    do(room, intents.Present(id="p3", by="x", listing=None))
    assert room.presenting is None
    assert "nothing" in refusal(room, intents.Present(id="p4", by="x", listing=None))


@pytest.mark.parametrize(
    "intent",
    [
        ask(by=""),
        ask(by="x" * 65),
        ask(by="a\x1b[31m"),
        ask(sku="NOPE"),
        ask(quantity=0),
        ask(quantity=2**31),
        ask(lead_time=-1),
        ask(source=" "),
        ask(source="a\nb"),
        intents.Acknowledge(id="x", by="x", listing="nope"),
        intents.UpdateRestock(id="x", by="x", document="nope", state="confirmed"),
        intents.Substitute(id="x", by="x", sku="SOCK", to="SOCK"),
        intents.Count(id="x", by="x", sku="SOCK", quantity=-1, reason="r"),
        intents.Count(id="x", by="x", sku="SOCK", quantity=1, reason="r", as_of=10**15),
        intents.Count(id="x", by="x", sku="SOCK", quantity=1, reason="r", as_of=-1),
        intents.Release(id="x", by="x", sku="SOCK", quantity=0),
        intents.Note(id="x", by="x", text="\x1b]0;title\x07"),
    ],
)
def test_what_can_t_be_done_is_refused_with_a_sentence_and_books_nothing(room, intent):
    before = summary_of(room)
    assert refusal(room, intent)
    assert raw_events(
        plan(intent, room, now_us=room.now_us, zone=ZONE), intent, source="s", now_us=room.now_us, zone=ZONE
    ) == []  # fmt: skip
    assert summary_of(room) == before


def summary_of(room: Room) -> dict[str, Any]:
    return {sku: room.books.stock(sku) for sku in config().skus and [s.id for s in config().skus]}
