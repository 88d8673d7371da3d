"""`stockwatch ledger apply|show|verify|…`: a ledger from the command line.

Owns what is printed: data on stdout, narration on stderr. The work is done in `stockwatch.ledger`; reading
stdin by lines in `stockwatch.ledger.intake`.
"""

from __future__ import annotations

import argparse
import csv
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from stockwatch.commands.table import lines
from stockwatch.exits import Exit
from stockwatch.printable import printable


def run(args: argparse.Namespace) -> int:
    """One of them. Raises Failure or ConfigError, which the command line turns into messages."""
    command = args.ledger_command
    try:
        if command == "apply":
            return _apply(args)
        if command == "show":
            return _show(args)
        if command == "verify":
            return _verify(args)
        if command == "backup":
            return _backup(args)
        if command == "rebuild":
            return _rebuild(args)
        if command == "audit":
            return _audit(args)
        if command == "exceptions":
            return _exceptions(args)
        assert command == "export", command
        return _export(args)
    except BrokenPipeError:
        # Who reads stdout has gone. What was durable stays so; Python must not try to flush again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _say("nobody reads the answers any more; stopped")
        return Exit.UNREACHABLE


def _apply(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.config import load_room
    from stockwatch.ledger.figures import Applied
    from stockwatch.ledger.file import LedgerFile
    from stockwatch.ledger.intake import Lines
    from stockwatch.ledger.upkeep import settle
    from stockwatch.ledger.writer import Writer

    class Answer(msgspec.Struct, omit_defaults=True, gc=False):
        source: str | None
        id: str | None
        outcome: str
        seq: int | None
        original: str | None = None
        reason: str | None = None

    encoder = msgspec.json.Encoder()
    counts: Counter[str] = Counter()
    out = sys.stdout.buffer

    def say_all(known: Sequence[Applied]) -> None:
        answers = [
            Answer(one.event.source, one.event.id, one.outcome, one.seq, one.original, one.reason)
            for one in known
        ]
        if answers:
            out.write(encoder.encode_lines(answers))
            out.flush()
            counts.update([answer.outcome for answer in answers])

    config = load_room(Path(args.room))
    gc.disable()  # nothing here makes cycles, and a look at millions of lines would be felt
    with LedgerFile(Path(args.ledger)) as ledger:
        settle(ledger)
        writer = Writer(ledger, lambda: time.time_ns() // 1000)
        writer.open_room(config)
        if sys.stdin is not None:
            lines = Lines(sys.stdin.fileno())
            for batch in lines:
                say_all(writer.process(batch, more=lines.more()))
        say_all(writer.close_groups())
        writer.finish()
        aside = ledger.path.with_name(ledger.path.name + ".dead.jsonl")
    dead = counts["invalid"] + counts["conflict"]
    if dead:
        total = sum(counts.values())
        _say(f"{dead} of {total} lines set aside (invalid or conflict): {printable(str(aside))}")
        if args.strict:
            return Exit.CHECK_FAILED
    return Exit.DONE


def _show(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.ledger.file import LedgerFile
    from stockwatch.ledger.replay import rebuild

    with LedgerFile(Path(args.ledger), read_only=True) as ledger:
        books = rebuild(ledger)
    names = ("on_hand", "available", "held", "reserved", "sold", "shipped", "quarantined", "in_transit",
             "shortfall", "oversold")  # fmt: skip
    figures = {}
    for sku in books.skus():
        stock = books.stock(sku)
        figures[sku] = {name: getattr(stock, name) for name in names}
    waiting = list(books.waiting())
    if waiting:
        named = ", ".join(printable(line.order, 40) for line in waiting[:5])
        more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
        _say(f"{len(waiting)} order lines wait for an order that tells their size and SKU: {named}{more}")
    if args.json:
        _write([msgspec.json.encode({"seq": books.place, "skus": figures})])
        return Exit.DONE
    rows = [["SKU", *names]]
    rows += [[printable(sku, 40), *map(str, row.values())] for sku, row in figures.items()]
    _table(rows, right=range(1, len(rows[0])))
    _say(f"seq {books.place}")
    return Exit.DONE


def _verify(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.ledger.file import LedgerFile
    from stockwatch.ledger.store import LedgerCorrupt
    from stockwatch.ledger.verify import Audit, Finding, verify

    try:
        with LedgerFile(Path(args.ledger), read_only=True) as ledger:
            audit = verify(ledger)
    except LedgerCorrupt as corrupt:
        audit = Audit(0, (Finding(corrupt.seq, str(corrupt)),))
    bad = min((found.seq for found in audit.findings if found.seq is not None), default=None)
    if args.json:
        _write(
            [
                msgspec.json.encode(
                    {"ok": not audit.findings, "events": audit.events, "first_bad_seq": bad,
                     "findings": audit.findings, "answered_otherwise": audit.otherwise, "settled": audit.settled}
                )
            ]
        )  # fmt: skip
    elif audit.findings:
        for found in audit.findings:
            where = "BAD" if found.seq is None else f"BAD seq {found.seq}"
            _write([f"{where}: {printable(found.what, 500)}".encode()])
        _say(
            "stock rows, snapshots and kept lines: `stockwatch ledger rebuild` makes them anew from the journal; "
            "where the journal itself was changed, restore a backup"
        )
    else:
        what = "chain, outcomes, stock and equations" if audit.settled else "chain, outcomes and equations"
        _write([f"ok: {audit.events} events; {what} add up".encode()])
    if audit.otherwise:
        _say(f"{audit.otherwise} events were answered otherwise by an earlier version; the answers stand")
    if not audit.settled:
        _say(
            "stock rows are an earlier version's; the next `run`, `ledger apply` or `ledger rebuild` makes them anew"
        )
    return Exit.CHECK_FAILED if audit.findings else Exit.DONE


def _export(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.ledger.file import LedgerFile
    from stockwatch.ledger.movements import movements, recorded_feed
    from stockwatch.ledger.trail import Movement

    with LedgerFile(Path(args.ledger), read_only=True) as ledger:
        if args.events or args.actions:
            _write(recorded_feed(ledger, actions_only=bool(args.actions)))
        elif args.json:
            _write(map(msgspec.json.encode, movements(ledger)))
        else:
            _write([_csv(list(Movement.__struct_fields__))])
            for movement in movements(ledger):
                _write([_csv([_cell(getattr(movement, name)) for name in Movement.__struct_fields__])])
    return Exit.DONE


def _audit(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.ledger.catchup import catch_up, open_index
    from stockwatch.ledger.file import LedgerFile
    from stockwatch.ledger.trail import BUCKETS, Movement

    def told(done: int, of: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\rstockwatch: reading the journal: {done} of {of} events\x1b[K")

    def text(row: Movement) -> list[str]:
        changes = [f"{name} {units:+}" for name in (*BUCKETS, "in_transit") if (units := getattr(row, name))]
        place = "" if (row.location, row.pool) == ("main", "spot") else f" ({row.location} / {row.pool})"
        of = row.document or (f"{row.order} line {row.line}" if row.order is not None else "")
        cells = [
            str(row.seq), row.received, f"{row.sku or ''}{place}", f"{row.type} {row.outcome}",
            ", ".join(changes) or "-", str(row.left), of, f"{row.source} {row.id}", row.by or "", row.reason or "",
        ]  # fmt: skip
        return [printable(cell, 80) for cell in cells]

    with LedgerFile(Path(args.ledger), read_only=True) as ledger:
        index = open_index(ledger)
        catch_up(ledger, index, told)
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        rows: list[Movement] = []
        while len(rows) < args.limit:
            before = rows[-1].seq if rows else None
            left = args.limit - len(rows)
            page = index.page(args.sku, order=args.order, search=args.search or "", before=before, limit=left)
            if not page:
                break
            rows += page
        index.close()
        seq = ledger.last_seq
    if args.json:
        _write(map(msgspec.json.encode, rows))
        return Exit.DONE
    head = ["SEQ", "RECEIVED", "SKU", "WHAT", "MOVED", "LEFT", "OF", "MESSAGE", "BY", "WHY"]
    _table([head, *map(text, rows)], right=(0, 5))
    _say(f"{len(rows)} rows, newest first; seq {seq}")
    return Exit.DONE


def _exceptions(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.ledger.file import LedgerFile
    from stockwatch.ledger.replay import rebuild

    with LedgerFile(Path(args.ledger), read_only=True) as ledger:
        books = rebuild(ledger)
    found = books.exceptions()
    if args.json:
        _write(map(msgspec.json.encode, found))
        return Exit.DONE
    rows = [["SEQ", "KIND", "SKU", "OF", "MESSAGE", "COUNT", "WHAT"]]
    for one in found:
        of = "" if one.order is None else f"{one.order} line {one.line}"
        cells = [
            str(one.seq),
            one.kind,
            one.sku or "",
            of,
            f"{one.source} {one.id}".strip(),
            str(one.count),
        ]
        # What is wrong may end with what to do; nothing stands behind it, so it need not be cut.
        rows.append([*(printable(cell, 80) for cell in cells), printable(one.detail, 500)])
    _table(rows, right=(0, 5))
    earlier = books.exceptions_forgotten
    more = f"; {earlier} earlier ones made room, see the dead-letter file" if earlier else ""
    _say(f"{len(found)} open{more}; seq {books.place}")
    return Exit.DONE


def _table(rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    _write(line.encode() for line in lines(rows, right))


def _backup(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.ledger.upkeep import backup

    copied = backup(Path(args.ledger), Path(args.to))
    if args.json:
        _write([msgspec.json.encode(copied)])
    else:
        _write([f"{printable(copied.path)}: seq {copied.seq}, {copied.bytes} bytes".encode()])
    return Exit.DONE


def _rebuild(args: argparse.Namespace) -> int:
    import msgspec

    from stockwatch.ledger.upkeep import rebuild_all

    rebuilt = rebuild_all(Path(args.ledger))
    if args.json:
        _write([msgspec.json.encode(rebuilt)])
    else:
        told = f"{rebuilt.events} events; {rebuilt.rows} stock rows, {rebuilt.mended} of them mended"
        _write([told.encode()])
    return Exit.DONE


def _csv(values: list[str]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """A value for a spreadsheet: text from outside can't become a formula, nor act on a terminal."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = printable(str(value))
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text


def _write(lines: Iterable[bytes]) -> None:
    out = sys.stdout.buffer
    for line in lines:
        out.write(line)
        out.write(b"\n")
    out.flush()


def _say(text: str) -> None:
    sys.stderr.write(f"stockwatch: {text}\n")
