"""The pieces of the simulator: demand, lag, the stage, and the room.toml they are written with."""

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.config import Channel, Item, Listing, RestockSource, RoomConfig, Sku, load_room
from stockwatch.drills.books import Book
from stockwatch.drills.buyers import Buyers, Fate, Wish
from stockwatch.drills.rooms import room_toml
from stockwatch.drills.simulator import (
    DOUYIN_LAG,
    MINUTE,
    SECOND,
    Draft,
    Outage,
    Platform,
    Profile,
    Stage,
    arrivals,
    payment_delay,
    pulse,
)

START = datetime(2025, 1, 1, tzinfo=UTC)
SHOP = Platform("douyin", "douyin/room-1", "抖音", DOUYIN_LAG, "69")


def stage(**opening):
    return Stage(random.Random(1), START, Book(opening, START))


def test_profile_is_straight_lines_and_nothing_outside():
    ramp = Profile([(0, 0.0), (10 * MINUTE, 6.0)])
    assert ramp.rate(5 * MINUTE) == pytest.approx(3.0)
    assert ramp.rate(-1) == ramp.rate(10 * MINUTE) == 0
    assert ramp.expected() == pytest.approx(30.0)


def test_pulse_halves():
    shown = pulse(0, 2 * MINUTE, MINUTE, 8.0)
    assert [shown.rate(minute * MINUTE) for minute in (1, 2, 3, 4)] == [8.0, 8.0, 4.0, 2.0]
    assert shown.rate(shown.end) == 0


@given(st.integers(0, 2**32), st.integers(0, 300), st.booleans())
@settings(max_examples=40)
def test_arrivals_are_as_many_as_asked_sorted_and_where_demand_is(seed, count, regular):
    profile = Profile([(MINUTE, 0.0), (5 * MINUTE, 9.0), (6 * MINUTE, 0.0)])
    instants = arrivals(random.Random(seed), profile, count, regular=regular)
    assert len(instants) == count
    assert instants == sorted(instants)
    assert all(profile.begin <= at < profile.end for at in instants)


def test_regular_arrivals_never_bunch():
    even = Profile([(0, 1.0), (100 * MINUTE, 1.0)])
    instants = arrivals(random.Random(4), even, regular=True)
    assert (
        max(sum(low <= at < low + 5 * MINUTE for at in instants) for low in range(0, 95 * MINUTE, SECOND * 7))
        <= 7
    )


def test_most_who_pay_do_so_within_a_minute():
    rng = random.Random(2)
    delays = [payment_delay(rng) for _ in range(4000)]
    assert 0.75 < sum(delay <= MINUTE for delay in delays) / 4000 < 0.88
    assert sum(delay <= 3 * MINUTE for delay in delays) / 4000 > 0.9


def test_an_outage_delays_what_it_catches_and_keeps_its_order():
    platform = Platform("d", "d", "d", DOUYIN_LAG, "1", (Outage(MINUTE, 3 * MINUTE, 10 * SECOND),))
    rng = random.Random(3)
    received = [platform.receipt(rng, at) for at in range(MINUTE, 2 * MINUTE, 20 * SECOND)]
    assert received == sorted(received)
    assert all(3 * MINUTE < at <= 3 * MINUTE + 11 * SECOND for at in received)
    deaf = Platform("d", "d", "d", DOUYIN_LAG, "1", (Outage(MINUTE, 3 * MINUTE, None),))
    assert deaf.receipt(rng, 2 * MINUTE) is None


def test_the_stage_stamps_receipt_strictly_forward_and_repeats_only_orders():
    play = stage(A=500)
    play.duplicate_share = 1.0
    play.duplicated_types = ("order.",)
    for number in range(5):
        play.say(Draft("room.viewers", "s", f"v{number}", 0, {"count": 1}), 10)
    play.say(Draft("order.placed", "s", "o", 0, {"order": "1", "line": 1, "qty": 1}, "A"), 10)
    play.play()
    receipts = [at for at, _, _ in play.told]
    assert receipts == sorted(set(receipts))
    assert [outcome for _, _, outcome in play.told].count("duplicate") == 1
    assert play.book.taken("A") == 1


