"""The audit index: a projection that lags, says so, can be thrown away, and never says what the journal does not."""

from __future__ import annotations

import random
import subprocess
import sys
import threading

import apsw
import pytest
from ledger_making import raw
from power_cuts import clock

from stockwatch.ledger.catchup import catch_up, index_path, open_index
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.index import Index
from stockwatch.ledger.movements import movements
from stockwatch.ledger.store import LedgerError
from stockwatch.ledger.writer import Writer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "room.db"


def write(path, seed: int, batches: int = 20) -> None:
    """Some batches of a small room, appended to the ledger."""
    rng = random.Random(seed)
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        writer.process([raw("stock.received", sku, qty=30, document=f"in-{seed}-{sku}") for sku in "AB"])
        for _ in range(batches):
            events = []
            for _ in range(rng.randrange(1, 6)):
                kind = rng.choice(["placed", "paid", "cancelled", "shipped", "requested"])
                qty = {"qty": rng.randrange(1, 4)} if kind in ("placed", "requested") else {}
                events.append(raw(f"order.{kind}", rng.choice("AB"), order=f"o{rng.randrange(30)}", **qty))
            writer.process(events)


def caught_up(path) -> Index:
    with LedgerFile(path, read_only=True) as ledger:
        index = open_index(ledger)
        catch_up(ledger, index)
        assert index.gaps(ledger.last_seq) == []
    return index


def everything(index: Index):
    rows, before = [], None
    while page := index.page(before=before, limit=7):
        rows += page
        before = page[-1].seq
    return rows


def journal(path):
    with LedgerFile(path, read_only=True) as ledger:
        rows = [row for row in movements(ledger) if row.outcome not in ("duplicate", "noop")]
    return sorted(rows, key=lambda row: (-row.seq, row.sku or "", row.location, row.pool))


def test_page_by_page_it_tells_what_the_journal_tells(path):
    write(path, 1)
    assert everything(caught_up(path)) == journal(path)


def test_it_goes_on_from_where_it_was(path):
    write(path, 1)
    caught_up(path).close()
    write(path, 2)
    with LedgerFile(path, read_only=True) as ledger:
        index = open_index(ledger)
        ((first, last),) = index.gaps(ledger.last_seq)
        assert 1 < first <= last == ledger.last_seq
    assert everything(caught_up(path)) == journal(path)


