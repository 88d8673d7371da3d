"""The rules that decide figures, one example each, by the words of the interface."""

from __future__ import annotations

import itertools

import pytest
from ledger_making import apply, books_with, event, figures, outcomes

from stockwatch.events import Event, decode, parse_time
from stockwatch.ledger.balances import Books
from stockwatch.ledger.expiry import expired_id, fell_due
from stockwatch.ledger.figures import LedgerBroken

AT = "2025-11-11T20:00:00+08:00"
MINUTE = 60_000_000


# --- identity -----------------------------------------------------------------------------------------


def test_the_same_delivery_again_gets_the_first_answer_and_its_seq():
    books = books_with(1)
    first = event("order.requested", id="x", order="r", qty=1)
    second = event("order.requested", id="y", order="s", qty=1)
    one, two = apply(books, first, second)
    again = apply(books, first, second)
    assert [(a.outcome, a.original, a.seq) for a in again] == [
        ("duplicate", "accepted", one.seq),
        ("duplicate", "rejected", two.seq),
    ]


def test_other_content_under_a_known_id_is_a_conflict_and_leaves_the_first_standing():
    books = books_with(5)
    apply(books, event("order.placed", id="x", order="o", qty=1))
    (bad,) = apply(books, event("order.placed", id="x", order="o", qty=2))
    assert (bad.outcome, bad.seq) == ("conflict", None)
    assert apply(books, event("order.placed", id="x", order="o", qty=1))[0].outcome == "duplicate"
    assert figures(books)["reserved"] == 1


def test_an_answer_of_earlier_rules_is_kept_for_its_own_message_and_no_other():
    books = books_with(5)
    first = event("order.placed", id="x", order="o", qty=1)
    (stood,) = apply(books, first)
    (refused,) = apply(books, event("order.placed", id="x", order="o", qty=2))
    books.answered(refused, "accepted")
    assert apply(books, first)[0].original == stood.outcome
    books.answered(stood, "rejected")
    assert apply(books, first)[0].original == "rejected"


def test_a_conflict_of_meaning_claims_its_id():
    books = books_with(5, "A", "B")
    wrong = event("order.paid", "B", id="x", order="o")
    assert outcomes(books, event("order.placed", order="o", qty=1), wrong) == ["accepted", "conflict"]
    (again,) = apply(books, wrong)
    assert (again.outcome, again.original, again.seq) == ("duplicate", "conflict", None)


def test_an_invalid_message_claims_no_id():
    books = books_with(5)
    bad = decode(
        b'{"specversion":"1.0","id":"x","source":"shop","type":"order.placed","subject":"A","data":{}}'
    )
    (invalid,) = books.apply(bad)
    assert (invalid.outcome, invalid.seq, invalid.place) == ("invalid", None, None)
    assert outcomes(books, event("order.placed", id="x", order="o", qty=1)) == ["accepted"]


def test_time_is_no_part_of_the_content_and_sources_have_ids_of_their_own():
    books = books_with(5)
    assert outcomes(
        books,
        event("order.placed", id="x", order="o", qty=1),
        event("order.placed", id="x", order="o", qty=1, time_="2025-11-12T00:00:00Z"),
        event("order.placed", id="x", order="o", qty=1, source="other"),
    ) == ["accepted", "duplicate", "accepted"]


# --- the order line -----------------------------------------------------------------------------------


def test_another_size_or_subject_for_a_known_line_is_a_conflict():
    books = books_with(5, "A", "B")
    assert outcomes(
        books,
        event("order.placed", order="o", qty=1),
        event("order.placed", order="o", qty=2),
        event("order.placed", "B", order="o", qty=1),
        event("order.placed", order="o", qty=1),
    ) == ["accepted", "conflict", "conflict", "noop"]


def test_noop_changes_neither_a_figure_nor_what_a_later_event_will_do():
    books = books_with(5)
    assert outcomes(
        books,
        event("order.placed", order="o", qty=2),
        event("order.shipped", order="o"),
        event("order.cancelled", order="o"),
        event("order.paid", order="o"),
        event("order.expired", order="o"),
        event("order.cancelled", order="p"),
        event("order.cancelled", order="p"),
    ) == ["accepted", "accepted", "noop", "noop", "noop", "accepted", "noop"]


@pytest.mark.parametrize(
    "facts",
    [
        [event("order.paid", order="o")],
        [event("order.cancelled", order="o")],
        [event("order.paid", order="o", qty=1), event("order.cancelled", order="o", qty=1)],
    ],
    ids=["paid", "cancelled", "one of each"],
)
def test_an_expiry_of_a_line_that_no_reservation_is_left_of_changes_nothing(facts):
    books = books_with(5)
    apply(books, event("order.placed", order="o", qty=2), *facts)
    before = figures(books)
    assert outcomes(books, event("order.expired", order="o")) == ["noop"]
    assert figures(books) == before


def test_while_the_size_is_unknown_a_fact_waits():
    books = books_with(5)
    assert outcomes(books, event("order.paid", order="o")) == ["accepted"]
    assert figures(books) == {"available": 5, "on_hand": 5}
    apply(books, event("order.placed", order="o", qty=2))
    assert figures(books) == {"available": 3, "sold": 2, "on_hand": 5}


def test_while_the_size_is_unknown_every_part_that_is_paid_counts():
    books = books_with(5)
    parts = [event("order.paid", order="o", qty=2) for _ in range(2)]
    assert outcomes(books, *parts) == ["accepted", "accepted"]
    apply(books, event("order.placed", order="o", qty=4))
    assert figures(books) == {"available": 1, "sold": 4, "on_hand": 5}


def test_a_channel_that_deducts_at_payment_holds_nothing_before_it():
    books = books_with(5, shop="pay")
    placed, paid = apply(books, event("order.placed", order="o", qty=2), event("order.paid", order="o"))
    assert not placed.taken
    assert list(paid.taken) == [("A", 2)]
    assert figures(books) == {"available": 3, "sold": 2, "on_hand": 5}
    assert outcomes(books, event("order.placed", order="h", qty=1, holds=True)) == ["accepted"]
    assert figures(books)["reserved"] == 1


def test_paid_beats_expired_and_takes_units_again():
    books = books_with(2)
    apply(books, event("order.placed", order="o", qty=2), event("order.expired", order="o"))
    assert figures(books) == {"available": 2, "on_hand": 2}
    apply(books, event("order.requested", order="r", qty=1))
    (paid,) = apply(books, event("order.paid", order="o"))
    assert paid.outcome == "short"
    assert figures(books) == {"reserved": 1, "sold": 1, "shortfall": 1, "oversold": 1, "on_hand": 2}


