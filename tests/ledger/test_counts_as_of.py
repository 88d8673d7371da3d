"""A count is as of a moment: what moved since then goes on top, what the counter had seen is not taken off twice."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_making import apply, books_with, event, figures, outcomes, raw

from stockwatch.events import Event, decode
from stockwatch.ledger.balances import Books
from stockwatch.ledger.moments import KEPT_S, Moments


def at(minute: int) -> str:
    return f"2025-11-11T20:{minute:02d}:00+08:00"


def ship(order: str, minute: int, qty: int = 1):
    return event("order.shipped", order=order, qty=qty, id=f"s-{order}", time_=at(minute))


def receive(document: str, minute: int, qty: int):
    return event("stock.received", document=document, qty=qty, id=f"r-{document}", time_=at(minute))


def count(qty: int, as_of: int, entered: int, document: str = "count"):
    return event(
        "stock.counted", document=document, qty=qty, as_of=at(as_of), id=f"c-{document}", time_=at(entered)
    )


def test_orders_between_the_moment_and_the_entry_stay_reserved_and_shipments_are_accounted_for():
    books = books_with(100)
    apply(books, event("order.placed", order="a", qty=40, time_=at(1)))
    apply(books, event("order.placed", order="b", qty=20, time_=at(6)), ship("a", 7, 40))
    # At 20:05 there were 98 in the warehouse; entered at 20:10, when 40 had left.
    assert outcomes(books, count(98, 5, 10)) == ["accepted"]
    assert figures(books) == {"on_hand": 58, "available": 38, "reserved": 20, "sold": 40, "shipped": 40}


def test_a_shipment_that_the_counter_had_seen_but_the_ledger_had_not_is_not_taken_off_twice():
    books = books_with(100)
    apply(books, event("order.placed", order="a", qty=10, time_=at(1)))
    apply(books, count(90, 5, 6))
    assert figures(books)["available"] == 80, "ten are reserved, ten are missing as far as anyone knows"
    apply(books, ship("a", 4, 10))
    assert figures(books) == {"on_hand": 90, "available": 90, "sold": 10, "shipped": 10}


def test_a_receipt_that_was_counted_already_adds_nothing():
    books = books_with(100)
    apply(books, count(130, 5, 6))
    apply(books, receive("late", 4, 30))
    assert figures(books) == {"on_hand": 130, "available": 130}
    apply(books, receive("new", 7, 5))
    assert figures(books)["on_hand"] == 135


def test_the_later_moment_stands_whichever_is_entered_first():
    for order in itertools.permutations(
        [count(70, 5, 20, "old"), count(90, 15, 16, "new"), receive("r", 10, 50)]
    ):
        books = books_with(100)
        apply(books, *order)
        assert figures(books)["on_hand"] == 90
    books = books_with(100)
    assert outcomes(books, count(90, 15, 16, "new"), count(70, 5, 20, "old")) == ["accepted", "noop"]


def test_a_second_count_of_the_same_moment_corrects_the_first():
    books = books_with(100)
    apply(books, receive("r", 7, 5))
    assert outcomes(books, count(70, 5, 8, "one"), count(72, 5, 9, "two")) == ["accepted", "accepted"]
    assert figures(books)["on_hand"] == 77


def test_a_moment_too_long_ago_is_refused_with_the_reason_and_changes_nothing():
    books = books_with(5000)
    before = None
    for n in range(1100):
        day, minute = divmod(n, 60)
        time = f"2025-11-{1 + day:02d}T20:{minute:02d}:00+08:00"
        apply_one = event("order.shipped", order=f"o{n}", qty=1, time_=time)
        books.apply(apply_one)
    before = figures(books)
    old = event(
        "stock.counted",
        document="c",
        qty=1,
        as_of="2025-11-02T20:00:00+08:00",
        time_="2025-11-19T20:00:00+08:00",
    )
    (applied,) = apply(books, old)
    assert applied.outcome == "conflict"
    assert "7 days" in applied.reason
    assert figures(books) == before


def test_a_count_without_a_moment_is_of_the_moment_it_comes():
    books = books_with(100)
    apply(books, event("stock.counted", document="c", qty=80, time_=at(5)), ship("a", 4, 10))
    assert figures(books)["on_hand"] == 70


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("ship"), st.integers(0, 50), st.integers(1, 3)),
            st.tuples(st.just("receive"), st.integers(0, 50), st.integers(1, 9)),
            st.tuples(st.just("count"), st.integers(0, 50), st.integers(200, 300)),
            st.tuples(st.just("scrap"), st.integers(0, 50), st.integers(1, 2)),
        ),
        min_size=1,
        max_size=7,
        unique_by=lambda what: (what[0] == "count", what[1]),
    ),
    st.randoms(use_true_random=False),
)
def test_on_hand_is_the_latest_count_and_what_moved_after_it_in_any_order_of_arrival(told, random_):
    events, moved, counts = [], [(-1, 250)], []
    for n, (kind, minute, units) in enumerate(told):
        if kind == "ship":
            events.append(ship(f"o{n}", minute, units))
            moved.append((minute, -units))
        elif kind == "receive":
            events.append(receive(f"d{n}", minute, units))
            moved.append((minute, units))
        elif kind == "scrap":
            events.append(event("stock.adjusted", document=f"d{n}", qty=-units, id=f"x{n}", time_=at(minute)))
            moved.append((minute, -units))
        else:
            events.append(count(units, minute, min(59, minute + random_.randrange(9)), f"d{n}"))
            counts.append((minute, units))
    moment, base = max(counts, default=(-2, 0))
    want = base + sum(units for minute, units in moved if minute > moment)
    for _ in range(4):
        random_.shuffle(events)
        books = Books()
        apply(books, event("stock.counted", document="opening", qty=250, time_="2025-11-11T19:00:00+08:00"))
        apply(books, *events)
        assert books.stock("A").on_hand == want


@pytest.mark.parametrize("pool", ["spot", "presale"])
def test_each_place_has_moments_of_its_own(pool):
    books = books_with(100)
    apply(books, event("stock.counted", document="p", qty=7, as_of=at(5), time_=at(6), pool="presale"))
    apply(books, event("order.shipped", order="o", qty=2, time_=at(4), pool=pool))
    assert books.balances()["A", "main", "presale"].on_hand == 7
    assert books.stock("A").on_hand == (98 if pool == "spot" else 100)


def test_a_count_whose_later_movements_leave_less_than_nothing_leaves_nothing():
    books = books_with(5)
    apply(
        books,
        event("order.placed", order="o", qty=3),
        event("order.shipped", order="o", time_="2025-11-11T21:00:00+08:00"),
    )
    apply(
        books,
        event("stock.counted", qty=1, as_of="2025-11-11T20:30:00+08:00", time_="2025-11-11T22:00:00+08:00"),
    )
    assert books.stock("A").on_hand == 0


@pytest.mark.parametrize(("second", "left"), [(29, 4), (30, 4), (31, 6)])
def test_what_moves_in_the_second_of_a_count_was_seen_by_it(second, left):
    """Whether it is told before the count or after it."""
    received = event("stock.received", qty=2, time_=f"2025-11-11T20:00:{second}+08:00")
    count = event(
        "stock.counted", qty=4, as_of="2025-11-11T20:00:30+08:00", time_="2025-11-11T20:05:00+08:00"
    )
    for facts in ((received, count), (count, received)):
        books = books_with(9)
        apply(books, *facts)
        assert books.stock("A").on_hand == left


def test_a_count_told_long_ago_is_refused_whatever_moment_it_names():
    """It can't be of a moment after it was told: a message that lay for weeks with a wrong `as_of` stops no writer."""
    books = books_with(9)
    apply(books, event("stock.received", qty=1, time_="2025-11-20T10:00:00+08:00"))
    told = event("stock.counted", qty=4, as_of="2025-11-20T09:00:00+08:00", time_="2025-11-01T09:00:00+08:00")
    before = figures(books)
    (applied,) = apply(books, told)
    assert applied.outcome == "conflict"
    assert "time 2025-11-01T09:00:00+08:00" in applied.reason
    assert figures(books) == before


