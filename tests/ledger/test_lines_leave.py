"""Lines that are over leave memory, and nobody can tell: a late fact about one finds it as it was."""

from __future__ import annotations

import itertools
import random
import sqlite3
from typing import Any

import pytest
from ledger_making import apply, event, figures, raw
from test_plain_lines import SKUS, random_event

from stockwatch.ledger import archive
from stockwatch.ledger.balances import Books
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.store import ClosedLine, LedgerCorrupt
from stockwatch.ledger.upkeep import rebuild_all
from stockwatch.ledger.verify import verify
from stockwatch.ledger.writer import Writer


class Kept:
    """A store, as far as lines go."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, int], list[tuple[int, bytes]]] = {}

    def closed_line(self, source: str, order: str, line: int, before_seq: int) -> bytes | None:
        found = [state for seq, state in self.rows.get((source, order, line), ()) if seq < before_seq]
        return found[-1] if found else None

    def keep(self, seq: int, lines: list[ClosedLine]) -> None:
        for line in lines:
            self.rows.setdefault((line.source, line.order, line.line), []).append((seq, line.state))


def facts_of(books: Books) -> Any:
    return [
        books.balances(),
        sorted((m.source, m.order, m.line, m.units) for m in books.money_due()),
        sorted((line.source, line.order, line.line) for line in books.waiting()),
        books.next_due(),
        [(trouble.kind, trouble.seq, trouble.detail) for trouble in books.exceptions()],
    ]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("stock", [3, 1000])
def test_books_whose_lines_leave_whenever_they_may_are_the_books_that_keep_them(seed, stock):
    random_ = random.Random(seed)
    leaving, keeping = Books({"payshop": ("payshop", "pay")}), Books({"payshop": ("payshop", "pay")})
    store = Kept()
    archive.connect(leaving, store)  # type: ignore[arg-type]
    feed = [event("stock.counted", sku, document="opening", qty=stock) for sku in SKUS]
    feed += [random_event(random_, number) for number in range(250)]
    left = 0
    for one in feed:
        assert leaving.apply(one) == keeping.apply(one)
        if random_.random() < 0.3:
            over = [line for line in leaving._orders.closed_before(1 << 60) if line is not None]
            store.keep(leaving.place, archive.closed(over))
            leaving.leave(over)
            left += len(over)
        leaving.check()
        assert facts_of(leaving) == facts_of(keeping)
    assert left > 3


@pytest.mark.parametrize("more", [{}, {"items": [{"sku": "A", "qty": 2}]}], ids=["plain", "items"])
def test_figures_add_up_while_a_line_is_away_and_when_a_late_fact_has_brought_it_back(more):
    books, store = Books(), Kept()
    archive.connect(books, store)  # type: ignore[arg-type]
    apply(books, event("stock.counted", document="opening", qty=9))
    apply(books, event("order.placed", order="o", qty=2, **more), event("order.shipped", order="o"))
    before = figures(books)
    over = [line for line in books._orders.closed_before(1 << 60) if line is not None]
    assert [line.order for line in over] == ["o"]
    store.keep(books.place, archive.closed(over))
    books.leave(over)
    books.check()
    assert (list(books.lines()), figures(books)) == ([], before)
    sold = before["sold"]
    apply(books, event("order.refunded", order="o"))
    assert figures(books) == {"available": 9 - sold, "quarantined": sold, "on_hand": 9}


@pytest.mark.parametrize("number", [1, 2])
def test_a_group_that_asks_for_what_is_shipped_and_away_needs_units_for_the_rest_only(number):
    books, store = Books(), Kept()
    archive.connect(books, store)  # type: ignore[arg-type]
    apply(books, event("stock.counted", document="opening", qty=3))
    order = {"order": "o", "line": number, "qty": 2}
    apply(books, event("order.placed", **order), event("order.shipped", **order))
    over = [line for line in books._orders.closed_before(1 << 60) if line is not None]
    store.keep(books.place, archive.closed(over))
    books.leave(over)
    group = {"atomic": "g", "atomic_of": 2}
    asked = apply(
        books,
        event("order.requested", **order, **group),
        event("order.requested", order="p", qty=1, **group),
    )
    assert [one.outcome for one in asked] == ["noop", "accepted"]
    assert figures(books) == {"reserved": 1, "sold": 2, "shipped": 2, "on_hand": 1}


DAY_US = 86_400_000_000


class Clock:
    def __init__(self) -> None:
        self.us = 1_762_862_400_000_000

    def __call__(self) -> int:
        self.us += 1000
        return self.us


def pass_days(writer: Writer, clock: Clock, days: int) -> None:
    for _ in range(days):
        clock.us += DAY_US
        writer.process([raw("feed.heartbeat", None), raw("feed.heartbeat", None)])


def test_a_return_that_comes_after_weeks_finds_its_order_also_after_a_crash(tmp_path):
    path, clock = tmp_path / "shop.db", Clock()
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock)
        writer.process([raw("stock.counted", document="opening", qty=20)])
        for n in range(5):
            writer.process([raw("order.placed", order=f"o{n}", qty=1), raw("order.shipped", order=f"o{n}")])
        writer.process([raw("order.placed", order="open", qty=1)])
        pass_days(writer, clock, 20)
        assert [line.order for line in writer.books.lines()] == ["open"]
        assert figures(writer.books) == {
            "on_hand": 15,
            "available": 14,
            "reserved": 1,
            "sold": 5,
            "shipped": 5,
        }
        again, refund = raw("order.placed", order="o3", qty=1), raw("order.refunded", order="o3", qty=1)
        assert [a.outcome for a in writer.process([again, refund])] == ["noop", "accepted"]
        pass_days(writer, clock, 1)
        late = writer.process([raw("order.refunded", order="o3", qty=1), raw("order.refunded", order="o4")])
        assert [a.outcome for a in late] == ["noop", "accepted"]
        was = writer.books
    with LedgerFile(path, read_only=True) as ledger:
        assert ledger.has_closed_lines()
        assert verify(ledger).findings == ()
        books = rebuild(ledger)
        assert books.balances() == was.balances()
        books.check()


def test_a_line_that_left_twice_is_read_back_as_it_was_then(tmp_path):
    """A snapshot between the two: what comes after it must not find what only came later."""
    from stockwatch.ledger.state import frames

    path, clock = tmp_path / "shop.db", Clock()
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock)
        writer.process([raw("stock.counted", document="opening", qty=20)])
        writer.process([raw("order.placed", order="o", qty=3), raw("order.shipped", order="o", qty=3)])
        pass_days(writer, clock, 16)
        assert list(writer.books.lines()) == []
        ledger.keep_snapshot(ledger.last_seq, frames(writer.books))
        writer.process([raw("order.refunded", order="o", qty=1)])
        pass_days(writer, clock, 16)
        assert list(writer.books.lines()) == []
        writer.process([raw("order.refunded", order="o", qty=1)])
        was = writer.books.balances()
    with LedgerFile(path, read_only=True) as ledger:
        assert next(ledger.snapshots()).seq < ledger.last_seq
        assert rebuild(ledger).balances() == was
        assert verify(ledger).findings == ()
        assert next(iter(was.values())).quarantined == 2


def test_the_audit_finds_a_kept_line_that_is_not_what_the_journal_comes_to(tmp_path):
    from stockwatch.ledger.state import frames

    path, clock = tmp_path / "shop.db", Clock()
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock)
        writer.process([raw("stock.counted", document="opening", qty=20)])
        for order in ("o", "p"):
            writer.process(
                [raw("order.placed", order=order, qty=3), raw("order.shipped", order=order, qty=3)]
            )
        pass_days(writer, clock, 16)
        ledger.keep_snapshot(ledger.last_seq, frames(writer.books))
        assert verify(ledger).findings == ()
        other = ledger.closed_line("shop", "p", 1, 1 << 60)
    database = sqlite3.connect(path)
    database.execute("UPDATE line SET state = ? WHERE ord = 'o'", (other,))
    database.commit()
    database.close()
    with LedgerFile(path, read_only=True) as ledger:
        (finding,) = verify(ledger).findings
    assert "the kept line shop o 1 is not" in finding.what
    rebuild_all(path)
    with LedgerFile(path, read_only=True) as ledger:
        assert verify(ledger).findings == ()


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE line SET state = (SELECT state FROM line WHERE ord = 'p') WHERE ord = 'o'", 33),
        ("UPDATE line SET state = x'9301' WHERE ord = 'o'", 33),
        ("UPDATE line SET seq = 1 WHERE ord = 'o'", 1),
        ("UPDATE line SET seq = seq + 1000 WHERE ord = 'o'", 1033),
        ("INSERT INTO line SELECT source, 'never', line, seq, state FROM line WHERE ord = 'o'", 33),
    ],
)
def test_the_audit_finds_a_kept_line_that_was_changed_though_there_is_no_snapshot(tmp_path, change, seq):
    path, clock = tmp_path / "shop.db", Clock()
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock)
        writer.process([raw("stock.counted", document="opening", qty=20)])
        for order in ("o", "p"):
            writer.process([raw("order.placed", order=order, qty=3), raw("order.shipped", order=order)])
        pass_days(writer, clock, 16)
        assert [seq for seq, _ in ledger.closed_lines()] == [33, 33]
        assert verify(ledger).findings == ()
    database = sqlite3.connect(path)
    database.execute(change)
    database.commit()
    database.close()
    with LedgerFile(path, read_only=True) as ledger:
        (finding,) = verify(ledger).findings
    assert "the kept line shop" in finding.what
    assert finding.seq == seq
    rebuild_all(path)
    with LedgerFile(path, read_only=True) as ledger:
        assert verify(ledger).findings == ()


@pytest.mark.parametrize("recalled", [False, True])
def test_a_count_that_takes_from_lines_which_are_here_says_nothing_of_those_away(tmp_path, recalled):
    """The audit's books, which still have every line, then unfold them all."""
    from stockwatch.ledger.state import frames

    path, clock = tmp_path / "shop.db", Clock()
    expires = "2026-11-11T20:00:00Z"
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock)
        writer.process([raw("stock.counted", document="opening", qty=20)])
        writer.process(
            [raw("order.placed", order="o", qty=3, expires=expires), raw("order.shipped", order="o")]
        )
        pass_days(writer, clock, 16)
        assert list(writer.books.lines()) == []
        writer.process([raw("order.placed", order="here", qty=10), raw("stock.counted", qty=5)])
        assert figures(writer.books)["shortfall"] == 5
        if recalled:
            writer.process([raw("order.refunded", order="o")])
        ledger.keep_snapshot(ledger.last_seq, frames(writer.books))
        assert verify(ledger).findings == ()


def test_a_kept_line_that_can_not_be_read_stops_the_writer_and_says_what_to_do():
    books = Books()

    class Broken(Kept):
        def closed_line(self, *_: object) -> bytes | None:
            return b"\x93\x01\x02\x03"

    archive.connect(books, Broken())  # type: ignore[arg-type]
    with pytest.raises(LedgerCorrupt, match="ledger rebuild"):
        apply(books, event("order.refunded", order="o"))


def test_looking_for_lines_that_are_over_is_cut_into_pieces():
    books = Books()
    apply(books, event("stock.counted", document="opening", qty=100, time_="2025-11-01T12:00:00Z"))
    for n in range(40):
        for type_ in ("placed", "shipped"):
            books.apply(event(f"order.{type_}", order=f"o{n}", qty=1, time_="2025-11-01T12:00:00Z"))
    for day in range(2, 20):
        for _ in range(2):
            books.apply(event("feed.heartbeat", None, time_=f"2025-11-{day:02d}T12:00:00Z"))
    pieces = [len(books.over(15)) for _ in range(5)]
    assert pieces == [15, 15, 10, 0, 0]
    assert list(itertools.chain(books.over(100))) == []