def test_paid_and_cancelled_is_money_due_until_refunded():
    books = books_with(5)
    apply(
        books,
        event("order.placed", order="o", qty=2),
        event("order.cancelled", order="o"),
        event("order.paid", order="o"),
    )
    assert [(due.order, due.units) for due in books.money_due()] == [("o", 2)]
    apply(books, event("order.refunded", order="o", qty=1))
    assert [(due.order, due.units) for due in books.money_due()] == [("o", 1)]
    apply(books, event("order.refunded", order="o"))
    assert books.money_due() == []
    assert figures(books) == {"available": 5, "on_hand": 5}


def test_a_refund_after_a_partial_cancellation_is_of_what_was_kept_before_it_settles_what_was_cancelled():
    books = books_with(5)
    apply(books, event("order.placed", order="o", qty=3), event("order.paid", order="o"))
    apply(books, event("order.cancelled", order="o", qty=2))
    due = []
    for _ in range(3):
        due.append(sum(one.units for one in books.money_due()))
        apply(books, event("order.refunded", order="o", qty=1))
    assert due == [2, 2, 1]
    assert books.money_due() == []


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"pool": "presale"}, ("A", "main", "presale")),
        ({"location": "west"}, ("A", "west", "spot")),
        ({"location": "west", "pool": "presale"}, ("A", "west", "presale")),
    ],
)
@pytest.mark.parametrize("kind", ["placed", "requested"])
def test_an_order_takes_from_the_place_that_it_names(told, place, kind):
    books = books_with(5)
    apply(books, event("stock.received", qty=5, **told))
    assert outcomes(books, event(f"order.{kind}", order="o", qty=2, **told)) == ["accepted"]
    assert {where: row.reserved for where, row in books.balances().items() if row.reserved} == {place: 2}


@pytest.mark.parametrize("kinds", [("placed", "requested", "paid"), ("requested", "paid")])
@pytest.mark.parametrize("key", ["location", "pool"])
def test_where_several_name_a_place_an_order_has_the_last_word_then_a_request_in_any_sequence(kinds, key):
    places = ("west", "east", "north")
    facts = [
        event(f"order.{kind}", order="o", qty=2, **{key: at}) for kind, at in zip(kinds, places, strict=False)
    ]
    where = {"location": "main", "pool": "spot"} | {key: "west"}
    for arrived in itertools.permutations(facts):
        books = books_with(5)
        for place in places:
            apply(books, event("stock.received", qty=5, **{key: place}))
        apply(books, *arrived)
        taken = {at: row.sold + row.reserved for at, row in books.balances().items()}
        assert {at: units for at, units in taken.items() if units} == {
            ("A", where["location"], where["pool"]): 2
        }


def test_a_bundle_is_one_line_and_the_same_sku_twice_is_summed():
    books = books_with(10, "A", "B")
    items = [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 2}, {"sku": "A", "qty": 1, "role": "gift"}]
    (applied,) = apply(books, event("order.placed", None, order="o", qty=2, items=items))
    assert sorted(applied.taken) == [("A", 4), ("B", 4)]
    assert set(applied.touched) == {"A", "B"}
    assert figures(books)["reserved"] == figures(books, "B")["reserved"] == 4
    assert outcomes(books, event("order.paid", "B", order="o"), event("order.paid", "C", order="o")) == [
        "accepted",
        "conflict",
    ]


def test_other_items_than_a_line_was_told_to_consist_of_are_a_conflict():
    books = books_with(5, "A", "B", "C")
    items = [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 1}]
    told = [
        {"order": "o", "qty": 1, "items": one}
        for one in (items, [*items, {"sku": "C", "qty": 1}], items[::-1])
    ]
    done = apply(books, *[event("order.placed", None, **one) for one in told])
    assert [one.outcome for one in done] == ["accepted", "conflict", "noop"]
    assert done[1].reason == "the line consists of other items"
    assert [books.stock(sku).reserved for sku in "ABC"] == [1, 1, 0]


@pytest.mark.parametrize(("subject", "named"), [(None, "B"), ("SET", "SET")])
def test_a_conflict_of_skus_says_what_the_line_is_of_and_what_was_told(subject, named):
    books = books_with(5, "A", "B")
    other = event("order.placed", subject, order="o", qty=1, items=[{"sku": "B", "qty": 2}])
    done = apply(books, event("order.placed", order="o", qty=1), other)
    assert (done[1].outcome, done[1].reason) == ("conflict", f"the line is of A, this says {named}")


def test_short_names_the_component_and_calls_a_gift_a_gift():
    books = books_with(10, "HOODIE", "SOCK")
    items = [{"sku": "HOODIE", "qty": 2}, {"sku": "SOCK", "qty": 1, "role": "gift"}]
    apply(books, event("stock.adjusted", "SOCK", qty=-8))
    (gift,) = apply(books, event("order.placed", None, order="o", qty=3, items=items))
    assert (gift.outcome, gift.reason) == ("short", "SOCK (gift): 1 short")
    (both,) = apply(books, event("order.placed", None, order="p", qty=4, items=items))
    assert (both.outcome, both.reason) == ("short", "HOODIE: 4 short, SOCK (gift): 4 short")
    sold_too = [*items, {"sku": "SOCK", "qty": 1}]
    (twice,) = apply(books, event("order.placed", None, order="q", qty=1, items=sold_too))
    assert twice.reason == "HOODIE: 2 short, SOCK: 2 short"
    (one,) = apply(books, event("order.paid", "SOCK", order="r", qty=5))
    assert one.reason == "SOCK: 5 short"


def test_an_order_counts_as_taken_once_with_its_own_time():
    books = books_with(1)
    late = "2025-11-11T19:00:00+08:00"
    got = apply(
        books,
        event("order.paid", order="o", qty=1, time_=AT),
        event("order.placed", order="o", qty=1, time_=late),
        event("order.placed", order="p", qty=3, time_=late),
        event("order.requested", order="q", qty=1),
    )
    taken = [
        (units, books.channel_of(applied.event.source), applied.event.time_us)
        for applied in got
        for _, units in applied.taken
    ]
    assert taken == [(1, "shop", parse_time(AT)), (3, "shop", parse_time(late))]
    assert [a.outcome for a in got] == ["accepted", "accepted", "short", "rejected"]


# --- scarcity -----------------------------------------------------------------------------------------


def test_units_that_come_back_cover_the_oldest_shortfall_first_even_partly_before_any_request():
    books = books_with(1)
    apply(
        books,
        event("order.placed", order="a", qty=3),
        event("order.placed", order="b", qty=2),
        event("stock.received", qty=3),
    )
    assert figures(books) == {"reserved": 4, "shortfall": 1, "oversold": 4, "on_hand": 4}
    assert outcomes(books, event("order.requested", order="r", qty=1)) == ["rejected"]
    apply(books, event("order.cancelled", order="a"))
    assert figures(books) == {"available": 2, "reserved": 2, "oversold": 4, "on_hand": 4}


