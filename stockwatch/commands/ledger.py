"""`stockwatch ledger apply|show|verify|export|backup|rebuild`: a ledger from the command line.

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
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    _write(
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).encode()
        for row in rows
    )
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
                     "findings": audit.findings}
                )
            ]
        )  # fmt: skip
    elif audit.findings:
        _write(f"BAD seq {found.seq}: {printable(found.what, 500)}".encode() for found in audit.findings)
    else:
        _write([f"ok: {audit.events} events; chain, outcomes, stock and equations add up".encode()])
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
