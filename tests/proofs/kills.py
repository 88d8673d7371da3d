"""`ledger apply` is killed again and again, at any moment, at every kind of write and sync of its disk and at the
places of its own work (`stockwatch.ledger.crash_points`), snapshots among them, and started again on what is left; its
source sends again all that was not answered, and some of what was.

What must hold after every kill: the ledger is sound (full audit, snapshots too), everything that was answered is in it
with the outcome that was answered, and what is asked again gets the first answer. At the end the figures are those of a
run that nobody disturbed, and nothing unfinished lies about.

    python tests/proofs/kills.py --kills 200
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from shop import Shop

from stockwatch.events import encode
from stockwatch.ledger import snapshot
from stockwatch.ledger.crash_points import NAMES, VARIABLE
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.verify import verify

PAYS = "kuaishou/room-9"
OUTSIDE = ("from outside", "with its children")
"""Killed alone, so that a snapshot that a child writes is finished beside the next writer; or all of them at once."""
MOMENTS = ("before-write", "after-write", "before-sync", "after-sync", *OUTSIDE, *NAMES)
PLAIN = "as it is"
"""Not a kill: the command itself, on whatever disk the folder is."""
LAST = encode(
    type="note.added",
    source=PAYS,
    id="last",
    time="2025-11-12T04:00:00+08:00",
    subject=None,
    data={"text": "."},
)
SNAPSHOTS = ("in-snapshot", "after-snapshot")
"""A writer comes to these at the end of its input, if not before in a child; so its input is short."""
SHORT = 60
ROOM = """
[room]
id = "kills"
name = "kills"
"""


@dataclass
class Source:
    """What is sent, and what was answered."""

    messages: list[bytes]
    answers: dict[bytes, str] = field(default_factory=dict)
    """Message -> its first answer."""
    happened: Counter[str] = field(default_factory=Counter)

    def to_send(self, rng: random.Random, most: int | None = None) -> list[bytes]:
        """All that is not answered (or the first `most`), in order, with some of the answered in between."""
        lines = []
        known = list(self.answers)
        for message in itertools.islice((one for one in self.messages if one not in self.answers), most):
            lines.append(message)
            if known and rng.random() < 0.1:
                lines.append(rng.choice(known))
        return lines

    def hear(self, message: bytes, answer: dict[str, str]) -> None:
        self.happened[answer["outcome"]] += 1
        said = answer.get("original", answer["outcome"])
        first = self.answers.setdefault(message, said)
        assert said == first, f"answered {first} first, {said} later: {message.decode()}"


class Trial:
    """One ledger and its source, by seed."""

    def __init__(self, folder: Path, seed: int, orders: int) -> None:
        self.rng = random.Random(seed)
        shop = Shop(self.rng, wild=False, pays=PAYS, orders=orders)
        self.folder = folder
        self.source = Source(list(dict.fromkeys(shop.messages)))
        skus = "".join(
            f'[[sku]]\nid = "{sku}"\ntitle = "{sku}"\nstock = {stock}\n' for sku, stock in shop.stock.items()
        )
        pays = f'[[channel]]\nid = "kuaishou"\nsource = "{PAYS}"\ndeduct = "pay"\n'
        (folder / "room.toml").write_text(ROOM + pays + skus, encoding="utf-8")

    def run(self, moment: str, at: int, ledger: str = "room.db") -> bool:
        """One life of the writer; whether it was killed."""
        code, said = self.life(moment, at, ledger)
        assert code in (0, -9), f"exit code {code}: {said}"
        return code == -9

    def life(self, moment: str, at: int, ledger: str = "room.db") -> tuple[int, str]:
        """One life of the writer, its answers taken in: its exit code, and what it said."""
        outside, place = moment in OUTSIDE, moment in NAMES
        command = [
            sys.executable,
            str(Path(__file__).with_name("dying.py")),
            "never:0" if outside or place else f"{moment}:{at}",
        ]
        if moment == PLAIN:
            command = [sys.executable, "-m", "stockwatch"]
        child = subprocess.Popen(
            [*command, "ledger", "apply", ledger, "--room", "room.toml"],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | ({VARIABLE: f"{moment}:{at}"} if place else {}),
            start_new_session=True,
        )
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None  # noqa: PT018
        lines = self.source.to_send(self.rng, SHORT if moment in SNAPSHOTS else None)
        awake = threading.Event()
        feeding = threading.Thread(target=_feed, args=(child, lines, random.Random(at), awake), daemon=True)
        feeding.start()
        for number, (line, told) in enumerate(zip(lines, child.stdout, strict=False)):
            if not told.endswith(b"\n"):
                break  # torn by the kill: not answered
            self.source.hear(line, json.loads(told))
            awake.set()
            if outside and number == at:
                child.kill() if moment == OUTSIDE[0] else os.killpg(child.pid, signal.SIGKILL)
        awake.set()
        said = child.stderr.read().decode()
        code = child.wait(60)
        feeding.join(60)
        return code, said

    def check(self) -> None:
        """What is on the disk after a kill."""
        path = self.folder / "room.db"
        if not self.source.answers:
            return  # it may have been killed before there was a ledger
        with LedgerFile(path, read_only=True) as ledger:
            audit = verify(ledger)
            assert audit.findings == (), audit.findings
            there: dict[bytes, str] = {}
            for record in ledger.records():
                there.setdefault(record.raw, record.outcome)
        for message, outcome in self.source.answers.items():
            assert there.get(message) == outcome, (
                f"answered {outcome}, there is {there.get(message)}: {message.decode()}"
            )
        aside = path.with_name(path.name + ".dead.jsonl")
        told = aside.read_bytes().split(b"\n")[:-1] if aside.exists() else []
        letters = {json.loads(line)["raw"] for line in told}
        for message, outcome in self.source.answers.items():
            assert outcome not in ("conflict", "invalid") or message.decode() in letters, (
                f"answered {outcome}, not set aside: {message.decode()}"
            )

    def end(self) -> None:
        """Nobody disturbs the rest, which is one message at least; the figures are those of a quiet run."""
        self.source.messages.append(LAST)
        while len(self.source.answers) < len(self.source.messages):
            assert not self.run("never", 0)
        self.check()
        quiet = Source(self.source.messages)
        disturbed, self.source = self.source, quiet
        assert not self.run("never", 0, "quiet.db")
        assert quiet.answers == disturbed.answers, "the same questions have the same answers"
        self.source = disturbed
        figures = []
        for name in ("room.db", "quiet.db"):
            with LedgerFile(self.folder / name, read_only=True) as ledger:
                figures.append(rebuild(ledger).balances())
        assert figures[0] == figures[1], "kills change no figure"
        assert not list(self.folder.glob("*.part")), "what was never finished is gone"


def _feed(
    child: subprocess.Popen[bytes], lines: list[bytes], rng: random.Random, awake: threading.Event
) -> None:
    """In portions, as a network would; they do not pile up while the writer starts, or it would take all at once."""
    assert child.stdin is not None
    try:
        rest = iter(lines)
        while portion := list(itertools.islice(rest, rng.randrange(1, 6))):
            child.stdin.write(b"\n".join(portion) + b"\n")
            child.stdin.flush()
            awake.wait(60)
            time.sleep(0.001)
        child.stdin.close()
    except (BrokenPipeError, OSError):
        pass


def _when(moment: str, rng: random.Random) -> int:
    """How often it comes by before the kill: a life has more writes than syncs, and one snapshot at its end."""
    if moment in SNAPSHOTS:
        return 1
    if moment in OUTSIDE:
        return rng.randrange(1, 200)
    return rng.randrange(1, 60) if moment.endswith("write") else rng.randrange(1, 25)


def trials(kills: int, seed: int, *, per_ledger: int = 25, orders: int = 900) -> Iterator[Counter[str]]:
    """Kill so many times, on a new ledger each `per_ledger`; what happened, trial by trial. Raises AssertionError."""
    for number in itertools.count(seed):
        if kills <= 0:
            return
        # A killed writer's child may still be at its snapshot.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            trial = Trial(Path(folder), number, orders)
            happened: Counter[str] = Counter()
            rng = random.Random(f"moments {number}")
            for nth in range(min(kills, per_ledger)):
                if len(trial.source.answers) == len(trial.source.messages):
                    break
                moment = MOMENTS[nth % len(MOMENTS)]
                at = _when(moment, rng)
                try:
                    happened["started from a snapshot"] += bool(snapshot.paths(trial.folder / "room.db"))
                    happened[f"killed {moment}"] += trial.run(moment, at)
                    trial.check()
                except AssertionError as error:
                    raise AssertionError(f"seed {number}, kill {nth} ({moment} {at}): {error}") from error
                kills -= 1
            trial.end()
            yield happened + trial.source.happened


def main(argv: list[str]) -> int:
    """Exit code 1 where something was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="the first ledger's")
    args = parser.parse_args(argv)
    happened: Counter[str] = Counter()
    try:
        for one in trials(args.kills, args.seed):
            happened += one
    except AssertionError as error:
        print(f"FAIL  kills: {error}")
        return 1
    killed = sum(count for name, count in happened.items() if name.startswith("killed"))
    print(", ".join(f"{name} {count}" for name, count in sorted(happened.items())))
    enough = killed >= args.kills * 0.6 and all(
        happened[f"killed {moment}"] for moment in MOMENTS[: args.kills]
    )
    print(
        f"{'PASS' if enough else 'SHORT'}  kills: {killed} of {args.kills} lives were cut short, nothing was lost"
    )
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