def test_a_count_takes_available_then_held_then_the_newest_reservations():
    books = books_with(6)
    apply(
        books,
        event("stock.held", qty=2),
        event("order.placed", order="old", qty=1),
        event("order.placed", order="new", qty=2),
        event("stock.counted", qty=2),
    )
    assert figures(books) == {"reserved": 2, "shortfall": 1, "oversold": 1, "on_hand": 2}
    apply(books, event("order.paid", order="old"))
    assert figures(books)["sold"] == 1, "the older order kept its unit"
    apply(books, event("stock.counted", qty=5))
    assert figures(books) == {"available": 2, "reserved": 2, "sold": 1, "oversold": 1, "on_hand": 5}


def test_shipped_units_are_not_on_hand_and_a_count_leaves_them_alone():
    books = books_with(5)
    apply(
        books,
        event("order.placed", order="o", qty=3),
        event("order.shipped", order="o"),
        event("stock.counted", qty=0),
    )
    assert figures(books) == {"sold": 3, "shipped": 3}


def test_a_write_down_that_finds_too_little_is_short_and_the_rest_waits():
    books = books_with(2)
    assert outcomes(books, event("stock.adjusted", qty=-5)) == ["short"]
    assert figures(books) == {}
    apply(books, event("stock.received", qty=4))
    assert figures(books) == {"available": 1, "on_hand": 1}


def test_a_request_is_all_or_nothing():
    books = books_with(3)
    assert outcomes(books, event("order.requested", order="r", qty=4)) == ["rejected"]
    assert figures(books) == {"available": 3, "on_hand": 3}


def test_a_request_for_an_order_that_holds_nothing_yet_can_be_refused():
    books = books_with(1, shop="pay")
    assert outcomes(
        books, event("order.placed", order="o", qty=2), event("order.requested", order="o", qty=2)
    ) == ["accepted", "rejected"]
    assert figures(books) == {"available": 1, "on_hand": 1}


# --- a refused request binds nothing -------------------------------------------------------------------


def waiting(books):
    return [(line.order, line.line) for line in books.waiting()]


@pytest.mark.parametrize("kind", ["paid", "shipped"])
@pytest.mark.parametrize("subject", ["A", None])
def test_money_for_a_refused_request_waits_for_a_size_where_a_person_sees_it(kind, subject):
    books = books_with(1)
    assert outcomes(
        books, event("order.requested", order="r", qty=2), event(f"order.{kind}", subject, order="r")
    ) == ["rejected", "accepted"]
    assert figures(books) == {"available": 1, "on_hand": 1}
    assert waiting(books) == [("r", 1)]
    assert outcomes(books, event("order.placed", order="r", qty=1)) == ["accepted"]
    assert figures(books)["sold"] == 1
    assert waiting(books) == []


def test_a_payment_with_qty_after_a_refused_request_is_a_fact():
    books = books_with(1)
    rejected, paid = apply(
        books, event("order.requested", order="r", qty=2), event("order.paid", order="r", qty=2)
    )
    assert (rejected.outcome, paid.outcome) == ("rejected", "short")
    assert figures(books) == {"sold": 1, "shortfall": 1, "oversold": 1, "on_hand": 1}
    assert waiting(books) == []
    assert [*rejected.taken, *paid.taken] == [("A", 2)]


def test_a_refused_line_may_be_placed_with_any_size_and_sku():
    books = books_with(1, "A", "B")
    assert outcomes(
        books,
        event("order.requested", order="r", qty=2),
        event("order.placed", "B", order="r", qty=1),
    ) == ["rejected", "accepted"]
    assert figures(books) == {"available": 1, "on_hand": 1}
    assert figures(books, "B") == {"reserved": 1, "on_hand": 1}


def test_a_refused_question_is_decided_anew_under_another_id_and_answered_alike_under_its_own():
    books = books_with(1)
    question = {"order": "r", "qty": 2}
    first = event("order.requested", id="first", **question)
    (refused,) = apply(books, first)
    assert outcomes(books, event("order.requested", id="second", **question)) == ["rejected"]
    apply(books, event("stock.received", qty=1))
    (again,) = apply(books, first)
    assert (again.outcome, again.original, again.seq) == ("duplicate", "rejected", refused.seq)
    assert outcomes(books, event("order.requested", id="third", **question)) == ["accepted"]
    assert figures(books) == {"reserved": 2, "on_hand": 2}


def test_a_refused_request_leaves_a_known_line_as_it_was():
    books = books_with(1, shop="pay")
    assert outcomes(
        books,
        event("order.placed", order="o", qty=2),
        event("order.requested", order="o", qty=2),
        event("order.requested", order="o", qty=1),
        event("order.paid", order="o"),
    ) == ["accepted", "rejected", "conflict", "short"]


def test_what_nobody_named_waits_too_and_counts_as_demand_once_it_is_named():
    books = books_with(5)
    (paid,) = apply(books, event("order.paid", None, order="o", qty=2))
    assert (paid.outcome, paid.taken, waiting(books)) == ("accepted", (), [("o", 1)])
    (placed,) = apply(books, event("order.placed", order="o", qty=2))
    assert list(placed.taken) == [("A", 2)]
    assert (figures(books)["sold"], waiting(books)) == (2, [])


# --- unknown names ------------------------------------------------------------------------------------


def test_an_unknown_sku_starts_at_nothing():
    books = Books()
    assert outcomes(
        books,
        event("order.placed", "NEW", order="o", qty=2),
        event("order.requested", "NEW", order="r", qty=1),
    ) == ["short", "rejected"]
    assert books.unknown_skus() == ("NEW",)
    apply(books, event("stock.counted", "NEW", document="opening", qty=10))
    assert figures(books, "NEW") == {"available": 8, "reserved": 2, "oversold": 2, "on_hand": 10}


def test_a_document_counts_once():
    books = books_with(0)
    same = {"document": "d1", "qty": 5}
    assert outcomes(
        books,
        event("stock.received", **same),
        event("stock.received", **same),
        event("stock.received", document="d1", qty=6),
        event("stock.received", "B", **same),
        event("stock.adjusted", **same),
    ) == ["accepted", "noop", "conflict", "accepted", "accepted"]
    assert figures(books)["available"] == 10


@pytest.mark.parametrize(
    "type_",
    ["chat.message", "room.viewers", "feed.heartbeat", "alert.raised", "action.noted", "com.example.odd"],
)
def test_what_moves_no_stock_is_accepted(type_):
    books = books_with(5)
    assert outcomes(books, event(type_, None)) == ["accepted"]
    assert figures(books) == {"available": 5, "on_hand": 5}


@pytest.mark.parametrize(
    ("sku", "more"), [("NEW", {"document": None}), (None, {}), (None, {"document": None})]
)
def test_what_is_no_document_of_a_sku_books_nothing(sku, more):
    books = books_with(5)
    told = [event("stock.weighed", sku, grams=grams, **more) for grams in (80, 90)]
    assert outcomes(books, *told) == ["accepted", "accepted"], "it contradicts nothing either"
    assert books.skus() == ("A",)
    assert figures(books) == {"available": 5, "on_hand": 5}


# --- restocks -----------------------------------------------------------------------------------------


