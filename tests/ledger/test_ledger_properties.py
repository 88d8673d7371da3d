"""What holds for every sequence of events: conservation, nothing negative, dedupe, one winner, any order."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ledger_making import apply, books_with, event, figures, outcomes

from stockwatch.ledger.balances import Books
from stockwatch.ledger.cells import Cell
from stockwatch.ledger.figures import LedgerBroken
from stockwatch.ledger.orders import Orders

SKUS = ("A", "B")
ORDERS = st.integers(0, 5)
QTY = st.integers(1, 3)
MAYBE_QTY = st.none() | QTY


class LedgerMachine(RuleBasedStateMachine):
    """Random rooms with little stock; every equation after every step, and replay gives the same."""

    def __init__(self) -> None:
        super().__init__()
        self.books = books_with(4, *SKUS, payshop="pay")
        self.events = []
        self.first: dict[tuple[str, str], str] = {}
        self.n = 0
        self.taken: Counter[tuple[str, int, str]] = Counter()

    def send(self, type_: str, sku: str | None, **data: object) -> None:
        self.n += 1
        self.give(event(type_, sku, id=f"m{self.n}", **{k: v for k, v in data.items() if v is not None}))

    def give(self, one) -> None:
        self.events.append(one)
        before = {sku: self.books.stock(sku) for sku in SKUS}
        grouped = self.books.pending()
        for applied in self.books.apply(one):
            key = applied.event.source, applied.event.id
            if applied.outcome == "duplicate":
                assert applied.original == self.first[key]
                assert not applied.taken
            else:
                self.first.setdefault(key, applied.outcome)
            if applied.outcome in ("duplicate", "noop", "conflict", "rejected"):
                assert not applied.touched
                if not grouped:
                    assert {sku: self.books.stock(sku) for sku in SKUS} == before
            if applied.outcome == "rejected":
                assert not applied.taken
            for sku, _ in applied.taken:
                line = applied.event.data["order"], applied.event.data.get("line", 1), sku
                self.taken[(applied.event.source, *line)] += 1
                assert self.taken[(applied.event.source, *line)] == 1, "a line is taken once"

    @rule(order=ORDERS, sku=st.sampled_from(SKUS), qty=QTY, source=st.sampled_from(["shop", "payshop"]))
    def place(self, order, sku, qty, source):
        self.send("order.placed", sku, order=f"o{order}", qty=qty, source=source)

    @rule(order=ORDERS, sku=st.sampled_from(SKUS), qty=QTY)
    def request(self, order, sku, qty):
        before = self.books.stock(sku)
        # A group that this request closes decides its members too: a payment that waited for their size is a fact.
        asked = {f"r{order}"} | ({f"r{n}" for n in range(10)} if self.books.pending() else set())
        paid = any(line.order in asked and line.has_payment() for line in self.books.lines())
        self.send("order.requested", sku, order=f"r{order}", qty=qty)
        after = self.books.stock(sku)
        assert paid or after.shortfall == before.shortfall, "a request never makes a shortfall"

    @rule(
        order=ORDERS, qty=QTY, items=st.lists(st.tuples(st.sampled_from(SKUS), QTY), min_size=1, max_size=3)
    )
    def bundle(self, order, qty, items):
        parts = [{"sku": sku, "qty": units, "role": "item"} for sku, units in items]
        self.send("order.placed", None, order=f"b{order}", qty=qty, items=parts)

    @rule(order=ORDERS, sku=st.sampled_from(SKUS), qty=QTY, group=st.sampled_from("xy"), of=st.none() | QTY)
    def atomic(self, order, sku, qty, group, of):
        self.send("order.requested", sku, order=f"r{order}", qty=qty, atomic=group, atomic_of=of)

    @rule(
        order=ORDERS,
        prefix=st.sampled_from("orb"),
        sku=st.sampled_from([*SKUS, None]),
        kind=st.sampled_from(["paid", "shipped", "cancelled", "refunded", "expired"]),
        qty=MAYBE_QTY,
        restock=st.booleans(),
        source=st.sampled_from(["shop", "payshop"]),
    )
    def follow(self, order, prefix, sku, kind, qty, restock, source):
        more = {"restock": restock} if kind == "refunded" else {}
        if kind == "expired":
            qty = None
        self.send(f"order.{kind}", sku, order=f"{prefix}{order}", qty=qty, source=source, **more)

    @rule(
        order=ORDERS,
        prefix=st.sampled_from("orb"),
        sku=st.sampled_from(SKUS),
        qty=MAYBE_QTY,
        to=st.sampled_from("ABC"),
    )
    def change(self, order, prefix, sku, qty, to):
        self.send(
            "order.changed",
            sku,
            order=f"{prefix}{order}",
            qty=qty,
            to=to,
            time_=f"2025-11-11T20:00:{self.n % 60:02d}Z",
        )

    @rule(sku=st.sampled_from(SKUS), qty=QTY, damaged=st.integers(0, 1))
    def receive(self, sku, qty, damaged):
        self.send("stock.received", sku, qty=qty, damaged=damaged)

    @rule(sku=st.sampled_from(SKUS), qty=st.integers(0, 8))
    def count(self, sku, qty):
        self.send("stock.counted", sku, qty=qty)
        if not self.books.pending():
            assert self.books.stock(sku).on_hand == qty

    @rule(sku=st.sampled_from(SKUS), qty=st.integers(-4, 4).filter(bool))
    def adjust(self, sku, qty):
        self.send("stock.adjusted", sku, qty=qty)

    @rule(sku=st.sampled_from(SKUS), ok=st.integers(0, 2), off=st.integers(0, 2))
    def inspect(self, sku, ok, off):
        self.send("stock.inspected", sku, ok=ok, written_off=off)

    @rule(sku=st.sampled_from(SKUS), qty=QTY, kind=st.sampled_from(["held", "unheld"]))
    def hold(self, sku, qty, kind):
        self.send(f"stock.{kind}", sku, qty=qty)

    @rule(data=st.data())
    def again(self, data):
        if self.events:
            self.give(data.draw(st.sampled_from(self.events)))

    @invariant()
    def sound(self):
        self.books.check()
        for stock in self.books.balances().values():
            assert min(stock.available, stock.held, stock.reserved, stock.sold, stock.quarantined) >= 0
            assert not (stock.available and stock.shortfall), "units that are there cover shortfalls"

    def teardown(self):
        self.books.close()
        again = books_with(4, *SKUS, payshop="pay")
        for one in self.events:
            again.apply(one)
        again.close()
        assert again.balances() == self.books.balances()


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_without_the_guard_on_available_the_equations_fail(monkeypatch):
    """The property above has teeth: take what is not there, and the books stop."""

    def greedy(self: Cell, wanted: int) -> int:
        self.available -= wanted
        return wanted

    monkeypatch.setattr(Cell, "_draw", greedy)
    books = books_with(1)
    with pytest.raises(LedgerBroken):
        apply(books, event("order.placed", order="o1", qty=2))


def test_without_the_guard_on_requests_more_is_promised_than_there_is(monkeypatch):
    monkeypatch.setattr(Orders, "_shortage", lambda self, line: None)
    books = books_with(1)
    apply(books, event("order.requested", order="r1", qty=1), event("order.requested", order="r2", qty=1))
    assert books.stock("A").oversold == 1, "the race for the last unit must depend on this guard"


@pytest.mark.parametrize(("units", "buyers"), [(1, 5), (3, 7), (10, 4)])
def test_last_units_have_exactly_as_many_winners(units, buyers):
    books = books_with(units)
    got = Counter(
        a.outcome for n in range(buyers) for a in apply(books, event("order.requested", order=f"r{n}", qty=1))
    )
    assert got["accepted"] == min(units, buyers)
    assert got["rejected"] == max(0, buyers - units)


FAMILIES = {
    "placed": [("order.placed", {"qty": 2})],
    "placed paid": [("order.placed", {"qty": 2}), ("order.paid", {})],
    "placed cancelled": [("order.placed", {"qty": 2}), ("order.cancelled", {})],
    "placed expired": [("order.placed", {"qty": 2}), ("order.expired", {})],
    "placed paid expired": [("order.placed", {"qty": 2}), ("order.paid", {}), ("order.expired", {})],
    "placed paid cancelled": [("order.placed", {"qty": 2}), ("order.paid", {}), ("order.cancelled", {})],
    "placed paid refunded": [("order.placed", {"qty": 2}), ("order.paid", {}), ("order.refunded", {})],
    "restocked refund": [("order.placed", {"qty": 2}), ("order.paid", {}), ("order.refunded", {"restock": True})],
    "shipped restocked refund": [
        ("order.placed", {"qty": 2}), ("order.shipped", {}), ("order.refunded", {"restock": True}),
    ],
    "shipped beats cancelled": [("order.placed", {"qty": 2}), ("order.shipped", {"qty": 1}), ("order.cancelled", {})],
    "partial": [
        ("order.placed", {"qty": 3}), ("order.paid", {"qty": 1}), ("order.paid", {"qty": 2}),
        ("order.cancelled", {"qty": 1}), ("order.refunded", {"qty": 1}),
    ],
    "full life": [
        ("order.placed", {"qty": 2}), ("order.paid", {}), ("order.shipped", {}), ("order.refunded", {"qty": 1}),
        ("stock.inspected", {"document": "i", "ok": 1, "written_off": 0}),
    ],
    "written off": [
        ("order.placed", {"qty": 2}), ("order.shipped", {}), ("order.refunded", {}),
        ("stock.inspected", {"document": "i", "ok": 1, "written_off": 1}),
    ],
    "inspected then cancelled": [
        ("order.placed", {"qty": 1}), ("order.paid", {}), ("order.refunded", {}), ("order.cancelled", {}),
        ("stock.inspected", {"document": "i", "ok": 0, "written_off": 1}),
    ],
    "changed": [("order.placed", {"qty": 2}), ("order.changed", {"to": "B"}), ("order.paid", {})],
    "changed partly": [
        ("order.placed", {"qty": 3}), ("order.changed", {"to": "B", "qty": 1}), ("order.paid", {"qty": 2}),
    ],
    "bundle": [
        ("order.placed", {"qty": 2, "items": [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 2, "role": "gift"}]}),
        ("order.paid", {"qty": 1}), ("order.cancelled", {"qty": 1}),
    ],
    "paid tells the size": [("order.paid", {"qty": 2}), ("order.shipped", {"qty": 1}), ("order.cancelled", {"qty": 1})],
    "no size at all": [("order.paid", {}), ("order.shipped", {}), ("order.cancelled", {})],
    "request": [("order.requested", {"qty": 2}), ("order.paid", {}), ("order.cancelled", {"qty": 1})],
    "request asked twice": [
        ("order.requested", {"qty": 2}), ("order.requested", {"qty": 2}), ("order.paid", {}),
        ("order.placed", {"qty": 2}),
    ],
    "paid with size only": [("order.paid", {"qty": 2}), ("order.requested", {"qty": 2}), ("order.shipped", {})],
    "held": [
        ("stock.held", {"document": "h", "qty": 5}), ("stock.unheld", {"document": "u", "qty": 2}),
        ("order.placed", {"qty": 2}),
    ],
    "written down early": [
        ("stock.adjusted", {"document": "d", "qty": -3}), ("stock.received", {"document": "r", "qty": 4}),
        ("order.placed", {"qty": 2}),
    ],
    "restock": [
        ("stock.ordered", {"document": "p", "qty": 9, "from_": "w", "due": "2025-11-11T21:00:00Z", "state": "asked"}),
        ("stock.ordered", {"document": "p", "qty": 8, "from_": "w", "due": "2025-11-11T21:00:00Z"}),
        ("stock.ordered", {"document": "p", "qty": 7, "from_": "w", "due": "2025-11-11T21:00:00Z", "state": "shipped"}),
        ("stock.received", {"document": "r", "qty": 4, "restock": "p", "damaged": 1}),
    ],
    "refused restock": [
        ("stock.ordered", {"document": "p", "qty": 9, "from_": "w", "due": "2025-11-11T21:00:00Z", "state": "asked"}),
        ("stock.ordered", {"document": "p", "qty": 8, "from_": "w", "due": "2025-11-11T21:00:00Z"}),
        ("stock.ordered", {"document": "p", "qty": 8, "from_": "w", "due": "2025-11-11T21:00:00Z", "state": "refused"}),
    ],
}  # fmt: skip


def family_events(name: str):
    made = []
    for number, (type_, data) in enumerate(FAMILIES[name]):
        order = {"order": "o"} if type_.startswith("order.") else {}
        made.append(event(type_, "A", id=f"f{number}", **order, **data))
    return made


def end_state(books: Books):
    return books.balances(), {sku: books.stock(sku) for sku in books.skus()}, dict(books.restocks())


@pytest.mark.parametrize("name", [name for name in FAMILIES if "request" not in name])
def test_a_refused_request_before_any_facts_leaves_no_trace_in_where_they_end(name):
    for order in itertools.permutations(family_events(name)):
        ends = []
        for asked in (False, True):
            books = books_with(100, "A", "B")
            if asked:
                assert outcomes(books, event("order.requested", order="o", qty=101)) == ["rejected"]
            apply(books, *order)
            ends.append((end_state(books), [line.order for line in books.waiting()]))
        assert ends[0] == ends[1]


@pytest.mark.parametrize("deduct", ["place", "pay"])
@pytest.mark.parametrize("name", FAMILIES)
def test_with_ample_stock_every_order_of_arrival_ends_alike(name, deduct):
    events = family_events(name)
    ends = []
    for order in itertools.permutations(events):
        books = books_with(100, "A", "B", shop=deduct)
        apply(books, *order)
        ends.append(end_state(books))
        repeated = [one for one in order for _ in range(2)]
        books = books_with(100, "A", "B", shop=deduct)
        got = apply(books, *repeated, *reversed(order))
        assert sum(applied.outcome == "duplicate" for applied in got) == 2 * len(events)
        ends.append(end_state(books))
    assert all(end == ends[0] for end in ends)


PLACES = {
    "a shipment tells the place": [
        ("order.placed", {"qty": 2}), ("order.paid", {}), ("order.shipped", {"location": "west"}),
    ],
    "each tells a part of it": [
        ("order.placed", {"qty": 2, "pool": "presale"}), ("order.paid", {"location": "west"}),
        ("order.cancelled", {"qty": 1}),
    ],
    "the order has the last word": [
        ("order.placed", {"qty": 2, "location": "west"}), ("order.paid", {}), ("order.shipped", {"location": "north"}),
    ],
    "the platform before the shop": [
        ("order.placed", {"qty": 2, "location": "west"}), ("order.requested", {"qty": 2, "location": "north"}),
        ("order.paid", {"location": "main"}),
    ],
    "of a bundle": [
        ("order.placed", {"qty": 2, "items": [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 1}]}),
        ("order.paid", {"qty": 1, "location": "west"}), ("order.refunded", {"qty": 1}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_a_place_counts_whichever_fact_tells_it_and_whenever(name):
    told = [event(type_, "A", id=f"p{n}", order="o", **data) for n, (type_, data) in enumerate(PLACES[name])]
    places = [(location, pool) for location in ("main", "west", "north") for pool in ("spot", "presale")]
    ends = []
    for order in itertools.permutations(told):
        books = Books()
        for sku, (location, pool) in itertools.product("AB", places):
            apply(books, event("stock.received", sku, qty=100, location=location, pool=pool))
        apply(books, *order)
        ends.append(books.balances())
    assert all(end == ends[0] for end in ends)
    moved = {key[1:] for key, row in ends[0].items() if row.available < 100}
    assert moved == {("west", "presale" if name == "each tells a part of it" else "spot")}


def test_figures_of_some_families_are_what_the_rule_says():
    """So that convergence is not convergence to nothing."""
    expect = {
        "placed": {"available": 98, "reserved": 2, "on_hand": 100},
        "placed paid expired": {"available": 98, "sold": 2, "on_hand": 100},
        "placed paid cancelled": {"available": 100, "on_hand": 100},
        "placed paid refunded": {"available": 98, "quarantined": 2, "on_hand": 100},
        "restocked refund": {"available": 100, "on_hand": 100},
        "shipped restocked refund": {"available": 98, "quarantined": 2, "on_hand": 100},
        "shipped beats cancelled": {"available": 99, "sold": 1, "shipped": 1, "on_hand": 99},
        "partial": {"available": 98, "sold": 1, "quarantined": 1, "on_hand": 100},
        "full life": {"available": 99, "sold": 1, "shipped": 1, "on_hand": 99},
        "written off": {"available": 99, "on_hand": 99},
        "changed": {"available": 100, "on_hand": 100},
        "no size at all": {"available": 100, "on_hand": 100},
        "written down early": {"available": 99, "reserved": 2, "on_hand": 101},
    }
    for name, want in expect.items():
        books = books_with(100, "A", "B")
        apply(books, *family_events(name))
        assert figures(books) == want, name
