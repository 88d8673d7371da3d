"""The apparel feed promises calm outside its named surges, and every trouble a feed can bring. Proved on its lines."""

from collections import Counter

import pytest

from stockwatch.drills import apparel
from stockwatch.drills import apparel_plan as plan
from stockwatch.drills.books import Book
from stockwatch.drills.simulator import MINUTE


@pytest.fixture(scope="module")
def shop():
    performance = apparel.Apparel()
    performance.play()
    return performance


@pytest.fixture(scope="module")
def events(shop, measure):
    return measure.parse(shop.stage.lines)


def test_books_add_up_and_facts_always_find_their_units(shop, events, measure):
    book = Book(shop.stock, plan.START)
    outcomes = Counter(
        book.apply(round(measure.seconds(event["received"], plan.START) * 1000), event) for event in events
    )
    book.expire(plan.END + 60 * MINUTE)
    assert not +book.oversold
    assert "short" not in outcomes
    assert outcomes["duplicate"] / len(events) > 0.01
    assert outcomes["rejected"] > 5
    for sku, opening in shop.stock.items():
        parts = (book.available, book.held, book.reserved, book.sold, book.quarantined)
        assert sum(part[sku] for part in parts) == opening + book.received[sku]


def test_the_room_is_of_middle_size(shop, events):
    room = shop.room()
    assert len(room.listings) == 60
    assert 400 <= len(room.skus) <= 1200
    assert len(room.channels) == 3
    orders = {(e["source"], e["id"]) for e in events if e["type"] in ("order.placed", "order.requested")}
    assert 10 <= len(orders) / 180 <= 40
    sized = [link for link in shop.goods.links if link.product and not link.bundle]
    middle = sum(
        share for link in sized for sku, share in link.variants.items() if sku.endswith(("-M", "-L"))
    )
    assert 0.55 <= middle / len(sized) <= 0.65


def test_sales_look_like_no_surge_outside_the_named_ones(shop, events, measure):
    """The article's rule on every SKU, second by second: it may only be met inside a named surge of that SKU."""
    named = {}
    for surge in shop.surges()["surges"]:
        begin, end = (measure.seconds(surge[key], plan.START) for key in ("begin", "end"))
        named.update(dict.fromkeys(surge["skus"], (begin, end)))
    met = set()
    for sku, instants in measure.order_times(events, plan.START).items():
        for now in measure.naive_surges(instants, plan.END / 1000):
            assert sku in named, f"{sku} looks like a surge at {now}"
            assert named[sku][0] < now < named[sku][1], f"{sku} looks like a surge at {now}"
            met.add(sku)
    assert len(met) >= 8, "the named surges are there to be seen"


def test_presentations_lift_their_links(shop, events, measure):
    """Together, links sell some three times as fast while they are presented: true, but small for each SKU."""
    inside = 0
    for event in events:
        if event["type"] not in ("order.placed", "order.requested"):
            continue
        at = measure.seconds(event["time"], plan.START) * 1000
        inside += any(
            link.id == event["data"]["listing"] and begin <= at < begin + dwell
            for link, begin, dwell, factor in shop.presentations
            if factor is not None
        )
    calm = sum(
        link.rate * dwell / MINUTE for link, _, dwell, factor in shop.presentations if factor is not None
    )
    assert inside > 3 * calm


def test_calm_skus_never_run_low(shop, events, measure):
    """At the end a calm SKU could sell on for hours: no alert about stock would be true."""
    book = Book(shop.stock, plan.START)
    for event in events:
        book.apply(round(measure.seconds(event["received"], plan.START) * 1000), event)
    surging = {sku for surge in plan.SURGES for sku in shop.goods.link(surge.slot).variants}
    rates = shop.goods.rate_of()
    for sku, left in book.available.items():
        if sku not in surging:
            assert left >= 30 + rates[sku] * 60, f"{sku} has {left} left"


def test_the_ramp_empties_the_best_sizes(shop):
    gone = {sku for sku in shop.goods.link(plan.RAMP).variants if shop.book.available[sku] == 0}
    assert {shop.goods.attrs[sku]["码"] for sku in gone} == {"M", "L"}


def test_a_silent_feed_catches_up_with_true_times_and_another_loses_orders(shop, events, measure):
    gaps = [event for event in events if event["type"] == "feed.gap"]
    assert [gap["source"] for gap in gaps] == ["douyin/room-2204", "taobao/shop-88"]
    silent, lost = (
        [measure.seconds(gap["data"][key], plan.START) for key in ("since", "until")] for gap in gaps
    )
    received = [
        (measure.seconds(e["received"], plan.START), measure.seconds(e["time"], plan.START), e["type"])
        for e in events
        if e["source"] == "douyin/room-2204"
    ]
    assert not [at for at, _, _ in received if silent[0] <= at < silent[1]]
    burst = [kind for at, _, kind in received if silent[1] <= at < silent[1] + 21]
    assert burst.index("feed.gap") == 0
    caught_up = [
        happened
        for at, happened, kind in received
        if kind == "order.placed" and silent[0] < happened < silent[1]
    ]
    assert len(caught_up) > 20
    taobao = [e for e in events if e["source"] == "taobao/shop-88"]
    placed = [measure.seconds(e["time"], plan.START) for e in taobao if e["type"] == "order.placed"]
    assert not [at for at in placed if lost[0] <= at < lost[1] - 6]
    opened = {e["data"]["order"] for e in taobao if e["type"] in ("order.placed", "order.requested")}
    orphans = {e["data"]["order"] for e in taobao if e["type"] == "order.paid"} - opened
    assert orphans, "payments of lost orders still come"


def test_it_holds_what_rooms_hold(events):
    kinds = Counter(event["type"] for event in events)
    for kind in (
        "stock.held",
        "stock.unheld",
        "order.changed",
        "order.refunded",
        "action.restock",
        "room.viewers",
    ):
        assert kinds[kind] >= 2, kind
    roles = Counter(
        item["role"] for e in events if e["type"] == "order.placed" for item in e["data"].get("items", ())
    )
    assert roles["gift"] > 20
    assert any(item["qty"] == 2 for e in events for item in e["data"].get("items", ()))
    texts = " ".join(e["data"]["text"] for e in events if e["type"] == "chat.message")
    assert "还有吗" in texts
    assert "券还有没有" in texts


def test_receipt_only_goes_forward(events):
    stamps = [event["received"] for event in events]
    assert stamps == sorted(set(stamps))
