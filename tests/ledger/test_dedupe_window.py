"""An id is remembered for fourteen days of the decision clock; what comes later meets the meaning of the facts."""

from __future__ import annotations

import pytest
from ledger_making import apply, event, figures
from test_books_state import put_away

from stockwatch.ledger.balances import Books
from stockwatch.ledger.identity import WINDOW_DAYS, entry_of, outcome_of, same_content, seq_of


def day(number: int) -> str:
    return f"2025-{10 + number // 30:02d}-{number % 30 + 1:02d}T12:00:00Z"


def tick(books: Books, number: int) -> None:
    """Two events of a day: the clock believes the second."""
    for n in (1, 2):
        books.apply(event("feed.heartbeat", None, id=f"h{number}-{n}", time_=day(number)))


def opened() -> Books:
    books = Books()
    apply(books, event("stock.counted", document="opening", qty=10, time_=day(0)))
    return books


def paid(**more):
    return event("order.paid", order="o", qty=1, id="p", time_=day(0), **more)


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize(("later", "outcome"), [(0, "duplicate"), (13, "duplicate"), (14, "noop")])
def test_a_delivery_that_repeats_is_known_for_the_window_and_has_no_effect_after_it(later, outcome, away):
    books = opened()
    apply(books, event("order.placed", order="o", qty=1, time_=day(0)), paid())
    for number in range(1, later + 1):
        tick(books, number)
    books = put_away(books) if away else books
    before = figures(books)
    (applied,) = apply(books, paid())
    assert applied.outcome == outcome
    assert applied.original == ("accepted" if outcome == "duplicate" else None)
    assert figures(books) == before
    (again,) = apply(books, paid())
    assert (again.outcome, again.original) == ("duplicate", applied.original or applied.outcome)


def test_one_wild_clock_forgets_nothing():
    books = opened()
    first = event("order.placed", order="o", qty=1, id="x", time_=day(0))
    apply(books, first)
    apply(books, event("feed.heartbeat", None, time_="2031-01-01T00:00:00Z"))
    assert [a.outcome for a in apply(books, first)] == ["duplicate"]
    apply(books, event("feed.heartbeat", None, time_=day(0)))
    apply(books, event("feed.heartbeat", None, time_="2031-01-01T00:00:00Z"))
    assert [a.outcome for a in apply(books, first)] == ["duplicate"]


def test_a_wild_clock_right_after_midnight_forgets_nothing_either():
    books = opened()
    first = event("order.placed", order="o", qty=1, id="x", time_=day(0))
    apply(books, first)
    tick(books, 1)
    apply(books, event("feed.heartbeat", None, time_="2031-01-01T00:00:00Z"))
    assert [a.outcome for a in apply(books, first)] == ["duplicate"]


def test_what_a_day_begins_with_is_remembered_as_long_as_the_day():
    books = opened()
    first = event("order.placed", order="o", qty=1, id="x", time_=day(1))
    apply(books, event("feed.heartbeat", None, time_=day(1)), first)
    # Nothing else happens but that it is delivered again.
    for number in (8, 14):
        again = event("order.placed", order="o", qty=1, id="x", time_=day(number))
        assert [a.outcome for a in apply(books, again, again)] == ["duplicate", "duplicate"]


def test_documents_are_remembered_for_ever():
    books = opened()
    received = event("stock.received", document="R1", qty=5, id="r", time_=day(0))
    apply(books, received)
    for number in range(1, 40):
        tick(books, number)
    assert [a.outcome for a in apply(books, received)] == ["noop"]
    assert figures(books)["on_hand"] == 15


@pytest.mark.parametrize(
    ("seq", "outcome", "as_bytes"),
    [
        (1, "accepted", "0000000000000010fedcba9876543210"),
        (2, "rejected", "0000000000000022fedcba9876543210"),
        (2**60 - 1, "invalid", "fffffffffffffff6fedcba9876543210"),
        (3, None, "000000000000003ffedcba9876543210"),
    ],
)
def test_what_is_kept_of_an_id_stays_as_snapshots_have_it(seq, outcome, as_bytes):
    content = 0xFEDCBA9876543210
    entry = entry_of(content, seq, outcome)
    assert entry.to_bytes(16, "big").hex() == as_bytes
    assert (seq_of(entry), outcome_of(entry)) == (seq, outcome)
    assert same_content(entry, content)
    assert not same_content(entry, 0)


@pytest.mark.parametrize(
    ("now", "outcome"), [("2025-10-14T23:59:59.999999Z", "duplicate"), ("2025-10-15T00:00:00Z", "noop")]
)
def test_the_days_of_the_window_begin_at_midnight_utc(now, outcome):
    books = opened()
    apply(books, event("order.placed", order="o", qty=1, time_=day(0)), paid())
    tick(books, 13)
    for _ in range(2):
        apply(books, event("feed.heartbeat", None, time_=now))
    assert [a.outcome for a in apply(books, paid())] == [outcome]


@pytest.mark.parametrize(
    "days",
    [range(80), [*range(5), *range(12, 80)], [*range(3), *range(18, 80)], range(0, 90, 7)],
    ids=["daily", "closed a week", "closed two weeks", "weekly"],
)
def test_ids_leave_memory_with_their_window(days):
    books = opened()
    books.place = 1_000_000  # in use for long
    for number in days:
        for n in range(50):
            books.apply(event("chat.message", None, id=f"c{number}-{n}", time_=day(number)))
    kept = sum(
        len(ids) for generation in (books._seen.newest, *books._seen.older) for ids in generation.values()
    )
    assert kept <= 50 * sum(number > days[-1] - WINDOW_DAYS * 1.6 for number in days)


def test_a_line_may_leave_memory_with_its_ids_and_not_before():
    books = opened()
    for order, number in (("a", 0), ("b", 6), ("c", 7)):
        tick(books, number)
        apply(books, event("order.placed", order=order, qty=1, time_=day(number)))
        apply(books, event("order.shipped", order=order, time_=day(number)))
    tick(books, 20)
    assert [line.order for line in books.over(10)] == ["a", "b"]


def test_a_line_that_a_day_begins_with_stays_as_long_as_the_day_is_remembered():
    books = opened()
    apply(
        books,
        event("feed.heartbeat", None, time_=day(7)),
        event("order.placed", order="o", qty=1, time_=day(7)),
        event("order.shipped", order="o", time_=day(7)),
    )
    tick(books, 20)
    assert books.over(10) == []
    tick(books, 21)
    assert [line.order for line in books.over(10)] == ["o"]
