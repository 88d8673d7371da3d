"""`stockwatch ledger` as a process: answers after they are durable, nothing acknowledged is lost, any input is met."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys

import apsw
import pytest
from ledger_making import raw

from stockwatch.ledger import intake
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.verify import verify
from stockwatch.ledger.writer import Writer

ROOM = """
[room]
id = "t"
name = "t"
[[channel]]
id = "douyin"
source = "shop"
[[sku]]
id = "A"
title = "A"
stock = 40
"""


@pytest.fixture
def room(tmp_path):
    (tmp_path / "room.toml").write_text(ROOM, encoding="utf-8")
    return tmp_path


def command(room, *args: str) -> list[str]:
    return [sys.executable, "-m", "stockwatch", "ledger", *args]


def apply_all(room, data: bytes, *more: str, ledger: str = "t.db") -> tuple[int, list[dict], str]:
    done = subprocess.run(
        check=False,
        args=command(room, "apply", ledger, "--room", "room.toml", *more),
        input=data,
        cwd=room,
        capture_output=True,
        timeout=60,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def shown(room) -> dict:
    done = subprocess.run(
        command(room, "show", "t.db", "--json"), cwd=room, capture_output=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_each_line_gets_an_answer_in_order_and_bad_ones_are_kept(room):
    huge = b'{"specversion":"1.0","id":"' + b"x" * 3_000_000 + b'"}'
    placed = raw("order.placed", order="o", qty=2, id="1")
    data = (
        b"\xef\xbb\xbf"
        + placed
        + b"\r\n\n  \r\n"
        + huge
        + b"\n"
        + b"\xff\xfe\n"
        + placed
        + b"\n"
        + placed.replace(b"2}", b"3}")
    )
    code, answers, said = apply_all(room, data)
    assert code == 0
    assert [(a["id"], a["outcome"]) for a in answers] == [
        ("1", "accepted"), (None, "invalid"), (None, "invalid"), ("1", "duplicate"), ("1", "conflict"),
    ]  # fmt: skip
    assert answers[3]["original"] == "accepted"
    assert answers[3]["seq"] == answers[0]["seq"]
    assert [a["seq"] for a in answers if a["outcome"] in ("invalid", "conflict")] == [None] * 3
    assert "3 of 5 lines set aside" in said
    dead = [json.loads(line) for line in (room / "t.db.dead.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["outcome"] for one in dead] == ["invalid", "invalid", "conflict"]
    assert len(dead[0]["raw"]) == 1024
    assert apply_all(room, data, "--strict")[0] == 1


def test_an_answer_comes_while_the_input_stays_open_and_opening_stock_is_booked_once(room):
    for expected in ("accepted", "duplicate"):
        child = subprocess.Popen(
            command(room, "apply", "t.db", "--room", "room.toml"),
            cwd=room,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        child.stdin.write(raw("order.placed", order="o", qty=1, id="1") + b"\n")
        child.stdin.flush()
        assert select.select([child.stdout], [], [], 30)[0], "no answer while stdin is open"
        assert json.loads(child.stdout.readline())["outcome"] == expected
        child.stdin.close()
        assert child.wait(30) == 0
        child.stdout.close()
    assert shown(room)["skus"]["A"]["on_hand"] == 40


def test_no_input_and_nobody_who_listens(room):
    assert apply_all(room, b"")[:2] == (0, [])
    data = b"".join(raw("order.placed", order=f"o{n}", qty=1) + b"\n" for n in range(5))
    child = subprocess.Popen(
        command(room, "apply", "t.db", "--room", "room.toml"),
        cwd=room, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    child.stdout.close()
    child.stdin.write(data)
    child.stdin.close()
    said = child.stderr.read().decode()
    child.stderr.close()
    assert child.wait(30) == 3
    assert "Traceback" not in said
    assert shown(room)["skus"]["A"]["reserved"] == 5


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(room):
    """kill -9 in the midst, again and again; every answer read is in the ledger, which adds up."""
    rng = random.Random(7)
    acknowledged: dict[str, str] = {}
    sent = 0
    for _ in range(6):
        child = subprocess.Popen(
            command(room, "apply", "t.db", "--room", "room.toml"),
            cwd=room,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            for _ in range(rng.randrange(20, 120)):
                sent += 1
                child.stdin.write(raw("order.requested", order=f"o{sent}", qty=1, id=f"k{sent}") + b"\n")
            child.stdin.flush()
            wanted = rng.randrange(1, 20)
            for _ in range(wanted):
                answer = json.loads(child.stdout.readline())
                acknowledged[answer["id"]] = answer["outcome"]
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait(30)
            child.stdin.close()
            child.stdout.close()
    assert len(acknowledged) > 6
    with LedgerFile(room / "t.db", read_only=True) as ledger:
        assert verify(ledger).findings == ()
        journal = {json.loads(record.raw)["id"]: record.outcome for record in ledger.records()}
    assert {id_: journal.get(id_) for id_ in acknowledged} == acknowledged
    again = b"".join(
        raw("order.requested", order=f"o{n}", qty=1, id=f"k{n}") + b"\n" for n in range(1, sent + 1)
    )
    _, answers, _ = apply_all(room, again)
    assert {a["id"]: a["original"] for a in answers if a["id"] in acknowledged} == acknowledged
    taken = [a.get("original", a["outcome"]) for a in answers].count("accepted")
    assert taken == shown(room)["skus"]["A"]["reserved"] == 40


def test_eight_storefronts_that_ask_through_one_pipe_get_the_last_units_once(room):
    (room / "room.toml").write_text(ROOM.replace("stock = 40", "stock = 10"), encoding="utf-8")
    ledger = subprocess.Popen(
        command(room, "apply", "t.db", "--room", "room.toml"),
        cwd=room, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    shops = []
    for shop in range(8):
        asked = [raw("order.requested", source=f"shop{shop}", order=f"o{n}", qty=1) for n in range(5)]
        script = f"import os\nfor line in {asked!r}:\n    os.write(1, line + b'\\n')\n"
        shops.append(subprocess.Popen([sys.executable, "-c", script], stdout=ledger.stdin))
    assert [shop.wait(30) for shop in shops] == [0] * 8
    answers = [json.loads(line) for line in ledger.communicate(timeout=30)[0].splitlines()]
    got = [answer["outcome"] for answer in answers]
    assert (got.count("accepted"), got.count("rejected")) == (10, 30)
    assert shown(room)["skus"]["A"]["reserved"] == 10
    with LedgerFile(room / "t.db", read_only=True) as file:
        assert verify(file).findings == ()


def test_a_ledger_in_use_is_refused_with_the_pid(room):
    with LedgerFile(room / "t.db"):
        code, answers, said = apply_all(room, b"")
    assert (code, answers) == (3, [])
    assert str(os.getpid()) in said
    assert "Traceback" not in said


def test_show_names_money_whose_order_was_refused_or_never_came(room):
    asked = raw("order.requested", order="big", qty=99)
    apply_all(room, asked + b"\n" + raw("order.paid", order="big") + b"\n")
    done = subprocess.run(
        command(room, "show", "t.db", "--json"), cwd=room, capture_output=True, timeout=60, check=True
    )
    assert json.loads(done.stdout)["skus"]["A"]["available"] == 40
    assert "1 order lines wait" in done.stderr.decode()
    assert "big" in done.stderr.decode()


def test_verify_says_what_is_wrong_and_exits_1(room):
    apply_all(room, raw("order.placed", order="o", qty=1) + b"\n")
    done = subprocess.run(
        command(room, "verify", "t.db", "--json"), check=False, cwd=room, capture_output=True, timeout=60
    )
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True)
    import apsw

    other = apsw.Connection(str(room / "t.db"))
    other.execute("UPDATE stock SET reserved = 2")
    other.close()
    done = subprocess.run(
        command(room, "verify", "t.db", "--json"), check=False, cwd=room, capture_output=True, timeout=60
    )
    found = json.loads(done.stdout)
    assert (done.returncode, found["ok"]) == (1, False)
    assert found["first_bad_seq"] == found["findings"][0]["seq"]


@pytest.mark.parametrize(
    ("harm", "begins"),
    [
        ("UPDATE stock SET reserved = 2", "BAD seq 3: the stock row of A"),
        ("UPDATE meta SET value = 0 WHERE key = 'stock_seq'", "BAD: there are stock rows before"),
        ("DROP TABLE stock", "BAD: t.db: the table 'stock' is missing"),
    ],
)
def test_verify_says_where_it_is_wrong_if_anywhere_and_what_to_do(room, harm, begins):
    apply_all(room, raw("order.placed", order="o", qty=1) + b"\n")
    import apsw

    other = apsw.Connection(str(room / "t.db"))
    other.execute(harm)
    other.close()
    done = subprocess.run(
        command(room, "verify", "t.db"), check=False, cwd=room, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout[: len(begins)]) == (1, begins)
    assert "ledger rebuild" in done.stderr
    assert "restore a backup" in done.stderr


def test_an_export_can_be_played_again_and_its_csv_holds_no_formula(room):
    data = raw("order.placed", order="=1+1", qty=1, id="1", time_="2025-11-11T20:00:03+08:00") + b"\n"
    apply_all(room, data)
    text = subprocess.run(
        command(room, "export", "t.db"), cwd=room, capture_output=True, timeout=60, check=True
    ).stdout
    assert b"'=1+1" in text
    feed = subprocess.run(
        command(room, "export", "t.db", "--events"), cwd=room, capture_output=True, timeout=60, check=True
    ).stdout
    assert len(feed.splitlines()) == 1
    _, answers, _ = apply_all(room, feed, ledger="again.db")
    assert answers[0]["outcome"] == "accepted"


@pytest.mark.parametrize("batch", [1, 2, 4096])
def test_outcomes_do_not_depend_on_the_size_of_batches(tmp_path, batch):
    rng = random.Random(5)
    events = [raw("stock.counted", document="opening", qty=20, id="c")]
    for n in range(400):
        kind = rng.choice(["placed", "requested", "paid", "cancelled", "expired", "shipped", "refunded"])
        qty = {"qty": rng.randrange(1, 3)} if kind in ("placed", "requested") else {}
        group = {"atomic": f"g{n // 5}"} if kind == "requested" and rng.random() < 0.5 else {}
        source = rng.choice(["shop", "other"])
        events.append(
            raw(f"order.{kind}", order=f"o{rng.randrange(60)}", id=f"b{n}", source=source, **qty, **group)
        )
        if rng.random() < 0.1:
            events.append(rng.choice(events))
    ticks = iter(range(10**15, 10**16))
    results = []
    for size in (batch, 37):
        with LedgerFile(tmp_path / f"{size}-{len(results)}.db") as ledger:
            writer = Writer(ledger, lambda: next(ticks))
            got = []
            for start in range(0, len(events), size):
                got += writer.process(events[start : start + size])
            got += writer.close_groups()
            results.append([(a.event.id, a.outcome, a.seq, a.original, a.reason) for a in got])
            assert verify(ledger).findings == ()
    assert results[0] == results[1]
    assert len(results[0]) == len(events)


def lines_of(*pieces: bytes) -> list:
    reader, writer = os.pipe()
    import threading

    def feed() -> None:
        for piece in pieces:
            os.write(writer, piece)
        os.close(writer)

    thread = threading.Thread(target=feed)
    thread.start()
    got = [line for batch in intake.Lines(reader) for line in batch]
    thread.join()
    os.close(reader)
    return got


def test_lines_are_the_same_however_the_bytes_are_cut():
    text = b"a\r\n\n bb \n" + b"c" * 300_000 + b"\nlast"
    want = [b"a\r", b" bb ", b"c" * 300_000, b"last"]
    assert lines_of(text) == want
    cuts = sorted(random.Random(3).sample(range(len(text)), 40))
    assert lines_of(*(text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))) == want


def run_on(room, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(room, *args),
        cwd=room,
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
        encoding="utf-8",
    )


def test_the_audit_of_a_sku_says_when_which_message_by_whom_and_why(room):
    apply_all(
        room,
        b"\n".join(
            [
                raw("order.placed", "A", order="o1", qty=3, id="m1"),
                raw(
                    "stock.adjusted", "A", qty=-2, document="adj-7", by="老王", reason="样品\x1b[31m", id="m2"
                ),
                raw("order.placed", "A", order="o2", qty=50, id="m3"),
            ]
        ),
    )
    done = run_on(room, "audit", "t.db", "A")
    assert done.returncode == 0, done.stderr
    head, short, adjusted, placed, opening = done.stdout.splitlines()
    assert head.split() == ["SEQ", "RECEIVED", "SKU", "WHAT", "MOVED", "LEFT", "OF", "MESSAGE", "BY", "WHY"]
    assert "available -35, reserved +35, shortfall +15" in short
    assert "A: 15 short" in short
    for part in (
        "stock.adjusted accepted",
        "available -2",
        " 35 ",
        "adj-7",
        "shop m2",
        "老王",
        "样品\\x1b[31m",
    ):
        assert part in adjusted
    assert "o1 line 1" in placed
    assert "opening" in opening
    assert "4 rows, newest first" in done.stderr
    rows = [
        json.loads(line)
        for line in run_on(room, "audit", "t.db", "--json", "--search", "老王").stdout.splitlines()
    ]
    assert [(row["document"], row["available"], row["left"]) for row in rows] == [("adj-7", -2, 35)]
    assert len(run_on(room, "audit", "t.db", "A", "--limit", "1").stdout.splitlines()) == 2
    assert len(run_on(room, "audit", "t.db", "--order", "o2").stdout.splitlines()) == 2
    assert run_on(room, "audit", "t.db", "--limit", "0").returncode == 2
    assert run_on(room, "audit", "none.db").returncode == 3


def test_the_audit_goes_on_after_more_was_applied_and_verify_checks_it(room):
    apply_all(room, raw("order.placed", "A", order="o1", qty=3))
    assert len(run_on(room, "audit", "t.db").stdout.splitlines()) == 3
    apply_all(room, raw("order.placed", "A", order="o2", qty=3))
    assert len(run_on(room, "audit", "t.db").stdout.splitlines()) == 4
    assert run_on(room, "verify", "t.db").returncode == 0
    index = apsw.Connection(str(room / "t.db.index"))
    index.execute("UPDATE movement SET available = -2 WHERE ord = 'o2'")
    index.close()
    done = run_on(room, "verify", "t.db")
    assert done.returncode == 1
    assert "adds up to 35 available of A / main / spot, not 34" in done.stdout
    assert run_on(room, "rebuild", "t.db").returncode == 0
    assert run_on(room, "audit", "t.db").returncode == 0
    assert run_on(room, "verify", "t.db").returncode == 0


def test_exceptions_are_listed_until_they_are_resolved(room):
    apply_all(
        room,
        b"\n".join(
            [
                raw("order.placed", "A", order="o1", qty=50, id="m1"),
                raw("order.paid", None, order="o9", id="m2"),
                raw("order.placed", "A", order="o3", qty=1, id="m1"),
            ]
        ),
    )
    done = run_on(room, "exceptions", "t.db")
    assert done.returncode == 0, done.stderr
    _, short, orphan, conflict = done.stdout.splitlines()
    assert "short" in short
    assert "A: 10 short" in short
    assert orphan.endswith("refund it, or ask the platform for the order"), "what to do is not cut off"
    assert "conflict" in conflict
    assert "3 open" in done.stderr
    keys = [
        json.loads(line)["key"] for line in run_on(room, "exceptions", "t.db", "--json").stdout.splitlines()
    ]
    apply_all(
        room, b"\n".join(raw("action.resolved", None, exception=key, by="小林", note="处理") for key in keys)
    )
    assert "0 open" in run_on(room, "exceptions", "t.db").stderr
