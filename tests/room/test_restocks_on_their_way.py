"""What a room makes of goods on their way: the range its source states, and how punctual the source was."""

from __future__ import annotations

from datetime import UTC

import pytest

from stockwatch.config import RestockSource, Sku
from stockwatch.events import format_time
from stockwatch.hub.proposals import restock
from stockwatch.room.clock import SECOND_US
from stockwatch.room.room import alone
from stockwatch.room.state import restore, room_frame
from tests.room.build import at, config, event, played

WAREHOUSE = "wms/1"
SOURCES = (RestockSource(source="周边仓", quantity=50, lead_time=600, latest=1500),)


def ordered(seconds, document, due, sku="A", source="周边仓"):
    told = {"document": document, "qty": 20, "source": source, "due": at(due)}
    return event("stock.ordered", seconds, sku, channel=WAREHOUSE, **told)


def came(seconds, document, of, qty=20, sku="A"):
    return event("stock.received", seconds, sku, channel=WAREHOUSE, document=document, qty=qty, restock=of)


def shop(*raws):
    skus = (Sku(id="A", title="卫衣", stock=20, restock=SOURCES), Sku(id="B", title="袜子", stock=5))
    return played(list(raws), alone(config(skus=skus, listings=())))


def test_a_promise_of_the_latest_may_be_kept_sooner_and_a_nearer_one_is_taken_at_its_word():
    room = shop(ordered(0, "p1", 1500), ordered(1, "p2", 900))
    sooner, exact = room.facts("A").arrivals
    assert sooner.due_us - sooner.soonest_us == 900 * SECOND_US
    assert exact.soonest_us is None


def late_three_times(source="周边仓"):
    raws = []
    for n in range(3):
        begins = n * 4000
        raws += [
            ordered(begins, f"p{n}", begins + 2000, source=source),
            came(begins + 2000, f"r{n}a", f"p{n}", qty=5),
            came(begins + 3000, f"r{n}b", f"p{n}", qty=15),
        ]
    return raws


def test_a_source_is_known_by_when_the_last_of_its_restocks_came():
    room = shop(*late_three_times(), ordered(13_000, "p9", 14_500), ordered(13_001, "p10", 14_500, sku="B"))
    assert room.facts("A").arrivals[0].slips == pytest.approx((0.5, 0.5, 0.5))
    assert room.facts("B").arrivals[0].slips == pytest.approx((0.5, 0.5, 0.5)), (
        "it is the source's, not the SKU's"
    )


def test_of_another_source_it_says_nothing():
    room = shop(*late_three_times("总仓"), ordered(13_000, "p9", 14_500))
    assert room.facts("A").arrivals[0].slips == ()


def test_what_is_offered_is_what_it_will_be_once_ordered():
    raws = [event("order.placed", n, "A", order=f"o{n}", line=1, qty=1) for n in range(0, 300, 20)]
    raws += [event("order.placed", 12_000 + n, "A", order=f"q{n}", line=1, qty=1) for n in range(0, 600, 10)]
    room = shop(*late_three_times(), *raws)
    option = restock(room, "A", 50).options[0]
    now, due = room.now_us // SECOND_US, option.due
    told = {"document": "p9", "qty": 50, "source": "周边仓", "due": format_time(due * SECOND_US, UTC)}
    played([event("stock.ordered", 12_590, "A", channel=WAREHOUSE, **told)], room)
    assert room.now_us // SECOND_US == now
    assert room.facts("A").arrivals[0].slips
    eta = room.desk.assess("A", room.now_us, room.facts("A")).eta
    assert eta.p50_s is not None
    assert option.eta_after.p50 == now + eta.p50_s


def test_a_restarted_room_still_knows_its_sources():
    room = shop(*late_three_times())
    again = alone(room.config)
    restore(again, [room_frame(room)])
    assert again.expected.punctuality.slips("周边仓") == room.expected.punctuality.slips("周边仓") != ()
