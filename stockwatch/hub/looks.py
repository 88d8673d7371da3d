"""What a console asks to look at: the audit trail, the work list, a message as it came. Reads only."""

from __future__ import annotations

from stockwatch.hub.journal import Journal
from stockwatch.ledger.figures import Trouble
from stockwatch.ledger.trail import BUCKETS, Movement
from stockwatch.room import intents
from stockwatch.room.clock import SECOND_US
from stockwatch.room.reasons import in_chinese
from stockwatch.room.room import Room
from stockwatch.room.view import ExceptionRow, MovementRow, Text

MAX_LISTED = 500
MAX_WORDS = 8
MAX_NAMES = 32
MAX_SHOWN = 20_000
"""Characters of a message."""


async def look(request: intents.Look, room: Room, journal: Journal) -> intents.Found:
    """The answer to any of them."""
    if isinstance(request, intents.Audit):
        return await _audit(request, room, journal)
    if isinstance(request, intents.Show):
        raw = await journal.message(request.seq)
        text = raw.decode("utf-8", "replace")[:MAX_SHOWN]
        return intents.Shown(id=request.id, seq=request.seq, text=text)
    return _work_list(request, room)


async def _audit(request: intents.Audit, room: Room, journal: Journal) -> intents.Movements:
    words = request.search.split()[:MAX_WORDS]
    stands_for = {word: request.stands_for.get(word, ())[:MAX_NAMES] for word in words}
    page = await journal.trail.page(
        request.sku, search=" ".join(words), stands_for=stands_for, before=request.before, limit=request.limit
    )
    wrong = (
        Text(f"流水暂不可用:{page.wrong}", f"no audit trail: {page.wrong}") if page.wrong else Text("", "")
    )
    return intents.Movements(
        id=request.id,
        rows=tuple(_movement(row, room) for row in page.rows),
        upto=page.upto,
        seq=room.books.place,
        missing=page.missing,
        wrong=wrong,
    )


def _movement(row: Movement, room: Room) -> MovementRow:
    changes = [(name, getattr(row, name)) for name in (*BUCKETS, "in_transit")]
    reason = row.reason or ""
    return MovementRow(
        seq=row.seq,
        at=row.received_us // SECOND_US,
        type=row.type,
        outcome=row.outcome,
        source=_source(row.source, room),
        id=row.id,
        sku=row.sku or "",
        title=room.title(row.sku) if row.sku else "",
        order=row.order or "",
        line=row.line or 1,
        document=row.document or "",
        by=row.by or "",
        why=Text(in_chinese(reason), reason),
        changes=tuple((name, units) for name, units in changes if units),
        left=row.left,
        place="" if (row.location, row.pool) == ("main", "spot") else f"{row.location} {row.pool}",
    )


def _source(source: str, room: Room) -> str:
    channel = room.log.channel_of(source)
    if channel is None:
        return source
    return next((one.title or one.id for one in room.config.channels if one.id == channel), channel)


def _work_list(request: intents.Exceptions, room: Room) -> intents.WorkList:
    found = room.books.exceptions()
    return intents.WorkList(
        id=request.id,
        rows=tuple(_exception(one, room) for one in reversed(found[-MAX_LISTED:])),
        total=len(found),
        forgotten=room.books.exceptions_forgotten,
    )


def _exception(one: Trouble, room: Room) -> ExceptionRow:
    return ExceptionRow(
        key=one.key,
        kind=one.kind,
        seq=one.seq,
        at=one.at_us // SECOND_US,
        what=_what(one),
        sku=one.sku or "",
        title=room.title(one.sku) if one.sku else "",
        source=_source(one.source, room),
        id=one.id,
        order=one.order or "",
        line=one.line or 1,
        count=one.count,
    )


def _what(one: Trouble) -> Text:
    if one.kind == "money_due":
        return Text(f"已付又取消 {one.units} 件,还没退款", one.detail)
    if one.kind == "unknown_sku":
        return Text("订单里有,库存单据里没有这个商品", one.detail)
    return Text(in_chinese(one.detail), one.detail)
