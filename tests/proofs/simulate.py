"""A small shop in a hostile world, by seed: sources that send twice, late, out of order or not at all at first; a
writer that dies at any step and starts again from what is on its disk; a second writer that takes over.

Everything follows from the seed: the clock, the disk and the network are simulated. What must hold, whatever happens:
nothing that was answered is lost; asking again gets the first answer; outcomes and figures are those of a model that
knows only the documentation (`model`); the books read back from any prefix of the journal, with or without a snapshot,
are the same; what the disk keeps beside the journal agrees with it; every equation holds.

    python tests/proofs/simulate.py --seeds 1000       # prints the seed that fails
    python tests/proofs/simulate.py --seed 417         # that one alone, with what happened
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from memory_store import Died, MemoryDisk, MemoryStore
from model import BeyondModel, Model
from shop import Shop

from stockwatch.config import Channel, RoomConfig, Sku
from stockwatch.events import decode_all, encode
from stockwatch.ledger.balances import Books
from stockwatch.ledger.figures import OUTCOMES, Applied
from stockwatch.ledger.replay import compare_rows, rebuild
from stockwatch.ledger.state import frames
from stockwatch.ledger.store import LedgerFailed
from stockwatch.ledger.writer import Writer

START_US = 1_762_862_400_000_000
FIGURES = ("available", "held", "reserved", "sold", "shipped", "quarantined", "shortfall", "oversold")
PAYS = "kuaishou/room-9"


@dataclass
class World:
    """One seed's."""

    seed: int
    rng: random.Random
    shop: Shop
    disk: MemoryDisk = field(default_factory=MemoryDisk)
    now_us: int = START_US
    waiting: dict[int, bytes] = field(default_factory=dict)
    """Message number -> what its source still wants an answer for."""
    first: dict[bytes, str] = field(default_factory=dict)
    """Message -> the first answer anyone got."""
    settled: set[bytes] = field(default_factory=set)
    happened: Counter[str] = field(default_factory=Counter)
    beyond: str | None = None
    """Why the model does not follow any more."""

    def clock(self) -> int:
        self.now_us += self.rng.randrange(1, 2_000_000)
        return self.now_us


def config(shop: Shop) -> RoomConfig:
    channels = tuple(
        Channel(id=source.partition("/")[0], source=source, deduct="pay" if source == PAYS else "place")
        for source in shop.sources
    )
    skus = tuple(Sku(id=sku, title=sku, stock=stock) for sku, stock in shop.stock.items())
    return RoomConfig(id="sim", name="sim", channels=channels, skus=skus)


def simulate(seed: int, *, wild: bool) -> World:
    """Run a seed to its end. `wild`: everything a shop does, also what the model does not know. Raises AssertionError,
    and whatever else goes wrong."""
    rng = random.Random(f"{seed}:{wild}")
    shop = Shop(rng, wild=wild, pays=PAYS)
    world = World(seed, rng, shop)
    checker = Checker(world, follows=not wild)
    to_come = list(shop.messages)
    writer: Writer | None = None
    while to_come or world.waiting:
        if writer is None:
            writer = opened(world, checker)
        batch = arrivals(world, to_come)
        strike(world)
        try:
            known = writer.process([raw for _, raw in batch], more=rng.random() < 0.3)
            if rng.random() < 0.2 or not to_come:
                known += writer.close_groups()
        except Died:
            world.happened["died"] += 1
            writer = None
        except LedgerFailed:
            world.happened["failed"] += 1
            refuses(writer)
            writer = None
        else:
            answered(world, known)
            writer = maybe_takes_over(world, checker, writer)
    writer = writer or opened(world, checker)
    writer.close_groups()
    checker.end(writer.books)
    return world


def opened(world: World, checker: Checker) -> Writer:
    """A new process on the same disk."""
    store = MemoryStore(world.disk)
    writer = Writer(store, world.clock)
    checker.restarted(writer.books)
    writer.open_room(config(world.shop))
    return writer


