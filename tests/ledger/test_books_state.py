"""Books that were put away as plain data go on as if they had never stopped."""

from __future__ import annotations

import random

import msgspec
import pytest
from ledger_making import event
from test_plain_lines import SKUS, all_of, random_event

from stockwatch.events import decode
from stockwatch.ledger.balances import Books
from stockwatch.ledger.state import BadState, books_of, frames


def put_away(books: Books) -> Books:
    return books_of(msgspec.msgpack.decode(msgspec.msgpack.encode(frame)) for frame in frames(books))


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("stock", [3, 1000])
def test_books_put_away_at_any_moment_go_on_as_they_would_have(seed, stock):
    random_ = random.Random(seed)
    stayed = Books({"payshop": ("payshop", "pay")})
    feed = [event("stock.counted", sku, document="opening", qty=stock) for sku in SKUS]
    feed += [random_event(random_, number) for number in range(200)]
    feed += [random_.choice(feed) for _ in range(20)]
    away = put_away(stayed)
    now = feed[0].time_us
    for number, one in enumerate(feed):
        assert away.apply(one) == stayed.apply(one)
        if number % 7 == 0:
            away = put_away(away)
            away.check()
            now += random_.randrange(300) * 1_000_000
            due = stayed.due(now)
            assert away.due(now) == due
            for raw in due:
                assert away.apply(decode(raw)) == stayed.apply(decode(raw))
        assert all_of(away) == all_of(stayed), one
        assert away.exceptions() == stayed.exceptions()
        assert away.money_due() == stayed.money_due()
        assert away.restocks() == stayed.restocks()
    assert list(frames(away)) == list(frames(stayed)), (
        "the same books have the same bytes, however they came to be"
    )


def test_restocks_and_documents_are_kept():
    books = Books()
    books.apply(
        event("stock.ordered", document="PO1", qty=50, from_="周边仓", due="2025-11-11T22:00:00+08:00")
    )
    books.apply(event("stock.received", document="R1", restock="PO1", qty=20))
    books.apply(event("stock.received", document="R2", restock="PO2", qty=5))
    away = put_away(books)
    assert away.restocks() == books.restocks()
    assert away.stock("A") == books.stock("A")
    assert away.stock("A").in_transit == 30
    again = event("stock.received", document="R1", restock="PO1", qty=20)
    assert [applied.outcome for applied in away.apply(again)] == [a.outcome for a in books.apply(again)]


@pytest.mark.parametrize(
    "wrong", [[["nonsense"]], [["books", 99, 1, []]], [["lines", "s", [[0, 1, 1, 1, None, "o", 1]]]], [[]]]
)
def test_what_is_no_state_is_refused(wrong):
    with pytest.raises(BadState):
        books_of(wrong)