def ordered(state, qty=200, **more):
    return event("stock.ordered", document="p", qty=qty, from_="w", due=AT, state=state, **more)


def test_a_restock_is_in_transit_from_its_promise_to_its_arrival():
    books = books_with(0)
    steps = []
    for one in (
        ordered("asked"), ordered("confirmed"), event("stock.received", qty=50, restock="p"), ordered("shipped"),
        event("stock.received", qty=120, restock="p", damaged=20, final=True),
    ):  # fmt: skip
        apply(books, one)
        steps.append(books.stock("A").in_transit)
    assert steps == [0, 200, 150, 150, 0]
    restock = books.restocks()["p"]
    assert (restock.state, restock.received, restock.source, restock.qty) == ("received", 170, "w", 200)
    assert restock.due_us == parse_time(AT)
    assert figures(books) == {"available": 150, "quarantined": 20, "on_hand": 170}


def test_a_refused_restock_is_not_coming_and_other_content_in_one_state_is_a_conflict():
    books = books_with(0)
    assert outcomes(books, ordered("confirmed"), ordered("confirmed", qty=9), ordered("refused"), ordered("asked")) == [
        "accepted", "conflict", "accepted", "accepted",
    ]  # fmt: skip
    assert (books.stock("A").in_transit, books.restocks()["p"].state) == (0, "refused")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_restock_was_asked_for_when_its_earliest_event_says_in_any_order_of_arrival(order):
    told = [
        ordered(state, time_=f"2025-11-11T20:00:{at}+08:00")
        for state, at in (("asked", 10), ("confirmed", 20), ("shipped", 30))
    ]
    books = books_with(0)
    apply(books, *[told[at] for at in order])
    assert books.restocks()["p"].asked_us == told[0].time_us


# --- expiry -------------------------------------------------------------------------------------------


def test_a_request_ends_at_expires_and_a_fact_a_minute_later():
    books = books_with(9)
    at = parse_time(AT)
    apply(
        books,
        event("order.requested", order="r", line=2, qty=1, expires=AT),
        event("order.placed", order="f", qty=1, expires=AT),
        event("order.placed", order="paid", qty=1, expires=AT),
        event("order.paid", order="paid"),
        event("order.placed", order="gone", qty=1, expires=AT),
        event("order.cancelled", order="gone"),
    )
    assert books.next_due() == at
    assert books.due(at - 1) == []
    (first,) = [decode(one) for one in books.due(at)]
    assert isinstance(first, Event)
    assert (first.source, first.id, first.time_us) == ("shop", "expired:r:2", at)
    assert books.next_due() == at + MINUTE
    apply(books, first)
    (second,) = books.due(at + 5 * MINUTE)
    assert outcomes(books, second) == ["accepted"]
    assert books.next_due() is None
    assert figures(books) == {"available": 8, "sold": 1, "on_hand": 9}


def test_the_latest_deadline_that_anyone_told_counts_in_any_order_of_arrival():
    at = parse_time(AT)
    placed = [
        event("order.placed", order="o", qty=1, **({"expires": expires} if expires else {}))
        for expires in (None, AT, "2025-11-11T20:10:00+08:00")
    ]
    for order in itertools.permutations(placed):
        books = books_with(1)
        apply(books, *order)
        assert books.next_due() == at + 11 * MINUTE
    later, earlier = placed[2], placed[1]
    assert outcomes(books_with(1), later, earlier) == ["accepted", "noop"]
    assert outcomes(books_with(1), earlier, later) == ["accepted", "accepted"]


def test_all_whose_deadline_has_come_end_at_once_by_their_deadlines_and_no_other_does():
    books, at = books_with(9), parse_time(AT)
    for order, expires in (("c", "05.5"), ("b", "00.7"), ("a", "00.2"), ("d", "09")):
        apply(
            books, event("order.requested", order=order, qty=1, expires=f"2025-11-11T20:00:{expires}+08:00")
        )

    def ended(now_us: int) -> list[str]:
        found = [decode(raw) for raw in books.due(now_us)]
        assert books.due(now_us) == [], "each is given out once"
        apply(books, *found)
        return [one.line.order for one in found]

    assert ended(at + 200_000) == ["a"]
    assert books.next_due() == at + 700_000, "of the same second, but not yet"
    assert ended(at + 6_000_000) == ["b", "c"]
    assert ended(at + 9_000_000) == ["d"]
    assert figures(books) == {"available": 9, "on_hand": 9}


def test_apply_itself_never_looks_at_a_clock():
    books = books_with(1)
    long_ago = "2001-01-01T00:00:00Z"
    apply(books, event("order.placed", order="o", qty=1, expires=long_ago))
    assert outcomes(books, event("order.requested", order="r", qty=1)) == ["rejected"]


def test_the_id_of_an_expiry_stays_valid_for_the_longest_order():
    assert len(expired_id("x" * 256, 2**31 - 1)) <= 256
    assert expired_id("x" * 256, 1) != expired_id("y" * 256, 1)
    written = "expired:0b2c2b0de02938ad7a728b51e8da3357:1"
    assert expired_id("x" * 256, 1) == written, "journals hold it: what fell due is known by it"


@pytest.mark.parametrize("length", [245, 246, 247, 256])
def test_the_expiry_of_an_order_of_any_length_is_an_event_that_ends_it(length):
    books, order = books_with(1), "x" * length
    apply(books, event("order.requested", order=order, qty=1, expires=AT))
    (due,) = books.due(parse_time(AT))
    assert outcomes(books, due) == ["accepted"]
    assert figures(books) == {"available": 1, "on_hand": 1}
    named = f"expired:{order}:1"
    assert (expired_id(order, 1) == named) == (len(named) <= 256), "it names the order where there is room"


# --- atomic -------------------------------------------------------------------------------------------


def cart(order, qty=1, sku="A", group="g", **more):
    return event("order.requested", sku, order=order, qty=qty, atomic=group, **more)


def test_a_group_is_met_as_a_whole_or_not_at_all():
    books = books_with(3, "A", "B")
    assert outcomes(books, cart("1", 2, atomic_of=2), cart("1b", 4, "B", atomic_of=2)) == [
        "rejected",
        "rejected",
    ]
    assert outcomes(books, cart("2", 2, atomic_of=2), cart("2b", 3, "B", atomic_of=2)) == [
        "accepted",
        "accepted",
    ]
    assert figures(books)["reserved"] == 2


def test_members_of_one_sku_are_summed():
    books = books_with(3)
    assert outcomes(books, cart("1", 2, atomic_of=2), cart("2", 2, atomic_of=2)) == ["rejected", "rejected"]


def test_a_group_closes_at_the_next_event_of_its_source_and_answers_keep_their_order():
    books = books_with(3)
    elsewhere = event("order.requested", order="z", qty=1, source="other")
    outside = event("note.added", None, text="x")
    got = [books.apply(one) for one in (cart("1"), cart("2"), elsewhere, outside)]
    assert [len(known) for known in got] == [0, 0, 0, 4]
    assert [a.event.data.get("order") for a in got[3]] == ["1", "2", "z", None]
    assert [a.outcome for a in got[3]] == ["accepted"] * 4
    assert [a.seq for a in got[3]] == sorted(a.seq for a in got[3])