def test_nothing_is_received_before_it_happens():
    with pytest.raises(AssertionError, match="before it happens"):
        stage().say(Draft("room.viewers", "s", "v", 1000, {"count": 1}), 999)


@pytest.mark.parametrize(
    ("fate", "left"),
    [
        (Fate.PAYS, (9, 0, 1, 0)),
        (Fate.CANCELS, (10, 0, 0, 0)),
        (Fate.CLOSED, (10, 0, 0, 0)),
        (Fate.FORGOTTEN, (10, 0, 0, 0)),
        (Fate.REFUNDED, (10, 0, 0, 0)),
        (Fate.RETURNED, (9, 0, 0, 1)),
        (Fate.CHANGED, (10, 0, 0, 0)),
    ],
)
@pytest.mark.parametrize("asks", [True, False])
def test_every_fate_ends_where_it_should(fate, left, asks):
    play = stage(A=10, B=10)
    buyers = Buyers(play, 10 * MINUTE)
    play.cue(0, lambda: buyers.buy(SHOP, 0, Wish("A", 1, change_to="B"), fate, asks=asks))
    play.play()
    book = play.book
    book.expire(60 * MINUTE)
    assert (book.available["A"], book.reserved["A"], book.sold["A"], book.quarantined["A"]) == left
    assert book.sold["B"] == (fate is Fate.CHANGED)


def test_a_request_that_is_refused_is_followed_by_nothing():
    play = stage(A=1)
    buyers = Buyers(play, 10 * MINUTE)
    answers = []
    for at in (0, SECOND * 5):
        play.cue(at, lambda at=at: buyers.buy(SHOP, at, Wish("A"), asks=True, on_answer=answers.append))
    play.play()
    assert answers == ["accepted", "rejected"]
    assert [draft.type for _, draft, _ in play.told].count("order.paid") == 1


def test_a_bundle_takes_all_its_parts():
    play = stage(TEE=10, SOCK=10)
    buyers = Buyers(play, 10 * MINUTE)
    wish = Wish(None, 1, (("TEE", 2, "item"), ("SOCK", 1, "gift")), "L1")
    play.cue(0, lambda: buyers.buy(SHOP, 0, wish))
    play.play()
    assert (play.book.sold["TEE"], play.book.sold["SOCK"]) == (2, 1)


def test_the_book_counts_what_a_fact_did_not_find_as_oversold():
    book = Book({"A": 1}, START)
    for number in (1, 2):
        data = {"order": f"{number}", "line": 1, "qty": 1}
        outcome = book.apply(
            number, {"type": "order.placed", "source": "s", "id": f"{number}", "subject": "A", "data": data}
        )
    assert outcome == "short"
    assert (book.available["A"], book.reserved["A"], book.oversold["A"]) == (0, 1, 1)


def test_room_toml_survives_hostile_titles(tmp_path):
    room = RoomConfig(
        id="r",
        name='a "quoted" \\ name',
        timezone="Asia/Shanghai",
        language="zh",
        channels=(Channel(id="c", source="c/1", deduct="pay"),),
        skus=(
            Sku(
                id="A",
                title="[red]卫衣[/] \x7f 😀",
                product="P",
                attrs={"色": "黑", "size": "M"},
                stock=3,
                lead_time=5400,
                substitutes=("B",),
                restock=(
                    RestockSource(source="仓", quantity=5, lead_time=90, counts="confirmed", contact="王姐"),
                ),
            ),
            Sku(id="B", title="B"),
        ),
        listings=(
            Listing(id="L", title="t", slot=1, items=(Item(product="P", qty=2), Item(sku="B", role="gift"))),
        ),
    )
    path = tmp_path / "r.toml"
    path.write_text(room_toml(room, "two\nlines"), encoding="utf-8")
    read = load_room(path)
    assert (read.name, read.skus, read.listings, read.channels) == (
        room.name,
        room.skus,
        room.listings,
        room.channels,
    )
