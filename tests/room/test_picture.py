"""The picture of the room: whole for a newcomer, deltas that say only what changed, the detail of a link."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

from stockwatch.config import Item, Listing
from stockwatch.room.clock import SECOND_US
from stockwatch.room.picture import Picture
from stockwatch.room.room import alone
from stockwatch.room.view import merge
from tests.room.build import config, event, placed, played


def rooms():
    room = played([placed(0, "H-M", "a", qty=2), placed(1, "H-L", "b"), event("feed.heartbeat", 5)])
    return room, Picture(room)


def test_a_link_sums_its_sizes():
    _, picture = rooms()
    row = {row.listing: row for row in picture.whole().links}["L1"]
    assert (row.available, row.reserved) == (18 + 9, 3)
    assert [size.label for size in row.sizes] == ["M", "L"]
    assert dict(row.channels) == {"douyin": 3, "own": 0}


def test_a_bundle_sells_as_many_as_its_scarcest_part_and_a_gift_does_not_stop_it():
    room, picture = rooms()
    room.pipeline.take(placed(6, "SOCK", "all", qty=30))
    row = {row.listing: row for row in picture.whole().links}["L2"]
    assert row.sellable == row.sizes[0].sellable > 0


def test_of_a_product_in_a_bundle_a_viewer_picks_one_size():
    listings = (
        Listing(id="two", title="两件装", items=(Item(product="HOODIE", qty=2),)),
        Listing(id="set", title="套装", items=(Item(product="HOODIE"), Item(sku="SOCK"))),
        Listing(id="three", title="三双装", items=(Item(sku="SOCK", qty=2), Item(sku="SOCK"))),
    )
    room = alone(config(listings=listings), zone_of=ZoneInfo)
    played([placed(0, "H-L", "all", qty=9), placed(1, "SOCK", "s", qty=19)], room)
    row = {row.listing: row for row in Picture(room).whole().links}
    assert row["two"].sellable == 20 // 2 + 1 // 2
    assert row["set"].sellable == 11
    assert row["three"].sellable == 11 // 3


def test_a_size_that_is_gone_is_named():
    room, picture = rooms()
    room.pipeline.take(placed(6, "H-L", "rest", qty=9))
    row = {row.listing: row for row in picture.whole().links}["L1"]
    assert row.broken == ("L",)


def test_deltas_hold_only_what_changed_and_bring_the_picture_to_the_same_place():
    room, picture = rooms()
    before = picture.whole()
    room.drain()
    assert picture.delta(room.catalog.of_sku) is None, "nothing happened"
    room.pipeline.take(placed(6, "SOCK", "s1"))
    delta = picture.delta(room.drain().touched)
    assert delta is not None
    assert {row.listing for row in delta.links} == {"SOCK"}, "a gift is no figure of its bundle"
    assert delta.alerts is None
    after = merge(before, delta)
    assert after == picture.whole()


def test_a_new_sku_appears_by_delta():
    room, picture = rooms()
    before = picture.whole()
    room.pipeline.take(placed(6, "NEW", "n"))
    delta = picture.delta(room.drain().touched)
    assert merge(before, delta) == picture.whole()
    assert any(row.listing == "NEW" and row.shortfall == 1 for row in delta.links)


def test_alerts_come_with_steps_and_a_talk_track_and_stay_a_while_when_resolved():
    room, picture = rooms()
    room.pipeline.take(placed(6, "SOCK", "all", qty=30))
    room.pipeline.take(event("feed.heartbeat", 8))
    alert = picture.whole().alerts[0]
    assert (alert.sku, alert.listing, alert.tier, alert.state) == ("SOCK", "SOCK", 3, "open")
    assert alert.reason.zh
    assert alert.reason.en
    assert alert.steps
    room.pipeline.take(event("stock.received", 9, "SOCK", document="in", qty=500))
    room.pipeline.take(event("feed.heartbeat", 400))
    row = next(row for row in picture.whole().alerts if row.id == alert.id)
    assert row.state == "resolved"


def test_the_detail_tells_what_will_be_left_and_says_nothing_of_what_does_not_sell():
    room, picture = rooms()
    assert picture.detail("SOCK").ahead == ()
    for n in range(12):
        room.pipeline.take(placed(5 + 20 * n, "H-M", f"m{n}"))
    room.pipeline.take(event("feed.heartbeat", 300))
    detail = picture.detail("L1")
    assert all(sooner.at < later.at for sooner, later in pairwise(detail.ahead))
    assert all(one.low <= one.middle <= one.high <= detail.remaining[-1] for one in detail.ahead)
    assert all(sooner.middle >= later.middle for sooner, later in pairwise(detail.ahead))
    assert detail.ahead[-1].middle < detail.ahead[0].middle


def test_the_detail_shows_every_minute_with_what_was_left_at_its_end():
    room, picture = rooms()
    for minute in range(1, 4):
        room.pipeline.take(placed(60 * minute + 1, "H-M", f"m{minute}"))
    room.pipeline.take(event("feed.heartbeat", 200))
    detail = picture.detail("L1")
    assert len(detail.minutes) == len(detail.remaining) == len(detail.velocity) == 4
    assert detail.remaining == (27, 26, 25, 24)
    assert detail.velocity == (3, 1, 1, 1)
    assert detail.minutes[1] - detail.minutes[0] == 60
    assert picture.detail("nope") is None


def test_the_clock_shown_moves_by_the_minute():
    room, picture = rooms()
    first = picture.whole().header.clock
    room.pipeline.take(event("feed.heartbeat", 30))
    assert picture.delta(room.drain().touched).header is None
    room.pipeline.take(event("feed.heartbeat", 61))
    assert picture.delta(room.drain().touched).header.clock == first + 60
    assert room.now_us % SECOND_US == 0