def maybe_takes_over(world: World, checker: Checker, writer: Writer) -> Writer:
    """Now and then a snapshot, or another process that opens the ledger while this one believes it still owns it."""
    rng = world.rng
    if rng.random() < 0.1 and not writer.books.pending() and writer.books.place == writer.store.last_seq:
        writer.store.keep_snapshot(writer.store.last_seq, frames(writer.books))
        world.happened["snapshot"] += 1
    if rng.random() < 0.03 and not writer.books.pending():
        world.happened["taken over"] += 1
        other = opened(world, checker)
        refuses(writer)
        return other
    return writer


def refuses(writer: Writer) -> None:
    """A writer that failed, or whose epoch is over, answers nothing any more."""
    message = encode(type="note.added", source="x", id="late", time="2025-11-11T12:00:00Z", data={})
    try:
        known = writer.process([message])
    except LedgerFailed:
        return
    assert not known, "a writer that is over answered"


def arrivals(world: World, to_come: list[bytes]) -> list[tuple[int, bytes]]:
    """What reaches the writer next: some new messages, some again, some never seen by it though sent."""
    rng, waiting = world.rng, world.waiting
    for _ in range(min(rng.randrange(1, 12), len(to_come))):
        # Messages mostly keep their order, but any may overtake a few others.
        raw = to_come.pop(min(rng.choice((0, 0, 0, 0, 1, 2, 7)), len(to_come) - 1))
        waiting[len(world.shop.messages) - len(to_come) - 1] = raw
    batch = [one for one in waiting.items() if rng.random() < 0.8]
    batch += [one for one in batch if rng.random() < 0.04]
    if rng.random() < 0.3:
        rng.shuffle(batch)
    if rng.random() < 0.1:
        batch.append((-1, rng.choice(world.shop.messages)))
    if rng.random() < 0.05:
        batch.append(
            (-1, rng.choice((b"", b"{", b"[1]", b'{"id":1}', b"\xff\xfe", b'{"specversion":"1.0"}')))
        )
    return batch


def strike(world: World) -> None:
    if world.rng.random() < 0.12:
        world.disk.fault = world.rng.choice(("lost", "unanswered", "dies before", "dies after"))


def answered(world: World, known: list[Applied]) -> None:
    """The sources hear: an answer ends their waiting, and the same question always gets the same answer."""
    heard: set[bytes] = set()
    for applied in known:
        raw = applied.event.raw
        heard.add(raw)
        world.happened[applied.outcome] += 1
        if applied.place is None:
            continue
        said = applied.original if applied.outcome == "duplicate" else applied.outcome
        assert said is not None, "a duplicate says what the first delivery got"
        first = world.first.setdefault(raw, said)
        assert said == first, f"answered {first} first, {said} later: {raw.decode()}"
        # Only what contradicts an id that is taken may be told more than once: it has no first delivery.
        assert applied.outcome in ("duplicate", "conflict") or raw not in world.settled, (
            "answered twice as new"
        )
        world.settled.add(raw)
    world.waiting = {number: raw for number, raw in world.waiting.items() if raw not in heard}


def same_state(books: Books, plain: Books) -> None:
    """Books read back with the help of a snapshot know what the journal alone comes to, down to the last byte."""
    for here, there in zip_longest(frames(books), frames(plain)):
        assert here == there, f"a start has {here}, the journal alone comes to {there}"


