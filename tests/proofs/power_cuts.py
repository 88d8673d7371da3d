"""The power is cut at any moment of a writer's work, and what the disk then holds is opened again.

The disk is a model (`faults`): it holds all that a successful sync has covered and, of the rest, any part, in any
order, torn at sectors. What must hold: the ledger opens, holds a prefix of what was sent with everything that was
answered, is sound, and goes on. Snapshots are on that disk too: one that has its name is whole, and belongs to what the
journal holds.

    python tests/proofs/power_cuts.py --trials 500
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "ledger"))

from faults import Disk, Op, after_power_cut, write_back
from ledger_making import raw
from plain_files import PlainFiles

from stockwatch.ledger import file as file_module
from stockwatch.ledger import snapshot
from stockwatch.ledger.figures import Stock
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.snapshot import BadSnapshot, Snapshot
from stockwatch.ledger.state import frames
from stockwatch.ledger.store import Key, LedgerError, LedgerFailed
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


def clock() -> Callable[[], int]:
    """A stamp each, a microsecond apart."""
    ticks = iter(range(1_762_862_403_000_000, 2**62))
    return lambda: next(ticks)


def run(path: Path, work: Sequence[list[bytes]], disk: Disk | None = None, *, snapshots: bool = False) -> int:
    """Send all batches; how many events were answered. A failure ends it, as it ends a hub. `snapshots`: one after
    every few batches."""
    answered = 0
    try:
        with LedgerFile(path) as ledger:
            writer = Writer(ledger, clock())
            for events in work:
                try:
                    answered += len(writer.process(events))
                except LedgerFailed:
                    _refuses(writer)
                    raise
                if snapshots and answered % 2 == 0:
                    ledger.keep_snapshot(ledger.last_seq, frames(writer.books))
                if disk is not None:
                    disk.answered(answered)
    except LedgerError as error:
        if "disk" not in str(error):
            raise
    return answered


def _refuses(writer: Writer) -> None:
    """A writer that failed answers nothing any more."""
    try:
        writer.process([raw("order.placed", order="more", qty=1)])
    except LedgerFailed:
        return
    raise AssertionError("a writer that failed answers")


def journal(path: Path) -> list[tuple[bytes, str]]:
    """What a sound ledger holds."""
    with LedgerFile(path, read_only=True) as ledger:
        assert verify(ledger).findings == ()
        return [(record.raw, record.outcome) for record in ledger.records()]


def figures(path: Path) -> dict[Key, Stock]:
    """The stock rows."""
    with LedgerFile(path, read_only=True) as ledger:
        return ledger.stock()[1]


def a_cut(log: list[Op], rng: random.Random) -> int:
    """Anywhere, but each third time within a snapshot, where there is one: they are few operations among many."""
    within = [number for number, op in enumerate(log) if ".snap." in op.file]
    if within and rng.random() < 1 / 3:
        return rng.choice(within) + 1
    return rng.randrange(len(log) + 1)


def check_after_cut(
    log: list[Op],
    cut: int,
    rng: random.Random,
    folder: Path,
    sent: Sequence[tuple[bytes, str]],
) -> int:
    """The ledger that the disk holds opens as a prefix with everything answered; returns how much was answered."""
    folder.mkdir()
    files, answered = after_power_cut(log, cut, rng)
    write_back(files, folder)
    path = folder / "room.db"
    for beside in snapshot.paths(path):
        Snapshot(beside)  # raises where it is not whole
    with LedgerFile(path) as ledger:
        found = [(record.raw, record.outcome) for record in ledger.records()]
        assert len(found) >= answered, f"{len(found)} of {answered} answered events are left (cut {cut})"
        assert found == sent[: len(found)]
        assert ledger.strange_snapshot() is None, f"a snapshot of what is not in the journal (cut {cut})"
        Writer(ledger, clock()).process([raw("order.placed", order="after", qty=1)])
    assert len(journal(path)) == len(found) + 1
    return answered


def main(argv: list[str]) -> int:
    """Exit code 1 where something was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    file_module._CHECKPOINT_PAGES = 12  # folded in often, so that cuts fall there too
    done, lost, with_snapshots, answers = 0, 0, 0, set()
    for seed in range(args.seed, args.seed + (args.trials + 24) // 25):
        rng = random.Random(seed)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with Disk() as disk, PlainFiles(disk.log):
                run(folder / "room.db", batches(seed), disk, snapshots=True)
            sent = journal(folder / "room.db")
            for trial in range(min(25, args.trials - done)):
                cut = a_cut(disk.log, rng)
                try:
                    answers.add(check_after_cut(disk.log, cut, rng, folder / str(trial), sent))
                    with_snapshots += bool(snapshot.paths(folder / str(trial) / "room.db"))
                except (AssertionError, LedgerError, BadSnapshot) as error:
                    lost += 1
                    print(f"FAIL  seed {seed}, cut {cut}: {error}")
                done += 1
    spread = f"after {min(answers)} to {max(answers)} answered events" if answers else "none held"
    print(f"{done} cuts, {spread}; {with_snapshots} left a snapshot")
    print(f"{'FAIL' if lost else 'PASS'}  power cuts: {lost} of {done} lost something")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
