"""The work list: what a person should look at is on it until it is over or somebody has resolved it."""

from __future__ import annotations

import random

import msgspec
import pytest
from ledger_making import apply, books_with, event, figures
from test_plain_lines import random_event

from stockwatch.ledger import exceptions
from stockwatch.ledger.balances import Books
from stockwatch.ledger.exceptions import KEPT
from stockwatch.ledger.figures import Trouble


def kinds(books: Books) -> list[str]:
    return [one.kind for one in books.exceptions()]


def only(books: Books) -> Trouble:
    (one,) = books.exceptions()
    return one


def resolve(books: Books, one: Trouble) -> None:
    apply(books, event("action.resolved", None, exception=one.key, by="小林", note="补发"))


def test_a_short_line_is_on_it_until_units_cover_it():
    books = books_with(2)
    apply(books, event("order.placed", order="o1", qty=5))
    one = only(books)
    assert (one.kind, one.sku, one.order, one.line, one.detail) == ("short", "A", "o1", 1, "A: 3 short")
    apply(books, event("stock.received", qty=1))
    assert only(books).detail == "A: 2 short", "it says what is missing now"
    apply(books, event("stock.received", qty=2))
    assert books.exceptions() == []


def test_a_line_that_a_count_strips_is_on_it():
    books = books_with(5)
    apply(books, event("order.placed", order="o1", qty=2), event("order.placed", order="o2", qty=2))
    assert books.exceptions() == []
    count = event("stock.counted", qty=3)
    apply(books, count)
    one = only(books)
    assert (one.kind, one.order, one.id, one.detail) == ("short", "o2", count.id, "A: 1 short")


def test_a_count_of_an_earlier_moment_that_a_late_movement_corrects_strips_lines_too():
    books = books_with(3)
    apply(
        books,
        event("stock.counted", qty=3, as_of="2025-11-11T20:00:10+08:00", time_="2025-11-11T20:01:00+08:00"),
    )
    apply(books, event("order.placed", order="o1", qty=3))
    # Arrived late: of a moment before the count, which had seen it.
    apply(books, event("stock.received", qty=2, time_="2025-11-11T20:00:05+08:00"))
    apply(books, event("stock.adjusted", qty=-1, time_="2025-11-11T20:02:00+08:00"))
    one = only(books)
    assert (one.kind, one.order, one.detail) == ("short", "o1", "A: 1 short")


@pytest.mark.parametrize("more", [{}, {"items": [{"sku": "A", "qty": 1}]}], ids=["plain", "items"])
def test_a_line_that_lacks_units_as_a_count_had_seen_a_return_already_is_on_it(more):
    books = books_with(2)
    apply(books, event("order.placed", order="o1", qty=1, **more), event("order.shipped", order="o1"))
    apply(
        books,
        event("stock.counted", qty=1, as_of="2025-11-11T20:00:10+08:00", time_="2025-11-11T20:01:00+08:00"),
        event("order.placed", order="o2", qty=1),
    )
    assert books.exceptions() == []
    apply(books, event("order.refunded", order="o1", time_="2025-11-11T20:00:05+08:00"))
    one = only(books)
    assert (one.kind, one.order, one.detail) == ("short", "o2", "A: 1 short")
    assert books.stock("A").on_hand == 1


def test_a_line_that_a_receipt_of_an_earlier_moment_leaves_short_is_on_it_though_it_covers_another():
    books = books_with(1)
    early, counted = "2025-11-11T20:00:05+08:00", "2025-11-11T20:00:10+08:00"
    apply(
        books,
        event("stock.counted", qty=1, as_of=counted, time_="2025-11-11T20:00:20+08:00"),
        event("order.placed", order="o1", qty=1),
        event("order.expired", order="o1"),
        event("order.placed", order="o2", qty=1),
        event("order.paid", order="o1"),
    )
    assert [one.order for one in books.exceptions() if one.kind == "short"] == ["o1"]
    apply(books, event("stock.received", qty=1, time_=early))
    assert [one.order for one in books.exceptions() if one.kind == "short"] == ["o2"], "the count had seen it"
    books.check()