def test_a_gap_is_filled_though_what_comes_after_is_known(path):
    write(path, 1)
    write(path, 2)
    whole = caught_up(path)
    rows, (_, last) = everything(whole), whole.covered()[0]
    whole.close()
    index_path(path).unlink()
    with LedgerFile(path, read_only=True) as ledger:
        part = open_index(ledger)
        half = max(seq for seq in range(1, last) if ledger.head_at(seq) and seq < last // 2)
        part.add([row for row in rows if row.seq > half], half + 1, last, ledger.head_at(last))
        assert part.gaps(last) == [(1, half)]
        catch_up(ledger, part)
    assert everything(part) == rows
    assert part.covered() == [(1, last)]


def test_an_index_of_another_journal_is_emptied(path, tmp_path):
    write(path, 1)
    caught_up(path).close()
    other = tmp_path / "other.db"
    write(other, 2)
    index_path(other).write_bytes(index_path(path).read_bytes())
    assert everything(caught_up(other)) == journal(other)


def test_an_index_of_an_end_that_was_cut_off_is_emptied(path, tmp_path):
    write(path, 1)
    backup = path.read_bytes()
    write(path, 2)
    caught_up(path).close()
    path.write_bytes(backup)
    write(path, 3)
    assert everything(caught_up(path)) == journal(path)


def test_it_finds_by_sku_by_order_and_by_words(path):
    write(path, 1)
    with LedgerFile(path) as ledger:
        Writer(ledger, clock()).process(
            [raw("stock.adjusted", "B", qty=-1, reason="样品 给主播", by="小林", document="调7")]
        )
    index = caught_up(path)
    assert {row.sku for row in index.page("A")} == {"A"}
    order = index.page("A")[0].order or index.page("A")[1].order
    assert order
    assert {row.order for row in index.page(order=order)} == {order}
    (row,) = index.page(search="小林 样品")
    assert (row.document, row.available) == ("调7", -1)
    assert index.page("A", search="小林") == []
    assert index.page(search="100%_'\";--") == []


def test_a_word_may_stand_for_types_and_outcomes_too(path):
    write(path, 1)
    with LedgerFile(path) as ledger:
        Writer(ledger, clock()).process(
            [
                raw("stock.adjusted", "B", qty=-1, reason="下单 ÉTÉ", document="d"),
                raw("order.placed", "B", order="many", qty=9999),
            ]
        )
    index = caught_up(path)
    means = {"下单": ("order.placed",), "被拒": ("short", "rejected")}
    placed = [row for row in everything(index) if row.type == "order.placed" or row.document == "d"]
    assert index.page(search="下单", stands_for=means, limit=500) == placed
    both = [row for row in placed if row.outcome in ("short", "rejected")]
    assert index.page(search="被拒 下单", stands_for=means, limit=500) == both
    assert [row.order for row in both if row.order == "many"] == ["many"]
    (row,) = index.page(search="ÉTÉ")
    assert index.page(search="下单") == [row]


def test_its_changes_add_up_to_what_is_available(path):
    write(path, 5, batches=60)
    sums = caught_up(path).sums()
    with LedgerFile(path, read_only=True) as ledger:
        _, rows = ledger.stock()
    assert {key: stock.available for key, stock in rows.items()} == sums


def test_rows_of_one_event_are_never_parted_by_a_page(path):
    with LedgerFile(path) as ledger:
        writer = Writer(ledger, clock())
        items = [{"sku": sku, "qty": 1} for sku in "ABCDE"]
        writer.process([raw("order.placed", None, order=f"o{n}", qty=1, items=items) for n in range(4)])
    index = caught_up(path)
    page = index.page(limit=7)
    assert [row.seq for row in page] == [4] * 5 + [3] * 5
    assert [row.seq for row in index.page(limit=7, before=3)] == [2] * 5 + [1] * 5


def test_two_that_fill_it_at_once_do_not_double_a_row(path):
    write(path, 1, batches=50)
    index_path(path).unlink(missing_ok=True)
    children = [
        subprocess.Popen([sys.executable, "-m", "stockwatch.ledger.catchup", str(path)]) for _ in range(2)
    ]
    assert [child.wait(60) for child in children] == [0, 0]
    assert everything(caught_up(path)) == journal(path)


def test_readers_and_a_writer_in_threads_do_not_trip_over_each_other(path):
    write(path, 1, batches=40)
    index = Index()
    rows = list(reversed(journal(path)))
    wrong: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(100):
                index.page("A", search="o1")
        except BaseException as error:  # whatever it is, the test must hear of it
            wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for row in rows:
        index.add([row], row.seq, row.seq, None)
    for reader in readers:
        reader.join()
    assert wrong == []
    assert everything(index) == journal(path)


def test_a_file_that_is_something_else_is_left_alone_and_named(path):
    write(path, 1, batches=1)
    stranger = apsw.Connection(str(index_path(path)))
    stranger.pragma("application_id", 7)
    stranger.close()
    with LedgerFile(path, read_only=True) as ledger, pytest.raises(LedgerError, match="not an audit index"):
        open_index(ledger)


@pytest.mark.parametrize("content", [b"SQLite format 3\x00" + b"garbage" * 500, b"no database" * 400])
def test_a_damaged_index_is_put_aside_and_made_anew(path, content):
    write(path, 1)
    caught_up(path).close()
    index_path(path).write_bytes(content)
    assert everything(caught_up(path)) == journal(path)
    assert index_path(path).with_name("room.db.index.broken").read_bytes() == content


def test_where_nothing_may_be_written_it_is_made_in_memory(path, monkeypatch):
    write(path, 1)
    monkeypatch.setattr("stockwatch.ledger.catchup.os.access", lambda *_: False)
    index_path(path).mkdir()
    with LedgerFile(path, read_only=True) as ledger:
        index = open_index(ledger)
        catch_up(ledger, index)
    assert index.path is None
    assert everything(index) == journal(path)