def test_what_was_opened_with_lay_there_when_somebody_counted_before_the_ledger_began():
    books = Books()
    apply(books, event("stock.counted", document="opening", qty=500, time_=at(10)), receive("r", 12, 7))
    assert outcomes(books, count(480, 5, 15)) == ["accepted"]
    assert figures(books)["on_hand"] == 487
    apply(books, ship("early", 4, 3), ship("late", 6, 3))
    assert figures(books)["on_hand"] == 484


def test_a_count_without_a_moment_stands_against_one_of_an_earlier_moment_whichever_comes_first():
    plain = event("stock.counted", document="plain", qty=80, time_=at(10))
    for told in itertools.permutations([plain, count(98, 5, 15)]):
        books = books_with(100)
        apply(books, *told)
        assert figures(books)["on_hand"] == 80
    assert outcomes(books, count(70, 12, 16, "later")) == ["accepted"]
    assert figures(books)["on_hand"] == 70


TIME_TO_COME, CAME_US = "2062-11-11T20:00:00+08:00", 1_762_862_400_000_000  # 2025-11-11T20:00:00+08:00


def came(type_: str, **data):
    made = decode(raw(type_, **data), CAME_US)
    assert isinstance(made, Event)
    return made


def test_a_movement_said_to_come_does_not_keep_anyone_from_counting():
    books = books_with(9)
    apply(books, came("order.shipped", order="o", qty=2, time_=TIME_TO_COME))
    assert outcomes(books, came("stock.counted", qty=5, as_of=at(5), time_=at(5))) == ["accepted"]
    assert figures(books)["on_hand"] == 5