def test_a_line_that_an_order_changed_to_another_sku_before_a_count_leaves_short_is_on_it():
    books = books_with(2, "A", "B")
    apply(
        books,
        event("order.placed", order="gone", qty=1),
        event("order.shipped", order="gone"),
        event("stock.counted", qty=1, as_of="2025-11-11T20:00:10+08:00", time_="2025-11-11T20:00:20+08:00"),
        event("order.placed", order="o1", qty=1),
        event("order.expired", order="o1"),
        event("order.placed", order="o2", qty=1),
        event("order.paid", order="o1"),
    )
    assert [one.order for one in books.exceptions() if one.kind == "short"] == ["o1"]
    apply(books, event("order.changed", order="gone", to="B", time_="2025-11-11T20:00:05+08:00"))
    assert [one.order for one in books.exceptions() if one.kind == "short"] == ["o2"], "the count had seen it"
    assert (books.stock("A").on_hand, books.stock("B").on_hand) == (1, 1)


def test_a_resolved_shortfall_comes_back_when_a_count_deepens_it():
    books = books_with(2)
    apply(books, event("order.placed", order="o1", qty=3))
    resolve(books, only(books))
    assert books.exceptions() == []
    apply(books, event("stock.counted", qty=0, time_="2025-11-11T20:02:00+08:00"))
    one = only(books)
    assert (one.kind, one.order, one.detail) == ("short", "o1", "A: 3 short")


def test_a_resolved_shortfall_stays_resolved_while_documents_take_nothing_more_of_it():
    books = books_with(2)
    apply(books, event("order.placed", order="o1", qty=2), event("stock.counted", qty=1))
    resolve(books, only(books))
    apply(
        books,
        event("stock.inspected", ok=1, written_off=0),
        event("stock.counted", qty=1),
        event("order.placed", order="o2", qty=1),
    )
    assert [one.order for one in books.exceptions()] == ["o2"], "which takes nothing of the first"
    apply(books, event("stock.adjusted", qty=-1))
    assert [(one.order, one.detail) for one in books.exceptions()] == [
        ("o2", "A: 1 short"),
        ("o1", "A: 2 short"),
    ]


def test_a_resolved_shortfall_stays_resolved_where_a_document_gives_back_what_it_took():
    books = books_with(2)
    apply(
        books,
        event("stock.counted", qty=2, as_of="2025-11-11T20:00:10+08:00", time_="2025-11-11T20:00:20+08:00"),
        event("order.placed", order="o1", qty=3),
    )
    resolve(books, only(books))
    # Of a moment before the other count, which stands: what this one takes away is back at once.
    apply(books, event("stock.counted", qty=0, time_="2025-11-11T20:00:05+08:00"))
    assert figures(books) == {"reserved": 2, "shortfall": 1, "oversold": 3, "on_hand": 2}
    assert books.exceptions() == []


def test_a_receipt_that_a_count_had_seen_opens_nothing_and_costs_nobody_his_turn():
    books = books_with(1)
    apply(
        books,
        event("stock.counted", qty=1, as_of="2025-11-11T20:00:10+08:00", time_="2025-11-11T20:00:20+08:00"),
        event("order.placed", order="o1", qty=2, time_="2025-11-11T20:01:00+08:00"),
        event("order.placed", order="o2", qty=1, time_="2025-11-11T20:01:01+08:00"),
    )
    for one in books.exceptions():
        resolve(books, one)
    apply(books, event("stock.received", qty=1, time_="2025-11-11T20:00:05+08:00"))
    assert books.exceptions() == []
    apply(books, event("stock.received", qty=1, time_="2025-11-11T20:02:00+08:00"))
    apply(books, event("order.shipped", order="o1", time_="2025-11-11T20:03:00+08:00"))
    assert figures(books)["shipped"] == 2, "what really came was for the one who has waited longest"


def test_every_line_that_one_count_strips_is_on_it_and_no_other():
    books = books_with(4, "A", "B")
    apply(books, *[event("order.placed", order=f"o{n}", qty=1) for n in range(4)])
    apply(books, event("order.placed", "B", order="b", qty=5))
    resolve(books, only(books))
    apply(books, event("stock.counted", qty=2))
    assert sorted(one.order for one in books.exceptions()) == ["o2", "o3"]


