"""Disks that are full, fail or lose power: nothing is answered that is not there, and the ledger goes on after it."""

from __future__ import annotations

import random

import apsw
import pytest
from faults import Disk, after_power_cut, write_back
from ledger_making import raw

from stockwatch.ledger import file as file_module
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.store import LedgerError, LedgerFailed
from stockwatch.ledger.verify import verify
from stockwatch.ledger.writer import Writer

BATCHES = 12


def batches(seed: int) -> list[list[bytes]]:
    """A dozen batches of a small room; each event has an id, so that sending all of them again is harmless."""
    rng = random.Random(seed)
    made = [[raw("stock.counted", id="c", document="opening", qty=30)]]
    for batch in range(1, BATCHES):
        events = []
        for n in range(rng.randrange(1, 6)):
            kind = rng.choice(["placed", "requested", "paid", "cancelled", "shipped"])
            qty = {"qty": rng.randrange(1, 4)} if kind in ("placed", "requested") else {}
            order = f"o{rng.randrange(12)}"
            note = {"note": "x" * rng.randrange(6000)} if rng.random() < 0.3 else {}
            events.append(raw(f"order.{kind}", id=f"{batch}-{n}", order=order, **qty, **note))
        made.append(events)
    return made


def clock():
    ticks = iter(range(1_762_862_403_000_000, 2**62))
    return lambda: next(ticks)


def run(path, work, disk: Disk | None = None) -> int:
    """Send all batches; how many events were answered. A failure ends it, as it ends a hub."""
    answered = 0
    try:
        with LedgerFile(path) as ledger:
            writer = Writer(ledger, clock())
            for events in work:
                try:
                    answered += len(writer.process(events))
                except LedgerFailed:
                    with pytest.raises(LedgerFailed):
                        writer.process([raw("order.placed", order="more", qty=1)])
                    raise
                if disk is not None:
                    disk.answered(answered)
    except LedgerError as error:
        if "disk" not in str(error):
            raise
    return answered


def journal(path) -> list[tuple[bytes, str]]:
    """What a sound ledger holds."""
    with LedgerFile(path, read_only=True) as ledger:
        assert verify(ledger).findings == ()
        return [(record.raw, record.outcome) for record in ledger.records()]


def figures(path):
    with LedgerFile(path, read_only=True) as ledger:
        return ledger.stock()[1]


@pytest.fixture(autouse=True)
def often_folded(monkeypatch):
    """The log is folded into the file every few commits, so that faults strike there too."""
    monkeypatch.setattr(file_module, "_CHECKPOINT_PAGES", 12)


@pytest.mark.parametrize("fault", ["full", "io", "torn", "sync"])
def test_whichever_write_or_sync_fails_nothing_answered_is_missing_and_the_ledger_goes_on(tmp_path, fault):
    work = batches(4)
    with Disk() as disk:
        run(tmp_path / "whole.db", work)
        operations = disk.done
    whole, want = journal(tmp_path / "whole.db"), figures(tmp_path / "whole.db")
    struck = answered_before = 0
    for nth in range(1, operations, 3):
        path = tmp_path / f"{nth}.db"
        with Disk() as disk:
            disk.fail(nth, fault)
            answered = run(path, work)
        if not disk.broken:
            continue  # no such operation comes any more
        struck += 1
        answered_before += 0 < answered < len(whole)
        if answered:
            found = journal(path)
            assert len(found) >= answered
            assert found == whole[: len(found)]
        assert run(path, work) == len(whole)
        assert figures(path) == want
        firsts = [one for one in journal(path) if one[1] != "duplicate"]
        assert firsts == [one for one in whole if one[1] != "duplicate"]
    assert struck > 10
    assert answered_before > 5, "faults also strike in the midst"


def test_a_writer_that_failed_touches_the_files_no_more(tmp_path):
    path = tmp_path / "room.db"
    with Disk() as disk:
        ledger = LedgerFile(path)
        writer = Writer(ledger, clock())
        for events in batches(1)[:4]:
            writer.process(events)
        disk.fail(1, "sync")
        with pytest.raises(LedgerFailed, match=r"commit failed.*nothing of it was acknowledged.*disk"):
            writer.process(batches(1)[5])
        disk.repair()
        before = disk.done
        ledger.close()
        assert disk.done == before, "a sync that failed is not tried again: it would lie"


def check_after_cut(log, cut, rng, folder, sent) -> int:
    """The ledger that the disk holds opens as a prefix with everything answered; returns how much was answered."""
    folder.mkdir()
    files, answered = after_power_cut(log, cut, rng)
    write_back(files, folder)
    path = folder / "room.db"
    with LedgerFile(path) as ledger:
        found = [(record.raw, record.outcome) for record in ledger.records()]
        assert len(found) >= answered, f"{len(found)} of {answered} answered events are left (cut {cut})"
        assert found == sent[: len(found)]
        Writer(ledger, clock()).process([raw("order.placed", order="after", qty=1)])
    assert len(journal(path)) == len(found) + 1
    return answered


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_power_cut_leaves_a_prefix_with_everything_that_was_answered(tmp_path, seed):
    rng = random.Random(seed)
    work = batches(seed)
    path = tmp_path / "room.db"
    with Disk() as disk:
        run(path, work, disk)
    sent = journal(path)
    spread = set()
    for trial in range(40):
        cut = rng.randrange(len(disk.log) + 1)
        spread.add(check_after_cut(disk.log, cut, rng, tmp_path / f"{trial}", sent))
    assert len(spread) > 6, "cuts fall all over the run"


@pytest.mark.parametrize("seed", range(20))
def test_what_a_failed_sync_lost_takes_nothing_with_it_that_is_answered_later(tmp_path, seed):
    """After a failed sync the kernel shows pages that never reach the disk. Who opens the ledger again must not build
    on them: a later power cut would break the log there, and all that was answered behind."""
    rng = random.Random(seed)
    work = batches(seed)
    path = tmp_path / "room.db"
    half = rng.randrange(2, BATCHES - 2)
    with Disk() as disk:
        run(path, work[:half], disk)
        with LedgerFile(path) as ledger:
            writer = Writer(ledger, clock())
            disk.fail(1, "sync")
            with pytest.raises(LedgerFailed):
                writer.process(work[half])
        disk.repair()
        with LedgerFile(path) as ledger:
            writer = Writer(ledger, clock())
            start = len(disk.log)
            for events in work[half + 1 :]:
                writer.process(events)
                disk.answered(ledger.last_seq)
            end = len(disk.log)
    sent = journal(path)
    for trial in range(3):
        check_after_cut(disk.log, rng.randrange(start, end + 1), rng, tmp_path / f"{trial}", sent)


def test_the_model_has_teeth(tmp_path):
    """With synchronous=NORMAL the same cuts lose what was answered, and the model shows it."""
    rng = random.Random(3)
    path = tmp_path / "room.db"
    with Disk() as disk, LedgerFile(path) as ledger:
        ledger._db.pragma("synchronous", "normal")
        writer = Writer(ledger, clock())
        start = len(disk.log)
        answered = 0
        for events in batches(3):
            answered += len(writer.process(events))
            disk.answered(answered)
        end = len(disk.log)
        sent = [(record.raw, record.outcome) for record in ledger.records()]
    lost = 0
    for trial in range(30):
        try:
            check_after_cut(disk.log, rng.randrange(start, end + 1), rng, tmp_path / f"{trial}", sent)
        except (AssertionError, LedgerError, apsw.Error):
            lost += 1
    assert lost > 5
