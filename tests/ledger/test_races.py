"""Eight processes want one ledger and the last ten units in it. `tests/e2e/test_races.py` has them race through a room;
here each is a writer of its own, seven are turned away at first, and each learns what the journal says it got."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from ledger_making import raw

from stockwatch.exits import Exit
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.replay import rebuild
from stockwatch.ledger.verify import verify

RACERS, UNITS, EACH = 8, 10, 4
ROOM = f'[room]\nid = "race"\nname = "race"\n[[sku]]\nid = "LAST"\ntitle = "LAST"\nstock = {UNITS}\n'
APPLY = [sys.executable, "-m", "stockwatch", "ledger", "apply", "race.db", "--room", "race.toml"]
ALL_ASK = raw("order.requested", "LAST", source="shop", id="asked by all", order="same", qty=1)


def apply(folder, lines):
    text = b"".join(line + b"\n" for line in lines)
    return subprocess.run(APPLY, input=text, cwd=folder, capture_output=True, timeout=60, check=False)


def asks(racer):
    own = [
        raw("order.requested", "LAST", source=f"shop/{racer}", id=f"{racer}-{n}", order=f"{racer}-{n}", qty=1)
        for n in range(EACH)
    ]
    return [*own, ALL_ASK]


def test_who_has_the_ledger_is_named_to_all_others_and_then_each_has_a_turn(tmp_path):
    (tmp_path / "race.toml").write_text(ROOM, encoding="utf-8")
    winner = subprocess.Popen(APPLY, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    first, *others = asks(0)
    winner.stdin.write(first + b"\n")
    winner.stdin.flush()
    heard = [json.loads(winner.stdout.readline())]
    with ThreadPoolExecutor(RACERS) as racing:
        for done in racing.map(lambda racer: apply(tmp_path, asks(racer)), range(1, RACERS)):
            assert (done.returncode, done.stdout) == (Exit.UNREACHABLE, b"")
            (line,) = done.stderr.decode().splitlines()
            assert line.startswith(f"stockwatch: race.db: in use: process {winner.pid} writes to this ledger")

        def turn(racer):
            """Again and again, until it is this one's turn."""
            while (done := apply(tmp_path, asks(racer))).returncode == Exit.UNREACHABLE:
                assert b"in use" in done.stderr
            assert done.returncode == Exit.DONE, done.stderr
            return [json.loads(line) for line in done.stdout.splitlines()]

        turns = [racing.submit(turn, racer) for racer in range(1, RACERS)]
        out, _ = winner.communicate(b"".join(line + b"\n" for line in others), timeout=60)
        heard += map(json.loads, out.splitlines())
        for one in turns:
            heard += one.result()

    assert len(heard) == RACERS * (EACH + 1), "each learned of all that it asked"
    with LedgerFile(tmp_path / "race.db", read_only=True) as ledger:
        assert verify(ledger).findings == ()
        journal = {record.raw: record.outcome for record in ledger.records() if record.outcome != "duplicate"}
        (stock,) = rebuild(ledger).balances().values()
    asked = {json.loads(line)["id"]: outcome for line, outcome in journal.items()}
    for answer in heard:
        assert answer.get("original", answer["outcome"]) == asked[answer["id"]]
    for_all = [answer["outcome"] for answer in heard if answer["id"] == "asked by all"]
    assert sorted(for_all) == ["accepted"] + ["duplicate"] * (RACERS - 1)
    outcomes = [answer["outcome"] for answer in heard]
    assert (outcomes.count("accepted"), outcomes.count("rejected")) == (UNITS, RACERS * EACH + 1 - UNITS)
    assert (stock.available, stock.reserved, stock.shortfall, stock.oversold) == (0, UNITS, 0, 0)