def test_the_end_of_input_closes_a_group_and_repeats_of_members_wait_with_it():
    books = books_with(3)
    first = cart("1")
    assert books.apply(first) == books.apply(first) == ()
    closed = books.close()
    assert [(a.outcome, a.original) for a in closed] == [("accepted", None), ("duplicate", "accepted")]
    assert closed[0].seq == closed[1].seq


def test_a_group_that_lacks_a_member_is_refused():
    books = books_with(3)
    books.apply(cart("1", atomic_of=3))
    (closed,) = books.close()
    assert closed.outcome == "rejected"
    assert "1 of 3" in closed.reason


def test_an_atomic_order_is_the_group_of_its_lines():
    books = books_with(3, "A", "B")
    lines = [cart("o", 2, group=True, line=1), cart("o", 4, "B", group=True, line=2)]
    assert outcomes(books, *lines) == [], "the next line may be one of it"
    other = cart("p", 1, group=True)
    assert outcomes(books, other, event("note.added", None)) == [
        "rejected",
        "rejected",
        "accepted",
        "accepted",
    ]
    assert (figures(books)["reserved"], figures(books, "B")) == (1, {"available": 3, "on_hand": 3})


def test_a_fact_waits_for_no_group_whatever_it_says():
    books = books_with(3)
    assert outcomes(books, event("order.placed", order="o", qty=1, atomic=True)) == ["accepted"]
    assert books.open_groups() == ()


def test_the_deduct_rule_follows_from_the_journal_alone():
    books = Books()
    configured = event(
        "ledger.configured", None, source="stockwatch", channels={"shop": {"id": "tb", "deduct": "pay"}}
    )
    apply(books, configured, event("order.placed", order="o", qty=1))
    assert books.channel_of("shop") == "tb"
    assert books.stock("A").shortfall == 0, "it holds nothing until paid"
    stranger = event(
        "ledger.configured", None, source="shop", channels={"shop": {"id": "x", "deduct": "place"}}
    )
    apply(books, stranger)
    assert books.channel_of("shop") == "tb"


def test_units_are_oversold_once_though_the_order_tells_later_that_it_holds_more():
    books = books_with(0)
    apply(books, event("order.placed", order="o", qty=1))
    apply(books, event("order.placed", None, order="o", qty=1, items=[{"sku": "A", "qty": 2}]))
    assert figures(books) == {"shortfall": 2, "oversold": 2}


def test_a_shortfall_keeps_its_turn_though_the_order_tells_later_what_is_in_it():
    books = books_with(0)
    apply(books, event("order.placed", order="first", qty=1), event("order.placed", order="then", qty=1))
    apply(books, event("order.placed", None, order="first", qty=1, items=[{"sku": "A", "qty": 2}]))
    apply(books, event("stock.received", qty=2))
    assert [one.order for one in books.exceptions()] == ["then"]


def test_what_a_bundle_goes_by_may_be_told_after_what_is_in_it():
    items = [{"sku": "A", "qty": 1}]
    bundle = {"order": "o", "qty": 1, "items": items}
    for first, then in ((None, "SET"), ("SET", None)):
        books = books_with(5)
        apply(books, event("order.placed", first, **bundle), event("order.placed", then, **bundle))
        assert outcomes(books, event("order.shipped", "SET", order="o")) == ["accepted"], "in either order"
        assert figures(books)["shipped"] == 1


def test_a_bundle_expires_under_the_name_that_it_goes_by():
    books = books_with(5)
    bundle = {"order": "o", "qty": 1, "items": [{"sku": "A", "qty": 2}], "expires": AT}
    apply(books, event("order.placed", None, **bundle), event("order.placed", "SET", **bundle))
    (due,) = [decode(raw) for raw in books.due(parse_time(AT) + MINUTE)]
    assert due.subject == "SET"
    assert outcomes(books, due) == ["accepted"]
    assert figures(books) == {"available": 5, "on_hand": 5}


def test_a_check_of_books_that_do_not_add_up_says_so():
    books = books_with(5)
    apply(books, event("order.placed", order="o", qty=2))
    cell = books.cell(("A", "main", "spot"))
    cell.reserved += 1
    cell.available -= 1
    with pytest.raises(LedgerBroken, match="lines sum to"):
        books.check()
    cell.available += 2
    with pytest.raises(LedgerBroken, match="on hand"):
        books.check()


def test_a_document_does_not_go_on_from_figures_that_do_not_add_up():
    books = books_with(5)
    books.cell(("A", "main", "spot")).reserved += 1
    with pytest.raises(LedgerBroken, match="reserved 1"):
        books.apply(event("stock.received", qty=1))


def test_an_order_does_not_go_on_from_figures_that_do_not_add_up():
    books = books_with(5)
    apply(books, event("order.placed", order="o", qty=2))
    books.cell(("A", "main", "spot")).reserved = 1
    with pytest.raises(LedgerBroken, match="reserved -1"):
        books.apply(event("order.paid", order="o"))


@pytest.mark.parametrize(
    "known",
    [
        event("order.placed", order="o", qty=3),
        event("order.paid", order="o", qty=3),
        event("order.shipped", order="o", qty=3),
    ],
    ids=["placed", "paid", "shipped"],
)
@pytest.mark.parametrize("more", [{}, {"atomic": "g", "atomic_of": 1}], ids=["alone", "group"])
def test_asking_for_what_a_platform_has_taken_is_not_refused_however_short_it_is(known, more):
    books = books_with(2)
    asked = event("order.requested", order="o", qty=3, expires="2025-11-11T20:30:00+08:00", **more)
    assert outcomes(books, known, asked) == ["short", "accepted"]


@pytest.mark.parametrize("more", [{}, {"atomic": "g", "atomic_of": 1}], ids=["alone", "group"])
def test_a_request_that_is_told_again_is_not_refused_though_a_count_has_taken_units_of_it(more):
    books = books_with(2)
    asked = [event("order.requested", order="o", qty=2, **extra) for extra in ({}, more)]
    assert outcomes(books, asked[0], event("stock.counted", qty=1), asked[1]) == [
        "accepted",
        "accepted",
        "noop",
    ]


@pytest.mark.parametrize("more", [{}, {"atomic": "g", "atomic_of": 1}], ids=["alone", "group"])
def test_a_request_asks_for_the_sku_that_a_change_told_before_has_made_of_it(more):
    books = books_with(3, "B")
    apply(books, event("order.changed", order="o", to="B"))
    asked = event("order.requested", order="o", qty=3, **more)
    assert outcomes(books, asked) == ["accepted"]
    assert (books.stock("A").reserved, books.stock("B").reserved) == (0, 3)
    assert outcomes(books, event("order.requested", "B", order="p", qty=1, **more)) == ["rejected"]


