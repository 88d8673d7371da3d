"""Plain lines are a quicker way to the same books: whatever comes, all is as if no line had ever been plain."""

from __future__ import annotations

import random
from typing import Any

import pytest
from ledger_making import event

from stockwatch.events import decode
from stockwatch.ledger.balances import Books
from stockwatch.ledger.orders import Orders

SKUS = ("A", "B")
SECOND = 1_000_000


def random_event(random_: random.Random, number: int) -> Any:
    """Mostly whole facts about few lines; sometimes parts, other SKUs, bundles, documents."""
    order, sku = f"o{random_.randrange(12)}", random_.choice(SKUS)
    kind = random_.choice(
        ["placed", "placed", "placed", "requested", "paid", "paid", "shipped", "cancelled", "expired", "refunded",
         "refunded", "changed", "counted", "received", "adjusted", "inspected", "held", "unheld"]
    )  # fmt: skip
    data: dict[str, Any] = {"order": order, "source": random_.choice(["shop", "payshop"])}
    if kind in ("placed", "requested"):
        data["qty"] = random_.choice([1, 1, 2])
        if random_.random() < 0.5:
            data["expires"] = f"2025-11-11T20:{random_.randrange(10, 40)}:00+08:00"
        if random_.random() < 0.1:
            data["items"] = [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 2}]
        if random_.random() < 0.1:
            data["holds"] = random_.random() < 0.5
        if random_.random() < 0.05:
            data["pool"] = "presale"
    elif kind in ("paid", "shipped", "cancelled", "refunded", "expired", "changed"):
        if kind != "expired" and random_.random() < 0.3:
            data["qty"] = random_.choice([1, 2])
        if kind == "refunded" and random_.random() < 0.4:
            data["restock"] = True
        if kind == "changed":
            data["to"] = random_.choice(SKUS)
        if random_.random() < 0.1:
            data["line"] = 2
    else:
        data = {"from_": "erp"} if kind == "ordered" else {}
        units = random_.randrange(1, 6)
        if kind == "inspected":
            data |= {"ok": 1, "written_off": random_.randrange(2)}
        elif kind == "adjusted":
            data["qty"] = random_.choice([-1, 1]) * units
        else:
            data["qty"] = units
    subject = (
        None
        if kind not in ("changed", "placed", "requested") and "order" in data and random_.random() < 0.1
        else sku
    )
    kind_ = "stock" if kind in ("counted", "received", "adjusted", "inspected", "held", "unheld") else "order"
    return event(
        f"{kind_}.{kind}", subject, id=f"e{number}", time_=f"2025-11-11T20:00:{number % 60:02d}+08:00", **data
    )


def all_of(books: Books) -> list[Any]:
    """Everything that anyone can ask of the books."""
    return [
        books.balances(),
        {sku: books.stock(sku) for sku in books.skus()},
        sorted((m.source, m.order, m.line, m.units) for m in books.money_due()),
        sorted((line.source, line.order, line.line) for line in books.waiting()),
        books.next_due(),
        sorted((line.source, line.order, line.line, line.state(), line.wants()) for line in books.lines()),
    ]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("stock", [3, 1000])
def test_books_with_plain_lines_are_the_books_without(seed, stock, monkeypatch):
    quick = Books({"payshop": ("payshop", "pay")})
    slow = Books({"payshop": ("payshop", "pay")})
    random_ = random.Random(seed)
    new_plain = Orders._new_plain
    monkeypatch.setattr(
        Orders, "_new_plain", lambda self, *rest: None if self is slow._orders else new_plain(self, *rest)
    )
    opening = [event("stock.counted", sku, document="opening", qty=stock) for sku in SKUS]
    feed = opening + [random_event(random_, number) for number in range(150)]
    now = feed[0].time_us
    for number, one in enumerate(feed):
        assert quick.apply(one) == slow.apply(one)
        quick.check()
        slow.check()
        if number % 10 == 0:
            now += random_.randrange(600) * SECOND
            due = quick.due(now)
            assert due == slow.due(now)
            for raw in due:
                assert quick.apply(decode(raw)) == slow.apply(decode(raw))
        assert all_of(quick) == all_of(slow), one
    assert quick.exceptions() == slow.exceptions()


def test_the_plain_way_is_taken():
    books = Books()
    for number in range(50):
        books.apply(event("stock.counted", "A", document="opening", qty=1000))
        books.apply(event("order.placed", order=f"o{number}", qty=2))
        books.apply(event("order.paid", order=f"o{number}"))
        books.apply(event("order.shipped", order=f"o{number}", qty=2))
    kinds = {type(line).__name__ for line in books.kept_lines()}
    assert kinds == {"Plain"}