def test_a_count_as_of_a_time_to_come_is_of_the_moment_it_came():
    """Else nothing that moves until then would change what is on hand."""
    books = books_with(9)
    apply(books, came("stock.counted", qty=8, as_of=TIME_TO_COME, time_=TIME_TO_COME))
    apply(books, came("order.shipped", order="o", qty=3, time_=at(1)))
    assert figures(books) == {"on_hand": 5, "available": 5, "sold": 3, "shipped": 3}


def test_a_clock_that_is_some_days_ahead_is_believed():
    books = books_with(9)
    apply(books, came("order.shipped", order="o", qty=2, time_="2025-11-17T20:00:00+08:00"))
    apply(
        books, came("stock.counted", qty=9, as_of="2025-11-14T20:00:00+08:00", time_="2025-11-16T20:00:00Z")
    )
    assert figures(books)["on_hand"] == 7


@pytest.mark.parametrize(("moment", "outcome"), [("10:00:00", "accepted"), ("09:59:59", "conflict")])
def test_the_moment_may_be_a_week_before_the_latest_movement_to_the_second(moment, outcome):
    books = books_with(9)
    apply(books, event("stock.received", qty=1, time_="2025-11-20T10:00:00+08:00"))
    as_of, now = f"2025-11-13T{moment}+08:00", "2025-11-20T11:00:00+08:00"
    told = event("stock.counted", qty=4, as_of=as_of, time_=now)
    assert outcomes(books, told) == [outcome]


def test_a_week_is_counted_from_the_latest_movement():
    books = books_with(9)
    apply(books, event("stock.received", qty=1, time_="2025-11-12T10:00:00+08:00"))
    apply(books, event("stock.received", qty=1, time_="2025-11-20T10:00:00+08:00"))
    late = event("stock.counted", qty=4, as_of="2025-11-12T12:00:00+08:00", time_="2025-11-20T11:00:00+08:00")
    known = event(
        "stock.counted", qty=4, as_of="2025-11-14T12:00:00+08:00", time_="2025-11-20T12:00:00+08:00"
    )
    assert [one.outcome for one in apply(books, late, known)] == ["conflict", "accepted"]


def test_movements_of_no_more_than_a_week_and_a_little_are_kept():
    moments, minutes = Moments(), 30 * 1440
    for minute in range(minutes):
        moments.add(minute * 60, 1)
    assert len(moments.seconds) <= KEPT_S // 60 + 1024
    assert moments.on_hand() == minutes
    assert moments.after((minutes - 1440) * 60 - 1) == 1440
    moments.add(60, -5)
    assert moments.on_hand() == minutes - 5, "one told weeks late adds up too"


@pytest.mark.parametrize("many", [2, 1023, 1024, 1025, 2048])
def test_a_whole_week_may_be_asked_for_however_many_movements_there_were(many):
    moments, latest = Moments(), KEPT_S + 5000
    for second in range(many - 1):
        moments.add(second, 1)
    moments.add(latest, 7)
    assert moments.after(latest - KEPT_S) == 7
    assert moments.after(latest - KEPT_S - 1) is None