def test_units_of_a_cancelled_order_that_had_left_for_another_already_are_on_hand_no_more():
    books = books_with(2)
    apply(books, event("order.placed", order="o", qty=2), event("order.shipped", order="p", qty=1))
    assert figures(books) == {"reserved": 2, "shortfall": 1, "oversold": 1, "on_hand": 2}
    apply(books, event("order.cancelled", order="o"))
    assert figures(books) == {"available": 1, "sold": 1, "shipped": 1, "oversold": 1, "on_hand": 1}


def a_restock(qty: int, state: str = "confirmed"):
    due = "2025-11-11T22:00:00+08:00"
    return event("stock.ordered", document="PO", qty=qty, from_="w", due=due, state=state)


def test_more_than_was_ordered_is_taken_in_and_said():
    books = books_with(0)
    (_, first, second) = apply(
        books,
        a_restock(50),
        event("stock.received", qty=48, restock="PO"),
        event("stock.received", qty=7, restock="PO"),
    )
    assert (first.outcome, first.reason) == ("accepted", None)
    assert (second.outcome, second.reason) == ("accepted", "5 more than 'PO' ordered have come")
    assert figures(books) == {"available": 55, "on_hand": 55}


def test_a_restock_has_come_with_its_last_unit():
    books = books_with(0)
    states = []
    apply(books, a_restock(50))
    for qty in (49, 1):
        apply(books, event("stock.received", qty=qty, restock="PO"))
        states.append(books.restocks()["PO"].state)
    assert states == ["confirmed", "received"]


def test_a_restock_that_is_closed_short_waits_for_no_more():
    books = books_with(0)
    apply(books, a_restock(50), event("stock.received", qty=30, restock="PO", final=True))
    assert figures(books) == {"available": 30, "on_hand": 30}
    assert (books.restocks()["PO"].state, books.restocks()["PO"].received) == ("received", 30)
    apply(books, event("stock.received", qty=20, restock="PO"))
    assert figures(books)["available"] == 50, "what comes all the same is there"


def test_a_receipt_before_its_restock_and_a_refusal_after_it():
    books = books_with(0)
    (early, _) = apply(books, event("stock.received", qty=20, restock="PO"), a_restock(50))
    assert early.reason is None, "nobody can say yet that it is too much"
    assert figures(books) == {"available": 20, "on_hand": 20, "in_transit": 30}
    apply(books, a_restock(50, "refused"))
    assert figures(books) == {"available": 20, "on_hand": 20}, "the rest is not coming"
    apply(books, a_restock(50, "shipped"))
    assert figures(books)["in_transit"] == 30, "it has been sent after all"


def test_an_inspection_is_undone_only_for_the_units_that_turn_out_not_to_be_returned():
    books = books_with(10)
    for order, qty in (("a", 1), ("b", 2), ("c", 3)):
        apply(books, event("order.placed", order=order, qty=qty), event("order.paid", order=order))
    apply(books, event("order.refunded", order="a", qty=1), event("order.refunded", order="b", qty=2))
    apply(books, event("stock.inspected", ok=2, written_off=1))
    assert figures(books).get("quarantined", 0) == 0
    # b never left: its two units go back, and of the inspection one good and one bad unit wait for others.
    apply(books, event("order.refunded", order="b", qty=2, restock=True))
    assert figures(books)["on_hand"] == 10
    apply(books, event("order.refunded", order="c", qty=3))
    assert figures(books)["quarantined"] == 1


def test_returns_told_before_all_of_their_payments_take_no_more_than_was_returned():
    books = books_with(9, shop="pay")
    apply(books, event("order.placed", order="o", qty=4), event("order.refunded", order="o", qty=3))
    apply(books, event("order.paid", order="o", qty=2))
    assert figures(books) == {"available": 7, "quarantined": 2, "on_hand": 9}
    apply(books, event("order.paid", order="o", qty=2))
    assert figures(books) == {"available": 5, "sold": 1, "quarantined": 3, "on_hand": 9}


def returned(books, *orders):
    """One unit each, sold and brought back."""
    for order in orders:
        apply(books, event("order.placed", order=order, qty=1), event("order.paid", order=order))
        apply(books, event("order.refunded", order=order, qty=1))


@pytest.mark.parametrize(("ok", "off", "available"), [(3, 0, 10), (0, 3, 7), (2, 1, 9), (1, 2, 8)])
def test_an_inspection_of_more_than_is_there_waits_for_the_rest(ok, off, available):
    books = books_with(10)
    returned(books, "a", "b")
    apply(books, event("stock.inspected", ok=ok, written_off=off))
    assert figures(books).get("quarantined", 0) == 0
    returned(books, "c")
    assert figures(books) == {"available": available, "on_hand": available}
    returned(books, "d")
    assert figures(books)["quarantined"] == 1, "and no more than that was inspected"


def test_inspections_that_wait_are_carried_out_in_their_order():
    books = books_with(10)
    apply(books, event("stock.inspected", ok=2, written_off=0), event("stock.inspected", ok=0, written_off=1))
    returned(books, "a")
    returned(books, "b")
    assert figures(books) == {"available": 10, "on_hand": 10}, "the second good unit of the first inspection"
    returned(books, "c")
    assert figures(books) == {"available": 9, "on_hand": 9}, "then the bad one of the second"
    returned(books, "d")
    assert figures(books)["quarantined"] == 1, "and nothing waits any more"


def test_what_arrives_damaged_meets_the_inspection_that_waits():
    books = books_with(0)
    apply(books, event("stock.inspected", ok=0, written_off=1), event("stock.received", qty=5, damaged=2))
    assert figures(books) == {"available": 3, "quarantined": 1, "on_hand": 4}


@pytest.mark.parametrize(("ok", "off", "left"), [(1, 0, 5), (0, 1, 4)])
def test_an_inspection_is_undone_once_though_more_turns_out_not_to_be_returned(ok, off, left):
    books = books_with(2)
    returned(books, "a", "b")
    # Of the two units one is inspected, the other is found to be gone.
    apply(books, event("stock.inspected", ok=ok, written_off=off), event("stock.counted", qty=0))
    for order in ("a", "b"):
        apply(books, event("order.refunded", order=order, qty=1, restock=True))
    apply(books, event("stock.counted", qty=5))
    returned(books, "c")
    assert figures(books) == {"available": left, "on_hand": left}, "the inspection waited for one unit"
    returned(books, "d")
    assert figures(books) == {"available": left - 1, "quarantined": 1, "on_hand": left}, "and for no more"


def test_a_refund_of_a_unit_that_was_never_there_takes_no_other_into_quarantine():
    books = books_with(0)
    apply(books, event("order.placed", order="o", qty=2), event("order.paid", order="o"))
    apply(books, event("order.refunded", order="o", qty=1), event("stock.received", qty=5))
    assert figures(books) == {"available": 4, "sold": 1, "oversold": 2, "on_hand": 5}
    apply(books, event("order.refunded", order="o", qty=1))
    assert figures(books) == {"available": 4, "quarantined": 1, "oversold": 2, "on_hand": 5}


