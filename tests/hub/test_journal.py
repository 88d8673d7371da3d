"""A hub goes on from its journal only if the journal tells what the events come to."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from stockwatch.hub.journal import rebuild
from stockwatch.hub.ledgerfile import LedgerJournal
from stockwatch.ledger.balances import Books
from stockwatch.ledger.store import LedgerCorrupt, Record
from stockwatch.room.pipeline import Pipeline
from stockwatch.room.room import Room, on
from tests.room.build import START, config, event, placed

NOW = int(START.timestamp()) * 1_000_000


def new_room() -> Room:
    return on(Pipeline(Books(), trusted_clock=True), config())


def journaled(path: Path) -> list[Record]:
    """The journal of a room that had orders, a repeat and a group."""
    journal, room = LedgerJournal(path, lambda: NOW), new_room()
    room.pipeline.open(NOW)
    cart = {"channel": "own/1", "order": "g", "qty": 1, "atomic": "g", "atomic_of": 2}
    messages = [placed(0, "H-M", "a"), placed(0, "H-M", "a"), placed(0, "SOCK", "all", qty=10_000)]
    messages += [event("order.requested", 0, "H-M", line=line, **cart) for line in (1, 2)]
    for number, message in enumerate(messages):
        room.pipeline.take(message, NOW + number)
        journal.append(room.pipeline.drain(), {}, room.pipeline)
    records = list(journal.records())
    journal.close()
    assert {"accepted", "duplicate", "short"} == {record.outcome for record in records}
    return records


def test_a_true_journal_gives_the_room_back(tmp_path: Path):
    records, room = journaled(tmp_path / "room.db"), new_room()
    assert rebuild(iter(records), room.pipeline) == len(records)
    assert room.books.stock("SOCK").shortfall > 0
    assert room.books.stock("H-M").reserved == 3
    assert not room.pipeline.rebuilding


@pytest.mark.parametrize("back", [1, 2, 3, 4, 5])
def test_an_outcome_that_the_events_do_not_come_to_stops_the_hub(tmp_path: Path, back: int):
    records = journaled(tmp_path / "room.db")
    lie = "rejected" if records[-back].outcome == "accepted" else "accepted"
    records[-back] = msgspec.structs.replace(records[-back], outcome=lie)
    with pytest.raises(LedgerCorrupt, match=f"the journal says {lie}, replay says") as found:
        rebuild(records, new_room().pipeline)
    assert found.value.seq == records[-back].seq


def test_a_journal_that_lacks_an_event_or_a_members_answer_stops_the_hub(tmp_path: Path):
    records = journaled(tmp_path / "room.db")
    with pytest.raises(LedgerCorrupt) as found:
        rebuild([*records[:-4], *records[-3:]], new_room().pipeline)
    assert found.value.seq == records[-3].seq
    with pytest.raises(LedgerCorrupt, match="the atomic group has 1 of 2 members") as found:
        rebuild(records[:-1], new_room().pipeline)
    assert found.value.seq == records[-2].seq


def test_a_message_that_is_no_event_does_not_pass_for_one(tmp_path: Path):
    records = journaled(tmp_path / "room.db")
    records[-5] = msgspec.structs.replace(records[-5], raw=b"{}")
    with pytest.raises(LedgerCorrupt, match="replay says invalid"):
        rebuild(records, new_room().pipeline)
