"""The full audit of a ledger: the file, the chain, the replay, the rows, the equations.

Reads only. Every finding names the first sequence number that does not add up, where there is one.
"""

from __future__ import annotations

import msgspec

from stockwatch.events import decode
from stockwatch.ledger.balances import Books
from stockwatch.ledger.figures import LedgerBroken, Stock
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.store import Key, LedgerCorrupt


class Finding(msgspec.Struct, frozen=True):
    """Something that does not add up."""

    seq: int | None
    what: str


class Audit(msgspec.Struct, frozen=True):
    """What an audit came to."""

    events: int
    findings: tuple[Finding, ...]


def verify(ledger: LedgerFile) -> Audit:
    """Check everything; the first finding of a kind ends that check, not the audit."""
    findings = []
    damage = ledger.damage()
    if damage is not None:
        findings.append(Finding(None, f"the file is damaged: {damage}"))
    books = Books()
    try:
        stock_seq, rows = ledger.stock()
        found = _replay(ledger, books, stock_seq, rows)
    except LedgerCorrupt as corrupt:
        found = Finding(corrupt.seq, str(corrupt))
    except LedgerBroken as broken:
        found = Finding(books.place, f"an equation does not hold: {broken}")
    if found is None:
        found = _equations(books)
    if found is not None:
        findings.append(found)
    return Audit(books.place, tuple(findings))


def _replay(ledger: LedgerFile, books: Books, stock_seq: int, rows: dict[Key, Stock]) -> Finding | None:
    """Apply the journal anew: the same outcomes, and the stock rows at the seq that they stand for."""
    told = []
    if stock_seq == 0 and rows:
        return Finding(None, "there are stock rows before the first event")
    for record in ledger.records():
        told.append(record.outcome)
        event = decode(record.raw, record.received_us)
        for applied in books.apply(event):
            if applied.place is None:
                return Finding(record.seq, f"not a valid event: {applied.reason}")
            journal = told[applied.place - 1]
            if applied.outcome != journal:
                return Finding(applied.place, f"the journal says {journal}, replay says {applied.outcome}")
        if record.seq == stock_seq and (difference := _difference(books.balances(), rows)) is not None:
            return Finding(stock_seq, difference)
    if books.pending():
        return Finding(books.place, "the journal ends within an atomic group")
    if stock_seq > books.place:
        return Finding(
            books.place, f"stock rows stand for seq {stock_seq}, the journal ends at {books.place}"
        )
    return None


def _difference(replayed: dict[Key, Stock], rows: dict[Key, Stock]) -> str | None:
    nothing = Stock()
    for key in sorted(replayed.keys() | rows.keys()):
        here, there = replayed.get(key, nothing), rows.get(key, nothing)
        if here != there:
            names = [name for name in Stock.__struct_fields__ if getattr(here, name) != getattr(there, name)]
            told = ", ".join(f"{name} {getattr(there, name)} not {getattr(here, name)}" for name in names)
            return f"the stock row of {' / '.join(key)} has {told}"
    return None


def _equations(books: Books) -> Finding | None:
    try:
        books.check()
    except LedgerBroken as broken:
        return Finding(books.place, f"an equation does not hold: {broken}")
    return None
