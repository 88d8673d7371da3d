"""The full audit of a ledger: the file, the chain, the replay, the rows, the equations.

Reads only. Every finding names the first sequence number that does not add up, where there is one.
"""

from __future__ import annotations

import msgspec

from stockwatch.ledger.agree import difference, is_state_of
from stockwatch.ledger.balances import Books
from stockwatch.ledger.catchup import index_path
from stockwatch.ledger.figures import LedgerBroken, Stock
from stockwatch.ledger.file import LedgerFile
from stockwatch.ledger.index import Index
from stockwatch.ledger.replay import compare_rows, replay
from stockwatch.ledger.schema import RULES
from stockwatch.ledger.store import ClosedLine, Key, LedgerCorrupt, LedgerError


class Finding(msgspec.Struct, frozen=True):
    """Something that does not add up."""

    seq: int | None
    what: str


class Audit(msgspec.Struct, frozen=True):
    """What an audit came to."""

    events: int
    findings: tuple[Finding, ...]
    otherwise: int = 0
    """Events that were answered otherwise than they come to today, under earlier rules: the answers stand."""
    settled: bool = True
    """Figures were made under the rules of today; if not, the next writer does it."""


def verify(ledger: LedgerFile) -> Audit:
    """Check everything; the first finding of a kind ends that check, not the audit."""
    findings = []
    damage = ledger.damage()
    if damage is not None:
        findings.append(Finding(None, f"the file is damaged: {damage}"))
    books = Books()
    otherwise: list[int] = []
    try:
        if ledger.rules == RULES:
            stock_seq, rows = ledger.stock()
            found = _replay(ledger, books, stock_seq, rows, otherwise)
        else:
            found = None
            for _ in replay(ledger, books, otherwise.append):
                pass
    except LedgerCorrupt as corrupt:
        found = Finding(corrupt.seq, str(corrupt))
    except LedgerBroken as broken:
        found = Finding(books.place, f"an equation does not hold: {broken}")
    if found is None:
        found = _equations(books)
    if found is not None:
        findings.append(found)
    if not findings and (guard := ledger.unguarded()) is not None:
        what = f"the journal's trigger {guard} was taken away or changed: a shell can change the journal"
        findings.append(Finding(None, f"{what}; `stockwatch ledger rebuild` puts it back"))
    return Audit(books.place, tuple(findings), len(otherwise), ledger.rules == RULES)


def _replay(
    ledger: LedgerFile, books: Books, stock_seq: int, rows: dict[Key, Stock], otherwise: list[int]
) -> Finding | None:
    """Apply the journal anew: the same outcomes, the stock rows at the seq they stand for, the snapshots at theirs.
    Raises LedgerCorrupt, LedgerBroken."""
    if stock_seq == 0 and rows:
        return Finding(None, "there are stock rows before the first event")
    if (stranger := ledger.strange_snapshot()) is not None:
        return Finding(
            None,
            f"{stranger.path} was made at seq {stranger.seq} of a journal that is not this one: the journal's end was "
            "cut off or changed, or the file is of another ledger (then delete it)",
        )
    snapshots = {snapshot.seq: snapshot for snapshot in ledger.snapshots()}
    kept = ledger.closed_lines()
    ahead = next(kept, None)
    for _ in replay(ledger, books, otherwise.append):
        while ahead is not None and ahead[0] <= books.place:
            if not _left(*ahead, books):
                return _strange_line(*ahead)
            ahead = next(kept, None)
        if books.place == stock_seq:
            compare_rows(books, rows)
        snapshot = snapshots.get(books.place)
        if snapshot is not None and (wrong := difference(snapshot, books, ledger)) is not None:
            return Finding(
                books.place,
                f"the snapshot {snapshot.path} is not what the journal comes to: {wrong}; "
                "`stockwatch ledger rebuild` makes it anew",
            )
    if ahead is not None:
        return _strange_line(*ahead)
    if (wrong := _index_differs(ledger, books)) is not None:
        return Finding(books.place, wrong)
    if stock_seq > books.place:
        return Finding(
            books.place, f"stock rows stand for seq {stock_seq}, the journal ends at {books.place}"
        )
    return None


def _left(seq: int, told: ClosedLine, books: Books) -> bool:
    """Whether a line left memory at the seq at which the books stand, as it is in them."""
    line = books.line(told.source, told.order, told.line)
    return seq == books.place and line is not None and is_state_of(told.state, line, books)


def _strange_line(seq: int, told: ClosedLine) -> Finding:
    return Finding(
        seq,
        f"the kept line {told.source} {told.order} {told.line} is not what the journal comes to; "
        "`stockwatch ledger rebuild` makes it anew",
    )


def _index_differs(ledger: LedgerFile, books: Books) -> str | None:
    """Whether an audit index that knows the whole journal adds up to something else than the books."""
    path = index_path(ledger.path)
    if not path.is_file():
        return None
    try:
        index = Index(path)
    except LedgerError as error:
        return str(error)
    try:
        # One that is behind, or of another journal, is brought up to date by whoever uses it next.
        if index.covered() != [(1, books.place)] or not index.is_of(ledger.head_at):
            return None
        sums = index.sums()
    finally:
        index.close()
    for key, stock in books.balances().items():
        if (told := sums.get(key, 0)) != stock.available:
            return (
                f"the audit index {path} adds up to {told} available of {' / '.join(key)}, not "
                f"{stock.available}; delete it, it is made anew"
            )
    return None


def _equations(books: Books) -> Finding | None:
    try:
        books.check()
    except LedgerBroken as broken:
        return Finding(books.place, f"an equation does not hold: {broken}")
    return None