@pytest.mark.parametrize(
    ("waits", "after"),
    [
        (event("order.placed", order="short", qty=1), {"reserved": 1, "oversold": 1}),
        (event("stock.held", qty=1), {"held": 1}),
    ],
    ids=["an order", "a hold"],
)
def test_units_of_an_order_that_is_cancelled_go_to_what_waits_for_them_first(waits, after):
    books = books_with(2)
    apply(books, event("order.placed", order="o", qty=2), waits, event("order.cancelled", order="o"))
    assert figures(books) == {"available": 1, "on_hand": 2} | after


@pytest.mark.parametrize(("fewer", "short"), [(1, 2), (2, 1), (3, 0)])
def test_a_partial_cancellation_takes_from_what_the_order_is_short_of_first(fewer, short):
    books = books_with(1)
    apply(books, event("order.placed", order="o", qty=4))
    assert figures(books) == {"reserved": 1, "shortfall": 3, "oversold": 3, "on_hand": 1}
    apply(books, event("order.cancelled", order="o", qty=fewer))
    assert (books.stock("A").reserved, books.stock("A").shortfall) == (1, short)


def test_what_is_held_is_released_and_a_release_may_come_before_its_hold():
    books, held = books_with(5), []
    for kind, qty in (
        ("held", 3),
        ("unheld", 1),
        ("unheld", 2),
        ("unheld", 4),
        ("held", 3),
        ("held", 3),
        ("held", 1),
    ):
        assert outcomes(books, event(f"stock.{kind}", qty=qty)) == ["accepted"]
        held.append(books.stock("A").held)
    assert held == [3, 2, 0, 0, 0, 2, 3]
    assert figures(books) == {"available": 2, "held": 3, "on_hand": 5}


def test_a_hold_that_found_too_little_takes_what_comes_and_gives_back_what_is_released():
    books = books_with(2)
    assert outcomes(books, event("stock.held", qty=5), event("stock.unheld", qty=1)) == ["short", "accepted"]
    apply(books, event("stock.received", qty=1))
    assert figures(books) == {"held": 3, "on_hand": 3}
    apply(books, event("stock.received", qty=4))
    assert figures(books) == {"available": 3, "held": 4, "on_hand": 7}


def test_an_inspection_that_is_undone_comes_before_those_that_wait():
    books = books_with(9)
    returned(books, "a")
    apply(books, event("stock.inspected", ok=0, written_off=1), event("stock.inspected", ok=1, written_off=0))
    apply(books, event("order.refunded", order="a", qty=1, restock=True))
    assert figures(books) == {"available": 9, "on_hand": 9}, "it never was returned"
    returned(books, "b")
    assert figures(books) == {"available": 8, "on_hand": 8}, "so it is this one that is broken"
    returned(books, "c")
    assert figures(books) == {"available": 8, "on_hand": 8}
    returned(books, "d")
    assert figures(books)["quarantined"] == 1


def test_a_refund_of_an_order_that_is_short_brings_back_no_more_than_it_had():
    books = books_with(3)
    apply(books, event("order.placed", order="o", qty=4), event("order.paid", order="o"))
    apply(books, event("order.refunded", order="o", qty=2))
    assert figures(books) == {"sold": 2, "quarantined": 1, "oversold": 1, "on_hand": 3}


def test_refunds_told_before_the_payment_go_back_to_stock_or_to_be_inspected_as_each_says():
    books = books_with(6)
    apply(books, event("order.placed", order="o", qty=6))
    apply(books, event("order.refunded", order="o", qty=3))
    apply(
        books,
        event("order.refunded", order="o", qty=2, restock=True),
        event("order.shipped", order="o", qty=2),
    )
    assert figures(books) == {"reserved": 4, "quarantined": 2, "on_hand": 6}
    apply(books, event("order.paid", order="o"))
    assert figures(books) == {"available": 2, "sold": 1, "shipped": 1, "quarantined": 3, "on_hand": 5}


@pytest.mark.parametrize(("source", "kind"), [("shop2", "ledger.closed"), ("stockwatch", "note.added")])
def test_only_an_end_that_the_ledger_tells_closes_groups_of_others(source, kind):
    books = books_with(5)
    apply(books, event("order.requested", order="g", qty=1, atomic="g"))
    assert apply(books, event(kind, None, source=source)) == []
    assert books.open_groups() == ("shop",)
    closed = apply(books, event("ledger.closed", None, source="stockwatch"))
    assert [one.outcome for one in closed] == ["accepted"] * 3


def test_a_change_of_the_whole_line_leaves_nothing_of_its_sku_behind():
    books = books_with(5, "A", "B")
    apply(books, event("order.placed", order="o", qty=2), event("order.changed", order="o", to="B"))
    line = books.line("shop", "o", 1)
    assert line is not None
    assert [(part.cell.sku, part.size) for part in line.parts] == [("B", 2)]
    assert figures(books) == {"available": 5, "on_hand": 5}


def test_an_expiry_that_fell_due_is_told_from_one_that_a_platform_sends():
    books = books_with(5)
    placed = event("order.requested", order="o", qty=2, expires="2025-11-11T20:30:00+08:00")
    apply(books, placed)
    (due,) = [decode(raw) for raw in books.due(placed.time_us + 3_600_000_000)]
    assert fell_due(due)
    assert not fell_due(event("order.expired", order="o", id="platform-7"))
    assert not fell_due(event("order.cancelled", order="o", id=due.id))
    assert not fell_due(event("note.added", None, id=due.id))


def changed(to: str, at: int, sku: str = "A", **data):
    return event("order.changed", sku, order="o", to=to, time_=f"2025-11-11T20:00:{at:02d}+08:00", **data)


def reserved_by_sku(books: Books) -> dict[str, int]:
    return {sku: books.stock(sku).reserved for sku in "ABC" if books.stock(sku).reserved}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_changes_follow_one_another_by_their_own_time_in_any_order_of_arrival(order):
    facts = [event("order.placed", order="o", qty=3), changed("B", 10), changed("C", 20, sku="B", qty=2)]
    books = books_with(9, "A", "B", "C")
    apply(books, *[facts[at] for at in order])
    assert reserved_by_sku(books) == {"B": 1, "C": 2}


def test_a_change_dated_before_the_one_that_it_follows_is_carried_out_all_the_same():
    books = books_with(9, "A", "B", "C")
    apply(books, event("order.placed", order="o", qty=3), changed("C", 10, sku="B"), changed("B", 20))
    assert reserved_by_sku(books) == {"C": 3}


