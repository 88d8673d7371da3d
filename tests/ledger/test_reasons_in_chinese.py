"""What the ledger gives as a reason is told in Chinese too: all of it, whatever ids it holds."""

from __future__ import annotations

import pytest
from ledger_making import books_with, event

from stockwatch.ledger.balances import Books
from stockwatch.room.reasons import _FORMS, in_chinese

LONG_AGO, NOW = "2025-10-01T20:00:00Z", "2025-11-11T21:00:00Z"
ATOMIC = {"atomic": "g", "atomic_of": 2}
GIFT = {"sku": "G", "qty": 1, "role": "gift"}
DUE = {"from_": "w", "due": "2025-11-11T23:00:00Z"}


def every_reason(sku: str, document: str) -> Books:
    """Books in which each of them was given."""
    books = books_with(5, sku)
    reasons = []
    books.follow = lambda applied: reasons.append(applied.reason)
    for one in (
        event("stock.counted", sku, document="opening", qty=5, reason="opening stock", id="o"),
        event("order.placed", sku, order="a", qty=2, id="a"),
        event("order.placed", sku, order="a", qty=3, id="a"),
        event("order.placed", sku, order="a", qty=3),
        event("order.paid", "other", order="a"),
        event("order.placed", None, order="b", qty=1, items=[{"sku": sku, "qty": 1}]),
        event("order.placed", None, order="b", qty=1, items=[{"sku": sku, "qty": 2}]),
        event("stock.held", sku, document=document, qty=1),
        event("stock.held", sku, document=document, qty=1),
        event("stock.held", sku, document=document, qty=2),
        event("stock.counted", sku, qty=9, as_of=NOW, time_=NOW),
        event("stock.counted", sku, qty=9, as_of="2025-11-11T20:59:00Z", time_=NOW),
        event("stock.counted", sku, qty=9, as_of=LONG_AGO, time_=NOW),
        event("stock.counted", sku, qty=9, as_of=NOW, time_=LONG_AGO),
        event("stock.ordered", sku, document=document, qty=1, **DUE),
        event("stock.received", sku, qty=3, restock=document),
        event("stock.held", sku, qty=999),
        event("order.requested", sku, order="r", qty=99),
        event("order.requested", sku, order="s", qty=1, **ATOMIC),
        event("order.requested", sku, order="t", qty=99, **ATOMIC),
        event("order.requested", sku, order="u", qty=1, **ATOMIC),
        event("order.requested", sku, order="a", qty=9, **ATOMIC),
        event("order.requested", sku, order="v", qty=1, **ATOMIC),
        event("order.placed", sku, order="x", qty=1, expires="2025-11-11T20:30:00Z"),
        event("order.expired", sku, order="x"),
        event("order.paid", sku, order="x"),
        event("order.placed", None, order="y", qty=50, items=[{"sku": sku, "qty": 1}, GIFT]),
        event("order.paid", None, order="never"),
        event("order.cancelled", None, order="nor this"),
    ):  # fmt: skip
        books.apply(one)
    books.close()
    details = [one.detail for one in books.exceptions() if one.kind not in ("money_due", "unknown_sku")]
    books.said = [reason for reason in [*reasons, *details, "opening stock"] if reason]  # type: ignore[attr-defined]
    return books


@pytest.mark.parametrize("sku", ["A", "{b}", "a, b", "it's", 'a "b" c', "x: 3 short"])
@pytest.mark.parametrize("document", ["d1", "it's", "{a}{d}"])
def test_every_reason_of_the_ledger_has_a_chinese_one_with_the_ids_as_they_came(sku, document):
    said = every_reason(sku, document).said  # type: ignore[attr-defined]
    missing = [form.pattern for form, _ in _FORMS if not any(form.fullmatch(reason) for reason in said)]
    assert not missing, "the reasons above are all there are"
    for reason in said:
        chinese = in_chinese(reason)
        assert chinese != reason
        assert any("\u4e00" <= character <= "\u9fff" for character in chinese)
        for english in ("asked", "available", "atomic", "booked", "ordered", "said", "says"):
            assert english not in chinese
        if sku in reason:
            assert sku in chinese
        if repr(document) in reason:
            assert repr(document) in chinese


def test_what_a_person_wrote_stays_as_it_is():
    assert in_chinese("recount after the fire") == "recount after the fire"