def test_a_bundle_that_a_count_of_one_of_its_skus_strips_comes_back():
    books = books_with(2, "A", "B")
    items = [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 2}]
    apply(books, event("order.placed", None, order="o1", qty=2, items=items))
    assert only(books).detail == "B: 2 short"
    resolve(books, only(books))
    apply(books, event("stock.counted", qty=1))
    assert only(books).detail == "A: 1 short, B: 2 short"


def test_a_line_loses_paid_units_to_a_count_only_when_no_reservation_is_left():
    books = books_with(3)
    apply(books, event("order.placed", order="o1", qty=2), event("order.paid", order="o1", qty=1))
    apply(books, event("order.placed", order="o2", qty=1))
    seen = []
    for qty in (2, 1, 0):
        apply(books, event("stock.counted", qty=qty))
        seen.append((books.stock("A").sold, [(one.order, one.detail) for one in books.exceptions()]))
    assert seen == [
        (1, [("o2", "A: 1 short")]),
        (1, [("o2", "A: 1 short"), ("o1", "A: 1 short")]),
        (0, [("o2", "A: 1 short"), ("o1", "A: 2 short")]),
    ]
    assert figures(books) == {"shortfall": 3, "oversold": 3}


def test_a_payment_without_its_order_is_an_orphan_until_the_order_comes():
    books = books_with(5)
    apply(books, event("order.paid", None, order="o1"))
    one = only(books)
    assert (one.kind, one.order, one.sku, one.units) == ("orphan", "o1", None, 0)
    apply(books, event("order.placed", order="o1", qty=1))
    assert books.exceptions() == []


def test_money_due_is_on_it_until_the_refund():
    books = books_with(5)
    apply(
        books,
        event("order.placed", order="o1", qty=2),
        event("order.paid", order="o1"),
        event("order.cancelled", order="o1"),
    )
    one = only(books)
    assert (one.kind, one.detail) == ("money_due", "2 paid and cancelled, not refunded")
    apply(books, event("order.refunded", order="o1", qty=1))
    assert only(books).detail == "1 paid and cancelled, not refunded"
    apply(books, event("order.refunded", order="o1", qty=1))
    assert books.exceptions() == []


def test_a_hold_that_found_too_little_is_on_it_until_the_rest_is_held():
    books = books_with(2)
    apply(books, event("stock.held", qty=5))
    assert kinds(books) == ["waiting_stock"]
    apply(books, event("stock.received", qty=3))
    assert books.exceptions() == []


def test_a_sku_that_only_orders_name_is_on_it_until_a_document_names_it():
    books = books_with(5)
    apply(books, event("order.placed", "NEW", order="o1", qty=1))
    assert kinds(books) == ["unknown_sku", "short"]
    unknown = books.exceptions()[0]
    assert (unknown.seq, unknown.at_us, unknown.units) == (0, 0, 0), "it is of no single event and no figure"
    assert (books.knows("NEW"), books.knows("A")) == (False, True)
    apply(books, event("stock.received", "NEW", qty=1))
    assert books.exceptions() == []
    assert books.knows("NEW")


def test_a_conflict_stays_until_somebody_resolves_it_and_comes_back_when_told_again():
    books = books_with(5)
    apply(books, event("order.placed", order="o1", qty=2, id="x"))
    other = event("order.placed", order="o1", qty=3, id="x")
    apply(books, other)
    one = only(books)
    assert (one.kind, one.id, one.count) == ("conflict", "x", 1)
    resolve(books, one)
    assert books.exceptions() == []
    apply(books, other)
    assert (only(books).key, only(books).count) == (one.key, 1)
    apply(books, other)
    assert only(books).count == 2, "it says how often"


def test_a_payment_after_expiry_stays_until_somebody_resolves_it():
    books = books_with(1)
    apply(
        books,
        event("order.placed", order="o1", qty=1),
        event("order.expired", order="o1"),
        event("order.paid", order="o1"),
    )
    assert kinds(books) == ["late"]
    resolve(books, only(books))
    assert books.exceptions() == []