class Checker:
    """Looks at the disk with other eyes."""

    def __init__(self, world: World, *, follows: bool) -> None:
        self._world = world
        self._model = Model({PAYS})
        self._follows = follows
        self._at = 0

    def restarted(self, books: Books) -> None:
        """What a start reads back is what the journal says, and all that was answered is in it."""
        disk = self._world.disk
        books.check()
        self._model_to(books)
        plain = Books()
        for run in disk.runs:
            for event in decode_all(run.raws, run.received_us):
                plain.apply(event)
        plain.close()
        same_state(books, plain)
        if disk.rows_seq == disk.last_seq:
            compare_rows(books, disk.rows)
        self._answered_is_there()

    def _answered_is_there(self) -> None:
        there: dict[bytes, str] = {}
        for run in self._world.disk.runs:
            for raw, outcome in zip(run.raws, run.outcomes, strict=True):
                there.setdefault(raw, outcome)
        for raw, outcome in self._world.first.items():
            assert there.get(raw) == outcome, (
                f"answered {outcome}, the journal has {there.get(raw)}: {raw.decode()}"
            )

    def _model_to(self, books: Books) -> None:
        """Let the model go on to the end of the journal, and compare."""
        if not self._follows:
            return
        try:
            for run in self._world.disk.runs:
                for seq, (raw, outcome) in enumerate(zip(run.raws, run.outcomes, strict=True), run.first_seq):
                    if seq <= self._at:
                        continue
                    told = self._model.take(raw, seq)
                    said = "accepted" if outcome == "noop" else outcome
                    assert said == told, (
                        f"seq {seq}: the ledger says {outcome}, the model {told}: {raw.decode()}"
                    )
                    self._at = seq
        except BeyondModel as beyond:
            self._follows, self._world.beyond = False, str(beyond)
            return
        for sku in sorted({*books.skus(), *self._model.shelves}):
            stock, model = books.stock(sku), self._model.figures(sku)
            ledger = {name: getattr(stock, name) for name in FIGURES}
            assert ledger == model, (
                f"after seq {self._at}, {sku}: the ledger says {ledger}, the model {model}"
            )

    def end(self, books: Books) -> None:
        """Everything is answered: nothing is lost, and every start from any prefix comes to the same."""
        world, disk = self._world, self._world.disk
        self.restarted(books)
        assert disk.rows_seq == disk.last_seq, "at the end the rows are up to date"
        compare_rows(books, disk.rows)
        assert set(world.shop.messages) <= world.first.keys(), "a message was never answered"
        ends = [run.first_seq + len(run) - 1 for run in disk.runs]
        cut = MemoryDisk(
            runs=disk.runs[: 1 + ends.index(world.rng.choice(ends))], lines=disk.lines, kept=disk.kept
        )
        cut.heads = {seq: head for seq, head in disk.heads.items() if seq <= cut.last_seq}
        prefix = rebuild(MemoryStore(cut))
        rest = Books()
        for run in cut.runs:
            for event in decode_all(run.raws, run.received_us):
                rest.apply(event)
        rest.close()
        same_state(prefix, rest)


def main(argv: list[str]) -> int:
    """Exit code 1 where a seed fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first one")
    parser.add_argument("--seed", type=int, help="this one alone")
    args = parser.parse_args(argv)
    seeds = range(args.first, args.first + args.seeds) if args.seed is None else [args.seed]
    happened: Counter[str] = Counter()
    begun, beyond, failed = time.process_time(), 0, []
    for seed in seeds:
        for wild in (False, True):
            try:
                world = simulate(seed, wild=wild)
            except Exception:
                failed.append(seed)
                traceback.print_exc()
                print(f"FAIL  seed {seed} ({'wild' if wild else 'modelled'}); "
                      f"again: python tests/proofs/simulate.py --seed {seed}")  # fmt: skip
                continue
            happened += world.happened
            beyond += world.beyond is not None
    spent = time.process_time() - begun
    told = ", ".join(
        f"{name} {happened[name]}" for name in (*OUTCOMES, "died", "failed", "taken over", "snapshot")
    )
    print(f"{len(seeds)} seeds, {spent:.0f} s CPU ({told}); the model stopped early in {beyond}")
    print(f"{'FAIL' if failed else 'PASS'}  simulated shops: {len(failed)} of {2 * len(seeds)} runs fail")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
