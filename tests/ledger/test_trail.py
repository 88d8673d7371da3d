"""The audit trail: what each event moved, by whom and why, exactly."""

from __future__ import annotations

import random

import pytest
from ledger_making import books_with, event
from test_plain_lines import SKUS, random_event

from stockwatch.ledger.balances import Books
from stockwatch.ledger.trail import BUCKETS, Movement, Trail


def followed(books: Books) -> list[Movement]:
    """The rows that appear here as events are applied."""
    trail, rows = Trail(books), []
    books.follow = lambda applied: rows.extend(trail.take(applied))
    return rows


def brief(row: Movement) -> tuple[str | None, dict[str, int]]:
    return row.sku, {name: getattr(row, name) for name in (*BUCKETS, "in_transit") if getattr(row, name)}


def test_a_row_says_when_which_message_by_whom_and_why():
    books = books_with(10)
    rows = followed(books)
    counted = event("stock.counted", qty=8, document="盘1", by="仓管老王", reason="月底盘点", id="c1")
    books.apply(counted)
    (row,) = rows
    assert (row.seq, row.id, row.document, row.by, row.reason) == (2, "c1", "盘1", "仓管老王", "月底盘点")
    assert (row.available, row.left, row.on_hand, row.moved) == (-2, 8, 8, True)


def test_a_bundle_has_a_row_for_each_of_its_skus():
    books = books_with(10, "A", "B")
    rows = followed(books)
    items = [{"sku": "A", "qty": 2}, {"sku": "B", "qty": 1}]
    books.apply(event("order.placed", None, order="o", qty=3, items=items))
    assert [brief(row) for row in rows] == [
        ("A", {"available": -6, "reserved": 6}),
        ("B", {"available": -3, "reserved": 3}),
    ]


def test_members_of_a_group_each_show_what_they_took():
    books = books_with(10)
    rows = followed(books)
    for number, qty in ((1, 2), (2, 5)):
        books.apply(
            event("order.requested", order=f"o{number}", qty=qty, atomic="g", atomic_of=2, id=f"r{number}")
        )
    assert [(row.id, row.reserved, row.left) for row in rows] == [("r1", 2, 8), ("r2", 5, 3)]


def test_units_that_a_receipt_gives_to_a_short_line_show_on_the_receipt():
    books = books_with(0)
    books.apply(event("order.placed", order="o", qty=2))
    rows = followed(books)
    books.apply(event("stock.received", qty=3))
    assert [brief(row) for row in rows] == [("A", {"available": 1, "reserved": 2, "shortfall": -2})]


def test_what_was_refused_or_contradicts_leaves_a_row_with_its_reason():
    books = books_with(1)
    rows = followed(books)
    books.apply(event("order.requested", order="o1", qty=2))
    books.apply(event("order.placed", order="o2", qty=1, id="x"))
    books.apply(event("order.placed", order="o2", qty=1, id="x", note="other"))
    refused, _, conflict = rows
    assert (refused.outcome, refused.moved, refused.reason) == ("rejected", False, "A: 2 asked, 1 available")
    assert (conflict.outcome, conflict.moved) == ("conflict", False)
    assert "other content" in (conflict.reason or "")


def test_units_on_their_way_are_part_of_the_trail():
    books = books_with(1)
    rows = followed(books)
    due = "2025-11-11T23:00:00+08:00"
    books.apply(event("stock.ordered", document="PO", qty=50, from_="周边仓", due=due, state="confirmed"))
    books.apply(event("stock.received", document="R", restock="PO", qty=20))
    assert [brief(row) for row in rows] == [
        ("A", {"in_transit": 50}),
        ("A", {"available": 20, "in_transit": -20}),
    ]


def test_units_in_other_places_have_rows_of_their_own():
    books = books_with(5)
    rows = followed(books)
    books.apply(event("stock.received", qty=7, pool="presale", location="north"))
    assert [(row.location, row.pool, row.available) for row in rows] == [("north", "presale", 7)]


@pytest.mark.parametrize("seed", range(12))
def test_the_rows_of_a_cell_add_up_to_its_figures(seed):
    random_ = random.Random(seed)
    books = Books({"payshop": ("payshop", "pay")})
    rows = followed(books)
    feed = [event("stock.counted", sku, document="opening", qty=12) for sku in SKUS]
    feed += [random_event(random_, number) for number in range(250)]
    for one in feed:
        books.apply(one)
        last: dict[tuple[str | None, str, str], Movement] = {}
        sums: dict[tuple[str | None, str, str], list[int]] = {}
        for row in rows:
            key = (row.sku, row.location, row.pool)
            last[key] = row
            total = sums.setdefault(key, [0] * len(BUCKETS))
            for at, name in enumerate(BUCKETS):
                total[at] += getattr(row, name)
    for key, stock in books.balances().items():
        assert sums.get(key, [0] * len(BUCKETS)) == [getattr(stock, name) for name in BUCKETS], key
        if key in last:
            assert (last[key].left, last[key].on_hand) == (stock.available, stock.on_hand)