def test_a_resolved_shortfall_comes_back_when_it_grows():
    books = books_with(1)
    apply(books, event("order.placed", order="o1", qty=2))
    resolve(books, only(books))
    assert books.exceptions() == []
    apply(books, event("order.placed", order="o2", qty=1))
    assert only(books).order == "o2"
    apply(
        books, event("stock.adjusted", qty=-1), event("stock.received", qty=9), event("stock.counted", qty=0)
    )
    assert [one.order for one in books.exceptions()] == ["o1", "o2"]


def test_resolving_what_is_not_there_does_nothing():
    books = books_with(5)
    apply(books, event("action.resolved", None, exception="conflict:shop:nothing", by="小林"))
    apply(books, event("action.resolved", None, exception=7, by="小林"))
    assert books.exceptions() == []


def test_a_shortfall_can_be_resolved_beside_a_conflict_that_stays():
    books = books_with(1)
    apply(books, event("order.placed", order="o1", qty=2), event("order.placed", order="o1", qty=3))
    short, conflict = books.exceptions()
    resolve(books, short)
    assert books.exceptions() == [conflict]


def test_a_count_of_one_sku_opens_nothing_that_was_resolved_of_another():
    books = books_with(1, "A", "B")
    apply(books, event("order.placed", "B", order="o1", qty=2), event("order.placed", order="o2", qty=1))
    resolve(books, only(books))
    apply(books, event("stock.counted", qty=0))
    assert only(books).order == "o2"


def test_of_what_was_resolved_the_latest_is_remembered(monkeypatch):
    monkeypatch.setattr(exceptions, "KEPT", 5)
    books = books_with(1)
    apply(books, event("order.placed", order="o1", qty=2))
    short = only(books)
    others = [msgspec.structs.replace(short, key=f"short:shop:gone:{n}") for n in range(9)]
    resolve(books, others[0])
    for one in (short, *others[1:4], short, *others[4:8]):
        resolve(books, one)
        assert books.exceptions() == []
    resolve(books, others[8])
    assert books.exceptions() == [short]


def test_a_flood_of_conflicts_is_bounded_and_says_so():
    books = books_with(5)
    for number in range(KEPT + 3):
        books.apply(event("order.placed", order="o1", qty=1, id=f"c{number}"))
        books.apply(event("order.placed", order="o1", qty=2, id=f"c{number}"))
    assert len(books.exceptions()) == KEPT
    assert books.exceptions_forgotten == 3
    assert books.exceptions()[0].id == "c3"


def test_many_shortfalls_that_were_covered_leave_the_list_lean():
    books = books_with(0)
    for number in range(5000):
        books.apply(event("order.placed", order=f"o{number}", qty=1))
        books.apply(event("stock.received", qty=1))
    assert len(books._orders.watch._lines["short"]) <= 1024
    books.check()


def test_how_many_there_are_is_the_length_of_the_list():
    for seed in range(8):
        random_ = random.Random(seed)
        books = Books({"payshop": ("payshop", "pay")})
        for number in range(150):
            books.apply(random_event(random_, number))
            if number % 40 == 39 and (found := books.exceptions()):
                resolve(books, random_.choice(found))
            assert books.exceptions_open() == len(books.exceptions())
        assert books.exceptions_open() > 3


@pytest.mark.parametrize("kind", ["short", "conflict"])
def test_resolving_one_of_a_source_with_colons_leaves_another_of_that_look(kind):
    books = books_with(1)
    for source, name in (("urn:shop", "a"), ("urn", "shop:a"), ("urn%3Ashop", "a")):
        for qty in (9, 8) if kind == "conflict" else (9,):
            books.apply(event("order.placed", source=source, order=name, id=name, qty=qty))
    keys = [one.key for one in books.exceptions() if one.kind == kind]
    assert len(keys) == len(set(keys)) == 3
    for left in (2, 1, 0):
        apply(books, event("action.resolved", None, exception=keys[left], by="小林"))
        assert [one.key for one in books.exceptions() if one.kind == kind] == keys[:left]
