"""The Double-11 feed promises a story with exact figures. Proved on the generator's own books, not on the pipeline."""

from itertools import pairwise

import pytest

from stockwatch.drills import double11
from stockwatch.drills.books import Book
from stockwatch.drills.simulator import HOUR, MINUTE

SKU = "HOODIE-CO"
OPENING = {sku.id: sku.stock for sku in double11.room().skus}


@pytest.fixture(scope="module")
def night():
    performance = double11.Double11()
    performance.play()
    return performance


@pytest.fixture(scope="module")
def events(night, measure):
    return measure.parse(night.stage.lines)


@pytest.fixture(scope="module")
def rebooked(measure):
    """The same feed through a fresh book: (receipt in ms, event, outcome, units of the hoodie taken after it)."""

    def again(events, keep=lambda event: True):
        book = Book(OPENING, double11.START)
        rows = []
        for event in filter(keep, events):
            now = round(measure.seconds(event["received"], double11.START) * 1000)
            rows.append((now, event, book.apply(now, event), book.taken(SKU)))
        book.expire(7 * HOUR)
        return book, rows

    return again


def test_seven_hundred_are_sold_and_nothing_is_oversold(events, rebooked):
    book, _ = rebooked(events)
    assert (book.sold[SKU], book.reserved[SKU], book.available[SKU], book.held[SKU]) == (700, 0, 0, 0)
    assert book.received[SKU] == 200
    assert not +book.oversold


def test_every_sku_ends_settled(events, rebooked):
    book, _ = rebooked(events)
    assert not +book.reserved
    assert all(
        book.available[sku] + book.sold[sku] + book.quarantined[sku] == OPENING[sku] + book.received[sku]
        for sku in OPENING
    )


def test_the_hundredth_unit_goes_after_the_surge_begins_even_counting_orders_that_come_to_nothing(
    events, measure
):
    ordered, seen = 0, set()
    for event in events:
        key = event["source"], event["id"]
        if (
            event["type"] in ("order.placed", "order.requested")
            and event["subject"] == SKU
            and key not in seen
        ):
            seen.add(key)
            ordered += event["data"]["qty"]
            if ordered >= 100:
                assert measure.seconds(event["time"], double11.START) * 1000 > double11.SURGE
                break
    assert 2 * HOUR + 40 * MINUTE <= double11.SURGE < 3 * HOUR


def test_demand_is_flat_before_the_surge_and_not_after(events, measure):
    times = measure.order_times(events, double11.START)
    surge = double11.SURGE / 1000
    for sku, instants in times.items():
        assert not measure.naive_surges(instants, surge), f"{sku} looks like a surge in the flat hours"
    first = measure.naive_surges(times[SKU], 3.25 * 3600)[0]
    assert surge < first <= surge + 5 * 60


def test_below_the_safety_line_before_four_and_before_a_hundred_are_left(events, rebooked):
    """Even the slowest reader of the line, its floor of 50, is passed by the sell-out; 100 are left before 4:15."""
    _, rows = rebooked(events)
    left_at_four = 700 - next(taken for now, _, _, taken in reversed(rows) if now <= 4 * HOUR)
    assert 60 <= left_at_four < 100


def test_sold_out_between_four_and_five_after_a_race_of_three_channels(events, rebooked):
    _, rows = rebooked(events)
    at = next(now for now, _, _, taken in rows if taken == 700)
    assert 4 * HOUR < at < 5 * HOUR
    assert {taken for now, _, _, taken in rows if now >= at} == {700}, "nothing comes back after the sell-out"
    winners = [
        (now, event["source"])
        for now, event, outcome, _ in rows
        if event["type"] in ("order.requested", "order.placed")
        and event["subject"] == SKU
        and outcome == "accepted"
    ][-10:]
    assert len({source for _, source in winners}) == 3
    assert winners[-1][0] - winners[0][0] < 10_000
    losers = {
        event["source"]
        for now, event, outcome, _ in rows
        if at < now < at + 10_000 and outcome == "rejected" and event["subject"] == SKU
    }
    assert len(losers) == 3


def test_whoever_asks_after_the_sell_out_is_told_no(events, rebooked):
    _, rows = rebooked(events)
    at = next(now for now, _, _, taken in rows if taken == 700)
    late = [
        (event["type"], outcome)
        for now, event, outcome, _ in rows
        if now > at and event["subject"] == SKU and event["type"] in ("order.requested", "order.placed")
    ]
    refused = late.count(("order.requested", "rejected"))
    assert refused >= 50
    assert refused + late.count(("order.requested", "duplicate")) == len(late)


def test_no_one_is_refused_before_the_race(events, rebooked):
    _, rows = rebooked(events)
    assert all(now >= double11.RACE for now, _, outcome, _ in rows if outcome == "rejected")


def test_the_decisions_come_in_order(events, measure):
    at = {}
    for event in events:
        key = event["type"], event["data"].get("state")
        at.setdefault(key, measure.seconds(event["time"], double11.START) * 1000)
    assert (
        double11.SURGE
        < at["alert.acknowledged", None]
        < at["stock.ordered", "asked"]
        < at["stock.ordered", "confirmed"]
        < at["stock.received", None]
        < at["action.substitute", None]
    )
    actions = [event for event in events if event["type"].startswith("action.")]
    assert {event["type"] for event in actions} == {"action.restock", "action.substitute"}
    assert all(event["data"]["by"] for event in actions)
    pins = [
        event for event in events if event["type"] == "product.pinned" and event["data"]["listing"] == "L5"
    ]
    assert {event["data"]["channel"] for event in pins} == {"taobao", "douyin", "kuaishou"}


def test_without_the_restock_questions_are_refused_and_no_platform_has_sold_what_is_not_there(
    events, rebooked
):
    def keep(event):
        return not event["type"].startswith("stock.") and event["type"] != "action.restock"

    book, rows = rebooked(events, keep)
    assert book.taken(SKU) <= 500
    assert not +book.oversold
    asked = [(event["type"], outcome) for _, event, outcome, _ in rows if event["subject"] == SKU]
    assert asked.count(("order.requested", "rejected")) > 200
    assert ("order.placed", "short") not in asked


def test_the_feed_holds_what_makes_real_feeds_hard(events, rebooked, measure):
    _, rows = rebooked(events)
    outcomes = [outcome for _, _, outcome, _ in rows]
    assert outcomes.count("duplicate") >= 30
    times = [measure.seconds(event["time"], double11.START) for event in events]
    assert sum(later < earlier for earlier, later in pairwise(times)) > 500
    kinds = {event["type"] for event in events}
    assert {"order.cancelled", "order.refunded", "chat.message", "room.viewers", "feed.heartbeat"} <= kinds


def test_six_hours(events, measure):
    assert measure.seconds(events[0]["time"], double11.START) == 0
    assert 5.9 * 3600 < measure.seconds(events[-1]["received"], double11.START) <= 6 * 3600