def test_changes_to_a_sku_that_is_in_the_line_already_add_up():
    books = books_with(9, "A", "B", "C")
    apply(books, event("order.placed", order="o", qty=3), changed("B", 10, qty=1), changed("B", 20, qty=1))
    assert reserved_by_sku(books) == {"A": 1, "B": 2}
    apply(books, changed("A", 30, sku="B"))
    assert reserved_by_sku(books) == {"A": 3}


def test_a_change_of_a_sku_that_is_not_in_the_line_changes_nothing_and_repeats_no_other():
    books = books_with(9, "A", "B", "C")
    apply(books, event("order.placed", order="o", qty=3), changed("B", 10, qty=1))
    apply(books, changed("B", 20, sku="C"))
    assert reserved_by_sku(books) == {"A": 2, "B": 1}


def test_a_change_of_the_rest_leaves_what_was_changed_before():
    books = books_with(9, "A", "B", "C")
    apply(books, event("order.placed", order="o", qty=3), changed("B", 10, qty=1), changed("C", 20))
    assert reserved_by_sku(books) == {"B": 1, "C": 2}
    apply(books, changed("A", 30, sku="B"))
    assert reserved_by_sku(books) == {"A": 1, "C": 2}, "and back again"


def part(kind: str, qty: int):
    return event(f"order.{kind}", None, order="o", qty=qty)


@pytest.mark.parametrize(
    ("facts", "a", "b"),
    [
        ([part("paid", 1)], {"reserved": 1, "sold": 1}, {"reserved": 1}),
        ([part("paid", 2)], {"sold": 2}, {"reserved": 1}),
        ([part("paid", 3), part("shipped", 2)], {"sold": 2, "shipped": 2}, {"sold": 1}),
        ([part("cancelled", 1)], {"reserved": 2}, {}),
        ([part("paid", 1), part("refunded", 1)], {"reserved": 1, "quarantined": 1}, {"reserved": 1}),
        ([part("paid", 3), part("refunded", 1)], {"sold": 2}, {"quarantined": 1}),
        ([part("paid", 3), part("refunded", 2)], {"sold": 1, "quarantined": 1}, {"quarantined": 1}),
        ([part("paid", 2), part("refunded", 2)], {"quarantined": 2}, {"reserved": 1}),
    ],
)
def test_skus_that_share_a_line_take_what_is_sold_then_what_came_back_then_what_is_reserved(facts, a, b):
    books = books_with(9, "A", "B")
    apply(books, event("order.placed", order="o", qty=3), changed("B", 10, qty=1), *facts)
    got = [figures(books, sku) for sku in "AB"]
    assert [{name: one[name] for name in one if name not in ("available", "on_hand")} for one in got] == [
        a,
        b,
    ]


def test_a_request_that_tells_more_of_its_line_asks_only_for_what_it_does_not_have():
    books = books_with(2, "A", "B")
    assert outcomes(books, event("order.requested", order="o", qty=2)) == ["accepted"]
    more = [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 1}]
    assert outcomes(books, event("order.requested", order="o", qty=2, items=more)) == ["accepted"]
    assert (books.stock("A").reserved, books.stock("B").reserved) == (2, 2)
    assert outcomes(books, event("order.requested", "B", order="p", qty=1)) == ["rejected"]


def test_a_request_that_tells_more_of_its_line_asks_for_each_item_in_full():
    books = books_with(9, "A", "B")
    apply(books, event("stock.received", "C", qty=1), event("order.requested", order="o", qty=2))
    more = [{"sku": sku, "qty": 1} for sku in "ABC"]
    (asked,) = apply(books, event("order.requested", order="o", qty=2, items=more))
    assert (asked.outcome, asked.reason) == ("rejected", "C: 2 asked, 1 available")
    assert reserved_by_sku(books) == {"A": 2}


def test_a_line_that_a_group_asks_for_twice_is_asked_for_once():
    books = books_with(2)
    asked = [event("order.requested", order="o", qty=2, atomic="g", atomic_of=2) for _ in range(2)]
    assert outcomes(books, *asked) == ["accepted", "noop"]


def test_a_request_asks_for_nothing_of_what_was_cancelled_of_it_before():
    books = books_with(2)
    apply(books, changed("B", 10, qty=1), part("cancelled", 1))
    assert outcomes(books, event("order.requested", order="o", qty=3)) == ["accepted"]
    assert reserved_by_sku(books) == {"A": 2}, "the first SKU that shares the line comes first"


def test_a_group_that_is_refused_says_of_which_sku_there_is_too_little():
    books = books_with(2)
    asked = [event("order.requested", order=f"o{n}", qty=2, atomic="g", atomic_of=2) for n in (1, 2)]
    assert [one.reason for one in apply(books, *asked)] == ["A: the atomic group asks for 4, 2 available"] * 2


@pytest.mark.parametrize(
    ("bucket", "units"), [("reserved", -1), ("available", -1), ("shipped", 1), ("shipped", -1)]
)
def test_the_quick_check_of_a_cell_sees_what_a_move_could_break(bucket, units):
    cell = books_with(5).cell(("A", "main", "spot"))
    cell.check_moved()
    setattr(cell, bucket, units)
    with pytest.raises(LedgerBroken):
        cell.check_moved()


@pytest.mark.parametrize("by", [-1, 1])
@pytest.mark.parametrize(
    "figure",
    ["available", "held", "reserved", "sold", "shipped", "quarantined", "opening", "received", "adjusted",
     "written_off", "noted"],
)  # fmt: skip
def test_the_check_of_a_cell_sees_any_figure_that_is_wrong_by_one(figure, by):
    cell = books_with(5).cell(("A", "main", "spot"))
    cell.check()
    setattr(cell, figure, getattr(cell, figure) + by)
    with pytest.raises(LedgerBroken):
        cell.check()


@pytest.mark.parametrize(
    ("figure", "units"), [("shortfall", 1), ("shortfall", -1), ("debt", 1), ("hold_target", 1)]
)
def test_the_check_of_a_cell_sees_units_that_lie_free_while_something_waits_for_them(figure, units):
    cell = books_with(5).cell(("A", "main", "spot"))
    setattr(cell, figure, units)
    with pytest.raises(LedgerBroken):
        cell.check()


def test_an_order_told_again_by_the_sku_it_was_changed_to_changes_no_more_of_it():
    books = books_with(9, "A", "B")
    apply(books, event("order.placed", order="o", qty=3), changed("B", 10, qty=1))
    apply(books, event("order.placed", "B", order="o", qty=3))
    assert reserved_by_sku(books) == {"A": 2, "B": 1}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0)])
def test_a_payment_by_the_new_sku_and_its_change_may_come_before_the_order(order):
    facts = [
        event("order.placed", order="o", qty=3),
        changed("B", 10, qty=1),
        event("order.paid", "B", order="o", qty=1),
    ]
    books = books_with(9, "A", "B")
    assert outcomes(books, *[facts[at] for at in order]) == ["accepted"] * 3
    units = {sku: books.stock(sku).reserved + books.stock(sku).sold for sku in "AB"}
    assert units == {"A": 2, "B": 1}
