"""Disks that are full, fail or lose power: nothing is answered that is not there, and the ledger goes on after it."""

from __future__ import annotations

import random
from pathlib import Path

import apsw
import pytest
from faults import Disk
from plain_files import PlainFiles
from power_cuts import BATCHES, a_cut, batches, check_after_cut, clock, figures, journal, run

from stockwatch.ledger import file as file_module
from stockwatch.ledger import snapshot
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.store import LedgerError, LedgerFailed
from stockwatch.ledger.writer import Writer


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


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="files are watched by way of /proc")
@pytest.mark.parametrize("seed", [21, 22])
def test_a_power_cut_leaves_snapshots_whole_and_of_this_journal_or_not_at_all(tmp_path, seed):
    rng = random.Random(seed)
    path = tmp_path / "room.db"
    with Disk() as disk, PlainFiles(disk.log):
        run(path, batches(seed), disk, snapshots=True)
    sent = journal(path)
    there = unfinished = 0
    for trial in range(40):
        folder = tmp_path / f"{trial}"
        check_after_cut(disk.log, a_cut(disk.log, rng), rng, folder, sent)
        there += bool(snapshot.paths(folder / "room.db"))
        unfinished += bool(list(folder.glob("*.part")))
    assert there > 10, "cuts leave snapshots to start from"
    assert unfinished, "cuts fall into snapshots"


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
